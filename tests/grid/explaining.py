"""What explains a difference between two fits of one draw, computed: lavaan's sample correlations, flat directions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from comparison import Values, parameter_values
from drawing import Draw
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from sexresearch import sem
from sexresearch.errors import SexresearchError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.estimate import estimate
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.fitting import Fitting, options_of
from sexresearch.sem.ordinal import conditional, mixed, statistics
from sexresearch.sem.ordinal.polychoric import polychoric
from sexresearch.sem.ordinal.polyserial import polyserial, product_moment
from sexresearch.sem.ordinal.probit import given

APART = 1e-7  # between two estimates of one correlation, each searched to 1e-9 or so
FAR = 40.0  # standard deviations beyond which no answer lies
ROUNDING = 1e-10  # of one correlation computed twice
FLAT = 1e-6  # smallest singular value of the scaled Jacobian, beside the largest: a direction that changes no moment
REMAINING = 0.05  # of the distance between two estimates, left after a Newton step from both
SAME_VALUE = 1e-4  # chi-square, relative: our discrepancy at lavaan's estimates is lavaan's

Found = dict[float, float]  # our correlation, and lavaan's


@dataclass(frozen=True)
class Side:
    """One variable of a pair: standardized answers (n,), or the limits (n, 2) of every row's response."""

    answers: np.ndarray
    limits: np.ndarray | None = None


def pair_log_likelihood(one: Side, two: Side, rho: float) -> float:
    """Of a correlation, thresholds, means and variances held (Olsson 1979; Olsson, Drasgow and Dorans 1982)."""
    rest = 1 - rho * rho
    if one.limits is None and two.limits is None:
        z, w = one.answers, two.answers
        return float(-0.5 * len(z) * math.log(rest) - (z * z - 2 * rho * z * w + w * w).sum() / (2 * rest))
    if one.limits is not None and two.limits is not None:
        both = np.column_stack([one.limits, two.limits])
        corners, counts = np.unique(both, axis=0, return_counts=True)
        normal = multivariate_normal([0, 0], [[1, rho], [rho, 1]])
        cells = [normal.cdf([b, d], lower_limit=[a, c], rng=1) for a, b, c, d in corners]
        return float(counts @ np.log(cells))
    z, limits = (one.answers, two.limits) if one.limits is None else (two.answers, one.limits)
    assert limits is not None
    lower, upper = (limits.T - rho * z) / math.sqrt(rest)
    flip = lower > 0
    return float(np.log(np.where(flip, ndtr(-lower) - ndtr(-upper), ndtr(upper) - ndtr(lower))).sum())


def missed_correlations(ours: sem.Results, theirs: pd.DataFrame) -> Found:
    """The correlations that lavaan's search missed; empty where another moment differs, or one is likelier there.

    `theirs` are lavaan's sample covariances: columns group, row, column, value.
    """
    found: Found = {}
    for sample in ours.fitted.samples:
        assert sample.ordinal is not None
        label = "" if sample.label is None else str(sample.label)
        own = theirs.assign(value=pd.to_numeric(theirs["value"], errors="coerce"))
        own = own[(own["group"].astype(str).str.strip() == label) & (theirs["column"] != "")]
        names = list(sample.ordinal.layout.names)
        table = own.pivot_table(index="row", columns="column", values="value").reindex(index=names, columns=names)
        cov, other = sample.ordinal.layout.cov(sample.ordinal.moments), table.to_numpy()
        if not np.allclose(np.diag(cov), np.diag(other), rtol=APART):
            return {}
        sizes = np.sqrt(np.outer(np.diag(cov), np.diag(cov)))
        for i, j in np.argwhere(np.tril(abs(cov - other) > APART * sizes)).tolist():
            mine, missed = cov[i, j] / sizes[i, j], other[i, j] / sizes[i, j]
            pair = answers_of(sample, i, j)
            if pair_log_likelihood(*pair, missed) >= pair_log_likelihood(*pair, mine):
                return {}
            found[mine] = missed
    return found


def answers_of(sample: Sample, i: int, j: int) -> tuple[Side, Side]:
    """The rows that answer both of two variables, each given the covariates."""
    assert sample.ordinal is not None
    assert sample.answers is not None
    own, values = sample.ordinal.layout, np.asarray(sample.answers.values)
    both = ~np.isnan(values[:, [i, j]]).any(axis=1)
    sides = []
    for k in (i, j):
        known = given(values[:, k], values[:, own.p :], own.levels[k], own.names[k], np.ones(len(values)))
        if own.levels[k]:
            ends = np.clip(np.column_stack([known.lower, known.upper])[both], -FAR, FAR)
            sides.append(Side(values[both, k], ends))
        else:
            sides.append(Side(known.z[both]))
    return sides[0], sides[1]


