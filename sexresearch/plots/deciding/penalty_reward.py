"""Penalties to the left, rewards to the right: which attributes must not fail, and which delight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.plots._path.diagram_words import number
from sexresearch.plots.rows import checked, footnote, groups_of, in_rows, interval, scaled, shown_names
from sexresearch.plots.style import GREY, INK, PALETTE, tint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIMITS = tuple(f"{name}_ci_{end}" for name in ("penalty", "reward") for end in ("lower", "upper"))
NEEDED = ("attribute", "penalty", "reward", *LIMITS, "kind", "probability")
COLOURS = {"basic": PALETTE["vermillion"], "performance": PALETTE["blue"], "excitement": PALETTE["green"]}
WIDTH, BAR = 4.2, 0.17  # inches of the plot area, and of a bar


@in_words
def penalty_reward(
    frame: pd.DataFrame, *, labels: Mapping[str, str] | None = None, title: str = "", note: str = ""
) -> Figure:
    """What low ratings of every attribute take and high ratings add, with intervals, and the class of each.

    Parameters
    ----------
    frame : DataFrame
        What `penalty_reward` returns. Attributes without either are counted in the footnote.
    labels : dict of str by str, optional
        Names in the figure by names in the frame; names that do not occur are ignored.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        The most lopsided towards penalties first.

    Raises
    ------
    OptionError
        The frame lacks columns of `penalty_reward`.
    ModelError
        There is nothing to draw.

    Notes
    -----
    Nothing is computed here: `penalty_reward` estimates both and names its source.

    Examples
    --------
    >>> row = {"attribute": "queue", "penalty": -1.0, "penalty_ci_lower": -1.2, "penalty_ci_upper": -0.8,
    ...        "reward": 0.1, "reward_ci_lower": -0.1, "reward_ci_upper": 0.3, "kind": "basic", "probability": 0.99}
    >>> figure = penalty_reward(pd.DataFrame([row]))
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "cell:class"]
    ['basic (.99)']
    """
    checked(frame, NEEDED, "penalty_reward")
    rows = frame[frame["penalty"].notna() | frame["reward"].notna()]
    checked(rows, NEEDED, "penalty_reward")
    lean = rows[["penalty", "reward"]].sum(axis=1)
    rows = rows.iloc[np.argsort(lean.to_numpy(), kind="stable")].reset_index(drop=True)
    names = shown_names(rows["attribute"].tolist(), labels, groups_of(rows))
    columns = {
        "penalty": [number(value, False) if value == value else "–" for value in rows["penalty"]],
        "reward": [number(value, False) if value == value else "–" for value in rows["reward"]],
        "class": [
            f"{k} ({number(p, True)})" if k else "–" for k, p in zip(rows["kind"], rows["probability"], strict=True)
        ],
    }
    target = str(rows["target"].iloc[0]) if "target" in rows else "the target"
    named = (labels or {}).get(target, target).replace("$", r"\$")
    unit = "points of " if "unit" in rows and rows["unit"].iloc[0] == "points" else ""
    axis = f"what low ratings take from {unit}{named}, and high ratings add"
    made = in_rows(names, WIDTH, columns, title, _foot(len(frame) - len(rows), note), axis)
    scaled(made.made, rows[[*LIMITS]].to_numpy().ravel().tolist())
    for y, row in zip(made.places, rows.to_dict("records"), strict=True):
        colour = COLOURS.get(row["kind"], GREY)
        for name in ("penalty", "reward"):
            if np.isfinite(row[name]):
                made.made.area.barh(y, row[name], height=BAR, color=tint(colour, 0.65), zorder=1)
                interval(made.made, y, row[f"{name}_ci_lower"], row[f"{name}_ci_upper"], INK)
    return made.made.figure


def _foot(lost: int, note: str) -> str:
    parts = ["Lines: intervals. Class with its probability (Brandt 1988; Mikulić & Prebežac 2008)."]
    parts += [f"{lost} without enough low and high ratings left out."] if lost else []
    return footnote(parts, note)
