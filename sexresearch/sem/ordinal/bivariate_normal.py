"""The standard bivariate normal distribution, for whole arrays of points at once."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, owens_t

from sexresearch.sem.arrays import Array

TINY = 1e-300  # stands for 0, where the formula divides by a limit


def quadrant(h: Array, k: Array, rho: Array) -> Array:
    """P(X <= h, Y <= k) at correlation rho, by Owen's T function; arrays of one shape or broadcast, |rho| < 1.

    Owen 1956, doi 10.1214/aoms/1177728074.

    >>> bool(abs(quadrant(np.array(0.0), np.array(0.0), np.array(0.5)) - 1 / 3) < 1e-15)
    True
    """
    h, k = np.where(h == 0, TINY, h), np.where(k == 0, TINY, k)
    root = np.sqrt(1.0 - rho**2)
    with np.errstate(over="ignore"):
        corner = owens_t(h, (k / h - rho) / root) + owens_t(k, (h / k - rho) / root)
    apart = (h > 0) != (k > 0)
    return 0.5 * (ndtr(h) + ndtr(k)) - corner - 0.5 * apart


def density(h: Array, k: Array, rho: Array) -> Array:
    """Density at (h, k): also the derivative of `quadrant` in rho (Plackett 1954, doi 10.1093/biomet/41.3-4.351)."""
    rest = 1.0 - rho**2
    return np.exp(-0.5 * (h * h - 2.0 * rho * h * k + k * k) / rest) / (2.0 * math.pi * np.sqrt(rest))


def density_slope(h: Array, k: Array, rho: Array, at: Array) -> Array:
    """Derivative of the density in rho, from the density `at` the same points."""
    rest = 1.0 - rho**2
    return at * (rho / rest + (h * k * (1.0 + rho**2) - rho * (h * h + k * k)) / rest**2)
