"""What tests/test_sharding.py compares: the same work in one process, or under torchrun in several.

Usage: sharded_job.py FOLDER"""

import sys
from pathlib import Path

import torch

from mmunlearner_nb.core.basics import data_dir, rank, set_seed, several
from mmunlearner_nb.core.sharding import check_sharded, join, leave, shard, team_of
from mmunlearner_nb.data.datasets import load_mllmu
from mmunlearner_nb.data.examples import TRAINING
from mmunlearner_nb.evaluation.evaluate import score
from mmunlearner_nb.model.vlm import load_vlm
from mmunlearner_nb.saliency.fisher import diagonal_fisher
from mmunlearner_nb.saliency.masks import saliency_mask, saliency_ratio
from mmunlearner_nb.saliency.preserve import preserve_fisher
from mmunlearner_nb.unlearning.loop import unlearn

FISHERS = [{}, dict(unit_norm=True), dict(per_example=False, batch_size=5)]
JOINT = dict(schedule="joint", rehearse="both", weight_decay=0.01, batch_size=5)
METHODS = {  # name -> settings
    "mmunlearner": dict(method="mmunlearner"),
    "npo": dict(method="npo"),
    "joint": dict(method="mmunlearner", **JOINT),
    "sineproject": dict(method="sineproject", optimizer="adamw"),
}
SHORT = dict(forget_every=1, epochs=0.8, lr=1e-3)


class PowerCut(Exception):
    "What ends a run half-way."


def cut(step, vlm):
    if step == 2:
        raise PowerCut


def vanilla():
    "The model before unlearning, cut up where several processes share it."
    vlm = load_vlm("tiny-llava-vanilla", "cpu", "float32")
    if several():
        shard(vlm.model)
        check_sharded(vlm.model)
    return vlm


def whole(vlm):
    "name -> the whole weight."
    team = team_of(vlm.model)
    return {
        name: team.whole(team.local(weight.detach()), weight).clone()
        for name, weight in vlm.model.named_parameters()
    }


def share_held(vlm):
    "How much of the model this process holds, from 0 to 1."
    team = team_of(vlm.model)
    weights = list(vlm.model.parameters())
    return sum(team.local(weight).numel() for weight in weights) / sum(
        weight.numel() for weight in weights
    )


def few_examples():
    "An odd number of examples: in batches of five, the processes' shares differ."
    bench = load_mllmu(data_dir() / "mllmu", 5)
    for name in TRAINING:
        setattr(bench, name, getattr(bench, name)[:21])
    return bench


def fisher_and_mask(vlm, bench, how):
    "The mask, and what is to be compared."
    forget = diagonal_fisher(vlm, bench.forget_vqa, **how)
    preserve = preserve_fisher(vlm, bench, **how)
    mask = saliency_mask(forget, preserve)
    ratio = saliency_ratio(forget, preserve)
    kept = dict(
        forget={name: forget.whole(name, rows) for name, rows in forget.items()},
        ratio={name: forget.whole(name, rows) for name, rows in ratio.items()},
        mask=dict(mask.items()),
    )
    return mask, kept


def resumed_after_a_power_cut(bench, mask, state):
    "What a run comes to that was cut short and goes on from its state."
    how = dict(state=state, every=0.0, batch_size=4, mask=mask, **SHORT)
    try:
        unlearn(vanilla(), bench, callback=cut, **how)
    except PowerCut:
        assert list(state.parent.glob("state*")), "no state to go on from"
    return unlearn(vanilla(), bench, **how)


def main(folder):
    join("cpu")
    bench = few_examples()
    set_seed(0)
    vlm = vanilla()
    kept = {}
    for how in FISHERS:
        mask, kept[str(how)] = fisher_and_mask(vlm, bench, how)
    mask.check(vlm)
    kept["answers"] = score(vlm, bench.forget_vqa[:6])[["answer", "score"]].to_dict("list")
    for name, how in METHODS.items():
        masked = mask if how["method"] == "mmunlearner" else None
        last = name == "sineproject"
        settings = dict(batch_size=4) | how | SHORT
        result = unlearn(vlm if last else vlm.clone(), bench, mask=masked, **settings)
        kept[name] = dict(history=result.history.to_dict("list"), weights=whole(result.vlm))
    resumed = resumed_after_a_power_cut(bench, mask, folder / "state")
    kept["resumed"] = whole(resumed.vlm)
    resumed.save(folder / "model", torch.float16)
    assert not list(folder.glob("state*")), "a state is left behind"
    kept["held"] = share_held(vlm)
    if not rank():
        torch.save(kept, folder / "kept.pt")
    leave()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
