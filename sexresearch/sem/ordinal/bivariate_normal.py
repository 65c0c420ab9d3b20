"""The standard bivariate normal distribution, for whole arrays of points at once.

Up to correlations of .925 by Gauss-Legendre quadrature of Plackett's integral over the angle asin(rho) (Drezner &
Wesolowsky 1990, doi 10.1080/00949659008811236; Genz 2004, doi 10.1023/B:STCO.0000035304.20635.31), beyond by Owen's T
function (Owen 1956, doi 10.1214/aoms/1177728074). Both are right to 1e-15.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, owens_t

from sexresearch.sem.arrays import Array

TINY = 1e-300  # stands for 0, where the formula divides by a limit
SIZES = np.array([0.3, 0.5, 0.75, 0.925])  # of a correlation, up to where a rule of RULES is right to 1e-15
RULES = tuple(np.polynomial.legendre.leggauss(order) for order in (6, 8, 12, 20))  # nodes and weights


def quadrant(h: Array, k: Array, rho: Array) -> Array:
    """P(X <= h, Y <= k) at correlations rho (m,), |rho| < 1, along the first axis of what h and k broadcast to.

    >>> bool(abs(quadrant(np.zeros(1), np.zeros(1), np.array([0.5]))[0] - 1 / 3) < 1e-15)
    True
    """
    along = rho.reshape(-1, *[1] * (max(h.ndim, k.ndim) - 1))
    h, k, _ = np.broadcast_arrays(h, k, along)
    out = np.empty(h.shape)
    kinds = np.searchsorted(SIZES, np.abs(rho), side="right")
    for kind in np.unique(kinds):
        own = np.flatnonzero(kinds == kind)
        out[own] = _quadrant(h[own], k[own], along[own], kind)
    return out


def _quadrant(h: Array, k: Array, rho: Array, kind: int) -> Array:
    if kind == len(RULES):
        return _by_owen(h, k, rho)
    return ndtr(h) * ndtr(k) + turned(h * k, 0.5 * (h * h + k * k), rho, kind)


def turned(product: Array, squares: Array, rho: Array, kind: int) -> Array:
    """What turning from correlation 0 to rho adds to P(X <= h, Y <= k), by the rule number `kind`.

    product : h k. squares : (h^2 + k^2) / 2.
    """
    angle, total = np.arcsin(rho), np.zeros(product.shape)
    for node, weight in zip(*RULES[kind], strict=True):
        sine = np.sin(0.5 * angle * (1.0 + node))
        inside = product * sine
        inside -= squares
        inside /= 1.0 - sine * sine
        total += weight * np.exp(inside, out=inside)
    return total * (angle / (4.0 * math.pi))


def _by_owen(h: Array, k: Array, rho: Array) -> Array:
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
