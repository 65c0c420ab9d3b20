"""One series as dots on lines: what a radar would show of a single group, with its intervals and in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sexresearch.plots._path.diagram_words import text_size, wrap
from sexresearch.plots.panel import GAP, Panel, panel, words
from sexresearch.plots.style import GREY, INK, PALETTE, tint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ACROSS, ROW = 4.8, 0.4  # inches: width of the plot, height of a row at the least
LONGEST = 34  # letters of a line of a name
LIMITS = ["performance_ci_lower", "performance_ci_upper"]


def dots(rows: pd.DataFrame, names: Sequence[str], title: str, foot: str) -> Figure:
    """Performance from 0 to 100 of every construct in `rows`, under these names, the best at the top.

    >>> rows = pd.DataFrame({"construct": ["joy", "bond"], "performance": [60.0, 70.0]})
    >>> [text.get_text() for text in dots(rows, ["Joy", "Bond"], "", "").axes[0].texts if "name" in text.get_gid()]
    ['Bond', 'Joy']
    """
    order = rows["performance"].fillna(-1.0).to_numpy().argsort(kind="stable")[::-1]
    texts = [wrap(names[k], LONGEST) for k in order]
    sizes = [text_size(text, "name") for text in texts]
    row = max(ROW, max(height for _, height in sizes) + 0.1)
    side = max(width for width, _ in sizes) + GAP
    numbers = [_number(rows.iloc[k]) for k in order]
    beside = max(text_size(number, "path")[0] for number in numbers) + GAP
    made = panel((ACROSS, row * len(texts)), (side, beside, 0.5), title, foot)
    made.area.set(xlim=(0, 100), ylim=(len(texts) - 0.5, -0.5), yticks=[])
    made.area.grid(axis="x", color=tint(GREY, 0.35), linewidth=0.7)
    made.area.spines[["left", "right", "top"]].set_visible(False)
    made.area.set_xlabel("performance: points of 100", fontsize=9, color=INK)
    for place, (k, text, number) in enumerate(zip(order, texts, numbers, strict=True)):
        _dot(made, place, row, (text, number), rows.iloc[k])
    return made.figure


def _ends(values: pd.Series) -> list[float]:
    """The limits, where there are some."""
    return [float(values[name]) for name in LIMITS if name in values.index and not pd.isna(values[name])]


def _number(values: pd.Series) -> str:
    """The number with its limits, as it stands behind a dot."""
    ends = ", ".join(f"{end:.1f}" for end in _ends(values))
    return f"{float(values['performance']):.1f}{f' [{ends}]' if ends else ''}"


def _dot(made: Panel, place: int, row: float, texts: tuple[str, str], values: pd.Series) -> None:
    """A name, its dot with the limits, and the number behind it."""
    text, number = texts
    left, bottom, width, height = made.box
    y = bottom + height - row * (place + 0.5)
    words(made.page, left - 0.12, y, text, "name", align=("right", "center"), gid=f"name:{values['construct']}")
    point = float(values["performance"])
    if np.isnan(point):
        words(made.page, left + 0.1, y, "missing", "path", colour=GREY)
        return
    ends = _ends(values)
    made.area.plot(ends, [place] * len(ends), color=tint(PALETTE["blue"], 0.5), linewidth=2.4, zorder=2)
    made.area.plot(point, place, "o", color=PALETTE["blue"], markersize=7.5, zorder=3)
    words(made.page, left + width + 0.15, y, number, "path", gid=f"value:{values['construct']}")
