"""No solution slips through: what may not be given to a class is found before anything is written.

A solution is cut out between its two markers. Where one of them is misspelt, or the line that makes
the cell an exercise, nothing would be cut, and nobody would notice.
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from house.files import Cell, source
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
    if re.match(r"#*\s*(BEGIN|END|ANFANG|ENDE)\b", comment[1]):
        return True  # of a pair, in another language, or of another tool: ### BEGIN HIDDEN TESTS
    said = letters(comment[1])
    near = [SequenceMatcher(None, said, letters(marker)).ratio() for marker in (BEGIN, END)]
    return max(near) >= ALIKE


def markers(
    text: str,  # of a code cell
) -> list[str]:  # lines
    "The lines that are markers, or meant to be."
    return [line.strip() for line in text.splitlines() if resembles(line)]


def exercise_problems(
    place: str,  # for what is said
    text: str,  # of an exercise's cell
) -> Iterator[str]:
    "Is there a solution between its markers, and nothing of it outside?"
    pairs = list(SOLUTION.finditer(text))
    if not pairs:
        yield f"{place}: no {BEGIN} … {END}"
    for line in markers(SOLUTION.sub("", text)) + markers("\n".join(pair[2] for pair in pairs)):
        yield (
            f"{place}: {line!r} is no half of a pair: "
            f"write {BEGIN!r} and {END!r}, each on a line of its own"
        )
    for pair in pairs:
        if not re.sub(r"#.*", "", pair[2]).strip():
            yield f"{place}: no code between {BEGIN} and {END}"
    behind = text[pairs[-1].end() :].strip() if pairs else ""
    if behind:
        yield (
            f"{place}: {behind.splitlines()[0]!r} behind {END}: students would see it; "
            f"move it before {END}, or into a cell of its own"
        )


def marker_problems(
    cells: list[Cell],
) -> Iterator[str]:
    "Is each solution between its markers, each in an exercise, and each exercise one?"
    for i, cell in enumerate(cells):
        number = exercise_of(cell)
        if number is not None:
            yield from exercise_problems(f"exercise {number} (cell {i})", source(cell))
            continue
        for line in markers(source(cell)):
            yield (
                f"cell {i}: {line!r} in a cell that is no exercise: "
                "make it code that begins with '#| exercise: N'"
            )
    begun = {exercise_of(cell) for cell in cells}
    for heading in headings(cells):
        if heading[1] not in begun:
            yield f"exercise {heading[1]}: no cell begins with '#| exercise: {heading[1]}'"
