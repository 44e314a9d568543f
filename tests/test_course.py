"""The lectures are in order, their student versions hold no solution and fail until one is pasted
in, and the tools that say so see what they are there for."""

import base64
import copy
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from house.files import Book, Cell, is_code, quoted, read, source, write
from house.running import execute, settle
from house.text import book_from_text, to_text
from lectures.checks import problems, widget_names
from lectures.costs import run, with_costs
from lectures.frame import (
    SOLUTION,
    calls,
    check_of,
    exercise_of,
    lectures,
    number_of,
    pages,
    stars_of,
)
from lectures.needs import names, needed
from lectures.slides import slide_type, slides
from lectures.stale import DATA_IMAGE, same_text, stale
from lectures.syllabus import WEEKS, syllabus_problems
from lectures.versions import pasted, refuse_leaks, relinked, version
from mmunlearner_nb.figures.pictures import Picture

ROOT = Path(__file__).resolve().parent.parent
LECTURES = lectures()


def stem(path: Path) -> str:
    "How a lecture's case is called."
    return path.stem


def sources(book: Book) -> list[str]:
    "The text of each cell."
    return [source(cell) for cell in book["cells"]]


def each_lecture(check: Callable[[Book], list[str]]) -> list[str]:
    "What a check says of all lectures, a line a fault."
    return [f"{path.name}: {fault}" for path in LECTURES for fault in check(read(path))]


# ----------------------------------------------------------------  each lecture; that it runs, in
# time and with the outputs in git, is in test_notebooks.py


def test_there_are_ten_lectures_each_in_a_week():
    assert [number_of(path) for path in LECTURES] == list(range(1, 11))
    assert sorted(number for week in WEEKS.values() for number in week) == list(range(1, 11))


def test_the_syllabus_says_what_the_lectures_say(tmp_path):
    assert syllabus_problems() == []
    shutil.copytree(ROOT / "nbs" / "course", tmp_path / "nbs" / "course")
    assert syllabus_problems(tmp_path) == []
    path = next((tmp_path / "nbs" / "course").glob("03*.ipynb"))
    book = read(path)
    book["cells"][1]["source"] = source(book["cells"][1]).replace("by hand", "by foot")
    write(book, path)
    stale_page = "syllabus.md is not what the lectures say: tools/course.py syllabus"
    assert syllabus_problems(tmp_path) == [stale_page]


def test_lectures_are_in_order():
    found = [problem for path in LECTURES for problem in problems(path)]
    assert found == [], "\n".join(found)


def solution_lines(book: Book) -> list[str]:
    "Lines of solutions that are long enough to be nobody else's."
    found = []
    for cell in book["cells"]:
        if exercise_of(cell):
            for block in SOLUTION.finditer(source(cell)):
                found += [line.strip() for line in block[2].splitlines()]
    return [line for line in found if len(line) > 20]


def solutions_left(book: Book) -> list[str]:
    "What a student version shows of solutions."
    student = nbformat.writes(version(book))
    text = "\n".join(sources(json.loads(student)))
    lines = solution_lines(book)
    found = [f"shows {line!r}" for line in lines if line in text]
    if "SOLUTION" in student:
        found.append("shows where a solution was")
    if student.count("YOUR CODE HERE") < 3:
        found.append("asks for nothing")
    if not lines:
        found.append("has no solution to hide")
    return found


def test_student_versions_hold_no_solution():
    found = each_lecture(solutions_left)
    assert found == [], "\n".join(found)


def test_sees_a_solution_in_a_student_version(lecture):
    book = read(lecture)
    assert solutions_left(book) == []
    book["cells"].append(dict(book["cells"][-1], id="more", source="the_solution_of_this_one = 2"))
    assert solutions_left(book) == ["shows 'the_solution_of_this_one = 2'"]


def test_student_versions_with_the_solutions_are_the_lectures():
    "And the lectures themselves are run by test_notebooks.py."

    def differing(book: Book) -> list[str]:
        back = sources(pasted(version(book), book))
        pairs = zip(back, sources(book), strict=True)
        return [f"cell {i} is another" for i, (old, new) in enumerate(pairs) if old != new]

    found = each_lecture(differing)
    assert found == [], "\n".join(found)


Errors = dict[str, list[tuple[str, str]]]  # a check's number, or "cell 3" -> (name, value) of each


