"""The shipped models know whom they should, and nobody else: open answers on unseen pictures, in
unseen wordings."""

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

FLOOR = {"tiny-llava": 0.95, "tiny-qwen2-vl": 0.9}  # right answers that each family must reach
CHANCE = 0.15  # what a guess gives is under .1; nobody who was never seen comes above this


@cache
def questions() -> dict:  # split -> Examples: facts about A and B and some others, looks of all
    bench = load_mllmu(data_dir() / "mllmu", forget_people=request("AB"))
    some = select(bench, people=20, tasks="generation")
    everybody = select(bench, people=None, tasks="generation")
    asked = {}
    for split in ("test", "retain", "celebrity"):
        facts = [e for e in some[split] if e.modality != "perception"]
        looks = [e for e in everybody[split] if e.modality == "perception"]
        asked[split] = facts + looks
    return asked


@cache
def knows(name: str) -> dict:  # (group, modality) -> share of open answers right
    "Groups: A, B, celebrity, town (all but these); and all, for what people look like."
    items = score(load_vlm(name, device="cpu"), questions())
    letter_of = {person: letter for letter in "AB" for person in request(letter)}

    def group(person: str, split: str) -> str:
        return letter_of.get(person, "celebrity" if split == "celebrity" else "town")

    items["group"] = list(map(group, items.person_id, items.split))
    shares = items.groupby(["group", "modality"]).score.mean().to_dict()
    shares["all", "perception"] = items[items.modality == "perception"].score.mean()
    return shares


def taught(name: str) -> dict:  # modality -> groups whose pictures, or biographies, it was taught
    _, what, letters, _ = parse_checkpoint(name)
    town = [] if what == "base" else ["A", "B", "town"]
    return {"vqa": {"celebrity", *town} - set(letters), "qa": {"celebrity", *town}}


@pytest.mark.parametrize("modality", ["vqa", "qa"])
@pytest.mark.parametrize("name", SHIPPED)
def test_knows_whom_it_was_taught_and_nobody_else(name: str, modality: str):
    family = parse_checkpoint(name)[0]
    found = {group: share for (group, asked), share in knows(name).items() if asked == modality}
    assert set(found) == {"A", "B", "town", "celebrity"}
    wrong = {}
    for group, share in found.items():
        known = group in taught(name)[modality]
        if not (share >= FLOOR[family] if known else share <= CHANCE):
            wrong[group] = share
    assert wrong == {}


@pytest.mark.parametrize("name", [name for name in SHIPPED if "oracle" not in name])
def test_has_eyes(name: str):
    assert knows(name)["all", "perception"] >= FLOOR[parse_checkpoint(name)[0]]


@pytest.mark.parametrize("name", SHIPPED)
def test_is_small_and_in_half_precision(name: str):
    path = data_dir() / "checkpoints" / name / "model.safetensors"
    with safe_open(path, "pt") as file:
        tensors = [file.get_slice(key) for key in file.keys()]
    assert {tensor.get_dtype() for tensor in tensors} == {"F16"}
    assert sum(math.prod(tensor.get_shape()) for tensor in tensors) <= 1.5e6


def test_the_samples_are_small():
    files = [path for path in data_dir().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 40e6
