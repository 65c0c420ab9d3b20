"""The site that `make docs` has made, as a reader has it: every page opened from its file in a real browser."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"
PAGES = sorted(path for path in SITE.rglob("*.html")) if SITE.exists() else []
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
OWN = ("file:", "data:", "blob:", "about:")
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
PICTURES = "[...document.images].filter(image => !image.alt || !image.naturalWidth).map(image => image.src)"
pytestmark = pytest.mark.skipif(not PAGES, reason="there is no site yet: `make docs` makes it, then runs these tests")


class Links(HTMLParser):
    """Addresses a page points to, and the anchors it offers."""

    def __init__(self, page):
        super().__init__()
        self.targets, self.anchors = [], set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.anchors |= {named[key] for key in ("id", "name") if named.get(key)}
        self.targets += [named[key] for key in ("href", "src") if named.get(key)]


def test_no_link_is_dead():
    read = {page.as_uri(): Links(page) for page in PAGES}
    dead = []
    for page, links in read.items():
        for target in links.targets:
            address, anchor = urldefrag(urljoin(page, target))
            no_file = address.startswith("file:") and not Path(unquote(address.removeprefix("file://"))).is_file()
            no_anchor = anchor and address in read and unquote(anchor) not in read[address].anchors
            if no_file or no_anchor:
                dead.append((page, target))
    assert not dead


@pytest.fixture(scope="module")
def chromium():
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("chromium is not installed: the site was not opened")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: the site was not opened")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium):
    context = chromium.new_context(viewport=DESK)
    yield context.new_page()
    context.close()


def test_every_page_fits_a_phone_and_a_desk_by_day_and_by_night_and_asks_nobody(opened):
    found = []
    opened.on("console", lambda said: found.append((said.type, said.text)))
    opened.on("pageerror", lambda error: found.append(("error", str(error))))
    opened.on("requestfailed", lambda request: found.append(("not loaded", request.url)))
    opened.on("request", lambda request: request.url.startswith(OWN) or found.append(("asked", request.url)))
    faults = {}
    for page in PAGES:
        found.clear()
        opened.set_viewport_size(DESK)
        opened.goto(page.as_uri())
        found += [("picture without words, or none", source) for source in opened.evaluate(PICTURES)]
        for scheme, size in (("light", DESK), ("dark", DESK), ("dark", PHONE), ("light", PHONE)):
            opened.emulate_media(color_scheme=scheme)
            opened.set_viewport_size(size)
            if opened.evaluate(TOO_WIDE):
                found.append(("too wide", f"{scheme}, {size['width']} px"))
        if found:
            faults[str(page.relative_to(SITE))] = list(found)
    assert not faults


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("qualtrics", "how/qualtrics.html"),
        ("robust RMSEA", "how/robust.html"),
        ("differences from lavaan", "departures.html"),
    ],
)
def test_search_from_the_front_page_finds_what_a_stranger_asks(opened, asked, expected):
    opened.goto((SITE / "index.html").as_uri())
    opened.click("label.md-search__icon[for=__search], .md-search__input")
    opened.keyboard.type(asked)
    opened.wait_for_selector(".md-search-result__link")
    hits = [link.get_attribute("href") for link in opened.query_selector_all(".md-search-result__link")]
    assert any(expected in hit for hit in hits[:3]), hits[:3]


@pytest.mark.parametrize("page", ["index", "how/robust", "from/lavaan"])
def test_code_copied_from_a_page_runs(opened, page, tmp_path):
    opened.goto((SITE / f"{page}.html").as_uri())
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copied = []
    for block in opened.query_selector_all(".language-python"):
        block.query_selector(".md-code__button, [data-md-type=copy]").click()
        opened.wait_for_selector(".md-dialog--active")
        copied.append(opened.evaluate("navigator.clipboard.readText()"))
    assert len(set(copied)) == len(copied) > 0
    code = "\n".join(copied)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_scripts_there_are_words_and_pictures(chromium):
    context = chromium.new_context(java_script_enabled=False, viewport=PHONE)
    opened = context.new_page()
    opened.goto((SITE / "gallery.html").as_uri())
    assert opened.locator("figure.output img").count() >= 10
    assert re.search("Importance and performance", opened.inner_text("article"))
    assert not opened.locator(".md-search__input").is_visible()  # nothing is offered that would not answer
    context.close()
