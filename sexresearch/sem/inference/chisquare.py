"""The test of fit: chi-square, and its scaled versions.

Satorra & Bentler 1994 (mean, and mean-and-variance adjusted); Asparouhov & Muthen 2010 (scaled and shifted);
Yuan & Bentler 2000, doi 10.1111/0081-1750.00078, and its Mplus variant, for observed information and missing answers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import chdtrc

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.degrees import degrees_of_freedom
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.matrices import FLAT, inverse_information

ROUNDING = 16 * float(np.finfo(float).eps)  # relative error of a log-likelihood summed over respondents


@dataclass(frozen=True)
class Test:
    """A chi-square test: statistic, degrees of freedom, p (NaN at df 0), scaling factor and shift where scaled.

    `trace` is tr(U Gamma), the mean of the statistic; `h1` and `h0` are the scaling factors of the saturated and the
    fitted model (Yuan-Bentler only).
    """

    chisq: float
    df: float
    pvalue: float
    scaling: float = math.nan
    shift: float = math.nan
    trace: float = math.nan
    h1: float = math.nan
    h0: float = math.nan


def chisq_pvalue(chisq: float, df: float) -> float:
    """Upper tail of the chi-square distribution; NaN at df 0.

    >>> round(chisq_pvalue(3.841, 1), 3)
    0.05
    """
    return float(chdtrc(df, max(chisq, 0.0))) if df > 0 else math.nan


def standard_test(fitted: Fitted) -> Test:
    """Likelihood ratio against the saturated model, or (n - 1) times the least-squares discrepancy."""
    df = degrees_of_freedom(fitted)
    if fitted.objective.has_likelihood:
        chisq = _beyond_rounding(2.0 * fitted.saturated_log_likelihood, 2.0 * fitted.log_likelihood)
    else:
        chisq = 2.0 * fitted.constrained.solution.value * fitted.weight
        if fitted.options.discrepancy == "ULS":  # the statistic has no chi-square distribution
            return Test(chisq, df, math.nan)
    return Test(chisq, df, chisq_pvalue(chisq, df))


def _beyond_rounding(larger: float, smaller: float) -> float:
    """Their difference, or 0 where it is within the rounding error of sums so large."""
    gap = larger - smaller
    return gap if gap > ROUNDING * (abs(larger) + abs(smaller)) else 0.0


def scaled_test(fitted: Fitted) -> Test:
    """The robust test the options ask for; scaling 1 at df 0."""
    plain = standard_test(fitted)
    if plain.df == 0:
        return plain
    if fitted.options.test in ("yuan_bentler", "yuan_bentler_mplus"):
        return _yuan_bentler(fitted, plain)
    return _satorra_bentler(fitted, plain)


def _satorra_bentler(fitted: Fitted, plain: Test) -> Test:
    first, second = ugamma_traces(fitted, squares=fitted.options.test != "satorra_bentler")
    df = plain.df
    if fitted.options.test == "satorra_bentler":
        scaling = first / df
        return Test(plain.chisq / scaling, df, chisq_pvalue(plain.chisq / scaling, df), scaling, trace=first)
    if fitted.options.test == "mean_var_adjusted":
        df, scaling = first**2 / second, second / first
        return Test(plain.chisq / scaling, df, chisq_pvalue(plain.chisq / scaling, df), scaling, trace=first)
    stretch = math.sqrt(df / second)
    shift = df - stretch * first
    chisq = plain.chisq * stretch + shift
    return Test(chisq, df, chisq_pvalue(chisq, df), 1 / stretch, shift, first)


def scaled_measures(prefix: str, test: Test) -> dict[str, float]:
    """The scaled test under lavaan's names, which begin with `prefix`."""
    out = {
        "chisq_scaled": test.chisq,
        "df_scaled": test.df,
        "pvalue_scaled": test.pvalue,
        "chisq_scaling_factor": test.scaling,
    }
    if not math.isnan(test.shift):
        out["chisq_shift_parameters"] = test.shift
    return {prefix + name: value for name, value in out.items()}


def ugamma_traces(fitted: Fitted, squares: bool) -> tuple[float, float]:
    """tr(U Gamma) and tr(U Gamma U Gamma) over all groups (the second NaN unless `squares`)."""
    diagonal = [w for point in fitted.points if (w := point.diagonal_weight) is not None]
    if len(diagonal) == len(fitted.points):
        traces = _diagonal_traces(fitted, diagonal)
        return traces[0], traces[1] if squares else math.nan
    every = range(fitted.table.n_groups)
    D, share = fitted.jacobians(), fitted.shares
    gamma = [term.moment_covariance().dense() for term in fitted.objective.groups]
    weight = [point.weight(exact=fitted.options.information == "observed") for point in fitted.points]
    WD = [weight[g] @ D[g] for g in every]
    GWD = [gamma[g] @ WD[g] for g in every]
    bread = inverse_information(sum(share[g] * D[g].T @ WD[g] for g in every), fitted.basis)
    first = sum(float(np.vdot(weight[g], gamma[g])) for g in every)
    first -= sum(share[g] * float(np.vdot(bread, GWD[g].T @ WD[g])) for g in every)
    if not squares:
        return first, math.nan
    U = {(g, h): -share[g] * WD[g] @ bread @ GWD[h].T for g in every for h in every}
    for g in every:
        U[g, g] = U[g, g] + weight[g] @ gamma[g]
    return first, sum(float(np.vdot(U[g, h], U[h, g].T)) for g in every for h in every)


