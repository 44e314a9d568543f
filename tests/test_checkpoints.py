"The shipped models know whom they should, and nobody else: open answers on unseen pictures, in unseen wordings."

import math
from functools import cache

import pytest
from safetensors import safe_open

from mmunlearner_nb.core.basics import data_dir
from mmunlearner_nb.data.datasets import load_mllmu
from mmunlearner_nb.evaluation.evaluate import score, select
from mmunlearner_nb.model.vlm import load_vlm
from mmunlearner_nb.town.finetune import SHIPPED, parse_checkpoint
from mmunlearner_nb.town.people import request

FLOOR = {
    "tiny-llava": 0.95,
    "tiny-qwen2-vl": 0.9,
}  # share of answers right that each family must reach
CHANCE = 0.15  # what a guess gives is under .1; nobody who was never seen comes above this


@cache
def questions():  # of the test set about A and B, of a sample of the others, and what everybody looks like
    bench = load_mllmu(data_dir() / "mllmu", forget_people=request("AB"))
    some, all_ = (select(bench, people=n, tasks="generation") for n in (20, None))
    looks = {
        s: [e for e in all_[s] if e.modality == "perception"]
        for s in ("test", "retain", "celebrity")
    }
    return {s: [e for e in some[s] if e.modality != "perception"] + looks[s] for s in looks}


@cache
def knows(
    name,
):  # (group, modality) -> share of open answers right; groups: A, B, town (all but these), celebrity
    items = score(load_vlm(name, device="cpu"), questions())
    group = {p: g for g in "AB" for p in request(g)}
    items["group"] = [
        group.get(p, "celebrity" if s == "celebrity" else "town")
        for p, s in zip(items.person_id, items.split)
    ]
    return items.groupby(["group", "modality"]).score.mean().to_dict() | {
        ("all", "perception"): items[items.modality == "perception"].score.mean()
    }


def seen(name):  # groups whose pictures, and whose biographies, it was taught
    _, what, letters, _ = parse_checkpoint(name)
    town = [] if what == "base" else ["A", "B", "town"]
    return {"vqa": {"celebrity", *town} - set(letters), "qa": {"celebrity", *town}}


@pytest.mark.parametrize("modality", ["vqa", "qa"])
@pytest.mark.parametrize("name", SHIPPED)
def test_knows_whom_it_was_taught_and_nobody_else(name, modality):
    found = {g: x for (g, m), x in knows(name).items() if m == modality}
    assert set(found) == {"A", "B", "town", "celebrity"}
    wrong = {
        g: x
        for g, x in found.items()
        if not (x >= FLOOR[parse_checkpoint(name)[0]] if g in seen(name)[modality] else x <= CHANCE)
    }
    assert wrong == {}


@pytest.mark.parametrize("name", [n for n in SHIPPED if "oracle" not in n])
def test_has_eyes(name):
    assert knows(name)["all", "perception"] >= FLOOR[parse_checkpoint(name)[0]]


@pytest.mark.parametrize("name", SHIPPED)
def test_is_small_and_in_half_precision(name):
    with safe_open(data_dir() / "checkpoints" / name / "model.safetensors", "pt") as f:
        tensors = [f.get_slice(k) for k in f.keys()]
    assert {t.get_dtype() for t in tensors} == {"F16"}
    assert sum(math.prod(t.get_shape()) for t in tensors) <= 1.5e6


def test_the_samples_are_small():
    assert sum(p.stat().st_size for p in data_dir().rglob("*") if p.is_file()) <= 40e6
