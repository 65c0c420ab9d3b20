"""Lowest and highest answer of every observed variable, so that its answers can be read as 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sexresearch.errors import OptionError
from sexresearch.sem.view import Array, View
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.survey import Survey

Ends = tuple[float, float]
Scale = Survey | Instrument | Mapping[str, Ends] | Sequence[float]
FROM_ANSWERS = "scale from the lowest to the highest answer given, as scale= does not name it"
OPEN = "scale without an end: up to the highest (down to the lowest) answer given"
NO_SCALE = "moments hold no answers to take a scale from: say scale=(lowest, highest)"
NO_WIDTH = "all answers are the same, so there is no scale"


def limits_of(fit: View, scale: Scale | None) -> tuple[dict[str, Ends], dict[str, str]]:
    """(lowest, highest) of every observed variable, NaN where unknown, and notes on those not named by `scale`.

    OptionError where an answer lies off the scale, where the ends are in the wrong order, or for unknown names.
    """
    names = list(dict.fromkeys(name for block in fit.blocks for name in block.observed))
    if any(block.roles.ordered for block in fit.blocks):
        return dict.fromkeys(names, (np.nan, np.nan)), {}
    given = _given(scale, names)
    ends, notes = {}, {}
    for name in names:
        low, high, mean = _answered(fit, name)
        if name in given:
            _refuse_off_scale(name, given[name], low, high, mean)
        closed = [np.isfinite(end) for end in given.get(name, (np.inf, np.inf))]
        if all(closed):
            ends[name] = given[name]
        elif any(closed) and not np.isnan(low):
            ends[name] = tuple(np.where(closed, given[name], (low, high)).tolist())
            notes[name] = OPEN
        elif np.isnan(low):
            ends[name], notes[name] = (np.nan, np.nan), NO_SCALE
        else:
            ends[name], notes[name] = ((low, high), FROM_ANSWERS) if high > low else ((np.nan, np.nan), NO_WIDTH)
    return ends, notes


def _given(scale: Scale | None, names: Sequence[str]) -> dict[str, Ends]:
    if scale is None:
        return {}
    if isinstance(scale, Survey):
        scale = scale.instrument or {}
    if isinstance(scale, Instrument):
        return {item.name: (item.scale.lowest, item.scale.highest) for item in scale.items}
    if not isinstance(scale, Mapping):
        return dict.fromkeys(names, ends_of("scale", scale))
    unknown = [name for name in scale if name not in names]
    if unknown:
        raise OptionError(f"scale names {unknown}, which the model does not use; its variables are: {', '.join(names)}")
    return {name: ends_of(name, pair) for name, pair in scale.items()}


def ends_of(name: str, pair: Sequence[float]) -> Ends:
    """The two ends of a scale, as numbers; OptionError where they are none, or in the wrong order."""
    try:
        low, high = (float(end) for end in pair)
    except (TypeError, ValueError):
        raise OptionError(f"{name} needs (lowest, highest), such as (1, 7); found {pair!r}") from None
    if not low < high:
        raise OptionError(f"{name}: the lowest answer must be below the highest; found {pair!r}")
    return low, high


def _answered(fit: View, name: str) -> tuple[float, float, Array]:
    """Lowest and highest answer over all groups (NaN for moments), and the means by group."""
    blocks = [block for block in fit.blocks if name in block.observed]
    means = np.array([block.mean[block.observed.index(name)] for block in blocks])
    known = [(block, rows) for block in blocks for rows in (block.answers, block.ends) if rows is not None]
    parts = [rows[:, block.observed.index(name)] for block, rows in known]
    seen = np.concatenate(parts) if parts else np.array([np.nan])
    return (float(np.nanmin(seen)), float(np.nanmax(seen)), means) if parts else (np.nan, np.nan, means)


def _refuse_off_scale(name: str, ends: Ends, low: float, high: float, means: Array) -> None:
    span = (low, high) if not np.isnan(low) else (float(means.min()), float(means.max()))
    if np.isnan(low) and not means.any():  # moments without means
        return
    if span[0] < ends[0] or span[1] > ends[1]:
        what = "answers" if not np.isnan(low) else "means"
        raise OptionError(
            f"{name}: {what} run from {span[0]:g} to {span[1]:g}, off the scale from {ends[0]:g} to {ends[1]:g}"
        )
