"""How far a function of the estimates may be off: by the delta method, Monte-Carlo draws or the bootstrap.

delta: se^2 = J V J', with J the derivatives and V the covariance of the estimates (Sobel 1982, doi 10.2307/270723).
monte_carlo: quantiles at draws from N(estimates, V) (MacKinnon, Lockwood & Williams 2004,
doi 10.1207/s15327906mbr3901_4). percentile, bias_corrected, bca: `sexresearch.bootstrap` (Efron 1987,
doi 10.1080/01621459.1987.10478410).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Literal, Protocol, get_args

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from sexresearch.errors import OptionError, SexresearchError
from sexresearch.frozen import read_only
from sexresearch.sem.arrays import Array
from sexresearch.sem.delta_method import delta, delta_variances, slopes
from sexresearch.sem.resampling.draws import root
from sexresearch.sem.resampling.intervals import METHODS, BootstrapInterval, acceleration, limits
from sexresearch.sem.resampling.row_values import AT_ONCE

Interval = Literal["delta", "monte_carlo", BootstrapInterval]
INTERVALS = get_args(Interval)
DRAWS = 20_000  # Monte-Carlo draws: the limits' own error is about 1 % of a standard error
ROUNDING = 1e-9  # relative to the size of a value: a spread below is no spread
Function = Callable[[Array, Array], Array]  # values (R, k) from theta (R, q) and exogenous rows (R, e)


@dataclass(frozen=True)
class Replicates:
    """Estimates (R, q) and exogenous rows (R, e) of R samples like the one at hand, and how many samples were wanted.

    moves (units, q + e): the influence of respondents or clusters on the estimates; None where not wanted.
    note : what to know about them.
    """

    theta: Array
    exogenous: Array
    moves: Array | None
    note: str


class Resampler(Protocol):
    """Draws samples like the one at hand, and estimates again."""

    def replicates(self, count: int, seed: int, moving: bool) -> Replicates:
        """The estimates of `count` samples, with the influence of each unit where `moving`."""


@dataclass(frozen=True)
class MovingCovariances:
    """The k covariances (k,) of a sample that its answers move, and how: vcov (k, k). places (2, k): of whom with whom.

    whole (p, p) : all covariances of the sample, those that nothing moves (variances of ordered variables) among them.
    """

    whole: Array
    places: Array
    vcov: Array

    @property
    def values(self) -> Array:
        """(k,) the covariances that move."""
        return self.whole[self.places[0], self.places[1]]

    def with_values(self, values: Array) -> Array:
        """(R, p, p) covariances that have the values (R, k) in their places."""
        i, j = self.places
        out = np.repeat(self.whole[None], len(values), axis=0)
        out[:, i, j] = out[:, j, i] = values
        return out

    def draws(self, level: float) -> Draws:
        """What intervals of functions of the covariances rest on by the delta method, which takes these as normal."""
        return Draws("delta", level, self.vcov, (self.values[None, :], np.empty((1, 0))))


class Redrawer(Protocol):
    """Draws the answers again, without estimating anything, or says how far this moves their covariances."""

    @property
    def undrawn(self) -> str:
        """Why there is nothing to draw; empty where there is."""

    def of_covariances(self, count: int, seed: int, of: Callable[[int, Array], Array]) -> list[Array]:
        """Per group (count, …): what `of` makes of the number of a group and its covariances (R, p, p)."""

    def moving(self, group: int) -> MovingCovariances:
        """How the covariances of a group move, robust where the standard errors of the fit are."""


class FitEstimates(Protocol):
    """The estimates of a fit, with their covariance, and how they come again in other samples."""

    @property
    def engine(self) -> str:
        """What estimated."""

    @property
    def converged(self) -> bool:
        """Whether there are estimates to speak of."""

    @property
    def theta(self) -> Array:
        """(q,) estimates."""

    @property
    def exogenous(self) -> Array:
        """(e,) values of the rows that are taken from the sample."""

    @property
    def vcov(self) -> Array:
        """(q, q) covariance of the estimates."""

    @property
    def holds_rows(self) -> bool:
        """Whether the respondents' answers are there, not only their moments."""

    @property
    def resampler(self) -> Resampler | None:
        """What draws and estimates again; None where the engine cannot."""


@dataclass(frozen=True)
class Draws:
    """The sampling distribution of the estimates as the chosen method sees it.

    vcov (q, q); point: the estimates (1, q) and exogenous rows (1, e); samples: the same of R replicates or draws,
    empty for the delta method; moves (units, q + e): the influence of respondents or clusters, for bca. `note` goes
    with every row; `reason`, where given, says why there are no intervals. What varies beside the estimates
    (`with_beside`) stands behind the exogenous rows, and vcov then has a row for each of all of these.
    """

    method: str
    level: float
    vcov: Array
    point: tuple[Array, Array]
    samples: tuple[Array, Array] = (np.empty((0, 0)), np.empty((0, 0)))
    moves: Array | None = None
    note: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        read_only((self.vcov, self.point, self.samples, self.moves))


