#!/usr/bin/env python
"""Notebooks as source: edit them as text, run them, and hold what is made from them in step.

tools/nb.py out NB.ipynb TEXT.py   the notebook as text (cells begin with `# %%`)
tools/nb.py in  NB.ipynb TEXT.py   and back, formatted: ids stay, outputs stay where the
                                   source did; makes a new notebook too
tools/nb.py export                 mmunlearner_nb/ from the notebooks, formatted
tools/nb.py run [NB.ipynb ...]     execute in a fresh kernel, keep text and pictures,
                                   drop what changes by itself
tools/nb.py clean [NB.ipynb ...]   ruff format, what nbdev-clean does, and the solutions
                                   of exercises (`#| exercise: 3.1`) folded
tools/nb.py rooms                  each room's list of its notebooks, in its 00_room
tools/nb.py readme                 README.md from nbs/index.ipynb
tools/nb.py check                  say what is out of step, style too; exit 1 if anything is
"""

import argparse
import json
import sys
from pathlib import Path

from nbclient.exceptions import CellExecutionError

from house.checks import problems
from house.exports import export
from house.files import canonical, notebooks, read, write, write_text
from house.readme import write_readme
from house.rooms import write_listings
from house.running import execute, settle, shown
from house.style import format_notebooks
from house.text import book_from_text, to_text


def out_command(
    args: argparse.Namespace,  # notebook, text
) -> None:
    "A notebook as text."
    write_text(Path(args.text), to_text(read(args.notebook)))


def in_command(
    args: argparse.Namespace,  # notebook, text
) -> None:
    "A text as notebook."
    path = Path(args.notebook)
    old = read(path)["cells"] if path.exists() else []
    book = book_from_text(Path(args.text).read_text(encoding="utf-8"), old, path.stem)
    if not book["cells"]:
        raise SystemExit(f"{args.text}: no cells")
    write(book, path)
    format_notebooks([path])


def export_command(
    args: argparse.Namespace,  # nothing
) -> None:
    "The package from the notebooks."
    export()


def run_command(
    args: argparse.Namespace,  # notebooks, flags, dry
) -> bool:  # did one fail?
    "Execute notebooks; what their cells said before and say now is compared."
    failed = False
    for path in map(Path, args.notebooks or notebooks()):
        try:
            book = settle(execute(path, args.flags.split()), path.name)
        except CellExecutionError as error:
            failed = True
            print(f"{path}: {error}", file=sys.stderr)
            continue
        now = shown(json.loads(canonical(book)))
        pairs = enumerate(zip(shown(read(path)), now, strict=True))
        changed = [i for i, (old, new) in pairs if old != new]
        print(path, f"text differs in cells {changed}" if changed else "same text")
        if not args.dry:
            write(book, path)
    return failed


def clean_command(
    args: argparse.Namespace,  # notebooks
) -> None:
    "Notebooks in the form in which they are kept."
    format_notebooks(args.notebooks or notebooks())


def rooms_command(
    args: argparse.Namespace,  # nothing
) -> None:
    "The rooms' lists."
    write_listings()


def readme_command(
    args: argparse.Namespace,  # nothing
) -> None:
    "README.md."
    write_readme()


def check_command(
    args: argparse.Namespace,  # nothing
) -> bool:  # is anything wrong?
    "What is out of step."
    found = problems()
    print("\n".join(found) or "all in step")
    return bool(found)


def parser() -> argparse.ArgumentParser:
    "The command line."
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = made.add_subparsers(required=True, metavar="command")
    for name, do in {"out": out_command, "in": in_command}.items():
        command = commands.add_parser(name)
        command.add_argument("notebook")
        command.add_argument("text")
        command.set_defaults(do=do)
    command = commands.add_parser("run")
    command.set_defaults(do=run_command)
    command.add_argument("notebooks", nargs="*")
    command.add_argument("--flags", default="", help="cells to run as well, e.g. 'slow gpu'")
    command.add_argument("--dry", action="store_true", help="say what differs, write nothing")
    command = commands.add_parser("clean")
    command.set_defaults(do=clean_command)
    command.add_argument("notebooks", nargs="*")
    alone = dict(
        export=export_command, rooms=rooms_command, readme=readme_command, check=check_command
    )
    for name, do in alone.items():
        commands.add_parser(name).set_defaults(do=do)
    return made


def main() -> bool | None:  # true: something is wrong
    "The command that was asked for."
    args = parser().parse_args()
    return args.do(args)


if __name__ == "__main__":
    sys.exit(main())
