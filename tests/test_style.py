"""Code that can be read aloud, in rooms whose arrows go one way: what a tool can tell of that, and
that each check sees what it is there for."""

import ast
import shutil
import tomllib
from pathlib import Path

import pytest

from house.arrows import arrow_problems, arrows, backward, circles, imported, public_api
from house.checks import problems
from house.files import PACKAGE, ROOT, notebooks, write
from house.rooms import (
    ROOMS,
    before,
    first_notebook,
    listing,
    may_import,
    room_problems,
    write_listings,
)
from house.style import (
    ANNOTATED,
    MAX_CELL,
    MAX_FUNCTION,
    MAX_MODULE,
    annotation_problems,
    cell_problems,
    code_files,
    format_problems,
    function_problems,
    functions,
    lint_problems,
    module_problems,
    public_parameters,
    size_problems,
)
from house.text import book_from_text

# ---------------------------------------------------------------- the repository


def test_everything_is_formatted():
    found = format_problems()
    assert found == [], "\n".join(found)


def test_no_rule_is_broken():
    found = lint_problems()
    assert found == [], "\n".join(found)


def test_nothing_is_too_long():
    found = size_problems()
    assert found == [], "\n".join(found)


def test_public_parameters_have_types():
    found = annotation_problems()
    assert found == [], "\n".join(found)


def test_arrows_go_one_way():
    found = arrow_problems()
    assert found == [], "\n".join(found)


def test_rooms_list_their_notebooks():
    found = room_problems()
    assert found == [], "\n".join(found)


def test_there_is_something_to_check():
    "A check that looks at nothing finds nothing."
    files = code_files()
    assert len(files) > 60
    assert {"tools", PACKAGE} == {path.relative_to(ROOT).parts[0] for path in files}
    assert sum(len(public_parameters(path)) for path in files) > 500
    found = arrows()
    assert len(found) > 60 and "core.errors" in found["saliency.masks"]
    assert {name.partition(".")[0] for name in found} == set(ROOMS)
    assert len(notebooks()) > 100


def test_the_limits_are_those_of_the_guide():
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]
    assert ruff["line-length"] == 100
    assert {"E", "F", "I", "B", "UP"} <= set(ruff["lint"]["select"])
    assert (MAX_MODULE, MAX_FUNCTION, MAX_CELL, ANNOTATED) == (350, 50, 45, 0.95)


# ---------------------------------------------------------------- a small project, and its faults

ROOM = """# %% [markdown]
# # The room {room}
#
# > What comes in,
# > and what goes out.

# %%
#| default_exp {room}.__init__

# %%
#| export
{comment}
"""
CONCEPT = """# %% [markdown]
# # {name}
#
# > One concept.

# %%
#| default_exp {room}.{name}

# %%
#| export
def {name}(
    x: int,  # a number
) -> int:
    "The same number."
    return x
"""


@pytest.fixture
def small(tmp_path):
    "A project of two rooms with a module each, in order."
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tools").mkdir()
    put(tmp_path, "__init__", '"A package."\n\nPUBLIC = {"second": "data.second"}\n')
    for room, name in dict(core="first", data="second").items():
        text = ROOM.format(room=room, comment=may_import(room))
        write(book_from_text(text, [], "00_room"), first_notebook(room, tmp_path))
        path = tmp_path / "nbs" / room / f"01_{name}.ipynb"
        write(book_from_text(CONCEPT.format(room=room, name=name), [], path.stem), path)
        put(tmp_path, f"{room}/__init__", '"A room."\n')
    put(tmp_path, "core/first", "first = 1\n")
    put(tmp_path, "data/second", "from ..core.first import first\n\nsecond = first\n")
    write_listings(tmp_path)
    for check in CHECKS:
        assert check(tmp_path) == [], check.__name__
    return tmp_path


CHECKS = (
    arrow_problems,
    room_problems,
    format_problems,
    lint_problems,
    size_problems,
    annotation_problems,
)


def put(root: Path, name: str, text: str) -> Path:
    "A module of the small project."
    path = root / PACKAGE / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# ---------------------------------------------------------------- arrows

BACKWARD = [
    "from ..data.second import second\n",
    "from ..data import second\n",
    "from mmunlearner_nb.data.second import (\n    second,\n)\n",
    "import mmunlearner_nb.data.second\n",
    "from .. import second\n",
    "from mmunlearner_nb import second\n",
    "def late():\n    from ..data.second import second\n\n    return second\n",
    "try:\n    from ..data.second import second\nexcept ImportError:\n    second = None\n",
]


@pytest.mark.parametrize("code", BACKWARD)
def test_sees_a_backward_import(small, code):
    put(small, "core/first", code)
    put(small, "data/second", "second = 1\n")
    says = "mmunlearner_nb.core.first imports data.second, but data comes after core"
    assert [problem.startswith(says) for problem in arrow_problems(small)] == [True]


