"""Lectures as reveal.js slides, one HTML page each.

`##` starts a slide, `###` and each figure a slide beneath; imports and the code of figures are left
out, solutions and checks too. Building needs no network; a page loads reveal.js and MathJax when it
is opened.
"""

import re

import nbformat
from nbconvert import SlidesExporter
from traitlets.config import Config

from house.files import Book, Cell, bare, is_code, source
from lectures.frame import calls, check_of, exercise_of
from lectures.stale import DATA_IMAGE
from lectures.versions import joined

REVEAL = "https://unpkg.com/reveal.js@4.6.1"
PAGE = """{%- extends 'index.html.j2' -%}
{% block html_head_js %}{% endblock %}
{% block html_head_css %}
<style>
.reveal .slides section { max-height: 680px; overflow-y: auto }
.reveal .slides section.stack { max-height: none; overflow: visible }
</style>
{% endblock %}
{% block footer_js %}
<script src="{{ resources.reveal.url_prefix }}/dist/reveal.js"></script>
<script>
Reveal.initialize({
  controls: true, progress: true, history: true, hash: true, center: false, width: 960, height: 700
});
Reveal.on("slidechanged", e => {
  if (window.MathJax) MathJax.Hub.Queue(["Rerender", MathJax.Hub, e.currentSlide]);
});
</script>
{% endblock footer_js %}
"""  # nbconvert's page, with plain scripts in place of require.js and jQuery from a CDN


def is_setup(
    cell: Cell,
) -> bool:
    "Imports, or what builds a figure? A slide shows the figure."
    if not is_code(cell):
        return False
    imports = re.match(r"(#\|.*\n)*(from|import) ", source(cell))
    return imports is not None or "Picture" in calls(cell)


def drawn(
    cell: Cell,
) -> bool:
    "Does the cell show a picture?"
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "image/png" in data or DATA_IMAGE.search("".join(data.get("text/html", ""))):
            return True
    return False


def slide_type(
    cell: Cell,
) -> str:  # "slide", "subslide", "-": on the slide before, "skip": on none
    "Where a cell goes, as nbconvert calls it."
    if exercise_of(cell) or check_of(cell):
        return "skip"
    heading = None if is_code(cell) else re.match(r"(#+) ", source(cell))
    if heading:
        return "slide" if len(heading[1]) < 3 else "subslide"
    return "subslide" if drawn(cell) else "-"


def slides(
    book: Book,
    reveal: str | None = None,  # URL of reveal.js; None: REVEAL
    mathjax: str | None = None,  # URL of MathJax 2; None: nbconvert's
) -> str:  # HTML
    "One page of slides."
    book = joined(book)
    for cell in book.cells:
        kind, tags = slide_type(cell), ["setup"] if is_setup(cell) else []
        if is_code(cell) and kind != "skip":
            cell.source = bare(cell.source)
        cell.metadata = nbformat.from_dict(dict(slideshow=dict(slide_type=kind), tags=tags))
    config = Config()
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_input_tags = {"setup"}
    urls = dict(reveal_url_prefix=(reveal or REVEAL).rstrip("/"))
    if mathjax:
        urls["mathjax_url"] = mathjax
    exporter = SlidesExporter(
        config=config,
        raw_template=PAGE,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        **urls,
    )
    title = source(book.cells[0]).splitlines()[0].lstrip("# ")
    return exporter.from_notebook_node(book, resources=dict(metadata=dict(name=title)))[0]
