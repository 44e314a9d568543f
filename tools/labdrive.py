#!/usr/bin/env python
"""Drive a notebook in a real JupyterLab: run all its cells, move its first slider if it has one, take a screenshot.

    tools/labdrive.py NB.ipynb SHOT.png

Starts a server of its own and ends it. Needs `pip install playwright` and a Chromium (on Debian: the package chromium).
Exit 1 if the page or a cell reports an error.
"""

import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

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


def wait(what, ready, timeout=60, pause=0.1):
    "The first true value of `ready()`."
    end = time.time() + timeout
    while time.time() < end:
        if value := ready():
            return value
        time.sleep(pause)
    raise TimeoutError(f"{what}: not within {timeout} s")


@contextmanager
def server(folder):
    "A JupyterLab on `folder`, for the time of a block: its address and token."
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    base, token = f"http://127.0.0.1:{port}", secrets.token_hex(16)
    lab = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={token}",
            f"--ServerApp.root_dir={folder}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def up():
        if lab.poll() is not None:
            raise RuntimeError(f"JupyterLab ended with {lab.returncode}")
        try:
            return urllib.request.urlopen(f"{base}/api/status?token={token}").status == 200
        except OSError:
            return False

    try:
        wait("JupyterLab", up)
        yield base, token
    finally:
        lab.terminate()
        lab.wait(30)


def kernel_ready(base, token, notebook):
    "The session exists, its kernel is idle and a front end is connected. Run All before that does nothing."
    sessions = json.load(urllib.request.urlopen(f"{base}/api/sessions?token={token}"))
    kernels = [s["kernel"] for s in sessions if s["path"] == notebook and s.get("kernel")]
    return kernels and all(k["execution_state"] == "idle" and k["connections"] > 0 for k in kernels)


def cells_done(page):
    "Each code cell shows [n]:, none [*]: (empty ones stay [ ]:); scrolling makes JupyterLab draw the cells it had left out."
    return page.evaluate(r"""() => {
        const p = [...document.querySelectorAll('.jp-CodeCell')].filter(c => c.querySelector('.cm-content')?.textContent.trim())
                  .map(c => c.querySelector('.jp-InputPrompt').textContent.trim());
        return p.length && p.every(t => /^\[\d+\]:$/.test(t)) }""")


SOURCES = "s => [...document.querySelectorAll(s)].map(i => i.src).join(' ')"


def settled_image(page, selector, quiet=0.4):
    "The sources of all images of a selector once they have stopped changing; held locators go stale at each redraw."
    state = dict(src=None, since=time.time())

    def still():
        src = page.evaluate(SOURCES, selector)
        if src != state["src"]:
            state.update(src=src, since=time.time())
        return src if src and time.time() - state["since"] > quiet else None

    return wait(selector, still, 15, 0.05)


def menu(page, *names):
    for n in names:
        page.get_by_role("menuitem", name=n, exact=True).click()


def drive(page, base, token, notebook, shot):
    "Open, run all, move the first slider, screenshot; the error outputs seen."
    page.goto(f"{base}/lab/tree/{notebook}?reset&token={token}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    wait("kernel", lambda: kernel_ready(base, token, notebook))
    menu(page, "Edit", "Clear Outputs of All Cells")
    menu(page, "Run", "Run All Cells")

    def pump(ready):
        return lambda: page.wait_for_timeout(50) or ready()

    wait("cells", pump(lambda: cells_done(page)), 600)
    if handle := page.query_selector(".widget-vbox .noUi-handle"):
        images = ".jp-OutputArea .widget-vbox img, .widget-vbox .jp-OutputArea img"
        before = settled_image(page, images)
        handle.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            f"([s, b]) => ({SOURCES})(s) !== b", arg=[images, before]
        )  # whichever view the slider moves
        settled_image(page, images)
    page.screenshot(path=shot)
    return page.evaluate(
        '() => [...document.querySelectorAll(\'[data-mime-type="application/vnd.jupyter.stderr"] .ansi-red-fg, .jp-RenderedText[data-mime-type="application/vnd.jupyter.error"]\')].map(e => e.textContent)'
    )


def main(notebook, shot):
    path, errors = Path(notebook).resolve(), []
    before = path.read_bytes()
    try:
        with server(path.parent) as (base, token), sync_playwright() as p:
            browser = p.chromium.launch(
                executable_path=shutil.which("chromium"), headless=True, args=FLAGS
            )
            page = browser.new_page(viewport={"width": 1200, "height": 1000})
            page.on("pageerror", lambda e: errors.append(str(e)))
            errors += drive(page, base, token, path.name, shot)
            browser.close()
    finally:
        if path.read_bytes() != before:
            path.write_bytes(before)  # JupyterLab saves by itself every two minutes
    print("errors:", errors)
    return bool(errors)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
