#!/usr/bin/env python
"""The documentation site, built from the notebooks as they are in git: nothing runs, nothing is fetched, not even by the finished pages.

tools/site.py build [OUT]    build into OUT (_docs); exit 1 on any warning, broken link or outside resource
tools/site.py check [OUT]    crawl a built site
"""

import argparse
import ast
import base64
import functools
import io
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent))
import nb

ROOT = nb.ROOT
SECTIONS = dict(
    course="The course", look="Look and see", library="The library", benchmarks="Benchmarks"
)
INTRO = dict(
    course="Lectures to read and to run, in this order. Solutions are folded; try first.",
    look="Four notebooks for looking: where a face lives in the weights, what the model knows before and after, how the methods compare, and whether they forgot.",
    library="One notebook, one concept, one module. Each page is the module's source with its reasons; the [API](api.md) lists every name.",
    benchmarks="What things cost, measured.",
)
THUMB = 480

# ---------------------------------------------------------------- what there is


def section(path, root=ROOT):
    *folder, name = path.relative_to(root / "nbs").parts
    return (
        folder[0]
        if folder and folder[0] in SECTIONS
        else "look"
        if not folder and re.match("0[1-4]_", name)
        else "library"
    )


def pages(root=ROOT):
    "{section: its notebooks and hand-written pages in order}; the front page, nbs/index.ipynb, is not among them."
    front = root / "nbs" / "index.ipynb"
    found = [p for p in nb.notebooks(root) if p != front] + sorted(
        (root / "nbs" / "course").glob("*.md")
    )
    found.sort(key=lambda p: p.stem != "syllabus")
    return {s: got for s in SECTIONS if (got := [p for p in found if section(p, root) == s])}


def said(src):
    return dict(re.findall(r"^#\|\s*([\w-]+)\s*:?[ \t]*(.*?)\s*$", src, re.M))


def bare(src):
    return re.sub(r"^#\|.*\n?", "", src, flags=re.M).strip("\n")


def headline(path):
    "Title and one-line summary of a page."
    text = (
        path.read_text(encoding="utf-8")
        if path.suffix == ".md"
        else nb.source(nb.read(path)["cells"][0])
    )
    title, line = (re.search(rf"^{mark} (.+)$", text, re.M) for mark in ("#", ">"))
    return title[1].strip(), line[1].strip() if line else ""


def figures(path):
    "(cell id, alternative text, PNG bytes) of each picture; without '#| fig-alt' the text is the heading it stands under."
    under = path.stem
    for c in nb.read(path)["cells"]:
        src = nb.source(c)
        if c["cell_type"] != "code":
            under = ([under] + re.findall(r"^#+ (.+)$", src, re.M))[-1]
            continue
        if "hide" in said(src):
            continue
        for o in c["outputs"]:
            if png := o.get("data", {}).get("image/png"):
                yield (
                    c["id"],
                    said(src).get("fig-alt", "").strip("\"'") or under,
                    base64.b64decode("".join(png)),
                )


# ---------------------------------------------------------------- public names


def definitions(book):
    "{name: (node, cell id)} of what the exported cells define, the last one last."
    found = {}
    for c in book["cells"]:
        if c["cell_type"] != "code" or not {"export", "exports"} & said(nb.source(c)).keys():
            continue
        for n in ast.parse(bare(nb.source(c))).body:
            targets = (
                n.targets
                if isinstance(n, ast.Assign)
                else [n.target]
                if isinstance(n, ast.AnnAssign)
                else []
            )
            names = [
                t.id for target in targets for t in ast.walk(target) if isinstance(t, ast.Name)
            ]
            if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names = [n.name]
            found |= {name: (n, c["id"]) for name in names}
    return found


