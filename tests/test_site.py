"""The site: every notebook, every name, every figure, every link; nothing from outside, and faults
that are seen."""

import ast
import json
import re
import shutil
from html import unescape
from pathlib import Path

import pytest

import mmunlearner_nb
from house.files import ROOT, is_code, is_exported, modules, notebooks, read, source, write
from house.files import bare as code_of
from house.rooms import ROOMS, purpose
from house.text import book_from_text, from_text, merge
from pages.api import exports, origins
from pages.build import build
from pages.outline import address, front_page, room_of, section

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FRONT = front_page()
BOOKS = [path for path in notebooks() if path != FRONT]
FISHER, MASKS = "nbs/saliency/02_fisher", "nbs/saliency/04_masks"

pytestmark = pytest.mark.xdist_group("site")


def bare(html: str) -> str:
    "A page's text."
    return unescape(re.sub("<[^>]+>", "", html))


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("site") / "docs"
    return out, build(out)


@pytest.fixture(scope="session")
def html(built):
    pages = built[0].rglob("*.html")
    return {page.relative_to(built[0]).as_posix(): page.read_text("utf-8") for page in pages}


def test_builds_without_a_warning_a_broken_link_or_a_loan(built):
    assert built[1] == [], "\n".join(built[1])


def test_every_notebook_has_a_page_in_its_section(html):
    for path in BOOKS:
        at = address(path)
        assert at in html
        assert f'href="{at}"' in html[f"{section(path)}.html"], at
    hand_made = {"index.html", "api.html", "gallery.html", "search.html", "licence.html"}
    assert html.keys() >= hand_made


def test_the_library_is_its_rooms_in_order_each_with_its_sentences(html):
    text, at = bare(html["library.html"]), -1
    for room in ROOMS:
        sentence = purpose(room).replace("`", "")
        assert text.find(sentence) > at, room
        at = text.find(sentence)
        assert f'href="nbs/{room}/00_room.html"' in html["library.html"]
    for path in BOOKS:
        if room_of(path) and path.stem != "00_room":
            page = html[f"nbs/{room_of(path)}/00_room.html"]
            assert f'href="{path.stem}.html"' in page, path.name


def test_the_front_page_is_the_readme(html):
    text = bare(html["index.html"])
    assert "The first five minutes" in text
    assert ".venv/bin/mmunlearner-nb run tiny-llava/mllmu-5" in text
    for words in (
        f'href="{FISHER}.html"',
        'href="nbs/saliency/00_room.html"',
        'href="licence.html"',
        'alt="Twenty-four drawn portraits',
        'alt="One figure of each of the ten lectures',
        'href="nbs/course/syllabus.html"',
    ):
        assert words in html["index.html"], words


def parts_of(page: str) -> dict[str, str]:
    "A page's sections by their ids."
    pattern = r'<section id="([\w-]+)">(.*?)(?=<section id=|</article>)'
    return dict(re.findall(pattern, page, re.S))


def all_of(path: Path) -> list[str]:
    "A module's __all__."
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    raise AssertionError(f"{path} has no __all__")


def test_every_public_name_is_in_the_api(html):
    parts = parts_of(html["api.html"])
    for path in modules():
        if path.name.startswith("_"):
            continue
        dotted = ".".join(path.relative_to(ROOT / "mmunlearner_nb").with_suffix("").parts)
        part = parts[re.sub(r"[._]", "-", dotted)]
        have = re.findall(r'class="sig-name descname"><span class="pre">(\w+)', part)
        assert have == all_of(path) and have, dotted
    name = "mmunlearner_nb.saliency.fisher.diagonal_fisher"
    link = rf'id="{name}">(?:(?!<dt).)*href="{FISHER}.html#cell-\w+">source'
    assert re.search(link, html["api.html"], re.S)


def test_the_api_begins_with_the_names_at_the_top(html):
    part = parts_of(html["api.html"])["from-the-top"]
    for name, module in mmunlearner_nb.PUBLIC.items():
        assert f'<a href="#mmunlearner_nb.{module}.{name}">' in part, name
        assert f'id="mmunlearner_nb.{module}.{name}"' in html["api.html"], name


def test_every_figure_is_in_the_gallery_and_has_words(html):
    shown = []
    for path in notebooks():
        for cell in read(path)["cells"]:
            if not re.search(r"^#\|\s*hide\s*$", source(cell), re.M):
                data = [output.get("data", {}) for output in cell.get("outputs", [])]
                shown += [(path, cell["id"]) for each in data if "image/png" in each]
    to = ["index.html" if path == FRONT else f"{address(path)}#cell-{cell}" for path, cell in shown]
    image = r'<img alt="[^"]+"[^>]*src="_images/[^"]+"'
    links = re.findall(rf'<a class="reference[^"]*" href="([^"]+)">{image}', html["gallery.html"])
    assert sorted(links) == sorted(to)
    assert len(links) > 50
    images = [(at, image) for at, text in html.items() for image in re.findall("<img [^>]+>", text)]
    assert [at for at, image in images if not re.search('alt="[^"]+"', image)] == []