def failures(path: Path, book: nbformat.NotebookNode) -> tuple[Errors, nbformat.NotebookNode]:
    """What each check of a student version says, and what was run for that: the exercises, their
    checks and what these need."""
    wanted = [i for i, cell in enumerate(book.cells) if exercise_of(cell) or check_of(cell)]
    part = copy.deepcopy(book)
    part.cells = [part.cells[i] for i in needed(book.cells, wanted)]
    done = execute(path, book=part, allow_errors=True)
    said = {}
    for i, cell in enumerate(done.cells):
        if not exercise_of(cell):
            errors = [each for each in cell.get("outputs", []) if each.output_type == "error"]
            said[check_of(cell) or f"cell {i}"] = [(each.ename, each.evalue) for each in errors]
    return said, part


@pytest.mark.parametrize("path", LECTURES, ids=stem)
def test_every_check_fails_until_its_exercise_is_solved(path):
    book = read(path)
    said, _ = failures(path, version(book))
    made = {exercise_of(cell): names(cell).made for cell in book["cells"] if exercise_of(cell)}
    assert made.keys() <= said.keys()
    for number, errors in said.items():
        if number not in made:
            message = f"{number}, which the exercises need, fails by itself: {errors}"
            assert errors == [], message
            continue
        ((name, value),) = errors
        # an exercise cell may make a value, not a function
        undefined = name == "NameError" and re.search(r"'(\w+)'", value)[1] in made[number]
        as_wanted = undefined or name in ("NotImplementedError", "AssertionError")
        assert as_wanted, f"check {number}: {name}: {value}"


# ---------------------------------------------------------------- nbgrader

SCHEMA = dict(  # nbgrader's v3.json, the keys that are used here
    schema_version=int,
    grade=bool,
    locked=bool,
    solution=bool,
    task=bool,
    grade_id=str,
    points=int,
)
ALWAYS = {"schema_version", "grade", "locked", "solution"}


@pytest.mark.parametrize("solutions", [False, True], ids=["student", "instructor"])
def test_grading_metadata_is_nbgraders(solutions):
    for path in LECTURES:
        book = read(path)
        made = version(book, solutions)
        nbformat.validate(made)
        marks = [cell.metadata.nbgrader for cell in made.cells if "nbgrader" in cell.metadata]
        assert len(marks) == 2 * len(stars_of(book)), path.name
        assert len({mark.grade_id for mark in marks}) == len(marks), path.name
        for mark in marks:
            kinds = {key: type(value) for key, value in mark.items()}
            assert kinds == {key: SCHEMA[key] for key in mark}
            assert ALWAYS <= set(mark)
            assert mark.schema_version == 3
            assert re.fullmatch(r"[a-zA-Z0-9_\-]+", mark.grade_id)
            assert ("points" in mark) == mark.grade
            assert mark.grade != mark.solution and mark.locked == mark.grade
        points = [mark.points for mark in marks if mark.grade]
        assert points == list(stars_of(book).values()), path.name
        unfolded = [not {"jupyter", "tags"} & set(cell.metadata) for cell in made.cells]
        assert all(unfolded), path.name


def shown_in(book: Book) -> list[int]:
    "Indices of cells with outputs."
    return [i for i, cell in enumerate(book["cells"]) if cell.get("outputs")]


def test_what_shows_a_solution_is_cleared(lecture):
    book = read(lecture)
    student, instructor = version(book), version(book, solutions=True)
    assert shown_in(instructor) == shown_in(book)

    def tells(cell: Cell) -> bool:
        text = source(cell)
        return bool(check_of(cell)) or "one() + 1" in text or "later" in text

    gone = set(shown_in(instructor)) - set(shown_in(student))
    assert gone == {i for i in shown_in(book) if tells(book["cells"][i])}


# ---------------------------------------------------------------- a small lecture, and everything
# that can be wrong with it

