"The site: every notebook, every name, every figure, every link; nothing from outside, and faults that are seen."

import ast
import importlib.util
import json
import re
import shutil
import sys
from html import unescape
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import nb

spec = importlib.util.spec_from_file_location(
    "tools_site", ROOT / "tools" / "site.py"
)  # `site` is taken, by Python itself
site = importlib.util.module_from_spec(spec)
spec.loader.exec_module(site)

BROWSER = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
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
FRONT = ROOT / "nbs" / "index.ipynb"
BOOKS = [p for p in nb.notebooks() if p != FRONT]


def bare(html):
    return unescape(re.sub("<[^>]+>", "", html))


pytestmark = pytest.mark.xdist_group("site")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("site") / "docs"
    return out, site.build(out)


@pytest.fixture(scope="session")
def html(built):
    return {
        p.relative_to(built[0]).as_posix(): p.read_text(encoding="utf-8")
        for p in built[0].rglob("*.html")
    }


def test_builds_without_a_warning_a_broken_link_or_a_loan(built):
    assert built[1] == []


def test_every_notebook_has_a_page_in_its_section(html):
    for path in BOOKS:
        at = site.address(path)
        assert at in html and f'href="{at}"' in html[f"{site.section(path)}.html"], at
    assert html.keys() >= {"index.html", "api.html", "gallery.html", "search.html", "licence.html"}


def test_the_front_page_is_the_readme(html):
    assert "The first five minutes" in bare(
        html["index.html"]
    ) and ".venv/bin/mmunlearner-nb run tiny-llava/mllmu-5" in bare(html["index.html"])
    for words in (
        'href="nbs/50_fisher.html"',
        'href="licence.html"',
        'alt="Twenty-four drawn portraits',
        'alt="One figure of each of the ten lectures',
        'href="nbs/course/syllabus.html"',
    ):
        assert words in html["index.html"]


def test_every_public_name_is_in_the_api(html):
    parts = dict(
        re.findall(
            r'<section id="([\w-]+)">(.*?)(?=<section id=|</article>)', html["api.html"], re.S
        )
    )
    for path in nb.modules():
        if path.name.startswith("_"):
            continue
        have = re.findall(
            r'class="sig-name descname"><span class="pre">(\w+)', parts[path.stem.replace("_", "-")]
        )
        (names,) = (
            ast.literal_eval(n.value)
            for n in ast.parse(path.read_text()).body
            if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__"
        )
        assert have == names and names, path.name
    assert re.search(
        r'id="mmunlearner_nb.saliency.fisher.diagonal_fisher">(?:(?!<dt).)*href="nbs/50_fisher.html#cell-\w+">source',
        html["api.html"],
        re.S,
    )


def test_every_figure_is_in_the_gallery_and_has_words(html):
    shown = [
        (p, c["id"])
        for p in nb.notebooks()
        for c in nb.read(p)["cells"]
        if not re.search(r"^#\|\s*hide\s*$", nb.source(c), re.M)
        for o in c.get("outputs", [])
        if "image/png" in o.get("data", {})
    ]
    links = re.findall(
        r'<a class="reference[^"]*" href="([^"]+)"><img alt="[^"]+"[^>]*src="_images/[^"]+"',
        html["gallery.html"],
    )
    assert (
        sorted(links)
        == sorted("index.html" if p == FRONT else f"{site.address(p)}#cell-{c}" for p, c in shown)
        and len(links) > 50
    )
    assert [
        at
        for at, text in html.items()
        for img in re.findall("<img [^>]+>", text)
        if not re.search('alt="[^"]+"', img)
    ] == []


def test_no_directive_no_hidden_cell_and_no_open_solution(html):
    for path in BOOKS:
        text = bare(html[site.address(path)])
        assert not re.search(r"^#\|", text, re.M) and "BEGIN SOLUTION" not in text, path.name
        sources = [nb.source(c) for c in nb.read(path)["cells"] if c["cell_type"] == "code"]
        exported = [site.bare(s) for s in sources if re.search(r"^#\|\s*export", s, re.M)]
        assert all(e in text for e in exported), path.name
        assert html[site.address(path)].count("Show the solution") == sum(
            "### BEGIN SOLUTION" in s for s in sources
        )


def test_formulas_are_mathml(html):
    for path in BOOKS:
        words = [
            re.sub("```.*?```|`[^`]*`", "", nb.source(c), flags=re.S)
            for c in nb.read(path)["cells"]
            if c["cell_type"] == "markdown"
        ]
        formulas = sum(len(re.findall(r"\$\$.+?\$\$|\$[^$]+\$", w, re.S)) for w in words)
        assert html[site.address(path)].count("<math ") == formulas, path.name
    assert 'display="block"' in html["nbs/50_fisher.html"]


