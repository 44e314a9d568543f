"The house is in order: one authority for settings, README and modules made from the notebooks, a wheel that stands alone."

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import nb

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
README = (ROOT / "README.md").read_text()
stem = lambda p: p.relative_to(ROOT).as_posix()

# ---------------------------------------------------------------- settings.ini mirrors pyproject.toml


def mirror(project):
    "What settings.ini must say, in nbdev 2's names and forms."
    p, n = project["project"], project["tool"]["nbdev"]
    form = lambda v: str(v) if not isinstance(v, list) else " ".join(v)
    (status,) = (
        re.match(r"Development Status :: (\d)", c)[1]
        for c in p["classifiers"]
        if c.startswith("Development")
    )
    return {k: form(v) for k, v in n.items()} | dict(
        lib_name=p["name"],
        version=p["version"],
        description=p["description"],
        keywords=form(p["keywords"]),
        author=p["authors"][0]["name"],
        license={"Apache-2.0": "apache2"}[p["license"]],
        status=status,
        min_python=p["requires-python"].removeprefix(">="),
        requirements=form(p["dependencies"]),
        dev_requirements=form(p["optional-dependencies"]["dev"]),
        console_scripts="\n".join(f"{k}={v}" for k, v in p["scripts"].items()),
    )


def ini():
    c = configparser.ConfigParser()
    c.read(ROOT / "settings.ini")
    return dict(c["DEFAULT"])


@pytest.mark.parametrize("key", sorted(mirror(PROJECT).keys() | ini().keys()))
def test_settings_ini_mirrors_pyproject(key):
    words = lambda v: v and v.split()
    assert words(ini().get(key)) == words(mirror(PROJECT).get(key))


def test_version_is_one():
    import mmunlearner_nb

    assert mmunlearner_nb.__version__ == PROJECT["project"]["version"]


# ---------------------------------------------------------------- notebooks, modules, README


def test_modules_are_what_the_notebooks_export():
    assert nb.export_problems() == []


def test_readme_is_the_front_page():
    assert nb.readme_problems() == []


@pytest.mark.parametrize("path", [p for p in nb.modules() if p.name != "_modidx.py"], ids=stem)
def test_module_is_short(path):
    assert nb.module_problems(path) == []


@pytest.mark.parametrize("path", nb.notebooks(), ids=stem)
def test_notebook_is_clean(path):
    assert nb.notebook_problems(path) == []


@pytest.mark.parametrize("path", nb.notebooks(), ids=stem)
def test_notebook_survives_editing_as_text(path):
    old = nb.read(path)
    cells = nb.merge(nb.from_text(nb.to_text(old)), old["cells"], path.stem)
    assert nb.canonical(dict(cells=cells)) == path.read_text()


@pytest.mark.parametrize("path", sorted((ROOT / "nbs").glob("[0-9]*.ipynb")), ids=stem)
def test_front_page_lists_the_notebook(path):
    title, line = [
        l for l in nb.source(nb.read(path)["cells"][0]).splitlines() if re.match("# |> ", l)
    ]
    assert (
        title.startswith("# ")
        and f"| [{path.stem}](nbs/{path.name}) | {line[2:].strip()} |\n" in README
    ), "tools/nb.py run nbs/index.ipynb, then readme"


def test_links_lead_somewhere():
    targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", README) if not re.match(r"https?:|#", t)]
    assert targets and [t for t in targets if not (ROOT / t).exists()] == []


# ---------------------------------------------------------------- the checks themselves see what they are there for

CELLS = """# %% [markdown]
# # demo
#
# > A demonstration

# %%
#| default_exp demo

# %%
#| export
def one(): return 1

# %%
one()
"""


@pytest.fixture
def small(tmp_path):
    "A project of one notebook, in order."
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "mmunlearner_nb").mkdir()
    (tmp_path / "mmunlearner_nb" / "__init__.py").write_text('__version__ = "0.1.0"\n')
    nb.write(
        dict(cells=nb.merge(nb.from_text(CELLS), [], "00_demo")), tmp_path / "nbs" / "00_demo.ipynb"
    )
    run = lambda: subprocess.run(
        [
            sys.executable,
            "-c",
            "from nbdev.doclinks import nbdev_export; nbdev_export.__wrapped__()",
        ],
        cwd=tmp_path,
        check=True,
    )
    run()
    assert (
        nb.export_problems(tmp_path) == []
        and nb.notebook_problems(tmp_path / "nbs" / "00_demo.ipynb") == []
    )
    return tmp_path