def _diagonal_traces(fitted: Fitted, weight: Sequence[Array]) -> tuple[float, float]:
    """The same for diagonal weights w, U = w^1/2 (I - Q Q') w^1/2 with Q an orthonormal basis of w^1/2 D.

    With P = w^1/2 Q: tr(w Gamma) - tr(P' Gamma P), and sum w w' Gamma^2 - 2 |w^1/2 Gamma P|^2 + |P' Gamma P|^2.
    """
    kept, D = _unsettled(fitted)
    gamma = [term.moment_covariance().among(rows) for term, rows in zip(fitted.objective.groups, kept, strict=True)]
    weight = [w[rows] for w, rows in zip(weight, kept, strict=True)]
    if not D[0].shape[1]:
        pairs = list(zip(weight, gamma, strict=True))
        return sum(float(w @ G.diagonal()) for w, G in pairs), sum(G.squares(w) for w, G in pairs)
    inner = sum(d.T @ (w[:, None] * d) for d, w in zip(D, weight, strict=True))
    right = _orthonormal(np.asarray(inner))
    P = [w[:, None] * d @ right for d, w in zip(D, weight, strict=True)]
    parts = [G.traces(w, p) for G, w, p in zip(gamma, weight, P, strict=True)]
    both = np.asarray(sum(own for own, _ in parts))
    first = sum(float(w @ G.diagonal()) for w, G in zip(weight, gamma, strict=True)) - float(np.trace(both))
    return first, sum(second for _, second in parts) + float(np.sum(both * both))


def _unsettled(fitted: Fitted) -> tuple[list[slice | Array], list[Array]]:
    """Rows of each group that no parameter has for itself, and there the columns of w^1/2 D of all other parameters.

    A moment that a parameter of its own moves, such as a threshold, is fitted whatever the others are: Q holds it.
    """
    D, whole = fitted.jacobians(), len(fitted.basis) == fitted.basis.shape[1]
    D = tuple(math.sqrt(f) * (d if whole else d @ fitted.basis) for f, d in zip(fitted.shares, D, strict=True))
    alone = np.asarray(sum(np.count_nonzero(d, axis=0) for d in D)) == 1
    if not whole:  # rounding hides which are
        alone[:] = False
    if sum(int(d.any(axis=1).sum()) for d in D) == len(alone):  # every moment is free or at zero
        alone[:] = True
    rows_by_group: list[slice | Array] = []
    left = []
    for d in D:
        rows = np.flatnonzero(~d[:, alone].any(axis=1))
        together = len(rows) > 0 and int(rows[-1]) - int(rows[0]) == len(rows) - 1
        rows_by_group.append(slice(int(rows[0]), int(rows[-1]) + 1) if together else rows)
        left.append(d[rows_by_group[-1]][:, ~alone])
    return rows_by_group, left


def _orthonormal(inner: Array) -> Array:
    """R with R R' the inverse of `inner` (q, q), of its part with information where it lacks rank."""
    try:
        root = np.linalg.cholesky(inner)
    except np.linalg.LinAlgError:
        scale = np.sqrt(inner.diagonal())
        scale[scale == 0] = 1.0
        values, vectors = np.linalg.eigh(inner / np.outer(scale, scale))
        kept = values > FLAT
        return vectors[:, kept] / np.sqrt(values[kept]) / scale[:, None]
    return solve_triangular(root, np.eye(len(root)), lower=True).T


def _yuan_bentler(fitted: Fitted, plain: Test) -> Test:
    """c = tr(U Gamma) / df; the Mplus variant takes tr(A1^-1 B1) - tr(A0^-1 B0) for the trace."""
    flat = fitted.options.observed_information == "h1" and fitted.options.information == "observed"
    inverse = inverse_information(_flat_information(fitted), fitted.basis) if flat else fitted.inverse
    h0_trace = float(np.trace(inverse @ fitted.score_products))
    h1_trace = sum(group.trace for group in fitted.saturated)
    h1_count = sum(len(g.information) for g in fitted.saturated)
    mplus = fitted.options.test == "yuan_bentler_mplus"
    trace = h1_trace - h0_trace if mplus else _structured_trace(fitted, inverse)
    scaling = trace / plain.df
    chisq = plain.chisq / scaling
    free = sum(row.free >= 0 for row in fitted.table.rows)  # before equalities, as lavaan counts
    return Test(
        chisq,
        plain.df,
        chisq_pvalue(chisq, plain.df),
        scaling,
        trace=trace,
        h1=h1_trace / h1_count,
        h0=h0_trace / free if free else math.nan,
    )


def _structured_trace(fitted: Fitted, inverse: Array) -> float:
    """tr(U Gamma), U = A1 - A1 D A0^-1 D' A1 with A1 at the implied moments, Gamma = sandwich at the sample's."""
    exact = fitted.options.information == "observed"
    total = 0.0
    for (A1, D), group in zip(_about_moments(fitted, exact), fitted.saturated, strict=True):
        gamma, AD = group.sandwich, A1 @ D
        total += float(np.vdot(A1, gamma)) - float(np.vdot(inverse, AD.T @ gamma @ AD))
    return total


def _flat_information(fitted: Fitted) -> Array:
    """(q, q) the observed information without second derivatives of the moments: D' A1 D, A1 at the implied moments."""
    total = np.zeros((fitted.table.n_free,) * 2)
    for A1, D in _about_moments(fitted, exact=True):
        total += D.T @ A1 @ D
    return total


def _about_moments(fitted: Fitted, exact: bool) -> list[tuple[Array, Array]]:
    """Of each group the information A1 about its moments, at the implied ones, and their Jacobian D."""
    made = [(point, point.structured_information(exact)) for point in fitted.points]
    return [(known[0], point.jacobian[known[1]]) for point, known in made if known is not None]
