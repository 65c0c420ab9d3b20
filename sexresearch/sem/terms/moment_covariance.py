"""Asymptotic covariances of sample moments: normal theory and distribution free.

Browne 1984, doi 10.1111/j.2044-8317.1984.tb00789.x.
"""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.implied.structure import vech_index
from sexresearch.sem.terms.scores import cluster_sums


def normal_weight(cov: Array, has_means: bool) -> Array:
    """Inverse of the normal-theory covariance of (means, vech S): blocks cov^-1 and D'(cov^-1 x cov^-1)D / 2."""
    p = len(cov)
    V = np.linalg.inv(cov)
    i, j = vech_index(p)
    both = V[np.ix_(i, i)] * V[np.ix_(j, j)] + V[np.ix_(i, j)] * V[np.ix_(j, i)]
    count = np.where(i == j, 0.5, 1.0)
    inner = both * np.outer(count, count)
    return _with_means(V, inner) if has_means else inner


def _with_means(mean_part: Array, cov_part: Array) -> Array:
    p, k = len(mean_part), len(cov_part)
    out = np.zeros((p + k, p + k))
    out[:p, :p], out[p:, p:] = mean_part, cov_part
    return out


def moment_covariance(sample: Sample, has_means: bool, fixed: int = 0) -> Array:
    """Covariance of sqrt(n) (means, vech S) from fourth-order sample moments, with denominator n.

    The last `fixed` variables are taken as given: moments vary around what they predict, and theirs not at all.
    Sampling weights multiply what a respondent adds, and respondents of one cluster add together, as in the sandwich
    of a likelihood (lavaan sums within clusters as well, and leaves the weights out).
    """
    assert sample.answers is not None
    terms = moment_terms(sample, has_means, fixed)
    weights, clusters = sample.answers.weights, sample.answers.clusters
    if weights is not None:
        terms = terms * sample.weights[:, None]
    if clusters is not None:
        terms = cluster_sums(terms, clusters)
    return terms.T @ terms / sample.n


def moment_terms(sample: Sample, has_means: bool, fixed: int = 0) -> Array:
    """(rows, moments) each respondent's centred contribution to the means and to vech S; 0 for a missing answer."""
    assert sample.answers is not None
    centred = sample.answers.values - sample.mean
    p = centred.shape[1]
    i, j = vech_index(p)
    products, spread = centred[:, i] * centred[:, j], sample.cov[i, j]
    if fixed:
        x = slice(p - fixed, p)
        slopes = np.linalg.solve(sample.cov[x, x], sample.cov[x])
        predicted = centred[:, x] @ slopes
        products = products - predicted[:, i] * predicted[:, j]
        spread = spread - (slopes.T @ sample.cov[x, x] @ slopes)[i, j]
        centred = centred - predicted
    gaps = bool(np.isnan(products).any())
    products = products - (np.nanmean(products, axis=0) if gaps else spread)
    terms = np.hstack([centred, products]) if has_means else products
    return np.nan_to_num(terms, nan=0.0) if gaps else terms
