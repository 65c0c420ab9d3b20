"""Log-likelihoods: of the model, of the saturated model, of the exogenous variables."""

from __future__ import annotations

import math

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.discrepancy import invert
from sexresearch.sem.implied.structure import join_moments


def log_likelihood(sample: Sample, omega: Array, has_means: bool) -> float:
    """Normal log-likelihood of one group's answers at the moment matrix omega (P, P); NaN where that is impossible."""
    total = 0.0
    for block in sample.blocks:
        found = invert(omega[np.ix_(block.columns, block.columns)])
        if found is None:
            return math.nan
        V, logdet = found
        k = len(block.columns) - has_means
        total -= 0.5 * block.n * (k * math.log(2 * math.pi) + logdet + float(np.vdot(V, block.moment)) - has_means)
    return total


def model_log_likelihood(fitted: Fitted) -> float:
    """Log-likelihood at the estimates; of the other variables given the exogenous ones where those are fixed."""
    parts = zip(fitted.samples, fitted.states, strict=True)
    joint = sum(log_likelihood(sample, state.omega, state.structure.has_means) for sample, state in parts)
    return joint - _exogenous(fitted)


def saturated_log_likelihood(fitted: Fitted) -> float:
    """Log-likelihood at the sample moments (by EM where answers have gaps)."""
    total = 0.0
    for sample, structure in zip(fitted.samples, fitted.structures, strict=True):
        omega = join_moments(sample.mean, sample.cov) if structure.has_means else sample.cov
        total += log_likelihood(sample, omega, structure.has_means)
    return total - _exogenous(fitted)


def _exogenous(fitted: Fitted) -> float:
    """Log-likelihood of the fixed exogenous variables at their own moments, which no parameter touches."""
    total = 0.0
    for sample, role in zip(fitted.samples, fitted.table.roles, strict=True):
        x = len(role.exogenous) if fitted.options.fixed_x else 0
        if x:
            cov = sample.cov[-x:, -x:]
            logdet = float(np.linalg.slogdet(cov)[1])
            total -= 0.5 * sample.n * (x * (math.log(2 * math.pi) + 1) + logdet)
    return total
