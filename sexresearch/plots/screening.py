"""Screening on one page: gaps, durations, runs, consistency, distances and use of the scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import chdtri

from sexresearch.arguments import in_words
from sexresearch.deprecation import renamed
from sexresearch.errors import DataError
from sexresearch.plots._path.diagram_words import POINTS
from sexresearch.plots.panel import Panel, panel, quiet
from sexresearch.plots.style import FONT, GREY, INK, PALETTE, tint
from sexresearch.survey import Survey, response_indices, screen
from sexresearch.survey.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (10.0, 6.6)  # inches of the six plots together
COLUMNS, ROWS = 3, 2
BETWEEN = (0.85, 0.95)  # inches between plots, for the labels of their axes
MOST_ITEMS = 12  # with the most gaps
MOST_POINTS = 2000  # of the Q-Q plot, the largest always among them
BINS = 30
BLUE, RED = PALETTE["blue"], PALETTE["vermillion"]
NO_SIGN = {"not finished", "code of no answer"}  # rows of these checks are no sign of carelessness


@renamed("found", "findings", until="0.3")
@in_words
def screening(
    survey: Survey,
    findings: pd.DataFrame | None = None,
    *,
    duration: str | None = None,
    title: str = "Screening",
    note: str = "",
) -> Figure:
    """Screening on one page: gaps, durations, runs, consistency, distances and use of the scale.

    Parameters
    ----------
    survey : Survey
        The answers.
    findings : DataFrame, optional
        What `screen` found, or the part of it that counts. Default: all that it finds.
    duration : str, optional
        Column of the seconds that respondents took. Default: what the survey platform recorded, where it did.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        Six plots, the flagged respondents in red. What cannot be drawn says why.

    Raises
    ------
    DataError
        `survey` is no Survey, or `findings` is not what `screen` returns.

    Notes
    -----
    Indices are those of `screen`, which names their sources; the figure adds how they are distributed.

    Examples
    --------
    >>> from sexresearch.datasets import load
    >>> figure = screening(load("service_excellence_demo"))
    >>> len(figure.axes)
    8
    """
    if not isinstance(survey, Survey):
        raise DataError(f"screening draws a Survey; found {type(survey).__name__}")
    findings = screen(survey, duration) if findings is None else findings
    if not {"check", "rows"} <= set(findings.columns):
        raise DataError("screening draws what screen() finds; columns check and rows are not there")
    indices = response_indices(survey, duration)
    rows = {
        row
        for check, own in zip(findings["check"], findings["rows"], strict=True)
        if check not in NO_SIGN
        for row in own
    }
    flagged = indices.index.isin(list(rows))
    made = panel(SIZE, (0.75, 0.1, 0.55), title, _foot(survey, int(flagged.sum()), note))
    made.area.set_axis_off()
    panels: list[Callable[[Axes], str]] = [
        lambda axes: _gaps(axes, survey.answers[list(survey.items)]),
        lambda axes: _durations(axes, indices["duration"], flagged),
        lambda axes: _runs(axes, indices["longstring"], flagged),
        lambda axes: _consistency(axes, indices, flagged),
        lambda axes: _distances(axes, indices, flagged),
        lambda axes: _styles(axes, indices),
    ]
    for number, draw in enumerate(panels):
        axes = _axes(made, number)
        missing = draw(axes)
        if missing:
            axes.set(xticks=[], yticks=[])
            axes.text(0.5, 0.5, missing, transform=axes.transAxes, ha="center", va="center", color=GREY,
                      size=POINTS["item"], family=FONT, gid="missing")  # fmt: skip
        _dressed(axes)
    return made.figure


def _axes(made: Panel, number: int) -> Axes:
    """The plot area of the number-th plot, row by row."""
    width = (SIZE[0] - (COLUMNS - 1) * BETWEEN[0]) / COLUMNS
    height = (SIZE[1] - (ROWS - 1) * BETWEEN[1]) / ROWS
    row, column = divmod(number, COLUMNS)
    left = made.box[0] + column * (width + BETWEEN[0])
    bottom = made.box[1] + (ROWS - 1 - row) * (height + BETWEEN[1])
    page = made.figure.get_size_inches()
    place = (left / page[0], bottom / page[1], width / page[0], (height - 0.3) / page[1])  # room for its own title
    return made.figure.add_axes(place)


def _titled(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", family=FONT, color=INK, size=POINTS["name"], weight="bold")


def _dressed(axes: Axes) -> None:
    quiet(axes)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(family=FONT, color=INK, size=POINTS["item"])
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _gaps(axes: Axes, items: pd.DataFrame) -> str:
    _titled(axes, "Missing answers")
    share = items.isna().mean().sort_values(kind="stable").tail(MOST_ITEMS)
    share = share[share > 0]
    if share.empty:
        return "no answer is missing" if items.shape[1] else "no items"
    axes.barh(range(len(share)), 100 * share.to_numpy(), color=BLUE, height=0.7)
    axes.set_yticks(range(len(share)), [str(name)[:14].replace("$", r"\$") for name in share.index])
    axes.set_xlabel(f"per cent of respondents, {counted(len(share), 'item')} with the most")
    return ""


def _durations(axes: Axes, seconds: pd.Series, flagged: np.ndarray) -> str:
    _titled(axes, "Time taken")
    known = seconds.notna().to_numpy()
    if not known.any():
        return "no durations: the survey has no\ncolumn that tells, or name it: duration="
    minutes = seconds.to_numpy()[known] / 60
    low, high = minutes.min(), minutes.max()
    edges = np.geomspace(low, high * 1.0001, BINS) if high > low else np.array([low * 0.9, low * 1.1])
    axes.set_xscale("log")
    _histogram(axes, minutes, flagged[known], edges)
    middle = float(np.median(minutes))
    for at, style in ((middle, "-"), (middle / 2, "--")):
        axes.axvline(at, color=GREY, linewidth=0.9, linestyle=style)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(lambda value, _: "")
    axes.set(xlabel="minutes; lines at the median and half of it", ylabel="respondents")
    return ""


def _runs(axes: Axes, longest: pd.Series, flagged: np.ndarray) -> str:
    _titled(axes, "Longest run of one answer")
    known = longest.notna().to_numpy()
    if not known.any() or not longest.max() > 0:
        return "no rating items"
    _histogram(axes, longest.to_numpy()[known], flagged[known], np.arange(0.5, float(longest.max()) + 1.5))
    axes.set(xlabel="items in a row", ylabel="respondents", yscale="symlog")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    return ""


def _consistency(axes: Axes, indices: pd.DataFrame, flagged: np.ndarray) -> str:
    names = {"synonyms": "Psychometric synonyms", "even_odd": "Even-odd consistency", "person_total": "Person-total"}
    index = next((name for name in names if indices[name].notna().mean() > 0.5), None)
    _titled(axes, names.get(index or "", "Consistency"))
    if index is None:
        return "too few items that go together"
    known = indices[index].notna().to_numpy()
    _histogram(axes, indices[index].to_numpy()[known], flagged[known], np.linspace(-1, 1, BINS))
    axes.set(xlabel="correlation within the respondent", ylabel="respondents")
    return ""


def _distances(axes: Axes, indices: pd.DataFrame, flagged: np.ndarray) -> str:
    _titled(axes, "Mahalanobis D²")
    known = indices["d2_pvalue"].notna().to_numpy()
    if not known.any():
        return "no distances: items without variance,\nor fewer respondents than items"
    pvalue, red = indices["d2_pvalue"].to_numpy()[known], flagged[known]
    df = max(1, round(float(indices["d2"].mean())))
    order = np.argsort(-pvalue)
    n = len(order)
    expected = chdtri(df, 1 - (np.arange(n) + 0.5) / n)
    own = chdtri(df, np.maximum(pvalue[order], np.finfo(float).tiny))
    shown = np.unique(np.append(np.linspace(0, n - 1, MOST_POINTS).astype(int), np.arange(max(0, n - 300), n)))
    for mark, colour, size in ((False, BLUE, 6.0), (True, RED, 12.0)):
        own_points = shown[red[order][shown] == mark]
        axes.scatter(expected[own_points], own[own_points], s=size, color=colour, linewidths=0, zorder=2 + mark)
    axes.plot([0, expected[-1]], [0, expected[-1]], color=GREY, linewidth=0.9, zorder=1)
    axes.set(xlabel=f"quantile of chi-square, df {df}", ylabel="D²")
    return ""


def _styles(axes: Axes, indices: pd.DataFrame) -> str:
    _titled(axes, "Use of the scale")
    names = [name for name in ("agreeing", "disagreeing", "middle", "extreme") if indices[name].notna().any()]
    if not names:
        return "no rating items"
    parts = [100 * indices[name].dropna().to_numpy() for name in reversed(names)]
    boxes = axes.boxplot(
        parts, orientation="horizontal", widths=0.55, showfliers=False, patch_artist=True, whis=(2.5, 97.5)
    )
    for box in boxes["boxes"]:
        box.set(facecolor=tint(BLUE, 0.45), edgecolor=BLUE)
    for line in (*boxes["medians"], *boxes["whiskers"], *boxes["caps"]):
        line.set(color=INK, linewidth=1.0)
    axes.set_yticks(range(1, len(names) + 1), list(reversed(names)))
    axes.set(xlabel="per cent of a respondent's answers", xlim=(-2, 102))
    return ""


def _histogram(axes: Axes, values: np.ndarray, flagged: np.ndarray, edges: np.ndarray) -> None:
    """Respondents in blue, those flagged on top of them in red."""
    axes.hist([values[~flagged], values[flagged]], bins=edges.tolist(), stacked=True, color=[BLUE, RED])


def _foot(survey: Survey, flagged: int, note: str) -> str:
    red = f"Red: {counted(flagged, 'respondent')} flagged. Boxes hold half of the respondents, lines 95%."
    text = f"{survey.caption}. {red}"
    return " ".join(part for part in (text.replace("$", r"\$"), note.replace("$", r"\$")) if part)
