"""Estimates in standardized units, and explained variance.

A path is rescaled by the standard deviations of its ends, a residual covariance by the residual standard deviations,
a variance by the variable's total variance, an intercept or threshold by the standard deviation (Bollen 1989,
chapter 4, doi 10.1002/9781118619179). `std_lv` rescales latent variables only, `std_all` all variables.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Implied
from sexresearch.sem.language.parameter import Parameter

KINDS = {"=~": 0, "~": 1, "~1": 2, "|": 2, "~~": 3, "~*~": 5}
VARIANCE, SCALE = 4, 5  # a standardized scale is 1


def total_sd(state: Implied) -> Array:
    """(variables,) implied standard deviation of every variable; NaN where the implied variance is negative."""
    variance = np.diag(state.all_cov)
    return np.sqrt(np.where(variance >= 0, variance, np.nan))


def standardize(state: Implied, rows: Sequence[Parameter], est: Array, everything: bool) -> Array:
    """(rows,) standardized estimates of one group's rows; `everything` False scales latent variables only."""
    names = state.structure.names
    place = {name: i for i, name in enumerate(names)}
    kinds = np.array([KINDS[row.op] for row in rows], dtype=int)
    kinds[[row.op == "~~" and row.lhs == row.rhs for row in rows]] = VARIANCE
    a = np.array([place[row.lhs] for row in rows], dtype=int)
    b = np.array([place.get(row.rhs, 0) for row in rows], dtype=int)
    scaled = np.ones(len(names), dtype=bool)
    if not everything:
        scaled[: state.structure.p] = False
    sd = np.where(scaled, total_sd(state), 1.0)
    residual = state.S.diagonal()
    residual_sd = np.where(scaled, np.sqrt(np.where(residual >= 0, residual, np.nan)), 1.0)
    one = np.ones(len(rows))
    top = np.choose(kinds, [sd[a], sd[b], one, one, one, np.sign(est) if everything else est])
    bottom = np.choose(kinds, [sd[b], sd[a], sd[a], residual_sd[a] * residual_sd[b], sd[a] ** 2, one])
    est = np.where(kinds == SCALE, one, est)
    return est * np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan)


def explained(state: Implied, rows: Sequence[Parameter]) -> dict[str, float]:
    """R-squared of every variable that one of the group's rows is to explain: 1 - residual / total variance.

    0 where its paths are fixed to 0; NaN where the residual variance is negative.
    """
    place = {name: k for k, name in enumerate(state.structure.names)}
    found = {place[row.lhs if row.op == "~" else row.rhs] for row in rows if row.op in ("~", "=~")}
    total, residual = np.diag(state.all_cov), np.diag(state.S)
    share = np.where(residual >= 0, 1 - residual / np.where(total > 0, total, np.nan), np.nan)
    return {state.structure.names[k]: float(share[k]) for k in sorted(found)}
