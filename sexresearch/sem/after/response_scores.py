"""Factor scores from ordered answers: the most likely factor values given a row's categories (empirical Bayes modal).

The density of the factors, normal with the model's mean and covariance, times the probability of each answer, is
log-concave, so that Newton steps find its mode (Skrondal & Rabe-Hesketh 2004, Generalized Latent Variable Modeling,
section 7.4, doi 10.1201/9780203489437).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from sexresearch.errors import ModelError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.total_effects import total_effects

STEPS = 60
SMALL = 1e-9  # Newton step, in standard deviations of the factors, at which a score is found
NEGATIVE = -1e-8  # relative eigenvalue below which a covariance matrix is indefinite beyond rounding
LOG_ROOT = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True)
class MeasurementModel:
    """One group: items (p,) intercepts, loadings (p, l), slopes (p, x) and residual sd; factors' mean, slopes, spread.

    cuts : (p, K + 1) limits of the categories of ordered items; levels : (p,) their number, 0 for continuous ones.
    spread : (l, l) C with covariance C C', which may be singular: a factor may be wholly explained by others.
    """

    intercept: Array
    loadings: Array
    slopes: Array
    sd: Array
    cuts: Array
    levels: Array
    mean: Array
    mean_slopes: Array
    spread: Array


def measured(fitted: Fitted, number: int) -> MeasurementModel:
    """What scoring needs of one group; ModelError where the answers do not depend on factors and covariates alone."""
    point, role, moments = fitted.points[number], fitted.table.roles[number], fitted.samples[number].ordinal
    assert moments is not None
    own, state = moments.layout, point.state
    p, x, last = own.p, own.x, len(state.structure.names) - 1
    direct = state.structure.directed.copy()
    free = state.structure.is_path
    direct[state.structure.row[free], state.structure.col[free]] = fitted.theta[state.structure.free[free]]
    residual = state.S[:p, :p]
    if direct[:p, :p].any() or (np.abs(residual - np.diag(np.diag(residual))) > 0).any():
        raise ModelError(
            "scores from ordered answers need items that depend on factors and covariates only: here some explain each "
            "other or have residuals that covary"
        )
    variance = np.diag(residual)
    if (variance <= 0).any():
        wrong = [own.names[k] for k in np.flatnonzero(variance <= 0)]
        raise ModelError(f"scores need positive residual variances; not so for {wrong}")
    shown = slice(p, p + x)
    latent = slice(p + x, p + x + len(role.latent))
    away = total_effects(direct[latent, latent])
    cov = away @ state.S[latent, latent] @ away.T
    cuts = np.full((p, max(own.levels) + 1), np.inf)
    cuts[:, 0] = -np.inf
    items, numbers = own.cuts
    cuts[items, numbers + 1] = point.cuts[0]
    return MeasurementModel(
        direct[:p, last], direct[:p, latent], direct[:p, shown], np.sqrt(variance), cuts, np.array(own.levels),
        away @ direct[latent, last], away @ direct[latent, shown], _spread(cov, role.latent),
    )  # fmt: skip


def _spread(cov: Array, names: Sequence[str]) -> Array:
    """C (l, l) with cov = C C'; ModelError where there is none: such factors have no density to find the mode of."""
    sd = np.sqrt(np.abs(np.diag(cov)))
    sd[sd == 0] = 1.0
    values, vectors = np.linalg.eigh(cov / np.outer(sd, sd))
    if values[0] < NEGATIVE:
        raise ModelError(
            f"scores from ordered answers need factors with a covariance matrix: that of {list(names)} is not positive "
            "definite, some variance is negative or some are more than perfectly related (see problems)"
        )
    return sd[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))


def response_scores(fitted: Fitted, number: int, values: Array, method: str) -> Array:
    """(n, l) scores of rows (n, p + x), categories from 1 and NaN; NaN for rows without an answer or covariate."""
    if method != "regression":
        raise OptionError(f"method {method!r} is not known for ordered answers; allowed: regression (the mode)")
    group = measured(fitted, number)
    p = len(group.sd)
    kinds, codes = np.unique(values, axis=0, return_inverse=True, equal_nan=True)
    scores = np.full((len(kinds), len(group.mean)), np.nan)
    usable = ~np.isnan(kinds[:, :p]).all(axis=1) & ~np.isnan(kinds[:, p:]).any(axis=1)
    if usable.any():
        scores[usable] = _modes(group, kinds[usable])
    return scores[np.asarray(codes).ravel()]


