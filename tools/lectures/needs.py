"Which cell needs which: what a cell reads, makes and changes, by its syntax alone."

import ast
import symtable
from collections.abc import Iterable
from typing import NamedTuple

from house.files import Cell, is_code
from lectures.frame import check_of, exercise_of, python, syntax


class Names(NamedTuple):
    "Names of the notebook, as one cell uses them."

    read: set[str]
    made: set[str]  # anew
    changed: set[str]  # in place


def read_in(
    table: symtable.SymbolTable,
    top: symtable.SymbolTable,  # of the cell
) -> set[str]:
    "Names of the notebook that are read here or in what is nested here."
    found = set()
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (table is top or symbol.is_global()):
            found.add(symbol.get_name())
    for nested in table.get_children():
        found |= read_in(nested, top)
    return found


def base(
    node: ast.AST,  # such as a.b[c].d()
) -> set[str]:  # one name, or none
    "The name that a chain of attributes, indices and calls begins with."
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def is_stored(
    node: ast.AST,
) -> bool:
    "Is it `a.b = …`, `a[b] = …` or the like?"
    return isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)


def is_method_call(
    node: ast.AST,
) -> bool:
    "Is it a line `a.b(…)`?"
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    return isinstance(node.value.func, ast.Attribute)


def names(
    cell: Cell,
) -> Names:
    "What a cell reads, makes and changes."
    if not is_code(cell):
        return Names(set(), set(), set())
    top = symtable.symtable(python(cell), "cell", "exec")
    symbols = top.get_symbols()
    made = {each.get_name() for each in symbols if each.is_assigned() or each.is_imported()}
    changed = set()
    for node in syntax(cell):
        if is_stored(node):
            changed |= base(node)
        if is_method_call(node):
            changed |= base(node.value.func)
    return Names(read_in(top, top), made, changed)


def dependents(
    cells: list[Cell],
) -> list[int]:
    "Indices of exercises and checks, and of all that needs what exercises make."
    tainted, found = set(), []
    for i, cell in enumerate(cells):
        uses = names(cell)
        touched = bool(uses.read & tainted)
        if exercise_of(cell) or check_of(cell) or touched:
            found.append(i)
        if exercise_of(cell) or touched:
            tainted |= uses.made | uses.changed
        else:
            tainted -= uses.made
    return found


def needed(
    cells: list[Cell],
    wanted: Iterable[int],  # indices
) -> list[int]:
    "Indices of the cells that these need, and of themselves."
    found, need = [], set()
    for i in reversed(range(len(cells))):
        uses = names(cells[i])
        if i in wanted or need & (uses.made | uses.changed):
            found.append(i)
            need = (need - uses.made) | uses.read
    return found[::-1]