def signature(n):
    "As it is called: of a class, its __init__ or its fields; of a constant, its value if that is short."
    if isinstance(n, ast.ClassDef):
        init = [f for f in n.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"]
        if init:
            a = init[0].args
            a.args = a.args[1:]
            return f"({ast.unparse(a)})"
        fields = [
            f
            for f in n.body
            if isinstance(f, ast.AnnAssign)
            and re.search(
                "dataclass|NamedTuple", " ".join(map(ast.unparse, n.decorator_list + n.bases))
            )
        ]
        for f in fields:  # field(...), setting(default, help): the default alone
            if isinstance(f.value, ast.Call):
                f.value = f.value.args[0] if f.value.args else ast.Constant(...)
        return "(" + ", ".join(map(ast.unparse, fields)) + ")" if fields else ""
    if not isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return f" = {value}" if n.value and len(value := ast.unparse(n.value)) < 70 else ""
    return f"({ast.unparse(n.args)})" + (f" -> {ast.unparse(n.returns)}" if n.returns else "")


def plain(text):
    "A docstring's line as Markdown: code stays code, nothing else is markup."
    return "".join(
        p if i % 2 else re.sub(r"([*_<\[$|\\])", r"\\\1", p)
        for i, p in enumerate(re.split(r"(`[^`]*`)", text))
    )


def module_of(path):
    said_by = (
        [said(nb.source(c)) for c in nb.read(path)["cells"] if c["cell_type"] == "code"]
        if path.suffix == ".ipynb"
        else []
    )
    return next((s["default_exp"] for s in said_by if "default_exp" in s), None)


@functools.cache
def exports(path, root=ROOT):
    "(module, [(name, kind, signature or value, docstring's first line, notebook, cell id)]) of a notebook, in the order of the module's __all__."
    module = module_of(path)
    if not module:
        return None, []
    made = root / "mmunlearner_nb" / f"{module}.py"
    tree, have, rows = (
        ast.parse(made.read_text(encoding="utf-8") if made.exists() else ""),
        definitions(nb.read(path)),
        [],
    )
    names = next(
        (
            ast.literal_eval(n.value)
            for n in tree.body
            if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__"
        ),
        ["__all__"],
    )
    home = {
        a.asname or a.name: n.module
        for n in tree.body
        if isinstance(n, ast.ImportFrom) and n.level == 1
        for a in n.names
    }
    if lost := [n for n in names if n not in have and n not in home]:
        sys.exit(
            f"{path.name} and {made.name} are out of step ({', '.join(lost)}): run nbdev-export"
        )
    for name in names:
        if name not in have:  # passed on from another module
            (there,) = (p for p in nb.notebooks(root) if module_of(p) == home[name])
            rows += [r for r in exports(there, root)[1] if r[0] == name]
            continue
        n, cell = have[name]
        kind = {
            ast.ClassDef: "class",
            ast.FunctionDef: "function",
            ast.AsyncFunctionDef: "function",
        }.get(type(n), "data")
        rows.append(
            (
                name,
                kind,
                signature(n),
                (ast.get_docstring(n) or "").partition("\n")[0] if kind != "data" else "",
                path,
                cell,
            )
        )
    return module, rows


def address(path, root=ROOT):
    return path.relative_to(root).with_suffix(".html").as_posix()


def api(root=ROOT):
    text = "# API\n\nEvery public name of the library. Each leads to the cell of the notebook that defines and explains it.\n"
    for path in sum(pages(root).values(), []):
        module, rows = exports(path, root)
        if not module:
            continue
        at = path.relative_to(root).with_suffix("").as_posix()
        text += f"\n## {module}\n\n{headline(path)[1]}\n\nNotebook: [{path.stem}]({at}.ipynb)\n"
        text += f"\n```{{py:module}} mmunlearner_nb.{module}\n```\n\n"
        for name, kind, sig, doc, there, cell in rows:
            options = [":no-index:"] * (there != path) + [":value: " + json.dumps(sig[3:])] * (
                kind == "data" and bool(sig)
            )
            head = "\n".join([f":::{{py:{kind}}} {name}{sig * (kind != 'data')}", *options])
            text += f'{head}\n\n{plain(doc)} <a href="{address(there, root)}#cell-{cell}">source</a>\n:::\n\n'
    return text


# ---------------------------------------------------------------- from notebook to page


def relink(text, at, src, root):
    "Links as the site needs them: the front page and the licence have pages of their own; other files of the repository come along."

    def link(m):
        target = m[2].partition("#")[0]
        if re.match(r"[a-z]+:|/", m[2]) or not target:
            return m[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(at), target))
        to = {"nbs/index.ipynb": "index.md", "README.md": "index.md", "LICENSE": "licence.md"}.get(
            path
        )
        if to:
            return m[1] + posixpath.relpath(to, posixpath.dirname(at) or ".") + m[3]
        if (root / path).is_file() and path not in {
            p.relative_to(root).as_posix() for got in pages(root).values() for p in got
        }:
            (src / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / path, src / path)
        return m[0]

    parts = re.split(r"(```.*?```|`[^`\n]*`)", text, flags=re.S)
    return "".join(
        p if i % 2 else re.sub(r"(\]\()([^)\s]+)(\))", link, p) for i, p in enumerate(parts)
    )


SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[^\n]*", re.M | re.S)


def code(c, alt):
    "The cells that a code cell becomes on its page: none if it is hidden, two if it holds a solution (what to fill in; the solution, folded)."
    src, text = said(nb.source(c)), bare(nb.source(c))
    if "hide" in src or not text:
        return []
    tags, about = (
        set(c["metadata"].get("tags", [])),
        dict(image=dict(alt=alt[c["id"]])) if c["id"] in alt else {},
    )
    stub = SOLUTION.sub(r"\1...", text)
    if stub != text:
        tags.add("hide-input")
    if src.get("echo") == "false":
        tags.add("remove-input")
    outputs = [
        o | dict(data={k: v for k, v in o["data"].items() if k != "image/jpeg"})
        if "image/png" in o.get("data", {})
        else o
        for o in c["outputs"]
    ]
    text = re.sub(r"^\s*### (BEGIN|END) SOLUTION.*\n?", "", text, flags=re.M)
    shown = c | dict(
        source=text,
        outputs=outputs,
        metadata=dict(tags=sorted(tags), anchor=f"cell-{c['id']}", mystnb=about),
    )
    return (
        [c | dict(id=f"{c['id']}-stub", source=stub, outputs=[], metadata={}), shown]
        if stub != text
        else [shown]
    )


def page(path, src, root=ROOT):
    "The notebook as Sphinx reads it; a module's page says so at its head and ends with a table of its names."
    book, at, alt = (
        nb.read(path),
        path.relative_to(root).as_posix(),
        {c: text for c, text, _ in figures(path)},
    )
    words = lambda text, i: dict(cell_type="markdown", id=i, metadata={}, source=text)
    cells = sum(
        (
            [words(relink(nb.source(c), at, src, root), c["id"])]
            if c["cell_type"] == "markdown"
            else code(c, alt)
            for c in book["cells"]
        ),
        [],
    )
    module, rows = exports(path, root)
    if rows:
        cells.insert(
            1,
            words(
                f"Module `mmunlearner_nb.{module}`: [its names](#exports-{module}), [all names](/api.md).\n",
                "module",
            ),
        )
        where = lambda there: (
            "" if there == path else posixpath.relpath(address(there, root), posixpath.dirname(at))
        )
        table = "\n".join(
            f'| <a href="{where(there)}#cell-{cell}"><code>{name}</code></a> | {plain(doc)} |'
            for name, _, _, doc, there, cell in rows
        )
        cells.append(
            words(
                f"(exports-{module})=\n## Names of mmunlearner_nb.{module}\n\n| name | what it does |\n|---|---|\n{table}\n",
                "names",
            )
        )
    book["cells"] = cells
    book["metadata"]["language_info"] = dict(name="python", pygments_lexer="ipython3")
    _put(src / at, json.dumps(book))


def _put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def gallery(src, root=ROOT):
    text = "# Figures\n\nEvery figure of every notebook. Each leads to the cell that draws it.\n"
    for path in [root / "nbs" / "index.ipynb", *sum(pages(root).values(), [])]:
        shown = list(figures(path)) if path.suffix == ".ipynb" else []
        front = path.name == "index.ipynb" and path.parent.name == "nbs"
        at = "index" if front else path.relative_to(root).with_suffix("").as_posix()
        if shown:
            text += f"\n## {headline(path)[0]}\n\n[{'front page' if front else path.stem}](/{at}{'.md' if front else '.ipynb'})\n\n::::{{container}} gallery\n"
        for i, (cell, alt, png) in enumerate(shown):
            thumb = Image.open(io.BytesIO(png))
            thumb.thumbnail((THUMB, THUMB))
            name = f"figures/{path.stem}-{cell}-{i}.png"
            (src / name).parent.mkdir(exist_ok=True)
            thumb.save(src / name)
            text += f":::{{figure}} {name}\n:target: {at}.html{'' if front else f'#cell-{cell}'}\n:alt: {json.dumps(alt)}\n:loading: lazy\n\n{plain(alt)}\n:::\n"
        if shown:
            text += "::::\n"
    return text


def contents(names):
    return "\n".join(["```{toctree}", ":hidden:", "", *names, "```\n"])


