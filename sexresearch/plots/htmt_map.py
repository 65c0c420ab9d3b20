"""The heat map of heterotrait-monotrait ratios: every pair of constructs at a glance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.extras import extra
from sexresearch.plots.standard.shapes import text_on, write
from sexresearch.plots.style import GREY, INK, PALETTE, PAPER, new_figure, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL, TALL = 1.15, 0.78  # inches: width and height of a cell
MARGIN, HEAD, FOOT = 0.35, 0.75, 1.0
LETTER = 0.105  # inches that a letter of a construct's name takes
NEAR, SAME = 0.85, 0.90  # cut-offs of Henseler, Ringle & Sarstedt 2015
COLOUR = {"below": PALETTE["blue"], "near": PALETTE["orange"], "same": PALETTE["vermillion"]}


@in_words
def htmt_map(
    pairs: pd.DataFrame,
    *,
    group: object = None,
    labels: Mapping[str, str] | None = None,
    title: str = "",
    note: str = "",
) -> Figure:
    """The table of `htmt` as a heat map: one cell per pair of constructs, with its limits where there are some.

    Parameters
    ----------
    pairs : DataFrame
        What `htmt` returns.
    group : object, optional
        Label of the group to draw, where the table has several.
    labels : dict of str by str, optional
        Names in the figure by names in the model; names that do not occur are ignored.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        Blue cells grow darker with the ratio and stay below .85; from .85 they are orange, from .90 red. A pair without
        a ratio is an empty cell.

    Raises
    ------
    OptionError
        The frame has other columns or no pair, or several groups and none was named.

    Notes
    -----
    Cut-offs: Henseler, Ringle & Sarstedt 2015, doi 10.1007/s11747-014-0403-8.

    Examples
    --------
    >>> columns = ["a", "b", "value", "ci_lower", "ci_upper", "note"]
    >>> pairs = pd.DataFrame([["joy", "bond", 0.91, 0.88, 0.94, ""]], columns=columns)
    >>> [text.get_text() for text in htmt_map(pairs).axes[0].texts][:2]
    ['joy', 'bond']
    """
    rows = _rows(pairs, group)
    names = list(dict.fromkeys([*rows["a"], *rows["b"]]))
    shown = [(labels or {}).get(name, name) for name in names]
    left = MARGIN + LETTER * max(map(len, shown[1:])) + 0.15
    count = len(names) - 1
    width = max(left + CELL * count + MARGIN + LETTER * max(0, len(shown[-2]) - 8), 6.4)
    height = FOOT + TALL * count + HEAD + (0.45 if title else 0.0)
    figure, axes = new_figure(width, height)
    top = FOOT + TALL * count
    for place, name in enumerate(shown[:-1]):
        write(axes, (left + CELL * (place + 0.5), top + 0.22 - TALL * place), name, 11, bold=True)
    for place, name in enumerate(shown[1:]):
        write(axes, (left - 0.12, top - TALL * (place + 0.5)), name, 11, bold=True, align="right")
    for row in rows.itertuples():
        i, j = sorted((names.index(row.a), names.index(row.b)))
        _cell(axes, (left + CELL * i, top - TALL * j), (row.value, row.ci_lower, row.ci_upper))
    if title:
        write(axes, (MARGIN, height - 0.35), title, 14, bold=True, align="left")
    _legend(axes, note)
    return figure


def _rows(pairs: pd.DataFrame, group: object) -> pd.DataFrame:
    absent = [name for name in ("a", "b", "value", "ci_lower", "ci_upper") if name not in pairs.columns]
    if absent or pairs.empty:
        raise OptionError(f"htmt_map takes the table of htmt; found {list(pairs.columns)} with {len(pairs)} rows")
    if "group" not in pairs.columns:
        return pairs
    known = pairs["group"].drop_duplicates().tolist()
    if group not in known:
        raise OptionError(f"the table holds several groups; group= names one of {known}, found {group!r}")
    return pairs[pairs["group"] == group]


def _cell(axes: Axes, corner: tuple[float, float], values: tuple[float, float, float]) -> None:
    """One pair: colour by the ratio, the ratio itself, and its limits below."""
    with extra("reports"):
        from matplotlib.patches import Rectangle

    (x, y), (value, low, high) = corner, values
    missing = math.isnan(value)
    colour = PAPER if missing else _colour(value)
    edge, line = (tint(GREY, 0.4), 1.0) if missing else (PAPER, 2.0)
    axes.add_patch(Rectangle((x, y), CELL, TALL, facecolor=colour, edgecolor=edge, linewidth=line))
    centre = (x + CELL / 2, y + TALL / 2)
    if missing:
        write(axes, centre, "–", 12, colour=GREY)
        return
    ink, limits = text_on(colour), not math.isnan(low)
    write(axes, (centre[0], centre[1] + (0.12 if limits else 0.0)), _two(value), 13, colour=ink, bold=True)
    if limits:
        write(axes, (centre[0], centre[1] - 0.17), f"{_two(low)} – {_two(high)}", 9, colour=ink)


def _colour(value: float) -> str:
    if value >= SAME:
        return COLOUR["same"]
    return COLOUR["near"] if value >= NEAR else tint(COLOUR["below"], 0.08 + 0.72 * max(value, 0.0) / NEAR)


def _legend(axes: Axes, note: str) -> None:
    """What the colours mean, and the note."""
    with extra("reports"):
        from matplotlib.patches import Rectangle

    x = MARGIN
    said = (("below", "below .85: distinct"), ("near", ".85 to .90: similar"), ("same", ".90 and more: not distinct"))
    for kind, text in said:
        fill = tint(COLOUR[kind], 0.5) if kind == "below" else COLOUR[kind]
        axes.add_patch(Rectangle((x, 0.52), 0.2, 0.2, facecolor=fill, linewidth=0))
        write(axes, (x + 0.27, 0.62), text, 9, align="left", colour=INK)
        x += 0.5 + 0.078 * len(text)
    foot = " ".join(filter(None, ["Heterotrait-monotrait ratio (cut-offs: Henseler, Ringle & Sarstedt 2015).", note]))
    write(axes, (MARGIN, 0.27), foot, 8.5, colour=GREY, align="left")


def _two(value: float) -> str:
    return f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.2f}"
