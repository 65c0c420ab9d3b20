"""The shapes that an effect may have over its cause, the best of them in colour, the threshold with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.plots._path.diagram_words import fill, number
from sexresearch.plots.panel import panel, words
from sexresearch.plots.rows import checked, footnote
from sexresearch.plots.style import GREY, INK, PALETTE, tint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sexresearch.plots.panel import Panel

NEEDED = (
    "cause", "effect", "shape", "slope", "bend", "square", "bic", "cause_mean", "cause_sd",
    "threshold", "threshold_ci_lower", "threshold_ci_upper", "threshold_sd",
)  # fmt: skip
SIZE = (6.4, 4.0)  # inches of the plot area
REACH, POINTS = 2.0, 201  # standard deviations to both sides of the mean, and points of a curve
MARKS = {  # colour and line, so that print in grey keeps them apart
    "straight": (INK, (0, ())),
    "diminishing": (PALETTE["green"], (0, (6, 2))),
    "threshold": (PALETTE["vermillion"], (0, (3, 1.5))),
    "cubic": (PALETTE["blue"], (0, (1, 1))),
}
ALIKE = 2.0  # a difference of BIC that is worth no mention


@in_words
def shape(frame: pd.DataFrame, *, labels: Mapping[str, str] | None = None, title: str = "", note: str = "") -> Figure:
    """How the effect goes with its cause by every shape, in the units of the data, 0 at the mean of the cause.

    Parameters
    ----------
    frame : DataFrame
        What `shape` returns. A moderated effect is no curve, and left out.
    labels : dict of str by str, optional
        Names in the figure by names in the model; names that do not occur are ignored.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        Shapes as good as the best (BIC) are thick. The band is the interval of the threshold, drawn where its shape is
        among the best.

    Raises
    ------
    OptionError
        The frame lacks columns of `shape`.
    ModelError
        There is nothing to draw.

    Notes
    -----
    Curves are drawn from the estimates of `shape`, which names the models; nothing is estimated here.

    Examples
    --------
    >>> from sexresearch.chain import shape as shapes
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> joy = rng.normal(size=300)
    >>> data = pd.DataFrame({"joy": joy, "stay": np.maximum(joy, 0) + 0.2 * rng.normal(size=300)})
    >>> figure = shape(shapes(fit("stay ~ joy", data), "joy", "stay"))
    >>> [line.get_gid() for line in figure.axes[1].lines if str(line.get_gid()).startswith("shape:")]
    ['shape:straight', 'shape:diminishing', 'shape:threshold', 'shape:cubic']
    """
    checked(frame, NEEDED, "shape")
    rows = frame[frame["bic"].notna() & frame["shape"].isin(MARKS)].reset_index(drop=True)
    checked(rows, NEEDED, "shape")
    above = (rows["bic"] - rows["bic"].min()).tolist()
    made = panel(SIZE, (0.95, 2.3, 0.75), title, _foot(rows, above, note))
    table = rows.to_dict("records")
    for row, behind in zip(table, above, strict=True):
        if row["shape"] == "threshold" and behind <= ALIKE:
            _band(made, row)
    for k, (row, behind) in enumerate(zip(table, above, strict=True)):
        colour, line = MARKS[row["shape"]]
        best = behind <= ALIKE
        x, y = _curve(row)
        made.area.plot(
            x, y, color=colour if best else tint(colour, 0.6), linewidth=2.6 if best else 1.2, linestyle=line,
            zorder=3 if best else 2, gid=f"shape:{row['shape']}",
        )  # fmt: skip
        _words_in_panel(made, k, row, behind)
    made.area.axhline(0, color=GREY, linewidth=0.6, zorder=1)
    named = [(labels or {}).get(name, name).replace("$", r"\$") for name in (table[0]["cause"], table[0]["effect"])]
    middle, below = made.box[0] + SIZE[0] / 2, made.box[1] - 0.34
    across = fill(f"{named[0]} (mean ± {REACH:g} SD)", "path", SIZE[0])
    words(made.page, middle, below, across, "path", align=("center", "top"))
    made.area.set_ylabel(fill(f"change of {named[1]}", "path", SIZE[1]), fontsize=9, color=INK)
    return made.figure


def _curve(row: Mapping[str, object]) -> tuple[np.ndarray, np.ndarray]:
    """The cause, and the effect less that at the mean of the cause."""
    mean, sd, slope, bend = (float(str(row[name])) for name in ("cause_mean", "cause_sd", "slope", "bend"))
    away = np.linspace(-REACH, REACH, POINTS) * sd
    y = slope * away
    if row["shape"] == "threshold":
        knot = float(str(row["threshold"])) - mean
        y = y + bend * (np.maximum(away - knot, 0) - max(-knot, 0.0))
    elif row["shape"] == "diminishing":
        y = y + bend * away**2
    elif row["shape"] == "cubic":
        y = y + float(str(row["square"])) * away**2 + bend * away**3
    return mean + away, y


def _band(made: Panel, row: Mapping[str, object]) -> None:
    low, high = (float(str(row[f"threshold_ci_{end}"])) for end in ("lower", "upper"))
    made.area.axvspan(low, high, color=tint(PALETTE["vermillion"], 0.14), linewidth=0, zorder=0, gid="threshold band")
    made.area.axvline(float(str(row["threshold"])), color=PALETTE["vermillion"], linewidth=0.9, zorder=1)


def _words_in_panel(made: Panel, k: int, row: Mapping[str, object], behind: float) -> None:
    """The shape's name beside the area, in its line, with how far its BIC is above the least."""
    colour, line = MARKS[str(row["shape"])]
    x, y = made.box[0] + SIZE[0] + 0.15, made.box[1] + SIZE[1] - 0.25 - 0.5 * k
    made.page.plot([x, x + 0.35], [y, y], color=colour, linewidth=2.2, linestyle=line)
    words(made.page, x + 0.45, y + 0.08, str(row["shape"]), "item", gid="name")
    fit = "least BIC" if behind == 0 else f"BIC {number(behind, False)} above"
    words(made.page, x + 0.45, y - 0.12, fit, "foot", colour=GREY, gid="numbers")


def _foot(rows: pd.DataFrame, above: list[float], note: str) -> str:
    parts = ["Corrected for measurement error. Thick: as good as the best (BIC within 2, Raftery 1995)."]
    row = rows[rows["shape"] == "threshold"]
    if len(row) and above[int(row.index[0])] <= ALIKE:
        low, knot, high = (row[name].iloc[0] for name in ("threshold_ci_lower", "threshold", "threshold_ci_upper"))
        parts.append(f"Threshold {knot:.2f}, interval {low:.2f} to {high:.2f} (band).")
    return footnote(parts, note)
