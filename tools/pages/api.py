"Every public name of the library: where it is defined, how it is called, what it does."

import ast
import functools
import json
import re
from pathlib import Path
from typing import NamedTuple

from house.arrows import origin, public_api
from house.files import (
    PACKAGE,
    ROOT,
    Book,
    bare,
    headline,
    is_exported,
    module_of,
    notebooks,
    read,
    source,
)
from pages.outline import address, all_pages, document, is_room, room_of

SHORT = 70  # characters of a constant's value that are shown
CLASSES_WITH_FIELDS = re.compile("dataclass|NamedTuple")
KINDS = {ast.ClassDef: "class", ast.FunctionDef: "function", ast.AsyncFunctionDef: "function"}


class Export(NamedTuple):
    "A public name of a module."

    name: str
    kind: str  # "class", "function" or "data"
    signature: str  # "(vlm, bench)"; of a constant " = 3"
    says: str  # the docstring's first line
    notebook: Path  # that defines it
    cell: str  # id of the cell that does


class Definition(NamedTuple):
    "What an exported cell defines."

    node: ast.stmt
    cell: str  # its id


# ---------------------------------------------------------------- definitions


def defined_names(
    node: ast.stmt,
) -> list[str]:
    "The names that a statement defines."
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    inside = [each for target in targets for each in ast.walk(target)]
    return [each.id for each in inside if isinstance(each, ast.Name)]


def definitions(
    book: Book,
) -> dict[str, Definition]:  # by name; the last one counts
    "What the exported cells of a notebook define."
    found = {}
    for cell in filter(is_exported, book["cells"]):
        for node in ast.parse(bare(source(cell))).body:
            for name in defined_names(node):
                found[name] = Definition(node, cell["id"])
    return found


# ---------------------------------------------------------------- signatures


def class_signature(
    node: ast.ClassDef,
) -> str:
    "How a class is made: its __init__, or its fields."
    for function in node.body:
        if isinstance(function, ast.FunctionDef) and function.name == "__init__":
            arguments = function.args
            arguments.args = arguments.args[1:]  # without self
            return f"({ast.unparse(arguments)})"
    heads = " ".join(ast.unparse(each) for each in node.decorator_list + node.bases)
    if not CLASSES_WITH_FIELDS.search(heads):
        return ""
    fields = [field for field in node.body if isinstance(field, ast.AnnAssign)]
    for field in fields:  # field(...), setting(default, help): the default alone
        if isinstance(field.value, ast.Call):
            given = field.value.args
            field.value = given[0] if given else ast.Constant(...)
    return "(" + ", ".join(map(ast.unparse, fields)) + ")" if fields else ""


def signature(
    node: ast.stmt,  # that defines the name
) -> str:
    "As it is called; of a constant, its value if that is short."
    if isinstance(node, ast.ClassDef):
        return class_signature(node)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return f"({ast.unparse(node.args)}){returns}"
    value = ast.unparse(node.value) if node.value else ""
    return f" = {value}" if value and len(value) < SHORT else ""


# ---------------------------------------------------------------- what a module exports


def listed(
    tree: ast.Module,
) -> list[str]:
    "A module's __all__; itself where there is none, so that its lack is noticed."
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    return ["__all__"]


def origins(
    tree: ast.Module,
    path: Path,  # of the module
    root: Path,  # of the repository
) -> dict[str, str]:  # name -> "core.files"
    "Where a module has its names from, as far as that is the package, by whatever import."
    found = {}
    for node in tree.body:
        home = origin(node, path, root) if isinstance(node, ast.ImportFrom) else None
        if home:
            found |= {alias.asname or alias.name: home for alias in node.names}
    return found


def own_export(
    name: str,
    definition: Definition,
    path: Path,  # of the notebook
) -> Export:
    "A name that the notebook itself defines."
    node = definition.node
    kind = KINDS.get(type(node), "data")
    says = "" if kind == "data" else (ast.get_docstring(node) or "").partition("\n")[0]
    return Export(name, kind, signature(node), says, path, definition.cell)


