"""Paths by several approaches, one row per path: factors, composites, sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError
from sexresearch.plots._path.diagram_words import text_size, wrap
from sexresearch.plots.panel import GAP, panel, words
from sexresearch.plots.rows import checked
from sexresearch.plots.style import GREY, INK, PALETTE, PAPER, tint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEEDED = ("cause", "effect", "approach", "std_all", "ci_lower", "ci_upper", "decision")
LOOK = {
    "sem": ("factors (SEM)", PALETTE["blue"], "o"),
    "plsc": ("composites, corrected (PLSc)", PALETTE["green"], "s"),
    "pls": ("composites (PLS)", PALETTE["orange"], "^"),
    "sum_scores": ("sums of items", PALETTE["vermillion"], "D"),
}
ACROSS, ROW, BELOW = 5.2, 0.62, 1.05  # inches: width, height of a row at the least, room for axis and legend
STEP = 0.118  # inches between the approaches of a row
LONGEST = 30  # letters of a line of a name


@in_words
def concordance(
    frame: pd.DataFrame, *, labels: Mapping[str, str] | None = None, title: str = "", note: str = ""
) -> Figure:
    """Standardized paths by every approach, with their intervals, one row per path.

    Parameters
    ----------
    frame : DataFrame
        The paths that `concordance` returns.
    labels : dict of str by str, optional
        Names in the figure by names in the model.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        Points are hollow where the interval holds 0. Approaches that are missing are named in the footnote.

    Raises
    ------
    OptionError
        The frame lacks columns of `concordance`.
    ModelError
        There is no path to draw.

    Notes
    -----
    Nothing is computed here: `concordance` estimates every approach and names its sources.

    Examples
    --------
    >>> row = {"cause": "joy", "effect": "stay", "approach": "sem", "std_all": 0.4, "ci_lower": 0.3, "ci_upper": 0.5,
    ...        "decision": "positive"}
    >>> len(concordance(pd.DataFrame([row]), note="Synthetic data.").axes)
    2
    """
    checked(frame, NEEDED, "concordance")
    rows = frame[frame["std_all"].notna()]
    if rows.empty:
        raise ModelError("there is nothing to draw: no approach has an estimate")
    pairs = list(dict.fromkeys(zip(frame["cause"], frame["effect"], strict=True)))
    known = dict(labels or {})
    texts = [wrap(f"{known.get(cause, cause)} → {known.get(effect, effect)}", LONGEST) for cause, effect in pairs]
    side = max(text_size(text, "name")[0] for text in texts) + GAP
    heights = np.array([max(ROW, text_size(text, "name")[1] + GAP) for text in texts])
    made = panel((ACROSS, float(heights.sum())), (side, 0.2, BELOW), title, _foot(frame, rows, note))
    left, bottom, _, height = made.box
    made.area.set(ylim=(height, 0.0), yticks=[])
    made.area.axvline(0.0, color=GREY, linewidth=0.8)
    made.area.spines[["left", "right", "top"]].set_visible(False)
    made.area.set_xlabel("standardized path", fontsize=9, color=INK)
    for place, pair, text in zip(np.cumsum(heights) - heights / 2, pairs, texts, strict=True):
        words(made.page, left - GAP / 2, bottom + height - place, text, "name", align=("right", "center"), gid="name")
        own = rows[(rows["cause"] == pair[0]) & (rows["effect"] == pair[1])].to_dict("records")
        for row in own:
            at = place + STEP * (list(LOOK).index(str(row["approach"])) - 1.5)
            _, colour, marker = LOOK[str(row["approach"])]
            face = PAPER if row["decision"] == "not shown" else colour
            made.area.plot([row["ci_lower"], row["ci_upper"]], [at, at], color=tint(colour, 0.6), linewidth=1.8)
            made.area.plot(
                row["std_all"], at, marker, color=colour, markerfacecolor=face, markersize=6,
                gid=f"{row['approach']}:{pair[0]}:{pair[1]}",
            )  # fmt: skip
    handles = [
        made.area.plot([], [], marker, color=colour, linestyle="none", label=word)[0]
        for name, (word, colour, marker) in LOOK.items()
        if (rows["approach"] == name).any()
    ]
    under = -0.5 / height
    made.area.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, under), ncols=2, frameon=False, fontsize=8
    )
    return made.figure


def _foot(frame: pd.DataFrame, rows: pd.DataFrame, note: str) -> str:
    lost = [name for name in dict.fromkeys(frame["approach"]) if not (rows["approach"] == name).any()]
    parts = ["Lines: intervals; hollow: the interval holds 0."]
    parts += [f"Missing: {', '.join(map(str, lost))}."] if lost else []
    return " ".join(filter(None, [*parts, note.replace("$", r"\$")]))
