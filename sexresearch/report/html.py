"""Results as one HTML document."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from sexresearch.chain.paths.effects import effects
from sexresearch.errors import ModelError
from sexresearch.extras import extra
from sexresearch.glossary import Table, table
from sexresearch.plots.path_diagram import path_diagram
from sexresearch.report.page import templates
from sexresearch.report.sentences import fit_sentence
from sexresearch.sem import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


EFFECTS = ("group", "effect", "path", "est", "se", "pvalue", "ci_lower", "ci_upper", "std_all", "note")
CAUSES = "Read as consequences only as far as the arrows of the model are causes."


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
            tables=(*summary.tables, *_effects(results)),
            model=results.model.syntax.strip("\n"),
        )
    )


def _effects(results: Results) -> list[Table]:
    """What nothing explains, on what explains nothing further: a table where there is anything indirect about it."""
    try:
        found = effects(results)
    except ModelError:  # no regression leads anywhere
        return []
    if not (found["effect"] == "total indirect").any() or found[found["effect"] == "total indirect"]["est"].eq(0).all():
        return []
    kept = found[[name for name in EFFECTS if name != "group" or results.groups]]
    return [table(kept.reset_index(drop=True), "Effects: direct, by every path, total", CAUSES)]


def svg_address(figure: Figure) -> str:
    """The figure as an address that holds the drawing itself; the same figure gives the same text."""
    with extra("reports"):
        import matplotlib as mpl

    drawing = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "sexresearch"}):
        figure.savefig(drawing, format="svg", metadata={"Date": None}, bbox_inches="tight")
    return "data:image/svg+xml;base64," + base64.b64encode(drawing.getvalue()).decode("ascii")


def _diagrams(results: Results) -> list[tuple[str, Figure]]:
    if not results.groups:
        return [("", path_diagram(results))]
    return [(str(label), path_diagram(results, group=label)) for label in results.groups]
