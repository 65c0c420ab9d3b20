"""The importance-performance map: what matters to the right, what is done well above."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError, OptionError
from sexresearch.plots._path.diagram_words import text_size, wrap
from sexresearch.plots._path.geometry import Rect, around
from sexresearch.plots.callouts import callouts, leader
from sexresearch.plots.panel import Panel, panel, words
from sexresearch.plots.style import GREY, INK, PALETTE, PAPER, tint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEEDED = ("kind", "construct", "item", "group", "importance", "performance", "quadrant")
MapRows = Literal["construct", "item"]
KINDS = get_args(MapRows)
SIZE = (8.2, 5.0)  # inches of the plot area
THIN = 0.01  # inches to either side of an interval that names keep off
NAME_LIMIT = 22  # characters per line of a name
MARKS = {  # colour and marker, so that print in grey keeps them apart
    "concentrate here": (PALETTE["vermillion"], "D"),
    "keep up the good work": (PALETTE["blue"], "o"),
    "low priority": (PALETTE["green"], "s"),
    "possible overkill": (PALETTE["purple"], "^"),
    "works against": (INK, "v"),
    "alone": (INK, "o"),
}
HOLLOW = {  # the others, in words
    "unimportant": "unimportant, as the interval of importance lies within the smallest effect of interest",
    "not shown": "importance not shown, as its interval holds 0",
}
CORNERS = {
    "possible overkill": ("left", "top"),
    "keep up the good work": ("right", "top"),
    "low priority": ("left", "bottom"),
    "concentrate here": ("right", "bottom"),
}


@in_words
def importance_map(
    importance: pd.DataFrame,
    *,
    kind: MapRows = "construct",
    group: object = None,
    labels: Mapping[str, str] | None = None,
    title: str = "",
    note: str = "",
) -> Figure:
    """Importance against performance with both intervals, from a frame of `importance`.

    Parameters
    ----------
    importance : DataFrame
        What `importance` returns. Rows that no path connects to the target, or without a value, are counted in the
        footnote.
    kind : {"construct", "item"}
        Which rows to draw.
    group : object, optional
        Label of the group to draw, where there are several.
    labels : dict of str by str, optional
        Names in the figure by names in the model; names that do not occur are ignored.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        The lines are the means that divide the quadrants; what is unimportant, or not shown to matter, is hollow and
        grey.

    Raises
    ------
    OptionError
        The frame lacks columns of `importance`, or the kind or group is unknown.
    ModelError
        No row has both importance and performance.

    Notes
    -----
    Martilla & James 1977, doi 10.1177/002224297704100112; Ringle & Sarstedt 2016, doi 10.1108/IMDS-10-2015-0449.

    Examples
    --------
    >>> row = {"kind": "construct", "construct": "joy", "item": "", "group": pd.NA, "importance": 0.4,
    ...        "importance_ci_lower": 0.3, "importance_ci_upper": 0.5, "performance": 60.0,
    ...        "performance_ci_lower": 58.0, "performance_ci_upper": 62.0, "quadrant": "concentrate here"}
    >>> figure = importance_map(pd.DataFrame([row]), note="Synthetic data.")
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "name:joy"]
    ['joy']
    """
    rows, lost = _rows(importance, kind, group)
    foot = _foot(rows, kind, lost, note)
    made = panel(SIZE, (0.65, 0.1, 0.6), title, foot)
    _scaled(made, rows)
    _quadrants(made, rows)
    named = [(labels or {}).get(name, name) for name in rows["name"]]
    _points(made, rows)
    _names(made, rows, named)
    x, y = made.box[0] + SIZE[0] / 2, made.box[1] - 0.42
    target = ", ".join(dict.fromkeys(rows["target"])).replace("$", r"\$") if "target" in rows else "the target"
    words(
        made.page,
        x,
        y,
        f"importance: points of {(labels or {}).get(target, target)} per point",
        "path",
        align=("center", "center"),
    )
    made.area.set_ylabel("performance: points of 100", fontsize=9, color=INK)
    return made.figure


def _rows(importance: pd.DataFrame, kind: str, group: object) -> tuple[pd.DataFrame, int]:
    """The rows to draw, with their `name`, and how many have no place on the map."""
    absent = [name for name in NEEDED if name not in importance.columns]
    if absent:
        raise OptionError(f"an importance map takes the frame of importance(); columns {absent} are not there")
    if kind not in KINDS:
        raise OptionError(f"kind {kind!r} is not known; allowed: {', '.join(KINDS)}")
    own = of_group(importance[importance["kind"] == kind], group, "an importance map")
    kept = own[own["quadrant"].ne("") & own["importance"].notna() & own["performance"].notna()]
    if kept.empty:
        raise ModelError(f"nothing to draw: no {kind} has both importance and performance; see the column note")
    return kept.assign(name=kept[kind]), len(own) - len(kept)


def of_group(rows: pd.DataFrame, group: object, what: str) -> pd.DataFrame:
    """The rows of one group; `group` may be None where there is only one."""
    groups = list(rows["group"].dropna().unique())
    if group is None and len(groups) <= 1:
        return rows
    if group not in groups:
        known = ", ".join(repr(label) for label in groups) or "none"
        raise OptionError(f"{what} shows one group, and group={group!r} is none of them; the groups are: {known}")
    return rows[rows["group"] == group]


def _scaled(made: Panel, rows: pd.DataFrame) -> None:
    """Both axes from the lowest to the highest limit, zero importance always on the map."""
    for set_limits, name, zero in (
        (made.area.set_xlim, "importance", True),
        (made.area.set_ylim, "performance", False),
    ):
        ends = rows[[name, f"{name}_ci_lower", f"{name}_ci_upper"]].to_numpy(dtype=float)
        low, high = min(np.nanmin(ends), 0.0 if zero else np.inf), np.nanmax(ends)
        room = 0.10 * (high - low) or 1.0
        set_limits(low - room, high + 1.6 * room if zero else high + room)


def _quadrants(made: Panel, rows: pd.DataFrame) -> None:
    x, y = rows["importance"].mean(), rows["performance"].mean()
    (left, right), bottom = made.area.get_xlim(), made.area.get_ylim()[0]
    made.area.fill_between([x, right], bottom, y, color=tint(PALETTE["orange"], 0.16), linewidth=0, zorder=0)
    made.area.axvline(x, color=GREY, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    made.area.axhline(y, color=GREY, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    if left < 0:
        made.area.axvline(0, 0.06, 0.94, color=GREY, linewidth=0.6, zorder=1)
    for name, rect in _corners(made).items():
        across, up = CORNERS[name]
        edge = rect.left if across == "left" else rect.right
        words(
            made.page,
            edge,
            rect.top if up == "top" else rect.bottom,
            name,
            "path",
            colour=GREY,
            align=(across, up),
            gid=f"quadrant:{name}",
        )


def _corners(made: Panel) -> dict[str, Rect]:
    """Where the names of the quadrants stand."""
    left, bottom, width, height = made.box
    boxes = {}
    for name, (across, up) in CORNERS.items():
        w, h = text_size(name, "path")
        x = left + 0.08 + w / 2 if across == "left" else left + width - 0.08 - w / 2
        y = bottom + height - 0.08 - h / 2 if up == "top" else bottom + 0.08 + h / 2
        boxes[name] = around(x, y, w, h)
    return boxes


def _points(made: Panel, rows: pd.DataFrame) -> None:
    for row in rows.to_dict("records"):
        colour, marker = MARKS.get(row["quadrant"], (GREY, "o"))
        hollow = row["quadrant"] not in MARKS
        x, y = row["importance"], row["performance"]
        faint = tint(colour, 0.55)
        made.area.plot(
            [row["importance_ci_lower"], row["importance_ci_upper"]], [y, y], color=faint, linewidth=1.3, zorder=2
        )
        made.area.plot(
            [x, x], [row["performance_ci_lower"], row["performance_ci_upper"]], color=faint, linewidth=1.3, zorder=2
        )
        made.area.plot(
            x, y, marker=marker, markersize=7, color=colour, markerfacecolor=PAPER if hollow else colour,
            markeredgewidth=1.4, zorder=4, gid=f"point:{row['name']}",
        )  # fmt: skip


def _names(made: Panel, rows: pd.DataFrame, named: list[str]) -> None:
    """The names in the places the call-outs find, with a thin line where they are far from their point."""
    left, bottom, width, height = made.box
    places = [_place(made, x, y) for x, y in zip(rows["importance"], rows["performance"], strict=True)]
    texts = [wrap(name, NAME_LIMIT) for name in named]
    sizes = [text_size(text, "item") for text in texts]
    inside = Rect(left + 0.04, bottom + 0.04, left + width - 0.04, bottom + height - 0.04)
    rects = callouts(places, sizes, inside, [*_corners(made).values(), *_intervals(made, rows)])
    for name, text, place, rect in zip(rows["name"], texts, places, rects, strict=True):
        x, y = (rect.left + rect.right) / 2, (rect.bottom + rect.top) / 2
        xs, ys = [rect.left, rect.right], [rect.bottom] * 2
        made.page.fill_between(xs, ys, [rect.top] * 2, color=PAPER, alpha=0.7, linewidth=0, zorder=5)  # under the name
        words(made.page, x, y, text, "item", align=("center", "center"), gid=f"name:{name}")
        end = leader(place, rect)
        if end is not None:
            made.page.plot([place[0], end[0]], [place[1], end[1]], color=INK, linewidth=0.5, zorder=3)


def _place(made: Panel, x: float, y: float) -> tuple[float, float]:
    """Data as inches on the page."""
    left, bottom, width, height = made.box
    (x0, x1), (y0, y1) = made.area.get_xlim(), made.area.get_ylim()
    return left + width * (x - x0) / (x1 - x0), bottom + height * (y - y0) / (y1 - y0)


def _intervals(made: Panel, rows: pd.DataFrame) -> list[Rect]:
    """The lines of all intervals as thin rectangles."""
    bars = []
    for row in rows.to_dict("records"):
        x, y = _place(made, row["importance"], row["performance"])
        left, bottom = _place(made, row["importance_ci_lower"], row["performance_ci_lower"])
        right, top = _place(made, row["importance_ci_upper"], row["performance_ci_upper"])
        bars += [Rect(left, y - THIN, right, y + THIN), Rect(x - THIN, bottom, x + THIN, top)]
    return bars


def _foot(rows: pd.DataFrame, kind: str, lost: int, note: str) -> str:
    parts = [f"Dashed: means of the {kind}s shown (Martilla & James 1977; Ringle & Sarstedt 2016). Lines: intervals."]
    hollow = [words for name, words in HOLLOW.items() if (rows["quadrant"] == name).any()]
    if hollow:
        parts.append(f"Hollow: {'; or '.join(hollow)}.")
    if lost:
        parts.append(f"{lost} {kind}{'s' if lost > 1 else ''} without path or value left out.")
    return " ".join(filter(None, [*parts, note.replace("$", r"\$")]))