def test_sees_a_module_edited_by_hand(small):
    with (small / "mmunlearner_nb" / "demo.py").open("a") as f:
        f.write("x = 1\n")
    assert [p for p in nb.export_problems(small) if "demo.py is not what its notebook exports" in p]


def test_sees_an_orphaned_module(small):
    (small / "nbs" / "00_demo.ipynb").unlink()
    assert [p for p in nb.export_problems(small) if "demo.py comes from no notebook" in p]


def test_sees_a_missing_module(small):
    (small / "mmunlearner_nb" / "demo.py").unlink()
    assert [p for p in nb.export_problems(small) if "demo.py is missing" in p]


def test_sees_a_long_module(small):
    path = small / "mmunlearner_nb" / "demo.py"
    path.write_text("x = 1\n" * 299)
    assert nb.module_problems(path) == []
    path.write_text("x = 1\n" * 300)
    assert nb.module_problems(path) == [
        "demo.py has 300 lines, 299 at most: a second concept inside?"
    ]


def text_output(s):
    return dict(output_type="stream", name="stdout", text=s)


@pytest.mark.parametrize(
    "output, says",
    [
        (
            dict(output_type="error", ename="ValueError", evalue="no", traceback=[]),
            "cell 3 shows ValueError: no",
        ),
        (
            dict(output_type="display_data", metadata={}, data={nb.WIDGET_VIEW: {"model_id": "0"}}),
            "widget view",
        ),
        (text_output("/home/somebody/data"), "path of somebody's machine"),
        (text_output("x" * 500_000), "KB, 500 at most"),
    ],
    ids=["error", "widget", "path", "size"],
)
def test_sees_a_bad_output(small, output, says):
    path = small / "nbs" / "00_demo.ipynb"
    book = nb.read(path)
    book["cells"][3]["outputs"] = [output]
    nb.write(book, path)
    assert says in "\n".join(nb.notebook_problems(path))


def test_sees_widget_state_disorder_and_ruin(small):
    path = small / "nbs" / "00_demo.ipynb"
    book = nb.read(path)
    path.write_text(nb.nb2str(book | dict(metadata=dict(widgets={}))))
    assert "widget state" in nb.notebook_problems(path)[0]
    book["cells"][3]["execution_count"] = 7
    path.write_text(nb.nb2str(book))
    assert nb.notebook_problems(path) == [
        "00_demo.ipynb is not in its clean form: run tools/nb.py clean"
    ]
    path.write_text(nb.nb2str(book)[:-9])
    assert "is no valid notebook" in nb.notebook_problems(path)[0]


def test_solutions_are_folded_and_nbdev_clean_agrees(small):
    path = small / "nbs" / "00_demo.ipynb"
    book = nb.read(path)
    book["cells"][3]["source"] = "#| exercise: 3.1\none()"
    book["cells"][2]["metadata"] = dict(jupyter=dict(source_hidden=True), tags=["x"])
    nb.write(book, path)
    text = path.read_text()
    assert [c["metadata"] for c in nb.read(path)["cells"]] == [
        {},
        {},
        {},
        dict(jupyter=dict(source_hidden=True), tags=["hide-input"]),
    ]
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from nbdev.clean import nbdev_clean; nbdev_clean.__wrapped__('nbs')",
        ],
        cwd=small,
        check=True,
    )
    assert path.read_text() == text and nb.notebook_problems(path) == []
    book = nb.read(path)
    book["cells"][3]["metadata"] = {}
    path.write_text(nb.nb2str(book))
    assert "tools/nb.py clean" in nb.notebook_problems(path)[0]
    subprocess.run([sys.executable, ROOT / "tools" / "nb.py", "clean", path], check=True)
    assert path.read_text() == text


PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def test_readme_has_pictures_links_and_no_hidden_cells(small):
    cells = nb.from_text(
        "# %% [markdown]\n# see [demo](00_demo.ipynb), [law](../LICENSE), [out](https://x.y/z), `a](b)`\n\n"
        '# %%\n#| hide\nsecret = 1\n\n# %%\n#| echo: false\n#| fig-alt: "two faces"\ndraw()\n'
    )
    cells = nb.merge(cells, [], "index")
    cells[2]["outputs"] = [
        dict(
            output_type="display_data",
            metadata={},
            data={"image/png": PIXEL, "text/plain": "<Figure>"},
        )
    ]
    nb.write(dict(cells=cells), small / "nbs" / "index.ipynb")
    text, pictures = nb.render(small)
    (name,) = pictures
    assert (
        text
        == f"see [demo](nbs/00_demo.ipynb), [law](LICENSE), [out](https://x.y/z), `a](b)`\n\n![two faces]({name})\n"
    )
    assert name.startswith("nbs/index_files/") and pictures[name].startswith(b"\x89PNG")
    (small / "README.md").write_text(text)
    assert nb.readme_problems(small) == [
        f"{name} is not what nbs/index.ipynb shows: run tools/nb.py readme"
    ]
    (small / name).parent.mkdir()
    (small / name).write_bytes(pictures[name])
    assert nb.readme_problems(small) == []
    (small / "README.md").write_text(text + "more\n")
    assert "README.md is not what" in nb.readme_problems(small)[0]
    cells[2]["source"] = "draw()"
    nb.write(dict(cells=cells), small / "nbs" / "index.ipynb")
    with pytest.raises(ValueError, match="needs '#| fig-alt"):
        nb.render(small)


def test_editing_as_text_keeps_ids_and_drops_stale_outputs(small):
    path, text = small / "nbs" / "00_demo.ipynb", small / "demo.py"
    book = nb.read(path)
    book["cells"][3]["outputs"] = [text_output("1")]
    nb.write(book, path)
    tool = lambda *a: subprocess.run(
        [sys.executable, ROOT / "tools" / "nb.py", *a, path, text], check=True
    )
    tool("out")
    text.write_text(text.read_text().replace("# %%\n#| export", "# %%\n'new'\n\n# %%\n#| export"))
    tool("in")
    after, ids = nb.read(path)["cells"], [c["id"] for c in book["cells"]]
    assert [c["id"] for c in after if nb.source(c) != "'new'"] == ids and nb.shown(
        dict(cells=after)
    )[-1] == ["1"]
    text.write_text(text.read_text().replace("one()\n", "one() + 1\n"))
    tool("in")
    after = nb.read(path)["cells"]
    assert after[-1]["id"] == ids[-1] and after[-1]["outputs"] == []


# ---------------------------------------------------------------- what is imported is declared


def imports(source):
    "Modules imported at the top level: an import in a function or a try is optional."
    lines = [l for l in source.splitlines() if not re.match(r"\s*[%!]", l)]
    for n in ast.parse("\n".join(lines)).body:
        if isinstance(n, ast.Import):
            yield from (a.name.split(".")[0] for a in n.names)
        if isinstance(n, ast.ImportFrom) and n.level == 0:
            yield n.module.split(".")[0]


def undeclared(sources):
    plain = lambda s: re.match(r"[\w.-]+", s)[0].lower().replace("_", "-")
    declared, homes = (
        {plain(d) for d in PROJECT["project"]["dependencies"]},
        packages_distributions(),
    )
    known = lambda m: (
        m in sys.stdlib_module_names
        or m == "mmunlearner_nb"
        or any(plain(d) in declared for d in homes.get(m, []))
    )
    return sorted({m for s in sources for m in imports(s) if not known(m)})


@pytest.mark.parametrize("path", nb.notebooks(), ids=stem)
def test_a_plain_install_can_run_the_notebook(path):
    "nbdev and the rest of the dev extra are for developers; whoever runs README's first command must get through."
    assert (
        undeclared(nb.source(c) for c in nb.read(path)["cells"] if c["cell_type"] == "code") == []
    )


def test_an_undeclared_import_is_seen():
    assert undeclared(
        [
            "import nbdev, numpy\nfrom PIL import Image\n%time 1\ntry: import peft\nexcept ImportError: pass"
        ]
    ) == ["nbdev"]


# ---------------------------------------------------------------- the commands of the README


def command(mark):
    (block,) = re.findall(
        rf"^<!-- {mark} command.*-->\n```sh\n((?:(?!```).*\n)*)```$", README, re.M
    )
    (line,) = block.strip().splitlines()
    return line


