"""Covariance matrix of the estimates: inverse information or sandwich, in the directions constraints leave free."""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.delta_method import carried
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.pivots import unit_jacobian
from sexresearch.sem.matrices import determined_inverse, inverse_information
from sexresearch.sem.threads import one_thread


@one_thread
def vcov(fitted: Fitted) -> Array:
    """(q, q) covariance of the estimates, by the `se` of the options."""
    if fitted.inner is not None:
        J = unit_jacobian(fitted.inner.structures, fitted.inner.theta)
        return carried(J, vcov(fitted.inner))
    se = fitted.options.se
    if se == "none":
        return np.full((fitted.table.n_free,) * 2, np.nan)
    if se == "standard" and fitted.options.information == "first_order":
        return determined_inverse(fitted.information, fitted.basis)
    if se == "standard":
        return fitted.inverse
    if se == "robust_sem":
        return _robust_sem(fitted)
    return carried(fitted.inverse, fitted.score_products)


def _robust_sem(fitted: Fitted) -> Array:
    """Sandwich with the fourth-order moments in the middle (Satorra & Bentler 1994; Browne 1984)."""
    q = len(fitted.theta)
    bread, meat = np.zeros((q, q)), np.zeros((q, q))
    observed = fitted.options.likelihood and fitted.options.information == "observed"
    for point, share in zip(fitted.points, fitted.shares, strict=True):
        D = point.jacobian
        WD = point.weight_times(D, exact=observed)
        bread += share * D.T @ WD
        meat += share * point.term.moment_covariance().within(WD)
    inverse = inverse_information(fitted.information / fitted.weight if observed else bread, fitted.basis)
    return carried(inverse, meat) / fitted.weight
