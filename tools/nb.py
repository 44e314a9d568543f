#!/usr/bin/env python
"""Notebooks as source: edit them as text, run them, and hold what is made from them in step.

    tools/nb.py out NB.ipynb TEXT.py     the notebook as percent-format text (`# %%`, `# %% [markdown]`)
    tools/nb.py in  NB.ipynb TEXT.py     and back: ids stay, outputs stay where the source did; makes a new notebook too
    tools/nb.py run [NB.ipynb ...]       execute in a fresh kernel, keep text and pictures, drop what changes by itself
    tools/nb.py clean [NB.ipynb ...]     what nbdev-clean does, and the solutions of exercises (`#| exercise: 3.1`) folded
    tools/nb.py readme                   README.md from nbs/index.ipynb
    tools/nb.py check                    say what is out of step; exit 1 if anything is

After `in` comes `nbdev-export`, which writes mmunlearner_nb/.
"""

import argparse
import difflib
import hashlib
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import jupytext
import nbformat
from fastcore.nbio import nb2str
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import MarkdownExporter
from nbdev import processors as nbp
from nbdev.clean import clean_nb
from nbdev.process import NBProcessor

ROOT = Path(__file__).resolve().parent.parent
KERNEL = dict(display_name="python3", language="python", name="python3")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
MAX_LINES, MAX_KB = 300, 500


def notebooks(root=ROOT):
    return sorted(
        p for p in (root / "nbs").rglob("[!._]*.ipynb") if ".ipynb_checkpoints" not in p.parts
    )


def modules(root=ROOT):
    return sorted(p for p in (root / "mmunlearner_nb").rglob("*.py"))


# ---------------------------------------------------------------- notebooks as files


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def source(cell):
    return "".join(cell["source"])


def settings():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["nbdev"]


FOLDED = dict(jupyter=dict(source_hidden=True), tags=["hide-input"])  # in JupyterLab; on a page
EXERCISE = re.compile(r"^#\|\s*exercise:\s*(\S+)\s*$", re.M)


def fold(cell):
    "Solutions of exercises are folded; no other cell is, and no cell is tagged."
    kept = {k: v for k, v in cell["metadata"].items() if k not in FOLDED}
    cell["metadata"] = kept | (
        FOLDED if cell["cell_type"] == "code" and EXERCISE.search(source(cell)) else {}
    )


def canonical(nb):
    "The text of `nb` in the one form that nbdev-clean leaves alone."
    nb["metadata"] = dict(kernelspec=dict(KERNEL))
    nb["nbformat"], nb["nbformat_minor"] = 4, 5
    nb = json.loads(nbformat.writes(nbformat.from_dict(nb)))  # long texts as lists of lines
    for c in nb["cells"]:
        fold(c)
    clean_nb(nb, allowed_cell_metadata_keys=settings()["allowed_cell_metadata_keys"])
    return nb2str(nb)


def write(nb, path):
    text, path = canonical(nb), Path(path)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


# ---------------------------------------------------------------- out, in


def from_text(text):
    return jupytext.reads(text, "py:percent").cells


def to_text(nb):
    "Percent-format text of `nb` without a header; refuses a notebook that would not come back the same."
    node = jupytext.reads("", "py:percent")
    for c in nb["cells"]:
        c = {k: v for k, v in c.items() if k in ("cell_type", "id")} | dict(
            source=source(c), metadata={}
        )
        if c["cell_type"] == "code":
            c |= dict(outputs=[], execution_count=None)
        node.cells.append(jupytext.jupytext.NotebookNode(c))
    node.metadata = jupytext.jupytext.NotebookNode(jupytext=dict(notebook_metadata_filter="-all"))
    text = jupytext.writes(node, "py:percent")
    for i, (a, b) in enumerate(zip(node.cells, from_text(text), strict=True)):
        if a.source.strip("\n") != b.source.strip("\n"):
            sys.exit(
                f"cell {i} does not survive the way through text (a line starting with '# %%'?):\n{a.source}"
            )
    return text


def pair(new, old):
    "For each new cell its old one: the same text in order, then the same text moved, then the most alike of its kind."
    key = lambda c: (c["cell_type"], source(c))
    found, kn, ko = {}, [key(c) for c in new], [key(c) for c in old]
    for a, b, n in difflib.SequenceMatcher(None, kn, ko, autojunk=False).get_matching_blocks():
        found.update({a + i: b + i for i in range(n)})
    left = [j for j in range(len(old)) if j not in found.values()]

    def take(i, j):
        found[i] = j
        left.remove(j)

    for i in range(len(new)):
        same = [j for j in left if ko[j] == kn[i]]
        if i not in found and same:
            take(i, same[0])
    for i in range(len(new)):
        if i in found:
            continue
        alike = [
            (difflib.SequenceMatcher(None, kn[i][1], ko[j][1]).ratio(), -abs(i - j), j)
            for j in left
            if ko[j][0] == kn[i][0]
        ]
        if alike and max(alike)[0] > 0.5:
            take(i, max(alike)[2])
    return [old[found[i]] if i in found else None for i in range(len(new))]


