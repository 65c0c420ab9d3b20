"""The invariance ladder: what every step costs in CFI, RMSEA and SRMR, beside its cut-off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import shorten, wrap
from typing import TYPE_CHECKING

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.invariance.step_verdicts import SMALL, cutoffs
from sexresearch.errors import OptionError
from sexresearch.extras import extra
from sexresearch.plots.standard.shapes import write
from sexresearch.plots.style import GREY, PALETTE, PAPER, new_figure, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RUNG, WIDTH = 0.75, 7.2  # inches: height of a rung; width of the figure, so that 8 points print as 7 on A4
FOOT_LINE = 110  # characters of the footnote in a line
FOOT, HEAD, MARGIN = 0.85, 0.55, 0.15
LABEL = 2.45  # inches from the left where the panels begin
PANEL, GAP = 1.45, 0.15
FARTHEST = 0.75  # share of a panel where a mark stands at the most, so that its value has room
SMALL_PRINT = 8  # points
MEASURES = {"cfi_change": "fall of CFI", "rmsea_change": "rise of RMSEA", "srmr_change": "rise of SRMR"}
REACH = {"cfi_change": 0.024, "rmsea_change": 0.036, "srmr_change": 0.05}  # right edge of each panel
LINE, LINES = 36, 3  # letters of a line of what was set free; lines of it
ZERO = 0.2  # share of a panel left of no change
WORDS = ("holds", "doubtful", "fails")
MARKS = {
    "within its cut-off": ("o", PALETTE["blue"]),
    "RMSEA or SRMR beyond: doubtful": ("D", PALETTE["orange"]),
    "CFI beyond: fails": ("X", PALETTE["vermillion"]),
}
WITHIN, DOUBTFUL, FAILS = MARKS


@in_words
def invariance_ladder(steps: pd.DataFrame, *, title: str = "", note: str = "") -> Figure:
    """The table of `invariance` as a ladder, the first step lowest: the change of each measure beside its cut-off.

    Parameters
    ----------
    steps : DataFrame
        What `invariance` returns.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        Grey bands show what a step may cost; blue circles are within them, orange diamonds and red crosses beyond. What
        was set free stands below the name of a partial step. Changes beyond the edge of a panel are drawn at it, with
        their value.

    Raises
    ------
    OptionError
        The frame has other columns, or no rows.

    Notes
    -----
    Cut-offs: Cheung & Rensvold 2002, doi 10.1207/S15328007SEM0902_5; Chen 2007, doi 10.1080/10705510701301834.

    Examples
    --------
    >>> steps = pd.DataFrame({"step": ["configural", "metric"], "cfi_change": [None, -0.002],
    ...                       "rmsea_change": [None, 0.001], "srmr_change": [None, 0.004], "released": [(), ()],
    ...                       "outcome": ["holds", "holds"]})
    >>> "metric" in {text.get_text() for text in invariance_ladder(steps).axes[0].texts}
    True
    """
    absent = [name for name in ("step", *MEASURES, "released", "outcome") if name not in steps.columns]
    if absent or steps.empty:
        raise OptionError(f"invariance_ladder takes the table of invariance; it has no {absent or 'rows'}")
    height = FOOT + RUNG * len(steps) + HEAD + (0.3 if title else 0.0)
    figure, axes = new_figure(WIDTH, height)
    top = FOOT + RUNG * len(steps)
    for place, (column, heading) in enumerate(MEASURES.items()):
        left = LABEL + place * (PANEL + GAP)
        write(axes, (left + PANEL / 2, top + 0.2), heading, 9, bold=True)
        _panel(axes, left, steps, column)
    for place, row in enumerate(steps.to_dict("records")):
        _rung(axes, FOOT + RUNG * (place + 0.5), row)
    if title:
        write(axes, (MARGIN, height - 0.25), title, 11, bold=True, align="left")
    _foot(axes, note)
    return figure


def _word(row: dict) -> str:
    """The outcome of a step, or "" where it has none."""
    word = str(row["outcome"])
    return word if word in WORDS else ""


def _rung(axes: Axes, y: float, row: dict) -> None:
    """The name of a step, its verdict, and what was set free."""
    free = row["released"]
    word = _word(row)
    line = y + (0.2 if free else 0.0)
    write(axes, (MARGIN, line), str(row["step"]), 9, bold=True, align="left")
    write(axes, (LABEL - 0.15, line), word or "–", SMALL_PRINT, align="right")
    if free:
        write(axes, (MARGIN, y + 0.04), set_free(free), SMALL_PRINT, colour=GREY, align="left", anchor="top")


def set_free(released: Sequence[str]) -> str:
    """What was set free, in three lines at the most; how many more there are.

    >>> set_free(["joy1 ~1"]), set_free(["a long name"] * 9)[-29:]
    ('free: joy1 ~1', ' name, a long name and 2 more')
    """
    for kept in range(len(released), 0, -1):
        more = f" and {len(released) - kept} more" if kept < len(released) else ""
        lines = wrap(f"free: {', '.join(released[:kept])}{more}", LINE)
        if len(lines) <= LINES or kept == 1:
            break
    short = [*lines[: LINES - 1], shorten(" ".join(lines[LINES - 1 :]), LINE, placeholder=" …")]
    return "\n".join(filter(None, short))


def _panel(axes: Axes, left: float, steps: pd.DataFrame, column: str) -> None:
    """One measure: the band of what a step may cost, and a mark per step."""
    with extra("reports"):
        from matplotlib.patches import Rectangle

    zero = left + ZERO * PANEL
    axes.plot([zero, zero], [FOOT, FOOT + RUNG * len(steps)], color=GREY, linewidth=0.8, zorder=0.5)
    for place, row in enumerate(steps.to_dict("records")):
        y, value, cut = FOOT + RUNG * (place + 0.5), _cost(row[column], column), _cut(row, column)
        if place:
            right = _across(cut, column)
            axes.add_patch(
                Rectangle((left, y - RUNG / 2 + 0.1), right, RUNG - 0.2, facecolor=tint(GREY, 0.18), linewidth=0)
            )
        if math.isnan(value):
            write(axes, (left + PANEL / 2, y), "–" if place else "start", SMALL_PRINT, colour=GREY)
        else:
            _mark(axes, (left + _across(value, column), y), value, _kind(value, cut, column))


def _mark(axes: Axes, at: tuple[float, float], value: float, kind: str) -> None:
    shape, colour = MARKS[kind]
    axes.plot(*at, shape, color=colour, markersize=8, markeredgecolor=PAPER)
    write(axes, (at[0] + 0.1, at[1]), _three(value), SMALL_PRINT, align="left")


def _across(value: float, column: str) -> float:
    """Inches from the left edge of a panel; values beyond it stay at its edge."""
    share = ZERO + (1 - ZERO) * value / REACH[column]
    return min(max(share, 0.0), FARTHEST) * PANEL


def _kind(value: float, cut: float, column: str) -> str:
    if column == "cfi_change":
        return FAILS if value > cut else WITHIN
    return DOUBTFUL if value >= cut else WITHIN


def _cost(value: object, column: str) -> float:
    """What a step costs: the fall of CFI, the rise of the others."""
    if value is None or pd.isna(value):
        return math.nan
    return -float(str(value)) if column == "cfi_change" else float(str(value))


def _cut(row: dict, column: str) -> float:
    """The cut-off of a step for its number of respondents; that of large samples where the table does not hold it."""
    n = row.get("n")
    lines = cutoffs(str(row["step"]), SMALL + 1 if n is None or pd.isna(n) else int(n))
    return float(getattr(lines, column.removesuffix("_change")))


def _three(value: float) -> str:
    text = f"{abs(value):.3f}".replace("0.", ".", 1)
    return f"−{text}" if value < 0 and float(f"{value:.3f}") else text


def _foot(axes: Axes, note: str) -> None:
    x = MARGIN
    for kind, (shape, colour) in MARKS.items():
        axes.plot([x + 0.06], [0.52], shape, color=colour, markersize=7, markeredgecolor=PAPER)
        write(axes, (x + 0.18, 0.52), kind, SMALL_PRINT, align="left")
        x += 0.4 + 0.065 * len(kind)
    write(axes, (x, 0.52), "line: no change", SMALL_PRINT, colour=GREY, align="left")
    text = "Grey: what a step may cost (Cheung & Rensvold 2002 for CFI; Chen 2007 for RMSEA, SRMR)."
    for line, words in enumerate(filter(None, (text, *wrap(note, FOOT_LINE)))):
        write(axes, (MARGIN, 0.28 - 0.17 * line), words, SMALL_PRINT, colour=GREY, align="left")
