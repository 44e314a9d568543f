#!/usr/bin/env python
"""The documentation site, built from the notebooks as they are in git: nothing runs, nothing is
fetched, not even by the finished pages.

tools/site.py build [OUT]    build into OUT (_docs); exit 1 on any warning, broken link or
                             outside resource
tools/site.py check [OUT]    crawl a built site
"""

import argparse
import sys
from pathlib import Path

from house.files import ROOT
from pages.build import build
from pages.crawl import problems


def main() -> bool:  # is anything wrong?
    "Build or check."
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("do", choices=["build", "check"])
    parser.add_argument("out", nargs="?", default=ROOT / "_docs", type=Path)
    args = parser.parse_args()
    found = build(args.out) if args.do == "build" else problems(args.out)
    print("\n".join(found) or f"{args.out}/index.html")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
