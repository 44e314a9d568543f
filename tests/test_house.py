"""The house is in order: one authority for settings, README and modules made from the notebooks,
names at the top of the package, a wheel that stands alone."""

import ast
import configparser
import importlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

import mmunlearner_nb
from house.checks import code_of, notebook_problems, text_problems
from house.exports import export, export_problems
from house.files import (
    PACKAGE,
    ROOT,
    WIDGET_VIEW,
    headline,
    modules,
    nb2str,
    notebooks,
    quoted,
    read,
    source,
    write,
)
from house.readme import readme_problems, render
from house.rooms import ROOMS, first_notebook, purpose, room_notebooks
from house.running import shown
from house.style import FOLDERS
from house.text import book_from_text, from_text, merge

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
README = (ROOT / "README.md").read_text()
TOOL = ROOT / "tools" / "nb.py"


def at(path: Path) -> str:
    "A path from the root."
    return path.relative_to(ROOT).as_posix()


# ---------------------------------------------------------------- settings.ini mirrors pyproject


def form(value: Any) -> str:
    "A setting in settings.ini's form."
    return " ".join(value) if isinstance(value, list) else str(value)


def mirror(project: dict) -> dict[str, str]:
    "What settings.ini must say, in nbdev 2's names and forms."
    about, nbdev = project["project"], project["tool"]["nbdev"]
    status = [re.match(r"Development Status :: (\d)", line) for line in about["classifiers"]]
    (status,) = [found[1] for found in status if found]
    return {key: form(value) for key, value in nbdev.items()} | dict(
        lib_name=about["name"],
        version=about["version"],
        description=about["description"],
        keywords=form(about["keywords"]),
        author=about["authors"][0]["name"],
        license={"Apache-2.0": "apache2"}[about["license"]],
        status=status,
        min_python=about["requires-python"].removeprefix(">="),
        requirements=form(about["dependencies"]),
        dev_requirements=form(about["optional-dependencies"]["dev"]),
        console_scripts="\n".join(f"{key}={value}" for key, value in about["scripts"].items()),
    )


def ini() -> dict[str, str]:
    "What settings.ini says."
    parser = configparser.ConfigParser()
    parser.read(ROOT / "settings.ini")
    return dict(parser["DEFAULT"])


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    "Keys whose words differ."

    def words(value: str | None) -> list[str] | None:
        return value and value.split()

    keys = sorted(one.keys() | other.keys())
    return [key for key in keys if words(one.get(key)) != words(other.get(key))]


def test_settings_ini_mirrors_pyproject():
    assert differing(ini(), mirror(PROJECT)) == []


def test_sees_settings_that_differ():
    assert differing(ini() | dict(version="9"), mirror(PROJECT)) == ["version"]
    assert differing(ini() | dict(more="1"), mirror(PROJECT)) == ["more"]


def test_version_is_one():
    assert mmunlearner_nb.__version__ == PROJECT["project"]["version"]


# ---------------------------------------------------------------- names at the top of the package


def test_every_public_name_resolves():
    lost = []
    for name, module in mmunlearner_nb.PUBLIC.items():
        there = importlib.import_module(f"{PACKAGE}.{module}")
        if getattr(mmunlearner_nb, name) is not getattr(there, name, None):
            lost.append(name)
    assert mmunlearner_nb.PUBLIC and lost == []


