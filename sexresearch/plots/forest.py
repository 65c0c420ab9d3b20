"""The forest plot of effects: every effect as a point with its interval, and its numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError, OptionError
from sexresearch.plots._path.diagram_words import fill, number, text_size
from sexresearch.plots.panel import GAP, MARGIN, Panel, panel, words
from sexresearch.plots.rows import bare, footnote, interval, point, scaled
from sexresearch.plots.style import GREY, INK, PALETTE, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEEDED = ("effect", "path", "est", "ci_lower", "ci_upper", "std_all", "std_all_ci_lower", "std_all_ci_upper")
LEFT_OUT = ("share mediated",)  # a share, not an effect
MARKS = {  # colour and marker by kind, so that print in grey keeps them apart
    "direct": (PALETTE["blue"], "s"),
    "indirect": (PALETTE["orange"], "o"),
    "total indirect": (PALETTE["vermillion"], "o"),
    "total": (INK, "D"),
    "through": (PALETTE["orange"], "o"),
    "contrast": (PALETTE["purple"], "^"),
}
WIDTH = 3.4  # inches of the plot area
LINE = 0.30  # inches per row of one line
LONGEST = 4.6  # inches of a path before it is broken


@dataclass(frozen=True)
class Line:
    """One row: texts to the left and right, the value with its limits, and how it is marked."""

    effect: str
    path: str
    numbers: str
    group: str
    value: float
    low: float
    high: float

    @property
    def height(self) -> float:
        """Inches the row takes."""
        return LINE + text_size(self.path, "item")[1] - text_size("x", "item")[1]


@in_words
def forest(
    effects: pd.DataFrame,
    *,
    standardized: bool = True,
    labels: Mapping[str, str] | None = None,
    title: str = "",
    note: str = "",
) -> Figure:
    """Effects as points with their intervals, from a frame of `effects`.

    Parameters
    ----------
    effects : DataFrame
        What `effects` returns. Shares mediated are left out: they are no effects.
    standardized : bool
        Draw std_all; False draws est, in the units of the data.
    labels : dict of str by str, optional
        Names in the figure by names in the model; names that do not occur are ignored.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        Points are filled where the interval leaves out 0 and hollow where it holds 0. Effects that are 0 because the
        model has no such path say so; what has no value is named without a point.

    Raises
    ------
    OptionError
        The frame lacks columns of `effects`.
    ModelError
        There is no effect to draw.

    Notes
    -----
    Nothing is computed here: values and limits are those of `effects`, which names their method.

    Examples
    --------
    >>> row = {"effect": "total", "path": "delight → loyalty", "group": pd.NA, "est": 0.5, "ci_lower": 0.4,
    ...        "ci_upper": 0.6, "std_all": 0.45, "std_all_ci_lower": 0.36, "std_all_ci_upper": 0.54, "note": ""}
    >>> figure = forest(pd.DataFrame([row]), note="Synthetic data.")
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "numbers"]
    ['.45 [.36, .54]']
    """
    lines = _lines(effects, standardized, labels or {})
    above = [text_size(line.effect, "path")[0] for line in lines]
    left = (max(above), max(text_size(line.path, "item")[0] for line in lines))
    right = max(text_size(line.numbers, "path")[0] for line in lines)
    height = sum(line.height for line in lines)
    made = panel(
        (WIDTH, height), (left[0] + left[1] + 2 * GAP, right + GAP, 0.25), title, _foot(effects, standardized, note)
    )
    scaled(made, [x for line in lines for x in (line.value, line.low, line.high)])
    made.area.set_ylim(0, height)
    bare(made)
    y = made.box[1] + height
    for line, before in zip(lines, [lines[0], *lines], strict=False):
        if line.group != before.group:
            made.page.plot([MARGIN, made.box[0] + WIDTH + GAP + right], [y, y], color=GREY, linewidth=0.5)
        _draw_line(made, line, y - line.height / 2, left[0])
        y -= line.height
    return made.figure


def _lines(effects: pd.DataFrame, standardized: bool, labels: Mapping[str, str]) -> list[Line]:
    absent = [name for name in NEEDED if name not in effects.columns]
    if absent:
        raise OptionError(f"a forest plot takes the frame of effects(); columns {absent} are not there")
    kept = effects[~effects["effect"].isin(LEFT_OUT)]
    if kept.empty:
        raise ModelError("nothing to draw: the frame holds no effects")
    value = "std_all" if standardized else "est"
    low, high = (f"std_all_{end}" if standardized else end for end in ("ci_lower", "ci_upper"))
    group = pd.Series([_where(row) for row in kept.to_dict("records")], kept.index)
    return [
        Line(
            f"{effect}, {own}" if own else effect,
            _path(path, labels),
            _numbers(est, a, b, standardized),
            own,
            float(est),
            float(a),
            float(b),
        )
        for effect, path, own, est, a, b in zip(
            kept["effect"], kept["path"], group, kept[value], kept[low], kept[high], strict=True
        )
    ]


def _where(row: Mapping[str, Any]) -> str:
    """Group and level of an effect."""
    group, level = (row.get(name) for name in ("group", "level"))
    known = [value is not None and not pd.isna(value) for value in (group, level)]
    return ", ".join([*([str(group)] if known[0] else []), *([f"level {level}"] if known[1] else [])])


def _path(path: str, labels: Mapping[str, str]) -> str:
    """A path in the figure's own names, broken where it is long."""
    named = " ".join(labels.get(word, word) for word in path.replace("$", r"\$").split(" "))
    return "\n− ".join(fill(part, "item", LONGEST) for part in named.split(" − "))


def _numbers(est: float, low: float, high: float, bounded: bool) -> str:
    if math.isnan(est):
        return "not computable"
    if est == low == high == 0:
        return "0, no path"
    return f"{number(est, bounded)} [{number(low, bounded)}, {number(high, bounded)}]"


def _draw_line(made: Panel, line: Line, y: float, first: float) -> None:
    colour, marker = MARKS.get(line.effect.split(",")[0], (INK, "o"))
    left, inside = made.box[0], y - made.box[1]
    empty = math.isnan(line.value) or line.value == line.low == line.high == 0
    ink = GREY if empty else INK
    words(made.page, MARGIN + first + GAP, y, line.path, "item", gid="path", colour=ink)
    words(made.page, MARGIN, y, line.effect, "path", gid="effect", colour=ink)
    words(made.page, left + WIDTH + GAP, y, line.numbers, "path", gid="numbers", colour=ink)
    if empty:
        return
    interval(made, inside, line.low, line.high, colour)
    sure = line.low > 0 or line.high < 0
    point(made, inside, line.value, marker, colour, colour if sure else PAPER, f"point:{line.effect}")


def _foot(effects: pd.DataFrame, standardized: bool, note: str) -> str:
    units = "Standardized effects" if standardized else "Effects in the units of the data"
    method = ", ".join(dict.fromkeys(effects.get("interval", pd.Series(dtype=str)).dropna()))
    intervals = f"with intervals ({method.replace('_', ' ')})" if method else "with intervals"
    return footnote([f"{units} {intervals}.", "Hollow: the interval holds 0."], note)
