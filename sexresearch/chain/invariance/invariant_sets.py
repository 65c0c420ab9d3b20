"""Which groups share a parameter: the procedure of Asparouhov & Muthen 2014, doi 10.1080/10705511.2014.919210."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from sexresearch.sem.view import Array, carried

CONNECTED = 0.01  # p value of a pair's difference above which two groups start in one set
LEAVES = 0.001  # p value of the difference from the set's average below which a group leaves it
ROUNDS = 50


def invariant_set(values: Array, cov: Array, sizes: Array) -> tuple[Array, float, Array]:
    """Which of the groups (g,) share a parameter, its average among them, and p values (g,) of differences from it."""
    alike = _start(values, cov, sizes)
    for _ in range(ROUNDS):
        pvalue = _against_average(values, cov, sizes, alike)
        after = pvalue > LEAVES
        if not after.any() or (after == alike).all():
            break
        alike = after
    weights = alike * sizes / (alike * sizes).sum()
    return alike, float(weights @ values), _against_average(values, cov, sizes, alike)


def _start(values: Array, cov: Array, sizes: Array) -> Array:
    """The largest set of groups connected by pairs that do not differ."""
    variance = np.diag(cov)[:, None] + np.diag(cov) - 2.0 * cov
    linked = _pvalues(values[:, None] - values, variance) > CONNECTED
    left, best = set(range(len(values))), np.zeros(len(values), dtype=bool)
    while left:
        connected, waiting = set(), {min(left)}
        while waiting:
            connected |= waiting
            waiting = {int(j) for i in waiting for j in np.flatnonzero(linked[i])} - connected
        left -= connected
        own = np.isin(np.arange(len(values)), list(connected))
        best = own if (own.sum(), sizes[own].sum()) > (best.sum(), sizes[best].sum()) else best
    return best


def _against_average(values: Array, cov: Array, sizes: Array, alike: Array) -> Array:
    """(g,) p values of every group's difference from the weighted average of the set."""
    weights = alike * sizes / (alike * sizes).sum()
    D = np.eye(len(values)) - weights
    return _pvalues(D @ values, np.diag(carried(D, cov)))


def _pvalues(gap: Array, variance: Array) -> Array:
    sd = np.sqrt(np.where(variance > 1e-14, variance, np.nan))
    return np.where(np.isnan(sd), 1.0, 2.0 * ndtr(-np.abs(gap) / np.where(np.isnan(sd), 1.0, sd)))
