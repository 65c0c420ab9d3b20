"""Covariance matrix of the estimates: inverse information or sandwich, in the directions constraints leave free."""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.gamma import moment_covariance, normal_weight
from sexresearch.sem.estimation.pivots import unit_jacobian
from sexresearch.sem.estimation.scores import free_moments, information_of, saturated_structure, score_products
from sexresearch.sem.implied.discrepancy import LeastSquares, exceeds, invert
from sexresearch.sem.implied.structure import implied
from sexresearch.sem.threads import one_thread

FLAT = 1e-9  # eigenvalue of the scaled information below which a direction carries no information

ROUNDING = 1e-14  # variance, relative to the terms that cancel in it, that is rounding error


def delta_variances(gradients: Array, vcov: Array) -> Array:
    """(h,) variances g'Vg of functions with `gradients` (h, q); 0 where only rounding is left of terms that cancel.

    That is where a constraint of the model leaves a function no room.

    >>> delta_variances(np.array([[1.0, -1.0], [1.0, 1.0]]), np.ones((2, 2))).tolist()
    [0.0, 4.0]
    """
    variances = np.sum(gradients @ vcov * gradients, axis=1)
    size = np.abs(gradients)
    return np.where(np.abs(variances) <= ROUNDING * np.sum(size @ np.abs(vcov) * size, axis=1), 0.0, variances)


def inverse_information(information: Array, basis: Array) -> Array:
    """basis (basis' I basis)^-1 basis': the inverse of I (q, q) along `basis` (q, d); NaN where it is singular."""
    if basis.shape[1] == 0:
        return np.zeros_like(information)
    whole = basis.shape[0] == basis.shape[1]
    inner = information if whole else basis.T @ information @ basis
    scale = _diagonal_scale(inner)
    unit = scale[:, None] * scale
    found = invert(inner / unit)
    try:
        inverse = (np.linalg.inv(inner / unit) if found is None else found[0]) / unit
    except np.linalg.LinAlgError:
        return np.full_like(information, np.nan)
    return inverse if whole else basis @ inverse @ basis.T


def determined_inverse(information: Array, basis: Array) -> Array:
    """Like `inverse_information`, with NaN for those parameters alone that a flat direction moves.

    Products of scores can lack rank in a model that is identified: the mean and the variance of a variable with two
    values have one score.
    """
    inner = basis.T @ information @ basis
    scale = _diagonal_scale(inner)
    values, vectors = np.linalg.eigh(inner / scale[:, None] / scale)
    flat = values < FLAT
    if not flat.any():
        return inverse_information(information, basis)
    firm = basis @ (vectors[:, ~flat] / scale[:, None])
    moved = np.abs(basis @ vectors[:, flat]).max(axis=1) > FLAT
    inverse = firm / values[~flat] @ firm.T
    return np.where(moved[:, None] | moved, np.nan, inverse)


def flat_direction(information: Array, basis: Array) -> Array | None:
    """(q,) a direction along which the information vanishes, in scaled parameters; None where there is none."""
    if basis.shape[1] == 0:
        return None
    whole = basis.shape[0] == basis.shape[1]
    inner = information if whole else basis.T @ information @ basis
    scale = _diagonal_scale(inner)
    unit = inner / scale[:, None] / scale
    if exceeds(unit, FLAT):
        return None
    values, vectors = np.linalg.eigh(unit)
    if values[0] > FLAT:
        return None
    return vectors[:, 0] if whole else _diagonal_scale(information) * (basis @ (vectors[:, 0] / scale))


def _diagonal_scale(information: Array) -> Array:
    """(q,) roots of the diagonal; 1 where there is no information, so that such a direction stays flat."""
    diagonal = np.sqrt(np.abs(information.diagonal()))
    return np.where(diagonal > 0, diagonal, 1.0)


@one_thread
def vcov(fitted: Fitted) -> Array:
    """(q, q) covariance of the estimates, by the `se` of the options."""
    if fitted.inner is not None:
        J = unit_jacobian(fitted.inner.structures, fitted.inner.theta)
        return J @ vcov(fitted.inner) @ J.T
    se = fitted.options.se
    if se == "none":
        return np.full((fitted.table.n_free,) * 2, np.nan)
    if se == "standard" and fitted.options.information == "first_order":
        return determined_inverse(fitted.information, fitted.basis)
    if se == "standard":
        return inverse_information(fitted.information, fitted.basis)
    if se == "robust_sem":
        return _robust_sem(fitted)
    bread = inverse_information(fitted.information, fitted.basis)
    return bread @ score_covariance(fitted) @ bread


def score_covariance(fitted: Fitted) -> Array:
    """(q, q) sum over respondents (or clusters) of score times score' (Huber 1967; White 1982, doi 10.2307/1912526)."""
    total = np.zeros((fitted.table.n_free,) * 2)
    for scores, sample in zip(fitted.scores, fitted.samples, strict=True):
        assert sample.answers is not None
        total += score_products(scores, sample.answers.clusters)
    return total


def _robust_sem(fitted: Fitted) -> Array:
    """Sandwich with the fourth-order moments in the middle (Satorra & Bentler 1994; Browne 1984)."""
    q = fitted.table.n_free
    bread, meat = np.zeros((q, q)), np.zeros((q, q))
    observed = fitted.options.likelihood and fitted.options.information == "observed"
    for number, (D, sample) in enumerate(zip(fitted.jacobians(), fitted.samples, strict=True)):
        share = share_of(fitted, number)
        WD = observed_weight(fitted, number) @ D if observed else weight_times(fitted, number, D)
        bread += share * D.T @ WD
        meat += share * WD.T @ moment_covariance(sample, fitted.structures[number], fitted.n_fixed(number)) @ WD
    inverse = inverse_information(fitted.information / fitted.weight if observed else bread, fitted.basis)
    return inverse @ meat @ inverse / fitted.weight


def share_of(fitted: Fitted, number: int) -> float:
    """A group's part in the information: its share of the respondents, for every estimator, as in lavaan."""
    return fitted.samples[number].n / fitted.n


def weight_times(fitted: Fitted, number: int, D: Array) -> Array:
    """W D of one group: the estimator's own weight, or the normal-theory weight at the implied covariances."""
    if isinstance(fitted.objective, LeastSquares):
        return fitted.objective.targets[number].weigh(D)
    state = fitted.states[number]
    return normal_weight(state.cov, fitted.structures[number].has_means) @ D


def observed_weight(fitted: Fitted, number: int) -> Array:
    """(moments, moments) one respondent's observed information about one group's moments, at the implied ones."""
    information, own = structured_information(fitted, number, exact=True)
    weight = np.zeros((len(own), len(own)))
    weight[np.ix_(own, own)] = information / fitted.samples[number].n
    return weight


def structured_information(fitted: Fitted, number: int, exact: bool) -> tuple[Array, Array]:
    """One group's information about its free moments, at the moments the model implies; and which moments are free."""
    state = fitted.states[number]
    p, fixed = state.structure.p, fitted.n_fixed(number)
    mean = state.mean_from_origin if state.structure.has_means else None
    free, values = saturated_structure(p, mean, state.cov, fixed)
    A1 = information_of(implied(free, values), fitted.samples[number].grouped, exact)
    return A1, free_moments(p, fixed, mean is not None)