FORWARD = {
    "import mmunlearner_nb\n": set(),
    "from mmunlearner_nb import __version__\n": set(),
    "import numpy\nfrom numpy import array\n": set(),
    "if TYPE_CHECKING:\n    from ..data.second import second\n": set(),
    "if typing.TYPE_CHECKING:\n    from ..data.second import second\n": set(),
    "if TYPE_CHECKING:\n    pass\nelse:\n    from .other import x\n": {"core.other"},
    "from .other import x\n": {"core.other"},
    "from . import other\n": {"core.other"},
    "from mmunlearner_nb.core.other import x\n": {"core.other"},
}


@pytest.mark.parametrize("code", FORWARD)
def test_follows_what_is_imported_and_only_that(small, code):
    put(small, "core/other", "x = 1\n")
    path = put(small, "core/first", code)
    assert imported(path, small) == FORWARD[code]
    assert backward(arrows(small)) == []


def test_sees_a_circle(small):
    put(small, "core/first", "from .third import third\n")
    put(small, "core/third", "def third():\n    from .first import first\n")
    says = "modules import in a circle: core.first -> core.third -> core.first"
    assert arrow_problems(small) == [says]
    assert circles(dict(a={"b"}, b={"c"}, c={"b"})) == ["modules import in a circle: b -> c -> b"]
    assert circles(dict(a={"b", "c"}, b={"c"}, c=set())) == []
    assert circles(dict(a={"a"})) == ["modules import in a circle: a -> a"]


def test_sees_a_module_outside_of_the_rooms(small):
    put(small, "loose", "x = 1\n")
    (problem,) = arrow_problems(small)
    assert problem.startswith("mmunlearner_nb.loose is in no room: use one of core, data,")


def test_the_rooms_before():
    assert before("core") == () and before("saliency") == ("core", "data", "model", "town")
    assert public_api()["run"] == "experiments.run"


# ---------------------------------------------------------------- what a room says of itself


def test_a_room_lists_its_notebooks(small):
    text = listing("core", small)
    assert "- [01_first](01_first.ipynb): One concept." in text
    assert "next: [data](../data/00_room.ipynb)" in text and "before" not in text
    assert "before: [core](../core/00_room.ipynb)" in listing("data", small)
    path = small / "nbs" / "core" / "02_more.ipynb"
    write(book_from_text(CONCEPT.format(room="core", name="more"), [], path.stem), path)
    says = "nbs/core/00_room.ipynb lists other notebooks: run tools/nb.py rooms"
    assert room_problems(small) == [says]
    before_it = first_notebook("core", small).read_text()
    write_listings(small)
    assert room_problems(small) == []
    assert before_it.count('"id"') == first_notebook("core", small).read_text().count('"id"')


def test_sees_a_room_that_says_something_else_of_its_arrows(small):
    text = ROOM.format(room="data", comment="# Rooms this one may import from: widgets.")
    write(book_from_text(text, [], "00_room"), first_notebook("data", small))
    write_listings(small)
    (problem,) = room_problems(small)
    assert problem.startswith("nbs/data/00_room.ipynb lacks the comment")


def test_sees_a_room_that_is_not_in_the_order(small):
    text = ROOM.format(room="attic", comment="# none")
    write(book_from_text(text, [], "00_room"), first_notebook("attic", small))
    assert any(each.startswith("nbs/attic is no room") for each in room_problems(small))


# ---------------------------------------------------------------- ruff


def test_sees_what_is_not_formatted(small):
    put(small, "core/first", "first=1\n")
    assert any("first.py" in problem for problem in format_problems(small))


def test_sees_a_cell_that_is_not_formatted(small):
    path = small / "nbs" / "core" / "01_first.ipynb"
    text = CONCEPT.format(room="core", name="first").replace("return x", "return(x)")
    write(book_from_text(text, [], path.stem), path)
    assert any("01_first.ipynb" in problem for problem in format_problems(small))


RULES = {
    "E501": f'first = "{"x" * 100}"\n',
    "F821": "first = second\n",
    "E731": "first = lambda x: x\n",
    "B905": "first = list(zip([1], [2]))\n",
    "UP": 'first = "%s" % 1\n',
}


@pytest.mark.parametrize("rule", RULES)
def test_sees_a_broken_rule(small, rule):
    put(small, "core/first", RULES[rule])
    assert any(f": {rule}" in problem for problem in lint_problems(small))


def test_says_so_when_ruff_cannot_read_a_file(small):
    put(small, "core/first", "def first(:\n")
    assert format_problems(small) and lint_problems(small)


# ---------------------------------------------------------------- sizes


