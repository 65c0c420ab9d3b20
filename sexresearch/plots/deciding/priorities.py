"""Priorities on one page: what some points of every lever bring, how sure the rank is, and what the lever is like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.plots._path.diagram_words import number, wrap
from sexresearch.plots.importance_map import of_group
from sexresearch.plots.rows import checked, footnote, in_rows, interval, point, scaled, shown_names
from sexresearch.plots.style import GREY, PALETTE, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEEDED = (
    "construct",
    "clause",
    "gain",
    "gain_ci_lower",
    "gain_ci_upper",
    "performance",
    "rank",
    "p_first",
    "d",
    "kind",
)
WIDTH = 3.4  # inches of the plot area
HEAD_LIMIT = 18  # letters of a line of a head


@in_words
def priorities(
    frame: pd.DataFrame,
    *,
    also: Sequence[pd.DataFrame] = (),
    group: object = None,
    labels: Mapping[str, str] | None = None,
    title: str = "",
    note: str = "",
) -> Figure:
    """Every lever by rank: its gain with interval, the probability of its rank, performance, necessity and class.

    Parameters
    ----------
    frame : DataFrame
        What `priorities` returns. Levers without a gain are counted in the footnote.
    also : sequence of DataFrame
        Frames of `priorities` for other targets, such as delight and success: one more column of gains for each.
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
        Points are hollow where the interval of the gain holds 0.

    Raises
    ------
    OptionError
        The frame lacks columns of `priorities`, or the group is unknown.
    ModelError
        There is no gain to draw.

    Notes
    -----
    Nothing is computed here: `priorities` ranks the levers and names its method.

    Examples
    --------
    >>> row = {"construct": "joy", "clause": "7.2.1", "group": pd.NA, "gain": 0.5, "gain_ci_lower": 0.4,
    ...        "gain_ci_upper": 0.6, "performance": 60.0, "rank": 1.0, "p_first": 1.0, "p_top_two": 1.0, "d": 0.1,
    ...        "kind": "basic", "target": "loyalty", "points": 5.0, "unit": "points"}
    >>> figure = priorities(pd.DataFrame([row]), note="Synthetic data.")
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "name"]
    ['1. joy (7.2.1)']
    """
    checked(frame, NEEDED, "priorities")
    own = of_group(frame, group, "the figure") if "group" in frame else frame
    rows = own[own["gain"].notna()].reset_index(drop=True)
    checked(rows, NEEDED, "priorities")
    names = shown_names(rows["construct"].tolist(), labels, rows["clause"].fillna("").tolist())
    ranked = [f"{rank:.0f}. {name}" if rank == rank else name for rank, name in zip(rows["rank"], names, strict=True)]
    columns = {
        "gain": [_with_limits(row) for row in rows.to_dict("records")],
        **_further(rows["construct"].tolist(), also, group, labels or {}),
        **_per_cost(rows),
        "P first": [number(p, True) if p == p else "–" for p in rows["p_first"]],
        "P top 2": [number(p, True) if p == p else "–" for p in rows["p_top_two"]],
        "performance": [f"{value:.0f}" if value == value else "" for value in rows["performance"]],
        "d": [number(d, True) if d == d else "" for d in rows["d"]],
        "class": [kind or "–" for kind in rows["kind"]],
    }
    made = in_rows(ranked, WIDTH, columns, title, _foot(own, rows, note), _axis(rows, labels))
    scaled(made.made, rows[["gain", "gain_ci_lower", "gain_ci_upper"]].to_numpy().ravel().tolist())
    for y, row in zip(made.places, rows.to_dict("records"), strict=True):
        sure = row["gain_ci_lower"] > 0 or row["gain_ci_upper"] < 0
        colour = PALETTE["vermillion"] if row["rank"] == 1 else PALETTE["blue"] if sure else GREY
        interval(made.made, y, row["gain_ci_lower"], row["gain_ci_upper"], colour)
        point(made.made, y, row["gain"], "o", colour, colour if sure else PAPER, f"gain:{row['construct']}")
    return made.made.figure


def _with_limits(row: Mapping[object, float]) -> str:
    low, high = (number(float(row[f"gain_ci_{end}"]), False) for end in ("lower", "upper"))
    return f"{number(float(row['gain']), False)} [{low}, {high}]"


def _per_cost(rows: pd.DataFrame) -> dict[str, list[str]]:
    """What a unit of cost brings, which ranks them; nothing where no cost was given."""
    if "gain_per_cost" not in rows or rows["cost"].isna().all():
        return {}
    values = rows["gain_per_cost"].tolist()
    return {"per cost": [f"{value:.3g}".replace("-", "−") if value == value else "–" for value in values]}


def _further(
    names: Sequence[str], also: Sequence[pd.DataFrame], group: object, labels: Mapping[str, str]
) -> dict[str, list[str]]:
    """By the name of another target, the gains of the same levers there."""
    columns: dict[str, list[str]] = {}
    for frame in also:
        checked(frame, (*NEEDED, "target"), "priorities")
        own = of_group(frame, group, "the figure") if "group" in frame else frame
        known = {row["construct"]: row for row in own[own["gain"].notna()].to_dict("records")}
        target = str(own["target"].iloc[0])
        head = wrap(f"gain: {labels.get(target, target)}", HEAD_LIMIT)
        columns[head] = [_with_limits(known[name]) if name in known else "–" for name in names]
    return columns


def _axis(rows: pd.DataFrame, labels: Mapping[str, str] | None) -> str:
    target = str(rows["target"].iloc[0]) if "target" in rows else "the target"
    points = f"{rows['points'].iloc[0]:g}" if "points" in rows else "some"
    own = "unit" in rows and rows["unit"].iloc[0] != "points"
    named = (labels or {}).get(target, target).replace("$", r"\$")
    return f"what {points} points more bring, in {'units' if own else 'points'} of {named}"


def _foot(own: pd.DataFrame, rows: pd.DataFrame, note: str) -> str:
    lost = len(own) - len(rows)
    parts = [
        "Lines: intervals; hollow: the interval holds 0. P: share of draws of all coefficients in which the lever "
        "comes first, or among the first two. d: how far the target cannot do without it (Dul 2016)."
    ]
    parts += ["Ranked by the gain of a point per unit of its cost."] if _per_cost(rows) else []
    parts += [f"{lost} without an effect in the model left out."] if lost else []
    return footnote(parts, note)
