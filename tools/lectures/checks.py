"What is wrong with a lecture. Each check yields a line a fault."

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from house.checks import notebook_problems
from house.files import PACKAGE, ROOT, Cell, is_code, quoted, read, source
from house.readme import LINK
from house.running import shown
from lectures.frame import (
    ROWS,
    calls,
    check_of,
    exercise_of,
    heading_of,
    headings,
    number_of,
    row_of,
    section,
    syntax,
)
from lectures.leaks import marker_problems
from lectures.slides import drawn

CLOSING = ("What we left out", "References")  # sections that no lecture lacks
FENCED = re.compile(r"```.*?```", re.S)
CODE = re.compile(r"```.*?```|`[^`]*`", re.S)
STEPS = ("text", "exercise", "check")  # of an exercise, in this order

# ---------------------------------------------------------------- the first cell and the sections


def header_problems(
    path: Path,  # of the lecture
    cells: list[Cell],
) -> Iterator[str]:
    "Title, table, goals, closing sections, headings."
    number, text = number_of(path), source(cells[0])
    if not re.match(rf"# {number}\. \S.*\n+> \S", text) or not quoted(text):
        yield f"does not begin with '# {number}. Title' and a line '> one sentence'"
    for row in ROWS:
        found = row_of(text, row)
        if not found or not found[1].strip():
            yield f"the first cell's table lacks the row '| {row} | … |'"
        elif "TOOL" in found[1]:
            yield f"'{row}' is not measured yet: tools/course.py measure"
    goals = section(cells, "Learning goals")
    if goals is None or not 3 <= len(re.findall(r"^- ", goals, re.M)) <= 5:
        yield "lacks '## Learning goals' with 3 to 5 lines '- …'"
    for title in CLOSING:
        if not section(cells, title):
            yield f"lacks a section '## {title}', or it is empty"
    for i, cell in enumerate(cells):
        if not is_code(cell) and re.search(r"\n#{1,3} ", FENCED.sub("", source(cell))):
            yield (
                f"cell {i} has a heading that does not start its cell "
                "(slides begin there): split it"
            )


# ---------------------------------------------------------------- exercises


def steps_of(
    cells: list[Cell],
) -> list[tuple[str, str]]:  # ("text", "3.1"), ("exercise", "3.1"), ("check", "3.1"), …
    "The parts of all exercises in the order in which they stand."
    found = []
    for cell in cells:
        heading = heading_of(cell)
        numbers = (heading[1] if heading else None, exercise_of(cell), check_of(cell))
        found += [(step, number) for step, number in zip(STEPS, numbers, strict=True) if number]
    return found


def numbering_problems(
    path: Path,  # of the lecture
    cells: list[Cell],
) -> Iterator[str]:
    "How many exercises, numbered how, and how hard."
    lecture, found = number_of(path), headings(cells)
    for i, cell in enumerate(cells):
        if re.match(r"#+ Exercise\b", source(cell)) and not heading_of(cell):
            yield f"cell {i}: not of the form '### Exercise {lecture}.1 ★ (5 minutes): title'"
    if len(found) < 3:
        yield f"has {len(found)} exercises, three at least"
    wanted = [f"{lecture}.{i + 1}" for i in range(len(found))]
    if [heading[1] for heading in found] != wanted:
        yield f"exercises are not numbered {lecture}.1, {lecture}.2, … in order"
    stars = [len(heading[2]) for heading in found]
    level = bool(stars) and stars[0] == stars[-1]
    if stars != sorted(stars) or level or max(stars, default=1) > 3:
        yield "the exercises' stars do not rise from ★ towards ★★★"


def order_problems(
    cells: list[Cell],
) -> Iterator[str]:
    "Is each text followed by its exercise, and that by its check?"
    steps, numbers = steps_of(cells), [heading[1] for heading in headings(cells)]
    for number in numbers:
        at = steps.index(("text", number))
        if steps[at : at + len(STEPS)] != [(step, number) for step in STEPS]:
            yield (
                f"exercise {number}: its text is not followed by one cell "
                f"'#| exercise: {number}' and one '#| check: {number}'"
            )
    odd = {number for _, number in steps} - set(numbers)
    if odd:
        yield f"exercise {sorted(odd)[0]} has no heading"


