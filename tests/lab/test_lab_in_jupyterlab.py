"""The live chain in a real JupyterLab: moved, an arrow dropped, exported; the code gives the numbers shown."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sexresearch as sx

STEPS = 7  # of a tenth of a point, by arrow key
SECONDS = 240  # that JupyterLab, its page and its kernel may each take on a busy machine
ROOT = Path(__file__).resolve().parents[2]
MODEL = """
delight =~ val1 + val2 + val3
satisfaction =~ sat1 + sat2 + sat3
loyalty =~ remain + recommend + repurchase
loyalty ~ delight + satisfaction
"""
FIT = f"""import sexresearch as sx
survey = sx.datasets.load("service_excellence_demo")
results = sx.fit(\"\"\"{MODEL}\"\"\", survey)"""


@pytest.fixture
def server(tmp_path):
    """Address of a JupyterLab that serves a notebook with a live chain."""
    pytest.importorskip("anywidget", reason='anywidget is not installed (extra "lab"): the lab was not opened')
    pytest.importorskip("jupyterlab", reason='jupyterlab is not installed (extra "lab"): the lab was not opened')
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.cells = [nbformat.v4.new_code_cell(FIT), nbformat.v4.new_code_cell("sx.lab.chain(results, survey)")]
    nbformat.write(notebook, tmp_path / "chain.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"--ServerApp.root_dir={tmp_path}", "--ServerApp.port_retries=0", "--LabApp.news_url=None"]
    open_to_all = ["--IdentityProvider.token=", "--allow-root", "--no-browser", f"--port={port}"]
    homes = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR")}
    running = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options, *open_to_all],
        env=os.environ | homes | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(timeout=SECONDS)


def _wait(port: int) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.skip("JupyterLab did not start in time on this machine")


@pytest.fixture
def page():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not installed: the lab was not opened")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: the lab was not opened")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1300, "height": 1200})
        opened.set_default_timeout(SECONDS * 1000)
        yield opened
        browser.close()


def test_what_is_tried_out_with_the_mouse_and_keys_is_what_the_code_gives(page, server):
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{server}/lab/tree/chain.ipynb?reset")
    page.wait_for_selector("text=Python 3 (ipykernel) | Idle")
    page.click("text=Run")
    page.click("text=Run All Cells")
    page.wait_for_selector(".sx-lab svg")
    assert not page.locator(".sx-still").is_visible()  # the picture went as the live drawing came
    slider = page.locator('[data-slider="delight"]')
    slider.focus()
    for _ in range(STEPS):
        page.keyboard.press("ArrowRight")
    assert slider.input_value() == str(STEPS / 10)  # JupyterLab has not kept the keys for itself
    slider.fill("3")
    page.wait_for_function("document.querySelector('.sx-code textarea').value.includes('3.0')")
    page.locator('[data-row="satisfaction→loyalty"] button').focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".sx-arrow.dropped")
    page.wait_for_function("document.querySelector('.sx-lab').innerText.includes('Δχ²')")
    page.locator(".sx-export").click()
    code = page.locator(".sx-code textarea").input_value()
    shown = page.locator('[data-row="delight→loyalty"] td').nth(1).inner_text()
    moved = page.locator(".sx-row", has=page.locator('[data-slider="loyalty"]')).locator("output").inner_text()
    _same(code, shown, moved)
    assert not [url for url in requests if not url.startswith((server, "data:", "blob:"))]


def _same(code: str, shown: str, moved: str) -> None:
    """The exported code, run afresh, gives the path and the change that were shown."""
    names: dict[str, object] = {}
    exec(FIT, names)
    exec(code, names)
    now = names["results_now"]
    assert isinstance(now, sx.Results)
    path = now.parameters.query("op == '~' and rhs == 'delight'")["std_all"].iloc[0]
    assert shown == f"{path:.2f}"
    change = sx.what_if(now, {"delight": 3.0}, names["survey"]).set_index("construct").loc["loyalty", "change"]
    assert re.search(rf": {re.escape(f'{change:+.1f}')}", moved)
