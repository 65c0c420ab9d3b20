"""Covariances of the category codes of ordered items, from their thresholds and the correlations of their responses."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from sexresearch.sem.arrays import Array
from sexresearch.sem.ordinal.bivariate_normal import quadrant
from sexresearch.sem.ordinal.contingency import Tables

CERTAIN = 1.0 - 1e-12  # largest correlation for which the distribution of two responses is computed


def category_covariances(cuts: Array, owner: Array, correlation: Array, same: bool) -> Array:
    """(k, k) covariances of the category codes of k items whose responses have the `correlation` (k, k).

    cuts (T,), owner (T,) : standardized thresholds and the item of each. `same` says whether the diagonal is that of an
    item with itself, and not of two items alike. Each is the sum over thresholds s, t of the two items of
    P(i <= s, j <= t) - P(i <= s) P(j <= t).

    >>> category_covariances(np.zeros(2), np.array([0, 1]), np.eye(2), same=True).round(2).tolist()
    [[0.25, 0.0], [0.0, 0.25]]
    """
    below = ndtr(cuts)
    rho = correlation[owner[:, None], owner]
    pairs = np.broadcast_arrays(cuts[:, None], cuts, np.clip(rho, -CERTAIN, CERTAIN))
    joint = quadrant(*(part.ravel() for part in pairs)).reshape(rho.shape)
    if same:
        own = owner[:, None] == owner
        joint = np.where(own, np.minimum(below[:, None], below), joint)
    sums = np.equal(np.arange(len(correlation))[:, None], owner).astype(float)
    return np.asarray(sums @ (joint - np.outer(below, below)) @ sums.T)


def code_covariances(counts: Tables, rows: float) -> Array | None:
    """(p, p) covariances, denominator n - 1, of the category codes of complete rows, from their tables.

    None where answers are missing, or where the tables count weights and not rows.

    >>> one, all_answered = np.array([0]), np.array([[[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]])
    >>> counts = Tables(np.zeros((0, 2), dtype=int), np.full((2, 2), 2.0), all_answered, one, one + 1)
    >>> code_covariances(counts, 4).round(3).tolist()
    [[0.333, 0.333], [0.333, 0.333]]
    """
    answered = np.concatenate([counts.single.sum(axis=1), counts.answered.sum(axis=(1, 2))])
    if (answered != rows).any():
        return None
    codes = np.arange(1.0, counts.single.shape[1] + 1.0)
    mean = counts.single @ codes / rows
    cov = np.diag(counts.single @ codes**2 / rows - mean**2)
    joint = np.einsum("qab,a,b->q", counts.answered, codes, codes) / rows - mean[counts.first] * mean[counts.second]
    cov[counts.first, counts.second] = cov[counts.second, counts.first] = joint
    return np.asarray(cov * rows / (rows - 1.0))
