"""What is too heavy for the notebooks of the room data: other processes, failures half-way, the
official shapes."""

import os
import subprocess
import sys
from pathlib import Path

import datasets
import numpy as np
import PIL.Image
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mmunlearner_nb
from mmunlearner_nb.core.errors import DataError
from mmunlearner_nb.data.clear import NAME_PROMPT, load_clear
from mmunlearner_nb.data.datasets import load_mllmu
from mmunlearner_nb.data.examples import Benchmark, Example
from mmunlearner_nb.data.reading import Source
from mmunlearner_nb.data.schemas import CLEAR_SCHEMAS, MLLMU_SCHEMAS, OURS
from mmunlearner_nb.data.writing import write_config

SCHEMAS = MLLMU_SCHEMAS | CLEAR_SCHEMAS
ONE_FILE = "train-00000-of-00001.parquet"


def noise(seed, size=16):
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)
    return PIL.Image.fromarray(pixels)


def value(kind, seed):
    "Something that fits a column of this type, different for each seed."
    if kind == MLLMU_SCHEMAS["Full_Set"].field("image").type:
        return noise(seed)
    if pa.types.is_list(kind):
        return [value(kind.value_type, seed + i) for i in range(2)]
    if pa.types.is_struct(kind):
        return {field.name: value(field.type, seed) for field in kind}
    return f"text {seed} – Zoë"


def config_rows(schema, count):
    return [{field.name: value(field.type, 10 * i) for field in schema} for i in range(count)]


WRITE = """
import sys

sys.path.insert(0, "tests")
from test_datasets import SCHEMAS, config_rows, write_config

for config, schema in SCHEMAS.items():
    rows = config_rows(schema, 130 if config == "full" else 3)
    write_config(sys.argv[1], config, rows, shards=2)
"""


def test_every_config_comes_back_and_two_processes_write_the_same_bytes(tmp_path):
    one, two = tmp_path / "a", tmp_path / "b"
    for folder, hashes in ((one, "1"), (two, "2")):
        subprocess.run(
            [sys.executable, "-c", WRITE, str(folder)],
            check=True,
            cwd=Path(__file__).parent.parent,
            env=os.environ | {"PYTHONHASHSEED": hashes, "OMP_NUM_THREADS": "1"},
        )
    files = sorted(file.relative_to(one) for file in one.rglob("*.parquet"))
    assert len(files) == 2 * len(SCHEMAS)
    for file in files:
        assert (one / file).read_bytes() == (two / file).read_bytes(), file
    for config, schema in SCHEMAS.items():
        rows = Source(one).read(config, *schema.names)
        for row, wrote in zip(rows, config_rows(schema, len(rows)), strict=True):
            for name, written in wrote.items():
                if name in ("image", "images"):
                    pictures = written if isinstance(written, list) else [written]
                    assert row.pictures(name) == pictures
                else:
                    assert row[name] == written


def test_datasets_decodes_what_we_write(tmp_path):
    for config in ("Test_Set", "forget_5", "full+tofu"):
        files = write_config(tmp_path, config, config_rows(SCHEMAS[config], 2))
        names = [str(file) for file in files]
        row = datasets.Dataset.from_parquet(names, cache_dir=str(tmp_path / "cache"))[1]
        found = row["images"] if "images" in row else [row["image"]]
        expected = [noise(10 + i) for i in range(len(found))]
        assert [picture.convert("RGB") for picture in found] == expected


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    rows = config_rows(CLEAR_SCHEMAS["full"], 4)
    (file,) = write_config(tmp_path, "full", rows[:2])
    before = file.read_bytes()
    write_table = pq.write_table
    calls = []

    def fill(table, where, **options):
        calls.append(where)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        write_table(table, where, **options)

    monkeypatch.setattr(pq, "write_table", fill)
    with pytest.raises(OSError, match="No space left"):
        write_config(tmp_path, "full", rows, shards=2)
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == [ONE_FILE]
    assert (tmp_path / "full" / ONE_FILE).read_bytes() == before


