"""What customers make of every attribute: the shares of the classes as one bar each, with better and worse beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.plots._path.diagram_words import number
from sexresearch.plots.panel import words
from sexresearch.plots.rows import Rows, bare, checked, footnote, in_rows, shown_names
from sexresearch.plots.standard.shapes import text_on
from sexresearch.plots.style import GREY, PALETTE, PAPER, tint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {
    "must_be": PALETTE["vermillion"],
    "one_dimensional": PALETTE["blue"],
    "attractive": PALETTE["green"],
    "indifferent": tint(GREY, 0.45),
    "reverse": PALETTE["purple"],
    "questionable": tint(GREY, 0.2),
}
SHARES = tuple(f"share_{kind}" for kind in COLOURS)
NEEDED = ("attribute", *SHARES, "kind", "pvalue", "better", "worse")
WIDTH, BAR = 4.6, 0.2  # inches of the plot area, and of a bar
ROOM = 0.06  # share of a bar from which its number is written into it


@in_words
def kano(frame: pd.DataFrame, *, labels: Mapping[str, str] | None = None, title: str = "", note: str = "") -> Figure:
    """Every attribute's classes as shares of the respondents, what is taken for granted first.

    Parameters
    ----------
    frame : DataFrame
        What `kano` returns. Attributes without a class are counted in the footnote.
    labels : dict of str by str, optional
        Names in the figure by names in the frame; names that do not occur are ignored.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        Attributes in the order of the class, then of its share.

    Raises
    ------
    OptionError
        The frame lacks columns of `kano`.
    ModelError
        There is nothing to draw.

    Notes
    -----
    Nothing is computed here: `kano` classifies the answers and names its source.

    Examples
    --------
    >>> from sexresearch.chain import kano as classes
    >>> data = pd.DataFrame({"with": [1] * 30 + [2] * 10, "without": [4] * 30 + [5] * 10})
    >>> figure = kano(classes(data, {"gift": ("with", "without")}))
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "cell:class (p)"]
    ['attractive (< .01)']
    """
    checked(frame, NEEDED, "kano")
    rows = frame[frame["kind"].isin(COLOURS)]
    checked(rows, NEEDED, "kano")
    place = rows["kind"].map(list(COLOURS).index)
    share = pd.Series([row[f"share_{row['kind']}"] for row in rows.to_dict("records")], index=rows.index)
    rows = rows.assign(place=place, share=-share).sort_values(["place", "share"], kind="stable").reset_index(drop=True)
    columns = {
        "class (p)": [f"{_plain(k)} ({_chance(p)})" for k, p in zip(rows["kind"], rows["pvalue"], strict=True)],
        "better": [number(value, True) if value == value else "–" for value in rows["better"]],
        "worse": [number(value, True) if value == value else "–" for value in rows["worse"]],
    }
    names = shown_names(rows["attribute"].tolist(), labels, [""] * len(rows))
    made = in_rows(names, WIDTH, columns, title, _foot(len(frame) - len(rows), note), "share of the respondents")
    made.made.area.set_xlim(0, 1)
    bare(made.made)
    _bars(made, rows)
    _legend(made)
    return made.made.figure


def _plain(kind: str) -> str:
    return kind.replace("must_be", "must-be").replace("_", "-")


def _chance(p: float) -> str:
    return "–" if p != p else "< .01" if p < 0.01 else number(p, True)


def _bars(made: Rows, rows: pd.DataFrame) -> None:
    area = made.made.area
    for y, row in zip(made.places, rows.to_dict("records"), strict=True):
        start = 0.0
        for kind, colour in COLOURS.items():
            share = float(row[f"share_{kind}"])
            area.barh(y, share, left=start, height=BAR, color=colour, edgecolor=PAPER, linewidth=0.8)
            if share >= ROOM:
                words(area, start + share / 2, y, f"{100 * share:.0f}", "foot", colour=text_on(colour),
                      align=("center", "center"), gid=f"share:{row['attribute']}:{kind}")  # fmt: skip
            start += share


def _legend(made: Rows) -> None:
    """The names of the classes in their colours, in the head of the plot area."""
    area, top = made.made.area, sum(made.heights) + 0.24
    for i, (kind, colour) in enumerate(COLOURS.items()):
        x, y = (i % 3) / 3.0, top + (0.1 if i < 3 else -0.1)
        area.barh(y, 0.02, left=x, height=0.12, color=colour)
        words(area, x + 0.03, y, _plain(kind), "foot", gid="legend")


def _foot(lost: int, note: str) -> str:
    parts = ["Classes by pairs of questions (Kano et al. 1984); better and worse: Berger et al. 1993; p: the class and "
             "the runner-up are equally frequent (Fong 1996)."]  # fmt: skip
    return footnote([*parts, f"{lost} without a class left out." if lost else ""], note)
