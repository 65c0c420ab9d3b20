"""Chi-square difference tests of nested models when the chi-squares carry a scaling correction."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy.linalg import null_space

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.constrained_minimum import ConstrainedSolution
from sexresearch.sem.estimation.degrees import degrees_of_freedom
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.chisquare import scaled_test, standard_test
from sexresearch.sem.matrices import flat_direction


def scaling_2001(chisq: float, larger: tuple[float, float], smaller: tuple[float, float]) -> float:
    """Scaled difference from the (df, scaling factor) of both models; NaN where the correction is not positive.

    T = chisq / c, c = (df0 c0 - df1 c1) / (df0 - df1). Satorra & Bentler 2001, doi 10.1007/BF02296192.

    >>> round(scaling_2001(10.0, (24, 1.2), (26, 1.25)), 4)
    5.4054
    """
    (df1, c1), (df0, c0) = larger, smaller
    correction = (df0 * c0 - df1 * c1) / (df0 - df1)
    return chisq / correction if correction > 0 else math.nan


def satorra_bentler_2001(larger: Fitted, smaller: Fitted) -> float:
    """Scaled difference by Satorra & Bentler 2001; NaN where its correction is negative."""
    return _corrected(larger, larger, smaller)


def satorra_bentler_2010(larger: Fitted, smaller: Fitted, reproduced: ConstrainedSolution) -> float:
    """Scaled difference whose correction cannot be negative: c1 of the larger model where it implies the smaller one.

    Satorra & Bentler 2010, doi 10.1007/s11336-009-9135-y. `reproduced` is that point (`nesting.reproduce`). The
    correction is positive because the information is: where the observed one is not at that point, which is no minimum
    of the larger model, both corrections take the expected one.
    """
    where = replace(larger, constrained=reproduced)
    if larger.options.information == "observed" and not _positive(where):
        where, smaller = _expecting(where), _expecting(smaller)
    return _corrected(larger, where, smaller)


def _positive(fitted: Fitted) -> bool:
    """Whether the information is positive definite along all directions that the constraints leave free."""
    return flat_direction(fitted.information, fitted.basis) is None


def _expecting(fitted: Fitted) -> Fitted:
    return replace(fitted, options=replace(fitted.options, information="expected"))


def _corrected(larger: Fitted, where: Fitted, smaller: Fitted) -> float:
    ends = []
    for fitted in (where, smaller):
        df = degrees_of_freedom(fitted)  # of the model: mean_var_adjusted changes those of the test
        ends.append((df, scaled_test(fitted).scaling if df > 0 else 1.0))
    return scaling_2001(plain_difference(larger, smaller), ends[0], ends[1])


def plain_difference(larger: Fitted, smaller: Fitted) -> float:
    """Difference of the uncorrected chi-squares."""
    return standard_test(smaller).chisq - standard_test(larger).chisq


def satorra_2000(larger: Fitted, smaller: Fitted, df: int) -> float:
    """Scaled and shifted difference from the restrictions the smaller model puts on the larger one's parameters.

    T = a chisq + b with a = sqrt(df / tr(UGUG)), b = df - a tr(UG). Satorra 2000, doi 10.1007/978-1-4615-4603-0_17;
    scaled and shifted after Asparouhov & Muthen 2010. Needs complete answers. The restrictions are found by least
    squares between the moments in the items' own units, as lavaan does: it matters little which, but it does matter.
    """
    D1 = [p.jacobian @ larger.basis for p in larger.points]
    pairs = zip(smaller.points, larger.points, strict=True)
    D0 = [a.jacobian[a.term.order_like(b.term)] @ smaller.basis for a, b in pairs]
    information = larger.basis.T @ larger.information @ larger.basis / larger.weight
    units = 1.0 / np.sqrt(information.diagonal())
    A = _restrictions(np.vstack(D1), np.vstack(D0), units)
    P = np.linalg.inv(information * np.outer(units, units))
    middle = P @ A.T @ np.linalg.pinv(A @ P @ A.T) @ A @ P
    first, second = _traces(larger, [D * units for D in D1], middle)
    stretch = math.sqrt(df / second)
    return plain_difference(larger, smaller) * stretch + df - stretch * first


def _restrictions(larger: Array, smaller: Array, units: Array) -> Array:
    """(df, q) what the smaller model holds at 0 of the larger one's parameters in `units`, from both Jacobians.

    Columns have length 1 before they are solved for: squared units of 1e-5 are no lack of rank.
    """
    lengths = np.linalg.norm(larger, axis=0)
    solution = np.linalg.lstsq(larger / lengths, smaller / np.linalg.norm(smaller, axis=0), rcond=None)[0]
    moved = solution / (lengths * units)[:, None]
    return null_space((moved / np.linalg.norm(moved, axis=0)).T).T


def _traces(fitted: Fitted, D: list[Array], middle: Array) -> tuple[float, float]:
    """tr(U Gamma) and tr(U Gamma U Gamma), U = V D M D' V over all groups; in the small space of the parameters."""
    meat = np.zeros_like(middle)
    for share, d, point in zip(fitted.shares, D, fitted.points, strict=True):
        meat += share * point.term.moment_covariance().within(point.weight_times(d))
    product = middle @ meat
    return float(np.trace(product)), float(np.vdot(product, product.T))