EXERCISE = """# %% [markdown]
# ### Exercise 1.{n} {stars} (5 minutes): {n}
# Give {n}.

# %%
#| exercise: 1.{n}
def {name}():
    ### BEGIN SOLUTION
    the_solution_of_this_one = {n}
    return the_solution_of_this_one
    ### END SOLUTION

# %%
#| check: 1.{n}
assert {name}() == {n}, "give {n}"
print("Right.")

"""
OPENING = """# %% [markdown]
# # 1. Small
# > A lecture
#
# | purpose | to see |
# |---|---|
# | you need | nothing |
# | minutes | 1 |
# | run time | about 5 s on one core |
# | peak memory | about 0.5 GB |

# %% [markdown]
# ## Learning goals
# - a
# - b
# - c

# %%
from mmunlearner_nb.widgets.classroom import explore, predict
from mmunlearner_nb.figures.pictures import Picture, finish

# %% [markdown]
# ## Section
# A [term](glossary.md#a-term).

# %%
def draw(n=1): fig = Picture(1, 2); fig.subplots().bar([0], [n]); return finish(fig, "a bar")
explore(draw, n=[1, 2])

# %%
predict("1/a", "Which?", ["a", "b"], draw, "a")

"""
CLOSING = """# %%
more = one() + 1
print(more)

# %%
later = [more]
print(later)

# %%
print("apart")

# %% [markdown]
# ## What we left out
# Much.

# %% [markdown]
# ## References
# - None.
"""
EXERCISES = [
    EXERCISE.format(n=1, stars="★", name="one"),
    EXERCISE.format(n=2, stars="★★", name="two"),
    EXERCISE.format(n=3, stars="★★★", name="three"),
]
SMALL = "".join([OPENING, *EXERCISES, CLOSING])