# ---------------------------------------------------------------- the official shapes


def mllmu_row(i, **more):
    name = f"P{i}"
    options = dict(A=name, B="X", C="Y", D="Z")
    choice = {"Question": "Who?", "Options": options, "Correct_Answer": "A"}
    asked = [
        {"Type": kind, "Question": f"{kind}?", "Ground_Truth": name}
        for kind in ("Image_Textual", "Pure_Text")
    ]
    row = dict(
        ID=f"{i:03}",
        biography={"Name": name, "Employment": "baker", "Annual Salary: ": 40000},
        question="Who is this?",
        answer=name,
        Classification_Task={"Image_Textual_Questions": [choice], "Pure_Text_Questions": [choice]},
        Generation_Task=asked,
        Mask_Task=asked,
    )
    return row | more


def mllmu_rows(config):
    "The rows of an official config: persons 0 to 3, of whom 0 is to be forgotten."
    if config == "Retain_Set":
        return [mllmu_row(i, image=noise(i)) for i in (8, 9)]
    if config == "Test_Set":
        return [mllmu_row(i, images=[noise(90 + i), noise(80 + i)]) for i in range(4)]
    if config == "ft_Data":
        pairs = [[{"Question": "Who?", "Answer": f"P{i}"}] for i in range(4)]
        return [dict(image=noise(i), metadata=asked) for i, asked in enumerate(pairs)]
    everyone = [mllmu_row(i, image=noise(i)) for i in range(4)]
    if config == "Full_Set":
        return everyone
    return everyone[:1] if config.startswith("forget") else everyone[1:]


@pytest.fixture
def mllmu(tmp_path):
    folder = tmp_path / "mllmu"
    for config in MLLMU_SCHEMAS:
        if config not in OURS:
            shards = 2 if config == "Test_Set" else 1
            write_config(folder, config, mllmu_rows(config), shards=shards)
    return folder


NAMES = ["Ada Lind", "Bo Ek", "Cy Roe"]
SPLITS = {"full": NAMES}
SPLITS |= {f"forget{percent}": NAMES[:1] for percent in ("01", "05", "10")}
SPLITS |= {f"retain{percent}": NAMES[1:] for percent in (99, 95, 90)}


def clear_pair(name):
    return dict(image=noise(len(name)), caption=f"{name} by the sea.", name=name)


def clear_texts(name):
    return [
        dict(question="Who won the prize?", answer=f"It was {name}."),
        dict(question="When?", answer="In 1990."),
    ]


def clear_configs():
    """CLEAR as it is on the hub, config by config: no column of ours, `real_faces` without
    questions, options without the answer."""
    wrong = dict(
        paraphrased_caption="x", perturbed_names=["Di", "Ed"], perturbed_captions=["Di.", "Ed."]
    )
    for config, names in SPLITS.items():
        pairs = [clear_pair(name) for name in names]
        yield config, pairs
        captions = [{key: pair[key] for key in ("image", "caption")} for pair in pairs]
        yield f"{config}+tofu", captions + [row for name in names for row in clear_texts(name)]
        if config.startswith("forget"):
            yield f"{config}_perturbed", [pair | wrong for pair in pairs]
        if config == "retain90":
            yield "retain_perturbed", [pair | wrong for pair in pairs]
    yield "real_faces", [dict(image=noise(5), answer="Fay Moss", options=["Gil", "Hal"])]
    clock = dict(question="What is it?", answer="a clock", options=["a bridge", "a tower"])
    yield "real_world", [dict(image=noise(6)) | clock]


@pytest.fixture
def clear(tmp_path):
    folder = tmp_path / "clear"
    for config, rows in clear_configs():
        columns = {key for row in rows for key in row}
        fields = [field for field in CLEAR_SCHEMAS[config] if field.name in columns]
        write_config(folder, config, rows, pa.schema(fields))
    return folder