def test_search_knows_the_words(built):
    index = json.loads(
        re.fullmatch(
            r"Search\.setIndex\((.*)\)",
            (built[0] / "searchindex.js").read_text(encoding="utf-8"),
            re.S,
        )[1]
    )

    def where(kind, word):
        found = index[kind][word]
        return [index["docnames"][i] for i in (found if isinstance(found, list) else [found])]

    assert "nbs/50_fisher" in where("titleterms", "fisher") and "nbs/60_masks" in where(
        "terms", "fisher"
    )
    assert set(index["docnames"]) >= {site.address(p).removesuffix(".html") for p in BOOKS}


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here: .ci/run installs one, and runs this")
def test_opened_from_disk_it_searches_fits_and_asks_for_nothing(built):
    from playwright.sync_api import sync_playwright

    wrong = []
    with sync_playwright() as p:
        page = p.chromium.launch(executable_path=BROWSER, headless=True, args=FLAGS).new_page(
            viewport=dict(width=390, height=800)
        )
        page.on("request", lambda r: r.url.startswith(("file:", "data:")) or wrong.append(r.url))
        page.on("requestfailed", lambda r: wrong.append(r.url))
        page.on("pageerror", lambda e: wrong.append(str(e)))
        page.goto(f"file://{built[0]}/search.html?q=fisher")
        page.locator('#search-results a[href^="nbs/50_fisher.html"]').first.wait_for(timeout=10_000)
        for at in (
            "index.html",
            "api.html",
            "gallery.html",
            "nbs/50_fisher.html",
            "nbs/03_all_methods.html",
        ):
            page.goto(f"file://{built[0]}/{at}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, (
                f"{at} is wider than a phone"
            )
    assert wrong == []


# ---------------------------------------------------------------- a small project: what is shown, and what is seen

FRONT_TEXT = (
    "# %% [markdown]\n# # front\n#\n# > The front\n#\n# [demo](demo.ipynb), [law](../LICENSE)\n"
)
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
    x: int = 1, # a number
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
FAULTS = r"""
# %% [markdown]
# [none](99_none.ipynb), [no place](#nowhere), $\nosuch$, <a href="gone.html">gone</a>, <a href="demo.html#lost">lost</a>, <img src="https://x.y/z.png">
"""
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def small(root, text):
    "A project of two notebooks, built: (what is wrong, the demo's page)."
    for name, cells in dict(index=FRONT_TEXT, demo=text).items():
        cells = nb.merge(nb.from_text(cells), [], name)
        for c in cells:
            if "fig-alt" in nb.source(c):
                c["outputs"] = [
                    dict(output_type="display_data", metadata={}, data={"image/png": PIXEL})
                ]
        nb.write(dict(cells=cells), root / "nbs" / f"{name}.ipynb")
    (root / "mmunlearner_nb").mkdir()
    (root / "mmunlearner_nb" / "demo.py").write_text('__all__ = ["one"]\n')
    (root / "LICENSE").write_text("the law\n")
    bad = site.build(root / "out", root)
    return bad, (root / "out" / "nbs" / "demo.html").read_text(encoding="utf-8")


def test_a_page_shows_what_it_should(tmp_path):
    bad, text = small(tmp_path, DEMO)
    assert bad == []
    plain = bare(text)
    assert "secret" not in plain and "#|" not in plain and "x: int = 1, # a number" in plain
    assert (
        "def two():\n    ...\n" in plain
        and "def two():\n    return one()*2\n" in plain
        and plain.count("Show the solution") == 1
    )
    assert re.search(r"<details.*Show the solution.*return.*</details>", text, re.S)
    assert "<math " in text and "<mfrac>" in text and 'alt="one dot: small"' in text
    assert (
        'href="../index.html"' in text
        and 'href="../licence.html"' in text
        and 'href="#a-part"' in text
    )
    api = (tmp_path / "out" / "api.html").read_text(encoding="utf-8")
    assert "One of <code" in api and "*always*" in api and 'id="mmunlearner_nb.demo.one"' in api


def test_faults_are_seen(tmp_path):
    bad = "\n".join(small(tmp_path, DEMO + FAULTS)[0])
    for what in (
        "'nbs/99_none.ipynb'|99_none.ipynb",
        "WARNING: .*nowhere",
        r"WARNING: no MathML for '\\\\nosuch'",
        "nbs/demo.html links to gone.html, which does not exist",
        "nbs/demo.html links to demo.html#lost, which has no such place",
        "nbs/demo.html loads https://x.y/z.png",
    ):
        assert re.search(what, bad), f"{what} is not in\n{bad}"


def test_a_module_out_of_step_is_named(tmp_path):
    nb.write(dict(cells=nb.merge(nb.from_text(DEMO), [], "demo")), tmp_path / "nbs" / "demo.ipynb")
    with pytest.raises(
        SystemExit, match="demo.ipynb and demo.py are out of step .*run nbdev-export"
    ):
        site.exports(tmp_path / "nbs" / "demo.ipynb", tmp_path)


def test_refuses_a_folder_that_is_no_site(tmp_path):
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(SystemExit, match="no built site"):
        site.build(tmp_path)
    assert (tmp_path / "mine").read_text() == "precious"
