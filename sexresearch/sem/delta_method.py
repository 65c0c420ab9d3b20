"""The delta method: variances and covariances of functions of estimates, from those of the estimates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sexresearch.sem.arrays import Array

ROUNDING = 1e-14  # variance, relative to the terms that cancel in it, that is rounding error
STEP = 1e-3  # of a standard error, for central differences whose error is of the order of its square
SMALLEST = 1e-6  # step, relative to 1 or a larger estimate, where there is no standard error


def delta(function: Callable[[Array], Array], theta: Array, vcov: Array) -> tuple[Array, Array]:
    """(k,) values of `function` at the estimates theta (d,), of covariance V (d, d), and their variances.

    `function` gives the values (R, k) at many vectors (R, d) at once.

    >>> values, variances = delta(lambda x: x[:, :1] * x[:, 1:], np.array([2.0, 3.0]), np.eye(2))
    >>> values.tolist(), variances.round(6).tolist()
    ([6.0], [13.0])
    """
    return function(theta[None, :])[0], delta_variances(slopes(function, theta, vcov), vcov)


def slopes(function: Callable[[Array], Array], theta: Array, vcov: Array) -> Array:
    """(k, d) derivatives of `function` at theta (d,), by central differences of a small share of standard errors."""
    steps = STEP * np.sqrt(np.maximum(np.diag(vcov), 0.0))
    steps = np.where(np.isfinite(steps) & (steps > 0), steps, SMALLEST * np.maximum(1.0, np.abs(theta)))
    return ((function(theta + np.diag(steps)) - function(theta - np.diag(steps))) / (2.0 * steps[:, None])).T


def delta_variances(gradients: Array, vcov: Array) -> Array:
    """(..., h) variances g'Vg of functions with `gradients` (..., h, q), V (..., q, q): the delta method.

    0 where only rounding is left of terms that cancel: where a constraint of the model leaves a function no room.

    >>> delta_variances(np.array([[1.0, -1.0], [1.0, 1.0]]), np.ones((2, 2))).tolist()
    [0.0, 4.0]
    """
    variances = np.sum(gradients @ vcov * gradients, axis=-1)
    size = np.abs(gradients)
    return np.where(np.abs(variances) <= ROUNDING * np.sum(size @ np.abs(vcov) * size, axis=-1), 0.0, variances)


def carried(linear: Array, vcov: Array) -> Array:
    """L V L': the covariance (h, h) of linear functions (h, q) of what has covariance V (q, q).

    Variances that are rounding error are 0 (`delta_variances`), so that a negative one says that V is not definite.
    """
    out = linear @ vcov @ linear.T
    np.fill_diagonal(out, delta_variances(linear, vcov))
    return out
