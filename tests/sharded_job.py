"What tests/test_sharding.py compares: the same work in one process, or under torchrun in several. Usage: sharded_job.py FOLDER"

import sys
from pathlib import Path

import torch

from mmunlearner_nb.core.basics import data_dir, rank, set_seed, several
from mmunlearner_nb.core.sharding import check_sharded, join, leave, shard, team_of
from mmunlearner_nb.data.datasets import load_mllmu
from mmunlearner_nb.evaluation.evaluate import score
from mmunlearner_nb.model.vlm import load_vlm
from mmunlearner_nb.saliency.fisher import diagonal_fisher
from mmunlearner_nb.saliency.masks import saliency_mask, saliency_ratio
from mmunlearner_nb.saliency.preserve import preserve_fisher
from mmunlearner_nb.unlearning.loop import unlearn

METHODS = {
    "mmunlearner": {},
    "npo": {},
    "joint": dict(
        method="mmunlearner", schedule="joint", rehearse="both", weight_decay=0.01, batch_size=5
    ),
    "sineproject": dict(optimizer="adamw"),
}


class PowerCut(Exception):
    pass


def cut(step, vlm):
    if step == 2:
        raise PowerCut


def model(name="tiny-llava-vanilla"):
    vlm = load_vlm(name, "cpu", "float32")
    if several():
        shard(vlm.model)
        check_sharded(vlm.model)
    return vlm


def whole(vlm):  # name -> the whole weight
    team = team_of(vlm.model)
    return {
        n: team.whole(team.local(p.detach()), p).clone() for n, p in vlm.model.named_parameters()
    }


def main(out):
    join("cpu")
    bench = load_mllmu(data_dir() / "mllmu", 5)
    set_seed(0)
    for name in ("forget_vqa", "forget_qa", "retain_vqa", "retain_qa"):
        setattr(
            bench, name, getattr(bench, name)[:21]
        )  # an odd number, and batches of five: shares differ
    vlm, keep = model(), {}
    for how in (dict(), dict(unit_norm=True), dict(per_example=False, batch_size=5)):
        F, P = diagonal_fisher(vlm, bench.forget_vqa, **how), preserve_fisher(vlm, bench, **how)
        mask = saliency_mask(F, P)
        keep[str(how)] = dict(
            forget={n: F.whole(n, f) for n, f in F.items()},
            ratio={n: F.whole(n, r) for n, r in saliency_ratio(F, P).items()},
            mask=dict(mask.items()),
        )
    mask.check(vlm)
    keep["answers"] = score(vlm, bench.forget_vqa[:6])[["answer", "score"]].to_dict("list")
    for name, how in METHODS.items():
        r = unlearn(
            vlm if name == "sineproject" else vlm.clone(),
            bench,
            **dict(method=name, batch_size=4) | how,
            mask=mask if "mmunlearner" in (name, how.get("method")) else None,
            forget_every=1,
            epochs=0.8,
            lr=1e-3,
        )
        keep[name] = dict(history=r.history.to_dict("list"), weights=whole(r.vlm))
    state = Path(out) / "state"
    half = model()
    try:
        unlearn(
            half,
            bench,
            state=state,
            every=0.0,
            callback=cut,
            batch_size=4,
            mask=mask,
            forget_every=1,
            epochs=0.8,
            lr=1e-3,
        )
    except PowerCut:
        pass
    resumed = unlearn(
        model(),
        bench,
        state=state,
        every=0.0,
        batch_size=4,
        mask=mask,
        forget_every=1,
        epochs=0.8,
        lr=1e-3,
    )
    keep["resumed"] = whole(resumed.vlm)
    resumed.save(Path(out) / "model", torch.float16)
    assert not list(Path(out).glob("state*")), "a state is left behind"
    keep["held"] = sum(team_of(vlm.model).local(p).numel() for p in vlm.model.parameters()) / sum(
        p.numel() for p in vlm.model.parameters()
    )
    if not rank():
        torch.save(keep, Path(out) / "kept.pt")
    leave()


if __name__ == "__main__":
    main(sys.argv[1])