def test_no_directive_no_hidden_cell_and_no_open_solution(html):
    for path in BOOKS:
        page, cells = html[address(path)], list(filter(is_code, read(path)["cells"]))
        text = bare(page)
        assert not re.search(r"^#\|", text, re.M), path.name
        assert "BEGIN SOLUTION" not in text, path.name
        exported = [code_of(source(cell)) for cell in cells if is_exported(cell)]
        assert all(each in text for each in exported), path.name
        solutions = sum("### BEGIN SOLUTION" in source(cell) for cell in cells)
        assert page.count("Show the solution") == solutions, path.name


def test_formulas_are_mathml(html):
    for path in BOOKS:
        texts = [source(cell) for cell in read(path)["cells"] if not is_code(cell)]
        words = [re.sub("```.*?```|`[^`]*`", "", text, flags=re.S) for text in texts]
        formulas = sum(len(re.findall(r"\$\$.+?\$\$|\$[^$]+\$", each, re.S)) for each in words)
        assert html[address(path)].count("<math ") == formulas, path.name
    assert 'display="block"' in html[f"{FISHER}.html"]


def test_search_knows_the_words(built):
    text = (built[0] / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(re.fullmatch(r"Search\.setIndex\((.*)\)", text, re.S)[1])

    def where(kind: str, word: str) -> list[str]:
        found = index[kind][word]
        return [index["docnames"][i] for i in (found if isinstance(found, list) else [found])]

    assert FISHER in where("titleterms", "fisher")
    assert MASKS in where("terms", "fisher")
    assert set(index["docnames"]) >= {address(path).removesuffix(".html") for path in BOOKS}


VISITED = ("index.html", "api.html", "gallery.html", "library.html", f"{FISHER}.html")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here: .ci/run installs one, and runs this")
def test_opened_from_disk_it_searches_fits_and_asks_for_nothing(built):
    from playwright.sync_api import sync_playwright

    wrong = []

    def request(each) -> None:
        if not each.url.startswith(("file:", "data:")):
            wrong.append(each.url)

    with sync_playwright() as playwright:
        options = dict(executable_path=BROWSER, headless=True, args=FLAGS)
        browser = playwright.chromium.launch(**options)
        page = browser.new_page(viewport=dict(width=390, height=800))
        page.on("request", request)
        page.on("requestfailed", lambda each: wrong.append(each.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"file://{built[0]}/search.html?q=fisher")
        result = page.locator(f'#search-results a[href^="{FISHER}.html"]').first
        result.wait_for(timeout=10_000)
        for at in (*VISITED, "nbs/03_all_methods.html"):
            page.goto(f"file://{built[0]}/{at}")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, f"{at} is wider than a phone"
    assert wrong == []


# ---------------------------------------------------------------- a small project: what is shown,
# and what is seen

FRONT_TEXT = """# %% [markdown]
# # front
#
# > The front
#
# [demo](demo.ipynb), [law](../LICENSE)
"""
DEMO = r"""# %% [markdown]
# # demo
#
# > A demonstration
#
# See [front](index.ipynb), [law](../LICENSE), [a part](#a-part) and $\big|\frac12\big|$.

# %%
#| default_exp demo

# %%
#| export
def one(
    x: int, # a number
) -> int:
    "One of `x`, *always*."
    return 1

# %% [markdown]
# ## A part

# %%
#| exercise: 1
def two():
    ### BEGIN SOLUTION
    return one()*2
    ### END SOLUTION

# %%
#| fig-alt: "one dot: small"
one()

# %%
#| hide
secret = 1
"""
ROOM = """# %% [markdown]
# # The room core
#
# > What comes in,
# > and what goes out.

# %%
#| default_exp core.__init__
"""
PASSED = """# %% [markdown]
# # passed
#
# > Names of others,
# > passed on.

# %%
#| default_exp core.passed

# %%
#| export
def three():
    "Three."
"""
FAULTS = r"""
# %% [markdown]
# [none](99_none.ipynb), [no place](#nowhere), $\nosuch$, <a href="gone.html">gone</a>,
# <a href="demo.html#lost">lost</a>, <img src="https://x.y/z.png">
"""
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def put_notebook(root: Path, name: str, text: str) -> None:
    "A notebook of the small project; what has words for a picture gets one."
    cells = merge(from_text(text), [], name)
    for cell in cells:
        if "fig-alt" in source(cell):
            data = {"image/png": PIXEL}
            cell["outputs"] = [dict(output_type="display_data", metadata={}, data=data)]
    write(dict(cells=cells), root / "nbs" / f"{name}.ipynb")


def put_module(root: Path, name: str, text: str) -> None:
    "A module of the small project."
    path = root / "mmunlearner_nb" / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def small(root: Path, text: str) -> tuple[list[str], str]:
    "A project of a few notebooks, built: what is wrong, and the demo's page."
    books = {"index": FRONT_TEXT, "demo": text, "core/00_room": ROOM, "core/01_passed": PASSED}
    for name, cells in books.items():
        put_notebook(root, name, cells)
    put_module(root, "__init__", 'PUBLIC = {"one": "demo"}\n')
    put_module(root, "demo", '__all__ = ["one"]\n')
    put_module(root, "core/__init__", "__all__ = []\n")
    imports = "from ..demo import (\n    one,\n)\n"
    put_module(root, "core/passed", f'__all__ = ["three", "one"]\n\n{imports}')
    (root / "LICENSE").write_text("the law\n")
    bad = build(root / "out", root)
    return bad, (root / "out" / "nbs" / "demo.html").read_text(encoding="utf-8")


def test_a_page_shows_what_it_should(tmp_path):
    bad, text = small(tmp_path, DEMO)
    assert bad == []
    plain = bare(text)
    assert "secret" not in plain and "#|" not in plain
    assert "x: int, # a number" in plain
    assert "def two():\n    ...\n" in plain
    assert "def two():\n    return one()*2\n" in plain
    assert plain.count("Show the solution") == 1
    assert re.search(r"<details.*Show the solution.*return.*</details>", text, re.S)
    assert "<math " in text and "<mfrac>" in text
    assert 'alt="one dot: small"' in text
    for target in ("../index.html", "../licence.html", "#a-part"):
        assert f'href="{target}"' in text


def test_the_api_shows_names_where_they_are_and_where_they_are_passed_on(tmp_path):
    small(tmp_path, DEMO)
    api = (tmp_path / "out" / "api.html").read_text(encoding="utf-8")
    assert "One of <code" in api and "*always*" in api
    assert 'id="mmunlearner_nb.demo.one"' in api
    assert '<a href="#mmunlearner_nb.demo.one"><code>one</code></a>' in api
    parts = parts_of(api)
    assert "What comes in, and what goes out." in bare(parts["core"])
    passed = parts["core-passed"]
    assert "Names of others, passed on." in bare(passed)
    assert re.findall(r'descname"><span class="pre">(\w+)', passed) == ["three", "one"]
    assert 'href="nbs/demo.html#cell-' in passed
    library = (tmp_path / "out" / "library.html").read_text(encoding="utf-8")
    assert "What comes in, and what goes out." in bare(library)
    assert "Names of others, passed on." in bare(library)


IMPORTS = """from .near import one
from . import beside
from ..data.far import (
    two,
    three as four,
)
from mmunlearner_nb.model.absolute import (
    five,
)
from numpy import six
import seven
"""


def test_names_are_followed_by_every_kind_of_import(tmp_path):
    path = tmp_path / "mmunlearner_nb" / "core" / "here.py"
    assert origins(ast.parse(IMPORTS), path, tmp_path) == dict(
        one="core.near",
        beside="core",
        two="data.far",
        four="data.far",
        five="model.absolute",
    )
    top = tmp_path / "mmunlearner_nb" / "here.py"
    assert origins(ast.parse("from .near import one"), top, tmp_path) == dict(one="near")


SEEN = (
    "'nbs/99_none.ipynb'|99_none.ipynb",
    "WARNING: .*nowhere",
    r"WARNING: no MathML for '\\\\nosuch'",
    "nbs/demo.html links to gone.html, which does not exist",
    "nbs/demo.html links to demo.html#lost, which has no such place",
    "nbs/demo.html loads https://x.y/z.png",
)


def test_faults_are_seen(tmp_path):
    bad = "\n".join(small(tmp_path, DEMO + FAULTS)[0])
    for what in SEEN:
        assert re.search(what, bad), f"{what} is not in\n{bad}"


def test_a_module_out_of_step_is_named(tmp_path):
    path = tmp_path / "nbs" / "demo.ipynb"
    write(book_from_text(DEMO, [], "demo"), path)
    says = "demo.ipynb and demo.py are out of step .*run tools/nb.py export"
    with pytest.raises(SystemExit, match=says):
        exports(path, tmp_path)


def test_refuses_a_folder_that_is_no_site(tmp_path):
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(SystemExit, match="no built site"):
        build(tmp_path)
    assert (tmp_path / "mine").read_text() == "precious"
