"The sample data: what one command writes, the same bytes each time, with nothing evaluated that was trained on."

import json
import os
import subprocess
import sys
from collections import Counter
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmunlearner_nb.data import clear, datasets
from mmunlearner_nb.data.clear import CAPTION_PROMPT, load_clear
from mmunlearner_nb.data.datasets import load_mllmu
from mmunlearner_nb.data.examples import TRAINING, people
from mmunlearner_nb.data.reading import Source
from mmunlearner_nb.data.schemas import CLEAR_SCHEMAS, MLLMU_SCHEMAS
from mmunlearner_nb.town import world
from mmunlearner_nb.town.people import EVAL, FACTS, FORGET_SETS, TRAIN, make_people, request
from mmunlearner_nb.town.questions import (
    OWN,
    STEMS,
    SUBJECTS,
    caption,
    fill,
    training_perception,
    training_qa,
    training_vqa,
    visible,
    wordings,
)
from mmunlearner_nb.town.questions import PERCEPTION as SEEN

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data_samples"
LOAD = dict(mllmu=load_mllmu, clear=load_clear)
REQUESTS = [("mllmu", 5), ("mllmu", 10), ("mllmu", 15), ("clear", 1), ("clear", 5), ("clear", 10)]
every_request = pytest.mark.parametrize("benchmark, ratio", REQUESTS)


@lru_cache
def bench(benchmark, ratio):
    return LOAD[benchmark](DATA / benchmark, ratio)


@lru_cache
def persons():
    return {p.id: p for p in make_people()} | {
        p.name: p for p in make_people()
    }  # MLLMU-Bench goes by id, CLEAR by name


def ids(examples):
    return sorted(persons()[i].id for i in people(examples))


def training(b):
    return [e for n in TRAINING for e in getattr(b, n)]


def evaluated(b):
    return [e for es in b.eval_sets.values() for e in es]


def kind(benchmark, config):  # of a config: is it trained on?
    return (
        "training"
        if config == "ft_Data" or benchmark == "clear" and config.split("+")[0] in clear_splits()
        else "evaluation"
    )


def clear_splits():
    return {
        "full",
        *(f"forget{f:02}" for f in clear.CLEAR_RATIOS),
        *(f"retain{r}" for r in clear.CLEAR_RATIOS.values()),
    }


# ---------------------------------------------------------------- the files


def same_tools(file):
    "Whether pyarrow and Pillow here write the bytes of those that wrote the committed files."
    p, table = next(p for p in make_people()), pq.read_table(file, columns=["image"])
    probe = pa.BufferOutputStream()
    pq.write_table(table.slice(0, 1), probe)
    by = lambda f: pq.ParquetFile(f).metadata.created_by
    return (
        by(file) == by(pa.BufferReader(probe.getvalue()))
        and world.photo(p, EVAL[0]) == table["image"][0]["bytes"].as_py()
    )


def test_two_processes_write_the_committed_files(tmp_path):
    "To the byte where the same libraries write them, else to the last text and to half a grey level."
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "mmunlearner_nb.town.world", str(tmp_path / h)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | dict(PYTHONHASHSEED=h, OMP_NUM_THREADS="1"),
        )
        for h in "12"
    ]
    said = [r.communicate()[0] for r in runs]
    assert [r.returncode for r in runs] == [0, 0] and f"{tmp_path / '1' / 'mllmu'}: " in said[0]
    files = {
        root: sorted(
            f.relative_to(root).as_posix()
            for b in LOAD
            for f in (root / b).rglob("*")
            if f.is_file()
        )
        for root in (DATA, tmp_path / "1", tmp_path / "2")
    }
    assert (
        files[DATA] == files[tmp_path / "1"] == files[tmp_path / "2"]
        and len(files[DATA]) == 11 + 1 + 21
    )
    strict = same_tools(DATA / "mllmu" / "Full_Set" / "train-00000-of-00001.parquet")
    for f in files[DATA]:
        fresh = (tmp_path / "1" / f).read_bytes()
        assert fresh == (tmp_path / "2" / f).read_bytes(), f
        assert not strict or fresh == (DATA / f).read_bytes(), (
            f"{f} is not what mmunlearner_nb.town.world writes: run it"
        )
    for benchmark in LOAD:
        src, new = Source(DATA / benchmark), Source(tmp_path / "1" / benchmark)
        for config in src.configs():
            for a, b in zip(src.read(config), new.read(config), strict=True):
                for column in a:
                    if column not in ("image", "images") or a[column] is None:
                        assert a[column] == b[column], a.where
                    else:
                        for x, y in zip(a.pictures(column), b.pictures(column), strict=True):
                            assert (
                                np.abs(np.asarray(x, float) - np.asarray(y, float)).mean() < 0.5
                            ), a.where


