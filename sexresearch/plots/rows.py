"""Rows of a figure: a name to the left, a plot area they share, columns of words to the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from sexresearch.errors import ModelError, OptionError
from sexresearch.plots._path.diagram_words import fill, text_size, wrap
from sexresearch.plots.panel import GAP, MARGIN, Panel, panel, words
from sexresearch.plots.style import GREY, INK

LINE = 0.34  # inches of a row of one line
HEAD = 0.42  # inches of the heads above the rows
MOST_TICKS = 7  # of the axis; more run into each other where numbers are long
NAME_LIMIT = 30  # characters per line of a name
KIND_MARKS = {"basic": "s", "performance": "o", "excitement": "^", "none": "x"}


@dataclass(frozen=True)
class Rows:
    """A figure with rows: `made` its panel, `heights` (inches) and `places` (data, from the bottom) of the rows."""

    made: Panel
    heights: tuple[float, ...]
    places: tuple[float, ...]


def checked(frame: pd.DataFrame, needed: Sequence[str], source: str) -> None:
    """OptionError where the frame lacks columns of the question it should come from; ModelError where it is empty."""
    absent = [name for name in needed if name not in frame.columns]
    if absent:
        raise OptionError(f"the figure takes the frame of {source}(); columns {absent} are not there")
    if frame.empty:
        raise ModelError(f"nothing to draw: the frame of {source}() has no row with a value; see the column note")


def shown_names(names: Sequence[str], labels: Mapping[str, str] | None, under: Sequence[str]) -> list[str]:
    """Names in the figure's words, broken where long, with what stands under each of them behind."""
    return [
        wrap(f"{(labels or {}).get(name, name)}{f' ({part})' if part else ''}", NAME_LIMIT)
        for name, part in zip(names, under, strict=True)
    ]


def groups_of(frame: pd.DataFrame) -> list[str]:
    """The group of each row as text; empty where there are no groups."""
    own = frame["group"] if "group" in frame else pd.Series(pd.NA, index=frame.index, dtype=object)
    return ["" if pd.isna(label) else str(label) for label in own]


def in_rows(
    names: Sequence[str], width: float, columns: Mapping[str, Sequence[str]], title: str, foot: str, axis: str
) -> Rows:
    """The figure with names, words and heads in place, the plot area `width` inches wide and still empty."""
    heights = tuple(
        LINE + max([_extra(name, "item"), *(_extra(texts[i], "path") for texts in columns.values())])
        for i, name in enumerate(names)
    )
    left = max(text_size(name, "item")[0] for name in names) + GAP
    widths = [max(text_size(text, "path")[0] for text in (head, *texts)) + GAP for head, texts in columns.items()]
    above = HEAD + max([0.0, *(_extra(head, "path") for head in columns)])
    across = fill(axis, "path", width + min(left, sum(widths)))
    made = panel((width, sum(heights) + above), (left, sum(widths) + GAP, 0.62 + _extra(across, "path")), title, foot)
    made.area.set(ylim=(0, sum(heights) + above))
    bare(made)
    edges = sum(heights) - np.cumsum([0.0, *heights])
    places = tuple(float(a + b) / 2 for a, b in pairwise(edges.tolist()))
    for name, place in zip(names, places, strict=True):
        words(made.page, MARGIN, made.box[1] + place, name, "item", gid="name")
    x = made.box[0] + width + GAP
    for (head, texts), wide in zip(columns.items(), widths, strict=True):
        words(made.page, x, made.box[1] + edges[0] + above / 2, head, "path", colour=GREY, gid="head")
        for text, place in zip(texts, places, strict=True):
            words(made.page, x, made.box[1] + place, text, "path", gid=f"cell:{head}")
        x += wide
    words(made.page, made.box[0] + width / 2, made.box[1] - 0.35, across, "path", align=("center", "top"))
    return Rows(made, heights, places)


def _extra(text: str, part: str) -> float:
    """Inches that a text is taller than one line."""
    return text_size(text, part)[1] - text_size("x", part)[1] if text else 0.0


def footnote(parts: Sequence[str], note: str) -> str:
    """What is said below a figure, the user's note last."""
    return " ".join(filter(None, [*parts, note.replace("$", r"\$")]))


def bare(made: Panel) -> None:
    """A plot area of rows: no ticks at its left, and of the spines only the axis below."""
    made.area.set(yticks=[])
    made.area.locator_params(axis="x", nbins=MOST_TICKS)
    for side in ("left", "right", "top"):
        made.area.spines[side].set_visible(False)


def scaled(made: Panel, numbers: Sequence[float]) -> None:
    """The axis from the lowest to the highest number, 0 always on it and marked."""
    ends = [x for x in (*numbers, 0.0) if np.isfinite(x)]
    room = 0.06 * (max(ends) - min(ends) or 1.0)
    made.area.set_xlim(min(ends) - room, max(ends) + room)
    made.area.axvline(0, color=GREY, linewidth=0.9, zorder=1)


def interval(made: Panel, y: float, low: float, high: float, colour: str) -> None:
    """A line from limit to limit; nothing where there are none."""
    if np.isfinite([low, high]).all():
        made.area.plot([low, high], [y, y], color=colour, linewidth=1.6, zorder=2, solid_capstyle="butt")


def point(made: Panel, y: float, x: float, marker: str, colour: str, inside: str, gid: str) -> None:
    """A point; nothing where there is none."""
    if np.isfinite(x):
        made.area.plot(
            x, y, marker=marker, markersize=6.5, color=colour, markerfacecolor=inside, markeredgecolor=colour or INK,
            markeredgewidth=1.4, zorder=3, clip_on=False, gid=gid,
        )  # fmt: skip
