"""Implied moments, residuals and explained variances of a fit as frames, by group where there are groups."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sexresearch.sem.estimation.fitted import Fitted
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
    return _by_block(fitted, groups, less=False)


def residual_frames(fitted: Fitted, groups: Sequence[object]) -> dict[object, Moment] | Moment:
    """Sample less implied moments, in the shape of `implied_frames`."""
    return _by_block(fitted, groups, less=True)


def _by_block(fitted: Fitted, groups: Sequence[object], less: bool) -> dict[object, Moment] | Moment:
    made, keys = [point.tables(less) for point in fitted.points], block_keys(fitted, groups)
    return dict(zip(keys, made, strict=True)) if keys else made[0]


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