def draws(fit: FitEstimates, interval: str | None, replicates: int, seed: int, level: float) -> Draws:
    """What intervals rest on; OptionError for options that are unknown or exclude each other."""
    method = interval_method(interval, replicates, seed, level)
    start = Draws(method, level, fit.vcov, (fit.theta[None, :], fit.exogenous[None, :]))
    if not fit.converged:
        return replace(start, reason="the fit did not converge: see results.problems")
    if method in METHODS:
        return _bootstrapped(fit, start, replicates, seed)
    if not np.isfinite(fit.vcov).all():
        return replace(start, reason="the fit has no standard errors (se='none')")
    if method == "delta":
        return start
    random = np.random.default_rng(seed)
    theta, exogenous = start.point
    samples = normal_draws(random, theta[0], fit.vcov, DRAWS)
    return replace(start, samples=(samples, np.repeat(exogenous, DRAWS, axis=0)))


def normal_draws(random: np.random.Generator, mean: Array, cov: Array, size: int) -> Array:
    """(size, q) draws from N(mean, cov), through the symmetric root of cov.

    That root moves no further than cov does, so that a seed gives the same draws whatever the rounding of cov; a root
    made of eigenvectors alone would turn with their signs, which are arbitrary.

    >>> normal_draws(np.random.default_rng(1), np.zeros(2), np.diag([1.0, 0.0]), 3)[:, 1].tolist()
    [0.0, 0.0, 0.0]
    """
    return mean + random.standard_normal((size, len(mean))) @ root(cov)


def with_beside(at: Draws, values: Array, cov: Array, seed: int) -> Draws:
    """The draws with what varies beside the estimates and independently of them: values (s,), normal with cov (s, s).

    Such are means of the sample that no parameter holds.
    """
    q, e, s = len(at.vcov), at.point[1].shape[1], len(values)
    vcov = np.zeros((q + e + s,) * 2)
    vcov[:q, :q], vcov[q + e :, q + e :] = at.vcov, cov
    point = (at.point[0], np.hstack([at.point[1], values[None, :]]))
    if not len(at.samples[0]):
        return replace(at, vcov=vcov, point=point)
    random = np.random.default_rng([seed, s])
    beside = normal_draws(random, values, cov, len(at.samples[0]))
    return replace(at, vcov=vcov, point=point, samples=(at.samples[0], np.hstack([at.samples[1], beside])))


def redrawn(values: Array, samples: Array, level: float, note: str = "") -> Draws:
    """Draws of statistics (k,) that rest on no parameters, from their values (R, k) in samples drawn again."""
    point, again = (values[None, :], np.empty((1, 0))), (samples, np.empty((len(samples), 0)))
    return Draws("percentile", level, np.full((len(values),) * 2, np.nan), point, again, note=note)


