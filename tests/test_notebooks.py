"Every notebook runs from its source, in a kernel of its own. One of them: pytest -k fisher"

import re
from pathlib import Path

import pytest
from nbclient.exceptions import CellExecutionError

from house.files import notebooks, read, write
from house.running import execute, settle, shown
from house.text import merge
from lectures.costs import run
from lectures.frame import MINUTES_CPU, lectures
from lectures.stale import stale

LECTURES = lectures()
OTHERS = [path for path in notebooks() if path not in LECTURES]


def name_of(path: Path) -> str:
    "room-NN_name, or NN_name."
    folder = path.parent.name
    return path.stem if folder == "nbs" else f"{folder}-{path.stem}"


def fail_plainly(error: CellExecutionError) -> None:
    "A cell's error without colours and without ours around it."
    pytest.fail(re.sub(r"\x1b\[[0-9;]*m", "", str(error)), pytrace=False)


@pytest.mark.parametrize("path", OTHERS, ids=name_of)
def test_notebook_runs(path):
    try:
        execute(path)
    except CellExecutionError as error:
        fail_plainly(error)


@pytest.mark.parametrize("path", LECTURES, ids=name_of)
def test_lecture_runs_in_time_and_shows_what_is_in_git(path):
    try:
        done, cost = run(path)
    except CellExecutionError as error:
        fail_plainly(error)
    assert stale(path, done) == []
    # of the processor: what else the machine does is not the lecture's
    assert cost["cpu"] < 60 * MINUTES_CPU, cost


def make(path: Path, *texts: str) -> None:
    "A notebook of code cells."
    cells = [dict(cell_type="code", source=text) for text in texts]
    write(dict(cells=merge(cells, [], path.stem)), path)


IN_A_CELL = ["1/0"]
IN_A_WIDGET = ["import ipywidgets as w; out = w.Output()", "with out: 1/0"]


@pytest.mark.parametrize(
    "cells", [IN_A_CELL, IN_A_WIDGET], ids=["in a cell", "in an Output widget"]
)
def test_an_error_is_seen(tmp_path, cells):
    make(tmp_path / "bad.ipynb", *cells)
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        execute(tmp_path / "bad.ipynb")


def test_flagged_cells_run_only_when_asked(tmp_path):
    path = tmp_path / "slow.ipynb"
    make(path, "#| slow\nraise SystemError('slow')", "#| eval: false\n1/0")
    execute(path)
    with pytest.raises(CellExecutionError, match="SystemError"):
        execute(path, flags=["slow"])


TEXT_NOTE_WIDGET = """import sys, ipywidgets
print('text')
print('note', file=sys.stderr)
ipywidgets.IntSlider()"""
FOLDERS_ADDRESSES = """import tempfile; print(tempfile.mkdtemp())
from pathlib import Path; Path.home()/'x', object()"""


def test_outputs_kept_are_those_that_stay_the_same(tmp_path):
    path, runs = tmp_path / "a.ipynb", []
    make(path, TEXT_NOTE_WIDGET, FOLDERS_ADDRESSES)
    for _ in range(2):
        write(settle(execute(path), "a"), path)
        runs.append(path.read_text())
    assert runs[0] == runs[1]
    assert shown(read(path)) == [["text\n"], ["/tmp/tmp\n", "(PosixPath('~/x'), <object>)"]]
