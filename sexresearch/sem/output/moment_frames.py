"""Implied moments, residuals and explained variances of a fit as frames, by group where there are groups."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.ordinal_moments import ordinal_moments
from sexresearch.sem.inference.r_squared import explained

Moment = dict[str, pd.DataFrame | pd.Series]


def block_keys(fitted: Fitted, groups: Sequence[object]) -> Sequence[object]:
    """What the blocks are called: their group, their level, or (group, level); empty where there is one block."""
    levels = fitted.table.levels
    if not levels:
        return groups
    return [(label, level) for label in groups for level in levels] if groups else levels


def implied_frames(fitted: Fitted, groups: Sequence[object]) -> dict[object, Moment] | Moment:
    """Implied moments: by label of the groups, or of the only one where `groups` is empty; by level where there are."""
    numbers, groups = range(fitted.table.n_blocks), block_keys(fitted, groups)
    if fitted.levels:
        return _by_group([ordinal_moments(fitted, number, False) for number in numbers], groups)
    parts = zip(fitted.samples, fitted.states, strict=True)
    return _by_group([_frames(s.names, st.cov, st.mean) for s, st in parts], groups)


def residual_frames(fitted: Fitted, groups: Sequence[object]) -> dict[object, Moment] | Moment:
    """Sample less implied moments, in the shape of `implied_frames`."""
    numbers, groups = range(fitted.table.n_blocks), block_keys(fitted, groups)
    if fitted.levels:
        return _by_group([ordinal_moments(fitted, number, True) for number in numbers], groups)
    covs = [term.sample.cov * term.rescaled for term in fitted.objective.groups]
    parts = zip(fitted.samples, fitted.states, covs, strict=True)
    return _by_group([_frames(s.names, cov - st.cov, s.mean - st.mean) for s, st, cov in parts], groups)


def explained_frame(fitted: Fitted, groups: Sequence[object]) -> pd.Series:
    """R-squared of every endogenous variable; indexed by (group, level, variable) where there are groups and levels."""
    parts = [explained(state, fitted.table.group(number)) for number, state in enumerate(fitted.states)]
    keys = block_keys(fitted, groups)
    if not keys:
        return pd.Series(parts[0], name="r_squared", dtype=float)
    where = [key if isinstance(key, tuple) else (key,) for key in keys]
    flat = {(*key, name): value for key, part in zip(where, parts, strict=True) for name, value in part.items()}
    known = [*(["group"] if groups else []), *(["level"] if fitted.table.levels else []), "variable"]
    index = pd.MultiIndex.from_tuples(list(flat), names=known)
    return pd.Series(list(flat.values()), index=index, name="r_squared", dtype=float)


def _frames(names: Sequence[str], cov: Array, mean: Array) -> Moment:
    return {
        "cov": pd.DataFrame(cov, index=list(names), columns=list(names), copy=True),
        "mean": pd.Series(mean, index=list(names), copy=True),
    }


def _by_group(made: Sequence[Moment], groups: Sequence[object]) -> dict[object, Moment] | Moment:
    return dict(zip(groups, made, strict=True)) if groups else made[0]
