"The package from the notebooks: nbdev exports, ruff formats."

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from house.files import PACKAGE, ROOT, modules, notebooks

EXPORT = "from nbdev.doclinks import nbdev_export; nbdev_export.__wrapped__()"


def export(
    root: Path = ROOT,  # of the repository; its pyproject.toml says how to export and to format
) -> None:
    "Write the package from the notebooks, and format it."
    env = {key: value for key, value in os.environ.items() if key != "IN_TEST"}
    subprocess.run([sys.executable, "-c", EXPORT], cwd=root, env=env, check=True)
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", PACKAGE], cwd=root, check=True)


def texts(
    root: Path,  # of the repository
) -> dict[Path, str]:  # path from the root -> text
    "The package, file by file."
    return {path.relative_to(root): path.read_text(encoding="utf-8") for path in modules(root)}


def export_problems(
    root: Path = ROOT,  # of the repository
) -> list[str]:
    "Export into an empty copy and compare: stale, missing and orphaned modules, in git or not."
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for path in [root / "pyproject.toml", root / PACKAGE / "__init__.py", *notebooks(root)]:
            to = copy / path.relative_to(root)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)
        export(copy)
        fresh = texts(copy)
    here = texts(root)
    found = []
    for path in sorted(fresh.keys() | here.keys()):
        if path not in fresh:
            found.append(f"{path} comes from no notebook: delete it")
        elif path not in here:
            found.append(f"{path} is missing: run tools/nb.py export")
        elif fresh[path] != here[path]:
            found.append(
                f"{path} is not what its notebook exports: "
                "run tools/nb.py export, and edit the notebook only"
            )
    return found
