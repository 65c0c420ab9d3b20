"""Confidence limits from bootstrap replicates, and the casewise influence that BCa needs.

Efron 1987, doi 10.1080/01621459.1987.10478410; DiCiccio & Efron 1996, doi 10.1214/ss/1032280214.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from scipy.special import ndtr, ndtri

from sexresearch.errors import OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.matrices import inverse_information
from sexresearch.sem.resampling.row_values import values

BootstrapInterval = Literal["percentile", "bias_corrected", "bca"]
METHODS = get_args(BootstrapInterval)
STEP = 1e-3  # of a standard error, for central differences whose error is of the order of its square


def limits(replicates: Array, estimate: float, level: float, method: str, acceleration: float = 0.0) -> Array:
    """(2,) confidence limits at `level` from replicates (R,); NaN where all of them lie on one side of the estimate.

    Quantiles at alpha (percentile), or at Phi(z0 + (z0 + z) / (1 - a (z0 + z))) with z = Phi^-1(alpha), the bias
    correction z0 = Phi^-1(share of replicates below the estimate), and the acceleration a ("bca", else 0).

    >>> limits(np.arange(101.0), 50.0, 0.90, "percentile")
    array([ 5., 95.])
    """
    tails = np.array([0.5 - level / 2, 0.5 + level / 2])
    if method != "percentile":
        below = (np.mean(replicates < estimate) + np.mean(replicates <= estimate)) / 2
        if not 0 < below < 1:
            return np.full(2, np.nan)
        z0 = float(ndtri(below))
        z = z0 + ndtri(tails)
        tails = ndtr(z0 + z / (1 - (acceleration if method == "bca" else 0.0) * z))
    return np.quantile(replicates, tails)


def acceleration(moves: Array) -> Array:
    """(k,) sum of cubed moves (units, k) over 6 times the 3/2 power of their summed squares; 0 without influence.

    >>> acceleration(np.array([[-1.0], [-1.0], [2.0]])).round(3).tolist()
    [0.068]
    """
    squares = (moves**2).sum(axis=0)
    return (moves**3).sum(axis=0) / (6.0 * np.where(squares > 0, squares, 1.0) ** 1.5)


def value_influence(fitted: Fitted, scale: str) -> Array:
    """(rows of all groups, table rows + definitions) each respondent's first-order influence on the values."""
    fixed = np.array([row.exogenous for row in fitted.table.rows])
    point = np.concatenate([fitted.theta, row_estimates(fitted)[fixed]])
    moves = influence(fitted)
    steps = STEP * np.sqrt((moves**2).sum(axis=0))
    steps = np.where(steps > 0, steps, 1e-6)
    q = len(fitted.theta)
    up, down = point + np.diag(steps), point - np.diag(steps)
    high, low = (values(fitted, at[:, :q], at[:, q:], scale) for at in (up, down))
    return moves @ ((high - low) / (2.0 * steps[:, None]))


def influence(fitted: Fitted) -> Array:
    """(rows of all groups, q + e) each respondent's first-order influence on estimates and exogenous rows."""
    if fitted.table.levels:
        raise OptionError("interval 'bca' is for models of one level; use 'percentile' or 'bias_corrected'")
    return np.hstack([_estimate_influence(fitted), _exogenous_influence(fitted)])


def _estimate_influence(fitted: Fitted) -> Array:
    """(rows, q) scores times the inverse information; least squares: the weighted moments of each respondent."""
    if fitted.has_scores:
        return np.vstack(fitted.scores) @ inverse_information(fitted.observed_information, fitted.basis)
    parts, bread = [], np.zeros((len(fitted.theta),) * 2)
    for point, share in zip(fitted.points, fitted.shares, strict=True):
        D = point.jacobian
        WD = point.weight_times(D)
        bread += share * D.T @ WD
        parts.append(share * point.term.moment_influence() @ WD)
    return np.vstack(parts) @ inverse_information(bread, fitted.basis)


def _exogenous_influence(fitted: Fitted) -> Array:
    """(rows, e) influence on the sample moments that exogenous rows are fixed to; none outside their own group."""
    rows = [row for row in fitted.table.rows if row.exogenous]
    every = [
        np.column_stack([np.zeros((sample.nobs, 0)), *(_moment_influence(sample, number, row) for row in rows)])
        for number, sample in enumerate(fitted.samples)
    ]
    return np.vstack(every)


def _moment_influence(sample: Sample, number: int, row: Parameter) -> Array:
    assert sample.answers is not None
    if row.group != number:
        return np.zeros(sample.nobs)
    centred = sample.answers.values - sample.mean
    i = sample.names.index(row.lhs)
    if row.op == "~1":
        return sample.weights * centred[:, i] / sample.n
    j = sample.names.index(row.rhs)
    return sample.weights * (centred[:, i] * centred[:, j] - sample.cov[i, j]) / sample.n
