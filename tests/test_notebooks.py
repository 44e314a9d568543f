"Every notebook runs from its source, in a kernel of its own. One of them: pytest -k fisher"

import re
import sys
from pathlib import Path

import pytest
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import course
import nb

NOTEBOOKS, LECTURES = nb.notebooks(), course.lectures()


def fail_plainly(e):
    pytest.fail(re.sub(r"\x1b\[[0-9;]*m", "", str(e)), pytrace=False)


@pytest.mark.parametrize("path", [p for p in NOTEBOOKS if p not in LECTURES], ids=lambda p: p.stem)
def test_notebook_runs(path):
    try:
        nb.execute(path)
    except CellExecutionError as e:
        fail_plainly(e)


@pytest.mark.parametrize("path", LECTURES, ids=lambda p: p.stem)
def test_lecture_runs_in_time_and_shows_what_is_in_git(path):
    try:
        done, cost = course.run(path)
    except CellExecutionError as e:
        fail_plainly(e)
    assert course.stale(path, done) == []
    assert cost["cpu"] < 60 * course.MINUTES_CPU, (
        cost
    )  # of the processor: what else the machine does is not the lecture's


def make(path, *cells):
    nb.write(
        dict(cells=nb.merge([dict(cell_type="code", source=c) for c in cells], [], path.stem)), path
    )


@pytest.mark.parametrize(
    "cells",
    [["1/0"], ["import ipywidgets as w; out = w.Output()", "with out: 1/0"]],
    ids=["in a cell", "in an Output widget"],
)
def test_an_error_is_seen(tmp_path, cells):
    make(tmp_path / "bad.ipynb", *cells)
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        nb.execute(tmp_path / "bad.ipynb")


def test_flagged_cells_run_only_when_asked(tmp_path):
    make(tmp_path / "slow.ipynb", "#| slow\nraise SystemError('slow')", "#| eval: false\n1/0")
    nb.execute(tmp_path / "slow.ipynb")
    with pytest.raises(CellExecutionError, match="SystemError"):
        nb.execute(tmp_path / "slow.ipynb", flags=["slow"])


def test_outputs_kept_are_those_that_stay_the_same(tmp_path):
    make(
        tmp_path / "a.ipynb",
        "import sys, ipywidgets\nprint('text')\nprint('note', file=sys.stderr)\nipywidgets.IntSlider()",
        "import tempfile; print(tempfile.mkdtemp())\nfrom pathlib import Path; Path.home()/'x', object()",
    )
    runs = []
    for _ in range(2):
        nb.write(nb.settle(nb.execute(tmp_path / "a.ipynb"), "a"), tmp_path / "a.ipynb")
        runs.append((tmp_path / "a.ipynb").read_text())
    assert runs[0] == runs[1]
    assert nb.shown(nb.read(tmp_path / "a.ipynb")) == [
        ["text\n"],
        ["/tmp/tmp\n", "(PosixPath('~/x'), <object>)"],
    ]
