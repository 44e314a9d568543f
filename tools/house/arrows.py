"""Who imports whom. A room imports from the rooms before it alone, and modules go in no circle.

An import within a function counts. What stands under `if TYPE_CHECKING:` names a type and is never
imported: it does not count.
"""

import ast
from pathlib import Path

from house.files import PACKAGE, ROOT, modules
from house.rooms import ROOMS

Arrows = dict[str, set[str]]  # module -> the modules that it imports: "saliency.fisher" -> {…}


def dotted(
    path: Path,  # of a module
    root: Path,  # of the repository
) -> str:  # "saliency.fisher"; "saliency" for a room's __init__; "" for the package itself
    "A module's name within the package."
    parts = path.relative_to(root / PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def package_modules(
    root: Path = ROOT,  # of the repository
) -> dict[str, Path]:
    "The package's modules by name; nbdev's index left out."
    return {dotted(path, root): path for path in modules(root) if path.name != "_modidx.py"}


def public_api(
    root: Path = ROOT,  # of the repository
) -> dict[str, str]:  # name -> module; empty where the package has no such table
    "What a user may import from the top of the package, and where it comes from."
    for node in ast.parse((root / PACKAGE / "__init__.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PUBLIC":
            return ast.literal_eval(node.value)
    return {}


def origin(
    node: ast.ImportFrom,
    path: Path,  # of the module it stands in
    root: Path,  # of the repository
) -> str | None:  # "core.files"; "" for the package itself; None for another package
    "The module of the package that `from … import` takes from, relative or absolute."
    if node.level:
        folder = path.parent
        for _ in range(node.level - 1):
            folder = folder.parent
        base = ".".join(folder.relative_to(root / PACKAGE).parts)
        return ".".join(part for part in (base, node.module) if part)
    top, _, rest = node.module.partition(".")
    return rest if top == PACKAGE else None


def only_types(
    node: ast.AST,
) -> bool:
    "Is it `if TYPE_CHECKING:`?"
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def import_nodes(
    node: ast.AST,
) -> list[ast.Import | ast.ImportFrom]:
    "The imports below a node that may happen."
    found = [node] if isinstance(node, ast.Import | ast.ImportFrom) else []
    below = node.orelse if only_types(node) else ast.iter_child_nodes(node)
    for child in below:
        found += import_nodes(child)
    return found


def imported(
    path: Path,  # of a module
    root: Path = ROOT,  # of the repository
) -> set[str]:  # names of modules
    "The modules of the package that a module imports."
    known, public, found = package_modules(root), public_api(root), set()
    for node in import_nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            inside = [a.name for a in node.names if a.name.startswith(f"{PACKAGE}.")]
            found |= {name.removeprefix(f"{PACKAGE}.") for name in inside}
            continue
        base = origin(node, path, root)
        if base is None:
            continue
        for alias in node.names:
            inner = f"{base}.{alias.name}" if base else alias.name
            if inner in known:
                found.add(inner)
            elif base:
                found.add(base)
            elif alias.name in public:
                found.add(public[alias.name])
    return found


def arrows(
    root: Path = ROOT,  # of the repository
) -> Arrows:
    "What every module imports."
    return {name: imported(path, root) for name, path in package_modules(root).items() if name}


def backward(
    found: Arrows,
) -> list[str]:
    "Imports from a room after one's own, and modules outside of the rooms."
    problems = []
    for name, targets in sorted(found.items()):
        room = name.partition(".")[0]
        if room not in ROOMS:
            problems.append(f"{PACKAGE}.{name} is in no room: use one of {', '.join(ROOMS)}")
            continue
        for target in sorted(targets):
            other = target.partition(".")[0]
            if other in ROOMS and ROOMS.index(other) > ROOMS.index(room):
                problems.append(
                    f"{PACKAGE}.{name} imports {target}, "
                    f"but {other} comes after {room} in the order of the rooms"
                )
    return problems


def circles(
    found: Arrows,
) -> list[str]:
    "Modules that import themselves by way of others."
    problems, done = [], set()

    def visit(
        name: str,
        way: list[str],  # that led here
    ) -> None:
        if name in way:
            circle = [*way[way.index(name) :], name]
            problems.append(f"modules import in a circle: {' -> '.join(circle)}")
        elif name not in done:
            for target in sorted(found.get(name, ())):
                visit(target, [*way, name])
            done.add(name)

    for name in sorted(found):
        visit(name, [])
    return problems


def arrow_problems(
    root: Path = ROOT,  # of the repository
) -> list[str]:
    "Backward arrows and circles."
    found = arrows(root)
    return backward(found) + circles(found)
