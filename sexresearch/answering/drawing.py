"""The figures of an answer, drawn when they are asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

import pandas as pd

from sexresearch.answering.facts import AnswerPart
from sexresearch.answering.labels import Labels
from sexresearch.answering.phrases import comma_marked, worded
from sexresearch.answering.text_catalogue import catalogue, filled_text
from sexresearch.chain.paths.path_limits import path_limits
from sexresearch.plots.interval_dots import interval_dots
from sexresearch.plots.invariance_ladder import invariance_ladder
from sexresearch.plots.path_diagram import path_diagram
from sexresearch.sem import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MOST_LEVERS = 6  # rows of the figure on page one; the table has all
SHORTEST_LINE, MORE_ROOM = 18, 1.2  # letters that a word alone has room for; what a translation may be longer
MOST_DRAWN = 10  # latents of a diagram that can be read on a page; beyond, links are rows


class Figures(Mapping[str, "Figure"]):
    """Figures by name: "next" (what the levers bring), "today", "chain" and "steps", those that the answer has."""

    def __init__(self, parts: tuple[AnswerPart, ...], labels: Labels) -> None:
        self._labels = labels
        material = {name: value for part in parts for name, value in part.material.items()}
        tables = {name: frame for part in parts for name, frame in part.tables.items()}
        self._drawers: dict[str, Callable[[bool], Figure]] = {}  # each told whether it is for a phone
        if "priorities" in tables:
            own = str(material.get("own_units", ""))
            self._drawers["next"] = lambda narrow: self._gains(
                tables["priorities"], str(material["target"]), own, narrow
            )
        today, turned = material.get("today"), material.get("low_is_good", ())
        if isinstance(today, pd.DataFrame) and isinstance(turned, tuple):
            self._drawers["today"] = lambda narrow: self._today(today, turned, narrow)
        results = material.get("chain")
        if isinstance(results, Results):
            self._drawers["chain"] = lambda narrow: self._chain(results, tables["links"], narrow)
        if isinstance(material.get("steps"), pd.DataFrame):
            self._drawers["steps"] = lambda narrow: self._steps(material["steps"])

    def __getitem__(self, name: str) -> Figure:
        return self._figure(name, narrow=False)

    def narrow(self, name: str) -> Figure:
        """The figure for a window as narrow as a phone; that of the steps is as it is."""
        return self._figure(name, narrow=True)

    def _figure(self, name: str, *, narrow: bool) -> Figure:
        figure = self._drawers[name](narrow)
        _ranged(figure, str(catalogue(self._labels.language)["words"]["to"]))
        return figure if self._labels.language == "en" else localized(figure, self._labels.language)

    def __contains__(self, name: object) -> bool:
        return name in self._drawers  # to be asked for is not to be drawn

    def __iter__(self) -> Iterator[str]:
        return iter(self._drawers)

    def __len__(self) -> int:
        return len(self._drawers)

    def _text(self, key: str, values: Mapping[str, object] | None = None) -> str:
        return filled_text(self._labels.language, key, values, "figures")

    def _gains(self, frame: pd.DataFrame, target: str, own: str, narrow: bool) -> Figure:
        points = float(frame["points"].iloc[0]) if "points" in frame else 5.0
        key, name = ("next_axis_own", own) if own else ("next_axis", self._labels.of(target))
        axis = self._text(key, {"points": points, "target": name})
        shown = frame.head(MOST_LEVERS)
        part = self._text("next_part", {"shown": MOST_LEVERS, "every": len(frame)}) if len(frame) > len(shown) else ""
        hollow = self._text("next_note") if (shown["gain_ci_lower"] <= 0).any() else ""
        return interval_dots(shown, "gain", axis=axis, note=" ".join(filter(None, [part, hollow])), narrow=narrow)

    def _today(self, frame: pd.DataFrame, low_is_good: Collection[str], narrow: bool) -> Figure:
        """Levels from the highest on; what is better low stands apart at the end, and says so."""
        kept = frame[frame["unit"] == "points"].sort_values("performance", ascending=False)
        turned = kept["construct"].isin(list(low_is_good))
        names = [self._text("today_turned", {"name": name}) for name in kept.loc[turned, "construct"]]
        shown = pd.concat([kept[~turned], kept[turned].assign(construct=names)])
        axis = self._text("today_axis")
        return interval_dots(shown, "performance", ends=(0.0, 100.0), axis=axis, decimals=0, narrow=narrow)

    def _steps(self, frame: pd.DataFrame) -> Figure:
        """The ladder, with words in the place of the formulas of what was set free."""
        free = [tuple(self._labels.parameter(formula) for formula in released) for released in frame["released"]]
        return invariance_ladder(frame.assign(released=free))

    def _chain(self, results: Results, links: pd.DataFrame, narrow: bool) -> Figure:
        if narrow or len(results.latents) > MOST_DRAWN:
            return interval_dots(links, "std_all", name="path", axis=self._text("chain_axis"), narrow=narrow)
        shown = LinksAlone.of(results)
        parts = (shown.parameters["op"] == "=~") & shown.parameters["rhs"].isin(shown.latents)
        note = self._text("chain_parts" if parts.any() else "chain_note")
        return path_diagram(shown, items=False, labels=self._labels.constructs, intervals=True, note=note)


@dataclass(frozen=True, eq=False)
class LinksAlone:
    """What a diagram of the links needs of a fit: arcs of what causes share would hide them."""

    parameters: pd.DataFrame
    r_squared: pd.Series
    latents: tuple[str, ...]
    converged: bool

    @classmethod
    def of(cls, results: Results) -> LinksAlone:
        """The links of a fit."""
        rows = path_limits(results)
        arcs = (rows["op"] == "~~") & (rows["lhs"] != rows["rhs"])
        linked = set(rows.loc[rows["op"] == "~", ["lhs", "rhs"]].to_numpy().ravel())
        while more := set(rows.loc[(rows["op"] == "=~") & rows["lhs"].isin(linked), "rhs"]) - linked:
            linked |= more
        apart = set(results.latents) - linked
        alone = rows["lhs"].isin(apart) | rows["rhs"].isin(apart)
        latents = tuple(name for name in results.latents if name in linked)
        return cls(rows[~arcs & ~alone], results.r_squared, latents, results.converged)


def _ranged(figure: Figure, between: str) -> None:
    """The limits of intervals as the sentences and tables have them: with a word between them."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if text.get_gid() == "numbers":
            text.set_text(re.sub(r"\[(\S+), (\S+)\]", rf"[\1 {between} \2]", text.get_text()))


def localized(figure: Figure, language: str) -> Figure:
    """The figure with its words translated as far as the catalogue has them, and with decimal commas."""
    from matplotlib.text import Text
    from matplotlib.ticker import FuncFormatter, ScalarFormatter

    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if isinstance(axis.get_major_formatter(), ScalarFormatter) and len(axis.get_major_locator()()):
                axis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}".replace(".", ",")))
    for text in figure.findobj(Text):
        text.set_text(comma_marked(_in_lines(text.get_text(), language)))
    return figure


def _in_lines(words: str, language: str) -> str:
    """The words translated, in lines hardly longer than they were; as they are where the catalogue does not know them.

    >>> _in_lines("partial scalar", "de"), _in_lines("Customer delight", "de")
    ('gleiche\\nAchsenabschnitte,\\nteilweise', 'Customer delight')
    """
    lines = words.split("\n")
    known = worded(" ".join(lines), language)
    room = max(map(len, lines)) if len(lines) > 1 else max(SHORTEST_LINE, int(MORE_ROOM * len(words)))
    return words if known is None else fill(known, room, break_long_words=False)