def test_sees_a_long_module(small):
    path = put(small, "core/first", "x = 1\n" * MAX_MODULE)
    assert module_problems(path) == [] and size_problems(small) == []
    path.write_text("x = 1\n" * (MAX_MODULE + 1))
    says = "first.py has 351 lines, 350 at most: a second concept inside?"
    assert module_problems(path) == [says]
    assert size_problems(small) == [says]


def test_sees_a_long_tool(small):
    (small / "tools" / "long.py").write_text("x = 1\n" * (MAX_MODULE + 1))
    assert len(size_problems(small)) == 1


def test_sees_a_long_function(small):
    body = "    x = 1\n" * (MAX_FUNCTION - 1)
    path = put(small, "core/first", f"def first():\n{body}")
    assert function_problems(path) == []
    path.write_text(f"def outer():\n    pass\n\n\nasync def first():\n{body}    x = 2\n")
    says = "first.py:5 first has 51 lines, 50 at most: name its steps"
    assert function_problems(path) == [says]
    assert size_problems(small) == [says]


def test_sees_a_long_method(small):
    body = "        x = 1\n" * MAX_FUNCTION
    path = put(small, "core/first", f"class First:\n    def first(self):\n{body}")
    assert len(function_problems(path)) == 1


def test_sees_a_long_exported_cell(small):
    path = small / "nbs" / "core" / "01_first.ipynb"

    def with_lines(count: int, directive: str) -> list[str]:
        cells = f"# %%\n{directive}\n" + "x = 1\n" * count
        write(book_from_text(cells, [], path.stem), path)
        return cell_problems(path)

    assert with_lines(MAX_CELL, "#| export") == []
    assert with_lines(MAX_CELL + 1, "#| hide") == []
    (problem,) = with_lines(MAX_CELL + 1, "#| export")
    assert problem.startswith("01_first.ipynb cell 0 exports 46 lines, 45 at most")
    assert size_problems(small) == [problem]


def test_counts_every_line_of_a_tables_fields(small):
    path = small / "nbs" / "core" / "01_first.ipynb"
    field = '    size: int = setting(\n        1,\n        "of a thing",\n    )\n'

    def with_fields(count: int) -> list[str]:
        cells = f"# %%\n#| export\nclass First:\n{field * count}"
        write(book_from_text(cells, [], path.stem), path)
        return cell_problems(path)

    assert with_fields(MAX_CELL // 4) == []
    (problem,) = with_fields(MAX_CELL // 4 + 1)
    assert "exports 49 lines" in problem


# ---------------------------------------------------------------- types

TYPED = "def first(x: int, *, y: int = 1) -> int:\n    return x + y\n"


def test_sees_a_parameter_without_a_type(small):
    path = put(small, "core/first", TYPED.replace("y: int = 1", "y=1"))
    assert [each for each in public_parameters(path) if not each.annotated] == [
        ("first.py:1 first(y)", False)
    ]
    assert annotation_problems(small) == [
        "50.0% of public parameters have a type, 95% at least",
        "first.py:1 first(y) has no type",
    ]


def test_a_few_in_a_hundred_may_lack_a_type(small):
    typed = "".join(f"def f{i}(x: int):\n    pass\n" for i in range(19))
    put(small, "core/first", typed + "def odd(x):\n    pass\n")
    assert annotation_problems(small) == []
    put(small, "data/second", "def odd(x):\n    pass\n")
    assert len(annotation_problems(small)) == 3


def test_looks_into_classes_functions_and_every_kind_of_parameter(tmp_path):
    code = """class First:
    def method(self, one, /, two, *, three):
        def nested(four):
            def _private(five): ...
    @classmethod
    def made(cls, six: int): ...
def _hidden(seven): ...
"""
    path = tmp_path / "first.py"
    path.write_text(code)
    found = {each.where.partition(" ")[2]: each.annotated for each in public_parameters(path)}
    assert found == {
        "method(one)": False,
        "method(two)": False,
        "method(three)": False,
        "nested(four)": False,
        "made(six)": True,
    }
    names = [function.name for function in functions(ast.parse(code))]
    assert sorted(names) == ["_hidden", "_private", "made", "method", "nested"]


def test_check_says_all_that_is_wrong(small, monkeypatch):
    monkeypatch.setattr("house.checks.readme_problems", lambda root: ["README"])
    monkeypatch.setattr("house.checks.export_problems", lambda root: ["exports"])
    assert problems(small) == ["exports", "README"]
    put(small, "core/first", "from ..data.second import second\n\n\ndef odd(x): return second\n")
    put(small, "data/second", f"second = 1\n{'x = 1' + chr(10)}" * MAX_MODULE)
    found = "\n".join(problems(small))
    for words in ("exports", "README", "data comes after core", "700 lines", "odd(x)", "reformat"):
        assert words in found
