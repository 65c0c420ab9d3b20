"""What a rotation makes small: criteria of simple structure with their gradients, for one pattern or many at once.

Every function takes loadings (..., p, k) and returns the criterion (...) and its derivatives (..., p, k). All are
analytic, so that complex loadings give exact derivatives of whatever is made of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from sexresearch.sem.arrays import Array

Criterion = Callable[[Array], tuple[Array, Array]]


def crawford_ferguson(L: Array, kappa: float) -> tuple[Array, Array]:
    """(1 - kappa) times the complexity of rows plus kappa times that of columns (1970, doi 10.1007/BF02310792)."""
    squares = L * L
    rows = squares.sum(axis=-1, keepdims=True) - squares
    columns = squares.sum(axis=-2, keepdims=True) - squares
    mixed = (1.0 - kappa) * rows + kappa * columns
    return 0.25 * (squares * mixed).sum(axis=(-2, -1)), L * mixed


def oblimin(L: Array, gamma: float) -> tuple[Array, Array]:
    """Covariances of squared loadings of different factors (Jennrich & Sampson 1966, doi 10.1007/BF02289465)."""
    squares = L * L
    others = squares.sum(axis=-1, keepdims=True) - squares
    centred = others - gamma * others.mean(axis=-2, keepdims=True)
    return 0.25 * (squares * centred).sum(axis=(-2, -1)), L * centred


def orthomax(L: Array, gamma: float) -> tuple[Array, Array]:
    """Minus the spread of squared loadings within factors; at 1 varimax (Kaiser 1958, doi 10.1007/BF02289233)."""
    squares = L * L
    spread = squares - gamma * squares.mean(axis=-2, keepdims=True)
    return -0.25 * (squares * spread).sum(axis=(-2, -1)), -L * spread


def geomin(L: Array, epsilon: float) -> tuple[Array, Array]:
    """Geometric means of the squared loadings of each item, plus epsilon (Yates 1987; Browne 2001)."""
    k = L.shape[-1]
    squares = L * L + epsilon
    means = np.exp(np.log(squares).sum(axis=-1, keepdims=True) / k)
    return means.sum(axis=(-2, -1)), 2.0 / k * L / squares * means


def target(L: Array, wanted: Array) -> tuple[Array, Array]:
    """Squared distance from the loadings (p, k) that are wanted, NaN where any will do (Browne 1972)."""
    away = np.where(np.isnan(wanted), 0.0, L - np.where(np.isnan(wanted), 0.0, wanted))
    return (away * away).sum(axis=(-2, -1)), 2.0 * away


def beside_general(L: Array, criterion: Criterion) -> tuple[Array, Array]:
    """A criterion of all factors but the first, the general one (Jennrich & Bentler 2011)."""
    value, slope = criterion(L[..., 1:])
    return value, np.concatenate([np.zeros_like(L[..., :1]), slope], axis=-1)


def kappa_of(method: str, p: int, k: int) -> float:
    """The weight of columns that a method of the Crawford-Ferguson family stands for."""
    family = {"quartimax": 0.0, "varimax": 1.0 / p, "equamax": k / (2.0 * p), "facparsim": 1.0}
    family["parsimax"] = (k - 1.0) / (p + k - 2.0)
    return family[method.removeprefix("cf_")]


def criterion_of(method: str, p: int, k: int, epsilon: float, gamma: float, wanted: Array | None) -> Criterion:
    """The criterion of a method for p items and k factors."""
    if method.startswith("cf_") or method == "equamax":
        return partial(crawford_ferguson, kappa=kappa_of(method, p, k))
    plain: dict[str, Criterion] = {
        "crawfer": partial(crawford_ferguson, kappa=gamma),
        "geomin": partial(geomin, epsilon=epsilon),
        "oblimin": partial(oblimin, gamma=gamma),
        "quartimin": partial(oblimin, gamma=0.0),
        "varimax": partial(orthomax, gamma=1.0),
        "promax": partial(orthomax, gamma=1.0),
        "quartimax": partial(orthomax, gamma=0.0),
    }
    if method == "target" and wanted is not None:
        return partial(target, wanted=wanted)
    if method.startswith("bi"):
        return partial(beside_general, criterion=plain[method.removeprefix("bi")])
    return plain[method]