@contextmanager
def with_correlations(found: Found) -> Iterator[None]:
    """Fits inside take lavaan's correlations in place of ours."""

    def replaced(rho: float) -> float:
        return next((other for mine, other in found.items() if math.isclose(mine, rho, abs_tol=ROUNDING)), rho)

    def serial(*pair: Any) -> float:
        return replaced(polyserial(*pair))

    def moment(*pair: Any) -> float:
        return replaced(product_moment(*pair))

    def choric(*tables: Any) -> Array:
        return np.array([replaced(rho) for rho in polychoric(*tables)])

    with (
        mock.patch.multiple(mixed, polyserial=serial, product_moment=moment),
        mock.patch.multiple(conditional, polyserial=serial, product_moment=moment),
        mock.patch.object(statistics, "polychoric", choric),
    ):
        yield


def placed(drawn: Draw) -> Fitted | None:
    """The draw's model and data as arrays, without the questions that a fit answers before it is given out."""
    known = {k: v for k, v in drawn.options.items() if k not in ("group", "group_equal", "group_partial")}
    options: Mapping[str, Any] = drawn.options
    asked = options_of(
        Fitting(**known), options.get("group"), options.get("group_equal", ()), options.get("group_partial", ())
    )
    try:
        return estimate(sem.Model(drawn.model), drawn.data, None, asked)[0]
    except SexresearchError:
        return None


def lavaans_theta(fitted: Fitted, theirs: Values) -> np.ndarray:
    """(q,) lavaan's estimates in our order of the free parameters."""
    rows = [row for row in fitted.table.rows if row.free >= 0]
    frame = pd.DataFrame([(r.lhs, r.op, r.rhs, r.group) for r in rows], columns=["lhs", "op", "rhs", "group"])
    labels = ["" if sample.label is None else str(sample.label) for sample in fitted.samples]
    frame["group"] = [labels[number] for number in frame["group"]]
    frame["est"] = frame["se"] = frame["std_all"] = 0.0
    names = [name for kind, name in parameter_values(frame) if kind == "est"]
    theta = np.zeros(fitted.table.n_free)
    for row, name in zip(rows, names, strict=True):
        theta[row.free] = theirs["est", name]
    return theta


def flatness(fitted: Fitted, theta: np.ndarray) -> float:
    """The smallest singular value beside the largest of the moments' derivatives, each parameter scaled to length 1."""
    J = np.vstack([point.jacobian for point in fitted.objective.at(theta)])
    length = np.linalg.norm(J, axis=0)
    values = np.linalg.svd(J / np.where(length > 0, length, 1.0), compute_uv=False)
    return float(values[-1] / values[0]) if len(J) >= len(theta) else 0.0


def chi_square(fitted: Fitted, theta: np.ndarray) -> float:
    """The chi-square at parameters (q,)."""
    if fitted.options.kind in ("normal", "fiml"):
        likelihood = sum(point.log_likelihood for point in fitted.objective.at(theta))
        return float(2.0 * (fitted.saturated_log_likelihood - likelihood))
    return float(2.0 * fitted.objective.value(theta) * fitted.weight)


def flat_at_lavaans(drawn: Draw, theirs: Values) -> bool:
    """Whether lavaan's solution, at which our chi-square is its own, has a direction that changes no moment."""
    fitted = placed(drawn)
    if fitted is None or fitted.constrained.n_equalities:
        return False
    theta = lavaans_theta(fitted, theirs)
    same = math.isclose(chi_square(fitted, theta), theirs["measure", "chisq"], rel_tol=SAME_VALUE)
    return same and flatness(fitted, theta) < FLAT


def one_minimum(fitted: Fitted, theirs: Values) -> bool:
    """Whether one exact Newton step leads from either side's estimates to one and the same point."""
    if fitted.constrained.n_equalities:
        return False
    ours, lavaans = fitted.constrained.solution.theta, lavaans_theta(fitted, theirs)
    ends = [newton_point(fitted, theta) for theta in (ours, lavaans)]
    if ends[0] is None or ends[1] is None:
        return False
    scale = np.sqrt(np.diag(fitted.objective.hessian(ours)))
    gap, left = (np.linalg.norm(scale * (a - b)) for a, b in ((ours, lavaans), ends))
    return bool(left < REMAINING * gap)


def newton_point(fitted: Fitted, theta: np.ndarray) -> np.ndarray | None:
    """Where an exact Newton step from parameters (q,) leads; None where the Hessian is not positive definite."""
    hessian = fitted.objective.hessian(theta)
    if np.linalg.eigvalsh(hessian)[0] <= 0:
        return None
    return theta - np.linalg.solve(hessian, fitted.objective.curve(theta).gradient)
