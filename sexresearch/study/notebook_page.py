"""An executed notebook as one HTML page that opens without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sexresearch.document.writers.page import page
from sexresearch.extras import extra

if TYPE_CHECKING:
    from nbformat import NotebookNode

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
    """The notebook as a self-contained HTML document: text, code, tables and figures.

    The title is the notebook's first heading, or `name` where it has none.
    """
    with extra("lab"):
        from nbconvert import HTMLExporter
        from pygments.formatters import HtmlFormatter

    exporter = HTMLExporter(template_name="basic", embed_images=True, exclude_anchor_links=True)
    body, _ = exporter.from_notebook_node(notebook)
    return page(_title(notebook, name), body, CELL_CSS + HtmlFormatter().get_style_defs(".highlight"))


def _title(notebook: NotebookNode, name: str) -> str:
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else []:
            if line.startswith("#"):
                return line.strip("# ")
    return name