@functools.cache
def exports(
    path: Path,  # of a notebook, or of a page that exports nothing
    root: Path = ROOT,  # of the repository
) -> tuple[str | None, list[Export]]:  # "saliency.fisher"; its names in the order of __all__
    "What a notebook exports."
    module = module_of(path)
    if module is None:
        return None, []
    made = (root / PACKAGE).joinpath(*module.split(".")).with_suffix(".py")
    tree = ast.parse(made.read_text(encoding="utf-8") if made.exists() else "")
    names, own = listed(tree), definitions(read(path))
    home = origins(tree, made, root)
    lost = [name for name in names if name not in own and name not in home]
    if lost:
        raise SystemExit(
            f"{path.name} and {made.name} are out of step ({', '.join(lost)}): "
            "run tools/nb.py export"
        )
    rows = []
    for name in names:
        if name in own:
            rows.append(own_export(name, own[name], path))
            continue
        (there,) = (each for each in notebooks(root) if module_of(each) == home[name])
        rows += [row for row in exports(there, root)[1] if row.name == name]
    return module, rows


# ---------------------------------------------------------------- the page


def plain(
    text: str,  # a line of a docstring
) -> str:  # Markdown
    "Code stays code, nothing else is markup."
    parts = re.split(r"(`[^`]*`)", text)  # text and code in turn
    escaped = [
        part if i % 2 else re.sub(r"([*_<\[$|\\])", r"\\\1", part) for i, part in enumerate(parts)
    ]
    return "".join(escaped)


def entry(
    row: Export,
    path: Path,  # of the notebook whose module has the name
    root: Path,  # of the repository
) -> str:
    "What the page says of a name."
    options = [] if row.notebook == path else [":no-index:"]  # passed on from another module
    head = f":::{{py:{row.kind}}} {row.name}"
    if row.kind != "data":
        head += row.signature
    elif row.signature:
        options.append(":value: " + json.dumps(row.signature.removeprefix(" = ")))
    link = f'<a href="{address(row.notebook, root)}#cell-{row.cell}">source</a>'
    return "\n".join([head, *options, "", f"{plain(row.says)} {link}", ":::", ""])


def module_part(
    path: Path,  # of a notebook
    root: Path,  # of the repository
) -> str:  # "" if it exports nothing
    "What the page says of a module."
    module, rows = exports(path, root)
    if not rows:
        return ""
    head = [
        f"\n### {module}\n",
        f"{headline(path)[1]}\n",
        f"Notebook: [{path.stem}]({document(path, root)}.ipynb)\n",
        f"```{{py:module}} {PACKAGE}.{module}\n```\n",
    ]
    return "\n".join([*head, *(entry(row, path, root) for row in rows)])


def top_part(
    root: Path,  # of the repository
) -> str:  # "" if the package has no such table
    "What the page says of the names that a user imports from the top of the package."
    public = public_api(root)
    if not public:
        return ""
    links = [
        f'<a href="#{PACKAGE}.{module}.{name}"><code>{name}</code></a>'
        for name, module in public.items()
    ]
    return (
        f"\n## From the top\n\n`from {PACKAGE} import …` gives these, "
        f"and loads what they need when they are first asked for: {', '.join(links)}.\n"
    )


def api(
    root: Path = ROOT,  # of the repository
) -> str:  # Markdown
    "The page of all names, room by room."
    text = (
        "# API\n\nEvery public name of the library. "
        "Each leads to the cell of the notebook that defines and explains it.\n"
    )
    text += top_part(root)
    room = None
    for path in all_pages(root):
        part = module_part(path, root)
        if is_room(path, root):
            text += f"\n## {path.parent.name}\n\n{headline(path)[1]}\n"
        elif part and room_of(path, root) is None and room != "":
            text += "\n## outside of the rooms\n"
        if part or is_room(path, root):
            room = room_of(path, root) or ""
        text += part
    return text
