"""How far a target cannot do without its conditions: d by both ceilings, and what single answers do to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.plots._path.diagram_words import number
from sexresearch.plots.rows import checked, footnote, groups_of, in_rows, interval, point, scaled, shown_names
from sexresearch.plots.style import GREY, PALETTE, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEEDED = ("condition", "ceiling", "d", "pvalue", "d_least", "d_most", "d_trimmed")
MARKS = {"ce_fdh": (PALETTE["blue"], "o"), "cr_fdh": (PALETTE["orange"], "D")}
SMALL, SIGNIFICANT = 0.1, 0.05
WIDTH, APART = 4.2, 0.07  # inches of the plot area; of the two ceilings from the middle of their row


@in_words
def necessity(
    frame: pd.DataFrame, *, labels: Mapping[str, str] | None = None, title: str = "", note: str = ""
) -> Figure:
    """Every condition's d by both ceilings, with the range it has when any one respondent is left out.

    Parameters
    ----------
    frame : DataFrame
        What `necessity` returns. Conditions without d are counted in the footnote.
    labels : dict of str by str, optional
        Names in the figure by names in the frame; names that do not occur are ignored.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        The largest d first. Points are filled where p is at most .05; a small stroke is d without the one per cent
        nearest to the empty corner.

    Raises
    ------
    OptionError
        The frame lacks columns of `necessity`.
    ModelError
        There is nothing to draw.

    Notes
    -----
    Nothing is computed here: `necessity` draws the ceilings and names their source.

    Examples
    --------
    >>> row = {"condition": "trust", "ceiling": "ce_fdh", "d": 0.3, "pvalue": 0.001, "d_least": 0.28, "d_most": 0.35,
    ...        "d_trimmed": 0.4}
    >>> figure = necessity(pd.DataFrame([row]))
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "name"]
    ['trust']
    """
    checked(frame, NEEDED, "necessity")
    rows = frame[frame["d"].notna()]
    checked(rows, NEEDED, "necessity")
    rows = rows.assign(key=list(zip(rows["condition"], groups_of(rows), strict=True)))
    order = rows.groupby("key", sort=False)["d"].max().sort_values(ascending=False, kind="stable").index.tolist()
    table = {(row["key"], row["ceiling"]): row for row in rows.to_dict("records")}
    columns = {
        f"{ceiling.replace('_', '-').upper()}: d (p)": [_cell_text(table.get((name, ceiling))) for name in order]
        for ceiling in MARKS
    }
    names = shown_names([name for name, _ in order], labels, [group for _, group in order])
    target = str(rows["target"].iloc[0]) if "target" in rows else "the target"
    axis = f"d: how far the condition is necessary for {(labels or {}).get(target, target)}".replace("$", r"\$")
    lost = len(set(zip(frame["condition"], groups_of(frame), strict=True))) - len(order)
    made = in_rows(names, WIDTH, columns, title, _foot(lost, note), axis)
    scaled(made.made, [*rows[["d", "d_most", "d_trimmed"]].to_numpy().ravel().tolist(), SMALL])
    made.made.area.axvline(SMALL, color=GREY, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    for place, name in zip(made.places, order, strict=True):
        for sign, (ceiling, (colour, marker)) in zip((1, -1), MARKS.items(), strict=True):
            row, y = table.get((name, ceiling)), place + sign * APART
            if row is not None:
                interval(made.made, y, row["d_least"], row["d_most"], colour)
                point(made.made, y, row["d_trimmed"], "|", colour, colour, f"trimmed:{name[0]}:{ceiling}")
                inside = colour if row["pvalue"] <= SIGNIFICANT else PAPER
                point(made.made, y, row["d"], marker, colour, inside, f"d:{name[0]}:{ceiling}")
    return made.made.figure


def _cell_text(row: Mapping[str, float] | None) -> str:
    if row is None:
        return "–"
    p = float(row["pvalue"])
    chance = "" if p != p else " (< .01)" if p < 0.01 else f" ({number(p, True)})"
    return f"{number(float(row['d']), True)}{chance}"


def _foot(lost: int, note: str) -> str:
    parts = [
        "Blue: ceiling in steps (CE-FDH); orange: straight (CR-FDH). Filled: p at most .05. Dashed: d of .1 "
        "(Dul 2016). Lines: d with any one respondent left out; strokes: without the 1 % nearest to the empty corner."
    ]
    parts += [f"{lost} without d left out."] if lost else []
    return footnote(parts, note)