def merge(cells, old, name):
    "Cells from text with the ids and outputs of `old`; an id that is new comes from the notebook's name and the cell's text."
    partners = pair(cells, old)
    used, out = {p["id"] for p in partners if p}, []
    for c, p in zip(cells, partners):
        src, n = source(c), 0
        new = dict(cell_type=c["cell_type"], source=src, metadata=dict(p["metadata"]) if p else {})
        while not p and (i := hashlib.sha1(f"{name}/{n}/{src}".encode()).hexdigest()[:8]) in used:
            n += 1
        new["id"] = p["id"] if p else i
        used.add(new["id"])
        if c["cell_type"] == "code":
            new |= dict(
                execution_count=None, outputs=p["outputs"] if p and source(p) == src else []
            )
        out.append(new)
    return out


def cmd_out(args):
    Path(args.text).write_text(to_text(read(args.notebook)), encoding="utf-8", newline="\n")


def cmd_in(args):
    path = Path(args.notebook)
    cells = from_text(Path(args.text).read_text(encoding="utf-8"))
    if not cells:
        sys.exit(f"{args.text}: no cells")
    write(dict(cells=merge(cells, read(path)["cells"] if path.exists() else [], path.stem)), path)


# ---------------------------------------------------------------- run


def skipped(src, flags=()):
    "Cells that nbdev-test would leave out too: eval: false, or a flag of [tool.nbdev] tst_flags that was not asked for."
    off = set(settings()["tst_flags"].split()) - set(flags)
    said = re.findall(r"^#\|\s*(.+?)\s*$", src, re.M)
    return any(s in off or re.fullmatch(r"eval:\s*false", s, re.I) for s in said)


def execute(path, flags=(), nb=None, **options):
    "Run the notebook (or `nb` in its place) in a kernel of its own, in its own folder, one thread unless OMP_NUM_THREADS says otherwise; the executed notebook, or CellExecutionError. `options` are NotebookClient's."
    nb = nb or nbformat.read(path, as_version=4)
    for c in nb.cells:
        if c.cell_type == "code":
            c.metadata["tags"] = ["skip-execution"] if skipped(c.source, flags) else []
    client = NotebookClient(
        nb,
        kernel_name="python3",
        timeout=1800,
        coalesce_streams=True,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources=dict(metadata=dict(path=str(Path(path).resolve().parent))),
        **options,
    )
    env = (
        dict(OMP_NUM_THREADS="1")
        | os.environ
        | dict(TQDM_DISABLE="1", IN_TEST="1", PYTHONHASHSEED="0")
    )
    client.execute(env=env)
    for w in client.widget_state.values():  # an error inside `with Output():` reaches no cell
        for o in w.get("outputs", []):
            if o["output_type"] == "error":
                raise CellExecutionError("\n".join(o["traceback"]), o["ename"], o["evalue"])
    return nb


def steady(text):
    "`text` without what differs between machines and runs: folders, temporary names."
    for path, name in {str(ROOT): "~/mmunlearner_nb", str(Path.home()): "~"}.items():
        text = text.replace(path, name)
    tmp = re.escape(tempfile.gettempdir())
    return re.sub(rf"{tmp}/tmp\w{{8}}", "/tmp/tmp", text)


def settle(nb, name):
    "Keep what a reader sees and what is the same next time: no widgets, no stderr (shown to the developer instead)."
    for i, c in enumerate(nb["cells"]):
        if c["cell_type"] != "code":
            continue
        kept = []
        for o in c["outputs"]:
            if o.get("name") == "stderr":
                lines = [
                    l for l in re.split(r"[\r\n]+", o["text"]) if l.strip() and "it/s" not in l
                ]
                if lines:
                    print(f"{name}, cell {i}, stderr (not kept): {lines[0][:160]}", file=sys.stderr)
                continue
            data = o.get("data", {})
            if WIDGET_VIEW in data:
                del data[WIDGET_VIEW]
                if set(data) <= {"text/plain"}:
                    continue
            for k in data:
                if k.startswith("text/"):
                    data[k] = steady(data[k])
            if "text" in o:
                o["text"] = steady(o["text"])
            kept.append(o)
        c["outputs"] = kept
    return nb


