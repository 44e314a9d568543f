"""No solution slips through: what may not be given to a class is found before anything is written.

A solution is cut out between its two markers. Where one of them is misspelt, or the line that makes
the cell an exercise, nothing would be cut, and nobody would notice.
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from house.files import Cell, is_code, source
from lectures.frame import SOLUTION, exercise_of, headings

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
ALIKE = 0.72  # of the letters of a comment and a marker: "# End solutoin" has .95


def letters(
    text: str,
) -> str:
    "The letters of a text, small."
    return re.sub(r"[\W\d_]", "", text).lower()


def resembles(
    line: str,
) -> bool:
    "Is a line one of the markers, or meant to be?"
    comment = re.match(r"\s*#(?!\|)(.*)", line)
    if comment is None:
        return False
    said = letters(comment[1])
    near = [SequenceMatcher(None, said, letters(marker)).ratio() for marker in (BEGIN, END)]
    return max(near) >= ALIKE


def markers(
    text: str,  # of a code cell
) -> list[str]:  # lines
    "The lines that are markers, or meant to be."
    return [line.strip() for line in text.splitlines() if resembles(line)]


def marker_problems(
    cells: list[Cell],
) -> Iterator[str]:
    "Is each solution between its markers, each in an exercise, and each exercise one?"
    for i, cell in enumerate(cells):
        if not is_code(cell):
            continue
        number, text = exercise_of(cell), source(cell)
        if number is None:
            for line in markers(text):
                yield (
                    f"cell {i}: {line!r} in a cell that is no exercise: "
                    "begin it with '#| exercise: N'"
                )
            continue
        if not SOLUTION.search(text):
            yield f"exercise {number} (cell {i}): no {BEGIN} … {END}"
        inside = [found[2] for found in SOLUTION.finditer(text)]
        for line in markers(SOLUTION.sub("", text)) + markers("\n".join(inside)):
            yield (
                f"exercise {number} (cell {i}): {line!r} is no half of a pair: "
                f"write {BEGIN!r} and {END!r}, each on a line of its own"
            )
    begun = {exercise_of(cell) for cell in cells}
    for heading in headings(cells):
        if heading[1] not in begun:
            yield f"exercise {heading[1]}: no cell begins with '#| exercise: {heading[1]}'"
