"""The model of ISO 23592, Figure 3, as a wheel in our own drawing."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING, Literal

from sexresearch import standard
from sexresearch.arguments import in_words
from sexresearch.extras import extra
from sexresearch.plots.standard.shapes import Point, text_on, write
from sexresearch.plots.standard.slide import OUTCOME_COLOUR, slide
from sexresearch.plots.style import GREY, PALETTE, PAPER, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sexresearch.standard import Element

HUB: Point = (6.4, 3.5)
RADII = (0.9, 2.35, 2.95)  # hub, dimensions, elements
DIMENSION_COLOUR = {
    "7.1": PALETTE["blue"],
    "7.2": PALETTE["green"],
    "7.3": PALETTE["orange"],
    "7.4": PALETTE["purple"],
}
COLUMN, REACH = 3.3, 2.3  # the element names stand this far beside the hub, and up to this far above and below


@in_words
def model_wheel() -> Figure:
    """The service excellence model: four dimensions and nine elements around customer delight.

    Returns
    -------
    matplotlib.figure.Figure
        A slide of 12.8 by 7.2 inches, after Figure 3 of ISO 23592.

    Notes
    -----
    Our own drawing, from the entries of `sexresearch.standard`; nothing is computed.

    Examples
    --------
    >>> sum("provisional" in text.get_text() for text in model_wheel().axes[0].texts)
    1
    """
    figure, axes = slide("Service excellence model", "Figure 3")
    angles = {}
    for turn, dimension in enumerate(standard.dimensions):
        start, colour = 90.0 - 90.0 * turn, DIMENSION_COLOUR[dimension.clause]
        _wedge(axes, (RADII[0], RADII[1]), (start - 90, start), tint(colour, 0.32))
        write(axes, _polar(1.57, start - 45), dimension.title, 12.5, bold=True, wrap=12)
        width = 90.0 / len(dimension.elements)
        for place, element in enumerate(dimension.elements):
            _segment(axes, element, (start - width * (place + 1), start - width * place), colour)
            angles[element] = start - width * (place + 0.5)
    _names(axes, [element for element in angles if cos(radians(angles[element])) > 0], angles, 1)
    _names(axes, [element for element in reversed(angles) if cos(radians(angles[element])) < 0], angles, -1)
    _wedge(axes, (0, RADII[0] - 0.05), (0, 360), OUTCOME_COLOUR["delight"])
    write(axes, HUB, "customer delight", 16, colour=PAPER, bold=True, wrap=10)
    return figure


def _segment(axes: Axes, element: Element, angles: Point, colour: str) -> None:
    _wedge(axes, (RADII[1], RADII[2]), angles, colour)
    middle = _polar((RADII[1] + RADII[2]) / 2, sum(angles) / 2)
    write(axes, middle, element.clause, 12, colour=text_on(colour), bold=True)


def _names(axes: Axes, column: list[Element], angles: dict[Element, float], side: Literal[1, -1]) -> None:
    """The names of the elements on one side, from top to bottom, each tied to its segment."""
    for place, element in enumerate(column):
        rim = _polar(RADII[2] + 0.05, angles[element])
        even = HUB[1] + REACH * (1 - 2 * place / (len(column) - 1))
        x, y = HUB[0] + side * COLUMN, (even + rim[1]) / 2
        axes.plot([rim[0], x - side * 0.25, x - side * 0.08], [rim[1], y, y], color=GREY, linewidth=1)
        name = element.title if element.status == "published" else f"{element.title} ({element.status})"
        write(axes, (x, y), name, 13, align="left" if side > 0 else "right", wrap=27)


def _wedge(axes: Axes, radii: Point, angles: Point, colour: str) -> None:
    with extra("reports"):
        from matplotlib.patches import Wedge

    inner, outer = radii
    axes.add_patch(Wedge(HUB, outer, *angles, width=outer - inner, facecolor=colour, edgecolor=PAPER, linewidth=2.5))


def _polar(radius: float, degrees: float) -> Point:
    return HUB[0] + radius * cos(radians(degrees)), HUB[1] + radius * sin(radians(degrees))
