"""Factors of a correlation matrix: uniquenesses that minimise a discrepancy, from fixed starts, shown by the gradient.

Maximum likelihood: Joreskog 1967, doi 10.1007/BF02289658; Lawley & Maxwell 1971, Factor Analysis as a Statistical
Method. Least squares of the residual correlations, where principal axis iterations end: Harman & Jones 1966,
doi 10.1007/BF02289468.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sexresearch.sem.arrays import Array

Extraction = Literal["ml", "pa"]
LEAST = 0.005  # bound of uniquenesses; an item that reaches it is explained whole (Heywood case)
STATIONARY = 1e-5  # largest projected gradient at a minimum, of discrepancies of the order of 1
STARTS = 6  # of uniquenesses: one from multiple correlations, one even, the rest drawn from a fixed seed
SEED = 1967


@dataclass(frozen=True)
class Factors:
    """Unrotated loadings (p, k), uniquenesses (p,), the discrepancy, and the largest projected gradient there."""

    loadings: Array
    uniqueness: Array
    value: float
    gradient: float

    @property
    def converged(self) -> bool:
        """Whether this is a minimum within the bounds."""
        return self.gradient < STATIONARY

    @property
    def whole(self) -> Array:
        """(p,) which items are explained whole: their uniqueness is on its bound."""
        return np.asarray(self.uniqueness <= LEAST)

    @property
    def communality(self) -> Array:
        """(p,) the share of each item's variance that the factors explain."""
        return 1.0 - self.uniqueness


def extracted(R: Array, k: int, method: Extraction) -> Factors:
    """k factors of the correlations R (p, p) by "ml" or "pa": the smallest of the minima that the starts lead to."""
    from scipy.optimize import minimize  # loads much that nothing else needs

    discrepancy = _likelihood if method == "ml" else _least_squares
    bounds = [(LEAST, 1.0)] * len(R)
    precise = {"maxiter": 2000, "maxfun": 20000, "ftol": 1e-15, "gtol": 1e-10}
    minima = []
    for start in _starts(R, k):
        end = minimize(discrepancy, start, (R, k), "L-BFGS-B", jac=True, bounds=bounds, options=precise).x
        value, slope = discrepancy(end, R, k)
        minima.append((value, float(np.abs(np.clip(end - slope, LEAST, 1.0) - end).max()), end))
    lowest = min(value for value, _, _ in minima)
    value, gradient, psi = next(each for each in minima if each[0] <= lowest + STATIONARY**2)
    return Factors(_loadings(psi, R, k, method), psi, value, gradient)


def _starts(R: Array, k: int) -> list[Array]:
    p = len(R)
    smc = (1.0 - 0.5 * k / p) / np.diag(np.linalg.inv(R))
    rng = np.random.default_rng(SEED)
    uniquenesses = rng.uniform(0.05, 0.95, size=(STARTS - 2, p))
    return [np.clip(start, LEAST, 1.0) for start in (smc, np.full(p, 0.5), *uniquenesses)]


def _likelihood(psi: Array, R: Array, k: int) -> tuple[float, Array]:
    """sum (theta - log theta - 1) over the p - k smallest eigenvalues of psi^-1/2 R psi^-1/2, and its gradient."""
    values, vectors = np.linalg.eigh(R / np.sqrt(np.outer(psi, psi)))
    rest, along = values[: len(R) - k], vectors[:, : len(R) - k]
    return float((rest - np.log(rest) - 1.0).sum()), (along**2) @ (1.0 - rest) / psi


def _least_squares(psi: Array, R: Array, k: int) -> tuple[float, Array]:
    """Half the squared p - k smallest eigenvalues of R - psi, and its gradient."""
    values, vectors = np.linalg.eigh(R - np.diag(psi))
    rest, along = values[: len(R) - k], vectors[:, : len(R) - k]
    return 0.5 * float((rest**2).sum()), -(along**2) @ rest


def _loadings(psi: Array, R: Array, k: int, method: str) -> Array:
    """(p, k) loadings, the factor that explains most first."""
    if method == "ml":
        values, vectors = np.linalg.eigh(R / np.sqrt(np.outer(psi, psi)))
        scale = np.sqrt(psi)[:, None]
        loadings = scale * vectors[:, ::-1][:, :k] * np.sqrt(np.maximum(values[::-1][:k] - 1.0, 0.0))
    else:
        values, vectors = np.linalg.eigh(R - np.diag(psi))
        loadings = vectors[:, ::-1][:, :k] * np.sqrt(np.maximum(values[::-1][:k], 0.0))
    return loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
