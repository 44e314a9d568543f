"Teach and analyse multimodal machine unlearning: Fisher saliency masks, true oracles, a laptop"

import importlib

__version__ = "0.1.0"

PUBLIC = {  # name -> the module that defines it, imported when it is first asked for (PEP 562)
    "Benchmark": "data.examples",
    "Example": "data.examples",
    "load_mllmu": "data.datasets",
    "load_clear": "data.clear",
    "VLM": "model.vlm",
    "load_vlm": "model.vlm",
    "Collator": "model.batches",
    "Fisher": "saliency.fisher",
    "diagonal_fisher": "saliency.fisher",
    "preserve_fisher": "saliency.preserve",
    "Mask": "saliency.masks",
    "saliency_mask": "saliency.masks",
    "make_mask": "saliency.controls",
    "unlearn": "unlearning.loop",
    "evaluate": "evaluation.evaluate",
    "audit": "auditing.audit",
    "plan": "experiments.plan",
    "run": "experiments.run",
    "load_run": "experiments.records",
    "compare": "experiments.compare",
    "replay": "widgets.replay",
}

__all__ = [*PUBLIC, "__version__"]


def __getattr__(name: str):
    "A public name, from its module."
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    "Public names, imported or not."
    return sorted({*globals(), *PUBLIC})
