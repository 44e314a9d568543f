"The sections of the site, their pages in order, and the pictures on a page."

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from house.files import ROOT, directives, is_code, notebooks, read, source
from house.rooms import FIRST, ROOMS

SECTIONS = dict(
    course="The course", look="Look and see", library="The library", benchmarks="Benchmarks"
)
INTRO = dict(
    course="Lectures to read and to run, in this order. Solutions are folded; try first.",
    look=(
        "Four notebooks for looking: where a face lives in the weights, what the model knows "
        "before and after, how the methods compare, and whether they forgot."
    ),
    library=(
        "Rooms in the order in which data flows; in each, one notebook, one concept, one module. "
        "Each page is the module's source with its reasons; the [API](api.md) lists every name."
    ),
    benchmarks="What things cost, measured.",
)
LOOSE = ("CONTRIBUTING.md", "CHANGELOG.md")


def front_page(
    root: Path = ROOT,  # of the repository
) -> Path:
    "The notebook that becomes README.md and the site's first page."
    return root / "nbs" / "index.ipynb"


def room_of(
    path: Path,  # of a page
    root: Path = ROOT,  # of the repository
) -> str | None:
    "The room a page is in."
    folder = path.relative_to(root / "nbs").parts[0]
    return folder if folder in ROOMS else None


def section(
    path: Path,  # of a page
    root: Path = ROOT,  # of the repository
) -> str:  # of SECTIONS
    "The section a page belongs to."
    *folder, name = path.relative_to(root / "nbs").parts
    if folder and folder[0] in SECTIONS:
        return folder[0]
    return "look" if not folder and re.match("0[1-4]_", name) else "library"


def place(
    path: Path,  # of a page
    root: Path,  # of the repository
) -> tuple:
    "What pages are sorted by: the syllabus first, notebooks before pages, rooms in their order."
    room = room_of(path, root)
    order = ROOMS.index(room) if room else len(ROOMS)
    return path.stem != "syllabus", path.suffix != ".ipynb", order, path


def pages(
    root: Path = ROOT,  # of the repository
) -> dict[str, list[Path]]:  # section -> its notebooks and hand-written pages
    "All pages in order; the front page is not among them."
    found = [path for path in notebooks(root) if path != front_page(root)]
    found += (root / "nbs" / "course").glob("*.md")
    found.sort(key=lambda path: place(path, root))
    sections = {name: [] for name in SECTIONS}
    for path in found:
        sections[section(path, root)].append(path)
    return {name: paths for name, paths in sections.items() if paths}


def all_pages(
    root: Path = ROOT,  # of the repository
) -> list[Path]:
    "All pages in order, whatever their section."
    return [path for paths in pages(root).values() for path in paths]


def loose_pages(
    root: Path = ROOT,  # of the repository
) -> list[Path]:
    "The pages beside README.md, for whoever works on the project."
    return [root / name for name in LOOSE if (root / name).exists()]


def is_room(
    path: Path,  # of a page
    root: Path = ROOT,  # of the repository
) -> bool:
    "Is it the first notebook of a room?"
    return path.stem == FIRST and room_of(path, root) is not None


def document(
    path: Path,  # of a page
    root: Path = ROOT,  # of the repository
) -> str:  # "nbs/saliency/02_fisher"
    "A page as Sphinx calls it."
    return path.relative_to(root).with_suffix("").as_posix()


def address(
    path: Path,  # of a page
    root: Path = ROOT,  # of the repository
) -> str:
    "A page's address in the site."
    return f"{document(path, root)}.html"


# ---------------------------------------------------------------- pictures


class Figure(NamedTuple):
    "A picture of a page."

    cell: str  # id of the cell that draws it
    words: str  # what it shows
    png: bytes


def figures(
    path: Path,  # of a notebook
) -> Iterator[Figure]:
    "A notebook's pictures; without '#| fig-alt' the words are the heading it stands under."
    under = path.stem
    for cell in read(path)["cells"]:
        text = source(cell)
        if not is_code(cell):
            under = ([under] + re.findall(r"^#+ (.+)$", text, re.M))[-1]
            continue
        said = directives(text)
        if "hide" in said:
            continue
        words = said.get("fig-alt", "").strip("\"'") or under
        for output in cell["outputs"]:
            png = output.get("data", {}).get("image/png")
            if png:
                yield Figure(cell["id"], words, base64.b64decode("".join(png)))
