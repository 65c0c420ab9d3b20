"""The pyramid of ISO 23592, Figure 1, in our own drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sexresearch import standard
from sexresearch.arguments import in_words
from sexresearch.plots.standard.shapes import Point, box, text_on, write
from sexresearch.plots.standard.slide import OUTCOME_COLOUR, slide
from sexresearch.plots.style import GREY, PAPER, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sexresearch.standard import PyramidLevel

APEX: Point = (3.45, 6.2)
BASE = 0.85  # height of the pyramid's base
SLOPE = 0.54  # half width gained per inch downwards
BAND_GAP = 0.07
LABELS = 6.75  # left edge of the level names
BRACKET = 10.35


@in_words
def pyramid() -> Figure:
    """The service excellence pyramid: four levels, what the customer feels, and the outcome they lead to.

    Returns
    -------
    matplotlib.figure.Figure
        A slide of 12.8 by 7.2 inches, after Figure 1 of ISO 23592.

    Notes
    -----
    Our own drawing, from the entries of `sexresearch.standard`; nothing is computed.

    Examples
    --------
    >>> pyramid().get_size_inches().tolist()
    [12.8, 7.2]
    """
    figure, axes = slide("Service excellence pyramid", "Figure 1")
    height = (APEX[1] - BASE) / len(standard.pyramid)
    for step, level in enumerate(standard.pyramid):
        _band(axes, level, step, BASE + step * height, height)
    for outcome, colour in OUTCOME_COLOUR.items():
        steps = [step for step, level in enumerate(standard.pyramid) if level.outcome == outcome]
        _bracket(axes, outcome, colour, BASE + steps[0] * height, BASE + (steps[-1] + 1) * height)
    return figure


def _band(axes: Axes, level: PyramidLevel, step: int, bottom: float, height: float) -> None:
    low, high = bottom + BAND_GAP, bottom + height
    corners = [(APEX[0] + side * SLOPE * (APEX[1] - y), y) for side, y in ((-1, low), (1, low), (1, high), (-1, high))]
    colour = tint(OUTCOME_COLOUR[level.outcome], 1.0 if step % 2 else 0.72)
    axes.fill(*zip(*corners, strict=True), color=colour, linewidth=0)
    middle = bottom + height * (0.5 if step < 3 else 0.36)
    write(axes, (APEX[0], middle), level.key[1:], 26, colour=text_on(colour), bold=True)
    centre = bottom + height / 2
    edge = APEX[0] + SLOPE * (APEX[1] - centre) + 0.12
    axes.plot([edge, LABELS - 0.15], [centre, centre], color=GREY, linewidth=1, alpha=0.5)
    felt = level.feeling if level.feeling != level.bond else ""  # the bond stands at the bracket
    write(axes, (LABELS, centre + (0.17 if felt else 0)), level.title, 15, bold=True, align="left", wrap=22)
    write(axes, (LABELS, centre - 0.31), felt, 14, colour=GREY, align="left")


def _bracket(axes: Axes, outcome: str, colour: str, bottom: float, top: float) -> None:
    low, high, middle = bottom + 0.12, top - 0.12, (bottom + top) / 2
    axes.plot([BRACKET - 0.15, BRACKET, BRACKET, BRACKET - 0.15], [low, low, high, high], color=colour, linewidth=2.2)
    bond = next(level.bond for level in standard.pyramid if level.outcome == outcome)
    box(axes, (BRACKET + 1.1, middle), (1.75, 0.62), colour)
    write(axes, (BRACKET + 1.1, middle), outcome, 15, colour=PAPER, bold=True)
    write(axes, (BRACKET + 1.1, middle + 0.55), bond, 13, colour=GREY)
    axes.plot([BRACKET, BRACKET + 0.22], [middle, middle], color=colour, linewidth=2.2)
