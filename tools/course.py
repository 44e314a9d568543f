#!/usr/bin/env python
"""The lectures of nbs/course/: measured, checked, and made into what a class is given.

    tools/course.py check [NB.ipynb ...]      say what is wrong with a lecture; exit 1 if anything is
    tools/course.py measure [NB.ipynb ...]    run it in a fresh kernel; its time and memory go into the table of its first cell
    tools/course.py student OUT               lectures without solutions: exercises to fill in, checks that fail until they are
    tools/course.py instructor OUT            the same with solutions, open
    tools/course.py slides OUT                reveal.js slides, one HTML page a lecture
    tools/course.py syllabus                  nbs/course/syllabus.md, from the lectures' first cells and learning goals
    tools/course.py solve STUDENT MASTER OUT  a student's notebook with the master's solutions pasted in

The lecture in git is the one master. An exercise is a heading `### Exercise 3.1 ★ (5 minutes): title`, a cell that begins with `#| exercise: 3.1`
and holds the solution between `### BEGIN SOLUTION` and `### END SOLUTION`, and a cell that begins with `#| check: 3.1` and prints `Right.` Student
and instructor versions carry nbgrader's cell metadata (schema 3): an exercise is a solution cell, a check is a grade cell with a point a star.

run time is the kernel's processor time with one thread, to 5 s; peak memory its largest resident set, to 0.1 GB; both stay as they are
while a measurement is within one step of them.

Slides need no network to build. A page loads reveal.js 4 from unpkg.com when it is opened, or from `--reveal URL`: a folder with dist/reveal.js, for
example `npm pack reveal.js@4.6.1`, unpacked as OUT/reveal.js, and `--reveal reveal.js`. Likewise MathJax 2 for the formulas, from a CDN or `--mathjax URL`,
for example `npm pack mathjax@2.7.9` and `--mathjax "mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe"`. `##` starts a slide, `###` and each figure a slide
beneath; imports and the code of figures are left out, solutions and checks too.
"""

import argparse
import ast
import base64
import copy
import io
import json
import os
import re
import symtable
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
from nbconvert import SlidesExporter
from PIL import Image
from traitlets.config import Config

sys.path.insert(0, str(Path(__file__).resolve().parent))
import nb
from nb import EXERCISE, ROOT, source

CHECK = re.compile(r"^#\|\s*check:\s*(\S+)\s*$", re.M)
HEADING = re.compile(r"^### Exercise (\d+\.\d+) (★+) \((\d+) minutes\): \S.*")
SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION[ \t]*$", re.M | re.S
)
ROWS = ("purpose", "you need", "minutes", "run time", "peak memory")
MINUTES_CPU = 2  # what a lecture may cost, in minutes of one processor


def lectures(root=ROOT):
    return sorted((root / "nbs" / "course").glob("[0-9]*.ipynb"))


def pages(root=ROOT):
    return sorted((root / "nbs" / "course").glob("*.md"))


def code(cell):
    return cell["cell_type"] == "code"


def exercise_of(cell):
    m = code(cell) and EXERCISE.match(source(cell))
    return m[1] if m else None


def check_of(cell):
    m = code(cell) and CHECK.match(source(cell))
    return m[1] if m else None


def heading_of(cell):
    return HEADING.match(source(cell)) if cell["cell_type"] == "markdown" else None


def stars_of(book):
    return {m[1]: len(m[2]) for c in book["cells"] if (m := heading_of(c))}


# ---------------------------------------------------------------- which cell needs which


def tree(cell):
    return "\n".join("" if re.match(r"\s*[%!]", l) else l for l in source(cell).splitlines())


def names(cell):
    "(names of the notebook that a code cell reads, those it makes anew, those it changes in place)"
    if not code(cell):
        return set(), set(), set()
    top = symtable.symtable(tree(cell), "cell", "exec")

    def read(t):
        return {
            s.get_name()
            for s in t.get_symbols()
            if s.is_referenced() and (t is top or s.is_global())
        }.union(*map(read, t.get_children()))

    made = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}

    def base(n):
        while isinstance(n, (ast.Attribute, ast.Subscript, ast.Call)):
            n = n.func if isinstance(n, ast.Call) else n.value
        return {n.id} if isinstance(n, ast.Name) else set()

    nodes = list(ast.walk(ast.parse(tree(cell))))
    stored = [
        n
        for n in nodes
        if isinstance(n, (ast.Attribute, ast.Subscript)) and not isinstance(n.ctx, ast.Load)
    ]
    called = [
        n.value.func
        for n in nodes
        if isinstance(n, ast.Expr)
        and isinstance(n.value, ast.Call)
        and isinstance(n.value.func, ast.Attribute)
    ]
    return read(top), made, set().union(*map(base, stored + called))


