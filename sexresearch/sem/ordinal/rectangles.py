"""Probabilities of rectangles of two standard normal variables, one rectangle per row, at one correlation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.ordinal.bivariate_normal import RULES, SIZES, density, density_slope, quadrant, turned
from sexresearch.sem.ordinal.polychoric import SMALLEST
from sexresearch.sem.ordinal.probit import ConditionalVariable

SIGNS = np.array([1.0, -1.0, -1.0, 1.0])  # of the corners, in the order in which `rectangles` puts them


@dataclass(frozen=True)
class Rectangles:
    """Corners h, k (4, n) of rectangles, and their probabilities (n,) where the variables are unrelated."""

    h: Array
    k: Array
    unrelated: Array

    def probability(self, rho: float) -> Array:
        """(n,) at least `SMALLEST`."""
        at, kind = np.array([rho]), int(np.searchsorted(SIZES, abs(rho), side="right"))
        if kind == len(RULES):
            return np.maximum(SIGNS @ quadrant(self.h[None], self.k[None], at)[0], SMALLEST)
        squares = 0.5 * (self.h * self.h + self.k * self.k)
        return np.maximum(self.unrelated + SIGNS @ turned(self.h * self.k, squares, at, kind), SMALLEST)

    def derivatives(self, rho: float) -> tuple[Array, Array]:
        """(n,) first and second derivative of the probability in the correlation."""
        at = density(self.h, self.k, np.array(rho))
        return SIGNS @ at, SIGNS @ density_slope(self.h, self.k, np.array(rho), at)


def rectangles(a: ConditionalVariable, b: ConditionalVariable, rows: Array) -> Rectangles:
    """Between the limits of two ordered variables in some rows, their expectations given covariates taken off."""
    up, down, right, left = a.upper[rows], a.lower[rows], b.upper[rows], b.lower[rows]
    return Rectangles(
        np.stack([up, down, up, down]), np.stack([right, right, left, left]), a.share[rows] * b.share[rows]
    )
