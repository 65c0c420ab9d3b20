"""Covariances of many constructs as a matrix beside the diagram, in the place of arcs that nobody can follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sexresearch.escaping import visible
from sexresearch.plots._path.diagram_words import fill, text_size, wrap
from sexresearch.plots._path.graph import Arrow, Graph
from sexresearch.plots.style import FONT, GREY, INK, new_figure, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ARCS = 10  # among constructs, drawn as arcs
CELL, ROW = 0.56, 0.3  # inches: width of a cell, height of a row at the least
GAP, MARGIN = 0.4, 0.22  # inches between diagram and matrix, and around
LIMIT = 26  # letters of a line of a name
SIZE = 8.5  # points
PAGE = (6.3, 8.9)  # inches within the margins of A4
FOOT, STARS = "Correlations of the constructs.", "* $p$ < .05, ** $p$ < .01, *** $p$ < .001."
ALONE, STARRED = 7.2, 0.46  # inches of a matrix of its own, so that 8 points print as 7; a cell with room for stars


def without_arcs(graph: Graph) -> tuple[Graph, tuple[Arrow, ...]]:
    """The graph without the covariances of its constructs, and these, where there are too many for arcs."""
    latent = {name for name, node in graph.nodes.items() if node.latent}
    pairs = tuple(a for a in graph.covariances() if {a.tail, a.head} <= latent)
    if len(pairs) <= MOST_ARCS:
        return graph, ()
    return replace(graph, arrows=tuple(a for a in graph.arrows if a not in pairs)), pairs


def with_matrix(figure: Figure, graph: Graph, pairs: Sequence[Arrow]) -> Figure:
    """The figure with the matrix to the right, or below where it prints larger: a row and a numbered column each."""
    axes = figure.axes[0]
    width, height = (float(side) for side in figure.get_size_inches())
    names = [name for name in graph.nodes if any(name in (a.tail, a.head) for a in pairs)]
    texts = [wrap(f"{k}. {_whole(graph.nodes[name].text)}", LIMIT) for k, name in enumerate(names, 1)]
    rows = [max(ROW, text_size(text, "item")[1] + 0.1) for text in texts]
    side = max(text_size(text, "item")[0] for text in texts) + 0.15
    wide, tall = side + CELL * (len(names) - 1) + 2 * MARGIN, sum(rows) + ROW + 2 * MARGIN
    beside, below = (width + GAP + wide, max(height, tall)), (max(width, wide), height + tall)
    if min(PAGE[0] / below[0], PAGE[1] / below[1]) > min(PAGE[0] / beside[0], PAGE[1] / beside[1]):
        figure.set_size_inches(max(width, wide), height + tall)
        axes.set(xlim=(0.0, max(width, wide)), ylim=(-tall, height))
        left, top = MARGIN, -MARGIN
    else:
        over = max(0.0, tall - height)  # the diagram keeps to the bottom
        figure.set_size_inches(width + GAP + wide, height + over)
        axes.set(xlim=(0.0, width + GAP + wide), ylim=(0.0, height + over))
        left, top = width + GAP + MARGIN, (height + over + tall) / 2 - MARGIN
    _filled(axes, _Rows(names, texts, rows, side, CELL), {_ends(a): a.text for a in pairs}, left, top)
    return figure


def matrix_alone(graph: Graph, pairs: Sequence[Arrow]) -> Figure:
    """The matrix as a figure of its own, no wider than can be read on a page: where need be, without stars."""
    names = [name for name in graph.nodes if any(name in (a.tail, a.head) for a in pairs)]
    texts = [wrap(f"{k}. {_whole(graph.nodes[name].text)}", LIMIT) for k, name in enumerate(names, 1)]
    rows = [max(ROW, text_size(text, "item")[1] + 0.1) for text in texts]
    side = max(text_size(text, "item")[0] for text in texts) + 0.15
    cell = min(CELL, (ALONE - side - 2 * MARGIN) / (len(names) - 1))
    values = {_ends(a): a.text if cell >= STARRED else a.text.rstrip("*") for a in pairs}
    wide, tall = side + cell * (len(names) - 1) + 2 * MARGIN, sum(rows) + ROW + 2 * MARGIN
    foot = fill(" ".join([FOOT, *([STARS] if cell >= STARRED else [])]), "foot", wide - 2 * MARGIN)
    under = text_size(foot, "foot")[1] + 0.15
    figure, axes = new_figure(wide, tall + under)
    _filled(axes, _Rows(names, texts, rows, side, cell), values, MARGIN, tall + under - MARGIN)
    axes.text(
        MARGIN, MARGIN, foot, ha="left", va="bottom", size=SIZE, color=GREY, family=FONT, linespacing=1.1, gid="foot"
    )
    return figure


@dataclass(frozen=True)
class _Rows:
    """Names with their texts and heights; width of the texts, and of a cell."""

    names: Sequence[str]
    texts: Sequence[str]
    heights: Sequence[float]
    side: float
    cell: float


def _ends(arrow: Arrow) -> frozenset[str]:
    return frozenset((arrow.tail, arrow.head))


def _filled(axes: Axes, rows: _Rows, values: Mapping[frozenset[str], str], left: float, top: float) -> None:
    """The matrix from its upper left corner on."""
    begin, count = left + rows.side, len(rows.names) - 1
    for column in range(count):
        _text(axes, begin + rows.cell * (column + 0.5), top - ROW / 2, str(column + 1), "center", "matrix:head")
    y = top - ROW
    for place, (name, text, row) in enumerate(zip(rows.names, rows.texts, rows.heights, strict=True)):
        ends = [left, begin + rows.cell * count]
        axes.plot(ends, [y, y], color=tint(GREY, 0.4), linewidth=0.6, gid="matrix:rule")
        _text(axes, left, y - row / 2, text, "left", f"matrix:{name}")
        for column, other in enumerate(rows.names[:place]):
            at, value = begin + rows.cell * (column + 0.5), values.get(frozenset((name, other)), "")
            _text(axes, at, y - row / 2, value, "center", f"value:covariance:{other}:{name}")
        y -= row


def _whole(text: str) -> str:
    """A name in lines as one line.

    >>> _whole("Customer-\\nexperience\\nprocesses")
    'Customer-experience processes'
    """
    return text.replace("-\n", "-").replace("\n", " ")


def _text(axes: Axes, x: float, y: float, text: str, align: str, gid: str) -> None:
    if text:
        axes.text(
            x, y, visible(text), ha=align, va="center", size=SIZE, color=INK, family=FONT, linespacing=1.1, gid=gid,
        )  # fmt: skip