def dependents(cells):
    "Indices of exercise and check cells and of all that needs what exercises make."
    tainted, found = set(), []
    for i, c in enumerate(cells):
        read, made, changed = names(c)
        if exercise_of(c) or check_of(c) or read & tainted:
            found.append(i)
        if exercise_of(c) or read & tainted:
            tainted |= made | changed
        else:
            tainted -= made
    return found


def needed(cells, wanted):
    "Indices of the cells that these need, and of themselves."
    found, need = [], set()
    for i in reversed(range(len(cells))):
        read, made, changed = names(cells[i])
        if i in wanted or need & (made | changed):
            found.append(i)
            need = (need - made) | read
    return found[::-1]


# ---------------------------------------------------------------- run and measure

PROBE = """import json, os, re, resource, sys, time
from pathlib import Path
status = Path("/proc/self/status")
peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1])*1024 if status.exists() else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss*(1 if sys.platform == "darwin" else 1024)
print(json.dumps(dict(cpu=time.process_time(), peak=peak)))
"""


def run(path):
    "(the executed notebook, dict cpu and wall in seconds, peak in bytes); CellExecutionError if a cell fails."
    book = nbformat.read(path, as_version=4)
    book.cells.append(nbformat.v4.new_code_cell(PROBE))
    start = time.time()
    done = nb.execute(path, nb=book)
    probe = done.cells.pop()
    return done, json.loads(probe.outputs[0].text) | dict(wall=time.time() - start)


def hold(old, new, step):  # the old number while the new one is within a step of it
    return (
        old if old is not None and abs(new - old) <= step else max(step, step * round(new / step))
    )


def with_costs(text, cost):
    "The first cell's text with measured time and memory."

    def row(name, form, new, step):
        nonlocal text
        line = re.search(rf"^\| {name} \| (.*?) \|[ ]*$", text, re.M)
        if not line:
            raise SystemExit(f"the table of the first cell has no row '{name}'")
        number = re.search(r"\d+(\.\d+)?", line[1])
        text = text.replace(
            line[0], f"| {name} | {form.format(hold(number and float(number[0]), new, step))} |"
        )

    row("run time", "about {:.0f} s on one core", cost["cpu"], 5)
    row("peak memory", "about {:.1f} GB", cost["peak"] / 1e9, 0.1)
    return text


def cmd_measure(args):
    for path in map(Path, args.notebooks or lectures()):
        cost, book = run(path)[1], nb.read(path)
        book["cells"][0]["source"] = with_costs(source(book["cells"][0]), cost)
        nb.write(book, path)
        print(
            f"{path}: {cost['cpu']:.0f} s of one core, {cost['wall']:.0f} s by the clock, {cost['peak'] / 1e9:.2f} GB"
        )


# ---------------------------------------------------------------- are the outputs in git those of today?

DATA_IMAGE = re.compile(r"data:image/png;base64,([^\"]+)")


def parts(output):
    "(text without pictures, pictures as bytes) of an output."
    join = lambda x: x if isinstance(x, str) else "".join(x)
    data = {k: join(v) for k, v in output.get("data", {}).items()} | (
        {"text": join(output["text"])} if "text" in output else {}
    )
    html = data.get("text/html", "")
    pictures = [
        base64.b64decode(b)
        for b in [*([data["image/png"]] if "image/png" in data else []), *DATA_IMAGE.findall(html)]
    ]
    return {
        k: DATA_IMAGE.sub("data:", v) for k, v in data.items() if k.startswith("text")
    }, pictures


def unlike(a, b):
    "Mean absolute difference of two pictures, small and grey, in steps of 255."
    a, b = (Image.open(io.BytesIO(x)).convert("L") for x in (a, b))
    if max(abs(m - n) for m, n in zip(a.size, b.size)) > 3:
        return 255.0
    size = 160, max(1, 160 * a.size[1] // a.size[0])
    return float(
        np.abs(np.asarray(a.resize(size), float) - np.asarray(b.resize(size), float)).mean()
    )


NUMBER = re.compile(
    r"-?\d+\.\d+(?:e[+-]?\d+)?|\d+(?=%)"
)  # a measured number; whole numbers are counted, and must agree


def same_text(a, b, units=2):
    "Is it the same text, but for numbers that differ by `units` in their last digit at most? Other processors round otherwise."

    def step(x):
        mantissa, _, power = x.partition("e")
        return 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))

    pairs = zip(NUMBER.findall(a), NUMBER.findall(b))
    return NUMBER.sub("#", a) == NUMBER.sub("#", b) and all(
        abs(float(x) - float(y)) <= (units + 0.01) * step(x) for x, y in pairs
    )


