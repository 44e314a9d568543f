"""What a class is given: lectures with or without solutions.

Both carry nbgrader's cell metadata (schema 3): an exercise is a solution cell, a check is a grade
cell with a point a star.
"""

import copy
import json
import os
import re
from pathlib import Path
from typing import Any

import nbformat

from house.files import KERNEL, ROOT, Book, Cell, is_code, read, source, write_text
from house.readme import LINK
from lectures.frame import SOLUTION, check_of, exercise_of, lectures, pages, stars_of
from lectures.leaks import marker_problems
from lectures.needs import dependents

NBGRADER = dict(schema_version=3, task=False)


def joined(
    book: Book,
) -> nbformat.NotebookNode:
    "A notebook with each text in one piece."
    return nbformat.reads(json.dumps(book), as_version=4)


def stub(
    found: re.Match,  # of SOLUTION
) -> str:
    "What stands where the solution was."
    indent = found[1]
    return f"{indent}# YOUR CODE HERE\n{indent}raise NotImplementedError()"


def grading(
    cell: Cell,
    stars: dict[str, int],  # exercise -> points
) -> dict[str, Any] | None:
    "nbgrader's metadata of a cell, schema 3; None for cells it does not mind."
    if number := exercise_of(cell):
        name = f"exercise-{number}".replace(".", "-")
        return dict(grade=False, solution=True, locked=False, grade_id=name) | NBGRADER
    if number := check_of(cell):
        name, points = f"check-{number}".replace(".", "-"), stars[number]
        marks = dict(grade=True, solution=False, locked=True, grade_id=name, points=points)
        return marks | NBGRADER
    return None


def version(
    book: Book,  # the master
    solutions: bool = False,  # with them, for the instructor
) -> nbformat.NotebookNode:
    "A lecture for a class; without solutions, whatever shows them is cleared."
    book, stars = copy.deepcopy(book), stars_of(book)
    clear = () if solutions else dependents(book["cells"])
    for i, cell in enumerate(book["cells"]):
        cell["source"], cell["metadata"] = source(cell), {}
        if marks := grading(cell, stars):
            cell["metadata"]["nbgrader"] = marks
        if exercise_of(cell) and not solutions:
            cell["source"] = SOLUTION.sub(stub, cell["source"])
        if i in clear:
            cell["outputs"], cell["execution_count"] = [], None
    book["metadata"] = dict(kernelspec=KERNEL | dict(display_name="Python 3"))
    return joined(book)


def pasted(
    student: Book,
    master: Book,
) -> Book:
    "A student's notebook with the master's solutions."
    answers = {exercise_of(cell): source(cell) for cell in master["cells"] if exercise_of(cell)}
    solved = copy.deepcopy(student)
    for cell in solved["cells"]:
        number = exercise_of(cell)
        if number is None:
            continue
        if number not in answers:
            raise SystemExit(f"the master has no exercise {number}")
        cell["source"] = answers[number]
    return solved


def relinked(
    text: str,  # Markdown
    here: Path,  # the folder it is in
    there: Path,  # the folder it goes to
    root: Path = ROOT,  # of the repository
) -> str:
    "Links as seen from another folder of the repository; to what comes along they stay."
    if not there.resolve().is_relative_to(root):
        return text
    along = {path.resolve() for path in (*lectures(root), *pages(root))}

    def link(found: re.Match) -> str:
        path, _, anchor = found[2].partition("#")
        target = (here / path).resolve()
        if re.match(r"[a-z]+:|#|/", found[2]) or target in along:
            return found[0]
        moved = os.path.relpath(target, there.resolve()).replace(os.sep, "/")
        return found[1] + moved + ("#" + anchor if anchor else "") + found[3]

    return LINK.sub(link, text)


def refuse_leaks(
    masters: dict[Path, Book],  # lectures
) -> None:
    "SystemExit (exit code 1) with every cell whose solution would be given away."
    found = []
    for path, book in masters.items():
        found += [f"{path.name}: {problem}" for problem in marker_problems(book["cells"])]
    if found:
        raise SystemExit("\n".join([*found, "nothing was written: mend these cells first"]))


def write_version(
    out: Path,  # a folder, made if need be
    solutions: bool,  # with them, for the instructor
) -> None:
    "All lectures and pages for a class; nothing where a solution could slip through."
    masters = {path: read(path) for path in lectures()}
    refuse_leaks(masters)
    out.mkdir(parents=True, exist_ok=True)
    for path, master in masters.items():
        book = version(master, solutions)
        for cell in book.cells:
            if not is_code(cell):
                cell.source = relinked(cell.source, path.parent, out)
        nbformat.write(book, out / path.name)
    for path in pages():
        text = path.read_text(encoding="utf-8")
        write_text(out / path.name, relinked(text, path.parent, out))
