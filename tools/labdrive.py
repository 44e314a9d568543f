#!/usr/bin/env python
"""Drive a notebook in a real JupyterLab: run all its cells, move its first slider if it has one,
take a screenshot.

    tools/labdrive.py NB.ipynb SHOT.png

Starts a server of its own and ends it. Needs `pip install playwright` and a Chromium (on Debian:
the package chromium). Exit 1 if the page or a cell reports an error.
"""

import json
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # not everybody has it: imported where a browser is started
    from playwright.sync_api import Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((path for path in map(shutil.which, CHROMIUM) if path), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# ---------------------------------------------------------------- waiting


def wait(
    what: str,  # is waited for
    ready: Callable[[], Any],
    timeout: float = 60,  # seconds
    pause: float = 0.1,  # seconds between two looks
) -> Any:
    "The first true value of `ready()`; a TimeoutError if there is none."
    end = time.time() + timeout
    while time.time() < end:
        if value := ready():
            return value
        time.sleep(pause)
    raise TimeoutError(f"{what}: not within {timeout} s")


def settled(
    what: str,  # is waited for
    look: Callable[[], Any],
    quiet: float = 0.4,  # seconds without a change
    timeout: float = 15,  # seconds
) -> Any:
    "What `look()` gives, once it is something and has stopped changing."
    last, since = None, time.time()

    def still() -> Any:
        nonlocal last, since
        now = look()
        if now != last:
            last, since = now, time.time()
        return now if now and time.time() - since > quiet else None

    return wait(what, still, timeout, pause=0.04)


# ---------------------------------------------------------------- a server and a browser


def free_port() -> int:
    "A port nobody listens on."
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def server(
    folder: str | Path,  # its root
    env: dict[str, str] | None = None,  # environment variables; None: those of here
) -> Iterator[tuple[str, str]]:  # address, token
    "A JupyterLab on `folder`, for the time of a block; an error holds what it wrote."
    port, token = free_port(), secrets.token_hex(16)
    base = f"http://127.0.0.1:{port}"
    options = {
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "IdentityProvider.token": token,
        "ServerApp.root_dir": folder,
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with tempfile.TemporaryFile("w+") as log:
        lab = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log)

        def wrote() -> str:
            log.seek(0)
            return log.read()

        def up() -> bool:
            if lab.poll() is not None:
                raise RuntimeError(f"JupyterLab ended with {lab.returncode}:\n{wrote()}")
            try:
                return urllib.request.urlopen(f"{base}/api/status?token={token}").status == 200
            except OSError:
                return False

        try:
            try:
                wait("JupyterLab", up)
            except TimeoutError as error:
                raise TimeoutError(f"{error}:\n{wrote()}") from error
            yield base, token
        finally:
            lab.terminate()
            lab.wait(30)


@contextmanager
def browser(
    width: int = 1200,  # pixels
    height: int = 1000,
) -> Iterator["Page"]:
    "A page in a headless Chromium, for the time of a block."
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, headless=True, args=FLAGS)
        yield chromium.new_page(viewport={"width": width, "height": height})
        chromium.close()


# ---------------------------------------------------------------- a notebook in it


def kernel_ready(base: str, token: str, notebook: str) -> bool:
    """The session exists, its kernel is idle and a front end is connected.
    Run All before that does nothing."""
    sessions = json.load(urllib.request.urlopen(f"{base}/api/sessions?token={token}"))
    kernels = [
        session["kernel"]
        for session in sessions
        if session["path"] == notebook and session.get("kernel")
    ]
    return bool(kernels) and all(
        kernel["execution_state"] == "idle" and kernel["connections"] > 0 for kernel in kernels
    )


def open_notebook(page: "Page", base: str, token: str, notebook: str):
    "The notebook is on the page, and its kernel is ready."
    page.goto(f"{base}/lab/tree/{notebook}?reset&token={token}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    wait("kernel", lambda: kernel_ready(base, token, notebook), timeout=90)


def menu(page: "Page", *names: str):
    "Click through a menu."
    for name in names:
        page.get_by_role("menuitem", name=name, exact=True).click()


PROMPTS = r"""() => {
    const hasCode = cell => cell.querySelector('.cm-content')?.textContent.trim()
    const cells = [...document.querySelectorAll('.jp-CodeCell')].filter(hasCode)
    const prompts = cells.map(cell => cell.querySelector('.jp-InputPrompt').textContent.trim())
    return prompts.length && prompts.every(prompt => /^\[\d+\]:$/.test(prompt)) }"""


def run_all(
    page: "Page",
    timeout: float = 600,  # seconds
):
    "Run all cells, to the end: each shows [n]:, none [*]: (empty ones stay [ ]:)."
    menu(page, "Run", "Run All Cells")

    def done() -> bool:
        page.wait_for_timeout(50)  # the page goes on
        return page.evaluate(PROMPTS)

    wait("cells", done, timeout)


# ---------------------------------------------------------------- drive one


IMAGES = ".jp-OutputArea .widget-vbox img, .widget-vbox .jp-OutputArea img"
SOURCES = "selector => [...document.querySelectorAll(selector)].map(i => i.src).join(' ')"
ERRORS = """() => {
    const mime = type => `[data-mime-type="application/vnd.jupyter.${type}"]`
    const selector = mime("stderr") + " .ansi-red-fg, .jp-RenderedText" + mime("error")
    return [...document.querySelectorAll(selector)].map(element => element.textContent) }"""


def sources(page: "Page") -> str:
    "The sources of all widgets' images, once they rest; held locators go stale at each redraw."
    return settled("images", lambda: page.evaluate(SOURCES, IMAGES))


def drive(
    page: "Page",
    base: str,
    token: str,
    notebook: str,  # a file in the server's root
    shot: str | Path,  # the screenshot to write
) -> list[str]:  # the error outputs seen
    "Open, run all, move the first slider, screenshot."
    open_notebook(page, base, token, notebook)
    menu(page, "Edit", "Clear Outputs of All Cells")
    run_all(page)
    if handle := page.query_selector(".widget-vbox .noUi-handle"):
        before = sources(page)
        handle.focus()
        page.keyboard.press("ArrowRight")
        changed = f"([selector, before]) => ({SOURCES})(selector) !== before"
        page.wait_for_function(changed, arg=[IMAGES, before])  # whichever view the slider moves
        sources(page)
    page.screenshot(path=shot)
    return page.evaluate(ERRORS)


def main(notebook: str, shot: str) -> bool:  # was there an error?
    "Drive a notebook and say what went wrong; its file stays as it was."
    path, errors = Path(notebook).resolve(), []
    before = path.read_bytes()
    try:
        with server(path.parent) as (base, token), browser() as page:
            page.on("pageerror", lambda error: errors.append(str(error)))
            errors += drive(page, base, token, path.name, Path(shot).resolve())
    finally:
        if path.read_bytes() != before:
            path.write_bytes(before)  # JupyterLab saves by itself every two minutes
    print("errors:", errors)
    return bool(errors)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
