"What is out of step. Each check gives a list of what is wrong, empty if nothing is."

import json
import re
from pathlib import Path
from typing import Any

import nbformat

from house.arrows import arrow_problems
from house.exports import export_problems
from house.files import ROOT, WIDGET_VIEW, Book, canonical, is_code, label, notebooks, source
from house.readme import readme_problems
from house.rooms import room_problems
from house.running import shown
from house.style import style_problems
from house.text import same_after_text

MAX_KB = 500  # of a notebook's file
SOMEBODYS = re.compile(rf"(?<!\w)/(home|root|Users)/|{re.escape(str(ROOT))}")


def output_problems(
    outputs: list[dict[str, Any]],  # of a cell
    texts: list[str],  # what they say
) -> list[str]:
    "Errors that are shown, and paths of somebody's machine."
    found = []
    for output in outputs:
        if output["output_type"] == "error":
            found.append(f"shows {output['ename']}: {output['evalue']}")
    if SOMEBODYS.search("\n".join(texts)):
        found.append("shows a path of somebody's machine: print a relative one")
    return found


def content_problems(
    book: Book,
    raw: str,  # the file's text
) -> list[str]:
    "What should not be in a notebook's file."
    found = []
    if len(raw) >= MAX_KB * 1000:
        found.append(f"has {len(raw) // 1000} KB, {MAX_KB} at most: smaller or fewer pictures")
    if "widgets" in book["metadata"] or WIDGET_VIEW in raw:
        found.append("holds widget state or a widget view: tools/nb.py run")
    for i, (cell, texts) in enumerate(zip(book["cells"], shown(book), strict=True)):
        problems = output_problems(cell.get("outputs", []), texts)
        found += [f"cell {i} {problem}" for problem in problems]
    return found


def notebook_problems(
    path: Path,  # of a notebook
) -> list[str]:
    "A notebook that is damaged, too heavy, unclean, or that shows what it should not."
    raw = path.read_text(encoding="utf-8")
    try:
        book = json.loads(raw)
        nbformat.validate(book)
    except (ValueError, nbformat.ValidationError) as error:
        return [f"{label(path)} is no valid notebook: {str(error).splitlines()[0]}"]
    found = content_problems(book, raw)
    if not found and raw != canonical(book):
        found = ["is not in its clean form: run tools/nb.py clean"]
    return [f"{label(path)} {problem}" for problem in found]


def text_problems(
    path: Path,  # of a notebook
) -> list[str]:
    "A notebook that does not come back as it was from being edited as text."
    book = json.loads(path.read_text(encoding="utf-8"))
    if canonical(same_after_text(book, path)) == path.read_text(encoding="utf-8"):
        return []
    return [f"{label(path)} does not survive the way through text: tools/nb.py out, then in"]


def code_of(
    book: Book,
) -> list[str]:
    "The text of each code cell."
    return [source(cell) for cell in book["cells"] if is_code(cell)]


def problems(
    root: Path = ROOT,  # of the repository
) -> list[str]:
    "All that is out of step."
    found = [*export_problems(root), *readme_problems(root), *room_problems(root)]
    for path in notebooks(root):
        found += notebook_problems(path)
    return [*found, *arrow_problems(root), *style_problems(root)]
