"Sphinx's settings for tools/site.py: notebooks as they are in git, nothing executed, nothing fetched when a page is opened."

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

import mmunlearner_nb

project, version = "mmunlearner_nb", mmunlearner_nb.__version__
author = "mmunlearner-nb contributors"
html_title = f"{project} {version}"
html_theme = "furo"
html_static_path, html_css_files = ["static"], ["site.css"]
html_show_search_summary = (
    False  # a page opened from disk may fetch no other; the results are there without
)
html_show_copyright = html_copy_source = html_show_sourcelink = False
pygments_style, pygments_dark_style = "friendly", "github-dark"
smartquotes = False
add_module_names = toc_object_entries = (
    False  # the API's right-hand list is its modules; the names are on the page
)
maximum_signature_line_length = 110

extensions = ["myst_nb"]
nb_execution_mode, nb_output_stderr, nb_merge_streams = "off", "remove", True
nb_ipywidgets_js = {}
nb_code_prompt_show, nb_code_prompt_hide = "Show the solution", "Hide the solution"
myst_enable_extensions, myst_heading_anchors = ["dollarmath", "colon_fence"], 6
myst_dmath_double_inline = True  # $$ within a paragraph too
suppress_warnings = ["myst.header"]  # a section may begin at ###

# ---------------------------------------------------------------- formulas as MathML, which browsers draw by themselves

OPEN, CLOSE = (
    ("(", "[", r"\{", r"\lvert", r"\lVert", r"\langle"),
    (")", "]", r"\}", r"\rvert", r"\rVert", r"\rangle"),
)
ARG = r"\s*(\{|\\[A-Za-z]+|[^\s\\{])"
NAMES = {
    r"\dots": r"\ldots",
    r"\argmax": r"\arg\max",
    r"\argmin": r"\arg\min",
    r"\mathbb 1": "𝟙",
    r"\mathbb{1}": "𝟙",
}


def for_docutils(tex):
    "`tex` in the dialect that docutils reads: sized delimiters say their side, \\frac has braces."
    if r"\operatorname*" in tex:
        raise MathError(r"\operatorname* is not supported: \arg\min, \max or \operatorname")
    bars = 0

    def sized(m):
        nonlocal bars
        size, d = m[1], m[2]
        if d not in OPEN + CLOSE:
            bars += 1
        return f"\\{size}{'l' if d in OPEN or d not in CLOSE and bars % 2 else 'r'}{d}"

    def fraction(m):
        return "".join([m[1], *(a if a == "{" else f"{{{a}}}" for a in m.groups()[1:])])

    tex = re.sub(r"\\(big|Big|bigg|Bigg)(?![A-Za-z])\s*(\\[A-Za-z]+|\\.|.)", sized, tex)
    tex = re.sub(rf"(\\[dt]?frac)(?![A-Za-z]){ARG}(?<!\{{){ARG}", fraction, tex)
    for name, known in NAMES.items():
        tex = re.sub(re.escape(name) + r"(?![A-Za-z])", lambda _: known, tex)
    return tex


def mathml(self, node, block):
    tex = node.astext()
    try:
        drawn = tex2mathml(for_docutils(tex), as_block=block)
    except MathError as e:
        logging.getLogger(__name__).warning("no MathML for %r: %s", tex, e, location=node)
        drawn = f"<code>{self.encode(tex)}</code>"
    self.body.append(
        self.starttag(node, "div" if block else "span", "", CLASS="math")
        + drawn
        + ("</div>\n" if block else "</span>")
    )
    raise nodes.SkipNode


# ---------------------------------------------------------------- an address for each code cell


def anchors(app, doctree):
    for n in doctree.findall(nodes.container):
        if n.get("nb_element") == "cell_code" and (name := n["cell_metadata"].get("anchor")):
            n["ids"].append(name)


def setup(app):
    app.add_html_math_renderer(
        "mathml", (lambda s, n: mathml(s, n, False), None), (lambda s, n: mathml(s, n, True), None)
    )
    app.connect("doctree-read", anchors)
    return dict(parallel_read_safe=True, parallel_write_safe=True)


html_math_renderer = "mathml"