def shown(nb):
    "The text of each cell's outputs, one string per output."
    join = lambda x: x if isinstance(x, str) else "".join(x)
    text = lambda o: (
        join(o["text"])
        if "text" in o
        else "\n".join(
            join(v) for k, v in sorted(o.get("data", {}).items()) if k.startswith("text/")
        )
    )
    return [[text(o) for o in c.get("outputs", [])] for c in nb["cells"]]


def cmd_run(args):
    failed = False
    for path in map(Path, args.notebooks or notebooks()):
        try:
            nb = settle(execute(path, args.flags.split()), path.name)
        except CellExecutionError as e:
            failed = True
            print(f"{path}: {e}", file=sys.stderr)
            continue
        changed = [
            i
            for i, (a, b) in enumerate(zip(shown(read(path)), shown(json.loads(canonical(nb)))))
            if a != b
        ]
        print(path, f"text differs in cells {changed}" if changed else "same text")
        if not args.dry:
            write(nb, path)
    return failed


def cmd_clean(args):
    for path in map(Path, args.notebooks or notebooks()):
        write(read(path), path)


# ---------------------------------------------------------------- readme


class Page(nbp.FilterDefaults):
    "nbdev's processors that shape a page; none that runs code or depends on what else is installed."

    def base_procs(self):
        return [
            nbp.strip_ansi,
            nbp.hide_line,
            nbp.rm_header_dash,
            nbp.rm_export,
            nbp.clean_magics,
            nbp.hide_,
        ]


def render(root=ROOT):
    "README.md's text and its pictures {path from the root: bytes}, from nbs/index.ipynb."
    nb = read(root / "nbs" / "index.ipynb")
    alt, mute = {}, set()
    for c in nb["cells"]:
        c["metadata"].pop("execution", None)
        if m := re.search(r"^#\|\s*fig-alt:\s*(.+)$", source(c), re.M):
            alt[c["id"]] = m[1].strip("\"' ")
        if re.search(r"^#\|\s*echo:\s*false", source(c), re.M):
            mute.add(c["id"])
    page = nbformat.reads(nb2str(_processed(nb)), as_version=4)
    for c in page.cells:
        if c.cell_type != "code":
            c.source = _from_root(c.source)
            continue
        if c.id in mute:
            c.metadata["transient"] = dict(remove_source=True)
        for o in c.outputs:
            if "text/markdown" in o.get("data", {}):
                o.data["text/markdown"] = _from_root(o.data["text/markdown"])
            if "text/html" in o.get("data", {}):
                o.data["text/html"] = re.sub(
                    r"<style.*?</style>\s*", "", o.data["text/html"], flags=re.S
                )
    text, res = MarkdownExporter().from_notebook_node(
        page, resources=dict(unique_key="figure", output_files_dir="nbs/index_files")
    )
    for name in res["outputs"]:
        cell = page.cells[int(re.search(r"figure_(\d+)_", name)[1])]
        if cell.id not in alt:
            raise ValueError(
                f"index.ipynb: the picture of cell {cell.id} needs '#| fig-alt: what it shows'"
            )
        text = re.sub(
            rf"!\[\w+\]\({re.escape(name)}\)", lambda _: f"![{alt[cell.id]}]({name})", text
        )
    shown = {
        name: data for name, data in res["outputs"].items() if f"]({name})" in text
    }  # a PIL image comes as PNG and as JPEG; the page shows one
    return re.sub(
        r"\n{3,}", "\n\n", re.sub(r"^[ \t]+$", "", text, flags=re.M)
    ).strip() + "\n", shown


def _processed(nb):
    from fastcore.nbio import dict2nb

    proc = NBProcessor(nb=dict2nb(nb), procs=Page().procs())
    proc.process()
    return proc.nb


def _from_root(md):
    "Relative links of a page in nbs/ as seen from the root; code is left alone."

    def link(m):
        if re.match(r"[a-z]+:|#|/", m[2]):
            return m[0]
        return m[1] + posixpath.normpath("nbs/" + m[2]) + m[3]

    parts = re.split(r"(```.*?```|`[^`]*`)", md, flags=re.S)
    return "".join(
        p if i % 2 else re.sub(r"(\]\()([^)\s]+)(\))", link, p) for i, p in enumerate(parts)
    )


def cmd_readme(args):
    text, pictures = render()
    shutil.rmtree(ROOT / "nbs" / "index_files", ignore_errors=True)
    for name, data in pictures.items():
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_bytes(data)
    (ROOT / "README.md").write_text(text, encoding="utf-8", newline="\n")


# ---------------------------------------------------------------- check: each gives a list of what is wrong