def _modes(group: MeasurementModel, values: Array) -> Array:
    """(n, l) modes, found as eta = prior + C u with u standard normal a priori."""
    p = len(group.sd)
    prior = group.mean + values[:, p:] @ group.mean_slopes.T
    base = group.intercept + values[:, p:] @ group.slopes.T + prior @ group.loadings.T
    loads = group.loadings @ group.spread
    u = np.zeros_like(prior)
    height = _height(group, values, base + u @ loads.T, u)
    for _ in range(STEPS):
        first, second = _answers(group, values[:, :p], base + u @ loads.T)
        slope = first @ loads - u
        curve = np.einsum("np,pa,pb->nab", second, loads, loads) + np.eye(u.shape[1])
        step = np.linalg.solve(curve, slope[:, :, None])[:, :, 0]
        size = np.ones(len(u))
        for _ in range(20):
            ahead = u + size[:, None] * step
            there = _height(group, values, base + ahead @ loads.T, ahead)
            worse = there < height - 1e-12 * np.abs(height)
            if not worse.any():
                break
            size[worse] *= 0.5
        u, height = u + size[:, None] * step, there
        if np.abs(step).max() < SMALL:
            break
    return prior + u @ group.spread.T


def _height(group: MeasurementModel, values: Array, expected: Array, u: Array) -> Array:
    """(n,) log density of the factors and the answers, up to a constant."""
    answers = values[:, : len(group.sd)]
    seen = ~np.isnan(answers)
    z = (np.where(seen, answers, 0.0) - expected) / group.sd
    logs = np.where(group.levels > 0, _log_share(*_limits(group, answers, expected)), -0.5 * z * z)
    return np.where(seen, logs, 0.0).sum(axis=1) - 0.5 * (u * u).sum(axis=1)


def _limits(group: MeasurementModel, answers: Array, expected: Array) -> tuple[Array, Array]:
    """(n, p) upper and lower limit of the category answered, in residual standard deviations from what is expected."""
    code = np.where(np.isnan(answers) | (group.levels == 0), 1, answers).astype(int)
    item = np.arange(len(group.sd))
    return (group.cuts[item, code] - expected) / group.sd, (group.cuts[item, code - 1] - expected) / group.sd


def _log_share(upper: Array, lower: Array) -> Array:
    """log of the normal probability between two limits, exact in both tails: of the mirrored limits above the mean.

    >>> _log_share(np.array([np.inf, -50.0]), np.array([50.0, -np.inf])).round(3).tolist()
    [-1254.831, -1254.831]
    """
    flip = lower > 0
    below = log_ndtr(np.where(flip, -lower, upper))
    apart = np.minimum(log_ndtr(np.where(flip, -upper, lower)) - below, 0.0)
    with np.errstate(divide="ignore"):
        return below + np.where(apart < -1.0, np.log1p(-np.exp(apart)), np.log(-np.expm1(apart)))


def _answers(group: MeasurementModel, answers: Array, expected: Array) -> tuple[Array, Array]:
    """First derivatives, and second ones with the sign turned, of the log probability of each answer (n, p).

    With h = density / probability at each limit: h_lower - h_upper, and 1 minus the variance of the normal variable
    between the limits, which is between 0 and 1.
    """
    upper, lower = _limits(group, answers, expected)
    share = _log_share(upper, lower)
    high, low = _hazard(upper, share), _hazard(lower, share)
    first = low - high
    second = first**2 - _times(lower, low) + _times(upper, high)
    z = (np.nan_to_num(answers) - expected) / group.sd
    ordered, seen = group.levels > 0, ~np.isnan(answers)
    first = np.where(ordered, first, z) / group.sd
    second = np.where(ordered, np.clip(second, 0.0, 1.0), 1.0) / group.sd**2
    return np.where(seen, first, 0.0), np.where(seen, second, 0.0)


def _hazard(limit: Array, log_share: Array) -> Array:
    """Normal density at a limit over the probability of the category, 0 at infinity."""
    return np.exp(-0.5 * limit**2 - LOG_ROOT - log_share)


def _times(limit: Array, hazard: Array) -> Array:
    return np.where(np.isinf(limit), 0.0, limit) * hazard
