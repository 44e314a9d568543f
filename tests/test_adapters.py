"""A LoRA adapter of PEFT, in memory or on disk, comes in merged: the same names as the model it was
made on, ready for gradients."""

from pathlib import Path

import pytest
from peft import LoraConfig, PeftModel, get_peft_model

from mmunlearner_nb.model.vlm import VLM, as_vlm, load_vlm

BASE = "tiny-llava-vanilla"


@pytest.fixture(scope="module")
def base() -> VLM:
    return load_vlm(BASE, device="cpu")


@pytest.fixture
def adapter(base: VLM) -> PeftModel:
    config = LoraConfig(target_modules=["q_proj"], r=2, init_lora_weights=False)
    model = get_peft_model(base.clone().model, config)
    model.peft_config["default"].base_model_name_or_path = BASE
    return model


def check(merged: VLM, base: VLM):
    assert (merged.components, merged.eligible) == (base.components, base.eligible)
    assert all(weight.requires_grad for weight in merged.model.parameters())
    weights, before = merged.weights(), base.weights()
    changed = {name.split(".")[-2] for name in weights if (weights[name] != before[name]).any()}
    assert changed == {"q_proj"}


def test_from_memory(adapter: PeftModel, base: VLM):
    check(as_vlm(adapter, base.processor), base)


def test_from_disk(adapter: PeftModel, base: VLM, tmp_path: Path):
    adapter.save_pretrained(tmp_path)
    check(load_vlm(tmp_path, device="cpu"), base)