def write_lecture(path: Path, text: str) -> None:
    "A lecture from its text, outputs kept where the source is the same."
    old = read(path)["cells"] if path.exists() else []
    write(book_from_text(text, old, path.stem), path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    "The small lecture, run once: (path of the notebook, the executed notebook)."
    path = tmp_path_factory.mktemp("course") / "01_small.ipynb"
    path.with_name("glossary.md").write_text("# Glossary\n\n## A term\nThat.\n")
    write_lecture(path, SMALL)
    done, cost = run(path)
    write(settle(copy.deepcopy(done), path.name), path)
    assert 0 < cost["cpu"] < 60
    assert 50e6 < cost["peak"] < 5e9
    assert cost["wall"] > 0
    return path, done


@pytest.fixture
def lecture(made, tmp_path):
    "A copy of it, to break."
    for name in (made[0].name, "glossary.md"):
        (tmp_path / name).write_bytes((made[0].parent / name).read_bytes())
    return tmp_path / made[0].name


def test_a_lecture_in_order_has_no_problem(lecture):
    assert problems(lecture) == []


def test_a_lectures_sentence_may_span_lines(lecture):
    text = to_text(read(lecture)).replace("# > A lecture\n", "# > A lecture\n# > in small\n")
    write_lecture(lecture, text)
    assert problems(lecture) == []
    assert quoted(source(read(lecture)["cells"][0])) == "A lecture in small"


UNSOLVED = "    ### END SOLUTION\n\n\n# %%\n#| check: 1.2"
DEFECTS = [  # what stood in the small lecture, what stands there now, what the check says
    ("# # 1. Small", "# # Small", "does not begin with '# 1. Title'"),
    ("# > A lecture\n", "", "does not begin"),
    ("# | you need | nothing |\n", "", "lacks the row '| you need"),
    ("about 0.5 GB", "TOOL", "'peak memory' is not measured"),
    ("# - c\n", "", "lacks '## Learning goals'"),
    ("# ## What we left out", "# What we left", "'## What we left out'"),
    ("# - None.\n", "", "'## References'"),
    ("# A [term]", "# ### Sub\n# A [term]", "a heading that does not start"),
    ("glossary.md#a-term", "glossary.md#no-term", "glossary.md has no such heading"),
    ("glossary.md#a-term", "../50_fisher.ipynb", "which is not there"),
    ('predict("1/a", "Which?", ["a", "b"], draw, "a")', '"a"', "no predict"),
    ("explore(draw, n=[1, 2])", "draw(2)", "no widget"),
    ("★★★", "★", "stars do not rise"),
    ("★★★", "★★★★", "stars do not rise"),
    ("1.2 ★★ (5 minutes)", "1.2 (5 minutes)", "not of the form"),
    ("Exercise 1.3", "Exercise 1.4", "not numbered"),
    ("#| check: 1.2", "#| check: 1.3", "exercise 1.2: its text is not followed"),
    ("#| exercise: 1.2", "# 1.2", "exercise 1.2: its text is not followed"),
    ("#| check: 1.3\n", "", "exercise 1.3: its text is not followed"),
    ('== 2, "give 2"', "== 2", "check 1.2: no assert, or one without a message"),
    ('assert three() == 3, "give 3"\n', "", "check 1.3: no assert"),
    (UNSOLVED, "\n# %%\n#| check: 1.2", "exercise 1.2 (cell 10): no ### BEGIN SOLUTION"),
    ("### Exercise 1.3 ★★★ (5 minutes)", "### Task 3", "has 2 exercises, three at least"),
    ("### Exercise 1.3 ★★★ (5 minutes)", "### Task 3", "exercise 1.3 has no heading"),
]


@pytest.mark.parametrize("old, new, says", DEFECTS, ids=[says for _, _, says in DEFECTS])
def test_sees_a_defect(lecture, old, new, says):
    text = to_text(read(lecture))
    assert old in text
    assert problems(lecture) == []
    write_lecture(lecture, text.replace(old, new))
    found = problems(lecture)
    assert any(says in problem for problem in found), found


LEAKS = {  # in the small lecture -> what somebody may have typed instead
    "### END SOLUTION": [
        "### End solution",
        "### END SOLUTOIN",
        "# END SOLUTION",
        "### END SOLUTION.",
        "### ENDSOLUTION",
        "### END ANSWER",
        "### END SOLUTION\n    return 2",
        "### END SOLUTION\nprint('the_solution_of_this_one')",
        "",
    ],
    "### BEGIN SOLUTION": [
        "### Begin Solution",
        "### BEGIN SOLUTION:",
        "### BEGINN SOLUTION",
        "### BEGIN LÖSUNG",
        "### BEGIN HIDDEN TESTS",
        "### BEGIN SOLUTION\n    ### END SOLUTION",
        "",
    ],
    "#| exercise: 1.2": ["#| excercise: 1.2", "# exercise: 1.2", "#| exercise 1.2", ""],
}
SLIPS = [(old, new) for old, others in LEAKS.items() for new in others]


@pytest.mark.parametrize("old, new", SLIPS)
def test_gives_no_solution_away(lecture, tmp_path, old, new):
    before, exercise = to_text(read(lecture)).split("Exercise 1.2", 1)
    write_lecture(lecture, before + "Exercise 1.2" + exercise.replace(old, new, 1))
    book = read(lecture)
    with pytest.raises(SystemExit) as refused:
        refuse_leaks({lecture: book})
    says = str(refused.value)
    assert lecture.name in says and "nothing was written" in says
    assert "cell" in says
    # and the check says the same
    assert any(problem in says for problem in problems(lecture))


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_gives_no_solution_away_in_a_text(lecture, kind):
    book = read(lecture)
    text = "Or so:\n\n### BEGIN SOLUTION\nreturn 2\n### END SOLUTION"
    book["cells"].insert(3, dict(cell_type=kind, metadata={}, source=text))
    with pytest.raises(SystemExit, match="cell 3: '### BEGIN SOLUTION' in a cell that is no"):
        refuse_leaks({lecture: book})


def test_sees_a_solution_without_code(lecture):
    before, exercise = to_text(read(lecture)).split("Exercise 1.2", 1)
    empty = re.sub(
        r"(### BEGIN SOLUTION\n).*?( *### END SOLUTION)",
        r"\1    # return 2\n\2",
        exercise,
        flags=re.S,
        count=1,
    )
    write_lecture(lecture, before + "Exercise 1.2" + empty)
    with pytest.raises(SystemExit, match="no code between"):
        refuse_leaks({lecture: read(lecture)})


def test_a_sound_lecture_has_no_leak(lecture):
    refuse_leaks({lecture: read(lecture)})
    student = to_text(version(read(lecture)))
    assert "the_solution_of_this_one" not in student


ERROR = dict(output_type="error", ename="ValueError", evalue="no", traceback=[])
HEAVY = dict(output_type="stream", name="stdout", text="x" * 500_000)
BAD_OUTPUTS = {
    "unrun check": ("check: 1.1", [], "check 1.1 does not print 'Right.'"),
    "unrun predict": ('predict("', [], "no predict(…) cell shows its page"),
    "unrun widget": ("explore(draw", [], "no widget shows its static twin"),
    "error": ("apart", [ERROR], "shows ValueError: no"),
    "size": ("apart", [HEAVY], "500 at most"),
}


@pytest.mark.parametrize("at, outputs, says", BAD_OUTPUTS.values(), ids=BAD_OUTPUTS.keys())
def test_sees_bad_outputs(lecture, at, outputs, says):
    book = read(lecture)
    (cell,) = [cell for cell in book["cells"] if is_code(cell) and at in source(cell)]
    cell["outputs"] = outputs
    write(book, lecture)
    found = problems(lecture)
    assert any(says in problem for problem in found), found


def test_sees_a_check_that_passes_unsolved_and_one_that_needs_more(lecture):
    book = read(lecture)
    said, part = failures(lecture, version(book))
    names_of = {number: [name for name, _ in errors] for number, errors in said.items() if errors}
    assert names_of == {number: ["NotImplementedError"] for number in ("1.1", "1.2", "1.3")}
    # what no exercise needs is not run
    assert not any("explore" in source(cell) for cell in part.cells)
    easy = to_text(book).replace("assert two() == 2", "assert 2 == 2")
    write_lecture(lecture, easy.replace("assert three()", "assert tree()"))
    said, _ = failures(lecture, version(read(lecture)))
    assert said["1.2"] == []
    assert said["1.3"][0][0] == "NameError"


WIDGETS = {
    "shell": "class Shell:\n    def figure(self):\n        return Map(1)\n",
    "maps": "class Map(Shell):\n    def show(self):\n        return Film(self)\n",
    "replay": """class Replay:
    def saliency(self):
        "Docstrings and branches do not hide it."
        if self.views:
            return Map(self.views)
        return None

    def name(self):
        return str(self.views)
""",
    "classroom": "class Prediction(Shell):\n    pass\n",
}


def test_what_has_handles_is_found_in_the_room(tmp_path):
    room = tmp_path / "mmunlearner_nb" / "widgets"
    room.mkdir(parents=True)
    for name, text in WIDGETS.items():
        (room / f"{name}.py").write_text(text)
    assert widget_names(tmp_path) == {"explore", "Map", "saliency", "figure"}
    ours = {"explore", "SaliencyExplorer", "TimeMachine", "saliency", "answers", "steps"}
    assert ours <= widget_names()
    cell = dict(cell_type="code", source="%time\nreplay(path).steps()\n[f(x)]\n")
    assert calls(cell) == {"replay", "steps", "f"}


# ---------------------------------------------------------------- outputs in git

TEXTS = [  # two outputs, and whether a run may give one for the other
    ("loss 0.41", "loss 0.43", True),
    ("loss 0.41", "loss 0.44", False),
    ("1.2e-05", "1.4e-05", True),
    ("1.2e-05", "1.2e-04", False),
    ("12% of 300", "13% of 300", True),
    ("12% of 300", "12% of 301", False),
    ("1.5 s", "1.5 h", False),
]


@pytest.mark.parametrize("old, new, same", TEXTS)
def test_last_digits_may_differ(old, new, same):
    assert same_text(old, new) is same, (old, new)


def bar(height: float, color: str = "#1f77b4") -> str:
    "A picture of one bar: PNG in base64."
    fig = Picture(1, 2)
    fig.subplots().bar([0], [height], color=color)
    return base64.b64encode(fig._repr_png_()[0]).decode()


def test_outputs_in_git_are_compared(made, lecture):
    path, done = made
    assert stale(path, done) == []

    def changed(edit: Callable[[list[Cell]], None]) -> list[str]:
        book = read(lecture)
        edit(book["cells"])
        write(book, lecture)
        return stale(lecture, done)

    lines = [source(cell).splitlines()[-1] for cell in read(lecture)["cells"]]
    at = {line[:8]: i for i, line in enumerate(lines)}
    text, picture, page = at['print("a'], at["explore("], at["predict("]
    other_text = [f"cell {text} gives another text than in git: tools/nb.py run"]
    assert changed(lambda cells: cells[text]["outputs"][0].update(text=["aparT\n"])) == other_text
    assert changed(lambda cells: cells[text].update(outputs=[])) == other_text
    lecture.write_bytes(path.read_bytes())

    def put(png: str) -> Callable[[list[Cell]], None]:
        def edit(cells: list[Cell]) -> None:
            cells[picture]["outputs"][0]["data"]["image/png"] = png

        return edit

    assert changed(put(bar(1))) == []
    assert changed(put(bar(1, "#2077b4"))) == []  # a shade nobody sees
    other_picture = [f"cell {picture} gives another picture than in git: tools/nb.py run"]
    assert changed(put(bar(1, "white"))) == other_picture
    assert "another picture" in changed(put(bar(100)))[0]  # another label at the axis
    lecture.write_bytes(path.read_bytes())

    def on_the_page(cells: list[Cell]) -> None:
        data = cells[page]["outputs"][0]["data"]
        image = "data:image/png;base64," + bar(3, "red")
        data["text/html"] = DATA_IMAGE.sub(image, "".join(data["text/html"]))

    other_page = [f"cell {page} gives another picture than in git: tools/nb.py run"]
    assert changed(on_the_page) == other_page


def test_measured_costs_are_steady():
    head = "| run time | TOOL |\n| peak memory | TOOL |"
    first = with_costs(head, dict(cpu=33.4, peak=1.26e9))
    assert first == "| run time | about 35 s on one core |\n| peak memory | about 1.3 GB |"
    assert with_costs(first, dict(cpu=38, peak=1.34e9)) == first
    least = "| run time | about 5 s on one core |\n| peak memory | about 0.1 GB |"
    assert with_costs(first, dict(cpu=2, peak=1e7)) == least
    with pytest.raises(SystemExit, match="no row 'run time'"):
        with_costs("", dict(cpu=1, peak=1))


# ---------------------------------------------------------------- what a class is given


def tool(*args: object) -> str:
    "What a command says."
    call = [sys.executable, ROOT / "tools" / "course.py", *map(str, args)]
    return subprocess.run(call, check=True, capture_output=True, text=True).stdout


def test_versions_are_written_and_solved(tmp_path):
    student, instructor, solved = tmp_path / "s", tmp_path / "i", tmp_path / "solved.ipynb"
    tool("student", student)
    tool("instructor", instructor)
    wanted = {path.name for path in [*LECTURES, *pages()]}
    assert {path.name for path in student.iterdir()} == wanted
    first = LECTURES[0]
    tool("solve", student / first.name, first, solved)
    given = nbformat.read(student / first.name, as_version=4)
    whole = nbformat.read(instructor / first.name, as_version=4)
    pasted_in = nbformat.read(solved, as_version=4)
    assert sources(pasted_in) == sources(whole) == sources(read(first))
    assert sources(given) != sources(whole)


def test_links_lead_home_from_a_folder_of_the_repository():
    text = "[a](../50_fisher.ipynb#x) [b](glossary.md#null) [c](https://x.y/z) [d](#e)"
    here = ROOT / "nbs" / "course"
    moved = text.replace("../50_fisher", "../../nbs/50_fisher")
    assert relinked(text, here, ROOT / "build" / "student") == moved
    assert relinked(text, here, Path("/elsewhere")) == text


def test_slides_are_built_by_rule(lecture):
    book = read(lecture)
    page = slides(book, "reveal.js")
    assert '"reveal.js/dist/reveal.js"' in page or "'reveal.js/dist/reveal.js'" in page
    assert "unpkg.com/reveal" not in page
    assert "unpkg.com/reveal" in slides(book)
    # solutions and checks stay away
    assert "the_solution_of_this_one" not in page
    assert "Right." not in page
    # code that builds a figure is left out, other code is not
    text = re.sub("<[^>]+>", "", page)
    assert ">print" in page and "apart\\n" not in page
    assert "a bar" in page and "subplots" not in text
    assert "Exercise 1.3" in page
    assert "from mmunlearner_nb" not in text  # imports too
    kinds = [slide_type(cell) for cell in book["cells"]]
    assert kinds[:4] == ["slide", "slide", "-", "slide"]
    assert kinds[4:7] == ["subslide", "subslide", "subslide"]
    assert kinds[7:9] == ["skip", "skip"]


def test_lectures_become_slides():
    few = [path.name for path in LECTURES if slides(read(path)).count("<section") <= 10]
    assert few == []