def test_the_configs_are_all_there_in_the_official_schemas_and_small():
    for benchmark, schemas in dict(mllmu=MLLMU_SCHEMAS, clear=CLEAR_SCHEMAS).items():
        assert set(Source(DATA / benchmark).configs()) == set(schemas)
        for config, schema in schemas.items():
            for f in Source(DATA / benchmark).shards(config):
                assert pq.read_schema(f).equals(schema), f
    assert len(Source(DATA / "mllmu").shards("Test_Set")) == 2
    assert sum(f.stat().st_size for b in LOAD for f in (DATA / b).rglob("*.parquet")) < 14e6


ROWS = {
    "mllmu": dict(
        Full_Set=100,
        forget_5=5,
        forget_10=10,
        forget_15=15,
        retain_95=95,
        retain_90=90,
        retain_85=85,
        Retain_Set=20,
        Test_Set=100,
        Perception_Set=120,
        ft_Data=800,
    ),
    "clear": {
        c: n * per
        for c, n in dict(
            full=100, forget01=1, forget05=5, forget10=10, retain99=99, retain95=95, retain90=90
        ).items()
        for c, per in ((c, 2), (f"{c}+tofu", 1 + 45))
    }
    | dict(
        forget01_perturbed=6,
        forget05_perturbed=30,
        forget10_perturbed=60,
        retain_perturbed=99 * 6,
        real_faces=20 * 6,
        real_world=20 * 6,
        perception=120 * 6,
    ),
}


@pytest.mark.parametrize("benchmark, config", [(b, c) for b in ROWS for c in ROWS[b]])
def test_rows_of_each_config(benchmark, config):
    assert len(Source(DATA / benchmark).read(config)) == ROWS[benchmark][config]


def test_a_profile_is_the_same_wherever_it_stands():
    src = Source(DATA / "mllmu")
    full = {r["ID"]: dict(r) for r in src.read("Full_Set")}
    for config in src.configs():
        if config.startswith(("forget_", "retain_")):
            assert all(dict(r) == full[r["ID"]] for r in src.read(config)), config


# ---------------------------------------------------------------- whom a request names


@every_request
def test_a_request_names_its_people_and_nobody_else(benchmark, ratio):
    b = bench(benchmark, ratio)
    assert b.notes == [] and b.name == f"{benchmark}-{ratio}"
    town = {p.id for p in make_people() if p.kind == "townsperson"}
    for n in TRAINING:  # celebrities and strangers are in none of them
        assert ids(getattr(b, n)) == sorted(
            FORGET_SETS[ratio] if n.startswith("forget") else town - set(FORGET_SETS[ratio])
        ), n
    assert (len(b.forget_people), len(b.retain_people)) == (ratio, 100 - ratio)
    for name, es in b.eval_sets.items():
        assert {persons()[e.person_id].kind for e in es} == {
            dict(celebrity="celebrity", real_faces="celebrity", real_world="stranger").get(
                name, "townsperson"
            )
        }
        assert len(people(es)) == dict(forget=ratio, test=ratio, retain=100 - ratio).get(
            name, 20
        ), name


