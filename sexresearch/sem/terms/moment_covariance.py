"""The distribution-free covariance of sample moments.

Browne 1984, doi 10.1111/j.2044-8317.1984.tb00789.x.
"""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.implied.structure import vech_index
from sexresearch.sem.terms.scores import summed_products


def moment_covariance(sample: Sample, has_means: bool, fixed: int = 0) -> Array:
    """Covariance of sqrt(n) (means, vech S) from fourth-order sample moments, with denominator n.

    The last `fixed` variables are taken as given: moments vary around what they predict, and theirs not at all.
    Sampling weights multiply what a respondent adds, and respondents of one cluster add together, as in the sandwich
    of a likelihood (lavaan sums within clusters as well, and leaves the weights out).
    """
    if sample.has_sums:
        A = moments_by_products(sample, has_means, fixed)
        return A.T @ sample.sums.products @ A / sample.n
    return summed_products(sample, lambda part: _weighted_terms(part, has_means, fixed))[0] / sample.n


def _weighted_terms(sample: Sample, has_means: bool, fixed: int) -> Array:
    terms = moment_terms(sample, has_means, fixed)
    return terms if sample.answers is None or sample.answers.weights is None else terms * sample.weights[:, None]


def moments_by_products(sample: Sample, has_means: bool, fixed: int) -> Array:
    """(T, moments) what takes (1, u, vech uu'), u the answers less their means, to `moment_terms`."""
    p = len(sample.names)
    i, j = vech_index(p)
    predict = np.zeros((p, p))  # what the fixed variables predict of all
    if fixed:
        x = slice(p - fixed, p)
        predict[:, x] = np.linalg.solve(sample.cov[x, x], sample.cov[x]).T
    spread = sample.cov - predict @ sample.cov @ predict.T
    ends, others = predict[i], predict[j]
    crossed = ends[:, i] * others[:, j] + np.where(i == j, 0.0, ends[:, j] * others[:, i])
    of_cov = np.vstack([-spread[i, j], np.zeros((p, len(i))), np.eye(len(i)) - crossed.T])
    if not has_means:
        return of_cov
    of_mean = np.vstack([np.zeros((1, p)), np.eye(p) - predict.T, np.zeros((len(i), p))])
    return np.hstack([of_mean, of_cov])


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
