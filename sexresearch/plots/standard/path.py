"""The effect chain of ISO 23592, Figure 2, in our own drawing, with what it means for a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sexresearch import standard
from sexresearch.arguments import in_words
from sexresearch.plots.standard.shapes import Point, arrow, box, text_on, write
from sexresearch.plots.standard.slide import OUTCOME_COLOUR, slide
from sexresearch.plots.style import GREY, INK, PAPER, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sexresearch.standard import ChainLink, ChainNode

WIDE, TALL, FLAT = 1.5, 1.1, 0.76  # width of every box, height of the boxes on and off the chain
ROW, LOW, HIGH = 3.6, 1.45, 5.55  # heights of the chain, of the path over satisfaction, and of surprise
ASIDE = 0.62  # distance of the two routes from the height of the chain
CENTRES: dict[str, Point] = {
    "excellence": (1.35, ROW),
    "experience": (3.27, ROW),
    "valued": (5.24, ROW + ASIDE),
    "exceeded": (5.24, ROW - ASIDE),
    "surprise": (6.43, HIGH),
    "delight": (7.49, ROW),
    "promise": (5.24, LOW),
    "satisfaction": (7.49, LOW),
    "loyalty": (9.47, ROW),
    "success": (11.45, ROW),
}
FORK, JOIN = 4.23, 6.2  # where the two routes to delight part and meet again
DELIGHT, SATISFACTION = OUTCOME_COLOUR["delight"], OUTCOME_COLOUR["satisfaction"]
LINE = {"chain": INK, "route": DELIGHT, "moderator": DELIGHT, "parallel": SATISFACTION}
FILL = {"chain": INK, "route": tint(DELIGHT, 0.2), "moderator": PAPER, "parallel": tint(SATISFACTION, 0.2)}


@in_words
def effect_chain() -> Figure:
    """The effect chain, with two routes to delight, surprise as moderator, and satisfaction running beside.

    Returns
    -------
    matplotlib.figure.Figure
        A slide of 12.8 by 7.2 inches, after Figure 2 of ISO 23592.

    Notes
    -----
    Our own drawing, from the entries of `sexresearch.standard`; nothing is computed.

    Examples
    --------
    >>> "surprise" in {text.get_text() for text in effect_chain().axes[0].texts}
    True
    """
    figure, axes = slide("Effect chain of service excellence", "Figure 2, and what it means for a model")
    for link in standard.chain.links:
        _link(axes, link)
    for node in standard.chain.nodes:
        _node(axes, node)
    _captions(axes)
    return figure


def _node(axes: Axes, node: ChainNode) -> None:
    fill = DELIGHT if node.key == "delight" else FILL[node.role]
    edge = fill if node.role == "chain" else LINE[node.role]
    height = TALL if node.role == "chain" else FLAT
    box(axes, CENTRES[node.key], (WIDE, height), fill, edge=edge, dashed=node.role == "moderator")
    write(axes, CENTRES[node.key], node.title, 13, colour=text_on(fill), bold=node.role == "chain", wrap=12)


def _link(axes: Axes, link: ChainLink) -> None:
    colour = DELIGHT if link.contested else LINE[link.role]
    points = _points(link)
    arrow(axes, points, colour=colour, dashed=link.role == "moderator", head=points[-1] != (JOIN, ROW))


def _points(link: ChainLink) -> list[Point]:
    """The corners of a link's line; experience reaches delight by its two routes, so its own line begins at JOIN."""
    source, target = CENTRES[link.source], CENTRES[link.target]
    start, end = (source[0] + WIDE / 2, source[1]), (target[0] - WIDE / 2, target[1])
    ways: dict[str, list[Point]] = {
        "experience -> delight": [(JOIN, ROW), end],
        "experience -> valued": [start, (FORK, ROW), (FORK, end[1]), end],
        "experience -> exceeded": [start, (FORK, ROW), (FORK, end[1]), end],
        "valued -> delight": [start, (JOIN, start[1]), (JOIN, ROW)],
        "exceeded -> delight": [start, (JOIN, start[1]), (JOIN, ROW)],
        "surprise -> delight": [(source[0], HIGH - FLAT / 2), (source[0], ROW + 0.04)],
        "satisfaction -> loyalty": [start, (target[0], LOW), (target[0], ROW - TALL / 2)],
    }
    return ways.get(link.key, [start, end])


def _captions(axes: Axes) -> None:
    """What stands in grey beside the nodes."""
    nodes, top = standard.chain.nodes, ROW + TALL / 2
    size = f"{len(standard.dimensions)} dimensions, {len(standard.elements)}\N{NO-BREAK SPACE}elements"
    _caption(axes, "excellence", top, size)
    _caption(axes, "experience", top, _levels(nodes["experience"]))
    _caption(axes, "loyalty", top, ", ".join(nodes["loyalty"].facets))
    _caption(axes, "success", top, f"{len(standard.benefits)} benefits")
    _caption(axes, "promise", LOW + FLAT / 2, _levels(nodes["promise"]))
    write(axes, (CENTRES["surprise"][0] + 0.12, (HIGH + ROW + ASIDE) / 2), "intensifies", 12, colour=GREY, align="left")
    between = (CENTRES["delight"][0] + CENTRES["loyalty"][0]) / 2
    write(axes, (between, ROW - TALL / 2 - 0.2), "contested", 12, colour=DELIGHT)


def _caption(axes: Axes, node: str, edge: float, text: str) -> None:
    write(axes, (CENTRES[node][0], edge + 0.1), text, 12, colour=GREY, anchor="bottom", wrap=18)


def _levels(node: ChainNode) -> str:
    return f"levels {' and '.join(level[1:] for level in node.levels)}"
