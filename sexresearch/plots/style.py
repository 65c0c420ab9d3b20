"""The look every figure shares: colours safe for colour-blind readers, and one way to open a figure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from sexresearch.extras import extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Named colours of Okabe and Ito (2008, Color Universal Design), safe for colour-blind readers.
PALETTE: Mapping[str, str] = MappingProxyType(
    {
        "blue": "#0072B2",
        "sky": "#56B4E9",
        "green": "#009E73",
        "yellow": "#F0E442",
        "orange": "#E69F00",
        "vermillion": "#D55E00",
        "purple": "#CC79A7",
    }
)

INK = "#1F2933"  # text and lines that matter
GREY = "#66727F"  # secondary text and lines
PAPER = "#FFFFFF"  # background, and text on dark fills
FONT = "DejaVu Sans"  # ships with matplotlib, so a figure looks the same on every machine
DPI = 125  # a slide of 12.8 inches is 1600 pixels wide


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """A blank figure of `width` by `height` inches whose axes fill it, hidden, with one data unit per inch.

    The figure is already closed in pyplot: JupyterLab shows it once when it is the last expression of a cell,
    and figures do not pile up in memory.

    >>> figure, axes = new_figure(8, 4.5)
    >>> [float(edge) for edge in axes.get_xlim()], [float(edge) for edge in axes.get_ylim()]
    ([0.0, 8.0], [0.0, 4.5])
    """
    with extra("reports"):
        import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(width, height), dpi=DPI, facecolor=PAPER)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0.0, width), ylim=(0.0, height))
    axes.set_axis_off()
    plt.close(figure)
    return figure, axes


def tint(colour: str, strength: float) -> str:
    """A hex colour mixed with white: `strength` 1 is the colour itself, 0 is white.

    >>> tint("#0072B2", 0.0), tint("#0072B2", 1.0)
    ('#ffffff', '#0072b2')
    """
    channels = bytes.fromhex(colour.removeprefix("#"))
    return "#" + bytes(round(255 - strength * (255 - channel)) for channel in channels).hex()
