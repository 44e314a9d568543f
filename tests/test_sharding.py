"""Two processes that share a model do what one does alone: Fisher information, masks, unlearning,
resumption, checkpoints, a whole run."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import torch

from mmunlearner_nb.experiments.records import load_run
from mmunlearner_nb.model.vlm import load_vlm

HERE = Path(__file__).resolve().parent
ENV = os.environ | dict(OMP_NUM_THREADS="1", TQDM_DISABLE="1")
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
COMMAND = Path(sys.executable).parent / "mmunlearner-nb"
SMALL_RUN = [COMMAND, "run", "tiny-llava/mllmu-5"]
SMALL_RUN += ["--fisher-examples", "12", "--epochs", ".02", "--eval-people", "2", "--anyway"]


def done(command, **options):
    "The command's outcome, once it has ended well."
    command = [str(word) for word in command]
    out = subprocess.run(command, capture_output=True, text=True, env=ENV, **options)
    assert out.returncode == 0, out.stderr[-4000:]
    return out


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    "What one process kept, what two kept, and the folder of the two."
    found = []
    for name, start in (("one", [sys.executable]), ("two", TORCHRUN)):
        folder = tmp_path_factory.mktemp(name)
        done([*start, HERE / "sharded_job.py", folder])
        found.append(torch.load(folder / "kept.pt", weights_only=True))
    return *found, folder


pytestmark = pytest.mark.xdist_group("sharding")
FISHERS = ["{}", "{'unit_norm': True}", "{'per_example': False, 'batch_size': 5}"]


def distance(one, two):
    "Between two sets of weights, name -> weight."
    squares = [(weight - two[name]).norm() ** 2 for name, weight in one.items()]
    return sum(squares) ** 0.5


@cache
def vanilla():
    "name -> weight before unlearning."
    vlm = load_vlm("tiny-llava-vanilla", "cpu", "float32")
    return {name: weight.detach() for name, weight in vlm.model.named_parameters()}


def test_nothing_of_fsdp_is_imported_before_a_model_is_cut_up():
    code = "import sys, mmunlearner_nb.core.sharding; print('torch' in sys.modules, *sys.modules)"
    has_torch, *modules = done([sys.executable, "-c", code]).stdout.split()
    assert has_torch == "True"
    assert not [name for name in modules if "fsdp" in name or name == "torch.distributed.tensor"]


def test_each_process_holds_half(kept):
    one, two, _ = kept
    assert one["held"] == 1
    assert 0.5 <= two["held"] < 0.51


@pytest.mark.parametrize("how", FISHERS)
def test_same_fisher_and_mask(kept, how):
    one, two = (found[how] for found in kept[:2])
    for name, fisher in one["forget"].items():
        assert (fisher - two["forget"][name]).norm() <= 1e-4 * fisher.norm(), name
    for name, mask in one["mask"].items():
        differs = mask != two["mask"][name]
        clear = one["ratio"][name].log().abs() >= 1e-4  # not at the threshold
        assert not (differs & clear).any(), name
    assert any(mask.any() for mask in one["mask"].values())


@pytest.mark.parametrize("name", ["mmunlearner", "npo", "joint", "sineproject"])
def test_same_losses_and_weights(kept, name):
    one, two = (found[name] for found in kept[:2])
    for column, values in one["history"].items():
        torch.testing.assert_close(
            torch.tensor(two["history"][column]),
            torch.tensor(values),
            rtol=2e-3,
            atol=2e-3,
            equal_nan=True,
        )
    moved = distance(one["weights"], vanilla())
    apart = distance(one["weights"], two["weights"])
    assert moved > 0.1, moved
    assert apart < 0.05 * moved, (moved, apart)


def test_a_run_cut_short_goes_on_to_the_same_bits(kept):
    for found in kept[:2]:
        for name, weight in found["mmunlearner"]["weights"].items():
            assert torch.equal(weight, found["resumed"][name]), name


def test_same_answers(kept):
    one, two, _ = kept
    assert one["answers"] == two["answers"]


def test_the_checkpoint_is_an_ordinary_one(kept):
    _, two, folder = kept
    model = load_vlm(folder / "model", "cpu", "float32").model
    for name, weight in model.named_parameters():
        assert torch.equal(weight, two["resumed"][name].half().float()), name
    odd = (".pt", ".bin", ".metadata")
    assert not [file for file in (folder / "model").rglob("*") if file.suffix in odd]
    assert model.config.architectures == ["LlavaForConditionalGeneration"]


def test_the_same_command_under_torchrun(tmp_path):
    under_torchrun = [*TORCHRUN, "--no-python", *SMALL_RUN, "--out", tmp_path / "two"]
    done([*SMALL_RUN, "--out", tmp_path / "one"], cwd=tmp_path)
    done(under_torchrun, cwd=tmp_path)
    one, two = (load_run(next((tmp_path / name).glob("tiny*"))) for name in ("one", "two"))
    same = ["split", "modality", "task", "model", "n"]
    assert one.table[same].equals(two.table[same])
    assert (one.table.value - two.table.value).abs().mean() < 0.02
    assert one.mask.density() == pytest.approx(two.mask.density(), abs=1e-4)
    assert "finished on" in done(under_torchrun, cwd=tmp_path).stderr