def assemble(src, root=ROOT):
    "Write the site's sources into `src`."
    there, (front, pictures) = pages(root), nb.render(root)
    for name, data in pictures.items():
        (src / name).parent.mkdir(parents=True, exist_ok=True)
        (src / name).write_bytes(data)
    for s, paths in there.items():
        for p in paths:
            at = p.relative_to(root).as_posix()
            if p.suffix == ".md":
                _put(src / at, relink(p.read_text(encoding="utf-8"), at, src, root))
            else:
                page(p, src, root)
        rows = "".join(
            f"| [{plain(t)}]({p.relative_to(root).as_posix()}) | {line.replace('|', chr(92) + '|')} |\n"
            for p in paths
            for t, line in [headline(p)]
        )
        names = [p.relative_to(root).with_suffix("").as_posix() for p in paths]
        _put(
            src / f"{s}.md",
            f"# {SECTIONS[s]}\n\n{INTRO[s]}\n\n| page | in one line |\n|---|---|\n{rows}\n{contents(names)}",
        )
    _put(src / "api.md", api(root))
    _put(src / "gallery.md", gallery(src, root))
    _put(
        src / "licence.md",
        f"# Licence\n\n```text\n{(root / 'LICENSE').read_text(encoding='utf-8')}```\n",
    )
    top = {**{s: SECTIONS[s] for s in there}, "api": "API", "gallery": "Figures"}
    ways = " · ".join(f"[{title}]({s}.md)" for s, title in top.items())
    head, line, rest = re.split(
        r"(^> .+\n)", relink(front, "README.md", src, root), maxsplit=1, flags=re.M
    )
    _put(src / "index.md", f"{head}{line}\n{ways}\n{rest}\n{contents([*top, 'licence'])}")


def build(out, root=ROOT):
    "Build into `out`; what Sphinx warned of and what the crawl found, one a line."
    out = Path(out)
    if out.exists() and any(out.iterdir()) and not (out / "objects.inv").exists():
        sys.exit(f"{out} is not empty and no built site")
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as d:
        src = Path(d) / "src"
        src.mkdir()
        assemble(src, root)
        flags = [
            "-b",
            "html",
            "-W",
            "--keep-going",
            "-q",
            "-j",
            "auto",
            "-c",
            Path(__file__).with_suffix(""),
            "-d",
            Path(d) / "doctrees",
        ]
        done = subprocess.run(
            [sys.executable, "-m", "sphinx", *flags, src, out],
            capture_output=True,
            text=True,
            env=os.environ | dict(NO_COLOR="1"),
        )
        warned = [l.replace(f"{src}/", "") for l in done.stderr.splitlines() if l.strip()]
    return (warned or ["Sphinx failed"] if done.returncode else []) + problems(out)


# ---------------------------------------------------------------- crawl


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.to, self.loads = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.ids |= {v for k in ("id", "name") if (v := a.get(k))}
        found = [v for k in ("href", "src", "poster", "data") if (v := a.get(k))] + [
            w.split()[0] for w in (a.get("srcset") or "").split(",") if w.strip()
        ]
        self.to += found
        if tag != "a":
            self.loads += found


def problems(out):
    "Links to nowhere, and whatever a page would fetch from elsewhere."
    out = Path(out).resolve()
    read = {p: Links(p.read_text(encoding="utf-8")) for p in sorted(out.rglob("*.html"))}
    bad, outside = ([] if read else [f"no pages in {out}"]), re.compile(r"(?:https?:)?//")
    for p, links in read.items():
        at = p.relative_to(out).as_posix()
        bad += [f"{at} loads {u}" for u in links.loads if outside.match(u)]
        for u in links.to:
            if re.match(r"[a-z]+:|//", u):
                continue
            path, fragment = urldefrag(u)
            path = path.partition("?")[0]
            to = (p.parent / unquote(path)).resolve() if path else p
            if not to.is_file():
                bad.append(f"{at} links to {u}, which does not exist")
            elif fragment and to in read and unquote(fragment) not in read[to].ids:
                bad.append(f"{at} links to {u}, which has no such place")
    styles = [
        (p, u)
        for p in out.rglob("*.css")
        for u in re.findall(
            r"(?:url\(|@import)\s*[\"']?([^\"')\s]+)", p.read_text(encoding="utf-8")
        )
    ]
    return bad + [
        f"{p.relative_to(out).as_posix()} loads {u}" for p, u in styles if outside.match(u)
    ]


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("do", choices=["build", "check"])
    ap.add_argument("out", nargs="?", default=ROOT / "_docs", type=Path)
    args = ap.parse_args()
    bad = build(args.out) if args.do == "build" else problems(args.out)
    print("\n".join(bad) or f"{args.out}/index.html")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
