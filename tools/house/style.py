"""Code that can be read aloud, as far as a tool can tell: ruff's rules, sizes, types.

The limits stand here, once each; the width of a line and ruff's rules stand in pyproject.toml.
"""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from house.files import ROOT, bare, is_exported, label, modules, notebooks, read, source, write

MAX_MODULE = 350  # lines, __all__ and all
MAX_FUNCTION = 50  # lines, from def to the end
MAX_CELL = 45  # lines of an exported cell, directives left out
ANNOTATED = 0.95  # share of public parameters that have a type, at least

FOLDERS = ("nbs", "mmunlearner_nb", "tools", "tests")
FORMAT = ("format", "--check")
LINT = ("check", "--output-format", "concise")

Function = ast.FunctionDef | ast.AsyncFunctionDef


# ---------------------------------------------------------------- ruff


def ruff(
    command: Iterable[str],  # FORMAT, LINT
    root: Path = ROOT,  # of the repository
) -> list[str]:  # a line a complaint; none if all is well
    "What ruff says about all code of the repository."
    folders = [folder for folder in FOLDERS if (root / folder).is_dir()]
    call = [sys.executable, "-m", "ruff", *command, *folders]
    done = subprocess.run(call, cwd=root, capture_output=True, text=True)
    if done.returncode == 0:
        return []
    return [*done.stderr.splitlines(), *done.stdout.splitlines()]


def format_problems(
    root: Path = ROOT,  # of the repository
) -> list[str]:
    "Files that ruff would format otherwise."
    return [f"{line} (ruff format)" for line in ruff(FORMAT, root)]


def lint_problems(
    root: Path = ROOT,  # of the repository
) -> list[str]:
    "What breaks a rule of pyproject.toml."
    return ruff(LINT, root)


def format_notebooks(
    paths: Iterable[Path],
) -> None:
    "Format the code of notebooks, and write them in their canonical form."
    paths = [Path(path) for path in paths]
    call = [sys.executable, "-m", "ruff", "format", "-q", *paths]
    done = subprocess.run(call, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr.strip(), file=sys.stderr)  # a cell that is no Python: it stays as it is
    for path in paths:
        write(read(path), path)


# ---------------------------------------------------------------- what there is to measure


def code_files(
    root: Path = ROOT,  # of the repository
) -> list[Path]:  # nbdev's index left out
    "The package and the tools."
    made = [path for path in modules(root) if path.name != "_modidx.py"]
    return [*made, *sorted((root / "tools").rglob("*.py"))]


def functions(
    tree: ast.AST,
) -> Iterator[Function]:  # methods and nested ones too
    "Every function of a module."
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def parsed(
    path: Path,
) -> ast.Module:
    "A file's syntax tree."
    return ast.parse(path.read_text(encoding="utf-8"))


# ---------------------------------------------------------------- sizes


def module_problems(
    path: Path,  # of a module
) -> list[str]:
    "A module that is too long."
    length = len(path.read_text(encoding="utf-8").splitlines())
    if length <= MAX_MODULE:
        return []
    return [f"{label(path)} has {length} lines, {MAX_MODULE} at most: a second concept inside?"]


def function_problems(
    path: Path,  # of a module
) -> list[str]:
    "Functions that are too long."
    found = []
    for function in functions(parsed(path)):
        length = function.end_lineno - function.lineno + 1
        if length > MAX_FUNCTION:
            found.append(
                f"{label(path)}:{function.lineno} {function.name} has {length} lines, "
                f"{MAX_FUNCTION} at most: name its steps"
            )
    return found


def cell_problems(
    path: Path,  # of a notebook
) -> list[str]:
    "Exported cells that are too long."
    found = []
    for i, cell in enumerate(read(path)["cells"]):
        length = len(bare(source(cell)).splitlines()) if is_exported(cell) else 0
        if length > MAX_CELL:
            found.append(
                f"{label(path)} cell {i} exports {length} lines, "
                f"{MAX_CELL} at most: split it where a second concept starts"
            )
    return found


def size_problems(
    root: Path = ROOT,  # of the repository
) -> list[str]:
    "Whatever is too long to be taken in at once."
    found = []
    for path in code_files(root):
        found += module_problems(path) + function_problems(path)
    for path in notebooks(root):
        found += cell_problems(path)
    return found


# ---------------------------------------------------------------- types


class Parameter(NamedTuple):
    "A parameter of a public function."

    where: str  # "fisher.py:12 diagonal_fisher(vlm)"
    annotated: bool  # has it a type?


def public_parameters(
    path: Path,  # of a module
) -> list[Parameter]:
    "Parameters of functions whose name does not begin with '_'; self and cls left out."
    found = []
    for function in functions(parsed(path)):
        if function.name.startswith("_"):
            continue
        given = function.args
        for each in [*given.posonlyargs, *given.args, *given.kwonlyargs]:
            if each.arg not in ("self", "cls"):
                where = f"{label(path)}:{each.lineno} {function.name}({each.arg})"
                found.append(Parameter(where, each.annotation is not None))
    return found


def annotation_problems(
    root: Path = ROOT,  # of the repository
) -> list[str]:  # the parameters without a type, if they are too many
    "Is nearly every public parameter annotated?"
    files = code_files(root)
    parameters = [each for path in files for each in public_parameters(path)]
    bad = [each.where for each in parameters if not each.annotated]
    if len(bad) <= (1 - ANNOTATED) * len(parameters):
        return []
    share = 1 - len(bad) / len(parameters)
    head = f"{share:.1%} of public parameters have a type, {ANNOTATED:.0%} at least"
    return [head, *(f"{where} has no type" for where in bad)]


def style_problems(
    root: Path = ROOT,  # of the repository
) -> list[str]:
    "All of them."
    return [
        *format_problems(root),
        *lint_problems(root),
        *size_problems(root),
        *annotation_problems(root),
    ]