def stale(path, executed, tolerance=1.0):
    "What of the outputs in git a run does not give again."
    fresh = json.loads(nb.canonical(nb.settle(copy.deepcopy(executed), Path(path).name)))
    say = []
    for i, (old, new) in enumerate(zip(nb.read(path)["cells"], fresh["cells"], strict=True)):
        a, b = ([parts(o) for o in c.get("outputs", [])] for c in (old, new))
        if [list(t) for t, _ in a] != [list(t) for t, _ in b] or not all(
            same_text(x[k], y[k]) for (x, _), (y, _) in zip(a, b) for k in x
        ):
            say.append(f"cell {i} gives another text than in git: tools/nb.py run")
            continue
        pairs = list(zip([p for _, ps in a for p in ps], [p for _, ps in b for p in ps]))
        if [len(ps) for _, ps in a] != [len(ps) for _, ps in b] or any(
            unlike(x, y) > tolerance for x, y in pairs
        ):
            say.append(f"cell {i} gives another picture than in git: tools/nb.py run")
    return say


# ---------------------------------------------------------------- versions


def joined(book):
    return nbformat.reads(json.dumps(book), as_version=4)  # texts in one piece


def stub(m):
    return f"{m[1]}# YOUR CODE HERE\n{m[1]}raise NotImplementedError()"


def grading(cell, stars):
    "nbgrader's metadata of a cell, schema 3; None for cells it does not mind."
    n, k = exercise_of(cell), check_of(cell)
    common = dict(schema_version=3, task=False)
    if n:
        return (
            dict(
                grade=False, solution=True, locked=False, grade_id=f"exercise-{n}".replace(".", "-")
            )
            | common
        )
    if k:
        return (
            dict(
                grade=True,
                solution=False,
                locked=True,
                grade_id=f"check-{k}".replace(".", "-"),
                points=stars[k],
            )
            | common
        )


def version(book, solutions=False):
    "A lecture for a class; without solutions, whatever shows them is cleared."
    book, stars = copy.deepcopy(book), stars_of(book)
    clear = () if solutions else dependents(book["cells"])
    for i, c in enumerate(book["cells"]):
        c["source"], c["metadata"] = source(c), {}
        if g := grading(c, stars):
            c["metadata"]["nbgrader"] = g
        if exercise_of(c) and not solutions:
            c["source"] = SOLUTION.sub(stub, c["source"])
        if i in clear:
            c["outputs"], c["execution_count"] = [], None
    book["metadata"] = dict(kernelspec=nb.KERNEL | dict(display_name="Python 3"))
    return joined(book)


def pasted(student, master):
    "A student's notebook with the master's solutions."
    answers, out = (
        {exercise_of(c): source(c) for c in master["cells"] if exercise_of(c)},
        copy.deepcopy(student),
    )
    for c in out["cells"]:
        if n := exercise_of(c):
            if n not in answers:
                raise SystemExit(f"the master has no exercise {n}")
            c["source"] = answers[n]
    return out


def relinked(text, here, there, root=ROOT):
    "Links of a page as seen from another folder, if that is in the repository too; to lectures and pages that come along they stay."
    if not there.resolve().is_relative_to(root):
        return text

    def link(m):
        path, _, anchor = m[2].partition("#")
        if re.match(r"[a-z]+:|#|/", m[2]) or (here / path).resolve() in [
            *map(Path.resolve, lectures(root)),
            *map(Path.resolve, pages(root)),
        ]:
            return m[0]
        return (
            m[1]
            + os.path.relpath((here / path).resolve(), there.resolve()).replace(os.sep, "/")
            + ("#" + anchor if anchor else "")
            + m[3]
        )

    return LINK.sub(link, text)


LINK = re.compile(r"(\]\()([^)\s]+)(\))")


