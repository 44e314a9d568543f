"""The rooms, in the order in which data flows.

A room is a folder of nbs/ and a sub-package. Its first notebook, 00_room, says in a few sentences
what comes in and what goes out, and lists the room's notebooks: `tools/nb.py rooms` writes that.
"""

import textwrap
from pathlib import Path

from house.files import ROOT, Book, Cell, headline, read, source, write
from house.text import new_id

ROOMS = (
    "core",
    "data",
    "model",
    "town",
    "saliency",
    "unlearning",
    "evaluation",
    "probing",
    "figures",
    "auditing",
    "experiments",
    "widgets",
)
FIRST = "00_room"
WIDTH = 99  # columns of its comment
LISTED = "## Its notebooks"  # the heading of the list


def before(
    room: str,
) -> tuple[str, ...]:
    "The rooms it may import from."
    return ROOMS[: ROOMS.index(room)]


def may_import(
    room: str,
) -> str:
    "The comment that a room's first notebook exports."
    text = f"Rooms this one may import from: {', '.join(before(room)) or 'none'}."
    return textwrap.fill(text, WIDTH, initial_indent="# ", subsequent_indent="# ")


def first_notebook(
    room: str,
    root: Path = ROOT,  # of the repository
) -> Path:
    "Where a room says what it is for."
    return root / "nbs" / room / f"{FIRST}.ipynb"


def rooms_of(
    root: Path = ROOT,  # of the repository
) -> list[str]:  # those that are there, in order
    "The rooms of a repository."
    return [room for room in ROOMS if first_notebook(room, root).exists()]


def room_notebooks(
    room: str,
    root: Path = ROOT,  # of the repository
) -> list[Path]:  # 00_room left out
    "A room's notebooks, in order."
    found = sorted((root / "nbs" / room).glob("[0-9]*.ipynb"))
    return [path for path in found if path.stem != FIRST]


def purpose(
    room: str,
    root: Path = ROOT,  # of the repository
) -> str:
    "What a room is for, in its own sentences."
    return headline(first_notebook(room, root))[1]


# ---------------------------------------------------------------- the list in 00_room


def ways(
    room: str,
    root: Path = ROOT,  # of the repository
) -> str:  # Markdown
    "Links to the room before, to the front page and to the room after."
    there = rooms_of(root)
    at = there.index(room)
    links = ["[all rooms](../index.ipynb)"]
    if at > 0:
        links.insert(0, f"before: [{there[at - 1]}](../{there[at - 1]}/{FIRST}.ipynb)")
    if at + 1 < len(there):
        links.append(f"next: [{there[at + 1]}](../{there[at + 1]}/{FIRST}.ipynb)")
    return " · ".join(links)


def listing(
    room: str,
    root: Path = ROOT,  # of the repository
) -> str:  # Markdown
    "A room's notebooks as links, each with its sentence."
    lines = []
    for path in room_notebooks(room, root):
        lines.append(f"- [{path.stem}]({path.name}): {headline(path)[1]}")
    return "\n".join([LISTED, "", *lines, "", ways(room, root)])


def is_listing(
    cell: Cell,
) -> bool:
    "Is it the cell that lists a room's notebooks?"
    return cell["cell_type"] == "markdown" and source(cell).startswith(LISTED)


def with_listing(
    book: Book,  # a room's first notebook; changed in place
    text: str,  # of the list
) -> Book:
    "The notebook with its list, which stands after the title."
    found = [cell for cell in book["cells"] if is_listing(cell)]
    if found:
        found[0]["source"] = text
    else:
        used = {cell["id"] for cell in book["cells"]}
        cell = dict(cell_type="markdown", id=new_id(FIRST, LISTED, used), metadata={}, source=text)
        book["cells"].insert(1, cell)
    return book


def write_listings(
    root: Path = ROOT,  # of the repository
) -> None:
    "Every room's list, as its notebooks are now."
    for room in rooms_of(root):
        path = first_notebook(room, root)
        write(with_listing(read(path), listing(room, root)), path)


def room_problems(
    root: Path = ROOT,  # of the repository
) -> list[str]:
    "Rooms that are not in the order, and lists that are not what the notebooks say."
    found = []
    for path in sorted((root / "nbs").glob(f"*/{FIRST}.ipynb")):
        room = path.parent.name
        if room not in ROOMS:
            found.append(f"nbs/{room} is no room of the order: {', '.join(ROOMS)}")
            continue
        cells = read(path)["cells"]
        if listing(room, root) not in [source(cell) for cell in cells if is_listing(cell)]:
            found.append(f"nbs/{room}/{path.name} lists other notebooks: run tools/nb.py rooms")
        if not any(may_import(room) in source(cell) for cell in cells):
            found.append(f"nbs/{room}/{path.name} lacks the comment\n{may_import(room)}")
    return found
