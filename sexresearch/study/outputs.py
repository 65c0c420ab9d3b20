"""What an executed notebook says: its headline numbers, its figures and its conclusion."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from sexresearch.study.headline import HEADLINE_MIME, Headline

if TYPE_CHECKING:
    from nbformat import NotebookNode


ANSWER = "Answer: "


def headlines(notebook: NotebookNode) -> list[Headline]:
    """The headline numbers stored in the outputs, in the order they were declared."""
    return [Headline(**data[HEADLINE_MIME]) for data in _bundles(notebook) if HEADLINE_MIME in data]


def figures(notebook: NotebookNode) -> list[bytes]:
    """The figures stored in the outputs as PNG files, in the order they were shown."""
    return [base64.b64decode(data["image/png"]) for data in _bundles(notebook) if "image/png" in data]


def conclusion(notebook: NotebookNode) -> str:
    """The first sentence of the last text cell, without heading, marks and "Answer:"; empty where there is none.

    >>> from nbformat import v4
    >>> cell = v4.new_markdown_cell("## In short\\n**Answer:** *delight* mediates (p < .001). See the table.")
    >>> conclusion(v4.new_notebook(cells=[cell]))
    'Delight mediates (p < .001).'
    """
    sentence = re.split(r"(?<=[.!?])\s+(?=[A-Z0-9])", _last_text(notebook), maxsplit=1)[0].removeprefix(ANSWER)
    return sentence[:1].upper() + sentence[1:]


def answered(notebook: NotebookNode) -> str:
    """The answer that the last text cell gives, whole and without marks; empty where that cell gives none.

    >>> from nbformat import v4
    >>> cells = [v4.new_markdown_cell("# Is it?"), v4.new_markdown_cell("**Answer:** It is. By *every* interval.")]
    >>> answered(v4.new_notebook(cells=cells))
    'It is. By every interval.'
    """
    text = _last_text(notebook)
    return text.removeprefix(ANSWER) if text.startswith(ANSWER) else ""


def _last_text(notebook: NotebookNode) -> str:
    """The last text cell without headings, links and marks."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    lines = [line.strip() for line in (texts[-1] if texts else "").splitlines()]
    prose = " ".join(line for line in lines if line and not line.startswith("#"))
    return re.sub(r"[*_`]{1,2}(\S.*?)[*_`]{1,2}", r"\1", re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", prose))


def _bundles(notebook: NotebookNode) -> list[dict]:
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [output.data for cell in cells for output in cell.outputs if "data" in output]
