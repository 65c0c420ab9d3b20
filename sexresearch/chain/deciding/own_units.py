"""Targets that are no ratings, such as spending: they stay in the units they were recorded in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sexresearch.chain.investing.importance import items_of
from sexresearch.chain.investing.scales import Ends, Scale
from sexresearch.sem.view import View
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.survey import Survey

POINTS = "points"


@dataclass(frozen=True)
class TargetUnits:
    """What a target is counted in: `word`, and how many of them one point from 0 to 100 is; `scale` as `importance`."""

    word: str
    size: float
    scale: Scale | None


def units_of(fit: View, scale: Scale | None, target: str) -> TargetUnits:
    """Points where a scale of answers has ends; the target's own units where none of its items' scales has.

    An observed variable of which no scale is known counts as having none. To measure in own units, the items are read
    on one common range, of which a point is the hundredth part.
    """
    declared = _declared(scale)
    items = [target] if target in fit.observed else items_of(fit, 0, target)
    open_ended = {name for name in items if not _closed(declared, name, target)}
    if declared is None or not items or len(open_ended) < len(items):
        return TargetUnits(POINTS, 1.0, scale)
    answers = [
        block.answers[:, block.observed.index(name)]
        for block in fit.blocks
        if block.answers is not None
        for name in items
        if name in block.observed
    ]
    if not answers or not np.ptp(seen := np.concatenate(answers)[np.isfinite(np.concatenate(answers))]):
        return TargetUnits(POINTS, 1.0, scale)
    ends = (float(seen.min()), float(seen.max()))
    names = {name for block in fit.blocks for name in block.observed}
    kept = {name: pair for name, pair in declared.items() if name in names}
    return TargetUnits(f"units of {target}", (ends[1] - ends[0]) / 100.0, {**kept, **dict.fromkeys(items, ends)})


def _declared(scale: Scale | None) -> dict[str, Ends] | None:
    """The ends of the scales known by item; None where one pair of ends is meant for all of them."""
    if isinstance(scale, Survey):
        scale = scale.instrument
    if isinstance(scale, Instrument):
        return {item.name: (item.scale.lowest, item.scale.highest) for item in scale.items}
    if scale is None:
        return {}
    return dict(scale) if isinstance(scale, Mapping) else None


def _closed(declared: Mapping[str, Ends] | None, name: str, target: str) -> bool:
    """Whether the answers to an item are points on a scale; items of unknown scales are, other columns are not."""
    if declared is None:
        return True
    return bool(np.isfinite(declared[name]).all()) if name in declared else name != target
