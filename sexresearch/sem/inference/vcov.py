"""Covariance matrix of the estimates: inverse information or sandwich, in the directions constraints leave free."""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.pivots import unit_jacobian
from sexresearch.sem.matrices import determined_inverse, inverse_information
from sexresearch.sem.terms.scores import score_products
from sexresearch.sem.threads import one_thread

ROUNDING = 1e-14  # variance, relative to the terms that cancel in it, that is rounding error


def delta_variances(gradients: Array, vcov: Array) -> Array:
    """(h,) variances g'Vg of functions with `gradients` (h, q); 0 where only rounding is left of terms that cancel.

    That is where a constraint of the model leaves a function no room.

    >>> delta_variances(np.array([[1.0, -1.0], [1.0, 1.0]]), np.ones((2, 2))).tolist()
    [0.0, 4.0]
    """
    variances = np.sum(gradients @ vcov * gradients, axis=1)
    size = np.abs(gradients)
    return np.where(np.abs(variances) <= ROUNDING * np.sum(size @ np.abs(vcov) * size, axis=1), 0.0, variances)


@one_thread
def vcov(fitted: Fitted) -> Array:
    """(q, q) covariance of the estimates, by the `se` of the options."""
    if fitted.inner is not None:
        J = unit_jacobian(fitted.inner.structures, fitted.inner.theta)
        return J @ vcov(fitted.inner) @ J.T
    se = fitted.options.se
    if se == "none":
        return np.full((fitted.table.n_free,) * 2, np.nan)
    if se == "standard" and fitted.options.information == "first_order":
        return determined_inverse(fitted.information, fitted.basis)
    if se == "standard":
        return inverse_information(fitted.information, fitted.basis)
    if se == "robust_sem":
        return _robust_sem(fitted)
    bread = inverse_information(fitted.information, fitted.basis)
    return bread @ score_covariance(fitted) @ bread


def score_covariance(fitted: Fitted) -> Array:
    """(q, q) sum over respondents (or clusters) of score times score' (Huber 1967; White 1982, doi 10.2307/1912526)."""
    total = np.zeros((fitted.table.n_free,) * 2)
    for scores, sample in zip(fitted.scores, fitted.samples, strict=True):
        assert sample.answers is not None
        total += score_products(scores, sample.answers.clusters)
    return total


def _robust_sem(fitted: Fitted) -> Array:
    """Sandwich with the fourth-order moments in the middle (Satorra & Bentler 1994; Browne 1984)."""
    q = fitted.table.n_free
    bread, meat = np.zeros((q, q)), np.zeros((q, q))
    observed = fitted.options.likelihood and fitted.options.information == "observed"
    for point, share in zip(fitted.points, fitted.shares, strict=True):
        D = point.jacobian
        WD = point.weight_times(D, exact=observed)
        bread += share * D.T @ WD
        meat += share * WD.T @ point.term.moment_covariance() @ WD
    inverse = inverse_information(fitted.information / fitted.weight if observed else bread, fitted.basis)
    return inverse @ meat @ inverse / fitted.weight