def test_public_names_are_listed_and_no_others_are_there():
    assert set(mmunlearner_nb.PUBLIC) <= set(dir(mmunlearner_nb))
    assert set(mmunlearner_nb.PUBLIC) <= set(mmunlearner_nb.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing_of_the_kind'"):
        _ = mmunlearner_nb.nothing_of_the_kind


def test_the_front_page_imports_what_is_there():
    shown_names = re.findall(rf"^from {PACKAGE} import (.+)$", README, re.M)
    names = {name.strip() for line in shown_names for name in line.split(",")}
    assert {"run", "plan", "unlearn", "evaluate", "audit", "compare", "replay"} <= names
    assert names <= set(mmunlearner_nb.PUBLIC)


def test_the_package_is_imported_quickly_and_a_name_in_a_new_process():
    code = (
        "import sys, mmunlearner_nb; assert 'torch' not in sys.modules; "
        "assert callable(mmunlearner_nb.run) and 'torch' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- notebooks, modules, README


def test_modules_are_what_the_notebooks_export():
    found = export_problems()
    assert found == [], "\n".join(found)


def test_readme_is_the_front_page():
    found = readme_problems()
    assert found == [], "\n".join(found)


def test_notebooks_are_clean():
    found = [problem for path in notebooks() for problem in notebook_problems(path)]
    assert found == [], "\n".join(found)


def test_notebooks_survive_editing_as_text():
    found = [problem for path in notebooks() for problem in text_problems(path)]
    assert found == [], "\n".join(found)


def row_problems(readme: str) -> list[str]:
    "What the front page does not say of notebooks and rooms."
    rows = []
    for path in sorted((ROOT / "nbs").glob("[0-9]*.ipynb")):
        rows.append(f"| [{path.stem}]({at(path)}) | {headline(path)[1]} |\n")
    for room in ROOMS:
        links = [f"[{path.stem[3:]}]({at(path)})" for path in room_notebooks(room)]
        name = f"[{room}]({at(first_notebook(room))})"
        rows.append(f"| {name} | {purpose(room)} | {', '.join(links)} |\n")
    for path in sorted((ROOT / "nbs" / "course").glob("[0-9]*.ipynb")):
        rows.append(f"| [{headline(path)[0]}]({at(path)}) | {headline(path)[1]} |\n")
    lost = [row for row in rows if row not in readme]
    links = set(re.findall(r"\]\((nbs/[^)\s]+\.ipynb)\)", readme))
    unlisted = [at(path) for path in notebooks() if at(path) not in links]
    order = [readme.find(f"| [{room}](") for room in ROOMS]
    disorder = [] if order == sorted(order) else ["the rooms are not in order"]
    return lost + [path for path in unlisted if path != "nbs/index.ipynb"] + disorder


def test_front_page_lists_every_notebook():
    assert row_problems(README) == [], "tools/nb.py run nbs/index.ipynb, then readme"


def test_sees_a_notebook_that_the_front_page_leaves_out():
    name = "[fisher](nbs/saliency/02_fisher.ipynb), "
    assert name in README
    problems = row_problems(README.replace(name, ""))
    assert len(problems) == 2 and "nbs/saliency/02_fisher.ipynb" in problems
    mixed = README.replace("| [core](", "| [CORE](").replace("| [data](", "| [core](")
    assert "the rooms are not in order" not in row_problems(README)
    assert "the rooms are not in order" in row_problems(mixed.replace("| [CORE](", "| [data]("))


def broken_links(page: str) -> list[str]:
    "Links of a page at the root that lead nowhere."
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [link for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    inside = [link for link in targets if not re.match(r"https?:|#", link)]
    assert inside, page
    return [link for link in inside if not (ROOT / link.partition("#")[0]).exists()]


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(page):
    assert broken_links(page) == []


def recipes() -> dict[str, str]:
    "The examples of CONTRIBUTING.md: what is added -> Python."
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## How to add a (.+)\n((?:(?!^## ).*\n)*)", text, re.M)
    found = {}
    for name, section in sections:
        for kind, code in re.findall(r"^```(python|text)\n(.*?)^```", section, re.M | re.S):
            found[name] = cells_of(code) if kind == "text" else code
    return found


def cells_of(text: str) -> str:
    "The code of an example that is a notebook as text."
    return "\n".join(source(cell) for cell in from_text(text) if cell["cell_type"] == "code")


RECIPES = recipes()


@pytest.mark.parametrize("name", RECIPES)
def test_contributors_examples_work(name):
    call = [sys.executable, "-c", RECIPES[name]]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_contributors_have_an_example_of_each():
    assert RECIPES.keys() == {"method", "metric", "figure", "model family", "lecture"}


def test_a_headline_may_span_lines():
    assert quoted("# t\n> one\n> two.\n\nmore > less\n\n> three") == "one two."
    assert quoted("# t\n\n> one") == "one" and quoted("# t\n\nnone") == ""


# ---------------------------------------------------------------- the checks see what they are for

CELLS = """# %% [markdown]
# # demo
#
# > A demonstration

# %%
#| default_exp demo

# %%
#| export
def one():
    return 1

# %%
one()
"""


@pytest.fixture
def small(tmp_path):
    "A project of one notebook, in order."
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "mmunlearner_nb").mkdir()
    (tmp_path / "mmunlearner_nb" / "__init__.py").write_text('__version__ = "0.1.0"\n')
    write(book_from_text(CELLS, [], "00_demo"), tmp_path / "nbs" / "00_demo.ipynb")
    export(tmp_path)
    assert export_problems(tmp_path) == []
    assert notebook_problems(tmp_path / "nbs" / "00_demo.ipynb") == []
    return tmp_path


def one_of(problems: list[str], words: str) -> bool:
    "Does one of the problems say this?"
    return any(words in problem for problem in problems)


def test_sees_a_module_edited_by_hand(small):
    with (small / "mmunlearner_nb" / "demo.py").open("a") as file:
        file.write("x = 1\n")
    problems = export_problems(small)
    assert one_of(problems, "demo.py is not what its notebook exports: run tools/nb.py export")


def test_sees_an_orphaned_module(small):
    (small / "nbs" / "00_demo.ipynb").unlink()
    assert one_of(export_problems(small), "demo.py comes from no notebook")


def test_sees_a_missing_module(small):
    (small / "mmunlearner_nb" / "demo.py").unlink()
    assert one_of(export_problems(small), "demo.py is missing: run tools/nb.py export")


def test_modules_are_formatted_as_they_are_exported(small):
    path, module = small / "nbs" / "00_demo.ipynb", small / "mmunlearner_nb" / "demo.py"
    book = read(path)
    book["cells"][2]["source"] = "#| export\ndef one(): return {'a':1}"
    write(book, path)
    export(small)
    assert 'def one():\n    return {"a": 1}\n' in module.read_text()
    assert export_problems(small) == []
    module.write_text(module.read_text().replace('{"a": 1}', "{'a':1}"))
    assert one_of(export_problems(small), "demo.py is not what its notebook exports")


def text_output(text: str) -> dict[str, str]:
    "What print gives."
    return dict(output_type="stream", name="stdout", text=text)


ERROR = dict(output_type="error", ename="ValueError", evalue="no", traceback=[])
VIEW = dict(output_type="display_data", metadata={}, data={WIDGET_VIEW: {"model_id": "0"}})
BAD_OUTPUTS = {
    "error": (ERROR, "cell 3 shows ValueError: no"),
    "widget": (VIEW, "widget view"),
    "path": (text_output("/home/somebody/data"), "path of somebody's machine"),
    "size": (text_output("x" * 500_000), "KB, 500 at most"),
}


@pytest.mark.parametrize("output, says", BAD_OUTPUTS.values(), ids=BAD_OUTPUTS.keys())
def test_sees_a_bad_output(small, output, says):
    path = small / "nbs" / "00_demo.ipynb"
    book = read(path)
    book["cells"][3]["outputs"] = [output]
    write(book, path)
    assert says in "\n".join(notebook_problems(path))


def test_sees_widget_state_disorder_and_ruin(small):
    path = small / "nbs" / "00_demo.ipynb"
    book = read(path)
    path.write_text(nb2str(book | dict(metadata=dict(widgets={}))))
    assert "widget state" in notebook_problems(path)[0]
    book["cells"][3]["execution_count"] = 7
    path.write_text(nb2str(book))
    unclean = "00_demo.ipynb is not in its clean form: run tools/nb.py clean"
    assert notebook_problems(path) == [unclean]
    path.write_text(nb2str(book)[:-9])
    assert "is no valid notebook" in notebook_problems(path)[0]


def test_solutions_are_folded_and_nbdev_clean_agrees(small):
    path = small / "nbs" / "00_demo.ipynb"
    book = read(path)
    book["cells"][3]["source"] = "#| exercise: 3.1\none()"
    book["cells"][2]["metadata"] = dict(jupyter=dict(source_hidden=True), tags=["x"])
    write(book, path)
    text = path.read_text()
    folded = dict(jupyter=dict(source_hidden=True), tags=["hide-input"])
    assert [cell["metadata"] for cell in read(path)["cells"]] == [{}, {}, {}, folded]
    clean = "from nbdev.clean import nbdev_clean; nbdev_clean.__wrapped__('nbs')"
    subprocess.run([sys.executable, "-c", clean], cwd=small, check=True)
    assert path.read_text() == text
    assert notebook_problems(path) == []
    book = read(path)
    book["cells"][3]["metadata"] = {}
    path.write_text(nb2str(book))
    assert "tools/nb.py clean" in notebook_problems(path)[0]
    subprocess.run([sys.executable, TOOL, "clean", path], check=True)
    assert path.read_text() == text


PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
FRONT = """# %% [markdown]
# see [demo](00_demo.ipynb), [law](../LICENSE), [out](https://x.y/z), `a](b)`

# %%
#| hide
secret = 1

# %%
#| echo: false
#| fig-alt: "two faces"
draw()
"""


def test_readme_has_pictures_links_and_no_hidden_cells(small):
    front = small / "nbs" / "index.ipynb"
    cells = merge(from_text(FRONT), [], "index")
    data = {"image/png": PIXEL, "text/plain": "<Figure>"}
    cells[2]["outputs"] = [dict(output_type="display_data", metadata={}, data=data)]
    write(dict(cells=cells), front)
    text, pictures = render(small)
    (name,) = pictures
    links = "see [demo](nbs/00_demo.ipynb), [law](LICENSE), [out](https://x.y/z), `a](b)`"
    assert text == f"{links}\n\n![two faces]({name})\n"
    assert name.startswith("nbs/index_files/")
    assert pictures[name].startswith(b"\x89PNG")
    (small / "README.md").write_text(text)
    lacking = f"{name} is not what nbs/index.ipynb shows: run tools/nb.py readme"
    assert readme_problems(small) == [lacking]
    (small / name).parent.mkdir()
    (small / name).write_bytes(pictures[name])
    assert readme_problems(small) == []
    (small / "README.md").write_text(text + "more\n")
    assert "README.md is not what" in readme_problems(small)[0]
    cells[2]["source"] = "draw()"
    write(dict(cells=cells), front)
    with pytest.raises(ValueError, match="needs '#| fig-alt"):
        render(small)


def test_editing_as_text_keeps_ids_drops_stale_outputs_and_formats(small):
    path, text = small / "nbs" / "00_demo.ipynb", small / "demo.py"
    book = read(path)
    book["cells"][3]["outputs"] = [text_output("1")]
    write(book, path)

    def tool(command: str) -> None:
        subprocess.run([sys.executable, TOOL, command, path, text], check=True)

    tool("out")
    new = text.read_text().replace("# %%\n#| export", "# %%\n'new'\n\n# %%\n#| export")
    text.write_text(new)
    tool("in")
    after, ids = read(path)["cells"], [cell["id"] for cell in book["cells"]]
    assert [cell["id"] for cell in after if source(cell) != '"new"'] == ids  # formatted
    assert shown(dict(cells=after))[-1] == ["1"]
    text.write_text(new.replace("one()\n", "one() + 1\n"))
    tool("in")
    after = read(path)["cells"]
    assert after[-1]["id"] == ids[-1]
    assert after[-1]["outputs"] == []
    assert notebook_problems(path) == []


# ---------------------------------------------------------------- what is imported is declared


def imports(text: str) -> Iterator[str]:
    "Modules imported at the top level: an import in a function or a try is optional."
    lines = [line for line in text.splitlines() if not re.match(r"\s*[%!]", line)]
    for node in ast.parse("\n".join(lines)).body:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


def plain(requirement: str) -> str:
    "A requirement's name."
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


DECLARED = {plain(each) for each in PROJECT["project"]["dependencies"]}
HOMES = packages_distributions()  # module -> the distributions that bring it


def is_declared(module: str) -> bool:
    "Does whoever installs the package have the module?"
    if module in sys.stdlib_module_names or module == PACKAGE:
        return True
    return any(plain(home) in DECLARED for home in HOMES.get(module, []))


def undeclared(texts: Iterable[str]) -> list[str]:
    "Modules that code imports and a plain install does not bring."
    found = {module for text in texts for module in imports(text)}
    return sorted(module for module in found if not is_declared(module))


def test_a_plain_install_can_run_the_notebooks():
    "The dev extra is for developers; whoever runs README's first command must get through."
    found = {at(path): undeclared(code_of(read(path))) for path in notebooks()}
    assert {path: names for path, names in found.items() if names} == {}


def test_an_undeclared_import_is_seen():
    optional = "try: import peft\nexcept ImportError: pass"
    texts = [f"import nbdev, numpy\nfrom PIL import Image\n%time 1\n{optional}"]
    assert undeclared(texts) == ["nbdev"]


# ---------------------------------------------------------------- the commands of the README


def command(mark: str) -> str:
    "A command of the front page."
    pattern = rf"^<!-- {mark} command.*-->\n```sh\n((?:(?!```).*\n)*)```$"
    (block,) = re.findall(pattern, README, re.M)
    (line,) = block.strip().splitlines()
    return line


COMMANDS = dict(
    run=".venv/bin/mmunlearner-nb run tiny-llava/mllmu-5",
    test=".venv/bin/python -m pytest -n 2",
)


def test_the_two_commands_stand_alone():
    for mark, end in COMMANDS.items():
        start = "python3 -m venv .venv && .venv/bin/pip install -e "
        assert command(mark).startswith(start)
        assert command(mark).endswith("&& " + end)


@pytest.mark.skipif(os.name == "nt", reason="bash")
def test_ci_runs_the_readmes_test_command():
    call = [ROOT / ".ci" / "run", "--show"]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    assert done.stdout == command("test") + "\n"


# ---------------------------------------------------------------- before a commit


def test_pre_commit_runs_the_same_with_nothing_from_elsewhere():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    hooks = {hook["entry"]: hook for hook in config["repos"][0]["hooks"]}
    folders = " ".join(FOLDERS)
    wanted = {f"ruff format {folders}", f"ruff check {folders}", "python tools/nb.py check"}
    assert hooks.keys() == wanted
    for hook in hooks.values():
        assert hook["language"] == "system"
        assert hook["pass_filenames"] is False


# ---------------------------------------------------------------- the wheel stands alone


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    "The wheel, and a folder with its content, far from the repository."
    src, out, target = (tmp_path_factory.mktemp(name) for name in ("src", "out", "target"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, src)
    for name in ("mmunlearner_nb", "nbs", "tests", "tools"):
        shutil.copytree(ROOT / name, src / name, ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, src]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = out.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", target, wheel], check=True)
    return wheel, target


def far_away(target: Path, code: str, cwd: Path) -> subprocess.CompletedProcess:
    "Code in a Python that finds the installed package and no repository."
    env = {key: value for key, value in os.environ.items() if key != "MMUNLEARNER_DATA"}
    env |= dict(PYTHONPATH=str(target), OMP_NUM_THREADS="1")
    call = [sys.executable, "-P", "-c", code]
    return subprocess.run(call, cwd=cwd, env=env, capture_output=True, text=True)


def test_the_wheel_holds_the_package_and_nothing_else(installed):
    names = zipfile.ZipFile(installed[0]).namelist()
    info = f"mmunlearner_nb-{PROJECT['project']['version']}.dist-info"
    assert {name.split("/")[0] for name in names} == {PACKAGE, info}
    data = {f"{PACKAGE}/published_results.csv", f"{PACKAGE}/py.typed"}
    inside = {name for name in names if name.startswith(f"{PACKAGE}/")}
    assert inside == {at(path) for path in modules()} | data
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_every_module_imports_from_the_wheel(installed, tmp_path):
    paths = [path for path in modules() if not path.name.startswith("_")]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    code = "\n".join(f"import {name} as m; print(m.__file__)" for name in names)
    done = far_away(installed[1], code, tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines and all(line.startswith(str(installed[1])) for line in lines)


def test_the_public_names_come_with_the_wheel(installed, tmp_path):
    code = "import mmunlearner_nb as m; print(all(callable(getattr(m, n)) for n in m.PUBLIC))"
    done = far_away(installed[1], code, tmp_path)
    assert done.stdout == "True\n", done.stderr


def test_the_command_is_there(installed):
    assert (installed[1] / "bin" / "mmunlearner-nb").exists() or os.name == "nt"
    module, name = PROJECT["project"]["scripts"]["mmunlearner-nb"].split(":")
    code = (
        f"import sys; from {module} import {name} as main; "
        "sys.argv = ['mmunlearner-nb', '--help']; main()"
    )
    done = far_away(installed[1], code, installed[1])
    assert done.returncode == 0 and "run" in done.stdout, done.stderr


DATA = "from mmunlearner_nb.core.basics import data_dir; print(data_dir())"


def test_the_wheel_without_data_says_where_to_get_it(installed, tmp_path):
    done = far_away(installed[1], DATA, tmp_path)
    last = done.stderr.strip().splitlines()[-1]
    start = "mmunlearner_nb.core.errors.DataError: no data_samples/ folder"
    assert done.returncode == 1 and last.startswith(start)
    for word in (str(tmp_path / "data_samples"), "clone", "MMUNLEARNER_DATA"):
        assert word in last


def test_the_wheel_finds_data_above_the_working_folder(installed, tmp_path):
    (tmp_path / "data_samples").mkdir()
    (tmp_path / "nbs").mkdir()
    done = far_away(installed[1], DATA, tmp_path / "nbs")
    assert done.stdout.strip() == str(tmp_path / "data_samples"), done.stderr


# ---------------------------------------------------------------- files are data, never code

UNSAFE = re.compile(
    r"\bpickle\b|joblib|trust_remote_code(?!=False)|allow_pickle"
    r"|torch\.load\((?!.*weights_only=True)|\bexec\(|\beval\((?!\))"
)


def test_loads_no_code_from_files():
    lines = [(at(path), line) for path in modules() for line in path.read_text().splitlines()]
    assert [(path, line) for path, line in lines if UNSAFE.search(line)] == []


CODE_IN_FILES = [
    "import pickle",
    "torch.load(p)",
    "np.load(p, allow_pickle=True)",
    "f(x, trust_remote_code=True)",
]


@pytest.mark.parametrize("line", CODE_IN_FILES)
def test_sees_code_in_files(line):
    assert UNSAFE.search(line)
