"A notebook in a kernel of its own, and what of its outputs is kept: what is the same next time."

import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from house.files import ROOT, WIDGET_VIEW, Book, is_code, settings

TIMEOUT = 1800  # seconds a cell
# one thread, unless the caller's environment says otherwise
THREADS = dict(OMP_NUM_THREADS="1")
ENVIRONMENT = dict(TQDM_DISABLE="1", IN_TEST="1", PYTHONHASHSEED="0")


def skipped(
    text: str,  # of a cell
    flags: Sequence[str] = (),  # asked for, such as "slow"
) -> bool:
    "Would nbdev-test leave it out? `eval: false`, or a flag of tst_flags that was not asked for."
    off = set(settings()["tst_flags"].split()) - set(flags)
    said = re.findall(r"^#\|\s*(.+?)\s*$", text, re.M)
    return any(line in off or re.fullmatch(r"eval:\s*false", line, re.I) for line in said)


def execute(
    path: Path,  # of the notebook; it runs in its own folder
    flags: Sequence[str] = (),  # cells to run as well, such as "slow"
    book: nbformat.NotebookNode | None = None,  # what to run in its place
    **options: Any,  # NotebookClient's
) -> nbformat.NotebookNode:  # the executed notebook
    "Run a notebook in a kernel of its own; CellExecutionError if a cell fails."
    book = book or nbformat.read(path, as_version=4)
    for cell in book.cells:
        if is_code(cell):
            cell.metadata["tags"] = ["skip-execution"] if skipped(cell.source, flags) else []
    client = NotebookClient(
        book,
        kernel_name="python3",
        timeout=TIMEOUT,
        coalesce_streams=True,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources=dict(metadata=dict(path=str(Path(path).resolve().parent))),
        **options,
    )
    client.execute(env=THREADS | os.environ | ENVIRONMENT)
    for widget in client.widget_state.values():  # an error in `with Output():` reaches no cell
        for output in widget.get("outputs", []):
            if output["output_type"] == "error":
                trace = "\n".join(output["traceback"])
                raise CellExecutionError(trace, output["ename"], output["evalue"])
    return book


# ---------------------------------------------------------------- what stays


def steady(
    text: str,  # of an output
) -> str:
    "The text without what differs between machines and runs: folders, temporary names."
    text = text.replace(str(ROOT), "~/mmunlearner_nb").replace(str(Path.home()), "~")
    temporary = re.escape(tempfile.gettempdir())
    return re.sub(rf"{temporary}/tmp\w{{8}}", "/tmp/tmp", text)


def warned(
    text: str,  # of stderr
) -> str:  # "" if there is nothing but progress
    "The first line of stderr that says something."
    for line in re.split(r"[\r\n]+", text):
        if line.strip() and "it/s" not in line:
            return line[:160]
    return ""


def kept(
    output: dict[str, Any],  # changed in place
) -> bool:
    "Is it kept? A widget is not; its static twin beside it is, and its text is made steady."
    data = output.get("data", {})
    if WIDGET_VIEW in data:
        del data[WIDGET_VIEW]
        if set(data) <= {"text/plain"}:
            return False
    for kind in data:
        if kind.startswith("text/"):
            data[kind] = steady(data[kind])
    if "text" in output:
        output["text"] = steady(output["text"])
    return True


def settle(
    book: Book,  # executed; changed in place
    name: str,  # how to call it
) -> Book:
    "Keep what a reader sees and what is the same next time: no widgets, no stderr (said here)."
    for i, cell in enumerate(book["cells"]):
        if not is_code(cell):
            continue
        outputs = []
        for output in cell["outputs"]:
            if output.get("name") == "stderr":
                if line := warned(output["text"]):
                    print(f"{name}, cell {i}, stderr (not kept): {line}", file=sys.stderr)
            elif kept(output):
                outputs.append(output)
        cell["outputs"] = outputs
    return book


def in_one(
    text: str | list[str],  # as JSON has it
) -> str:
    "A text in one piece."
    return text if isinstance(text, str) else "".join(text)


def text_of(
    output: dict[str, Any],
) -> str:
    "What an output says."
    if "text" in output:
        return in_one(output["text"])
    data = sorted(output.get("data", {}).items())
    return "\n".join(in_one(value) for kind, value in data if kind.startswith("text/"))


def shown(
    book: Book,
) -> list[list[str]]:  # one string an output, one list a cell
    "The text of each cell's outputs."
    return [[text_of(output) for output in cell.get("outputs", [])] for cell in book["cells"]]
