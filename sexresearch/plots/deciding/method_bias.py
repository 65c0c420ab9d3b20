"""Every path as fitted and with the method of asking held: what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError
from sexresearch.plots._path.diagram_words import number
from sexresearch.plots.rows import checked, footnote, in_rows, point, scaled, shown_names
from sexresearch.plots.style import GREY, INK, PALETTE, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEEDED = ("check", "path", "value", "pvalue", "std_all", "std_controlled", "outcome", "verdict", "note")
MARKS = {"latent_method": ("latent method", PALETTE["blue"], "s"), "marker": ("marker", PALETTE["orange"], "D")}
WIDTH = 4.0  # inches of the plot area


@in_words
def method_bias(
    frame: pd.DataFrame, *, labels: Mapping[str, str] | None = None, title: str = "", note: str = ""
) -> Figure:
    """Standardized paths as fitted, and with a method factor or a marker held.

    Parameters
    ----------
    frame : DataFrame
        What `method_bias` returns.
    labels : dict of str by str, optional
        Names in the figure by names in the model; names that do not occur are ignored.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        One row per path; points are filled where the conclusion stands. The footnote has the tests of the method.

    Raises
    ------
    OptionError
        The frame lacks columns of `method_bias`.
    ModelError
        There is no path with a method held.

    Notes
    -----
    Nothing is computed here: `method_bias` fits the models and names their sources.

    Examples
    --------
    >>> row = {"check": "latent_method", "path": "joy → bond", "value": 0.2, "pvalue": 0.2, "std_all": 0.5,
    ...        "std_controlled": 0.4, "outcome": "holds", "verdict": "Stands.", "note": ""}
    >>> figure = method_bias(pd.DataFrame([row]))
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "cell:latent method"]
    ['.40']
    """
    checked(frame, NEEDED, "method_bias")
    rows = frame[frame["std_controlled"].notna() & frame["check"].isin(MARKS)]
    if rows.empty:
        raise ModelError("nothing to draw: no path with a method held; see the column note of method_bias()")
    table = {(row["check"], row["path"]): row for row in rows.to_dict("records")}
    order = list(dict.fromkeys(rows["path"]))
    checks = [check for check in MARKS if check in set(rows["check"])]
    fitted = {name: next(float(table[c, name]["std_all"]) for c in checks if (c, name) in table) for name in order}
    columns = {"as fitted": [_printed(fitted[name]) for name in order]}
    columns |= {MARKS[c][0]: [_number(table.get((c, name))) for name in order] for c in checks}
    names = shown_names(
        [" ".join((labels or {}).get(word, word) for word in name.split(" ")) for name in order],
        None,
        [""] * len(order),
    )
    made = in_rows(names, WIDTH, columns, title, _foot(frame, note), "standardized path")
    scaled(made.made, rows[["std_all", "std_controlled"]].to_numpy(float).ravel().tolist())
    for y, name in zip(made.places, order, strict=True):
        ends = [fitted[name], *(float(table[c, name]["std_controlled"]) for c in checks if (c, name) in table)]
        made.made.area.plot([min(ends), max(ends)], [y, y], color=GREY, linewidth=1.2, zorder=1)
        point(made.made, y, fitted[name], "o", INK, INK, f"fitted:{name}")
        for check in checks:
            row = table.get((check, name))
            if row is not None:
                colour, marker = MARKS[check][1:]
                inside = colour if row["outcome"] == "holds" else PAPER
                point(made.made, y, float(row["std_controlled"]), marker, colour, inside, f"{check}:{name}")
    return made.made.figure


def _number(row: Mapping[str, object] | None) -> str:
    return "–" if row is None else _printed(float(str(row["std_controlled"])))


def _printed(value: float) -> str:
    return number(value, True) if value == value else "–"


def _foot(frame: pd.DataFrame, note: str) -> str:
    parts = [
        "Black: as fitted; blue: with a latent method factor; orange: with the marker. Hollow: the conclusion changes."
    ]
    for check, (word, _, _) in MARKS.items():
        head = frame[(frame["check"] == check) & (frame["path"] == "")]
        if len(head):
            row = head.iloc[0]
            sentence = row["verdict"] if np.isfinite(row["value"]) else f"{row['note']}."
            parts.append(f"{word[:1].upper()}{word[1:]}: {sentence}".replace("$", r"\$"))
    worst = frame.loc[frame["check"] == "collinearity", "value"].max()
    parts += [f"Largest VIF {worst:.1f} (below 3.3: no sign of bias, Kock 2015)."] if worst == worst else []
    return footnote(parts, note)