def cmd_version(args):
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    for path in lectures():
        book = version(nb.read(path), args.solutions)
        for c in book.cells:
            if c.cell_type == "markdown":
                c.source = relinked(c.source, path.parent, out)
        nbformat.write(book, out / path.name)
    for path in pages():
        (out / path.name).write_text(
            relinked(path.read_text(encoding="utf-8"), path.parent, out),
            encoding="utf-8",
            newline="\n",
        )
    print(f"{out}: {len(lectures())} lectures, {len(pages())} pages")


def cmd_solve(args):
    book = pasted(nbformat.read(args.student, as_version=4), nb.read(args.master))
    Path(args.out).parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.from_dict(book), args.out)


# ---------------------------------------------------------------- slides


def is_setup(cell):  # imports, and whatever builds a figure: a slide shows the figure
    return code(cell) and (
        re.match(r"(#\|.*\n)*(from|import) ", source(cell)) is not None or "Picture" in calls(cell)
    )


def drawn(cell):
    return any(
        "image/png" in o.get("data", {})
        or DATA_IMAGE.search("".join(o.get("data", {}).get("text/html", "")))
        for o in cell.get("outputs", [])
    )


def slide_type(cell):
    if exercise_of(cell) or check_of(cell):
        return "skip"
    head = re.match(r"(#+) ", source(cell)) if cell["cell_type"] == "markdown" else None
    if head:
        return "slide" if len(head[1]) < 3 else "subslide"
    return "subslide" if drawn(cell) else "-"


PAGE = """{%- extends 'index.html.j2' -%}
{% block html_head_js %}{% endblock %}
{% block html_head_css %}<style>.reveal .slides section { max-height: 680px; overflow-y: auto } .reveal .slides section.stack { max-height: none; overflow: visible }</style>{% endblock %}
{% block footer_js %}
<script src="{{ resources.reveal.url_prefix }}/dist/reveal.js"></script>
<script>
Reveal.initialize({ controls: true, progress: true, history: true, hash: true, center: false, width: 960, height: 700 });
Reveal.on("slidechanged", e => window.MathJax && MathJax.Hub.Queue(["Rerender", MathJax.Hub, e.currentSlide]));
</script>
{% endblock footer_js %}
"""  # nbconvert's page, with plain scripts in place of require.js and jQuery from a CDN

REVEAL = "https://unpkg.com/reveal.js@4.6.1"


def slides(book, reveal=None, mathjax=None):
    "One HTML page of slides."
    book = joined(book)
    for c in book.cells:
        c.source = (
            re.sub(r"^#\|.*\n", "", source(c), flags=re.M)
            if code(c) and slide_type(c) != "skip"
            else source(c)
        )
        c.metadata = nbformat.from_dict(
            dict(slideshow=dict(slide_type=slide_type(c)), tags=["setup"] if is_setup(c) else [])
        )
    config = Config()
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_input_tags = {"setup"}
    urls = dict(reveal_url_prefix=(reveal or REVEAL).rstrip("/")) | (
        dict(mathjax_url=mathjax) if mathjax else {}
    )
    page = SlidesExporter(
        config=config,
        raw_template=PAGE,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        **urls,
    )
    return page.from_notebook_node(
        book, resources=dict(metadata=dict(name=source(book.cells[0]).splitlines()[0].lstrip("# ")))
    )[0]


def cmd_slides(args):
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    for path in lectures():
        (out / f"{path.stem}.slides.html").write_text(
            slides(nb.read(path), args.reveal, args.mathjax), encoding="utf-8"
        )
        print(out / f"{path.stem}.slides.html")


# ---------------------------------------------------------------- check: each gives a list of what is wrong


def widget_names(root=ROOT):  # whatever has handles
    text = (root / "mmunlearner_nb" / "widgets.py").read_text(encoding="utf-8")
    return {
        "explore",
        *re.findall(r"^class (\w+)\(Shell\)", text, re.M),
        *re.findall(r"^    def (\w+)\(self\): return \w+\(self\.views", text, re.M),
    }


def calls(cell):  # names of what is called
    found = (
        [n.func for n in ast.walk(ast.parse(tree(cell))) if isinstance(n, ast.Call)]
        if code(cell)
        else []
    )
    return {
        f.attr if isinstance(f, ast.Attribute) else f.id
        for f in found
        if isinstance(f, (ast.Attribute, ast.Name))
    }


def section(cells, title):  # text from a heading to the next one of its kind; None if there is none
    text = "\n\n".join(source(c) for c in cells if c["cell_type"] == "markdown")
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return found and found[1].strip()


