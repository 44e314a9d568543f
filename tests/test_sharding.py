"Two processes that share a model do what one does alone: Fisher information, masks, unlearning, resumption, checkpoints, a whole run."

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmunlearner_nb.experiments.records import load_run
from mmunlearner_nb.model.vlm import load_vlm

HERE = Path(__file__).resolve().parent
ENV = os.environ | dict(OMP_NUM_THREADS="1", TQDM_DISABLE="1")
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
SMALL = [
    "mmunlearner-nb",
    "run",
    "tiny-llava/mllmu-5",
    "--fisher-examples",
    "12",
    "--epochs",
    ".02",
    "--eval-people",
    "2",
]


def done(command, **how):
    out = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=ENV, **how)
    assert out.returncode == 0, out.stderr[-4000:]
    return out


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    "(one process, two processes) -> what they kept; and the folder of the latter."
    folders = [tmp_path_factory.mktemp(n) for n in ("one", "two")]
    for start, f in zip(([sys.executable], TORCHRUN), folders):
        done([*start, HERE / "sharded_job.py", f])
    return *(torch.load(f / "kept.pt", weights_only=True) for f in folders), folders[1]


pytestmark = pytest.mark.xdist_group("sharding")
FISHERS = ["{}", "{'unit_norm': True}", "{'per_example': False, 'batch_size': 5}"]


def test_each_process_holds_half(kept):
    assert kept[0]["held"] == 1 and 0.5 <= kept[1]["held"] < 0.51


@pytest.mark.parametrize("how", FISHERS)
def test_same_fisher_and_mask(kept, how):
    one, two = (k[how] for k in kept[:2])
    for n, f in one["forget"].items():
        assert (f - two["forget"][n]).norm() <= 1e-4 * f.norm(), n
    differ = {n: m != two["mask"][n] for n, m in one["mask"].items()}
    clear = {n: one["ratio"][n].log().abs() >= 1e-4 for n in differ}
    assert not any((differ[n] & clear[n]).any() for n in differ) and any(
        m.any() for m in one["mask"].values()
    )


@pytest.mark.parametrize("name", ["mmunlearner", "npo", "joint", "sineproject"])
def test_same_losses_and_weights(kept, name):
    one, two = (k[name] for k in kept[:2])
    for column, values in one["history"].items():
        torch.testing.assert_close(
            torch.tensor(two["history"][column]),
            torch.tensor(values),
            rtol=2e-3,
            atol=2e-3,
            equal_nan=True,
        )
    moved = (
        sum((w - load("tiny-llava-vanilla")[n]).norm() ** 2 for n, w in one["weights"].items())
        ** 0.5
    )
    apart = sum((w - two["weights"][n]).norm() ** 2 for n, w in one["weights"].items()) ** 0.5
    assert moved > 0.1 and apart < 0.05 * moved, (moved, apart)


def load(name, cache={}):
    if name not in cache:
        cache[name] = {
            n: p.detach() for n, p in load_vlm(name, "cpu", "float32").model.named_parameters()
        }
    return cache[name]


def test_a_run_cut_short_goes_on_to_the_same_bits(kept):
    for k in kept[:2]:
        assert all(torch.equal(w, k["resumed"][n]) for n, w in k["mmunlearner"]["weights"].items())


def test_same_answers(kept):
    assert kept[0]["answers"] == kept[1]["answers"]


def test_the_checkpoint_is_an_ordinary_one(kept):
    found = load_vlm(kept[2] / "model", "cpu", "float32")
    assert all(
        torch.equal(p, kept[1]["resumed"][n].half().float())
        for n, p in found.model.named_parameters()
    )
    assert not [
        p for p in (kept[2] / "model").rglob("*") if p.suffix in (".pt", ".bin", ".metadata")
    ] and found.model.config.architectures == ["LlavaForConditionalGeneration"]


def test_the_same_command_under_torchrun(tmp_path):
    for out, start in (("one", []), ("two", [*TORCHRUN, "--no-python"])):
        done(
            [*start, Path(sys.executable).parent / SMALL[0], *SMALL[1:], "--out", tmp_path / out],
            cwd=tmp_path,
        )
    one, two = (load_run(next((tmp_path / o).glob("tiny*"))) for o in ("one", "two"))
    same = ["split", "modality", "task", "model", "n"]
    assert (
        one.table[same].equals(two.table[same])
        and (one.table.value - two.table.value).abs().mean() < 0.02
    )
    assert one.mask.density() == pytest.approx(two.mask.density(), abs=1e-4)
    assert (
        "finished on"
        in done(
            [
                *TORCHRUN,
                "--no-python",
                Path(sys.executable).parent / SMALL[0],
                *SMALL[1:],
                "--out",
                tmp_path / "two",
            ],
            cwd=tmp_path,
        ).stderr
    )
