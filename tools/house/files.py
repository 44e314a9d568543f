"Notebooks as files: where they are, how they are read, the one form in which they are written."

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import nbformat
from fastcore.nbio import nb2str
from nbdev.clean import clean_nb

Cell = dict[str, Any]  # as in a notebook's JSON: cell_type, id, source, metadata, outputs
Book = dict[str, Any]  # a notebook's JSON

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "mmunlearner_nb"
KERNEL = dict(display_name="python3", language="python", name="python3")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
EXERCISE = re.compile(r"^#\|\s*exercise:\s*(\S+)\s*$", re.M)
FOLDED = dict(jupyter=dict(source_hidden=True), tags=["hide-input"])  # in JupyterLab; on a page


def notebooks(
    root: Path = ROOT,  # of the repository
) -> list[Path]:  # in order of their paths
    "All notebooks."
    found = (root / "nbs").rglob("[!._]*.ipynb")
    return sorted(path for path in found if ".ipynb_checkpoints" not in path.parts)


def modules(
    root: Path = ROOT,  # of the repository
) -> list[Path]:  # nbdev's index included
    "All files of the package."
    return sorted((root / PACKAGE).rglob("*.py"))


def read(
    path: Path,  # of a notebook
) -> Book:
    "A notebook's JSON."
    return json.loads(Path(path).read_text(encoding="utf-8"))


def source(
    cell: Cell,
) -> str:
    "A cell's text in one piece."
    return "".join(cell["source"])


def is_code(
    cell: Cell,
) -> bool:
    "Is it a code cell?"
    return cell["cell_type"] == "code"


def directives(
    text: str,  # of a cell
) -> dict[str, str]:  # "export" -> "", "default_exp" -> "core.files"
    "What the lines `#| name value` of a cell say."
    return dict(re.findall(r"^#\|\s*([\w-]+)\s*:?[ \t]*(.*?)\s*$", text, re.M))


def bare(
    text: str,  # of a cell
) -> str:
    "A cell's text without its directives."
    return re.sub(r"^#\|.*\n?", "", text, flags=re.M).strip("\n")


def is_exported(
    cell: Cell,
) -> bool:
    "Does the cell go into the package?"
    return is_code(cell) and bool({"export", "exports"} & directives(source(cell)).keys())


def module_of(
    path: Path,  # of a notebook, or of a page that makes no module
) -> str | None:  # "saliency.fisher"
    "The module that a notebook exports, by its `#| default_exp`."
    if path.suffix != ".ipynb":
        return None
    for cell in read(path)["cells"]:
        said = directives(source(cell)) if is_code(cell) else {}
        if "default_exp" in said:
            return said["default_exp"]
    return None


def label(
    path: Path,
) -> str:
    "How a file is called in messages: its path from the root, or its name if it is elsewhere."
    path = Path(path).resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


# ---------------------------------------------------------------- headlines


def quoted(
    text: str,  # of a title cell or a page
) -> str:  # "" if there is none
    "The sentence under a title: its lines begin with '> ', and are joined with a space."
    found = re.search(r"^> .*(?:\n> .*)*", text, re.M)
    lines = found[0].splitlines() if found else []
    return " ".join(line.removeprefix("> ").strip() for line in lines)


def headline(
    path: Path,  # of a notebook or a Markdown page
) -> tuple[str, str]:  # title, sentence
    "Title and sentence of a page."
    if path.suffix == ".md":
        text = path.read_text(encoding="utf-8")
    else:
        text = source(read(path)["cells"][0])
    title = re.search(r"^# (.+)$", text, re.M)
    if title is None:
        raise SystemExit(f"{path.name} does not begin with '# title'")
    return title[1].strip(), quoted(text)


# ---------------------------------------------------------------- the canonical form


def settings() -> dict[str, Any]:
    "nbdev's settings, from pyproject.toml."
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["nbdev"]


def fold(
    cell: Cell,  # changed in place
) -> None:
    "Solutions of exercises are folded; no other cell is, and no other cell has tags."
    kept = {key: value for key, value in cell["metadata"].items() if key not in FOLDED}
    solution = is_code(cell) and EXERCISE.search(source(cell))
    cell["metadata"] = kept | (FOLDED if solution else {})


def canonical(
    book: Book,
) -> str:
    "The text of a notebook in the one form that nbdev-clean leaves alone."
    book["metadata"] = dict(kernelspec=dict(KERNEL))
    book["nbformat"], book["nbformat_minor"] = 4, 5
    book = json.loads(nbformat.writes(nbformat.from_dict(book)))  # long texts as lists of lines
    for cell in book["cells"]:
        fold(cell)
    clean_nb(book, allowed_cell_metadata_keys=settings()["allowed_cell_metadata_keys"])
    return nb2str(book)


def write(
    book: Book,
    path: Path,  # made with its folder; left alone if it says the same already
) -> None:
    "A notebook to its file, in its canonical form."
    text, path = canonical(book), Path(path)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


def write_text(
    path: Path,  # made with its folder
    text: str,
) -> None:
    "UTF-8 with line feeds, on every system."
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
