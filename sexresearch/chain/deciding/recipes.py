"""Which items stand for which name, with which weight: of constructs in a survey, of variables in a fitted model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from sexresearch.chain.deciding.answered import answers_in
from sexresearch.chain.investing.importance import constructs_of, reasons
from sexresearch.chain.investing.levers import levers
from sexresearch.chain.investing.points import Meter, meters
from sexresearch.chain.investing.scales import FROM_ANSWERS, NO_WIDTH, OPEN, Ends, Scale, ends_of, limits_of
from sexresearch.chain.joining import joined
from sexresearch.chain.paths.arrows import all_arrows, checked_name
from sexresearch.errors import DataError, ModelError
from sexresearch.sem.view import Array, View, row_values
from sexresearch.standard.nodes import node_key
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.survey import Survey

ANSWERED = 0.5  # part of the weight that must have been answered for a mean to stand for it
NOBODY = "nobody answered it"
Weights = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class GroupRecipes:
    """Rows of one group, with the items' weights and notes by name; label : NA where there is one group only."""

    rows: slice
    made: Mapping[str, Weights]
    notes: Mapping[str, str] = field(default_factory=dict)
    label: object = pd.NA


@dataclass(frozen=True, eq=False)
class Recipes:
    """Answers (n, items) with the ends of their scales, and by name the items' weights for each part of the rows.

    clusters, weights (n,) : of the respondents; None where there are none.
    """

    answers: pd.DataFrame
    ends: Mapping[str, Ends]
    parts: Sequence[GroupRecipes]
    clusters: Array | None = None
    weights: Array | None = None

    def points(self, name: str) -> Array:
        """(n,) the weighted mean of the items in points from 0 to 100; NaN where too little was answered."""
        return np.concatenate([self._mean(self.answers[part.rows], part.made[name]) for part in self.parts])

    def counted(self, part: GroupRecipes) -> Array:
        """The places of the rows of one group, those that weigh nothing left out."""
        rows = np.arange(len(self.answers))[part.rows]
        return rows if self.weights is None else rows[self.weights[rows] > 0]

    def of(self, part: GroupRecipes) -> Recipes:
        """The same of one group alone."""
        rows = self.counted(part)
        clusters, weights = (None if own is None else own[rows] for own in (self.clusters, self.weights))
        alone = replace(part, rows=slice(None))
        return Recipes(self.answers.iloc[rows].reset_index(drop=True), self.ends, [alone], clusters, weights)

    def _mean(self, answers: pd.DataFrame, weights: Weights) -> Array:
        if not weights or not np.isfinite([*weights.values()]).all():
            return np.full(len(answers), np.nan)
        low, high = np.array([self.ends[item] for item in weights]).T
        y = 100.0 * (answers[list(weights)].to_numpy(dtype=float) - low) / (high - low)
        w = np.array([*weights.values()]) * np.isfinite(y)
        there = np.abs(w).sum(axis=1) >= ANSWERED * np.abs([*weights.values()]).sum()
        total = np.where(there, w.sum(axis=1), np.nan)
        return (w * np.nan_to_num(y)).sum(axis=1) / total

    def without_scale(self, name: str) -> list[str]:
        """The items of a name whose scale has no ends: all answers are the same, or none, or no numbers."""
        items = dict.fromkeys(item for part in self.parts for item in part.made[name])
        return [item for item in items if not np.isfinite(self.ends[item]).all()]

    def all_alike(self, name: str) -> bool:
        """Whether an item of a name has no scale because all its answers are the same."""
        return any(len(self.answers[item].dropna().unique()) == 1 for item in self.without_scale(name))

    def range_of(self, name: str) -> Ends | None:
        """The ends of the scale that all items of a name share; None where they differ."""
        ends = {self.ends[item] for part in self.parts for item in part.made[name]}
        return ends.pop() if len(ends) == 1 else None


def of_survey(
    data: Survey | pd.DataFrame, target: str, attributes: Sequence[str] | None, scale: Scale | None
) -> tuple[Recipes, list[str]]:
    """The recipes of a survey or frame, items of a construct weighing alike, and the attributes."""
    frame = data.answers if isinstance(data, Survey) else data
    instrument = data.instrument if isinstance(data, Survey) else None
    items = {part.name: [item.name for item in part.items] for part in instrument.constructs} if instrument else {}
    names = [*items, *(str(name) for name in frame.columns if name not in items)]
    chosen = [target, *(attributes if attributes is not None else _default(data, frame, items, target))]
    for name in chosen:
        if name not in names:
            raise DataError(f"{name!r} is neither a construct nor a column; there are: {', '.join(names)}")
    made = {name: dict.fromkeys(items.get(name, [name]), 1.0) for name in chosen}
    used = list(dict.fromkeys(item for weights in made.values() for item in weights))
    answers = pd.DataFrame(answers_in(frame, used), index=frame.index, columns=used)
    ends, note = _ends(answers, data, scale)
    notes = {name: joined(*(note.get(item, "") for item in weights)) for name, weights in made.items()}
    return Recipes(answers, ends, [GroupRecipes(slice(None), made, notes)]), chosen[1:]