def header_problems(path, cells):
    n, text = int(path.stem.split("_")[0]), source(cells[0])
    if not re.match(rf"# {n}\. \S.*\n+> \S", text):
        yield f"does not begin with '# {n}. Title' and a line '> one sentence'"
    for row in ROWS:
        found = re.search(rf"^\| {row} \| (.+?) \|[ ]*$", text, re.M)
        if not found:
            yield f"the first cell's table lacks the row '| {row} | … |'"
        elif "TOOL" in found[1]:
            yield f"'{row}' is not measured yet: tools/course.py measure"
    goals = section(cells, "Learning goals")
    if goals is None or not 3 <= len(re.findall(r"^- ", goals, re.M)) <= 5:
        yield "lacks '## Learning goals' with 3 to 5 lines '- …'"
    for title in ("What we left out", "References"):
        if not section(cells, title):
            yield f"lacks a section '## {title}', or it is empty"
    for i, c in enumerate(cells):
        if c["cell_type"] == "markdown" and re.search(
            r"\n#{1,3} ", re.sub(r"```.*?```", "", source(c), flags=re.S)
        ):
            yield f"cell {i} has a heading that does not start its cell (slides begin there): split it"


def exercise_problems(path, cells):
    n, heads = int(path.stem.split("_")[0]), [m for c in cells if (m := heading_of(c))]
    loose = [
        i
        for i, c in enumerate(cells)
        if re.match(r"#+ Exercise\b", source(c)) and not heading_of(c)
    ]
    yield from (
        f"cell {i}: not of the form '### Exercise {n}.1 ★ (5 minutes): title'" for i in loose
    )
    if len(heads) < 3:
        yield f"has {len(heads)} exercises, three at least"
    if [m[1] for m in heads] != [f"{n}.{i + 1}" for i in range(len(heads))]:
        yield f"exercises are not numbered {n}.1, {n}.2, … in order"
    stars = [len(m[2]) for m in heads]
    if stars != sorted(stars) or (stars and stars[0] == stars[-1]) or max(stars, default=1) > 3:
        yield "the exercises' stars do not rise from ★ towards ★★★"
    order = [
        (kind, k)
        for c in cells
        for kind, k in (
            ("text", heading_of(c) and heading_of(c)[1]),
            ("exercise", exercise_of(c)),
            ("check", check_of(c)),
        )
        if k
    ]
    for m in heads:
        at = order.index(("text", m[1]))
        if order[at : at + 3] != [(kind, m[1]) for kind in ("text", "exercise", "check")]:
            yield f"exercise {m[1]}: its text is not followed by one cell '#| exercise: {m[1]}' and one '#| check: {m[1]}'"
    if odd := {k for _, k in order} - {m[1] for m in heads}:
        yield f"exercise {sorted(odd)[0]} has no heading"
    for c in cells:
        if (k := exercise_of(c)) and not SOLUTION.search(source(c)):
            yield f"exercise {k}: no ### BEGIN SOLUTION … ### END SOLUTION"
        if k := check_of(c):
            asserts = [a for a in ast.walk(ast.parse(tree(c))) if isinstance(a, ast.Assert)]
            if not asserts or any(a.msg is None for a in asserts):
                yield f"check {k}: no assert, or one without a message that helps"
            if nb.shown(dict(cells=[c]))[0] != ["Right.\n"]:
                yield f"check {k} does not print 'Right.' and nothing else: tools/nb.py run"


def interaction_problems(path, cells, root=ROOT):
    asked, handled = (
        [c for c in cells if not exercise_of(c) and calls(c) & some]
        for some in ({"predict"}, widget_names(root))
    )
    if not asked:
        yield "no predict(…) cell"
    if not handled:
        yield "no widget: explore(…) or one of mmunlearner_nb.widgets.widgets"
    if asked and not any("<details>" in "".join(t) for t in nb.shown(dict(cells=asked))):
        yield "no predict(…) cell shows its page: tools/nb.py run"
    if handled and not any(drawn(c) for c in handled):
        yield "no widget shows its static twin: tools/nb.py run"


def anchors(text):  # as GitHub makes them from headings
    return {
        re.sub(r"[^\w\- ]", "", h.strip().lower()).replace(" ", "-")
        for h in re.findall(r"^#+ (.+)$", text, re.M)
    }


def link_problems(path, cells):
    for i, c in enumerate(cells):
        if c["cell_type"] != "markdown":
            continue
        for _, target, _ in LINK.findall(re.sub(r"```.*?```|`[^`]*`", "", source(c), flags=re.S)):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            to = path.parent / name if name else path
            if not to.exists():
                yield f"cell {i} links to {target}, which is not there"
            elif (
                to.suffix == ".md"
                and anchor
                and anchor not in anchors(to.read_text(encoding="utf-8"))
            ):
                yield f"cell {i} links to {target}, but {name} has no such heading"


