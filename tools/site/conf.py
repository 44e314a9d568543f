"Sphinx's settings for tools/site.py: nothing executed, nothing fetched when a page is opened."

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

import mmunlearner_nb

project, version = "mmunlearner_nb", mmunlearner_nb.__version__
author = "mmunlearner-nb contributors"
html_title = f"{project} {version}"
html_theme = "furo"
html_static_path, html_css_files = ["static"], ["site.css"]
# a page opened from disk may fetch no other; the results are there without a summary
html_show_search_summary = False
html_show_copyright = html_copy_source = html_show_sourcelink = False
pygments_style, pygments_dark_style = "friendly", "github-dark"
smartquotes = False
# the API's right-hand list is its modules; the names are on the page
add_module_names = toc_object_entries = False
maximum_signature_line_length = 110

extensions = ["myst_nb"]
nb_execution_mode, nb_output_stderr, nb_merge_streams = "off", "remove", True
nb_ipywidgets_js = {}
nb_code_prompt_show, nb_code_prompt_hide = "Show the solution", "Hide the solution"
myst_enable_extensions, myst_heading_anchors = ["dollarmath", "colon_fence"], 6
myst_dmath_double_inline = True  # $$ within a paragraph too
suppress_warnings = ["myst.header"]  # a section may begin at ###
html_math_renderer = "mathml"

# ------------------------------------------- formulas as MathML, which browsers draw by themselves

OPEN = ("(", "[", r"\{", r"\lvert", r"\lVert", r"\langle")
CLOSE = (")", "]", r"\}", r"\rvert", r"\rVert", r"\rangle")
ARGUMENT = r"\s*(\{|\\[A-Za-z]+|[^\s\\{])"
SIZED = re.compile(r"\\(big|Big|bigg|Bigg)(?![A-Za-z])\s*(\\[A-Za-z]+|\\.|.)")
FRACTION = re.compile(rf"(\\[dt]?frac)(?![A-Za-z]){ARGUMENT}(?<!\{{){ARGUMENT}")
NAMES = {
    r"\dots": r"\ldots",
    r"\argmax": r"\arg\max",
    r"\argmin": r"\arg\min",
    r"\mathbb 1": "𝟙",
    r"\mathbb{1}": "𝟙",
}


def braced(
    found: re.Match,  # of FRACTION
) -> str:
    "A fraction whose arguments have braces."
    parts = [part if part == "{" else f"{{{part}}}" for part in found.groups()[1:]]
    return "".join([found[1], *parts])


def for_docutils(
    tex: str,
) -> str:
    "A formula in the dialect that docutils reads: sized delimiters say their side."
    if r"\operatorname*" in tex:
        raise MathError(r"\operatorname* is not supported: \arg\min, \max or \operatorname")
    bars = 0  # so far: the first opens, the second closes

    def sided(found: re.Match) -> str:
        nonlocal bars
        size, delimiter = found[1], found[2]
        if delimiter not in OPEN + CLOSE:
            bars += 1
        left = delimiter in OPEN or (delimiter not in CLOSE and bars % 2 == 1)
        return f"\\{size}{'l' if left else 'r'}{delimiter}"

    tex = FRACTION.sub(braced, SIZED.sub(sided, tex))
    for name, known in NAMES.items():
        tex = re.sub(re.escape(name) + r"(?![A-Za-z])", lambda _, new=known: new, tex)
    return tex


def mathml(
    page: HTML5Translator,
    node: nodes.Element,  # a formula
    block: bool,  # on lines of its own
) -> None:
    "Write a formula; one that cannot be read is a warning, and stays as code."
    tex = node.astext()
    try:
        drawn = tex2mathml(for_docutils(tex), as_block=block)
    except MathError as error:
        log = logging.getLogger(__name__)
        log.warning("no MathML for %r: %s", tex, error, location=node)
        drawn = f"<code>{page.encode(tex)}</code>"
    start = page.starttag(node, "div" if block else "span", "", CLASS="math")
    page.body.append(start + drawn + ("</div>\n" if block else "</span>"))
    raise nodes.SkipNode


def inline_formula(
    page: HTML5Translator,
    node: nodes.Element,
) -> None:
    "A formula within a line."
    mathml(page, node, False)


def block_formula(
    page: HTML5Translator,
    node: nodes.Element,
) -> None:
    "A formula on lines of its own."
    mathml(page, node, True)


# ------------------------------------------- an address for each code cell


def anchors(
    app: Sphinx,
    doctree: nodes.document,
) -> None:
    "Each code cell has its id as its address."
    for node in doctree.findall(nodes.container):
        if node.get("nb_element") != "cell_code":
            continue
        name = node["cell_metadata"].get("anchor")
        if name:
            node["ids"].append(name)


def setup(
    app: Sphinx,
) -> dict[str, bool]:
    "What Sphinx calls first."
    app.add_html_math_renderer("mathml", (inline_formula, None), (block_formula, None))
    app.connect("doctree-read", anchors)
    return dict(parallel_read_safe=True, parallel_write_safe=True)
