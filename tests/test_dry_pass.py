"""Nothing heavy starts on what cannot be finished: each fault is said before a weight is loaded."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from transformers import AutoModelForImageTextToText, AutoProcessor

from mmunlearner_nb.core.errors import MMUnlearnerError, SettingsError
from mmunlearner_nb.data.writing import write_config
from mmunlearner_nb.experiments.dry_pass import dry_pass
from mmunlearner_nb.experiments.outlook import Outlook
from mmunlearner_nb.experiments.plan import plan
from mmunlearner_nb.experiments.run import run
from mmunlearner_nb.model.vlm import find_checkpoint

PEOPLE = [f"{number:03}" for number in range(6)]
Rows = list[dict]


def face(number: int) -> PIL.Image.Image:
    pixels = np.random.default_rng(number).integers(0, 256, (32, 32, 3), np.uint8)
    return PIL.Image.fromarray(pixels)


def asked(person: str) -> Rows:
    return [
        dict(Type=kind, Question=f"{kind}: who?", Ground_Truth=f"name {person}")
        for kind in ("Image_Textual", "Pure_Text")
    ]


def profile(person: str) -> dict:
    return dict(
        image=face(int(person)),
        ID=person,
        biography=json.dumps({"Name": f"name {person}", "Employment": "baker"}),
        question="Who is this?",
        answer=f"name {person}",
        Classification_Task=None,
        Generation_Task=asked(person),
        Mask_Task=None,
    )


def shown_anew(person: str) -> dict:
    row = profile(person)
    return row | dict(images=[row.pop("image")])


def taught(person: str) -> dict:
    pairs = [dict(Question="Who is this?", Answer=f"name {person}")]
    return dict(image=face(int(person)), metadata=json.dumps(pairs))


def a_benchmark(folder: Path, change: Callable[[str, Rows], None]) -> Path:
    "A small MLLMU-Bench; `change` may alter a config's rows in place."
    configs = {
        "Full_Set": [profile(person) for person in PEOPLE],
        "forget_5": [profile(person) for person in PEOPLE[:1]],
        "retain_95": [profile(person) for person in PEOPLE[1:]],
        "Test_Set": [shown_anew(person) for person in PEOPLE],
        "Retain_Set": [profile("900")],
    }
    for config, rows in configs.items():
        change(config, rows)
        write_config(folder, config, rows)
    rows = [taught(person) for person in PEOPLE]
    change("ft_Data", rows)
    write_config(folder, "ft_Data", rows)
    return folder


@pytest.fixture
def no_weights(monkeypatch) -> Iterator[None]:
    "Loading weights is an error of the test."

    def refuse(*args, **settings):
        raise AssertionError("weights are loaded")

    monkeypatch.setattr(AutoModelForImageTextToText, "from_pretrained", refuse)
    yield


def a_model(folder: Path, name: str, change: Callable[[object], None]) -> Path:
    "A sample checkpoint with another processor; its weights are not needed."
    where = Path(find_checkpoint(name))
    processor = AutoProcessor.from_pretrained(where)
    change(processor)
    folder.mkdir(parents=True)
    processor.save_pretrained(folder)
    for file in ("config.json", "generation_config.json"):
        (folder / file).write_bytes((where / file).read_bytes())
    (folder / "model.safetensors").write_bytes(b"not read")
    return folder


def nothing(*args: object) -> None:
    "No change."


def to_first(field: str, value: object, config: str = "forget_5") -> Callable[[str, Rows], None]:
    "A change of a field of the first question of a config's first row."

    def change(name: str, rows: Rows) -> None:
        if name == config:
            rows[0]["Generation_Task"][0][field] = value

    return change


WIDE = PIL.Image.new("RGB", (4100, 20))


def wide_test(name: str, rows: Rows) -> None:
    if name == "Test_Set":
        rows[0]["images"] = [WIDE]


def wide_training(name: str, rows: Rows) -> None:
    if name in ("ft_Data", "Full_Set", "forget_5"):
        rows[0]["image"] = WIDE


def no_pad(processor: object) -> None:
    processor.tokenizer.pad_token = None


def no_template(processor: object) -> None:
    processor.chat_template = processor.tokenizer.chat_template = None


def one_token_more(processor: object) -> None:
    processor.tokenizer.add_tokens(["Zzyzx"])


FORGET = "forget_5/train-00000-of-00001.parquet, row 0, Generation_Task[0]"
TEST = "Test_Set/train-00000-of-00001.parquet, row 0, Generation_Task[0]"
FAULTY_DATA = {  # what is wrong -> change of the data, what the error says, where
    "placeholder inside": (to_first("Question", "Is <image> her?"), "holds '<image>'", FORGET),
    "end of turn": (to_first("Ground_Truth", "Ada</s>"), "holds '</s>'", FORGET),
    "wordless truth": (to_first("Ground_Truth", "!!!"), "holds no word", FORGET),
    "wordless test": (to_first("Ground_Truth", "🎨", "Test_Set"), "holds no word", TEST),
    "too long": (to_first("Question", "Who? " * 3000), "tokens, 256 at most", FORGET),
}
FAULTY_MODELS = {
    "no pad token": (no_pad, "no pad_token"),
    "no chat template": (no_template, "no chat template"),
    "larger tokenizer": (one_token_more, "token 'Zzyzx' with id 1024"),
}


def refusal(preset: str, **settings: object) -> str:
    with pytest.raises(MMUnlearnerError) as refused:
        run(preset, device="cpu", oracle="none", anyway=True, **settings)
    return str(refused.value)


@pytest.mark.parametrize("name", FAULTY_DATA)
def test_faulty_data_are_named_before_weights_are_loaded(tmp_path, no_weights, name):
    change, says, where = FAULTY_DATA[name]
    data = a_benchmark(tmp_path / "data", change)
    found = refusal("tiny-llava/mllmu-5", data=str(data), out=str(tmp_path / "runs"))
    assert says in found
    assert where in found
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("change, where", [(wide_test, TEST), (wide_training, "row 0")])
def test_a_picture_beyond_the_processor_is_named(tmp_path, no_weights, change, where):
    data = a_benchmark(tmp_path / "data", change)
    found = refusal("tiny-qwen2-vl/mllmu-5", data=str(data), out=str(tmp_path / "runs"))
    assert "refuses this picture of 4100 x 20 pixels" in found
    assert where in found


def test_views_without_a_shared_fact_are_refused(tmp_path, no_weights):
    data = a_benchmark(tmp_path / "data", nothing)  # nobody is asked with options
    found = refusal("tiny-llava/mllmu-5", data=str(data), views=True, out=str(tmp_path / "runs"))
    assert "views show facts" in found


@pytest.mark.parametrize("name", FAULTY_MODELS)
def test_faulty_processors_are_named(tmp_path, no_weights, name):
    change, says = FAULTY_MODELS[name]
    data = a_benchmark(tmp_path / "data", nothing)
    model = a_model(tmp_path / "model", "tiny-llava-vanilla", change)
    settings = dict(data=str(data), model=str(model), out=str(tmp_path / "runs"))
    assert says in refusal("tiny-llava/mllmu-5", **settings)


def test_placeholders_in_front_are_left_out_and_counted(tmp_path, no_weights, capsys):
    data = a_benchmark(tmp_path / "data", to_first("Question", "<image>\nWho is this?"))
    outlook = Outlook(plan("tiny-llava/mllmu-5", data=str(data), device="cpu"))
    assert "prompts" in dry_pass(outlook)
    assert outlook.bench.eval_sets["forget"][0].question == "Who is this?"
    assert outlook.asked["forget"][0].question == "Who is this?"
    assert any(note.startswith("1 questions had a placeholder") for note in outlook.bench.notes)


def test_what_would_mean_little_is_refused_unless_asked_for(tmp_path, no_weights):
    data = a_benchmark(tmp_path / "data", nothing)
    settings = dict(device="cpu", oracle="none", data=str(data), out=str(tmp_path / "runs"))
    with pytest.raises(SettingsError, match="only 1 forget steps"):
        run("tiny-llava/mllmu-5", **settings)
    with pytest.raises(AssertionError, match="weights are loaded"):
        run("tiny-llava/mllmu-5", anyway=True, **settings)


def test_people_whom_the_model_never_saw_stop_a_run_before_its_mask(tmp_path):
    data = a_benchmark(tmp_path / "data", nothing)
    settings = dict(device="cpu", oracle="none", data=str(data), out=str(tmp_path / "runs"))
    with pytest.raises(SettingsError, match="it never learned these people"):
        run("tiny-llava/mllmu-5", epochs=40, batch_size=1, **settings)
    assert not list((tmp_path / "runs").rglob("mask.safetensors"))


def test_another_requests_oracle_is_refused(no_weights):
    with pytest.raises(SettingsError, match="retrained without AB, and request A"):
        run("tiny-llava/mllmu-5", device="cpu", oracle="tiny-llava-oracle-AB")
