"A notebook as percent-format text and back: ids stay, outputs stay where the source did."

import difflib
import hashlib
from pathlib import Path

import jupytext
from jupytext.jupytext import NotebookNode

from house.files import Book, Cell, is_code, source

LIKE = 0.5  # how alike two texts must be, from 0 to 1, to be one cell before and after


def from_text(
    text: str,  # percent format: cells begin with `# %%` or `# %% [markdown]`
) -> list[Cell]:
    "The cells of a text."
    return jupytext.reads(text, "py:percent").cells


def to_text(
    book: Book,
) -> str:
    "A notebook as text; refuses one that would not come back the same."
    node = jupytext.reads("", "py:percent")
    for cell in book["cells"]:
        copy = dict(cell_type=cell["cell_type"], source=source(cell), metadata={})
        if "id" in cell:
            copy["id"] = cell["id"]
        if is_code(cell):
            copy |= dict(outputs=[], execution_count=None)
        node.cells.append(NotebookNode(copy))
    node.metadata = NotebookNode(jupytext=dict(notebook_metadata_filter="-all"))  # no header
    text = jupytext.writes(node, "py:percent")
    for i, (cell, back) in enumerate(zip(node.cells, from_text(text), strict=True)):
        if cell.source.strip("\n") != back.source.strip("\n"):
            raise SystemExit(
                f"cell {i} does not survive the way through text "
                f"(a line starting with '# %%'?):\n{cell.source}"
            )
    return text


# ---------------------------------------------------------------- which cell was which


def key(
    cell: Cell,
) -> tuple[str, str]:  # kind, text
    "What makes two cells the same."
    return cell["cell_type"], source(cell)


def most_alike(
    new: list[tuple],  # keys of the new cells
    old: list[tuple],  # keys of the old ones
    i: int,  # which of the new
    left: list[int],  # the old ones that are still to be had
) -> int | None:  # which of the old; None if none is alike enough
    "The old cell whose text is most like that of a new one; among equals the nearest."
    best, found = (LIKE, 0), None
    for j in left:
        if old[j][0] != new[i][0]:
            continue
        alike = difflib.SequenceMatcher(None, new[i][1], old[j][1]).ratio()
        if alike > LIKE and (alike, -abs(i - j)) >= best:
            best, found = (alike, -abs(i - j)), j
    return found


def pair(
    new: list[Cell],
    old: list[Cell],
) -> list[Cell | None]:  # for each new cell its old one
    "Partners: the same text in order, then the same text moved, then the most alike of its kind."
    new_keys, old_keys = [key(cell) for cell in new], [key(cell) for cell in old]
    matcher = difflib.SequenceMatcher(None, new_keys, old_keys, autojunk=False)
    partner = {}  # index of the new -> index of the old
    for first, there, length in matcher.get_matching_blocks():
        partner |= {first + i: there + i for i in range(length)}

    left = [j for j in range(len(old)) if j not in partner.values()]
    for i in range(len(new)):
        moved = [j for j in left if old_keys[j] == new_keys[i]]
        if i not in partner and moved:
            partner[i] = moved[0]
            left.remove(moved[0])

    for i in range(len(new)):
        if i in partner:
            continue
        found = most_alike(new_keys, old_keys, i, left)
        if found is not None:
            partner[i] = found
            left.remove(found)
    return [old[partner[i]] if i in partner else None for i in range(len(new))]


def new_id(
    name: str,  # of the notebook
    text: str,  # of the cell
    used: set[str],  # ids that are taken
) -> str:  # 8 hexadecimal digits
    "An id made from the notebook's name and the cell's text: the same each time."
    count = 0
    while True:
        made = hashlib.sha1(f"{name}/{count}/{text}".encode()).hexdigest()[:8]
        if made not in used:
            return made
        count += 1


def merge(
    cells: list[Cell],  # from text
    old: list[Cell],  # of the notebook before
    name: str,  # of the notebook, for the ids of new cells
) -> list[Cell]:
    "Cells from text with the ids of the old ones, and their outputs where the source is the same."
    partners = pair(cells, old)
    used = {partner["id"] for partner in partners if partner}
    merged = []
    for cell, partner in zip(cells, partners, strict=True):
        text = source(cell)
        new = dict(cell_type=cell["cell_type"], source=text)
        new["metadata"] = dict(partner["metadata"]) if partner else {}
        new["id"] = partner["id"] if partner else new_id(name, text, used)
        used.add(new["id"])
        if is_code(cell):
            same = partner is not None and source(partner) == text
            new |= dict(execution_count=None, outputs=partner["outputs"] if same else [])
        merged.append(new)
    return merged


def book_from_text(
    text: str,
    old: list[Cell],  # of the notebook before; none if it is new
    name: str,  # of the notebook
) -> Book:
    "A notebook from its text."
    return dict(cells=merge(from_text(text), old, name))


def same_after_text(
    book: Book,
    path: Path,  # of the notebook
) -> Book:
    "The notebook, gone through text and back."
    return book_from_text(to_text(book), book["cells"], path.stem)
