#!/usr/bin/env python
"""The lectures of nbs/course/: measured, checked, and made into what a class is given.

    tools/course.py check [NB.ipynb ...]      say what is wrong with a lecture; exit 1 if it is
    tools/course.py measure [NB.ipynb ...]    run it in a fresh kernel; its time and memory go into
                                              the table of its first cell
    tools/course.py student OUT               lectures without solutions: exercises to fill in,
                                              checks that fail until they are
    tools/course.py instructor OUT            the same with solutions, open
    tools/course.py slides OUT                reveal.js slides, one HTML page a lecture
    tools/course.py syllabus                  nbs/course/syllabus.md, from the lectures' first cells
                                              and learning goals
    tools/course.py solve STUDENT MASTER OUT  a student's notebook with the master's solutions

The lecture in git is the one master; how it marks exercises, solutions and checks is said in
tools/lectures/frame.py.

Slides need no network to build. A page loads reveal.js 4 from unpkg.com when it is opened, or from
`--reveal URL`: a folder with dist/reveal.js, for example `npm pack reveal.js@4.6.1`, unpacked as
OUT/reveal.js, and `--reveal reveal.js`. Likewise MathJax 2 for the formulas, from a CDN or
`--mathjax URL`, for example `npm pack mathjax@2.7.9` and
`--mathjax "mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe"`.
"""

import argparse
import sys
from pathlib import Path

import nbformat

from house.files import read, write_text
from lectures.checks import problems
from lectures.costs import measure
from lectures.frame import lectures, pages
from lectures.slides import slides
from lectures.syllabus import syllabus, syllabus_page, syllabus_problems
from lectures.versions import pasted, write_version


def check_command(
    args: argparse.Namespace,  # notebooks
) -> bool:  # is anything wrong?
    "What is wrong with lectures, and with the syllabus if all are asked."
    found = []
    for path in args.notebooks or lectures():
        found += problems(Path(path))
    if not args.notebooks:
        found += syllabus_problems()
    print("\n".join(found) or "all in order")
    return bool(found)


def measure_command(
    args: argparse.Namespace,  # notebooks
) -> None:
    "What lectures cost."
    for path in map(Path, args.notebooks or lectures()):
        cost = measure(path)
        print(
            f"{path}: {cost['cpu']:.0f} s of one core, {cost['wall']:.0f} s by the clock, "
            f"{cost['peak'] / 1e9:.2f} GB"
        )


def version_command(
    args: argparse.Namespace,  # out, solutions
) -> None:
    "Lectures for a class."
    out = Path(args.out)
    write_version(out, args.solutions)
    print(f"{out}: {len(lectures())} lectures, {len(pages())} pages")


def solve_command(
    args: argparse.Namespace,  # student, master, out
) -> None:
    "A student's notebook, solved."
    book = pasted(nbformat.read(args.student, as_version=4), read(args.master))
    Path(args.out).parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.from_dict(book), args.out)


def slides_command(
    args: argparse.Namespace,  # out, reveal, mathjax
) -> None:
    "Slides of all lectures."
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    for path in lectures():
        page = out / f"{path.stem}.slides.html"
        page.write_text(slides(read(path), args.reveal, args.mathjax), encoding="utf-8")
        print(page)


def syllabus_command(
    args: argparse.Namespace,  # nothing
) -> None:
    "The syllabus."
    write_text(syllabus_page(), syllabus())


def parser() -> argparse.ArgumentParser:
    "The command line."
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = made.add_subparsers(required=True, metavar="command")
    for name, do in dict(check=check_command, measure=measure_command).items():
        command = commands.add_parser(name)
        command.add_argument("notebooks", nargs="*")
        command.set_defaults(do=do)
    for name, solutions in dict(student=False, instructor=True).items():
        command = commands.add_parser(name)
        command.add_argument("out")
        command.set_defaults(do=version_command, solutions=solutions)
    commands.add_parser("syllabus").set_defaults(do=syllabus_command)
    command = commands.add_parser("slides")
    command.add_argument("out")
    command.set_defaults(do=slides_command)
    command.add_argument("--reveal", metavar="URL", help="where reveal.js is")
    command.add_argument("--mathjax", metavar="URL", help="where MathJax 2 is")
    command = commands.add_parser("solve")
    command.set_defaults(do=solve_command)
    for name in ("student", "master", "out"):
        command.add_argument(name)
    return made


def main() -> bool | None:  # true: something is wrong
    "The command that was asked for."
    args = parser().parse_args()
    return args.do(args)


if __name__ == "__main__":
    sys.exit(main())
