"""The delta method: variances and covariances of functions of estimates, from those of the estimates."""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array

ROUNDING = 1e-14  # variance, relative to the terms that cancel in it, that is rounding error


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
