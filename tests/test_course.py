"The lectures are in order, their student versions hold no solution and fail until one is pasted in, and the tools that say so see what they are there for."

import copy
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import course
import nb

LECTURES = course.lectures()
stem = lambda p: p.stem
sources = lambda book: [nb.source(c) for c in book["cells"]]

# ---------------------------------------------------------------- each lecture; that it runs, in time and with the outputs in git, is in test_notebooks.py


def test_there_are_ten_lectures_each_in_a_week():
    assert (
        [int(p.stem.split("_")[0]) for p in LECTURES]
        == list(range(1, 11))
        == sorted(n for ns in course.WEEKS.values() for n in ns)
    )


def test_the_syllabus_says_what_the_lectures_say(tmp_path):
    assert course.syllabus_problems() == []
    shutil.copytree(ROOT / "nbs" / "course", tmp_path / "nbs" / "course")
    assert course.syllabus_problems(tmp_path) == []
    path = next((tmp_path / "nbs" / "course").glob("03*.ipynb"))
    book = nb.read(path)
    book["cells"][1]["source"] = nb.source(book["cells"][1]).replace("by hand", "by foot")
    nb.write(book, path)
    assert course.syllabus_problems(tmp_path) == [
        "syllabus.md is not what the lectures say: tools/course.py syllabus"
    ]


@pytest.mark.parametrize("path", LECTURES, ids=stem)
def test_lecture_is_in_order(path):
    assert course.problems(path) == []


def solution_lines(book):  # that are long enough to be nobody else's
    blocks = [
        m[2]
        for c in book["cells"]
        if course.exercise_of(c)
        for m in course.SOLUTION.finditer(nb.source(c))
    ]
    return [l.strip() for b in blocks for l in b.splitlines() if len(l.strip()) > 20]


@pytest.mark.parametrize("path", LECTURES, ids=stem)
def test_student_version_holds_no_solution(path):
    book = nb.read(path)
    student = nbformat.writes(course.version(book))
    assert "SOLUTION" not in student and student.count("YOUR CODE HERE") >= 3
    text = "\n".join(sources(json.loads(student)))
    lines = solution_lines(book)
    assert lines and [l for l in lines if l in text] == []


@pytest.mark.parametrize("path", LECTURES, ids=stem)
def test_student_version_with_the_solutions_is_the_lecture(path):
    book = nb.read(path)
    assert sources(course.pasted(course.version(book), book)) == sources(
        book
    )  # and the lecture itself is run by test_notebooks.py


def failures(path, book):
    "What each check of a student version says: only the exercises, their checks and what these need are run."
    keep = course.needed(
        book.cells,
        [i for i, c in enumerate(book.cells) if course.exercise_of(c) or course.check_of(c)],
    )
    part = copy.deepcopy(book)
    part.cells = [part.cells[i] for i in keep]
    done = nb.execute(path, nb=part, allow_errors=True)
    return {
        course.check_of(c) or f"cell {i}": [
            (o.ename, o.evalue) for o in c.outputs if o.output_type == "error"
        ]
        for i, c in enumerate(done.cells)
        if not course.exercise_of(c)
    }, part


@pytest.mark.parametrize("path", LECTURES, ids=stem)
def test_every_check_fails_until_its_exercise_is_solved(path):
    book = nb.read(path)
    said, part = failures(path, course.version(book))
    made = {
        course.exercise_of(c): course.names(c)[1] for c in book["cells"] if course.exercise_of(c)
    }
    assert made.keys() <= said.keys()
    for k, errors in said.items():
        if k not in made:
            assert errors == [], f"{k}, which the exercises need, fails by itself: {errors}"
            continue
        ((name, value),) = errors
        undefined = (
            name == "NameError" and re.search(r"'(\w+)'", value)[1] in made[k]
        )  # the exercise cell makes a value, not a function
        assert undefined or name in ("NotImplementedError", "AssertionError"), (
            f"check {k}: {name}: {value}"
        )


# ---------------------------------------------------------------- nbgrader