@pytest.mark.parametrize("ratio", [5, 10])
def test_both_benchmarks_forget_the_same_people(ratio):
    a, b = bench("mllmu", ratio), bench("clear", ratio)
    assert (
        [persons()[i].name for i in a.forget_people]
        == b.forget_people
        == [persons()[i].name for i in request("AB"[: ratio // 5])]
    )
    assert [persons()[i].name for i in a.retain_people] == b.retain_people


@pytest.mark.parametrize("benchmark", LOAD)
def test_the_same_people_asked_for_by_name(benchmark):
    whole, by = (
        bench(benchmark, 5),
        (
            lambda letters: [
                getattr(persons()[i], dict(mllmu="id", clear="name")[benchmark])
                for i in request(letters)
            ]
        ),
    )
    a, e = (LOAD[benchmark](DATA / benchmark, forget_people=by(l)) for l in "AE")
    key = lambda examples: sorted(
        (
            x.person_id,
            x.modality,
            x.task,
            x.question,
            x.answer,
            str(x.options),
            x.image and x.image.tobytes(),
        )
        for x in examples
    )
    for n, examples in whole.lists().items():
        assert key(a.lists()[n]) == key(examples), n
    assert e.notes == [] and ids(e.forget_vqa) == ids(e.eval_sets["forget"]) == request("E")
    assert (
        len({a.name, e.name, whole.name}) == 3
        and a.name == LOAD[benchmark](DATA / benchmark, forget_people=by("A")[::-1]).name
    )


COUNTS = {
    "mllmu": {
        "forget_vqa": 5 * 8 * 6,
        "forget_qa": 5 * 5 * 2,
        "retain_vqa": 95 * 8 * 6,
        "retain_qa": 95 * 5 * 2,  # pictures x fields; facts x wordings
        "eval forget": 5 * (3 * 6 + 3 * 5 + 2 * 6),
        "eval test": 5 * (3 * 6 + 3 * 5 + 2 * 6),
        "eval retain": 95 * (3 * 6 + 3 * 5 + 2 * 6),
        "eval celebrity": 20 * (3 * 6 + 3 * 5 + 2 * 6),
    },
    "clear": {
        "forget_vqa": 5 * 2,
        "forget_qa": 5 * 5 * 9,
        "retain_vqa": 95 * 2,
        "retain_qa": 95 * 5 * 9,  # captions; facts x wordings
        "eval forget": 5 * (4 + 2 * 5 + 2 * 6),
        "eval retain": 95 * (4 + 2 * 5 + 2 * 6),
        "eval real_faces": 20 * (6 + 2 * 6),
        "eval real_world": 20 * 6,
    },
}


@pytest.mark.parametrize("benchmark", LOAD)
def test_counts_of_each_list(benchmark):
    assert {n: len(es) for n, es in bench(benchmark, 5).lists().items()} == COUNTS[benchmark]


# ---------------------------------------------------------------- nothing evaluated was trained on


@lru_cache
def taught(
    person_id,
):  # everything any of our models, and either benchmark, is trained to answer about somebody
    p = persons()[person_id]
    asked = [q for k in TRAIN for q, _ in training_vqa(p, k) + training_perception(p.look, k)] + [
        q for q, _ in training_qa(p)
    ]
    return {*asked, *(fill(s, f, p.name) for s in STEMS[:2] for f in FACTS)} | {CAPTION_PROMPT}


@every_request
def test_no_evaluation_question_is_a_training_question_about_the_same_person(benchmark, ratio):
    b = bench(benchmark, ratio)
    for e in training(b):
        assert e.question in taught(e.person_id), e
    again = [e for e in evaluated(b) if e.question in taught(e.person_id)]
    assert {e.question for e in again} == (
        {CAPTION_PROMPT} if benchmark == "clear" else set()
    )  # CLEAR asks for captions, of unseen pictures
    seen = {e.image.tobytes() for e in training(b) if e.image}
    assert not [e for e in evaluated(b) if e.image and e.image.tobytes() in seen]


@pytest.mark.parametrize("benchmark", LOAD)
def test_no_evaluation_picture_is_a_training_picture(benchmark):
    src, found = Source(DATA / benchmark), dict(training=set(), evaluation=set())
    for config in src.configs():
        found[kind(benchmark, config)] |= {
            v["bytes"] for r in src.read(config) for v in r.get("images") or [r.get("image")] if v
        }
    assert not found["training"] & found["evaluation"]
    assert {k: len(v) for k, v in found.items()} == dict(
        mllmu=dict(training=800, evaluation=100 + 20 + 400 + 240),
        clear=dict(training=200, evaluation=100 + 20 + 20 + 120),
    )[benchmark]


def test_prompts_that_loaders_add_agree_with_the_wordings():
    assert CAPTION_PROMPT == "Write a caption for this picture."
    assert (
        clear.NAME_PROMPT
        == fill(wordings("name")[1][0], "name", SUBJECTS[1][0])
        == "Tell me the name of the person in the picture."
    )
    assert [w.format(field="hobby", name="Ada Ito") for w in datasets.WORDINGS] == [
        fill(s, "hobby", "Ada Ito") for s in STEMS[:2]
    ]


def test_training_text_comes_from_biographies():
    bios = {r["ID"]: json.loads(r["biography"]) for r in Source(DATA / "mllmu").read("Full_Set")}
    b, c = bench("mllmu", 5), bench("clear", 5)
    for i, bio in bios.items():
        p = persons()[i]
        assert bio == {"Name": p.name, **p.facts}
        of = lambda examples, key: [(e.question, e.answer) for e in examples if e.person_id == key]
        assert Counter(of(b.forget_qa + b.retain_qa, i)) == Counter(
            (fill(s, f, p.name), bio[f]) for f in FACTS for s in STEMS[:2]
        )
        assert of(c.forget_qa + c.retain_qa, p.name) == training_qa(p) and {
            a for _, a in training_qa(p)
        } == {bio[f] for f in FACTS}


# ---------------------------------------------------------------- the answers are right, and the wrong ones wrong


def truth(
    e,
):  # what the world says the answer is: a wording names its field, but for those of its own
    p = persons()[e.person_id]
    if e.question == CAPTION_PROMPT:
        return caption(p)
    if e.modality == "perception":
        return visible(
            p.look, max((a for a in SEEN if SEEN[a] in e.question), key=lambda a: len(SEEN[a]))
        )  # "What" holds a hat
    own = lambda f: {fill(w, f, s) for w in [*OWN[f][0], OWN[f][1]] for s in (*SUBJECTS[0], p.name)}
    return p.truth(next(f for f in [*FACTS, "name"] if f in e.question or e.question in own(f)))


@pytest.mark.parametrize("benchmark, ratio", [("mllmu", 5), ("clear", 5)])
def test_every_answer_is_true_and_one_of_four_options(benchmark, ratio):
    b = bench(benchmark, ratio)
    for e in training(b) + evaluated(b):
        assert e.answer == truth(e), (e, truth(e))
        assert (e.options is None) == (e.task != "classification")
        if e.options:
            assert (
                list(e.options) == list("ABCD")
                and list(e.options.values()).count(e.answer) == 1
                and len(set(e.options.values())) == 4
            ), e
        if e.task == "cloze":
            assert e.question.count("__") == 1
    right = Counter(
        l for e in evaluated(b) if e.options for l, o in e.options.items() if o == e.answer
    )
    assert all(0.2 < n / right.total() < 0.3 for n in right.values()) and len(right) == 4


def test_perturbed_rows_set_the_true_beside_the_wrong():
    for r in Source(DATA / "clear").read("retain_perturbed"):
        p = persons()[r["name"]]
        if r["image"] is None:
            assert (
                r["answer"] in p.facts.values() and len({r["answer"], *r["perturbed_answers"]}) == 4
            )
            continue
        for said in (r["caption"], r["paraphrased_caption"]):
            assert all(t in said for t in (p.name, p.facts["occupation"], p.facts["residence"]))
        assert (
            len({r["caption"], r["paraphrased_caption"], *r["perturbed_captions"]}) == 5
            and len({p.name, *r["perturbed_names"]}) == 4
        )
        assert [caption(persons()[n]) for n in r["perturbed_names"]] == r["perturbed_captions"]
        assert {persons()[n].kind for n in r["perturbed_names"]} == {"townsperson"}


def test_a_newcomer_changes_nobody_elses_rows(monkeypatch):
    town = [p for p in make_people() if p.kind == "townsperson"]
    rows = lambda: [
        (
            world.profile(p),
            world.profile(p, 1),
            world.tasks(p, ["perception"]),
            [{k: v for k, v in r.items() if k != "image"} for r in world.perturbed(p)],
        )
        for p in town[::9]
    ]
    before, of = rows(), world.people_of
    newcomer = type(town[0])(
        "T101", "townsperson", "Zoe Newcomer", town[0].look, dict(town[0].facts)
    )
    monkeypatch.setattr(world, "people_of", lambda kind, seed=0: of(kind, seed) + [newcomer])
    assert rows() == before and "Zoe Newcomer" in str(world.profile(newcomer))
