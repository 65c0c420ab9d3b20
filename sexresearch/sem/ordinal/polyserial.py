"""Correlations of an ordered with a continuous variable, and of two continuous ones, by maximum likelihood.

The second step of two: mean, variance and thresholds are held (Olsson, Drasgow & Dorans 1982, doi 10.1007/BF02294164).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from sexresearch.sem.arrays import Array
from sexresearch.sem.ordinal.polychoric import ROUNDS, SMALLEST, STEP

LARGEST = 0.995  # size of a polyserial correlation that an estimate may reach, as in lavaan


def normal_density(x: Array) -> Array:
    """Standard normal density."""
    return np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)


@dataclass(frozen=True)
class PairScores:
    """Derivatives (n,) or (n, parameters) of each row's log-likelihood: in the correlation, in mean and variance of the
    continuous variable(s) `first` (n, 2) and `second` (n, 2), in the thresholds `cuts` (n, K - 1)."""

    rho: Array
    first: Array
    second: Array | None = None
    cuts: Array | None = None


@dataclass(frozen=True)
class _Slices:
    """The response given z lies between limits tau (n, 2): densities there, derivatives of tau in rho."""

    tau: Array
    height: Array
    slope: Array
    bend: Array

    @property
    def probability(self) -> Array:
        upper, lower = self.tau
        flip = lower > 0  # the upper tail is computed where it is small
        return np.maximum(np.where(flip, ndtr(-lower) - ndtr(-upper), ndtr(upper) - ndtr(lower)), SMALLEST)


def _slices(z: Array, upper: Array, lower: Array, rho: float) -> _Slices:
    root = np.sqrt(1.0 - rho**2)
    t = np.stack([upper, lower])
    tau = (t - rho * z) / root
    tilt = (t * rho - z) / root**3
    return _Slices(tau, normal_density(tau), tilt, t / root**3 + 3.0 * rho * tilt / root**2)


def polyserial(z: Array, upper: Array, lower: Array, w: Array) -> float:
    """The correlation of standardized answers z (n,) with a response between lower and upper limits (n,), weights w.

    >>> z = np.array([-1.0, -0.5, 0.5, 1.0])
    >>> upper, lower = np.array([0.0, 40.0, 0.0, 40.0]), np.array([-40.0, 0.0, -40.0, 0.0])
    >>> round(polyserial(z, upper, lower, np.ones(4)), 3)
    0.475
    """
    guess = np.average(z * (normal_density(lower) - normal_density(upper)), weights=w)
    rho = float(np.clip(2.0 * guess, -0.8, 0.8))
    for _ in range(ROUNDS):
        at = _slices(z, upper, lower, rho)
        p = at.probability
        first = np.subtract(*(at.height * at.slope)) / p
        second = np.subtract(*(at.height * (at.bend - at.tau * at.slope**2))) / p
        squares = float(first @ (w * first))
        curvature = squares - float(w @ second)
        step = float(w @ first) / (curvature if curvature > 0.1 * squares else squares)
        old = rho
        rho = float(np.clip(rho + np.clip(step, -0.5 * (1 + rho), 0.5 * (1 - rho)), -LARGEST, LARGEST))
        if abs(rho - old) < STEP:
            break
    return rho


def polyserial_scores(
    z: Array, variance: float, upper: Array, lower: Array, codes: Array, levels: int, rho: float
) -> PairScores:
    """Scores of rows z (n,), `variance` their unit, with response between limits (n,) and category `codes` (n,)."""
    at = _slices(z, upper, lower, rho)
    p, root = at.probability, np.sqrt(1.0 - rho**2)
    push = np.subtract(*at.height) / p * rho / root
    sd = np.sqrt(variance)
    own = np.column_stack([z / sd + push / sd, (z * z - 1.0) / (2.0 * variance) + push * z / (2.0 * variance)])
    moved = np.zeros((len(z), levels - 1))
    for k in range(levels - 1):
        moved[:, k] = np.where(codes == k, at.height[0], np.where(codes == k + 1, -at.height[1], 0.0)) / p / root
    return PairScores(np.subtract(*(at.height * at.slope)) / p, own, cuts=moved)


def product_moment(u: Array, v: Array, w: Array) -> float:
    """The correlation of standardized answers u, v (n,), weights w, by maximum likelihood, means and variances held.

    The root of rho (1 - rho^2) + (1 + rho^2) a - rho b = 0 with a the mean of u v, b the mean of u^2 + v^2; a where the
    rows are those that mean and variance rest on (b = 2).
    """
    a, b = float(np.average(u * v, weights=w)), float(np.average(u * u + v * v, weights=w))
    rho = a if abs(a) < 1 else 0.0
    for _ in range(ROUNDS):
        step = (rho * (1 - rho**2) + (1 + rho**2) * a - rho * b) / (1 - 3 * rho**2 + 2 * rho * a - b)
        rho = float(np.clip(rho - step, -0.999, 0.999))
        if abs(step) < STEP:
            break
    return rho


def product_moment_scores(u: Array, v: Array, variances: tuple[float, float], rho: float) -> PairScores:
    """Scores of rows of two continuous variables, standardized."""
    rest = 1.0 - rho**2
    slope = (rho + u * v) / rest - rho * (u * u - 2.0 * rho * u * v + v * v) / rest**2

    def own(a: Array, b: Array, variance: float) -> Array:
        mean = (a - rho * b) / (np.sqrt(variance) * rest)
        return np.column_stack([mean, -0.5 / variance + a * (a - rho * b) / (2.0 * variance * rest)])

    return PairScores(slope, own(u, v, variances[0]), own(v, u, variances[1]))
