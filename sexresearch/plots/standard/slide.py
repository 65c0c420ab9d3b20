"""The page the figures of the standard are drawn on: size, title, credit line, and the colours of the outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sexresearch.plots.standard.shapes import write
from sexresearch.plots.style import GREY, PALETTE, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OUTCOME_COLOUR = {"satisfaction": PALETTE["blue"], "delight": PALETTE["vermillion"]}
SIZE = (12.8, 7.2)
LEFT = 0.6  # left margin


def slide(title: str, credit: str) -> tuple[Figure, Axes]:
    """A blank slide of 16:9 with its title above and its credit line below.

    >>> figure, axes = slide("Pyramid", "Figure 1")
    >>> [text.get_text() for text in axes.texts]
    ['Pyramid', 'own drawing after ISO 23592:2021, Figure 1']
    """
    figure, axes = new_figure(*SIZE)
    write(axes, (LEFT, 6.75), title, 22, bold=True, align="left")
    write(axes, (LEFT, 0.3), f"own drawing after ISO 23592:2021, {credit}", 11, colour=GREY, align="left")
    return figure, axes
