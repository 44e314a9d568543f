"Are the outputs in git those of today? Other processors round otherwise, and draw otherwise."

import base64
import copy
import io
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import numpy as np
from PIL import Image

from house.files import Cell, canonical, read
from house.running import in_one, settle

DATA_IMAGE = re.compile(r"data:image/png;base64,([^\"]+)")
NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?|\d+(?=%)")  # measured; others are counted
WIDTH = 160  # pixels at which pictures are compared
OTHER = 255.0  # as unlike as two pictures can be
EDGE = 3  # pixels by which their sizes may differ
TOLERANCE = 1.0  # mean difference of grey values, of 255
UNITS = 2  # in the last digit that is shown


class Parts(NamedTuple):
    "What an output shows."

    texts: dict[str, str]  # kind -> text without pictures
    pictures: list[bytes]  # PNG


def parts(
    output: dict[str, Any],
) -> Parts:
    "An output's texts, and its pictures."
    data = {kind: in_one(value) for kind, value in output.get("data", {}).items()}
    if "text" in output:
        data["text"] = in_one(output["text"])
    coded = [data["image/png"]] if "image/png" in data else []
    coded += DATA_IMAGE.findall(data.get("text/html", ""))
    texts = {kind: value for kind, value in data.items() if kind.startswith("text")}
    texts = {kind: DATA_IMAGE.sub("data:", value) for kind, value in texts.items()}
    return Parts(texts, [base64.b64decode(png) for png in coded])


def unlike(
    old: bytes,  # PNG
    new: bytes,  # PNG
) -> float:  # from 0 to 255
    "Mean absolute difference of two pictures, small and grey."
    old, new = (Image.open(io.BytesIO(png)).convert("L") for png in (old, new))
    if max(abs(m - n) for m, n in zip(old.size, new.size, strict=True)) > EDGE:
        return OTHER
    size = WIDTH, max(1, WIDTH * old.size[1] // old.size[0])
    old, new = (np.asarray(picture.resize(size), float) for picture in (old, new))
    return float(np.abs(old - new).mean())


def last_digit(
    number: str,  # such as "1.25" or "1.2e-05"
) -> float:
    "What one unit of the last digit is worth."
    mantissa, _, power = number.partition("e")
    return 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))


def same_text(
    old: str,
    new: str,
    units: float = UNITS,  # by how many a last digit may differ
) -> bool:
    "Is it the same text, but for the last digits of measured numbers?"
    if NUMBER.sub("#", old) != NUMBER.sub("#", new):
        return False
    for before, now in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True):
        if abs(float(before) - float(now)) > (units + 0.01) * last_digit(before):
            return False
    return True


def same_texts(
    old: list[Parts],  # an output each
    new: list[Parts],
) -> bool:
    "Do all outputs of a cell say the same?"
    if [list(each.texts) for each in old] != [list(each.texts) for each in new]:
        return False
    for before, now in zip(old, new, strict=True):
        if not all(same_text(before.texts[kind], now.texts[kind]) for kind in before.texts):
            return False
    return True


def same_pictures(
    old: list[Parts],  # an output each
    new: list[Parts],
    tolerance: float,  # mean difference of grey values, of 255
) -> bool:
    "Do all outputs of a cell show the same?"
    if [len(each.pictures) for each in old] != [len(each.pictures) for each in new]:
        return False
    for before, now in zip(old, new, strict=True):
        pairs = zip(before.pictures, now.pictures, strict=True)
        if any(unlike(*pair) > tolerance for pair in pairs):
            return False
    return True


def outputs_of(
    cell: Cell,
) -> list[Parts]:
    "What each output of a cell shows."
    return [parts(output) for output in cell.get("outputs", [])]


def stale(
    path: Path,  # of a lecture
    executed: nbformat.NotebookNode,  # the same, run now
    tolerance: float = TOLERANCE,  # mean difference of grey values, of 255
) -> list[str]:
    "What of the outputs in git a run does not give again."
    settled = settle(copy.deepcopy(executed), Path(path).name)
    fresh = json.loads(canonical(settled))
    found = []
    pairs = zip(read(path)["cells"], fresh["cells"], strict=True)
    for i, (before, now) in enumerate(pairs):
        old, new = outputs_of(before), outputs_of(now)
        if not same_texts(old, new):
            found.append(f"cell {i} gives another text than in git: tools/nb.py run")
        elif not same_pictures(old, new, tolerance):
            found.append(f"cell {i} gives another picture than in git: tools/nb.py run")
    return found
