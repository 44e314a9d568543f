"""What a lecture costs to run, written into the table of its first cell.

Run time is the kernel's processor time with one thread, to 5 s; peak memory its largest resident
set, to 0.1 GB. Both stay as they are while a measurement is within one step of them.
"""

import json
import re
import time
from pathlib import Path

import nbformat

from house.files import read, source, write
from house.running import execute
from lectures.frame import row_of

SECONDS, GIGABYTES = 5, 0.1  # steps of what is written down
PROBE = r"""import json, re, resource, sys, time
from pathlib import Path

status = Path("/proc/self/status")
if status.exists():
    peak = int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) * 1024
else:
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(json.dumps(dict(cpu=time.process_time(), peak=peak)))
"""  # the last cell of a measured run


def run(
    path: Path,  # of a lecture
) -> tuple[nbformat.NotebookNode, dict[str, float]]:  # executed; cpu and wall in s, peak in bytes
    "Run a lecture and measure it; CellExecutionError if a cell fails."
    book = nbformat.read(path, as_version=4)
    book.cells.append(nbformat.v4.new_code_cell(PROBE))
    start = time.time()
    done = execute(path, book=book)
    probe = done.cells.pop()
    return done, json.loads(probe.outputs[0].text) | dict(wall=time.time() - start)


def hold(
    old: float | None,  # what is written down, if anything is
    new: float,  # measured
    step: float,
) -> float:
    "The old number while the new one is within a step of it."
    if old is not None and abs(new - old) <= step:
        return old
    return max(step, step * round(new / step))


def with_row(
    text: str,  # of the first cell
    name: str,  # of the row
    form: str,  # how it says its number
    new: float,  # measured
    step: float,
) -> str:
    "The text with a measured number in a row of its table."
    row = row_of(text, name)
    if row is None:
        raise SystemExit(f"the table of the first cell has no row '{name}'")
    number = re.search(r"\d+(\.\d+)?", row[1])
    old = float(number[0]) if number else None
    return text.replace(row[0], f"| {name} | {form.format(hold(old, new, step))} |")


def with_costs(
    text: str,  # of the first cell
    cost: dict[str, float],  # cpu in s, peak in bytes
) -> str:
    "The first cell's text with measured time and memory."
    text = with_row(text, "run time", "about {:.0f} s on one core", cost["cpu"], SECONDS)
    return with_row(text, "peak memory", "about {:.1f} GB", cost["peak"] / 1e9, GIGABYTES)


def measure(
    path: Path,  # of a lecture; its first cell is written anew
) -> dict[str, float]:  # cpu and wall in s, peak in bytes
    "Run a lecture and write down what it cost."
    cost, book = run(path)[1], read(path)
    book["cells"][0]["source"] = with_costs(source(book["cells"][0]), cost)
    write(book, path)
    return cost
