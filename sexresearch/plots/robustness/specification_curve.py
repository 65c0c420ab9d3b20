"""A specification curve: every specification's estimate by size, and below it what was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError
from sexresearch.plots._path.diagram_words import text_size, wrap
from sexresearch.plots.panel import GAP, panel, words
from sexresearch.plots.rows import checked
from sexresearch.plots.style import GREY, INK, PALETTE, tint
from sexresearch.sem.view import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEEDED = ("specification", "est", "ci_lower", "ci_upper", "decision", "converged", "proper", "left_out")
CHOICES = {
    "view": "model", "screening": "screening", "missing_answers": "gaps", "estimator": "estimator",
    "covariates": "held",
}  # fmt: skip
ACROSS, CURVE, ROW = 6.4, 2.6, 0.2  # inches: width, height of the curve, of a row of choices
MOST_ITEMS = 12  # items whose absence is shown, those that move the estimate most
COLOURS = {"positive": PALETTE["blue"], "negative": PALETTE["vermillion"]}


@in_words
def specification_curve(frame: pd.DataFrame, *, title: str = "", note: str = "") -> Figure:
    """Every specification of a multiverse, by the size of its estimate, above the choices that made it.

    Parameters
    ----------
    frame : DataFrame
        The specifications that `multiverse` returns. Those without an estimate are counted in the footnote.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        The reference is a diamond; improper solutions are hollow. Of the items left out, those are shown that move the
        estimate most.

    Raises
    ------
    OptionError
        The frame lacks columns of `multiverse`.
    ModelError
        No specification has an estimate.

    Notes
    -----
    Nothing is estimated here: `multiverse` is. The figure is that of Simonsohn, Simmons & Nelson 2020,
    doi 10.1038/s41562-020-0912-z.

    Examples
    --------
    >>> row = {"specification": 1, "est": 0.4, "ci_lower": 0.3, "ci_upper": 0.5, "decision": "positive",
    ...        "converged": True, "proper": True, "left_out": "", "estimator": "ML"}
    >>> len(specification_curve(pd.DataFrame([row]), note="Synthetic data.").axes)
    2
    """
    checked(frame, NEEDED, "multiverse")
    rows = frame[frame["est"].notna()].sort_values("est", kind="stable").reset_index(drop=True)
    if rows.empty:
        raise ModelError("there is nothing to draw: no specification has an estimate")
    labels = _choices(rows)
    side = max([text_size(wrap(name, 30), "item")[0] for name in labels] + [0.6]) + GAP
    made = panel((ACROSS, CURVE + ROW * (len(labels) + 1)), (side, 0.3, 0.1), title, _foot(frame, rows, note))
    left, bottom, width, _ = made.box
    size = made.figure.get_size_inches()
    base = bottom + ROW * (len(labels) + 1)
    made.area.set_position((left / size[0], base / size[1], width / size[0], CURVE / size[1]))
    x = np.arange(len(rows))
    made.area.set(xlim=(-0.5 - len(rows) * 0.01, len(rows) - 0.5 + len(rows) * 0.01), xticks=[])
    made.area.axhline(0.0, color=GREY, linewidth=0.8)
    made.area.spines[["top", "right", "bottom"]].set_visible(False)
    made.area.set_ylabel("standardized total effect", fontsize=9, color=INK)
    dot = float(np.clip(160 / len(rows), 1.2, 5.0))
    for name in ("positive", "negative", "not shown", ""):
        own = (rows["decision"] == name).to_numpy()
        colour = COLOURS.get(name, GREY)
        if own.any():
            limits = rows.loc[own, ["ci_lower", "ci_upper"]].to_numpy().T
            made.area.vlines(x[own], *limits, color=tint(colour, 0.4), linewidth=min(dot, 2.0), zorder=2)
            proper = own & rows["proper"].to_numpy(dtype=bool)
            made.area.plot(
                x[proper], rows["est"][proper], "o", color=colour, markersize=dot, zorder=3, gid=f"est:{name}"
            )
            hollow = own & ~proper
            made.area.plot(x[hollow], rows["est"][hollow], "o", markerfacecolor="none", color=colour, markersize=dot)
    reference = np.flatnonzero(rows["specification"].to_numpy() == frame["specification"].iloc[0])
    made.area.plot(x[reference], rows["est"].iloc[reference], "D", color=INK, markersize=6, zorder=5, gid="reference")
    low, high = made.area.get_xlim()
    for k, (name, chosen) in enumerate(labels.items()):
        y = base - ROW * (k + 1)
        words(made.page, left - GAP / 2, y, wrap(name, 30), "item", align=("right", "center"), gid=f"choice:{name}")
        at = left + width * (x[chosen] - low) / (high - low)
        made.page.plot(at, np.full(len(at), y), "|", color=INK, markersize=7, markeredgewidth=min(dot / 2, 1.2))
    return made.figure


def _choices(rows: pd.DataFrame) -> dict[str, Array]:
    """Which specifications made each choice, where there was one."""
    out: dict[str, Array] = {}
    for column, word in CHOICES.items():
        if column in rows and len(set(rows[column].astype(str))) > 1:
            values = rows[column].astype(str)
            out |= {f"{word}: {value or 'nothing'}": (values == value).to_numpy() for value in dict.fromkeys(values)}
    gone = rows["left_out"].astype(str).str.split(", ")
    items = list(dict.fromkeys(item for own in gone for item in own if item))
    marks = {item: np.array([item in own for own in gone]) for item in items}
    moved = {k: abs(rows["est"][m].mean() - rows["est"][~m].mean()) if not m.all() else 0.0 for k, m in marks.items()}
    kept = sorted(items, key=lambda item: -moved[item])[:MOST_ITEMS]
    return out | {f"without {item}": marks[item] for item in kept}


def _foot(frame: pd.DataFrame, rows: pd.DataFrame, note: str) -> str:
    lost, improper = len(frame) - len(rows), int((~rows["proper"].astype(bool)).sum())
    many = "1 specification" if len(frame) == 1 else f"{len(frame)} specifications"
    parts = [f"{many} by size, with their intervals; diamond: the reference."]
    parts += [f"{lost} without an estimate are not drawn."] if lost else []
    parts += [f"Hollow: {improper} improper solutions."] if improper else []
    return " ".join(filter(None, [*parts, note.replace("$", r"\$")]))
