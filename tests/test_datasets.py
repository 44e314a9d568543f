"What is too heavy for the notebooks on formats and data sets: other processes, failures half-way, the official shapes."

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

from mmunlearner_nb.core.errors import DataError
from mmunlearner_nb.data.clear import NAME_PROMPT, load_clear
from mmunlearner_nb.data.datasets import load_mllmu
from mmunlearner_nb.data.examples import Benchmark, Example
from mmunlearner_nb.data.reading import Source
from mmunlearner_nb.data.schemas import CLEAR_SCHEMAS, MLLMU_SCHEMAS, OURS
from mmunlearner_nb.data.writing import write_config


def noise(seed, size=16):
    return PIL.Image.fromarray(
        np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)
    )


def value(kind, seed):
    "Something that fits a column of this type, different for each seed."
    if kind == MLLMU_SCHEMAS["Full_Set"].field("image").type:
        return noise(seed)
    if pa.types.is_list(kind):
        return [value(kind.value_type, seed + i) for i in range(2)]
    if pa.types.is_struct(kind):
        return {f.name: value(f.type, seed) for f in kind}
    return f"text {seed} – Zoë"


def config_rows(schema, n):
    return [{f.name: value(f.type, 10 * i) for f in schema} for i in range(n)]


WRITE = """
import sys; sys.path.insert(0, "tests")
from test_datasets import *
for c, s in (MLLMU_SCHEMAS | CLEAR_SCHEMAS).items(): write_config(sys.argv[1], c, config_rows(s, 130 if c == "full" else 3), shards=2)
"""


