"""The radar: performance of the same constructs in every group, around one centre."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError, OptionError
from sexresearch.plots._path.diagram_words import text_size, wrap
from sexresearch.plots.dots import LIMITS, dots
from sexresearch.plots.panel import GAP, Panel, panel, words
from sexresearch.plots.style import FONT, GREY, INK, PALETTE, tint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEEDED = ("kind", "construct", "group", "performance")
ACROSS = 4.6  # inches
FEWEST = 3
NAME_LIMIT = 16
LOOKS = (  # colour, line and marker of a group, so that print in grey keeps them apart
    (PALETTE["blue"], "-", "o"),
    (PALETTE["vermillion"], (0, (5, 2)), "s"),
    (PALETTE["green"], (0, (1, 1.4)), "D"),
    (PALETTE["purple"], (0, (6, 2, 1, 2)), "^"),
    (PALETTE["orange"], (0, (3, 1)), "v"),
    (INK, (0, (8, 3)), "P"),
)


@in_words
def radar(
    importance: pd.DataFrame,
    *,
    constructs: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str = "",
    note: str = "",
) -> Figure:
    """Performance of constructs (the nine elements, say) from 0 to 100 by group, from a frame of `importance`.

    Parameters
    ----------
    importance : DataFrame
        What `importance` returns. A missing value interrupts its line.
    constructs : sequence of str, optional
        Three or more constructs of the frame, in their order round the circle. Default: all of them.
    labels : dict of str by str, optional
        Names in the figure by names in the model, of constructs and groups; names that do not occur are ignored.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        One line per group, at most 6. A single group has no shape to be compared: its constructs are dots on lines, the
        best at the top, with their intervals where the frame has some.

    Raises
    ------
    OptionError
        The frame lacks columns of `importance`, a construct is unknown, or there are more groups than can be told
        apart.
    ModelError
        There are fewer than three constructs.

    Notes
    -----
    Nothing is computed here: performance is that of `importance`, from 0 (lowest answer) to 100 (highest).

    Examples
    --------
    >>> rows = {"kind": "construct", "construct": ["vision", "culture", "design"], "group": pd.NA,
    ...         "performance": [60.0, 50.0, 70.0]}
    >>> figure = radar(pd.DataFrame(rows), note="Synthetic data.")
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_gid().startswith("name")]
    ['design', 'vision', 'culture']
    """
    table = _table(importance, constructs)
    if table.shape[1] == 1:
        return _alone(importance, table, labels or {}, title, note)
    texts = [wrap((labels or {}).get(name, name), NAME_LIMIT) for name in table.index]
    sizes = [text_size(text, "name") for text in texts]
    groups = [] if list(table.columns) == [""] else [(labels or {}).get(str(name), str(name)) for name in table.columns]
    side = max(width for width, _ in sizes) + GAP
    beside = max((text_size(name, "path")[0] + 0.7 for name in groups), default=0.0)
    tall = max(height for _, height in sizes) + GAP
    made = panel((ACROSS, ACROSS + 2 * tall), (side, side + beside, 0.0), title, _foot(table, note), "polar")
    _web(made, len(texts))
    angles = _angles(len(texts))
    for (_, values), look in zip(table.items(), LOOKS, strict=False):
        _line(made, angles, values.to_numpy(dtype=float), *look)
    _around(made, angles, list(table.index), texts, sizes, tall)
    _legend(made, groups, side)
    return made.figure


def _alone(importance: pd.DataFrame, table: pd.DataFrame, labels: Mapping[str, str], title: str, note: str) -> Figure:
    """The constructs of a single group as dots."""
    rows = importance[importance["kind"] == "construct"].drop_duplicates("construct").set_index("construct")
    kept = rows.reindex(table.index).reset_index()
    beside = " Lines: 95% intervals." if kept.reindex(columns=LIMITS).notna().any().any() else ""
    return dots(kept, [labels.get(name, name) for name in table.index], title, _foot(table, note, beside))


def _table(importance: pd.DataFrame, constructs: Sequence[str] | None) -> pd.DataFrame:
    """Performance by construct (rows) and group (columns)."""
    absent = [name for name in NEEDED if name not in importance.columns]
    if absent:
        raise OptionError(f"a radar takes the frame of importance(); columns {absent} are not there")
    rows = importance[importance["kind"] == "construct"]
    names = list(dict.fromkeys(rows["construct"]))
    unknown = [name for name in constructs or () if name not in names]
    if unknown:
        raise OptionError(f"constructs {unknown} are not in the frame; it has: {', '.join(names)}")
    names = list(constructs or names)
    if len(names) < FEWEST:
        raise ModelError(f"a radar needs at least {FEWEST} constructs; found {len(names)}: {', '.join(names)}")
    groups = list(dict.fromkeys(rows["group"].fillna("")))
    if len(groups) > len(LOOKS):
        raise OptionError(f"a radar tells at most {len(LOOKS)} groups apart; the frame has {len(groups)}")
    table = rows.assign(group=rows["group"].fillna("")).pivot_table(
        index="construct", columns="group", values="performance", sort=False, dropna=False
    )
    return table.reindex(index=names, columns=groups)


def _angles(n: int) -> np.ndarray:
    return np.linspace(0.0, 2 * math.pi, n, endpoint=False)


def _web(made: Panel, n: int) -> None:
    """Rings at 20, 40 … 100 points, spokes to every construct, the first one at the top, clockwise."""
    area = made.area
    area.set_theta_zero_location("N")  # type: ignore[attr-defined]
    area.set_theta_direction(-1)  # type: ignore[attr-defined]
    area.set(ylim=(0, 100), yticks=(20, 40, 60, 80, 100), xticks=_angles(n), xticklabels=[])
    area.set_rlabel_position(180 / n)  # type: ignore[attr-defined]
    area.grid(color=tint(GREY, 0.35), linewidth=0.7)
    area.tick_params(labelsize=8, labelcolor=GREY)
    for label in area.get_yticklabels():
        label.set_fontfamily(FONT)
    area.spines["polar"].set(color=GREY, linewidth=0.8)


def _line(made: Panel, angles: np.ndarray, values: np.ndarray, colour: str, dashes: object, marker: str) -> None:
    closed = np.r_[angles, angles[0]], np.r_[values, values[0]]
    made.area.plot(*closed, color=colour, linestyle=dashes, linewidth=1.8, marker=marker, markersize=5.5, clip_on=False)


def _around(
    made: Panel,
    angles: np.ndarray,
    names: Sequence[str],
    texts: Sequence[str],
    sizes: Sequence[tuple[float, float]],
    tall: float,
) -> None:
    """The names outside of the circle, each on its spoke."""
    left, bottom, width, height = made.box
    radius = ACROSS / 2 + GAP
    for angle, name, text, (w, h) in zip(angles, names, texts, sizes, strict=True):
        across, up = math.sin(angle), math.cos(angle)
        x = left + width / 2 + radius * across + w / 2 * (across if abs(across) < 0.2 else math.copysign(1, across))
        y = bottom + height / 2 + radius * up + h / 2 * up
        words(made.page, x, y, text, "name", align=("center", "center"), gid=f"name:{name}")


def _legend(made: Panel, groups: Sequence[str], side: float) -> None:
    left, bottom, width, height = made.box
    x, y = left + width + side, bottom + height - 0.2
    for name, (colour, dashes, marker) in zip(groups, LOOKS, strict=False):
        made.page.plot([x, x + 0.45], [y, y], color=colour, linestyle=dashes, linewidth=1.8)
        made.page.plot(x + 0.225, y, color=colour, marker=marker, markersize=5.5)
        words(made.page, x + 0.55, y, name, "path", gid=f"group:{name}")
        y -= 0.26


def _foot(table: pd.DataFrame, note: str, beside: str = "") -> str:
    gaps = int(table.isna().to_numpy().sum())
    parts = [f"Performance in points: 0 the lowest, 100 the highest answer.{beside}"]
    parts += [f"{gaps} value{'s' if gaps > 1 else ''} missing."] if gaps else []
    return " ".join(filter(None, [*parts, note.replace("$", r"\$")]))