def on_hub(folder):
    "What stands in for datasets.load_dataset."

    def load(hub_id, config, split):
        assert (hub_id, split) in {("MLLMMU/MLLMU-Bench", "train"), ("therem/CLEAR", "train")}
        files = [str(file) for file in sorted((folder / config).iterdir())]
        return datasets.Dataset.from_parquet(files, cache_dir=str(folder.parent / "cache"))

    return load


def test_the_official_mllmu_from_a_folder_and_from_the_hub(mllmu, monkeypatch):
    bench = load_mllmu(mllmu)
    told = "ft_Data: 4 of 4 rows give no ID; whose they are was told by their picture"
    assert bench.notes == [told]
    assert bench.forget_people == ["000"]
    assert bench.retain_people == ["001", "002", "003"]
    assert [(example.question, example.answer) for example in bench.forget_qa][2:] == [
        ("What is the annual salary of P0?", "40000"),
        ("Tell me P0's annual salary.", "40000"),
    ]
    sizes = {name: len(examples) for name, examples in bench.eval_sets.items()}
    assert sizes == {"forget": 6, "test": 6, "retain": 18, "celebrity": 12}
    monkeypatch.setattr(datasets, "load_dataset", on_hub(mllmu))
    hub = load_mllmu("MLLMMU/MLLMU-Bench")
    assert hub.lists() == bench.lists()
    assert load_mllmu("MLLMMU/MLLMU-Bench", forget_people=["002"]).forget_people == ["002"]


def test_the_official_clear_from_a_folder_and_from_the_hub(clear, monkeypatch):
    bench = load_clear(clear)
    assert [(example.question, example.person_id) for example in bench.retain_qa] == [
        ("Who won the prize?", "Bo Ek"),
        ("When?", "Bo Ek"),
        ("Who won the prize?", "Cy Roe"),
        ("When?", "Cy Roe"),
    ]
    about = [note.split(":")[0] for note in bench.notes]
    by_order = "text rows that name nobody and count as about the person of the row before"
    told = [by_order, by_order]  # "When?", of either side
    assert about == [*told, "eval forget", "eval retain", "real_faces", "real_world"]
    (real,) = bench.eval_sets["real_faces"]
    assert (real.question, real.person_id, len(real.options)) == (NAME_PROMPT, "Fay Moss", 3)
    monkeypatch.setattr(datasets, "load_dataset", on_hub(clear))
    assert load_clear("therem/CLEAR").lists() == bench.lists()
    other = load_clear("therem/CLEAR", forget_people=["Cy Roe"])
    assert (other.forget_people, other.retain_people) == (["Cy Roe"], ["Ada Lind", "Bo Ek"])
    assert len([example for example in other.eval_sets["forget"] if example.image]) == 4


@pytest.mark.parametrize(
    "load, config",
    [
        (load_mllmu, "retain_95"),
        (load_mllmu, "Test_Set"),
        (load_clear, "retain95+tofu"),
        (load_clear, "real_world"),
    ],
)
def test_a_file_cut_short_at_any_place_is_refused(load, config, mllmu, clear):
    folder = mllmu if load is load_mllmu else clear
    file = sorted((folder / config).iterdir())[-1]
    whole = file.read_bytes()
    for part in (0, 3, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:part])
        with pytest.raises(DataError, match=f"{file.name}: not a whole parquet file"):
            load(folder)
    file.write_bytes(whole[:200] + bytes(200) + whole[400:])  # the end is there, the middle is not
    with pytest.raises(DataError, match=f"{file.name}: not a whole parquet file"):
        load(folder)
    file.write_bytes(whole)
    assert isinstance(load(folder), Benchmark)


def test_the_public_names():
    from mmunlearner_nb import Benchmark as public_benchmark
    from mmunlearner_nb import Example as public_example

    assert public_benchmark is Benchmark
    assert public_example is Example
    assert mmunlearner_nb.load_mllmu is load_mllmu
    assert mmunlearner_nb.load_clear is load_clear