def test_every_config_comes_back_and_two_processes_write_the_same_bytes(tmp_path):
    for name, hashes in (("a", "1"), ("b", "2")):
        subprocess.run(
            [sys.executable, "-c", WRITE, str(tmp_path / name)],
            check=True,
            cwd=Path(__file__).parent.parent,
            env=os.environ | {"PYTHONHASHSEED": hashes, "OMP_NUM_THREADS": "1"},
        )
    files = sorted(f.relative_to(tmp_path / "a") for f in (tmp_path / "a").rglob("*.parquet"))
    assert len(files) == 2 * len(MLLMU_SCHEMAS | CLEAR_SCHEMAS)
    for f in files:
        assert (tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes(), f
    for config, schema in (MLLMU_SCHEMAS | CLEAR_SCHEMAS).items():
        rows = Source(tmp_path / "a").read(config, *schema.names)
        for row, wrote in zip(rows, config_rows(schema, len(rows)), strict=True):
            for name, v in wrote.items():
                if name in ("image", "images"):
                    assert row.pictures(name) == (v if isinstance(v, list) else [v])
                else:
                    assert row[name] == v


def test_datasets_decodes_what_we_write(tmp_path):
    for config in ("Test_Set", "forget_5", "full+tofu"):
        files = write_config(
            tmp_path, config, config_rows((MLLMU_SCHEMAS | CLEAR_SCHEMAS)[config], 2)
        )
        row = datasets.Dataset.from_parquet(
            [str(f) for f in files], cache_dir=str(tmp_path / "cache")
        )[1]
        got = row["images"] if "images" in row else [row["image"]]
        assert [g.convert("RGB") for g in got] == [noise(10 + i) for i in range(len(got))]


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    rows = config_rows(CLEAR_SCHEMAS["full"], 4)
    write_config(tmp_path, "full", rows[:2])
    before, write, calls = (
        (tmp_path / "full" / "train-00000-of-00001.parquet").read_bytes(),
        pq.write_table,
        [],
    )

    def fill(table, where, **kw):
        calls.append(where)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        write(table, where, **kw)

    monkeypatch.setattr(pq, "write_table", fill)
    with pytest.raises(OSError, match="No space left"):
        write_config(tmp_path, "full", rows, shards=2)
    assert [f.name for f in tmp_path.rglob("*") if f.is_file()] == ["train-00000-of-00001.parquet"]
    assert (tmp_path / "full" / "train-00000-of-00001.parquet").read_bytes() == before


def mllmu_row(i, **kw):
    right = {
        "Question": "Who?",
        "Options": dict(A=f"P{i}", B="X", C="Y", D="Z"),
        "Correct_Answer": "A",
    }
    asked = [
        {"Type": t, "Question": f"{t}?", "Ground_Truth": f"P{i}"}
        for t in ("Image_Textual", "Pure_Text")
    ]
    return (
        dict(
            ID=f"{i:03}",
            biography={"Name": f"P{i}", "Employment": "baker", "Annual Salary: ": 40000},
            question="Who is this?",
            answer=f"P{i}",
            Classification_Task={
                "Image_Textual_Questions": [right],
                "Pure_Text_Questions": [right],
            },
            Generation_Task=asked,
            Mask_Task=asked,
        )
        | kw
    )


@pytest.fixture
def mllmu(tmp_path):
    everyone = [mllmu_row(i, image=noise(i)) for i in range(4)]
    for config in MLLMU_SCHEMAS:
        rows = everyone[:1] if config.startswith("forget") else everyone[1:]
        if config == "Full_Set":
            rows = everyone
        if config == "Retain_Set":
            rows = [mllmu_row(i, image=noise(i)) for i in (8, 9)]
        if config == "Test_Set":
            rows = [mllmu_row(i, images=[noise(90 + i), noise(80 + i)]) for i in range(4)]
        if config == "ft_Data":
            rows = [
                dict(image=noise(i), metadata=[{"Question": "Who?", "Answer": f"P{i}"}])
                for i in range(4)
            ]
        if config not in OURS:
            write_config(tmp_path / "mllmu", config, rows, shards=2 if config == "Test_Set" else 1)
    return tmp_path / "mllmu"


@pytest.fixture
def clear(tmp_path):
    "CLEAR as it is on the hub: no column of ours, `real_faces` without questions, options without the answer."
    names = ["Ada Lind", "Bo Ek", "Cy Roe"]

    def write(config, rows):
        columns = {k for r in rows for k in r}
        write_config(
            tmp_path / "clear",
            config,
            rows,
            pa.schema([f for f in CLEAR_SCHEMAS[config] if f.name in columns]),
        )

    for config, who in {
        "full": names,
        **{f"forget{r}": names[:1] for r in ("01", "05", "10")},
        **{f"retain{r}": names[1:] for r in (99, 95, 90)},
    }.items():
        pairs = [dict(image=noise(len(n)), caption=f"{n} by the sea.", name=n) for n in who]
        write(config, pairs)
        write(
            f"{config}+tofu",
            [{k: r[k] for k in ("image", "caption")} for r in pairs]
            + [
                r
                for n in who
                for r in (
                    dict(question="Who won the prize?", answer=f"It was {n}."),
                    dict(question="When?", answer="In 1990."),
                )
            ],
        )
        if not config.startswith("retain") and config != "full" or config == "retain90":
            write(
                f"{config.replace('retain90', 'retain')}_perturbed",
                [
                    r
                    | dict(
                        paraphrased_caption="x",
                        perturbed_names=["Di", "Ed"],
                        perturbed_captions=["Di.", "Ed."],
                    )
                    for r in pairs
                ],
            )
    write("real_faces", [dict(image=noise(5), answer="Fay Moss", options=["Gil", "Hal"])])
    write(
        "real_world",
        [
            dict(
                image=noise(6),
                question="What is it?",
                answer="a clock",
                options=["a bridge", "a tower"],
            )
        ],
    )
    return tmp_path / "clear"


def on_hub(folder):  # in place of datasets.load_dataset
    def load(hub_id, config, split):
        assert (hub_id, split) in {("MLLMMU/MLLMU-Bench", "train"), ("therem/CLEAR", "train")}
        return datasets.Dataset.from_parquet(
            [str(f) for f in sorted((folder / config).iterdir())],
            cache_dir=str(folder.parent / "cache"),
        )

    return load


def test_the_official_mllmu_from_a_folder_and_from_the_hub(mllmu, monkeypatch):
    bench = load_mllmu(mllmu)
    assert (
        bench.notes == []
        and bench.forget_people == ["000"]
        and bench.retain_people == ["001", "002", "003"]
    )
    assert [(e.question, e.answer) for e in bench.forget_qa][2:] == [
        ("What is the annual salary of P0?", "40000"),
        ("Tell me P0's annual salary.", "40000"),
    ]
    assert {s: len(es) for s, es in bench.eval_sets.items()} == {
        "forget": 6,
        "test": 6,
        "retain": 18,
        "celebrity": 12,
    }
    monkeypatch.setattr(datasets, "load_dataset", on_hub(mllmu))
    hub = load_mllmu("MLLMMU/MLLMU-Bench")
    assert hub.lists() == bench.lists()
    assert load_mllmu("MLLMMU/MLLMU-Bench", forget_people=["002"]).forget_people == ["002"]


def test_the_official_clear_from_a_folder_and_from_the_hub(clear, monkeypatch):
    bench = load_clear(clear)
    assert [(e.question, e.person_id) for e in bench.retain_qa] == [
        (q, n) for n in ("Bo Ek", "Cy Roe") for q in ("Who won the prize?", "When?")
    ]
    assert [n.split(":")[0] for n in bench.notes] == [
        "eval forget",
        "eval retain",
        "real_faces",
        "real_world",
    ]
    assert [(e.question, e.person_id, len(e.options)) for e in bench.eval_sets["real_faces"]] == [
        (NAME_PROMPT, "Fay Moss", 3)
    ]
    monkeypatch.setattr(datasets, "load_dataset", on_hub(clear))
    assert load_clear("therem/CLEAR").lists() == bench.lists()
    other = load_clear("therem/CLEAR", forget_people=["Cy Roe"])
    assert (other.forget_people, other.retain_people) == (["Cy Roe"], ["Ada Lind", "Bo Ek"])
    assert len([e for e in other.eval_sets["forget"] if e.image]) == 4


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
    assert Example.__name__ in __import__("mmunlearner_nb.data.datasets", fromlist=["_"]).__all__