# ---------------------------------------------------------------- syllabus

WEEKS = {
    "1. What a face leaves in a model": (1, 2, 3),
    "2. To forget, and to tell": (4, 5, 6),
    "3. Comparing, and finding faults": (7, 8),
    "4. Doubt, and scale": (9, 10),
}
ABOUT = """# Syllabus

Ten lectures in four weeks. Each is a notebook that runs alone in under two minutes on a laptop. Words are explained in the [glossary](glossary.md); how to teach it stands in [for lecturers](lecturers.md).
This page is made from the lectures by `tools/course.py syllabus`.

You need Python and PyTorch (autograd, a training loop), and have seen a transformer. Nothing of unlearning is assumed.
"""


def syllabus(root=ROOT):
    "The text of syllabus.md."
    out, books = (
        [ABOUT],
        {int(p.stem.split("_")[0]): (p, nb.read(p)["cells"]) for p in lectures(root)},
    )
    for week, ns in WEEKS.items():
        out.append(f"## Week {week}\n")
        for n in (n for n in ns if n in books):
            path, cells = books[n]
            head = source(cells[0])
            row = {
                r: m[1] for r in ROWS if (m := re.search(rf"^\| {r} \| (.*?) \|[ ]*$", head, re.M))
            }
            starred = "; ".join(
                f"{m[1]} {m[2]} {source(c).splitlines()[0].rsplit('): ', 1)[1]}"
                for c in cells
                if (m := heading_of(c))
            )
            out.append(
                f"### [{head.splitlines()[0].lstrip('# ')}]({path.name})\n\n{re.search(r'^> (.+)$', head, re.M)[1]}\n\n{section(cells, 'Learning goals')}\n\n"
                f"*You need*: {row.get('you need', '')}. *Minutes*: {row.get('minutes', '')}. *Run time*: {row.get('run time', '')}, {row.get('peak memory', '')}.\n\n*Exercises*: {starred}{'.' * (not starred.endswith('?'))}\n"
            )
    return "\n".join(out)


def syllabus_problems(root=ROOT):
    page = root / "nbs" / "course" / "syllabus.md"
    return (
        []
        if page.exists() and page.read_text(encoding="utf-8") == syllabus(root)
        else ["syllabus.md is not what the lectures say: tools/course.py syllabus"]
    )


def cmd_syllabus(args):
    (ROOT / "nbs" / "course" / "syllabus.md").write_text(syllabus(), encoding="utf-8", newline="\n")


def problems(path, root=ROOT):
    "What is wrong with a lecture."
    path = Path(path)
    say = nb.notebook_problems(path)
    if any("no valid notebook" in s for s in say):
        return say
    cells = nb.read(path)["cells"]
    found = [
        *header_problems(path, cells),
        *exercise_problems(path, cells),
        *interaction_problems(path, cells, root),
        *link_problems(path, cells),
    ]
    return say + [f"{path.name}: {s}" for s in found]


def cmd_check(args):
    bad = [p for path in args.notebooks or lectures() for p in problems(path)] + (
        [] if args.notebooks else syllabus_problems()
    )
    print("\n".join(bad) or "all in order")
    return bool(bad)


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sub = ap.add_subparsers(required=True, metavar="command")
    for name, do in dict(check=cmd_check, measure=cmd_measure).items():
        p = sub.add_parser(name)
        p.add_argument("notebooks", nargs="*")
        p.set_defaults(do=do)
    for name, solutions in dict(student=False, instructor=True).items():
        p = sub.add_parser(name)
        p.add_argument("out")
        p.set_defaults(do=cmd_version, solutions=solutions)
    sub.add_parser("syllabus").set_defaults(do=cmd_syllabus)
    p = sub.add_parser("slides")
    p.add_argument("out")
    p.set_defaults(do=cmd_slides)
    p.add_argument("--reveal", metavar="URL", help="where reveal.js is")
    p.add_argument("--mathjax", metavar="URL", help="where MathJax 2 is")
    p = sub.add_parser("solve")
    p.set_defaults(do=cmd_solve)
    for a in ("student", "master", "out"):
        p.add_argument(a)
    args = ap.parse_args()
    return args.do(args)


if __name__ == "__main__":
    sys.exit(main())
