"""The caterpillar: many branches in order of one effect, each with its interval and what pooling makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError, OptionError
from sexresearch.plots.panel import panel
from sexresearch.plots.style import GREY, PALETTE, PAPER, tint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = (7.2, 4.0)  # inches of the plot area
NAMED = 40  # branches up to which their names stand below
THICK, THIN = 3.0, 0.4  # points of an interval where branches are few or thousands
NEEDED = ("branch", "effect", "est", "se", "pooled", "pooled_se")
Z = 1.959963984540054  # of a 95 % interval


@in_words
def caterpillar(
    branches: pd.DataFrame, effect: str | None = None, *, title: str = "", axis: str = "", note: str = ""
) -> Figure:
    """Every branch's effect with its 95 % interval after partial pooling, lowest first, above its own estimate.

    Parameters
    ----------
    branches : DataFrame
        What `fit_many` returns.
    effect : str, optional
        Which effect to draw, where there are several. Default: the first.
    title : str
        Above the figure; empty for none.
    axis : str
        What the values are. Default: the effect.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        The line is the mean of the branches as pooled; branches whose interval misses it are coloured. Small grey
        points are the branches' own estimates.

    Raises
    ------
    OptionError
        The frame is not one of `fit_many`, or the effect is not in it.
    ModelError
        No branch has an estimate.

    Notes
    -----
    Nothing is computed here: `fit_many` pools the branches (empirical Bayes) and names its sources.

    Examples
    --------
    >>> row = {"effect": "y ~ x", "se": 0.1, "pooled_se": 0.1}
    >>> frame = pd.DataFrame([row | {"branch": k, "est": k, "pooled": k} for k in range(3)])
    >>> figure = caterpillar(frame, axis="effect of x")
    >>> [area.get_ylabel() for area in figure.axes if area.get_ylabel()]
    ['effect of x']
    """
    rows = _rows(branches, effect)
    name, count = str(rows["effect"].iloc[0]), len(rows)
    middle, half = rows["pooled"].to_numpy(float), Z * rows["pooled_se"].to_numpy(float)
    common = float(middle.mean())
    apart = np.abs(middle - common) > half
    named = count <= NAMED
    made = panel(SIZE, (0.65, 0.1, 0.75 if named else 0.45), title, _foot(len(rows), int(apart.sum()), note))
    x, width = np.arange(count), float(np.clip(250.0 / count, THIN, THICK))
    made.area.axhline(common, color=GREY, linewidth=0.9, zorder=1)
    for chosen, colour in ((~apart, tint(PALETTE["blue"], 0.55)), (apart, PALETTE["vermillion"])):
        low, high = (middle - half)[chosen], (middle + half)[chosen]
        made.area.vlines(x[chosen], low, high, color=colour, linewidth=width, zorder=2)
    size = float(np.clip(160.0 / count, 0.8, 5.0))
    made.area.plot(x, rows["est"], "o", markersize=size, color=GREY, zorder=3, mfc=PAPER, mew=0.5)
    made.area.plot(x, middle, "o", markersize=size, color=PALETTE["blue"], zorder=4)
    made.area.set(xlim=(-1, count), xticks=x if named else [])
    if named:
        made.area.set_xticklabels([str(label).replace("$", r"\$") for label in rows["branch"]], rotation=60, fontsize=7)
    made.area.set_xlabel("" if named else f"{count} branches, lowest first", fontsize=9)
    made.area.set_ylabel(axis or name, fontsize=9)
    made.area.spines[["top", "right"]].set_visible(False)
    return made.figure


def _rows(branches: pd.DataFrame, effect: str | None) -> pd.DataFrame:
    columns = getattr(branches, "columns", [])
    absent = [name for name in NEEDED if name not in columns]
    if absent:
        raise OptionError(f"caterpillar takes what fit_many returns; these columns are not there: {absent}")
    known = list(dict.fromkeys(branches["effect"]))
    if effect is not None and effect not in known:
        raise OptionError(f"effect {effect!r} is not in the frame; there are {known[:10]}")
    rows = branches[branches["effect"] == (known[0] if effect is None else effect)] if known else branches
    rows = rows[rows[["pooled", "pooled_se", "est"]].notna().all(axis=1)]
    if rows.empty:
        raise ModelError("nothing to draw: no branch has an estimate that was pooled")
    return rows.sort_values("pooled", kind="stable").reset_index(drop=True)


def _foot(count: int, apart: int, note: str) -> str:
    text = (
        "Filled points and intervals (95%): partly pooled; hollow grey points: each branch by itself. "
        f"{apart} of {count} branches differ from their mean."
    )
    return f"{text} {note}".strip()
