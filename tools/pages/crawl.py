"Links to nowhere, and whatever a page would fetch from elsewhere."

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

OUTSIDE = re.compile(r"(?:https?:)?//")
STYLE_URL = re.compile(r"(?:url\(|@import)\s*[\"']?([^\"')\s]+)")


class Links(HTMLParser):
    "What a page links to and loads, and the places it has."

    def __init__(
        self,
        text: str,  # HTML
    ):
        super().__init__()
        self.ids, self.to, self.loads = set(), [], []
        self.feed(text)

    def handle_starttag(
        self,
        tag: str,
        attrs: list[tuple[str, str | None]],
    ) -> None:
        "A tag's id and URLs."
        given = dict(attrs)
        self.ids |= {given[key] for key in ("id", "name") if given.get(key)}
        found = [given[key] for key in ("href", "src", "poster", "data") if given.get(key)]
        sizes = (given.get("srcset") or "").split(",")
        found += [size.split()[0] for size in sizes if size.strip()]
        self.to += found
        if tag != "a":
            self.loads += found


def link_problem(
    url: str,
    page: Path,  # it stands on
    read: dict[Path, Links],  # all pages
) -> str | None:  # "which …"; None: it leads somewhere
    "What is wrong with a link."
    path, fragment = urldefrag(url)
    path = path.partition("?")[0]
    to = (page.parent / unquote(path)).resolve() if path else page
    if not to.is_file():
        return "which does not exist"
    if fragment and to in read and unquote(fragment) not in read[to].ids:
        return "which has no such place"
    return None


def problems(
    out: Path,  # a built site
) -> list[str]:
    "All that is wrong with a site's links."
    out = Path(out).resolve()
    read = {path: Links(path.read_text(encoding="utf-8")) for path in sorted(out.rglob("*.html"))}
    found = [] if read else [f"no pages in {out}"]
    for page, links in read.items():
        at = page.relative_to(out).as_posix()
        found += [f"{at} loads {url}" for url in links.loads if OUTSIDE.match(url)]
        for url in links.to:
            if re.match(r"[a-z]+:|//", url):
                continue
            problem = link_problem(url, page, read)
            if problem:
                found.append(f"{at} links to {url}, {problem}")
    for sheet in out.rglob("*.css"):
        at = sheet.relative_to(out).as_posix()
        urls = STYLE_URL.findall(sheet.read_text(encoding="utf-8"))
        found += [f"{at} loads {url}" for url in urls if OUTSIDE.match(url)]
    return found