def test_the_two_commands_stand_alone():
    for mark, end in dict(
        run=".venv/bin/mmunlearner-nb run tiny-llava/mllmu-5",
        test=".venv/bin/python -m pytest -n 2",
    ).items():
        assert command(mark).startswith(
            "python3 -m venv .venv && .venv/bin/pip install -e "
        ) and command(mark).endswith("&& " + end)


@pytest.mark.skipif(os.name == "nt", reason="bash")
def test_ci_runs_the_readmes_test_command():
    out = subprocess.run(
        [ROOT / ".ci" / "run", "--show"], capture_output=True, text=True, check=True
    ).stdout
    assert out == command("test") + "\n"


# ---------------------------------------------------------------- the wheel stands alone


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    "A folder with the wheel's content, far from the repository."
    src, out, target = (tmp_path_factory.mktemp(n) for n in ("src", "out", "target"))
    for f in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / f, src)
    for d in ("mmunlearner_nb", "nbs", "tests", "tools"):
        shutil.copytree(ROOT / d, src / d, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, src],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (wheel,) = out.glob("*.whl")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--no-index",
            "--target",
            target,
            wheel,
        ],
        check=True,
    )
    return wheel, target


def far_away(target, code, cwd):
    "`code` in a Python that finds the installed package and no repository."
    env = {k: v for k, v in os.environ.items() if k != "MMUNLEARNER_DATA"} | dict(
        PYTHONPATH=str(target), OMP_NUM_THREADS="1"
    )
    return subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=cwd, env=env, capture_output=True, text=True
    )


def test_the_wheel_holds_the_package_and_nothing_else(installed):
    names = zipfile.ZipFile(installed[0]).namelist()
    assert {n.split("/")[0] for n in names} == {
        "mmunlearner_nb",
        f"mmunlearner_nb-{PROJECT['project']['version']}.dist-info",
    }
    assert {n for n in names if n.startswith("mmunlearner_nb/")} == {
        stem(p) for p in nb.modules()
    } | {"mmunlearner_nb/published_results.csv"}
    assert any(n.endswith("licenses/LICENSE") for n in names)


def test_every_module_imports_from_the_wheel(installed, tmp_path):
    code = "\n".join(
        f"import {'.'.join(p.relative_to(ROOT).with_suffix('').parts)} as m; print(m.__file__)"
        for p in nb.modules()
        if not p.name.startswith("_")
    )
    done = far_away(installed[1], code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout and all(l.startswith(str(installed[1])) for l in done.stdout.splitlines())


def test_the_command_is_there(installed):
    assert (installed[1] / "bin" / "mmunlearner-nb").exists() or os.name == "nt"
    entry = PROJECT["project"]["scripts"]["mmunlearner-nb"]
    done = far_away(
        installed[1],
        "import sys; from {} import {} as main; sys.argv = ['mmunlearner-nb', '--help']; main()".format(
            *entry.split(":")
        ),
        installed[1],
    )
    assert done.returncode == 0 and "run" in done.stdout, done.stderr


DATA = "from mmunlearner_nb.core.basics import data_dir; print(data_dir())"


def test_the_wheel_without_data_says_where_to_get_it(installed, tmp_path):
    done = far_away(installed[1], DATA, tmp_path)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1 and last.startswith(
        "mmunlearner_nb.core.errors.DataError: no data_samples/ folder"
    )
    for word in (str(tmp_path / "data_samples"), "clone", "MMUNLEARNER_DATA"):
        assert word in last


def test_the_wheel_finds_data_above_the_working_folder(installed, tmp_path):
    (tmp_path / "data_samples").mkdir()
    (tmp_path / "nbs").mkdir()
    done = far_away(installed[1], DATA, tmp_path / "nbs")
    assert done.stdout.strip() == str(tmp_path / "data_samples"), done.stderr


# ---------------------------------------------------------------- files are data, never code

UNSAFE = re.compile(
    r"\bpickle\b|joblib|trust_remote_code(?!=False)|allow_pickle|torch\.load\((?!.*weights_only=True)|\bexec\(|\beval\((?!\))"
)


@pytest.mark.parametrize("path", nb.modules(), ids=stem)
def test_loads_no_code_from_files(path):
    assert [l for l in path.read_text().splitlines() if UNSAFE.search(l)] == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "torch.load(p)",
        "np.load(p, allow_pickle=True)",
        "f(x, trust_remote_code=True)",
    ],
)
def test_sees_code_in_files(line):
    assert UNSAFE.search(line)
