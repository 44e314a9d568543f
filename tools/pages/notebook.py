"A notebook as a page: what Sphinx reads."

import json
import posixpath
import re
import shutil
from pathlib import Path
from typing import Any

from house.files import PACKAGE, ROOT, Cell, bare, directives, is_code, read, source, write_text
from house.readme import LINK, outside_code
from house.rooms import room_notebooks
from pages.api import Export, exports, plain
from pages.outline import address, all_pages, figures, is_room, loose_pages

SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[^\n]*", re.M | re.S)
MARKS = re.compile(r"^\s*### (BEGIN|END) SOLUTION.*\n?", re.M)
OWN_PAGES = {  # files of the repository that have a page of another name
    "nbs/index.ipynb": "index.md",
    "README.md": "index.md",
    "LICENSE": "licence.md",
}


def contents(
    names: list[str],  # of documents
) -> str:  # Markdown
    "A table of contents that only the sidebar shows."
    return "\n".join(["```{toctree}", ":hidden:", "", *names, "```\n"])


def relink(
    text: str,  # Markdown
    at: str,  # the page's path from the root
    src: Path,  # the folder of the site's sources
    root: Path,  # of the repository
) -> str:
    "Links as the site needs them; other files of the repository come along."
    pages = [*all_pages(root), *loose_pages(root)]
    have = {path.relative_to(root).as_posix() for path in pages}
    folder = posixpath.dirname(at)

    def link(found: re.Match) -> str:
        target = found[2].partition("#")[0]
        if re.match(r"[a-z]+:|/", found[2]) or not target:
            return found[0]
        path = posixpath.normpath(posixpath.join(folder, target))
        if path in OWN_PAGES:
            return found[1] + posixpath.relpath(OWN_PAGES[path], folder or ".") + found[3]
        if (root / path).is_file() and path not in have:
            (src / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / path, src / path)
        return found[0]

    return outside_code(text, lambda part: LINK.sub(link, part))


# ---------------------------------------------------------------- cells


def markdown(
    text: str,
    name: str,  # the cell's id
) -> Cell:
    "A Markdown cell."
    return dict(cell_type="markdown", id=name, metadata={}, source=text)


def without_jpeg(
    output: dict[str, Any],
) -> dict[str, Any]:
    "An output whose PNG has no JPEG twin."
    data = output.get("data", {})
    if "image/png" not in data:
        return output
    return output | dict(data={kind: each for kind, each in data.items() if kind != "image/jpeg"})


def code_cells(
    cell: Cell,
    words: dict[str, str],  # cell id -> what its picture shows
) -> list[Cell]:  # none if it is hidden, two if it holds a solution: what to fill in, and that
    "The cells that a code cell becomes on its page."
    said, text = directives(source(cell)), bare(source(cell))
    if "hide" in said or not text:
        return []
    tags = set(cell["metadata"].get("tags", []))
    stub = SOLUTION.sub(r"\1...", text)
    if stub != text:
        tags.add("hide-input")
    if said.get("echo") == "false":
        tags.add("remove-input")
    about = dict(image=dict(alt=words[cell["id"]])) if cell["id"] in words else {}
    shown = cell | dict(
        source=MARKS.sub("", text),
        outputs=[without_jpeg(output) for output in cell["outputs"]],
        metadata=dict(tags=sorted(tags), anchor=f"cell-{cell['id']}", mystnb=about),
    )
    if stub == text:
        return [shown]
    return [cell | dict(id=f"{cell['id']}-stub", source=stub, outputs=[], metadata={}), shown]


# ---------------------------------------------------------------- a module's names


def names_table(
    rows: list[Export],
    path: Path,  # of the notebook
    root: Path,  # of the repository
) -> str:  # Markdown
    "A module's names, each leading to its cell."
    folder, lines = posixpath.dirname(address(path, root)), []
    for row in rows:
        where = "" if row.notebook == path else address(row.notebook, root)
        where = posixpath.relpath(where, folder) if where else ""
        link = f'<a href="{where}#cell-{row.cell}"><code>{row.name}</code></a>'
        lines.append(f"| {link} | {plain(row.says)} |")
    return "\n".join(["| name | what it does |", "|---|---|", *lines])


def with_names(
    cells: list[Cell],  # of the page
    path: Path,  # of the notebook
    root: Path,  # of the repository
) -> list[Cell]:
    "A module's page says so at its head, and ends with a table of its names."
    module, rows = exports(path, root)
    if not rows:
        return cells
    label = f"exports-{module.replace('.', '-')}"
    head = f"Module `{PACKAGE}.{module}`: [its names](#{label}), [all names](/api.md).\n"
    tail = f"({label})=\n## Names of {PACKAGE}.{module}\n\n{names_table(rows, path, root)}\n"
    return [cells[0], markdown(head, "module"), *cells[1:], markdown(tail, "names")]


def write_page(
    path: Path,  # of the notebook
    src: Path,  # the folder of the site's sources
    root: Path = ROOT,  # of the repository
) -> None:
    "A notebook's page; a room's first one has the others below it."
    book, at = read(path), path.relative_to(root).as_posix()
    words = {figure.cell: figure.words for figure in figures(path)}
    cells = []
    for cell in book["cells"]:
        if is_code(cell):
            cells += code_cells(cell, words)
        else:
            cells.append(markdown(relink(source(cell), at, src, root), cell["id"]))
    if is_room(path, root):
        below = [each.stem for each in room_notebooks(path.parent.name, root)]
        cells.append(markdown(contents(below), "below"))
    book["cells"] = with_names(cells, path, root)
    book["metadata"]["language_info"] = dict(name="python", pygments_lexer="ipython3")
    write_text(src / at, json.dumps(book))