def solution_problems(
    cells: list[Cell],
) -> Iterator[str]:
    "Has each exercise a solution, and does each check check, and pass?"
    yield from marker_problems(cells)
    for cell in cells:
        number = check_of(cell)
        if number is None:
            continue
        asserts = [node for node in syntax(cell) if isinstance(node, ast.Assert)]
        if not asserts or any(node.msg is None for node in asserts):
            yield f"check {number}: no assert, or one without a message that helps"
        if shown(dict(cells=[cell]))[0] != ["Right.\n"]:
            yield f"check {number} does not print 'Right.' and nothing else: tools/nb.py run"


# ---------------------------------------------------------------- guessing and handles


def is_widget(
    node: ast.ClassDef,
) -> bool:
    "Is it a class with handles?"
    return any(ast.unparse(parent) == "Shell" for parent in node.bases)


def returned_calls(
    method: ast.FunctionDef,
) -> set[str]:
    "Names of what a method calls to give it back."
    found = set()
    for node in ast.walk(method):
        call = node.value if isinstance(node, ast.Return) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            found.add(call.func.id)
    return found


def widget_names(
    root: Path = ROOT,  # of the repository
) -> set[str]:
    "Whatever has handles: explore, the widgets, and the methods of a recording that give one."
    classes = []
    for path in sorted((root / PACKAGE / "widgets").glob("*.py")):
        if path.stem != "classroom":  # its predictions are asked for by themselves
            tree = ast.parse(path.read_text(encoding="utf-8"))
            classes += [node for node in tree.body if isinstance(node, ast.ClassDef)]
    widgets = {node.name for node in classes if is_widget(node)}
    methods = set()
    for node in classes:
        inside = [] if is_widget(node) else node.body
        for method in inside:
            if isinstance(method, ast.FunctionDef) and returned_calls(method) & widgets:
                methods.add(method.name)
    return {"explore"} | widgets | methods


def calling(
    cells: list[Cell],
    wanted: set[str],
) -> list[Cell]:
    "Cells that call one of these, exercises left out."
    return [cell for cell in cells if not exercise_of(cell) and calls(cell) & wanted]


def interaction_problems(
    cells: list[Cell],
    root: Path = ROOT,  # of the repository
) -> Iterator[str]:
    "Is there something to guess and something to move, and do both show without a kernel?"
    asked, handled = calling(cells, {"predict"}), calling(cells, widget_names(root))
    if not asked:
        yield "no predict(…) cell"
    if not handled:
        yield "no widget: explore(…) or one of mmunlearner_nb.widgets"
    texts = shown(dict(cells=asked))
    if asked and not any("<details>" in "".join(each) for each in texts):
        yield "no predict(…) cell shows its page: tools/nb.py run"
    if handled and not any(drawn(cell) for cell in handled):
        yield "no widget shows its static twin: tools/nb.py run"


# ---------------------------------------------------------------- links


def anchors(
    text: str,  # Markdown
) -> set[str]:
    "What GitHub makes of its headings."
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    plain = [re.sub(r"[^\w\- ]", "", title.strip().lower()) for title in titles]
    return {title.replace(" ", "-") for title in plain}


def link_problems(
    path: Path,  # of the lecture
    cells: list[Cell],
) -> Iterator[str]:
    "Links to files and headings that are not there."
    for i, cell in enumerate(cells):
        text = "" if is_code(cell) else CODE.sub("", source(cell))
        for _, target, _ in LINK.findall(text):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            to = path.parent / name if name else path
            if not to.exists():
                yield f"cell {i} links to {target}, which is not there"
            elif to.suffix == ".md" and anchor:
                if anchor not in anchors(to.read_text(encoding="utf-8")):
                    yield f"cell {i} links to {target}, but {name} has no such heading"


def problems(
    path: Path,  # of a lecture
    root: Path = ROOT,  # of the repository
) -> list[str]:
    "What is wrong with a lecture."
    path = Path(path)
    found = notebook_problems(path)
    if any("no valid notebook" in problem for problem in found):
        return found
    cells = read(path)["cells"]
    faults = [
        *header_problems(path, cells),
        *numbering_problems(path, cells),
        *order_problems(cells),
        *solution_problems(cells),
        *interaction_problems(cells, root),
        *link_problems(path, cells),
    ]
    return found + [f"{path.name}: {fault}" for fault in faults]