def interval_method(interval: str | None, replicates: int, seed: int, level: float) -> str:
    """The method that the options of a question ask for; OptionError where they are unknown or exclude each other."""
    for name, value in (("bootstrap", replicates), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 0:
            raise OptionError(f"{name} must be a whole number of at least 0; found {value!r}")
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1; found {level!r}")
    method = interval or ("percentile" if replicates else "delta")
    if method not in INTERVALS:
        raise OptionError(f"interval {interval!r} is not known; allowed: {', '.join(INTERVALS)}")
    if method in METHODS and replicates < 2:
        raise OptionError(f"interval {method!r} needs bootstrap replicates: bootstrap=5000, for instance")
    if method not in METHODS and replicates:
        raise OptionError(f"interval {method!r} makes no use of bootstrap={replicates}; leave one of them out")
    return method


def no_resampler(engine: str) -> str:
    """Why nothing is drawn again where an engine does no more than hand over its estimates, or several fits are pooled.

    >>> no_resampler("semopy")
    "engine 'semopy' cannot estimate again on drawn samples: fit with engine='native' for that"
    """
    if engine == "pooled":
        return "no one sample stands behind a pooled fit: ask the fit of every set, pooled.results"
    instead = "method='joint'" if engine == "sam" else "engine='native'"
    return f"engine {engine!r} cannot estimate again on drawn samples: fit with {instead} for that"


def _bootstrapped(fit: FitEstimates, start: Draws, replicates: int, seed: int) -> Draws:
    if fit.resampler is None:
        return replace(start, reason=f"no bootstrap: {no_resampler(fit.engine)}")
    if start.method == "bca" and not fit.holds_rows:
        return replace(start, reason="bca needs the respondents' answers, and none are held: use bias_corrected")
    try:
        replicated = fit.resampler.replicates(replicates, seed, start.method == "bca")
    except SexresearchError as error:
        return replace(start, reason=f"no bootstrap: {error}")
    if len(replicated.theta) < 2:
        return replace(start, reason=f"{len(replicated.theta)} of {replicates} bootstrap replicates could be estimated")
    return replace(
        start, samples=(replicated.theta, replicated.exogenous), moves=replicated.moves, note=replicated.note
    )


def estimated(at: Draws, function: Function) -> pd.DataFrame:
    """est, se, ci_lower, ci_upper and reason of k functions of the estimates and what stands beside them."""
    q, e = at.point[0].shape[1], at.point[1].shape[1]

    def of_points(points: Array) -> Array:
        parts = np.array_split(points, max(1, -(-len(points) // AT_ONCE)))
        return np.concatenate([function(part[:, :q], part[:, q : q + e]) for part in parts])

    point = np.hstack(at.point)[0]
    if at.method == "delta" and not at.reason:
        moved = len(at.vcov)
        est, variance = delta(lambda x: of_points(np.hstack([x, _repeated(point[moved:], x)])), point[:moved], at.vcov)
        return _normal(at, est, variance)
    est = of_points(point[None, :])[0]
    values = of_points(np.hstack(at.samples)) if len(at.samples[0]) else np.empty((0, len(est)))
    lean = np.empty((len(est), 0)) if at.moves is None else _leaning(of_points, at, point)
    frame = uncertain(at, est, lean, values)
    frame.insert(0, "est", est)
    return frame


def _repeated(values: Array, beside: Array) -> Array:
    return np.repeat(values[None, :], len(beside), axis=0)


def _leaning(function: Callable[[Array], Array], at: Draws, point: Array) -> Array:
    """Derivatives by the parameters and the exogenous rows, which are what the units move."""
    assert at.moves is not None
    spread = np.zeros((len(point),) * 2)
    spread[: len(at.vcov), : len(at.vcov)] = at.vcov
    return slopes(function, point, spread)[:, : at.moves.shape[1]]


def uncertain(at: Draws, est: Array, gradients: Array, values: Array) -> pd.DataFrame:
    """se, ci_lower, ci_upper and reason of k quantities: est (k,), gradients (k, q + e), values drawn (R, k).

    A quantity without value has no limits; one that cannot vary has se 0.
    """
    blank = pd.DataFrame({"se": np.nan, "ci_lower": np.nan, "ci_upper": np.nan, "reason": at.reason}, range(len(est)))
    if at.reason:
        return blank
    if at.method == "delta":
        return _normal(at, est, delta_variances(gradients[:, : len(at.vcov)], at.vcov)).drop(columns="est")
    speed = np.zeros(len(est)) if at.moves is None else acceleration(at.moves @ np.nan_to_num(gradients).T)
    return pd.DataFrame([_limited(at, *row) for row in zip(values.T, est, speed, strict=True)], columns=blank.columns)


def _normal(at: Draws, est: Array, variance: Array) -> pd.DataFrame:
    se = np.where(variance > (ROUNDING * est) ** 2, np.sqrt(np.maximum(variance, 0.0)), 0.0 * variance)
    half = float(ndtri(0.5 + at.level / 2)) * se
    return pd.DataFrame({"est": est, "se": se, "ci_lower": est - half, "ci_upper": est + half, "reason": ""})


def _limited(at: Draws, values: Array, est: float, speed: float) -> tuple[float, float, float, str]:
    valid = values[np.isfinite(values)]
    if not np.isfinite(est) or len(valid) < 2:
        return np.nan, np.nan, np.nan, "no value to resample" if np.isfinite(est) else ""
    lost = len(values) - len(valid)
    reason = f"{lost} of {len(values)} draws have no value" if lost else ""
    if np.ptp(valid) <= ROUNDING * abs(est):
        return 0.0, est, est, reason
    low, high = limits(valid, est, at.level, "percentile" if at.method == "monte_carlo" else at.method, speed)
    reason = reason if np.isfinite(low) else "every replicate lies on one side of the estimate"
    return float(valid.std(ddof=1)), float(low), float(high), reason


def z_and_p(est: Array, se: Array) -> tuple[Array, Array]:
    """(k,) estimate over standard error, and its two-sided normal p value; NaN where the standard error is 0.

    >>> z_and_p(np.array([1.96, 0.0]), np.array([1.0, 0.0]))[0].tolist()
    [1.96, nan]
    """
    z = np.divide(est, se, out=np.full(len(est), np.nan), where=se > 0)
    return z, 2.0 * ndtr(-np.abs(z))
