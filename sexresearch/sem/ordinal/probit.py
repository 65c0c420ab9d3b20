"""Ordered and continuous variables given covariates, one at a time: probit and normal regressions.

An ordered variable with thresholds t and slopes b has P(y <= k | x) = Phi(t_k - x'b) (McCullagh 1980,
doi 10.1111/j.2517-6161.1980.tb01109.x).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from sexresearch.errors import DataError
from sexresearch.frozen import read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.ordinal.polychoric import BEYOND, ROUNDS, SMALLEST
from sexresearch.sem.ordinal.polyserial import normal_density

FOUND = 1e-10  # Newton step, in standard deviations of the response, at which a regression is found


@dataclass(frozen=True)
class ConditionalVariable:
    """One variable given covariates x (n, m): what pairs need of it, and how rows move its parameters.

    parameters : thresholds, or the mean; then slopes; then, for a continuous variable, the residual variance.
    scores, influence : (n, parameters), 0 where unanswered. z : (n,) standardized residuals of a continuous variable.
    upper, lower : (n,) limits of the response; codes : (n,) categories from 0; levels : their number, 0 if continuous.
    w : (n,) weights of the rows; scores and influence are those of rows that weigh 1.
    """

    parameters: Array
    scores: Array
    influence: Array
    seen: Array
    covariates: Array
    z: Array
    upper: Array
    lower: Array
    codes: Array
    levels: int
    w: Array

    @property
    def variance(self) -> float:
        """Residual variance: 1 of a response."""
        return 1.0 if self.levels else float(self.parameters[-1])

    @read_only_property
    def expected(self) -> Array:
        """(n,) the mean of the response between the limits of each row."""
        return (normal_density(self.lower) - normal_density(self.upper)) / self.share

    @read_only_property
    def share(self) -> Array:
        """(n,) the probability of the category of each row."""
        return interval(self.upper, self.lower)

    def spread_out(self, location: Array, rows: Array, spread: Array | None = None) -> Array:
        """(rows, parameters) derivatives from those in thresholds or mean, (rows, k), and in the variance (rows,)."""
        x = self.covariates[rows]
        slopes = -x * location.sum(axis=1, keepdims=True) if self.levels else x * location
        return np.column_stack([location, slopes] if spread is None else [location, slopes, spread])


def given(values: Array, covariates: Array, levels: int, name: str, w: Array) -> ConditionalVariable:
    """The regression of values (n,), categories 1, 2, … or numbers with NaN, on covariates (n, m), weights w (n,)."""
    return _ordered(values, covariates, levels, name, w) if levels else _continuous(values, covariates, w)


def _continuous(values: Array, x: Array, w: Array) -> ConditionalVariable:
    seen = ~np.isnan(values)
    design = np.column_stack([np.ones(len(x)), x])
    root = np.sqrt(w[seen])
    beta = np.linalg.lstsq(design[seen] * root[:, None], values[seen] * root, rcond=None)[0]
    residual = np.where(seen, values - design @ beta, 0.0)
    variance = float(residual @ (w * residual) / w[seen].sum())
    z = residual / np.sqrt(variance)
    spread = np.where(seen, (z * z - 1.0) / (2.0 * variance), 0.0)
    scores = np.column_stack([design * (z / np.sqrt(variance))[:, None], spread])
    nothing = np.zeros(len(x))
    parameters = np.append(beta, variance)
    codes = np.zeros(len(x), dtype=int)
    return ConditionalVariable(parameters, scores, _influence(scores, w), seen, x, z, nothing, nothing, codes, 0, w)


def _influence(scores: Array, w: Array) -> Array:
    return np.linalg.solve((scores * w[:, None]).T @ scores, scores.T).T


def _ordered(values: Array, x: Array, levels: int, name: str, w: Array) -> ConditionalVariable:
    seen = ~np.isnan(values)
    codes = np.where(seen, values, 1).astype(int) - 1
    share = np.cumsum(np.bincount(codes[seen], w[seen], minlength=levels))[:-1] / w[seen].sum()
    theta = np.concatenate([ndtri(share), np.zeros(x.shape[1])])
    theta = _maximum(theta, codes[seen], x[seen], levels, name, w[seen])
    upper, lower = limits(theta, codes, x, levels)
    scores = np.where(seen[:, None], _scores(upper, lower, codes, x, levels), 0.0)
    return ConditionalVariable(
        theta, scores, _influence(scores, w), seen, x, np.zeros(len(x)), upper, lower, codes, levels, w
    )


def limits(theta: Array, codes: Array, x: Array, levels: int) -> tuple[Array, Array]:
    """(n,) upper and lower limit of each row's response, its expectation taken off."""
    cuts = np.concatenate([[-np.inf], theta[: levels - 1], [np.inf]])
    expected = x @ theta[levels - 1 :]
    return (np.clip(cuts[codes + side] - expected, -BEYOND, BEYOND) for side in (1, 0))  # type: ignore[return-value]


def interval(upper: Array, lower: Array) -> Array:
    """P(lower < z <= upper), from the tail where it is small."""
    flip = lower > 0
    share = np.where(flip, ndtr(-lower) - ndtr(-upper), ndtr(upper) - ndtr(lower))
    return np.maximum(share, SMALLEST)


def _scores(upper: Array, lower: Array, codes: Array, x: Array, levels: int) -> Array:
    p = interval(upper, lower)
    return _by_parameter(normal_density(upper) / p, -normal_density(lower) / p, codes, x, levels)


def by_threshold(up: Array, down: Array, codes: Array, levels: int) -> Array:
    """(n, levels - 1) derivatives in the thresholds, from those in each row's upper (up) and lower (down) limit."""
    number = np.arange(levels - 1)
    return np.where(codes[:, None] == number, up[:, None], np.where(codes[:, None] == number + 1, down[:, None], 0.0))


def _by_parameter(up: Array, down: Array, codes: Array, x: Array, levels: int) -> Array:
    cuts = by_threshold(up, down, codes, levels)
    return np.column_stack([cuts, -x * cuts.sum(axis=1, keepdims=True)])


def _maximum(theta: Array, codes: Array, x: Array, levels: int, name: str, w: Array) -> Array:
    height = -np.inf
    for _ in range(ROUNDS):
        upper, lower = limits(theta, codes, x, levels)
        p, up, down = interval(upper, lower), normal_density(upper), normal_density(lower)
        height = float(w @ np.log(p))
        slope = w @ _by_parameter(up / p, -down / p, codes, x, levels)
        one = np.ones(len(x))
        U, L = _by_parameter(one, 0 * one, codes, x, levels), _by_parameter(0 * one, one, codes, x, levels)
        uu, ll, ul = upper * up / p + (up / p) ** 2, (down / p) ** 2 - lower * down / p, -up * down / p**2
        bend = (U * (w * uu)[:, None]).T @ U + (L * (w * ll)[:, None]).T @ L
        cross = (U * (w * ul)[:, None]).T @ L
        step = np.linalg.solve(bend + cross + cross.T, slope)
        theta = _improved(theta, step, height, codes, x, levels, w)
        if np.abs(step).max() < FOUND:
            return theta
    raise DataError(f"the probit regression of {name!r} on the covariates has no finite solution: they tell it exactly")


def _improved(theta: Array, step: Array, height: float, codes: Array, x: Array, levels: int, w: Array) -> Array:
    for _ in range(30):
        there = theta + step
        if (np.diff(there[: levels - 1]) > 0).all():
            upper, lower = limits(there, codes, x, levels)
            if float(w @ np.log(interval(upper, lower))) >= height - 1e-9 * abs(height):
                return there
        step = 0.5 * step
    return theta
