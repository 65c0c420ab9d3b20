"""Implied moments, residuals and explained variances of a fit as frames, by group where there are groups."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.ordinal_moments import ordinal_moments
from sexresearch.sem.inference.r_squared import r_squared

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
    parts = [r_squared(state, fitted.table.group(number)) for number, state in enumerate(fitted.states)]
    keys = block_keys(fitted, groups)
    if not keys:
        return pd.Series(parts[0], name="r_squared", dtype=float)
    where = [key if isinstance(key, tuple) else (key,) for key in keys]
    flat = {(*key, name): value for key, part in zip(where, parts, strict=True) for name, value in part.items()}
    known = [*(["group"] if groups else []), *(["level"] if fitted.table.levels else []), "variable"]
    index = pd.MultiIndex.from_tuples(list(flat), names=known)
    return pd.Series(list(flat.values()), index=index, name="r_squared", dtype=float)


def intraclass_frame(fitted: Fitted, groups: Sequence[object]) -> pd.DataFrame:
    """ICC(1), ICC(2) and design effect of every variable of level 1, at the unrestricted maximum of the likelihood.

    ICC(1) = B / (B + W); with m the mean size of a cluster, ICC(2) = m ICC(1) / (1 + (m - 1) ICC(1)) and the design
    effect 1 + (m - 1) ICC(1) (Bliese 2000; Kish 1965, Survey Sampling). What has no part at level 2 has an ICC of 0.
    """
    rows = []
    for number in range(0, fitted.table.n_blocks if fitted.table.levels else 0, 2):
        within, between = fitted.samples[number], fitted.samples[number + 1]
        assert within.nested is not None
        label, size = within.label if groups else pd.NA, within.nobs / within.nested.data.n_clusters
        shared = dict(zip(between.names, between.cov.diagonal(), strict=True))
        for name, own in zip(within.names, within.cov.diagonal(), strict=True):
            icc = float(shared.get(name, 0.0) / (shared.get(name, 0.0) + own))
            effect = 1.0 + (size - 1.0) * icc
            rows.append((name, label, icc, size * icc / effect, effect))
    return pd.DataFrame(rows, columns=["variable", "group", "icc1", "icc2", "design_effect"])


def _frames(names: Sequence[str], cov: Array, mean: Array) -> Moment:
    return {
        "cov": pd.DataFrame(cov, index=list(names), columns=list(names), copy=True),
        "mean": pd.Series(mean, index=list(names), copy=True),
    }


def _by_group(made: Sequence[Moment], groups: Sequence[object]) -> dict[object, Moment] | Moment:
    return dict(zip(groups, made, strict=True)) if groups else made[0]
