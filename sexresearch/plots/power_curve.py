"""The power curve: how often a study finds each effect, by the number of respondents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.deprecation import renamed
from sexresearch.errors import ModelError, OptionError
from sexresearch.plots._path.diagram_words import POINTS, text_size
from sexresearch.plots.panel import panel
from sexresearch.plots.style import FONT, GREY, INK, PALETTE, tint
from sexresearch.sem import Power

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = "osD^vPX*"  # with the colours, so that print in grey keeps the effects apart
COLOURS = (*(PALETTE[name] for name in ("blue", "vermillion", "green", "orange", "purple", "sky")), INK)
SIZE = (4.8, 3.0)  # inches of the plot area
LEFT, BELOW, KEY = 0.55, 0.5, 0.75  # inches for power, respondents, and the lines of the legend
INTERVAL = 1.96  # Monte-Carlo standard errors that a bar reaches up and down


@renamed("found", "power", until="0.3")
@in_words
def power_curve(power: Power, *, labels: Mapping[str, str] | None = None, title: str = "", note: str = "") -> Figure:
    """The power of every effect against the sample size, with the target and the Monte-Carlo error of each point.

    Parameters
    ----------
    power : Power
        What `power` returns.
    labels : dict of str by str, optional
        Names in the figure by names of effects; names that do not occur are ignored.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote.

    Returns
    -------
    matplotlib.figure.Figure
        A bar reaches 1.96 Monte-Carlo standard errors up and down. Beside the name of an effect stands the sample size
        at which its curve crosses the target.

    Raises
    ------
    OptionError
        `power` is no result of the function `power`.
    ModelError
        No sample could be estimated.

    Notes
    -----
    Nothing is computed here: `power` simulates. The error of a share p of R samples is the root of p (1 - p) / R.

    Examples
    --------
    >>> from sexresearch import power
    >>> figure = power_curve(power("y ~ 0.3*x", n=[50, 100, 200], replicates=50))
    >>> figure.axes[1].get_ylabel()
    'power'
    """
    if not isinstance(power, Power):
        raise OptionError(f"power_curve draws the result of power(); found {type(power).__name__}")
    known = power.table.dropna(subset="power")
    if known.empty:
        raise ModelError("nothing to draw: no sample could be estimated")
    curves = _curves(power, known, labels or {})
    target = float(power.needed["target_power"].iloc[0])
    right = KEY + max(text_size(name, "item")[0] for name, _ in curves)
    made = panel(SIZE, (LEFT, right, BELOW), title, _foot(power, target, note))
    for number, (name, part) in enumerate(curves):
        _curve(made.area, part, name, number)
    made.area.axhline(target, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    _dressed(made.area, sorted(known["n"].unique()))
    return made.figure


def _curves(power: Power, known: pd.DataFrame, labels: Mapping[str, str]) -> list[tuple[str, pd.DataFrame]]:
    """Name (with the size needed) and rows of each effect."""
    keys = [name for name in ("effect", "group") if name in known]
    out: list[tuple[str, pd.DataFrame]] = []
    for key, part in known.groupby(keys, sort=False, dropna=False):
        own = " in ".join(str(word) for word in key if not pd.isna(word))
        needed = power.needed["needed"].iloc[len(out)]
        out.append((_legend(labels.get(own, own), needed), part.sort_values("n")))
    return out


def _legend(name: str, needed: float) -> str:
    return name if pd.isna(needed) else f"{name}  (n = {needed:.0f})"


def _curve(axes: Axes, part: pd.DataFrame, label: str, number: int) -> None:
    axes.errorbar(
        part["n"],
        part["power"],
        yerr=INTERVAL * part["power_se"],
        label=label,
        color=COLOURS[number % len(COLOURS)],
        marker=MARKERS[number % len(MARKERS)],
        markersize=4.5,
        linewidth=1.4,
        elinewidth=1.0,
        capsize=2.0,
    )


def _dressed(area: Axes, sizes: list[int]) -> None:
    area.set(ylim=(0.0, 1.03), xticks=sizes)
    area.set_xlabel("respondents", family=FONT, color=INK, size=POINTS["item"])
    area.set_ylabel("power", family=FONT, color=INK, size=POINTS["item"])
    area.grid(axis="y", color=tint(GREY, 0.2), linewidth=0.6)
    area.set_axisbelow(True)
    for side in ("top", "right"):
        area.spines[side].set_visible(False)
    area.legend(
        loc="center left",
        bbox_to_anchor=(1.02, 0.5),
        frameon=False,
        labelcolor=INK,
        prop={"family": FONT, "size": POINTS["item"]},
    )


def _foot(power: Power, target: float, note: str) -> str:
    text = f"{power.requested:,} simulated samples per point, bars: 95% Monte-Carlo error. Dashed: power {target:.2f}."
    return f"{text} {note}".strip()
