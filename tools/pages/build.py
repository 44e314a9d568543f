"All pages of the site, and Sphinx over them: nothing runs, nothing is fetched."

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from house.files import ROOT, headline, write_text
from house.readme import render
from house.rooms import first_notebook, room_notebooks, rooms_of
from pages.api import api, plain
from pages.crawl import problems
from pages.notebook import contents, relink, write_page
from pages.outline import (
    INTRO,
    SECTIONS,
    all_pages,
    document,
    figures,
    front_page,
    loose_pages,
    pages,
    room_of,
)

THUMB = 480  # pixels of a thumbnail, at most
CONFIG = Path(__file__).resolve().parents[1] / "site"  # conf.py and the style sheet
SPHINX = ("-b", "html", "-W", "--keep-going", "-q", "-j", "auto")

# ---------------------------------------------------------------- the gallery


def thumbnail(
    png: bytes,
    path: Path,  # where it goes
) -> None:
    "A small copy of a picture."
    small = Image.open(io.BytesIO(png))
    small.thumbnail((THUMB, THUMB))
    path.parent.mkdir(exist_ok=True)
    small.save(path)


def gallery_part(
    path: Path,  # of a notebook
    src: Path,  # the folder of the site's sources
    root: Path,  # of the repository
) -> str:  # "" if it shows nothing
    "The pictures of one notebook, each leading to its cell."
    front = path == front_page(root)
    at, ending = ("index", ".md") if front else (document(path, root), ".ipynb")
    parts = []
    for i, figure in enumerate(figures(path)):
        name = f"figures/{path.parent.name}-{path.stem}-{figure.cell}-{i}.png"
        thumbnail(figure.png, src / name)
        lines = [
            f":::{{figure}} {name}",
            f":target: {at}.html{'' if front else f'#cell-{figure.cell}'}",
            f":alt: {json.dumps(figure.words)}",
            ":loading: lazy",
            "",
            plain(figure.words),
            ":::",
        ]
        parts.append("\n".join(lines) + "\n")
    if not parts:
        return ""
    link = f"[{'front page' if front else path.stem}](/{at}{ending})"
    head = f"\n## {headline(path)[0]}\n\n{link}\n\n::::{{container}} gallery\n"
    return head + "".join(parts) + "::::\n"


def gallery(
    src: Path,  # the folder of the site's sources
    root: Path = ROOT,  # of the repository
) -> str:  # Markdown
    "The page of all pictures."
    text = "# Figures\n\nEvery figure of every notebook. Each leads to the cell that draws it.\n"
    for path in [front_page(root), *all_pages(root)]:
        if path.suffix == ".ipynb":
            text += gallery_part(path, src, root)
    return text


# ---------------------------------------------------------------- sections


def pages_table(
    paths: list[Path],  # of pages
    root: Path,  # of the repository
) -> str:  # Markdown
    "Pages with their sentences."
    rows = []
    for path in paths:
        title, sentence = headline(path)
        at, sentence = path.relative_to(root).as_posix(), sentence.replace("|", "\\|")
        rows.append(f"| [{plain(title)}]({at}) | {sentence} |\n")
    return "| page | in one line |\n|---|---|\n" + "".join(rows)


def library_page(
    paths: list[Path],  # of its pages
    root: Path,  # of the repository
) -> str:  # Markdown
    "The library, room by room: what each is for, in its own sentences, and its notebooks."
    parts, names = [], []
    for room in rooms_of(root):
        first = first_notebook(room, root)
        names.append(document(first, root))
        parts += [
            f"## [{room}]({names[-1]}.ipynb)\n",
            f"{headline(first)[1]}\n",
            pages_table(room_notebooks(room, root), root),
        ]
    loose = [path for path in paths if room_of(path, root) is None]
    if loose:
        names += [document(path, root) for path in loose]
        parts.append(pages_table(loose, root))
    return "\n".join(
        [f"# {SECTIONS['library']}\n", f"{INTRO['library']}\n", *parts, contents(names)]
    )


def section_page(
    name: str,  # of SECTIONS
    paths: list[Path],  # of its pages
    root: Path,  # of the repository
) -> str:  # Markdown
    "A section's own page."
    if name == "library":
        return library_page(paths, root)
    names = [document(path, root) for path in paths]
    head = f"# {SECTIONS[name]}\n\n{INTRO[name]}\n\n"
    return f"{head}{pages_table(paths, root)}\n{contents(names)}"


# ---------------------------------------------------------------- the site


def front(
    text: str,  # of README.md
    sections: list[str],  # that are there
    src: Path,  # the folder of the site's sources
    root: Path,  # of the repository
) -> str:  # Markdown
    "The site's first page: README.md, with ways to the sections under its headline."
    top = {name: SECTIONS[name] for name in sections} | dict(api="API", gallery="Figures")
    ways = " · ".join(f"[{title}]({name}.md)" for name, title in top.items())
    linked = relink(text, "README.md", src, root)
    head, line, rest = re.split(r"(^> .+\n)", linked, maxsplit=1, flags=re.M)
    others = [path.stem for path in loose_pages(root)]
    return f"{head}{line}\n{ways}\n{rest}\n{contents([*top, *others, 'licence'])}"


def write_markdown(
    path: Path,  # of a hand-written page
    src: Path,  # the folder of the site's sources
    root: Path,  # of the repository
) -> None:
    "A hand-written page."
    at = path.relative_to(root).as_posix()
    write_text(src / at, relink(path.read_text(encoding="utf-8"), at, src, root))


def assemble(
    src: Path,  # an empty folder
    root: Path = ROOT,  # of the repository
) -> None:
    "Write the site's sources."
    text, pictures = render(root)
    for name, data in pictures.items():
        (src / name).parent.mkdir(parents=True, exist_ok=True)
        (src / name).write_bytes(data)
    sections = pages(root)
    for name, paths in sections.items():
        write_text(src / f"{name}.md", section_page(name, paths, root))
        for path in paths:
            if path.suffix == ".md":
                write_markdown(path, src, root)
            else:
                write_page(path, src, root)
    for path in loose_pages(root):
        write_markdown(path, src, root)
    write_text(src / "api.md", api(root))
    write_text(src / "gallery.md", gallery(src, root))
    licence = (root / "LICENSE").read_text(encoding="utf-8")
    write_text(src / "licence.md", f"# Licence\n\n```text\n{licence}```\n")
    write_text(src / "index.md", front(text, list(sections), src, root))


def build(
    out: Path,  # a folder: new, empty, or a site built before
    root: Path = ROOT,  # of the repository
) -> list[str]:
    "Build the site; what Sphinx warned of and what the crawl found, one a line."
    out = Path(out)
    if out.exists() and any(out.iterdir()) and not (out / "objects.inv").exists():
        raise SystemExit(f"{out} is not empty and no built site")
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        src = Path(folder) / "src"
        src.mkdir()
        assemble(src, root)
        call = [sys.executable, "-m", "sphinx", *SPHINX, "-c", CONFIG]
        call += ["-d", Path(folder) / "doctrees", src, out]
        env = os.environ | dict(NO_COLOR="1")
        done = subprocess.run(call, capture_output=True, text=True, env=env)
        lines = [line.replace(f"{src}/", "") for line in done.stderr.splitlines()]
    warned = [line for line in lines if line.strip()]
    failed = (warned or ["Sphinx failed"]) if done.returncode else []
    return failed + problems(out)
