"""Documents as they look: opened by LibreOffice and chromium, where these are installed."""

import re
import shutil
import subprocess

import pandas as pd
import pytest

from sexresearch.document import Document, Figure, Heading, Paragraph, Table, write
from sexresearch.plots import interval_dots


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".xlsx"])
def test_libreoffice_opens_it_and_shows_every_row(document, numbers, as_pdf, suffix, tmp_path):
    text = " ".join(as_pdf(write(document, tmp_path / f"client{suffix}")))
    assert "Größe" in text
    assert "No rows." in text
    assert f"{numbers['est'][2]:.3f}" in text


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None or shutil.which("pdfinfo") is None:
        pytest.skip("chromium or pdfinfo is not installed: pages were not rendered")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pages were not rendered"
    )
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


def test_a_page_prints_on_a4_with_nothing_cut(document, browser, tmp_path):
    path = write(document, tmp_path / "client.html")
    tab = browser.new_page(viewport={"width": 400, "height": 800})
    tab.goto(path.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= 400  # wide tables scroll, not the page
    tab.emulate_media(media="print")
    tab.pdf(path=str(path.with_suffix(".pdf")), prefer_css_page_size=True)
    told = subprocess.run(
        ["pdfinfo", "-f", "1", "-l", "99", str(path.with_suffix(".pdf"))], check=True, capture_output=True, text=True
    ).stdout
    sizes = [
        line.split("size:")[1].split()[:3:2]
        for line in told.splitlines()
        if line.startswith("Page ") and "size" in line
    ]
    assert sizes
    assert {tuple(sorted(round(float(side)) for side in size)) for size in sizes} <= {
        (595, 842),
        (595, 841),
        (596, 842),
    }
    text = subprocess.run(
        ["pdftotext", str(path.with_suffix(".pdf")), "-"], check=True, capture_output=True, text=True
    ).stdout
    assert re.search(r"1 ?/ ?\d", text)  # pages are numbered
    assert "x" * 20 in text


def test_on_a_phone_the_first_column_stays_when_a_table_is_moved_sideways(document, browser, tmp_path):
    tab = browser.new_page(viewport={"width": 390, "height": 800})
    tab.goto(write(document, tmp_path / "client.html").as_uri())
    before, after, moved = tab.evaluate(
        """() => { const box = [...document.querySelectorAll('.scroll')].find(e => e.scrollWidth > e.clientWidth + 100),
        place = () => box.querySelector('tbody tr > *').getBoundingClientRect().left;
        const before = place(); box.scrollLeft = 100; return [before, place(), box.scrollLeft] }"""
    )
    assert moved == 100
    assert after == pytest.approx(before, abs=1)


LEAST_LETTERS = 9.5  # pixels of the smallest letters of a figure, of 8 points, on a phone


def test_on_a_phone_figures_fit_the_window_and_can_be_read(document, browser, tmp_path):
    frame = pd.DataFrame(
        {
            "construct": ["Care", "A topic whose name is as long as those of questionnaires often are"],
            "gain": [12.5, -0.3],
            "gain_ci_lower": [10.25, -10.75],
            "gain_ci_upper": [14.75, 10.15],
        }
    )
    axis = "points of a target with a long name for 5 points more"
    whole, narrow = (interval_dots(frame, "gain", axis=axis, narrow=phone) for phone in (False, True))
    drawn = Document("Client", (Figure(whole, "Gains", "Two gains", narrow), *document.figures))
    tab = browser.new_page(viewport={"width": 390, "height": 800})
    tab.goto(write(drawn, tmp_path / "client.html").as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert tab.evaluate("[...document.querySelectorAll('figure')].every(e => e.scrollWidth <= e.clientWidth)")
    shown, own = tab.evaluate(
        "() => { const e = document.querySelector('figure img'); return [e.clientWidth, e.naturalWidth] }"
    )
    assert 8 * 96 / 72 * shown / own >= LEAST_LETTERS
    tab.set_viewport_size({"width": 1200, "height": 800})
    tab.wait_for_function("own => document.querySelector('figure img').naturalWidth > 1.5 * own", arg=own)


def test_dark_and_light_are_readable(document, browser, tmp_path):
    path = write(document, tmp_path / "client.html")
    for scheme in ("light", "dark"):
        tab = browser.new_page(color_scheme=scheme)
        tab.goto(path.as_uri())
        for kind in ("body", ".note", ".warning", ".verdict", ".subtitle", "a"):
            ink, paper = tab.evaluate(
                """kind => { const e = document.querySelector(kind); let p = e, b;
                do { b = getComputedStyle(p).backgroundColor; p = p.parentElement } while (b === 'rgba(0, 0, 0, 0)');
                return [getComputedStyle(e).color, b] }""",
                kind,
            )
            assert contrast(ink, paper) >= 4.5, (scheme, kind)  # WCAG 2.2, AA


def contrast(one, other):
    """Ratio of luminances as the Web Content Accessibility Guidelines define it."""

    def luminance(text):
        parts = [int(part) / 255 for part in text.removeprefix("rgb(").removesuffix(")").split(",")]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_latex_compiles_and_no_line_is_cut(document, tmp_path):
    engine = shutil.which("pdflatex")
    if engine is None:
        pytest.skip("pdflatex is not installed: the article was not compiled")
    path = write(document, tmp_path / "client.tex")
    made = subprocess.run(
        [engine, "-interaction=nonstopmode", "-halt-on-error", path.name],
        cwd=tmp_path, capture_output=True, timeout=180, check=False,
    )  # fmt: skip
    told = made.stdout.decode("utf-8", "replace")
    assert made.returncode == 0, told[-2000:]
    cut = [float(points) for points in re.findall(r"Overfull \\hbox \((\d+\.\d+)pt", told)]
    assert sum(points > 2.0 for points in cut) <= 2  # the word of 200 letters without a place to break, twice
    assert "Float too large" not in told


def lengths(wide):
    """A document of sections (heading, a sentence, a table with a note) whose tables end and begin at any height."""
    blocks = []
    for rows in range(18, 42):
        texts = [f"s{rows}r{row}z" + " word" * (20 if wide else 0) for row in range(rows)]
        names = [f"column {k} of the table" for k in range(6 if wide else 1)]
        frame = pd.DataFrame({"row": texts, **{name: ["text of some length"] * rows for name in names}})
        blocks += [
            Heading(f"s{rows}head", 2),
            Paragraph(f"s{rows}fit is what leads on."),
            Table(frame, f"s{rows}cap", f"s{rows}note."),
        ]
    return Document("Lengths", tuple(blocks))


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("suffix", [".tex", ".docx"])
def test_headings_stay_with_their_tables_and_notes_with_the_last_rows(wide, suffix, as_pdf, tmp_path):
    path = write(lengths(wide), tmp_path / f"client{suffix}")
    if suffix == ".docx":
        pages = as_pdf(path)
    else:
        if shutil.which("pdflatex") is None or shutil.which("pdftotext") is None:
            pytest.skip("pdflatex or pdftotext is not installed: the article was not compiled")
        for _ in range(2):  # long tables learn their widths in the first run
            command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", path.name]
            subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=180)
        text = ["pdftotext", "-layout", str(path.with_suffix(".pdf")), "-"]
        pages = subprocess.run(text, check=True, capture_output=True, text=True).stdout.split("\f")[:-1]
    for rows in range(18, 42):
        heading, begun, ended, note = (
            [k for k, page in enumerate(pages) if mark in page]
            for mark in (f"s{rows}fit", f"s{rows}r0z", f"s{rows}r{rows - 1}z", f"s{rows}note")
        )
        assert len(heading) == len(begun) == len(ended) == len(note) == 1, rows
        assert heading == begun, rows
        assert suffix == ".docx" or ended == note, rows  # LibreOffice may end a page below the last row of a long table
    assert all(re.search(r"s\d+r\d+z", page) for page in pages[1:])  # the first may hold the title alone


LEAST_PRINT = 6.8  # points: letters of 11 at a scale of .64, and what rounding of boxes takes of it


def test_a_wide_sheet_prints_so_that_it_can_be_read_and_repeats_its_first_column(as_pdf, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: sheets were not printed")
    columns = {f"a rather long head of column {k}": [f"words{k} that take some room in a cell"] * 3 for k in range(14)}
    frame = pd.DataFrame({"construct": ["joy", "trust", "care"], **columns})
    caption = "A caption that is much longer than the first column"
    path = write(Document("Wide", (Table(frame, caption),)), tmp_path / "wide.xlsx")
    pages = [page for page in as_pdf(path)[1:] if "words" in page]
    assert len(pages) > 1
    assert all("trust" in page for page in pages)
    assert all(" ".join(page.split()).count(caption) == 2 for page in pages)  # above the table and at the foot
    assert all(f"words{k}" in " ".join(pages) for k in range(14))
    boxes = subprocess.run(
        ["pdftotext", "-f", "2", "-bbox", str(path.with_suffix(".pdf")), "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    heights = [float(b) - float(a) for a, b in re.findall(r'yMin="([\d.]+)"[^>]*yMax="([\d.]+)">words', boxes)]
    assert min(heights) / 1.164 >= LEAST_PRINT  # lines of DejaVu Sans are 1.164 of its size; those of others are higher
