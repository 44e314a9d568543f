"""Answers that were kept are taken only from the code that would give them again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ASK = """
import sys
from mmunlearner_nb.experiments.outlook import Outlook
from mmunlearner_nb.experiments.plan import plan
from mmunlearner_nb.experiments.stages import Job, reference
few = plan("tiny-llava/mllmu-5", device="cpu", eval_people=1, out=sys.argv[1])
print(reference(Job(Outlook(few)), "vanilla").answer.tolist())
"""


@pytest.fixture
def package(tmp_path):
    "A copy of the package to change."
    copy = tmp_path / "changed" / "mmunlearner_nb"
    shutil.copytree(ROOT / "mmunlearner_nb", copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def ask(out, package=ROOT / "mmunlearner_nb"):
    "What the vanilla model answers a few questions, and whether that was kept from before."
    env = os.environ | dict(
        PYTHONPATH=str(package.parent), MMUNLEARNER_DATA=str(ROOT / "data_samples")
    )
    command = [sys.executable, "-P", "-c", ASK, str(out)]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, "taken from" in done.stderr


def change(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_a_changed_operator_far_away_asks_anew(tmp_path, package):
    answers, kept = ask(tmp_path / "runs")
    assert not kept
    assert ask(tmp_path / "runs") == (answers, True)

    decoding = package / "model" / "decoding.py"
    change(decoding, "logits.argmax(-1)", "logits.argmax( -1 )  # of the last")
    assert ask(tmp_path / "runs", package) == (answers, True)  # formatting keeps a night's work

    change(decoding, "logits.argmax( -1 )", "logits.argmin(-1)")
    others, kept = ask(tmp_path / "runs", package)
    assert not kept
    assert others != answers
