"""One document with all that is hard to write, and readers of every format that know nothing of the writers."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sexresearch.document import (
    Appendix,
    Bullets,
    Code,
    Document,
    Figure,
    Heading,
    Note,
    PageBreak,
    Paragraph,
    Table,
    emphasis,
    link,
    strong,
)
from sexresearch.plots.style import new_figure

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "Größe & Maß_1 % $x$ {y} #3 ~^\\",
    "x" * 200,
    "-1+2",
    "@SUM",
)
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


@pytest.fixture(scope="session")
def numbers() -> pd.DataFrame:
    """A frame with hostile texts, numbers of several sizes, a p value near 0, and gaps."""
    rng = np.random.default_rng(7)
    rows = len(HOSTILE)
    return pd.DataFrame(
        {
            "lhs": HOSTILE,
            "est": [*rng.normal(size=rows - 1) * [1, 10, 100, 0.001, 1], np.nan],
            "pvalue": [1e-30, 0.04, 0.5, 0.9999, 0.0009, np.nan],
            "df": np.arange(rows, dtype=float),
            "note": ["", "short", *HOSTILE[:4]],
        }
    )


@pytest.fixture(scope="session")
def document(numbers) -> Document:
    drawing, axes = new_figure(6.0, 3.0)
    axes.plot([1, 2], [1, 2])
    return Document(
        f"Client {HOSTILE[0]}",
        (
            Heading("Excellence carries loyalty"),
            Note("The chain holds.", "verdict"),
            Paragraph(
                ("Effect ", strong(".41"), ", ", emphasis("p"), " < .001, ", link("source", "https://doi.org/10.1/a"))
            ),
            Bullets(("first", ("second ", strong("thing")))),
            Table(numbers, caption="Numbers & <names>", note="A note with % and _."),
            Heading("What it rests on", 2),
            Figure(drawing, "A line", "A line that rises from 1 to 2"),
            Note("Careful.", "warning"),
            PageBreak(),
            Heading("Nothing found"),
            Table(numbers.iloc[:0], caption="Empty"),
            Appendix(),
            Heading("Model", 2),
            Code("a ~ b  # {text} & more\n  c ~ d"),
            Table(pd.DataFrame({"row": range(60), "value": np.linspace(0, 1, 60)}), caption="Long"),
        ),
        subtitle="clients.xlsx, n = 812",
        source="sexresearch, estimator ML, n = 812",
        synthetic=True,
    )


@pytest.fixture(scope="session")
def as_pdf():
    """Pages of a file, as text, made by LibreOffice."""
    if OFFICE is None or shutil.which("pdftotext") is None:
        pytest.skip("LibreOffice or pdftotext is not installed: documents were not rendered")

    def pages(path: Path) -> list[str]:
        profile = f"-env:UserInstallation=file://{path.parent / 'office'}"
        command = [OFFICE, profile, "--headless", "--convert-to", "pdf", "--outdir", str(path.parent), str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        made = path.with_suffix(".pdf")
        return subprocess.run(
            ["pdftotext", "-layout", str(made), "-"], check=True, capture_output=True, text=True
        ).stdout.split("\f")[:-1]

    return pages
