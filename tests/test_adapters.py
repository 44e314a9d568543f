"A LoRA adapter of PEFT, in memory or on disk, comes in merged: the same names as the model it was made on, ready for gradients."

import pytest
from peft import LoraConfig, get_peft_model

from mmunlearner_nb.model.vlm import as_vlm, load_vlm

BASE = "tiny-llava-vanilla"


@pytest.fixture(scope="module")
def base():
    return load_vlm(BASE, device="cpu")


@pytest.fixture
def adapter(base):
    model = get_peft_model(
        base.clone().model, LoraConfig(target_modules=["q_proj"], r=2, init_lora_weights=False)
    )
    model.peft_config["default"].base_model_name_or_path = BASE
    return model


def check(merged, base):
    assert (merged.components, merged.eligible) == (base.components, base.eligible)
    assert all(p.requires_grad for p in merged.model.parameters())
    changed = {
        n.split(".")[-2] for n, p in merged.weights().items() if (p != base.weights()[n]).any()
    }
    assert changed == {"q_proj"}


def test_from_memory(adapter, base):
    check(as_vlm(adapter, base.processor), base)


def test_from_disk(adapter, base, tmp_path):
    adapter.save_pretrained(tmp_path)
    check(load_vlm(tmp_path, device="cpu"), base)
