"""What low and high ratings of an attribute do to a target, and which class of attribute that makes.

Low: at or below the first line (25 points of 100), high: at or above the second (75); between them lies the reference.
On a scale of 5 answers low is 1 and 2, high 4 and 5; of 7: 1 and 2, 6 and 7; of 10: 1 to 3, 8 to 10. The penalty is the
coefficient of the dummy of low, the reward that of high (Brandt 1987, in proceedings, without a doi; 1988,
doi 10.1108/eb024732). The smooth alternative takes a restricted cubic spline with knots at the two lines and halfway
(Durrleman & Simon 1989, doi 10.1002/sim.4780080504) in place of the dummies, and reads it at the mean rating of each
region.
With p and r what a penalty takes and a reward adds (0 where it has the wrong sign), (r - p) / (r + p) runs from -1 to 1
(Mikulić & Prebežac 2008): below -1/3 the attribute is basic, its penalty at least twice its reward; above 1/3 it is one
of excitement; between them one of performance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from sexresearch.chain.deciding.regressed import Regression, regressed
from sexresearch.sem.view import Array

Kind = Literal["basic", "performance", "excitement", "none"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FEWEST = 30  # respondents in a region
DRAWS = 20_000  # of the two coefficients: a probability is uncertain by .004 at the most
EXPECTED = 0.25  # standard deviations of the target: how large penalties and rewards are expected to be
ASYMMETRIC = 1.0 / 3.0  # one of the two is at least twice the other


@dataclass(frozen=True)
class Indices:
    """Penalty and reward of k attributes (k, 2), their covariances (k, 2, 2), respondents by region (k, 3).

    used : respondents. spread : standard deviation of the target among them.
    """

    est: Array
    cov: Array
    counts: Array
    used: int
    spread: float


def regions(points: Array, lines: tuple[float, float]) -> Array:
    """(n, k) -1 low, 0 between, 1 high.

    >>> regions(np.array([[0.0, 25.0, 50.0, 75.0, 100.0]]), (25, 75)).tolist()
    [[-1, -1, 0, 1, 1]]
    """
    rounding = 1e-9
    return np.where(points <= lines[0] + rounding, -1, np.where(points >= lines[1] - rounding, 1, 0))


def indices(
    points: Array,
    target: Array,
    lines: tuple[float, float],
    smooth: bool,
    clusters: Array | None = None,
    weights: Array | None = None,
) -> Indices:
    """Penalties and rewards of all attributes (n, k) together; NaN where fewer than `FEWEST` rate it so.

    An attribute without any points is left out, so that the others stand.
    """
    rated = np.isfinite(points).any(axis=0)
    regression = _together(points[:, rated], target, lines, smooth, clusters, weights)
    est, cov = np.full((len(rated), 2), np.nan), np.full((len(rated), 2, 2), np.nan)
    counts = np.zeros((len(rated), 3), dtype=int)
    est[rated], cov[rated], counts[rated] = regression.est, regression.cov, regression.counts
    return Indices(est, cov, counts, regression.used, regression.spread)


def _together(
    points: Array,
    target: Array,
    lines: tuple[float, float],
    smooth: bool,
    clusters: Array | None,
    weights: Array | None,
) -> Indices:
    there = np.isfinite(points).all(axis=1) & np.isfinite(target)
    x, y = points[there], target[there]
    own, w = (None if given is None else given[there] for given in (clusters, weights))
    place = regions(x, lines)
    counts = np.stack([(place == side).sum(axis=0) for side in (-1, 0, 1)], axis=1)
    k = x.shape[1]
    if len(y) <= 2 * k + 1 or not np.ptp(y):
        return Indices(np.full((k, 2), np.nan), np.full((k, 2, 2), np.nan), counts, len(y), np.nan)
    parts = [_columns(x[:, j], place[:, j], counts[j], lines, smooth, w) for j in range(k)]
    design = np.hstack([np.ones((len(y), 1)), *(columns for columns, _ in parts)])
    regression, first = regressed(design, y, own, w), 1
    est, cov = np.empty((k, 2)), np.empty((k, 2, 2))
    for j, (columns, contrast) in enumerate(parts):
        est[j], cov[j] = _contrasted(regression, slice(first, first + columns.shape[1]), contrast)
        first += columns.shape[1]
    few = np.broadcast_to((counts < FEWEST)[:, [0, 2]] | (counts < FEWEST)[:, [1]], (k, 2))
    est[few] = np.nan
    cov[few[:, :, None] | few[:, None, :]] = np.nan
    spread = np.sqrt(np.average((y - np.average(y, weights=w)) ** 2, weights=w))
    return Indices(est, cov, counts, len(y), float(spread))


def _contrasted(regression: Regression, own: slice, contrast: Array) -> tuple[Array, Array]:
    coef, cov = regression.coef[own], regression.cov[own, own]
    return contrast @ coef, contrast @ cov @ contrast.T


def _columns(
    x: Array, place: Array, counts: Array, lines: tuple[float, float], smooth: bool, weights: Array | None
) -> tuple[Array, Array]:
    """Columns (n, c) of an attribute, and what of them makes penalty and reward (2, c)."""
    sides = [side for side, count in zip((-1, 1), counts[[0, 2]], strict=True) if count >= FEWEST]
    if not smooth:
        dummies = np.stack([place == side for side in sides], axis=1) if sides else np.empty((len(x), 0))
        contrast = np.zeros((2, len(sides)))
        for column, side in enumerate(sides):
            contrast[0 if side < 0 else 1, column] = 1.0
        return dummies.astype(float), contrast
    knots = (lines[0], (lines[0] + lines[1]) / 2.0, lines[1])
    w = np.ones(len(x)) if weights is None else weights
    there = [place == side for side in (-1, 0, 1)]
    means = np.array([np.average(x[own], weights=w[own]) if own.any() else np.nan for own in there])
    at = spline(np.nan_to_num(means), knots)
    return spline(x, knots), at[[0, 2]] - at[[1]]


def spline(x: Array, knots: Sequence[float]) -> Array:
    """(n, 2) a restricted cubic spline of x (n,) on three knots: linear outside of them.

    >>> spline(np.array([0.0, 100.0]), (25.0, 50.0, 75.0))[:, 1].round(6).tolist()
    [0.0, 75.0]
    """
    a, b, c = knots

    def cubed(knot: float) -> Array:
        return np.maximum(x - knot, 0.0) ** 3

    bent = cubed(a) - cubed(b) * (c - a) / (c - b) + cubed(c) * (b - a) / (c - b)
    return np.stack([x, bent / (c - a) ** 2], axis=1)


def probabilities(est: Array, cov: Array, spread: float, random: np.random.Generator) -> Array:
    """(4,) probabilities of the classes in `KINDS` from penalty and reward (2,), jointly normal with cov (2, 2).

    That both are 0 is weighed against their being drawn from N(0, T), T the square of a quarter of the target's
    standard deviation, by the Bayes factor sqrt(|I + T V^-1|) exp(-b' (V^-1 - (V + T)^-1) b / 2), the two being as
    likely beforehand (Wakefield 2009, doi 10.1002/gepi.20359). The rest is divided as draws from their distribution
    fall; draws in which both have the wrong sign count as none.

    >>> found = probabilities(np.array([-1.0, 0.1]), np.eye(2) / 100, 1.0, np.random.default_rng(1))
    >>> dict(zip(KINDS, found.round(2).tolist()))
    {'basic': 1.0, 'performance': 0.0, 'excitement': 0.0, 'none': 0.0}
    """
    if not (np.isfinite(est).all() and np.isfinite(cov).all()):
        return np.full(4, np.nan)
    values, vectors = np.linalg.eigh(cov)
    if values.min() <= 0:
        return np.full(4, np.nan)
    prior = (EXPECTED * spread) ** 2
    along = (vectors.T @ est) ** 2
    log_factor = 0.5 * np.log1p(prior / values).sum() - 0.5 * (along * prior / (values * (values + prior))).sum()
    none = 1.0 / (1.0 + np.exp(-max(log_factor, -700.0)))
    root = vectors * np.sqrt(values) @ vectors.T
    sampled = est + random.standard_normal((DRAWS, 2)) @ root
    taken, added = np.maximum(-sampled[:, 0], 0.0), np.maximum(sampled[:, 1], 0.0)
    size = taken + added
    with np.errstate(invalid="ignore"):
        lean = (added - taken) / size
    shares = np.array(
        [
            (lean < -ASYMMETRIC).mean(),
            (np.abs(lean) <= ASYMMETRIC).mean(),
            (lean > ASYMMETRIC).mean(),
            (size == 0).mean(),
        ]
    )
    return (1.0 - none) * shares + none * np.array([0.0, 0.0, 0.0, 1.0])
