"""The heat map of heterotrait-monotrait ratios: every pair of constructs at a glance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.extras import extra
from sexresearch.plots._path.diagram_words import wrap
from sexresearch.plots.standard.shapes import text_on, write
from sexresearch.plots.style import GREY, INK, PALETTE, PAPER, new_figure, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDEST, NARROWEST = 1.15, 0.62  # inches that a cell is wide
FLAT = 0.68  # height of a cell over its width
PAGE = 10.5  # inches that the map is wide where cells can be made narrow enough
MARGIN, FOOT = 0.35, 1.0
MOST_NAMED = 5  # columns headed by names
MOST_LIMITS = 11.0  # inches of a map beyond which its cells have no room for limits that can be read on a page
SMALL = 8.8  # inches of a map without limits, so that its smallest print stays above 6 points on A4
TINIEST = 0.26  # inches that a cell with the ratio alone is wide
REACHED = "Framed: below .85, but its interval reaches it."
NEAR, SAME = 0.85, 0.90  # cut-offs of Henseler, Ringle & Sarstedt 2015
COLOUR = {"below": PALETTE["blue"], "near": PALETTE["orange"], "same": PALETTE["vermillion"]}


class Print(NamedTuple):
    """Print of a map: points of names, inches that a letter and a line take, letters of a line, whether with limits."""

    points: float
    letter: float
    line: float
    longest: int
    limits: bool


PRINT, FINE = Print(10, 0.1, 0.19, 26, True), Print(9, 0.09, 0.165, 34, False)


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
        a ratio is an empty cell. From about 14 constructs on, cells have no room for limits that can be read on a page:
        those whose interval reaches .85 are framed, and the table has the limits.

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
    count = len(names) - 1
    many = count > MOST_NAMED  # then every name stands once, to the left, and columns have its number
    first = 0 if many else 1
    words = [f"{k}. {name}" if many else name for k, name in enumerate(shown, 1)][first:]
    setting = PRINT
    beside, left = _beside(words, setting)
    if left + NARROWEST * count + MARGIN > MOST_LIMITS:
        setting = FINE
        beside, left = _beside(words, setting)
        cell = max(TINIEST, (SMALL - left - MARGIN) / count)
    else:
        cell = min(WIDEST, max(NARROWEST, (PAGE - left - MARGIN) / count))
    tall = max(FLAT * cell, setting.line * max(map(len, beside)) + 0.06)
    above = [
        [str(k)] if many else _lines(name, int(1.3 * cell / setting.letter)) for k, name in enumerate(shown[:-1], 1)
    ]
    head = max(setting.line * len(above[0]) + 0.2, tall if many else 0.0)
    over = setting.letter * max(map(len, above[-1])) - cell  # the last heading may reach beyond its cell
    width = max(left + cell * count + MARGIN + max(over, 0.0), 6.4)
    height = FOOT + tall * count + head + (0.55 if title else 0.0)
    figure, axes = new_figure(width, height)
    top = FOOT + tall * count
    for place, lines in enumerate(above):
        ground = top - tall * place + 0.06 + setting.line * len(lines) / 2
        x = left + cell * (place + 0.5) if many else left + cell * place + 0.03
        write(axes, (x, ground), "\n".join(lines), setting.points, bold=True, align="center" if many else "left")
    for place, lines in enumerate(beside, first):
        write(
            axes, (left - 0.12, top - tall * (place - 0.5)), "\n".join(lines), setting.points, bold=True, align="right"
        )
    for row in rows.itertuples():
        i, j = sorted((names.index(row.a), names.index(row.b)))
        _cell(axes, (left + cell * i, top - tall * j), (cell, tall), (row.value, row.ci_lower, row.ci_upper), setting)
    if title:
        write(axes, (MARGIN, height - 0.35), title, 14, bold=True, align="left")
    reached = setting is FINE and bool(((rows["value"] < NEAR) & (rows["ci_upper"] >= NEAR)).any())
    _legend(axes, " ".join(filter(None, [REACHED if reached else "", note])))
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


def _beside(names: Sequence[str], setting: Print) -> tuple[list[list[str]], float]:
    """The names to the left in lines, and the inches from the left edge to the first cell."""
    beside = [_lines(name, setting.longest) for name in names]
    return beside, MARGIN + setting.letter * max(len(line) for name in beside for line in name) + 0.15


def _lines(name: str, limit: int) -> list[str]:
    """A name in lines of about `limit` letters."""
    return wrap(name, limit).split("\n")


def _cell(
    axes: Axes,
    corner: tuple[float, float],
    cell: tuple[float, float],
    values: tuple[float, float, float],
    setting: Print,
) -> None:
    """One pair: colour by the ratio, the ratio itself, and its limits below, or a frame where they reach .85."""
    with extra("reports"):
        from matplotlib.patches import Rectangle

    (x, y), (wide, tall), (value, low, high) = corner, cell, values
    narrow = wide < 0.95
    missing = math.isnan(value)
    colour = PAPER if missing else _colour(value)
    edge, line = (tint(GREY, 0.4), 1.0) if missing else (PAPER, 2.0 if setting.limits else 1.0)
    axes.add_patch(Rectangle((x, y), wide, tall, facecolor=colour, edgecolor=edge, linewidth=line))
    if not setting.limits and value < NEAR <= high:
        inner = Rectangle(
            (x + 0.008, y + 0.008), wide - 0.016, tall - 0.016, fill=False, edgecolor=INK, linewidth=1.2, zorder=3
        )
        axes.add_patch(inner)
    centre = (x + wide / 2, y + tall / 2)
    if missing:
        write(axes, centre, "–", 12, colour=GREY)
        return
    ink, limits = text_on(colour), setting.limits and not math.isnan(low)
    points = (11 if narrow else 13) if setting.limits else setting.points - 0.5
    write(axes, (centre[0], centre[1] + (0.12 if limits else 0.0)), _two(value), points, colour=ink, bold=True)
    if limits:
        between, points = ("–", 8) if narrow else (" – ", 9)
        write(axes, (centre[0], centre[1] - 0.15), f"{_two(low)}{between}{_two(high)}", points, colour=ink)


def _colour(value: float) -> str:
    if value >= SAME:
        return COLOUR["same"]
    return COLOUR["near"] if value >= NEAR else tint(COLOUR["below"], 0.08 + 0.72 * max(value, 0.0) / NEAR)


def _legend(axes: Axes, note: str) -> None:
    """What the colours mean, and the note."""
    with extra("reports"):
        from matplotlib.patches import Rectangle

    x = MARGIN
    entries = (
        ("below", "below .85: distinct"),
        ("near", ".85 to .90: similar"),
        ("same", ".90 and more: not distinct"),
    )
    for kind, text in entries:
        fill = tint(COLOUR[kind], 0.5) if kind == "below" else COLOUR[kind]
        axes.add_patch(Rectangle((x, 0.52), 0.2, 0.2, facecolor=fill, linewidth=0))
        write(axes, (x + 0.27, 0.62), text, 9, align="left", colour=INK)
        x += 0.5 + 0.078 * len(text)
    foot = " ".join(filter(None, ["Heterotrait-monotrait ratio (cut-offs: Henseler, Ringle & Sarstedt 2015).", note]))
    write(axes, (MARGIN, 0.27), foot, 8.5, colour=GREY, align="left")


def _two(value: float) -> str:
    return f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.2f}"