SCHEMA = dict(
    schema_version=int, grade=bool, locked=bool, solution=bool, task=bool, grade_id=str, points=int
)  # nbgrader's v3.json, the keys that are used here


@pytest.mark.parametrize("solutions", [False, True], ids=["student", "instructor"])
@pytest.mark.parametrize("path", LECTURES, ids=stem)
def test_grading_metadata_is_nbgraders(path, solutions):
    book = nb.read(path)
    made = course.version(book, solutions)
    nbformat.validate(made)
    marks = [c.metadata.nbgrader for c in made.cells if "nbgrader" in c.metadata]
    assert len(marks) == 2 * len(course.stars_of(book)) and len({m.grade_id for m in marks}) == len(
        marks
    )
    for m in marks:
        assert {k: type(v) for k, v in m.items()} == {k: SCHEMA[k] for k in m} and {
            "schema_version",
            "grade",
            "locked",
            "solution",
        } <= set(m)
        assert (
            m.schema_version == 3
            and re.fullmatch(r"[a-zA-Z0-9_\-]+", m.grade_id)
            and ("points" in m) == m.grade
            and m.grade != m.solution
            and m.locked == m.grade
        )
    assert [m.points for m in marks if m.grade] == list(course.stars_of(book).values())
    assert not any({"jupyter", "tags"} & set(c.metadata) for c in made.cells)  # unfolded


def test_what_shows_a_solution_is_cleared(lecture):
    book = nb.read(lecture)
    student, instructor = course.version(book), course.version(book, solutions=True)
    shown = lambda b: [i for i, c in enumerate(b.cells) if c.get("outputs")]
    assert shown(instructor) == [i for i, c in enumerate(book["cells"]) if c.get("outputs")]
    gone = set(shown(instructor)) - set(shown(student))
    assert gone == {
        i
        for i, c in enumerate(book["cells"])
        if c.get("outputs")
        and (course.check_of(c) or "one() + 1" in nb.source(c) or "later" in nb.source(c))
    }


# ---------------------------------------------------------------- a small lecture, and everything that can be wrong with it

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

