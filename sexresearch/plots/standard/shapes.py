"""The few shapes the figures of the standard are made of: text, boxes and arrows, in inches on the page."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from math import hypot
from typing import TYPE_CHECKING, Literal

from sexresearch.extras import extra
from sexresearch.plots.style import FONT, INK, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

Point = tuple[float, float]
HEAD = 0.19  # length and width of an arrow head
DASHES = (0, (4, 2.5))
DARK = 0.45  # brightness below which white text is used; set by eye on the palette


def write(
    axes: Axes,
    at: Point,
    text: str,
    size: float,
    *,
    colour: str = INK,
    bold: bool = False,
    align: Literal["left", "center", "right"] = "center",
    anchor: Literal["center", "bottom", "top"] = "center",
    wrap: int | None = None,
) -> Text:
    """Text centred vertically at a point, standing on it or hanging from it, in lines of at most `wrap` letters.

    >>> from sexresearch.plots.style import new_figure
    >>> figure, axes = new_figure(4, 2)
    >>> write(axes, (2, 1), "customer delight", 12, wrap=10).get_text().splitlines()
    ['customer', 'delight']
    """
    lines = textwrap.wrap(text, wrap, break_on_hyphens=False, break_long_words=False) if wrap else [text]
    weight = "bold" if bold else "normal"
    return axes.text(*at, "\n".join(lines), size=size, color=colour, weight=weight, ha=align, va=anchor, family=FONT)


def box(axes: Axes, centre: Point, size: Point, colour: str, *, edge: str | None = None, dashed: bool = False) -> None:
    """A rounded box of `size` (width, height) around its centre.

    >>> from sexresearch.plots.style import PALETTE, new_figure
    >>> figure, axes = new_figure(4, 2)
    >>> box(axes, (2, 1), (2, 1), PALETTE["blue"])
    >>> len(axes.patches)
    1
    """
    with extra("reports"):
        from matplotlib.patches import FancyBboxPatch

    (x, y), (width, height) = centre, size
    shape = f"round,pad=0,rounding_size={min(0.16, height / 2)}"
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle=shape,
            facecolor=colour,
            edgecolor=edge or colour,
            linewidth=1.8,
            linestyle=DASHES if dashed else "solid",
        )
    )


def arrow(axes: Axes, points: Sequence[Point], *, colour: str, dashed: bool = False, head: bool = True) -> None:
    """A line through two or more points, with a solid head at the last one unless told otherwise.

    >>> from sexresearch.plots.style import INK, new_figure
    >>> figure, axes = new_figure(4, 2)
    >>> arrow(axes, [(0.5, 1), (3.5, 1)], colour=INK)
    >>> len(axes.lines), len(axes.patches)
    (1, 1)
    """
    (x0, y0), (x1, y1) = points[-2:]
    length = hypot(x1 - x0, y1 - y0)
    along, across = ((x1 - x0) / length, (y1 - y0) / length), ((y0 - y1) / length, (x1 - x0) / length)
    neck = (x1 - along[0] * HEAD, y1 - along[1] * HEAD) if head else (x1, y1)
    xs, ys = zip(*points[:-1], neck, strict=True)
    axes.plot(xs, ys, color=colour, linewidth=2.2, linestyle=DASHES if dashed else "solid", solid_capstyle="butt")
    if head:
        barbs = [(neck[0] + side * across[0], neck[1] + side * across[1]) for side in (-HEAD / 2, HEAD / 2)]
        axes.fill(*zip((x1, y1), *barbs, strict=True), color=colour, linewidth=0)


def text_on(colour: str) -> str:
    """Ink or paper, whichever reads better on a fill.

    >>> text_on("#0072B2") == PAPER, text_on("#F0E442") == INK
    (True, True)
    """
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return PAPER if 0.2126 * red + 0.7152 * green + 0.0722 * blue < DARK * 255 else INK
