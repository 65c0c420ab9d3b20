"""Estimates of many units drawn towards their common value, each the more the less it is known: empirical Bayes.

Morris 1983, doi 10.1080/01621459.1983.10477920, section 5: y_i ~ N(theta_i, V_i), theta_i ~ N(mu, A).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.sem.arrays import Array

ROUNDS = 200
SETTLED = 1e-12  # last change of A, relative to the mean sampling variance
FEWEST = 4  # units from which the formulas with k - 3 mean something


@dataclass(frozen=True)
class PartlyPooled:
    """The common value and the variance A of true values about it; estimates (k,), standard errors, and shares (k,).

    shares : how much of each estimate is the common value.
    """

    common: float
    variance: float
    estimates: Array
    errors: Array
    shares: Array


def partly_pooled(estimates: Array, errors: Array) -> PartlyPooled:
    """Estimates (k,) with standard errors, drawn towards their common value; unknown ones become it.

    A = sum W (k (y - mu)^2 / (k - 1) - V) / sum W with W = 1 / (V + A), mu = sum W y / sum W; the share of mu in an
    estimate is (k - 3) / (k - 1) V / (V + A), its variance V (1 - (k - 1) / k share) + 2 / (k - 3) share^2 (Vbar + A) /
    (V + A) (y - mu)^2. Fewer than four units stay as they are.

    >>> found = partly_pooled(np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.full(5, 1.0))
    >>> round(found.variance, 3), found.shares.round(3).tolist()[0], found.estimates.round(2).tolist()
    (1.5, 0.2, [0.4, 1.2, 2.0, 2.8, 3.6])
    """
    known = np.isfinite(estimates) & np.isfinite(errors) & (errors > 0)
    y, V, k = estimates[known], errors[known] ** 2, int(known.sum())
    shares = np.where(known, 0.0, 1.0)
    if k < FEWEST:
        return PartlyPooled(np.nan, np.nan, estimates.copy(), errors.copy(), np.where(known, 0.0, np.nan))
    A = _variance(y, V)
    W = 1.0 / (V + A)
    common = float(W @ y / W.sum())
    shares[known] = (k - 3) / (k - 1) * V * W
    out, spread = np.full(len(estimates), common), np.full(len(estimates), A + 1.0 / W.sum())
    out[known] = y + shares[known] * (common - y)
    mean = float(W @ V / W.sum())
    moved = 2.0 / (k - 3) * shares[known] ** 2 * (mean + A) * W * (y - common) ** 2
    spread[known] = V * (1.0 - (k - 1) / k * shares[known]) + moved
    return PartlyPooled(common, A, out, np.sqrt(spread), shares)


def _variance(y: Array, V: Array) -> float:
    k, A = len(y), max(float(np.var(y) - V.mean()), 0.0)
    for _ in range(ROUNDS):
        W = 1.0 / (V + A)
        mu = W @ y / W.sum()
        fresh = max(float(W @ (k / (k - 1) * (y - mu) ** 2 - V) / W.sum()), 0.0)
        if abs(fresh - A) <= SETTLED * V.mean():
            return fresh
        A = fresh
    return A