SMALL = (
    """# %% [markdown]
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
from mmunlearner_nb.figures.plots import Picture, finish

# %% [markdown]
# ## Section
# A [term](glossary.md#a-term).

# %%
def draw(n=1): fig = Picture(1, 2); fig.subplots().bar([0], [n]); return finish(fig, "a bar")
explore(draw, n=[1, 2])

# %%
predict("1/a", "Which?", ["a", "b"], draw, "a")

"""
    + EXERCISE.format(n=1, stars="★", name="one")
    + EXERCISE.format(n=2, stars="★★", name="two")
    + EXERCISE.format(n=3, stars="★★★", name="three")
    + """# %%
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
)


def write(path, text):
    nb.write(dict(cells=nb.merge(nb.from_text(text), [], path.stem)), path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    "The small lecture, run once: (path of the notebook, the executed notebook)."
    path = tmp_path_factory.mktemp("course") / "01_small.ipynb"
    path.with_name("glossary.md").write_text("# Glossary\n\n## A term\nThat.\n")
    write(path, SMALL)
    done, cost = course.run(path)
    nb.write(nb.settle(copy.deepcopy(done), path.name), path)
    assert 0 < cost["cpu"] < 60 and 50e6 < cost["peak"] < 5e9 and cost["wall"] > 0
    return path, done


@pytest.fixture
def lecture(made, tmp_path):
    "A copy of it, to break."
    for name in (made[0].name, "glossary.md"):
        (tmp_path / name).write_bytes((made[0].parent / name).read_bytes())
    return tmp_path / made[0].name


def test_a_lecture_in_order_has_no_problem(lecture):
    assert course.problems(lecture) == []


DEFECTS = [  # in the text of the small lecture: what stood there, what stands there now, what the check says
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
    (
        "    ### END SOLUTION\n\n\n# %%\n#| check: 1.2",
        "\n# %%\n#| check: 1.2",
        "exercise 1.2: no ### BEGIN SOLUTION",
    ),
    ("### Exercise 1.3 ★★★ (5 minutes)", "### Task 3", "has 2 exercises, three at least"),
    ("### Exercise 1.3 ★★★ (5 minutes)", "### Task 3", "exercise 1.3 has no heading"),
]


@pytest.mark.parametrize("old, new, says", DEFECTS, ids=[says for _, _, says in DEFECTS])
def test_sees_a_defect(lecture, old, new, says):
    text = nb.to_text(nb.read(lecture))
    assert old in text and course.problems(lecture) == []
    nb.write(
        dict(
            cells=nb.merge(
                nb.from_text(text.replace(old, new)), nb.read(lecture)["cells"], lecture.stem
            )
        ),
        lecture,
    )
    assert any(says in p for p in course.problems(lecture)), course.problems(lecture)


@pytest.mark.parametrize(
    "at, outputs, says",
    [
        ("check: 1.1", [], "check 1.1 does not print 'Right.'"),
        ('predict("', [], "no predict(…) cell shows its page"),
        ("explore(draw", [], "no widget shows its static twin"),
        (
            "apart",
            [dict(output_type="error", ename="ValueError", evalue="no", traceback=[])],
            "shows ValueError: no",
        ),
        ("apart", [dict(output_type="stream", name="stdout", text="x" * 500_000)], "500 at most"),
    ],
    ids=["unrun check", "unrun predict", "unrun widget", "error", "size"],
)
def test_sees_bad_outputs(lecture, at, outputs, says):
    book = nb.read(lecture)
    (cell,) = [c for c in book["cells"] if c["cell_type"] == "code" and at in nb.source(c)]
    cell["outputs"] = outputs
    nb.write(book, lecture)
    assert any(says in p for p in course.problems(lecture)), course.problems(lecture)


def test_sees_a_check_that_passes_unsolved_and_one_that_needs_more(lecture):
    book = nb.read(lecture)
    said, part = failures(lecture, course.version(book))
    assert {k: [n for n, _ in e] for k, e in said.items() if e} == {
        "1.1": ["NotImplementedError"],
        "1.2": ["NotImplementedError"],
        "1.3": ["NotImplementedError"],
    }
    assert not any(
        "explore" in nb.source(c) for c in part.cells
    )  # what no exercise needs is not run
    easy = (
        nb.to_text(book)
        .replace("assert two() == 2", "assert 2 == 2")
        .replace("assert three()", "assert tree()")
    )
    write(lecture, easy)
    said, _ = failures(lecture, course.version(nb.read(lecture)))
    assert said["1.2"] == [] and said["1.3"][0][0] == "NameError"


# ---------------------------------------------------------------- outputs in git


def test_outputs_in_git_are_compared(made, lecture):
    path, done = made
    assert course.stale(path, done) == []

    def changed(edit):
        book = nb.read(lecture)
        edit(book["cells"])
        nb.write(book, lecture)
        return course.stale(lecture, done)

    at = {nb.source(c).splitlines()[-1][:8]: i for i, c in enumerate(nb.read(lecture)["cells"])}
    i, j = at['print("a'], at["explore("]
    assert changed(lambda cells: cells[i]["outputs"][0].update(text=["aparT\n"])) == [
        f"cell {i} gives another text than in git: tools/nb.py run"
    ]
    assert changed(lambda cells: cells[i].update(outputs=[])) == [
        f"cell {i} gives another text than in git: tools/nb.py run"
    ]
    lecture.write_bytes(path.read_bytes())
    for a, b, same in [
        ("loss 0.41", "loss 0.43", True),
        ("loss 0.41", "loss 0.44", False),
        ("1.2e-05", "1.4e-05", True),
        ("1.2e-05", "1.2e-04", False),
        ("12% of 300", "13% of 300", True),
        ("12% of 300", "12% of 301", False),
        ("1.5 s", "1.5 h", False),
    ]:
        assert course.same_text(a, b) is same, (a, b)
    import base64

    from mmunlearner_nb.figures.pictures import Picture

    def bar(n, color="#1f77b4"):
        fig = Picture(1, 2)
        fig.subplots().bar([0], [n], color=color)
        return base64.b64encode(fig._repr_png_()[0]).decode()

    put = lambda png: lambda cells: cells[j]["outputs"][0]["data"].update({"image/png": png})
    assert (
        changed(put(bar(1))) == [] and changed(put(bar(1, "#2077b4"))) == []
    )  # a shade nobody sees
    assert changed(put(bar(1, "white"))) == [
        f"cell {j} gives another picture than in git: tools/nb.py run"
    ]
    assert "another picture" in changed(put(bar(100)))[0]  # another label at the axis
    k = at["predict("]
    lecture.write_bytes(path.read_bytes())

    def other(cells):
        h = cells[k]["outputs"][0]["data"]
        h["text/html"] = course.DATA_IMAGE.sub(
            "data:image/png;base64," + bar(3, "red"), "".join(h["text/html"])
        )

    assert changed(other) == [f"cell {k} gives another picture than in git: tools/nb.py run"]


def test_measured_costs_are_steady():
    head = "| run time | TOOL |\n| peak memory | TOOL |"
    first = course.with_costs(head, dict(cpu=33.4, peak=1.26e9))
    assert first == "| run time | about 35 s on one core |\n| peak memory | about 1.3 GB |"
    assert (
        course.with_costs(first, dict(cpu=38, peak=1.34e9)) == first
        and course.with_costs(first, dict(cpu=2, peak=1e7))
        == "| run time | about 5 s on one core |\n| peak memory | about 0.1 GB |"
    )
    with pytest.raises(SystemExit, match="no row 'run time'"):
        course.with_costs("", dict(cpu=1, peak=1))


# ---------------------------------------------------------------- what a class is given


def tool(*args):
    return subprocess.run(
        [sys.executable, ROOT / "tools" / "course.py", *map(str, args)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_versions_are_written_and_solved(tmp_path):
    tool("student", tmp_path / "s")
    tool("instructor", tmp_path / "i")
    assert {p.name for p in (tmp_path / "s").iterdir()} == {
        p.name for p in [*LECTURES, *course.pages()]
    }
    name = LECTURES[0].name
    tool("solve", tmp_path / "s" / name, LECTURES[0], tmp_path / "solved.ipynb")
    a, b, c = (
        nbformat.read(p, as_version=4)
        for p in (tmp_path / "solved.ipynb", tmp_path / "i" / name, tmp_path / "s" / name)
    )
    assert sources(a) == sources(b) == sources(nb.read(LECTURES[0])) and sources(c) != sources(b)


def test_links_lead_home_from_a_folder_of_the_repository():
    text, here = (
        "[a](../50_fisher.ipynb#x) [b](glossary.md#null) [c](https://x.y/z) [d](#e)",
        ROOT / "nbs" / "course",
    )
    assert course.relinked(text, here, ROOT / "build" / "student") == text.replace(
        "../50_fisher", "../../nbs/50_fisher"
    )
    assert course.relinked(text, here, Path("/elsewhere")) == text


def test_slides_are_built_by_rule(lecture):
    page = course.slides(nb.read(lecture), "reveal.js")
    assert '"reveal.js/dist/reveal.js"' in page or "'reveal.js/dist/reveal.js'" in page
    assert "unpkg.com/reveal" not in page and "unpkg.com/reveal" in course.slides(nb.read(lecture))
    assert (
        "the_solution_of_this_one" not in page and "Right." not in page
    )  # solutions and checks stay away
    text = re.sub("<[^>]+>", "", page)
    assert (
        ">print" in page and "apart\\n" not in page and "a bar" in page and "subplots" not in text
    )  # code that builds a figure is left out, other code is not
    assert "Exercise 1.3" in page and "from mmunlearner_nb" not in text  # imports too
    kinds = [course.slide_type(c) for c in nb.read(lecture)["cells"]]
    assert kinds[:7] == [
        "slide",
        "slide",
        "-",
        "slide",
        "subslide",
        "subslide",
        "subslide",
    ] and kinds[7:9] == ["skip", "skip"]


@pytest.mark.parametrize("path", LECTURES, ids=stem)
def test_slides_of_the_lecture(path):
    assert course.slides(nb.read(path)).count("<section") > 10
