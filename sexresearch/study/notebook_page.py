"""An executed notebook as one HTML page that opens without a network."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sexresearch.document.writers.page import page
from sexresearch.extras import extra
from sexresearch.study.outputs import answered

if TYPE_CHECKING:
    from nbformat import NotebookNode

CHECKS = "checks"
CELL_CSS = """
.prompt, .anchor-link { display: none; }
.code_cell { margin: 1rem 0; }
.input_area { background: var(--tint); border-left: 3px solid var(--line); padding: .5rem .9rem; }
.output_wrapper { padding: .3rem .9rem; }
.output_area { margin: .4rem 0; }
.input_area pre, .output_stream pre { white-space: pre-wrap; }  /* long lines are not cut */
.output_error pre { color: var(--warn); }
"""


def notebook_page(notebook: NotebookNode, name: str) -> str:
    """The notebook as a self-contained HTML document: its answer below the title, text, code, tables and figures.

    The title is the notebook's first heading, or `name` where it has none. Cells tagged "checks" are left to the
    notebook: they test it, and tell readers nothing.
    """
    with extra("lab"):
        from nbconvert import HTMLExporter
        from nbformat import NotebookNode
        from pygments.formatters import HtmlFormatter

    exporter = HTMLExporter(template_name="basic", embed_images=True, exclude_anchor_links=True)
    kept = [cell for cell in notebook.cells if CHECKS not in cell.metadata.get("tags", [])]
    body, _ = exporter.from_notebook_node(NotebookNode(notebook | {"cells": kept}))
    style = CELL_CSS + HtmlFormatter().get_style_defs(".highlight")
    return page(_title(notebook, name), _with_answer(body, answered(notebook)), style)


def _with_answer(body: str, answer: str) -> str:
    """The page's body with the answer below its title; as it is where there is no answer, or no title."""
    head, end, rest = body.partition("</h1>")
    if not answer or not end:
        return body
    return f'{head}{end}\n<p class="verdict" role="note"><strong>Answer:</strong> {escape(answer)}</p>{rest}'


def _title(notebook: NotebookNode, name: str) -> str:
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else []:
            if line.startswith("#"):
                return line.strip("# ")
    return name