def readme_problems(root=ROOT):
    text, pictures = render(root)
    have = {
        p.relative_to(root).as_posix(): p.read_bytes()
        for p in (root / "nbs" / "index_files").glob("*")
    }
    bad = (
        ["README.md is not what nbs/index.ipynb renders to"]
        if (root / "README.md").read_text(encoding="utf-8") != text
        else []
    )
    bad += [
        f"{n} is not what nbs/index.ipynb shows"
        for n in sorted(set(have) | set(pictures))
        if have.get(n) != pictures.get(n)
    ]
    return [f"{b}: run tools/nb.py readme" for b in bad]


def export_problems(root=ROOT):
    "Export the notebooks into an empty copy and compare: stale, missing and orphaned modules, tracked by git or not."
    lib = root / "mmunlearner_nb"
    with tempfile.TemporaryDirectory() as d:
        for f in [root / "pyproject.toml", lib / "__init__.py", *notebooks(root)]:
            to = Path(d) / f.relative_to(root)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(f, to)
        code = "from nbdev.doclinks import nbdev_export; nbdev_export.__wrapped__()"
        env = {k: v for k, v in os.environ.items() if k != "IN_TEST"}
        subprocess.run([sys.executable, "-c", code], cwd=d, env=env, check=True)
        fresh = {p.relative_to(d): p.read_text(encoding="utf-8") for p in modules(Path(d))}
    here = {p.relative_to(root): p.read_text(encoding="utf-8") for p in modules(root)}
    say = lambda n: (
        "comes from no notebook: delete it"
        if n not in fresh
        else "is missing: run nbdev-export"
        if n not in here
        else "is not what its notebook exports: run nbdev-export, and edit the notebook only"
    )
    return [f"{n} {say(n)}" for n in sorted(set(fresh) | set(here)) if fresh.get(n) != here.get(n)]


def module_problems(path):
    n = len(path.read_text(encoding="utf-8").splitlines())
    return (
        [f"{path.name} has {n} lines, {MAX_LINES - 1} at most: a second concept inside?"]
        if n >= MAX_LINES
        else []
    )


def notebook_problems(path):
    raw, say = path.read_text(encoding="utf-8"), []
    try:
        nb = json.loads(raw)
        nbformat.validate(nb)
    except (ValueError, nbformat.ValidationError) as e:
        return [f"{path.name} is no valid notebook: {str(e).splitlines()[0]}"]
    if len(raw) >= MAX_KB * 1000:
        say.append(f"has {len(raw) // 1000} KB, {MAX_KB} at most: smaller or fewer pictures")
    if "widgets" in nb["metadata"] or WIDGET_VIEW in raw:
        say.append("holds widget state or a widget view: tools/nb.py run")
    for i, (c, texts) in enumerate(zip(nb["cells"], shown(nb))):
        say += [
            f"cell {i} shows {o['ename']}: {o['evalue']}"
            for o in c.get("outputs", [])
            if o["output_type"] == "error"
        ]
        if re.search(rf"(?<!\w)/(home|root|Users)/|{re.escape(str(ROOT))}", "\n".join(texts)):
            say.append(f"cell {i} shows a path of somebody's machine: print a relative one")
    if not say and raw != canonical(nb):
        say.append("is not in its clean form: run tools/nb.py clean")
    return [f"{path.name} {s}" for s in say]


def problems():
    each = [p for f in modules() if f.name != "_modidx.py" for p in module_problems(f)] + [
        p for f in notebooks() for p in notebook_problems(f)
    ]
    return export_problems() + readme_problems() + each


def cmd_check(args):
    bad = problems()
    print("\n".join(bad) or "all in step")
    return bool(bad)


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sub = ap.add_subparsers(required=True, metavar="command")
    for name, do in {"out": cmd_out, "in": cmd_in}.items():
        p = sub.add_parser(name)
        p.add_argument("notebook")
        p.add_argument("text")
        p.set_defaults(do=do)
    p = sub.add_parser("run")
    p.set_defaults(do=cmd_run)
    p.add_argument("notebooks", nargs="*")
    p.add_argument("--flags", default="", help="cells to run as well, e.g. 'slow gpu'")
    p.add_argument("--dry", action="store_true", help="say what would differ, write nothing")
    p = sub.add_parser("clean")
    p.add_argument("notebooks", nargs="*")
    p.set_defaults(do=cmd_clean)
    for name, do in dict(readme=cmd_readme, check=cmd_check).items():
        sub.add_parser(name).set_defaults(do=do)
    args = ap.parse_args()
    return args.do(args)


if __name__ == "__main__":
    sys.exit(main())
