"""The parameter table of a fitted model as a data frame, defined parameters included."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.constraints import Namespace
from sexresearch.sem.fitted import Fitted
from sexresearch.sem.parameter import Parameter
from sexresearch.sem.standardized import standardize
from sexresearch.sem.structure import Implied

COLUMNS = (
    "lhs",
    "op",
    "rhs",
    "label",
    "group",
    "level",
    "est",
    "se",
    "z",
    "pvalue",
    "ci_lower",
    "ci_upper",
    "std_lv",
    "std_all",
)

ROUNDING = 1e-16  # variance, relative to the squared value, that is rounding error


def parameter_frame(fitted: Fitted, vcov: Array, level: float = 0.95) -> pd.DataFrame:
    """One row per parameter and definition: estimate, standard error, z, p, limits, standardized estimates."""
    rows = fitted.table.rows
    est, se = row_estimates(fitted), _row_errors(rows, vcov)
    std = [_standardized(fitted, est, everything) for everything in (False, True)]
    defined = fitted.names.definitions
    if defined:
        values, errors = _defined(fitted.names, fitted.theta, vcov)
        est, se = np.append(est, values), np.append(se, errors)
        std = [np.append(s, _defined_std(fitted, s)) for s in std]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(se > 0, est / np.where(se > 0, se, 1.0), np.nan)
    half = float(ndtri(0.5 + level / 2)) * se
    labels = [sample.label for sample in fitted.samples]
    several = len(labels) > 1
    group = [labels[row.group] if several else None for row in rows] + [None] * len(defined)
    return pd.DataFrame(
        {
            "lhs": [row.lhs for row in rows] + [d.name for d in defined],
            "op": [row.op for row in rows] + [":="] * len(defined),
            "rhs": [row.rhs for row in rows] + [d.text for d in defined],
            "label": [row.label for row in rows] + [d.name for d in defined],
            "group": pd.Series([pd.NA if g is None else g for g in group], dtype=object),
            "level": pd.Series([pd.NA] * len(est), dtype=object),
            "est": est,
            "se": se,
            "z": z,
            "pvalue": 2.0 * ndtr(-np.abs(z)),
            "ci_lower": est - half,
            "ci_upper": est + half,
            "std_lv": std[0],
            "std_all": std[1],
        },
        columns=list(COLUMNS),
    )


def row_estimates(fitted: Fitted) -> Array:
    """(rows,) estimate of every row: free, fixed, or taken from the sample."""
    theta = fitted.theta
    return np.array(
        [
            theta[row.free] if row.free >= 0 else _sample_value(fitted, row) if row.exogenous else row.value
            for row in fitted.table.rows
        ]
    )


def _sample_value(fitted: Fitted, row: Parameter) -> float:
    sample = fitted.samples[row.group]
    i = sample.names.index(row.lhs)
    return float(sample.mean[i] if row.op == "~1" else sample.cov[i, sample.names.index(row.rhs)])


def _row_errors(rows: tuple[Parameter, ...], vcov: Array) -> Array:
    diagonal = np.diag(vcov)
    with np.errstate(invalid="ignore"):
        error = np.where(diagonal >= -1e-16, np.sqrt(np.maximum(diagonal, 0.0)), np.nan)
    return np.array([error[row.free] if row.free >= 0 else 0.0 for row in rows])


def _standardized(fitted: Fitted, est: Array, everything: bool) -> Array:
    out = np.empty(len(fitted.table.rows))
    groups = np.array([row.group for row in fitted.table.rows])
    states: tuple[Implied, ...] = fitted.states
    for number, state in enumerate(states):
        own = np.flatnonzero(groups == number)
        out[own] = standardize(state, [fitted.table.rows[i] for i in own], est[own], everything)
    return out


def _defined(names: Namespace, theta: Array, vcov: Array) -> tuple[Array, Array]:
    """Values and delta-method standard errors of the defined parameters (Sobel 1982, doi 10.2307/270723)."""
    known = names.jets(theta)
    jets = [known[d.name] for d in names.definitions]
    variances = np.array([jet.gradient @ vcov @ jet.gradient for jet in jets])
    values = np.array([jet.value for jet in jets])
    held = variances < ROUNDING * values**2  # a constraint leaves it no room
    return values, np.where(held, 0.0, np.sqrt(np.maximum(variances, 0.0)))


def _defined_std(fitted: Fitted, std: Array) -> Array:
    """The definitions applied to standardized estimates, each label read at its first row; NaN where undefined."""
    first: dict[str, float] = {}
    for row, value in zip(fitted.table.rows, std, strict=True):
        if row.label:
            first.setdefault(row.label, float(value))
    names = fitted.names
    theta = np.zeros(names.size)
    for label, i in names.free.items():
        theta[i] = first[label]
    fixed = {label: first[label] for label in names.fixed}
    try:
        known = Namespace(names.size, names.free, fixed, names.definitions).jets(theta)
    except ModelError:  # log or sqrt of a standardized value outside its domain
        return np.full(len(names.definitions), np.nan)
    return np.array([known[d.name].value for d in names.definitions])