def _default(
    data: Survey | pd.DataFrame, frame: pd.DataFrame, items: Mapping[str, Sequence[str]], target: str
) -> list[str]:
    """The elements of the standard, else the levels, else all other constructs, else all other columns of numbers."""
    if not items or not isinstance(data, Survey) or data.instrument is None:
        return [str(name) for name in frame.select_dtypes("number").columns if name != target]
    nodes = {part.name: node_key(part.node or "") for part in data.instrument.constructs if part.name != target}
    elements = [name for name, node in nodes.items() if node[:1] == "7"]
    levels = [name for name, node in nodes.items() if node[:1] == "L"]
    others = [name for name in nodes if target not in items.get(name, ())]
    return next((names for names in (elements, levels) if len(names) > 1), others)


def _ends(
    answers: pd.DataFrame, data: Survey | pd.DataFrame, scale: Scale | None
) -> tuple[dict[str, Ends], dict[str, str]]:
    """Ends of the scale of every item, as given, as the instrument says, or as answered; and notes on the last."""
    given = _given(scale if scale is not None else data, list(answers))
    ends: dict[str, Ends] = {}
    notes: dict[str, str] = {}
    for name in answers:
        low, high = given.get(name) or (-np.inf, np.inf)
        seen = answers[name].to_numpy()
        least, most = (float(np.nanmin(seen)), float(np.nanmax(seen))) if np.isfinite(seen).any() else (np.nan, np.nan)
        closed = np.isfinite([low, high])
        ends[name] = (float(low if closed[0] else least), float(high if closed[1] else most))
        if not closed.all():
            notes[name] = OPEN if closed.any() else FROM_ANSWERS
        if not ends[name][0] < ends[name][1]:
            ends[name], notes[name] = (np.nan, np.nan), NO_WIDTH if np.isfinite(seen).any() else NOBODY
        elif least < ends[name][0] or most > ends[name][1]:
            where = f"off the scale from {ends[name][0]:g} to {ends[name][1]:g}"
            raise DataError(f"{name}: answers run from {least:g} to {most:g}, {where}")
    return ends, notes


def _given(stated: Scale | pd.DataFrame, names: Sequence[str]) -> dict[str, Ends]:
    stated = stated.instrument or {} if isinstance(stated, Survey) else stated
    if isinstance(stated, Instrument):
        return {item.name: (item.scale.lowest, item.scale.highest) for item in stated.items}
    if isinstance(stated, pd.DataFrame):
        return {}
    pairs = stated if isinstance(stated, Mapping) else dict.fromkeys(names, stated)
    return {name: ends_of(name, pair) for name, pair in pairs.items()}


def of_fit(
    fit: View, question: str, target: str, attributes: Sequence[str] | None, scale: Scale | None
) -> tuple[Recipes, list[str]]:
    """The recipes of a fit, items weighing as in `importance`, and the attributes: by default the levers."""
    if not fit.holds_rows:
        raise ModelError(f"{question} needs the answers of respondents, and moments hold none")
    graphs = all_arrows(fit)
    names = list(dict.fromkeys(name for graph in graphs for name in graph.names))
    checked_name(target, names, "target", fit.latents)
    chosen = [checked_name(name, names, "attribute", fit.latents) for name in attributes or ()]
    if attributes is None:
        chosen = levers(graphs[0], [name for name in constructs_of(fit) if name != target], target)
    ends, note = limits_of(fit, scale)
    wanted, parts, frames, first = [target, *chosen], [], [], 0
    for number, (block, meter) in enumerate(zip(fit.blocks, meters(fit, ends), strict=True)):
        item_weights = _weights(fit, number, meter)
        made = {name: item_weights.get(name, {}) for name in wanted}
        notes = {name: joined(*reasons(fit, number, (name,), note)) for name in wanted}
        label = block.label if fit.groups else pd.NA
        parts.append(GroupRecipes(slice(first, first + block.nobs), made, notes, label))
        frames.append(pd.DataFrame(block.answers, columns=list(block.observed)))
        first += block.nobs
    clusters, weights = ([getattr(block, name) for block in fit.blocks] for name in ("clusters", "weights"))
    return Recipes(pd.concat(frames, ignore_index=True), ends, parts, _all_of(clusters), _all_of(weights)), chosen


def _all_of(own: Sequence[Array | None]) -> Array | None:
    there = [values for values in own if values is not None]
    return np.concatenate(there) if len(there) == len(own) else None


def _weights(fit: View, number: int, meter: Meter) -> dict[str, dict[str, float]]:
    """By variable, the weights of the observed variables in its index, through dimensions where there are any."""
    rows = row_values(fit, fit.theta[None, :], fit.exogenous[None, :])
    means = np.zeros((1, sum(len(block.mean) for block in fit.blocks)))
    share, names = meter.read(rows, means).weights[0], fit.blocks[number].names
    by_name = {name: {name: 1.0} for name in fit.blocks[number].observed}
    for latent, parts in meter.parts.items():
        own: dict[str, float] = {}
        for part in parts:
            for item, weight in by_name.get(names[part], {}).items():
                own[item] = own.get(item, 0.0) + share[latent, part] * weight
        by_name[names[latent]] = own
    return by_name
