"""Coefficients of reliability and convergence from covariances and loadings: arrays in, numbers out."""

from __future__ import annotations

import numpy as np
from scipy.special import fdtri

from sexresearch.sem.view import Array, category_covariances


def alpha(cov: Array) -> float:
    """Cronbach's alpha of k items with covariances `cov` (k, k): k / (k - 1) (1 - trace / sum).

    Cronbach 1951, doi 10.1007/BF02310555.

    >>> round(alpha(np.array([[1.0, 0.5], [0.5, 1.0]])), 4)
    0.6667
    """
    k = len(cov)
    return float(k / (k - 1) * (1.0 - np.trace(cov) / cov.sum()))


def alpha_limits(value: float, n: float, k: int, level: float = 0.95) -> tuple[float, float]:
    """Limits of alpha of k items from n respondents: 1 - (1 - alpha) F, F on n - 1 and (n - 1)(k - 1) df.

    Feldt 1965, doi 10.1007/BF02289499; exact for normal answers with equal covariances.

    >>> [round(limit, 3) for limit in alpha_limits(0.8, 100, 4)]
    [0.727, 0.857]
    """
    df = (n - 1, (n - 1) * (k - 1))
    tail = 0.5 - level / 2
    low, high = (1.0 - (1.0 - value) * fdtri(*df, p) for p in (1 - tail, tail))
    return float(low), float(high)


def omega_total(common: Array, whole: Array, weights: Array) -> Array:
    """(…,) share of the variance of the weighted sum of items that constructs explain: w'Cw / w'Sw.

    common (…, k, k) covariances without residuals, whole (…, k, k) with them; weights (…, k). With one construct
    behind the items it is (sum l)^2 psi / ((sum l)^2 psi + sum of T), the composite reliability.
    McDonald 1999, Test Theory, doi 10.4324/9781410601087; Raykov 1997, doi 10.1177/01466216970212006.

    >>> round(float(omega_total(np.full((2, 2), 0.5), np.array([[1.0, 0.5], [0.5, 1.0]]), np.ones(2))), 4)
    0.6667
    """
    return _of_sum(common, weights) / _of_sum(whole, weights)


def _of_sum(cov: Array, weights: Array) -> Array:
    """(…,) variance of the weighted sum."""
    return np.einsum("...i,...ij,...j->...", weights, cov, weights)


def omega_hierarchical(cov: Array, loading: Array, variance: Array, weights: Array) -> Array:
    """(…,) share of the variance of the weighted sum of items that is the construct's own: (w'l)^2 psi / w'Sw.

    Zinbarg, Revelle, Yovel & Li 2005, doi 10.1007/s11336-003-0974-7.

    >>> cov = np.array([[1.0, 0.5], [0.5, 1.0]])
    >>> round(float(omega_hierarchical(cov, np.ones(2), np.array(0.5), np.ones(2))), 4)
    0.6667
    """
    return (weights * loading).sum(axis=-1) ** 2 * variance / _of_sum(cov, weights)


def variance_extracted(loading: Array, variance: Array, scale: Array, weights: Array) -> Array:
    """(…,) average variance extracted: share of the summed variance of the indicators that is the construct's.

    sum (w l)^2 psi / sum w^2 s; with w = 1 / sd it is the mean squared standardized loading.
    Fornell & Larcker 1981, doi 10.1177/002224378101800104.

    >>> float(variance_extracted(np.array([1.0, 1.0]), np.array(0.5), np.ones(2), np.ones(2)))
    0.5
    """
    return variance * ((weights * loading) ** 2).sum(axis=-1) / (weights**2 * scale).sum(axis=-1)


def omega_categorical(cuts: Array, owner: Array, common: Array, whole: Array) -> float:
    """Reliability of the sum of category codes: covariances from `common` (k, k) over those from `whole` (k, k).

    Both are correlations of the responses, common without residuals. Green & Yang 2009, doi 10.1007/s11336-008-9099-3.

    >>> round(omega_categorical(np.zeros(2), np.array([0, 1]), np.full((2, 2), 0.5), np.full((2, 2), 0.5)), 3)
    0.5
    """
    top = category_covariances(cuts, owner, common, same=False)
    return float(np.sum(top)) / float(np.sum(category_covariances(cuts, owner, whole, same=True)))
