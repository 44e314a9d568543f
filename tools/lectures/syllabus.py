"The syllabus, from the lectures' first cells, learning goals and exercises."

from pathlib import Path

from house.files import ROOT, headline, read, source
from lectures.frame import ROWS, heading_of, lectures, number_of, row_of, section

WEEKS = {  # title -> its lectures
    "1. What a face leaves in a model": (1, 2, 3),
    "2. To forget, and to tell": (4, 5, 6),
    "3. Comparing, and finding faults": (7, 8),
    "4. Doubt, and scale": (9, 10),
}
ABOUT = """# Syllabus

Ten lectures in four weeks. Each is a notebook that runs alone in under two minutes on a laptop. \
Words are explained in the [glossary](glossary.md); how to teach it stands in \
[for lecturers](lecturers.md).
This page is made from the lectures by `tools/course.py syllabus`.

You need Python and PyTorch (autograd, a training loop), and have seen a transformer. \
Nothing of unlearning is assumed.
"""


def entry(
    path: Path,  # of a lecture
) -> str:  # Markdown
    "What the syllabus says of a lecture."
    cells = read(path)["cells"]
    title, sentence = headline(path)
    first = source(cells[0])
    said = {row: found[1] if (found := row_of(first, row)) else "" for row in ROWS}
    exercises = []
    for cell in cells:
        if heading := heading_of(cell):
            name = source(cell).splitlines()[0].rsplit("): ", 1)[1]
            exercises.append(f"{heading[1]} {heading[2]} {name}")
    listed = "; ".join(exercises)
    stop = "" if listed.endswith("?") else "."
    return (
        f"### [{title}]({path.name})\n\n"
        f"{sentence}\n\n"
        f"{section(cells, 'Learning goals')}\n\n"
        f"*You need*: {said['you need']}. *Minutes*: {said['minutes']}. "
        f"*Run time*: {said['run time']}, {said['peak memory']}.\n\n"
        f"*Exercises*: {listed}{stop}\n"
    )


def syllabus(
    root: Path = ROOT,  # of the repository
) -> str:
    "The text of syllabus.md."
    there = {number_of(path): path for path in lectures(root)}
    parts = [ABOUT]
    for week, numbers in WEEKS.items():
        parts.append(f"## Week {week}\n")
        parts += [entry(there[number]) for number in numbers if number in there]
    return "\n".join(parts)


def syllabus_page(
    root: Path = ROOT,  # of the repository
) -> Path:
    "Where the syllabus is."
    return root / "nbs" / "course" / "syllabus.md"


def syllabus_problems(
    root: Path = ROOT,  # of the repository
) -> list[str]:
    "Is the page what the lectures say?"
    page = syllabus_page(root)
    if page.exists() and page.read_text(encoding="utf-8") == syllabus(root):
        return []
    return ["syllabus.md is not what the lectures say: tools/course.py syllabus"]
