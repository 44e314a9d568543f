"README.md from the front page, nbs/index.ipynb."

import posixpath
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
from fastcore.nbio import dict2nb, nb2str
from nbconvert import MarkdownExporter
from nbdev import processors
from nbdev.process import NBProcessor

from house.files import ROOT, Book, directives, is_code, read, source, write_text

PICTURES = "nbs/index_files"
LINK = re.compile(r"(\]\()([^)\s]+)(\))")  # ](target)
CODE = re.compile(r"(```.*?```|`[^`]*`)", re.S)


class Page(processors.FilterDefaults):
    "nbdev's processors that shape a page; none that runs code or looks at what is installed."

    def base_procs(self) -> list[Callable]:
        "The processors."
        return [
            processors.strip_ansi,
            processors.hide_line,
            processors.rm_header_dash,
            processors.rm_export,
            processors.clean_magics,
            processors.hide_,
        ]


def processed(
    book: Book,
) -> nbformat.NotebookNode:
    "A notebook without hidden cells and directives."
    work = NBProcessor(nb=dict2nb(book), procs=Page().procs())
    work.process()
    return nbformat.reads(nb2str(work.nb), as_version=4)


def outside_code(
    text: str,  # Markdown
    change: Callable[[str], str],
) -> str:
    "Markdown with everything changed but its code."
    parts = CODE.split(text)  # text and code in turn
    return "".join(part if i % 2 else change(part) for i, part in enumerate(parts))


def from_root(
    text: str,  # Markdown of a page in nbs/
) -> str:
    "Relative links as seen from the root; code is left alone."

    def link(found: re.Match) -> str:
        if re.match(r"[a-z]+:|#|/", found[2]):
            return found[0]
        return found[1] + posixpath.normpath("nbs/" + found[2]) + found[3]

    return outside_code(text, lambda part: LINK.sub(link, part))


def relink(
    page: nbformat.NotebookNode,  # changed in place
) -> None:
    "Links and tables of the front page, as they stand in README.md."
    for cell in page.cells:
        if not is_code(cell):
            cell.source = from_root(cell.source)
            continue
        for output in cell.outputs:
            data = output.get("data", {})
            if "text/markdown" in data:
                data["text/markdown"] = from_root(data["text/markdown"])
            if "text/html" in data:
                styles = r"<style.*?</style>\s*"
                data["text/html"] = re.sub(styles, "", data["text/html"], flags=re.S)


def named(
    text: str,  # Markdown with pictures as nbconvert writes them
    names: list[str],  # of the pictures' files
    page: nbformat.NotebookNode,
    words: dict[str, str],  # cell id -> what its picture shows
) -> str:
    "The text with words for every picture; ValueError where there are none."
    for name in names:
        cell = page.cells[int(re.search(r"figure_(\d+)_", name)[1])]
        if cell.id not in words:
            raise ValueError(
                f"index.ipynb: the picture of cell {cell.id} needs '#| fig-alt: what it shows'"
            )
        picture = f"![{words[cell.id]}]({name})"
        text = re.sub(rf"!\[\w+\]\({re.escape(name)}\)", lambda _, new=picture: new, text)
    return text


def render(
    root: Path = ROOT,  # of the repository
) -> tuple[str, dict[str, bytes]]:  # text; path from the root -> PNG
    "README.md and its pictures."
    book = read(root / "nbs" / "index.ipynb")
    words, mute = {}, set()
    for cell in book["cells"]:
        cell["metadata"].pop("execution", None)
        said = directives(source(cell)) if is_code(cell) else {}
        if "fig-alt" in said:
            words[cell["id"]] = said["fig-alt"].strip("\"' ")
        if said.get("echo") == "false":
            mute.add(cell["id"])
    page = processed(book)
    relink(page)
    for cell in page.cells:
        if cell.id in mute:
            cell.metadata["transient"] = dict(remove_source=True)
    resources = dict(unique_key="figure", output_files_dir=PICTURES)
    text, made = MarkdownExporter().from_notebook_node(page, resources=resources)
    text = named(text, list(made["outputs"]), page, words)
    # a PIL image comes as PNG and as JPEG; the page shows one
    pictures = {name: data for name, data in made["outputs"].items() if f"]({name})" in text}
    text = re.sub(r"^[ \t]+$", "", text, flags=re.M)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", pictures


def write_readme(
    root: Path = ROOT,  # of the repository
) -> None:
    "README.md and its pictures to their files."
    text, pictures = render(root)
    shutil.rmtree(root / PICTURES, ignore_errors=True)
    for name, data in pictures.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(data)
    write_text(root / "README.md", text)


def readme_problems(
    root: Path = ROOT,  # of the repository
) -> list[str]:
    "README.md or a picture of it that is not what the front page shows."
    text, pictures = render(root)
    files = (root / PICTURES).glob("*")
    have = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    found = []
    if (root / "README.md").read_text(encoding="utf-8") != text:
        found.append("README.md is not what nbs/index.ipynb renders to")
    for name in sorted(have.keys() | pictures.keys()):
        if have.get(name) != pictures.get(name):
            found.append(f"{name} is not what nbs/index.ipynb shows")
    return [f"{problem}: run tools/nb.py readme" for problem in found]
