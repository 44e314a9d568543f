"""The frame of a lecture: how it marks exercises, solutions and checks.

An exercise is a heading `### Exercise 3.1 ★ (5 minutes): title`, a cell that begins with
`#| exercise: 3.1` and holds the solution between `### BEGIN SOLUTION` and `### END SOLUTION`, and a
cell that begins with `#| check: 3.1` and prints `Right.`
"""

import ast
import re
from pathlib import Path

from house.files import EXERCISE, ROOT, Book, Cell, is_code, source

CHECK = re.compile(r"^#\|\s*check:\s*(\S+)\s*$", re.M)
HEADING = re.compile(r"^### Exercise (\d+\.\d+) (★+) \((\d+) minutes\): \S.*")
SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION[ \t]*$", re.M | re.S
)
ROWS = ("purpose", "you need", "minutes", "run time", "peak memory")  # of the first cell's table
MINUTES_CPU = 2  # what a lecture may cost, in minutes of one processor


def lectures(
    root: Path = ROOT,  # of the repository
) -> list[Path]:  # in order
    "The lectures' notebooks."
    return sorted((root / "nbs" / "course").glob("[0-9]*.ipynb"))


def pages(
    root: Path = ROOT,  # of the repository
) -> list[Path]:
    "The hand-written pages beside the lectures."
    return sorted((root / "nbs" / "course").glob("*.md"))


def number_of(
    path: Path,  # of a lecture
) -> int:
    "A lecture's number."
    return int(path.stem.split("_")[0])


def exercise_of(
    cell: Cell,
) -> str | None:  # "3.1"
    "The exercise that a cell holds."
    found = EXERCISE.match(source(cell)) if is_code(cell) else None
    return found[1] if found else None


def check_of(
    cell: Cell,
) -> str | None:  # "3.1"
    "The exercise that a cell checks."
    found = CHECK.match(source(cell)) if is_code(cell) else None
    return found[1] if found else None


def heading_of(
    cell: Cell,
) -> re.Match | None:  # number, stars, minutes
    "The heading of an exercise."
    return None if is_code(cell) else HEADING.match(source(cell))


def headings(
    cells: list[Cell],
) -> list[re.Match]:
    "The headings of all exercises, in order."
    found = [heading_of(cell) for cell in cells]
    return [heading for heading in found if heading]


def stars_of(
    book: Book,
) -> dict[str, int]:  # "3.1" -> 1 to 3
    "How hard each exercise is."
    return {heading[1]: len(heading[2]) for heading in headings(book["cells"])}


def row_of(
    text: str,  # of the first cell
    name: str,  # one of ROWS
) -> re.Match | None:  # the line; [1] is what the row says
    "A row of the first cell's table."
    return re.search(rf"^\| {name} \| (.*?) \|[ ]*$", text, re.M)


def section(
    cells: list[Cell],
    title: str,
) -> str | None:  # None: no such heading
    "The text from a heading `## title` to the next one of its kind."
    text = "\n\n".join(source(cell) for cell in cells if not is_code(cell))
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return found[1].strip() if found else None


# ---------------------------------------------------------------- code


def python(
    cell: Cell,
) -> str:
    "A code cell without lines for IPython."
    lines = source(cell).splitlines()
    return "\n".join("" if re.match(r"\s*[%!]", line) else line for line in lines)


def syntax(
    cell: Cell,  # a code cell
) -> list[ast.AST]:
    "All nodes of its syntax tree."
    return list(ast.walk(ast.parse(python(cell))))


def calls(
    cell: Cell,
) -> set[str]:
    "Names of what a cell calls."
    if not is_code(cell):
        return set()
    called = [node.func for node in syntax(cell) if isinstance(node, ast.Call)]
    attributes = {node.attr for node in called if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in called if isinstance(node, ast.Name)}
