"""Normal log-likelihoods: of answers at given moments, and of exogenous variables at their own."""

from __future__ import annotations

import math

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.implied.discrepancy import deviance, respondents


def log_likelihood(sample: Sample, omega: Array, has_means: bool) -> float:
    """Normal log-likelihood of one group's answers at the moment matrix omega (P, P); NaN where that is impossible."""
    answers = sum(block.n * (len(block.columns) - has_means) for block in sample.blocks)
    distance = deviance(omega, sample.grouped) - has_means * respondents(sample.grouped)
    return -0.5 * (answers * math.log(2 * math.pi) + distance) if math.isfinite(distance) else math.nan


def exogenous_log_likelihood(sample: Sample, x: int) -> float:
    """Log-likelihood of the last `x` variables, fixed exogenous ones, at their own moments; no parameter touches it."""
    if not x:
        return 0.0
    logdet = float(np.linalg.slogdet(sample.cov[-x:, -x:])[1])
    return -0.5 * sample.n * (x * (math.log(2 * math.pi) + 1) + logdet)
