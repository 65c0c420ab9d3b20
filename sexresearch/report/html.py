"""Results as one HTML document."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from sexresearch.plots.path_diagram import path_diagram
from sexresearch.report.page import templates
from sexresearch.report.sentences import fit_sentence
from sexresearch.sem.output.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def html_document(results: Results, title: str, data: str = "") -> str:
    """The results as a self-contained HTML document; the contents are those of `report`."""
    summary = results.summary()
    return (
        templates()
        .get_template("report.html.j2")
        .render(
            title=title,
            data=data,
            synthetic="synthetic" in data.lower(),
            fit=fit_sentence(results),
            diagrams=[(label, svg_address(figure)) for label, figure in _diagrams(results)],
            summary=summary,
            model=results.model.syntax.strip("\n"),
        )
    )


def svg_address(figure: Figure) -> str:
    """The figure as an address that holds the drawing itself; the same figure gives the same text."""
    import matplotlib as mpl

    drawing = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "sexresearch"}):
        figure.savefig(drawing, format="svg", metadata={"Date": None}, bbox_inches="tight")
    return "data:image/svg+xml;base64," + base64.b64encode(drawing.getvalue()).decode("ascii")


def _diagrams(results: Results) -> list[tuple[str, Figure]]:
    if not results.groups:
        return [("", path_diagram(results))]
    return [(str(label), path_diagram(results, group=label)) for label in results.groups]
