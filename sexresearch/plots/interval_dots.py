"""Points with their intervals, one row for each name: what levers bring, or how high constructs stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError, OptionError
from sexresearch.plots._path.diagram_words import fill, text_size
from sexresearch.plots.panel import GAP, MARGIN, panel, words
from sexresearch.plots.style import GREY, PALETTE, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, LEAST = 3.6, 1.8  # inches of the plot area, and at the least where names are long
ACROSS = 7.2  # inches of the figure, so that print of 8 points is 7 on a page upright
LINE, DENSE = 0.26, 0.22  # inches per row of one line; of many rows
MANY = 12  # rows from which on they stand closer, so that the figure shares its page
LONGEST = 3.0  # inches of a name before it is broken
NARROW, LEAST_NARROW = 3.4, 1.0  # inches where names stand above the rows, as on a phone: across, of the plot area
FEW_TICKS = 4  # of that plot area
BAND = "#F3F5F7"  # behind every other row


@in_words
def interval_dots(
    frame: pd.DataFrame,
    value: str,
    *,
    name: str = "construct",
    labels: Mapping[str, str] | None = None,
    ends: tuple[float, float] | None = None,
    axis: str = "",
    title: str = "",
    note: str = "",
    decimals: int = 2,
    narrow: bool = False,
) -> Figure:
    """Values as points with their intervals, one row under the other in the order of the frame.

    Parameters
    ----------
    frame : DataFrame
        Has the column `value` with its limits, such as gain, gain_ci_lower and gain_ci_upper of `priorities`.
    value : str
        The column to draw.
    name : str
        The column with the names of the rows.
    labels : dict of str by str, optional
        Names in the figure by names in the frame.
    ends : pair of float, optional
        Ends of the axis. Default: from the lowest to the highest limit, 0 always on it.
    axis : str
        What the axis shows.
    title : str
        Above the figure; empty for none.
    note : str
        Below it.
    decimals : int
        Decimals of the numbers beside the points.
    narrow : bool
        Names stand above their rows, so that the figure is no wider than a phone.

    Returns
    -------
    matplotlib.figure.Figure
        Points are hollow where the interval holds 0 and no ends are given.

    Raises
    ------
    OptionError
        The frame lacks the columns.
    ModelError
        No row has a value.

    Notes
    -----
    Nothing is computed here: limits are the columns ``VALUE_ci_lower`` and ``VALUE_ci_upper`` of the frame.

    Examples
    --------
    >>> row = {"construct": "care", "gain": 0.6, "gain_ci_lower": 0.4, "gain_ci_upper": 0.8}
    >>> figure = interval_dots(pd.DataFrame([row]), "gain")
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "numbers"]
    ['0.60 [0.40, 0.80]']
    """
    rows = _rows(frame, value, name)
    longest = NARROW - 2 * MARGIN if narrow else LONGEST
    names = [fill((labels or {}).get(str(own), str(own)).replace("$", r"\$"), "item", longest) for own in rows[name]]
    limits = rows[[value, *_limits(value)]].to_numpy(float)
    numbers = [_numbers(est, low, high, decimals) for est, low, high in limits]
    above = [text_size(text, "item")[1] if narrow else 0.0 for text in names]  # where the name stands, else beside
    heights = _heights(names, above)
    left = 0.0 if narrow else max(text_size(text, "item")[0] for text in names)
    right = max(text_size(text, "path")[0] for text in numbers)
    room = (NARROW if narrow else ACROSS) - left - right - 2 * (GAP + MARGIN)
    wide = min(WIDTH, max(LEAST_NARROW if narrow else LEAST, room))
    under = fill(axis, "path", NARROW - 2 * MARGIN) if narrow else axis
    below = (0.42 if axis else 0.25) + text_size(under, "path")[1] - text_size("x", "path")[1]
    made = panel((wide, sum(heights)), (left + GAP, right + GAP, below), title, note)
    made.area.set(xlim=ends or _ends(rows, value), ylim=(0, sum(heights)), yticks=[])
    y = sum(heights)
    for place, (text, number, height) in enumerate(zip(names, numbers, heights, strict=True)):
        top, bottom = y - above[place], y - height
        if place % 2 == 0:
            made.area.axhspan(bottom, top, color=BAND, linewidth=0, zorder=0)
        if ends is None and narrow:  # not through the names
            made.area.plot([0, 0], [bottom, top], color=GREY, linewidth=0.9, zorder=1)
        middle = made.box[1] + (top + bottom) / 2
        words(made.page, MARGIN, made.box[1] + (top + y) / 2 if narrow else middle, text, "item", gid="name")
        words(made.page, made.box[0] + wide + GAP, middle, number, "path", gid="numbers")
        _dot(made.area, (top + bottom) / 2, limits[place], whole=ends is not None)
        y = bottom
    if ends is None and not narrow:
        made.area.axvline(0, color=GREY, linewidth=0.9, zorder=1)
    for side in ("left", "right", "top"):
        made.area.spines[side].set_visible(False)
    if narrow:
        made.area.locator_params(axis="x", nbins=FEW_TICKS)
        words(made.page, MARGIN, made.box[1] - 0.25, under, "path", align=("left", "top"))
    else:
        made.area.set_xlabel(axis, fontsize=9)
    return made.figure


def _heights(names: Sequence[str], above: Sequence[float]) -> list[float]:
    """Inches of the rows: of a line, of what names beside it take more, or of names above it."""
    line, one = LINE if len(names) < MANY else DENSE, text_size("x", "item")[1]
    return [line + (over or text_size(text, "item")[1] - one) for text, over in zip(names, above, strict=True)]


def _dot(area: Axes, y: float, limits: Sequence[float], *, whole: bool) -> None:
    """A point on its interval; hollow where that holds 0, unless the axis shows a whole scale."""
    value, low, high = limits
    sure = whole or low > 0 or high < 0
    colour = PALETTE["blue"] if sure else GREY
    area.plot([low, high], [y] * 2, color=colour, linewidth=2.0, zorder=2, solid_capstyle="butt")
    face = colour if sure else PAPER
    area.plot(value, y, marker="o", markersize=7, color=colour, markerfacecolor=face, zorder=3)


def _limits(value: str) -> tuple[str, str]:
    return f"{value}_ci_lower", f"{value}_ci_upper"


def _rows(frame: pd.DataFrame, value: str, name: str) -> pd.DataFrame:
    needed = [name, value, *_limits(value)]
    absent = [column for column in needed if column not in frame.columns]
    if absent:
        raise OptionError(f"interval_dots needs the columns {needed}; {absent} are not there")
    kept = frame[frame[value].notna()]
    if kept.empty:
        raise ModelError(f"nothing to draw: no row has a {value}")
    return kept.reset_index(drop=True)


def _numbers(value: float, low: float, high: float, decimals: int) -> str:
    if not np.isfinite([low, high]).all():
        return f"{value:.{decimals}f}"
    return f"{value:.{decimals}f} [{low:.{decimals}f}, {high:.{decimals}f}]"


def _ends(rows: pd.DataFrame, value: str) -> tuple[float, float]:
    limits = rows[[value, *_limits(value)]].to_numpy(float)
    low, high = min(0.0, float(np.nanmin(limits))), max(0.0, float(np.nanmax(limits)))
    room = 0.05 * (high - low or 1.0)
    return low - room, high + room
