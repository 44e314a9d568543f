"""The sample data: what one command writes, the same bytes each time, with nothing evaluated that
was trained on."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from mmunlearner_nb.data import clear, datasets
from mmunlearner_nb.data.clear import CAPTION_PROMPT, load_clear
from mmunlearner_nb.data.datasets import load_mllmu
from mmunlearner_nb.data.examples import TRAINING, Benchmark, Example, people
from mmunlearner_nb.data.reading import Source
from mmunlearner_nb.data.schemas import CLEAR_SCHEMAS, MLLMU_SCHEMAS
from mmunlearner_nb.town import world
from mmunlearner_nb.town.people import (
    EVAL,
    FACTS,
    FORGET_SETS,
    TRAIN,
    Person,
    make_people,
    request,
)
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
KEY = dict(mllmu="id", clear="name")  # MLLMU-Bench goes by id, CLEAR by name
REQUESTS = [("mllmu", 5), ("mllmu", 10), ("mllmu", 15), ("clear", 1), ("clear", 5), ("clear", 10)]
every_request = pytest.mark.parametrize("benchmark, ratio", REQUESTS)


@lru_cache
def bench(benchmark: str, ratio: int) -> Benchmark:
    "A request of one of the benchmarks."
    return LOAD[benchmark](DATA / benchmark, ratio)


@lru_cache
def persons() -> dict[str, Person]:
    "Everybody, by id and by name."
    found = {}
    for person in make_people():
        found[person.id] = person
        found[person.name] = person
    return found


def ids(examples: Iterable[Example]) -> list[str]:
    "Whom examples are about, sorted."
    return sorted(persons()[key].id for key in people(examples))


def training(bench: Benchmark) -> list[Example]:
    "All of a benchmark that is trained on."
    found = []
    for name in TRAINING:
        found += getattr(bench, name)
    return found


def evaluated(bench: Benchmark) -> list[Example]:
    "All of a benchmark that is asked."
    found = []
    for examples in bench.eval_sets.values():
        found += examples
    return found


def clear_splits() -> set[str]:
    "CLEAR's configs of whole people."
    forget = {f"forget{percent:02}" for percent in clear.CLEAR_RATIOS}
    retain = {f"retain{percent}" for percent in clear.CLEAR_RATIOS.values()}
    return {"full"} | forget | retain


def kind(benchmark: str, config: str) -> str:
    "What a config is for: training, or evaluation."
    if benchmark == "clear":
        trained = config.split("+")[0] in clear_splits()
    else:
        trained = config == "ft_Data"
    return "training" if trained else "evaluation"


# ---------------------------------------------------------------- the files


def writer(file: Any) -> str:
    "Which library wrote a Parquet file."
    return pq.ParquetFile(file).metadata.created_by


def same_tools(file: Path) -> bool:
    "Whether pyarrow and Pillow here write the bytes of those that wrote the committed files."
    table = pq.read_table(file, columns=["image"])
    probe = pa.BufferOutputStream()
    pq.write_table(table.slice(0, 1), probe)
    if writer(file) != writer(pa.BufferReader(probe.getvalue())):
        return False
    first = next(iter(make_people()))
    return world.photo(first, EVAL[0]) == table["image"][0]["bytes"].as_py()


def files_under(root: Path) -> list[str]:
    "All files of both benchmarks, sorted."
    found = []
    for benchmark in LOAD:
        found += [file for file in (root / benchmark).rglob("*") if file.is_file()]
    return sorted(file.relative_to(root).as_posix() for file in found)


def distance(one: Image.Image, other: Image.Image) -> float:
    "In grey levels, the mean over pixels and channels."
    return np.abs(np.asarray(one, float) - np.asarray(other, float)).mean()


def assert_same_rows(old: Source, new: Source) -> None:
    "The same text, and pictures that are the same to half a grey level."
    for config in old.configs():
        for row, fresh in zip(old.read(config), new.read(config), strict=True):
            for column in row:
                if column not in ("image", "images") or row[column] is None:
                    assert row[column] == fresh[column], row.where
                    continue
                pictures = zip(row.pictures(column), fresh.pictures(column), strict=True)
                for picture, again in pictures:
                    assert distance(picture, again) < 0.5, row.where


def write_world(out: Path, hash_seed: str) -> subprocess.Popen:
    "A process of its own that writes the sample data."
    return subprocess.Popen(
        [sys.executable, "-m", "mmunlearner_nb.town.world", str(out)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | dict(PYTHONHASHSEED=hash_seed, OMP_NUM_THREADS="1"),
    )


def test_two_processes_write_the_committed_files(tmp_path):
    """To the byte where the same libraries write them, else to the last text and to half a grey
    level."""
    one, two = tmp_path / "1", tmp_path / "2"
    runs = [write_world(one, "1"), write_world(two, "2")]
    said = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert f"{one / 'mllmu'}: " in said[0]

    files = files_under(DATA)
    assert files == files_under(one) == files_under(two)
    assert len(files) == 11 + 1 + 21
    strict = same_tools(DATA / "mllmu" / "Full_Set" / "train-00000-of-00001.parquet")
    for name in files:
        fresh = (one / name).read_bytes()
        assert fresh == (two / name).read_bytes(), name
        assert not strict or fresh == (DATA / name).read_bytes(), (
            f"{name} is not what mmunlearner_nb.town.world writes: run it"
        )
    for benchmark in LOAD:
        assert_same_rows(Source(DATA / benchmark), Source(one / benchmark))


def test_the_configs_are_all_there_in_the_official_schemas_and_small():
    for benchmark, schemas in dict(mllmu=MLLMU_SCHEMAS, clear=CLEAR_SCHEMAS).items():
        source = Source(DATA / benchmark)
        assert set(source.configs()) == set(schemas)
        for config, schema in schemas.items():
            for shard in source.shards(config):
                assert pq.read_schema(shard).equals(schema), shard
    assert len(Source(DATA / "mllmu").shards("Test_Set")) == 2
    parquet = [DATA / name for name in files_under(DATA) if name.endswith(".parquet")]
    assert sum(file.stat().st_size for file in parquet) < 14e6


CLEAR_PEOPLE = dict(
    full=100,
    forget01=1,
    forget05=5,
    forget10=10,
    retain99=99,
    retain95=95,
    retain90=90,
)
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
        **{config: count * 2 for config, count in CLEAR_PEOPLE.items()},  # pictures
        **{f"{config}+tofu": count * (1 + 45) for config, count in CLEAR_PEOPLE.items()},
        "forget01_perturbed": 6,
        "forget05_perturbed": 30,
        "forget10_perturbed": 60,
        "retain_perturbed": 99 * 6,
        "real_faces": 20 * 6,
        "real_world": 20 * 6,
        "perception": 120 * 6,
    },
}
EVERY_CONFIG = [(benchmark, config) for benchmark in ROWS for config in ROWS[benchmark]]


@pytest.mark.parametrize("benchmark, config", EVERY_CONFIG)
def test_rows_of_each_config(benchmark, config):
    assert len(Source(DATA / benchmark).read(config)) == ROWS[benchmark][config]


def test_a_profile_is_the_same_wherever_it_stands():
    source = Source(DATA / "mllmu")
    full = {row["ID"]: dict(row) for row in source.read("Full_Set")}
    for config in source.configs():
        if config.startswith(("forget_", "retain_")):
            assert all(dict(row) == full[row["ID"]] for row in source.read(config)), config


# ---------------------------------------------------------------- whom a request names

KINDS_ASKED = dict(celebrity="celebrity", real_faces="celebrity", real_world="stranger")


@every_request
def test_a_request_names_its_people_and_nobody_else(benchmark, ratio):
    asked = bench(benchmark, ratio)
    assert asked.notes == []
    assert asked.name == f"{benchmark}-{ratio}"
    town = {person.id for person in make_people() if person.kind == "townsperson"}
    to_forget = set(FORGET_SETS[ratio])
    for name in TRAINING:  # celebrities and strangers are in none of them
        wanted = to_forget if name.startswith("forget") else town - to_forget
        assert ids(getattr(asked, name)) == sorted(wanted), name
    assert (len(asked.forget_people), len(asked.retain_people)) == (ratio, 100 - ratio)

    sizes = dict(forget=ratio, test=ratio, retain=100 - ratio)
    for name, examples in asked.eval_sets.items():
        kinds = {persons()[example.person_id].kind for example in examples}
        assert kinds == {KINDS_ASKED.get(name, "townsperson")}
        assert len(people(examples)) == sizes.get(name, 20), name


def names_of(keys: Iterable[str]) -> list[str]:
    "People's names, from ids or names."
    return [persons()[key].name for key in keys]


@pytest.mark.parametrize("ratio", [5, 10])
def test_both_benchmarks_forget_the_same_people(ratio):
    by_id, by_name = bench("mllmu", ratio), bench("clear", ratio)
    assert names_of(by_id.forget_people) == by_name.forget_people
    assert by_name.forget_people == names_of(request("AB"[: ratio // 5]))
    assert names_of(by_id.retain_people) == by_name.retain_people


def sortable(example: Example) -> tuple:
    "All that an example says, pictures by their bytes."
    return (
        example.person_id,
        example.modality,
        example.task,
        example.question,
        example.answer,
        str(example.options),
        example.image and example.image.tobytes(),
    )


def contents(examples: Iterable[Example]) -> list[tuple]:
    "What examples say, in an order of its own."
    return sorted(sortable(example) for example in examples)


def people_named(benchmark: str, letter: str) -> list[str]:
    "A request's people as the benchmark calls them."
    return [getattr(persons()[person_id], KEY[benchmark]) for person_id in request(letter)]


@pytest.mark.parametrize("benchmark", LOAD)
def test_the_same_people_asked_for_by_name(benchmark):
    def load(names: list[str]) -> Benchmark:
        return LOAD[benchmark](DATA / benchmark, forget_people=names)

    whole = bench(benchmark, 5)
    a, e = load(people_named(benchmark, "A")), load(people_named(benchmark, "E"))
    for name, examples in whole.lists().items():
        assert contents(a.lists()[name]) == contents(examples), name
    assert e.notes == []
    assert ids(e.forget_vqa) == ids(e.eval_sets["forget"]) == request("E")
    assert len({a.name, e.name, whole.name}) == 3
    assert a.name == load(people_named(benchmark, "A")[::-1]).name


COUNTS = {
    "mllmu": {  # pictures x fields; facts x wordings
        "forget_vqa": 5 * 8 * 6,
        "forget_qa": 5 * 5 * 2,
        "retain_vqa": 95 * 8 * 6,
        "retain_qa": 95 * 5 * 2,
        "eval forget": 5 * (3 * 6 + 3 * 5 + 2 * 6),
        "eval test": 5 * (3 * 6 + 3 * 5 + 2 * 6),
        "eval retain": 95 * (3 * 6 + 3 * 5 + 2 * 6),
        "eval celebrity": 20 * (3 * 6 + 3 * 5 + 2 * 6),
    },
    "clear": {  # captions; facts x wordings
        "forget_vqa": 5 * 2,
        "forget_qa": 5 * 5 * 9,
        "retain_vqa": 95 * 2,
        "retain_qa": 95 * 5 * 9,
        "eval forget": 5 * (4 + 2 * 5 + 2 * 6),
        "eval retain": 95 * (4 + 2 * 5 + 2 * 6),
        "eval real_faces": 20 * (6 + 2 * 6),
        "eval real_world": 20 * 6,
    },
}


@pytest.mark.parametrize("benchmark", LOAD)
def test_counts_of_each_list(benchmark):
    lists = bench(benchmark, 5).lists()
    assert {name: len(examples) for name, examples in lists.items()} == COUNTS[benchmark]


# ---------------------------------------------------------------- nothing evaluated was trained on


@lru_cache
def taught(person_id: str) -> set[str]:
    "All that any of our models, and either benchmark, is trained to answer about somebody."
    person = persons()[person_id]
    asked = [*training_qa(person)]
    for picture in TRAIN:
        asked += training_vqa(person, picture)
        asked += training_perception(person.look, picture)
    questions = {question for question, _ in asked} | {CAPTION_PROMPT}
    for stem in STEMS[:2]:
        questions |= {fill(stem, field, person.name) for field in FACTS}
    return questions


@every_request
def test_no_evaluation_question_is_a_training_question_about_the_same_person(benchmark, ratio):
    asked = bench(benchmark, ratio)
    for example in training(asked):
        assert example.question in taught(example.person_id), example
    again = {
        example.question
        for example in evaluated(asked)
        if example.question in taught(example.person_id)
    }
    # CLEAR asks for captions, of unseen pictures
    assert again == ({CAPTION_PROMPT} if benchmark == "clear" else set())

    seen = {example.image.tobytes() for example in training(asked) if example.image}
    shown = {example.image.tobytes() for example in evaluated(asked) if example.image}
    assert not seen & shown


def pictures_of(row: dict[str, Any]) -> set[bytes]:
    "The files in a row's columns of pictures."
    values = row.get("images") or [row.get("image")]
    return {value["bytes"] for value in values if value}


@pytest.mark.parametrize("benchmark", LOAD)
def test_no_evaluation_picture_is_a_training_picture(benchmark):
    source, found = Source(DATA / benchmark), dict(training=set(), evaluation=set())
    for config in source.configs():
        for row in source.read(config):
            found[kind(benchmark, config)] |= pictures_of(row)
    assert not found["training"] & found["evaluation"]
    wanted = dict(
        mllmu=dict(training=800, evaluation=100 + 20 + 400 + 240),
        clear=dict(training=200, evaluation=100 + 20 + 20 + 120),
    )
    assert {name: len(pictures) for name, pictures in found.items()} == wanted[benchmark]


def test_prompts_that_loaders_add_agree_with_the_wordings():
    assert CAPTION_PROMPT == "Write a caption for this picture."
    _, sentences = wordings("name")  # of training, of evaluation
    _, subjects = SUBJECTS
    name_prompt = fill(sentences[0], "name", subjects[0])
    assert clear.NAME_PROMPT == name_prompt
    assert name_prompt == "Tell me the name of the person in the picture."
    added = [wording.format(field="hobby", name="Ada Ito") for wording in datasets.WORDINGS]
    assert added == [fill(stem, "hobby", "Ada Ito") for stem in STEMS[:2]]


def questions_about(examples: Iterable[Example], key: str) -> list[tuple[str, str]]:
    "Questions and answers about one person."
    return [(each.question, each.answer) for each in examples if each.person_id == key]


def test_training_text_comes_from_biographies():
    full = Source(DATA / "mllmu").read("Full_Set")
    biographies = {row["ID"]: json.loads(row["biography"]) for row in full}
    by_id, by_name = bench("mllmu", 5), bench("clear", 5)
    for person_id, biography in biographies.items():
        person = persons()[person_id]
        assert biography == {"Name": person.name, **person.facts}
        wanted = Counter()
        for field in FACTS:
            for stem in STEMS[:2]:
                wanted[fill(stem, field, person.name), biography[field]] += 1
        asked = questions_about(by_id.forget_qa + by_id.retain_qa, person_id)
        assert Counter(asked) == wanted

        taught_text = training_qa(person)
        asked = questions_about(by_name.forget_qa + by_name.retain_qa, person.name)
        assert asked == taught_text
        assert {answer for _, answer in taught_text} == {biography[field] for field in FACTS}


# ---------------------------------------------------------------- the answers are right, and the
# wrong ones wrong


def own_questions(field: str, person: Person) -> set[str]:
    "A field's wordings that need not name it, about somebody in a picture and by name."
    questions, sentence = OWN[field]
    found = set()
    for wording in (*questions, sentence):
        for subject in (*SUBJECTS[0], person.name):
            found.add(fill(wording, field, subject))
    return found


def asks_for(question: str, field: str, person: Person) -> bool:
    "A wording names its field, but for those of its own."
    return field in question or question in own_questions(field, person)


def truth(example: Example) -> str:
    "What the world says the answer is."
    person, question = persons()[example.person_id], example.question
    if question == CAPTION_PROMPT:
        return caption(person)
    if example.modality == "perception":
        named = [attribute for attribute in SEEN if SEEN[attribute] in question]
        longest = max(named, key=lambda attribute: len(SEEN[attribute]))  # "What" holds a hat
        return visible(person.look, longest)
    fields = (*FACTS, "name")
    return person.truth(next(field for field in fields if asks_for(question, field, person)))


@pytest.mark.parametrize("benchmark, ratio", [("mllmu", 5), ("clear", 5)])
def test_every_answer_is_true_and_one_of_four_options(benchmark, ratio):
    asked = bench(benchmark, ratio)
    for example in training(asked) + evaluated(asked):
        assert example.answer == truth(example), (example, truth(example))
        assert (example.options is None) == (example.task != "classification")
        if example.options:
            texts = list(example.options.values())
            assert list(example.options) == list("ABCD"), example
            assert texts.count(example.answer) == 1, example
            assert len(set(texts)) == 4, example
        if example.task == "cloze":
            assert example.question.count("__") == 1

    right = Counter()  # letter of the right option -> how often
    for example in evaluated(asked):
        for letter, text in (example.options or {}).items():
            if text == example.answer:
                right[letter] += 1
    assert all(0.2 < count / right.total() < 0.3 for count in right.values())
    assert len(right) == 4


def test_perturbed_rows_set_the_true_beside_the_wrong():
    for row in Source(DATA / "clear").read("retain_perturbed"):
        person = persons()[row["name"]]
        if row["image"] is None:
            assert row["answer"] in person.facts.values()
            assert len({row["answer"], *row["perturbed_answers"]}) == 4
            continue
        true = (row["caption"], row["paraphrased_caption"])
        for said in true:
            for part in (person.name, person.facts["occupation"], person.facts["residence"]):
                assert part in said
        assert len({*true, *row["perturbed_captions"]}) == 5
        assert len({person.name, *row["perturbed_names"]}) == 4
        others = [persons()[name] for name in row["perturbed_names"]]
        assert [caption(other) for other in others] == row["perturbed_captions"]
        assert {other.kind for other in others} == {"townsperson"}


def rows_about(person: Person) -> tuple:
    "Rows of somebody in both benchmarks, pictures left out."
    perturbed = []
    for row in world.perturbed(person):
        perturbed.append({column: value for column, value in row.items() if column != "image"})
    return (
        world.profile(person),
        world.profile(person, 1),
        world.tasks(person, ["perception"]),
        perturbed,
    )


def with_newcomer(
    people_of: Callable[..., list[Person]], newcomer: Person
) -> Callable[..., list[Person]]:
    "The people of each kind, and one more."

    def more(kind: str, seed: int = 0) -> list[Person]:
        return people_of(kind, seed) + [newcomer]

    return more


def test_a_newcomer_changes_nobody_elses_rows(monkeypatch):
    town = [person for person in make_people() if person.kind == "townsperson"]
    before = [rows_about(person) for person in town[::9]]
    look, facts = town[0].look, dict(town[0].facts)
    newcomer = Person("T101", "townsperson", "Zoe Newcomer", look, facts)
    monkeypatch.setattr(world, "people_of", with_newcomer(world.people_of, newcomer))
    assert [rows_about(person) for person in town[::9]] == before
    assert "Zoe Newcomer" in str(world.profile(newcomer))
