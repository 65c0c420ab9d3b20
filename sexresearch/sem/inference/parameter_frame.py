"""The parameter table of a fitted model as a data frame, defined parameters included."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.defined_parameters import defined_parameters, standardized_definitions
from sexresearch.sem.inference.standardized import ends_in_table, std_lv_and_all
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.statements import Definition
from sexresearch.sem.language.table import ParameterTable

NUMBERS = ("est", "se", "z", "pvalue", "ci_lower", "ci_upper", "std_lv", "std_all")
COLUMNS = pd.Index(["lhs", "op", "rhs", "label", "group", "level", *NUMBERS])


def parameter_frame(fitted: Fitted, vcov: Array, level: float = 0.95) -> pd.DataFrame:
    """One row per parameter and definition: estimate, standard error, z, p, limits, standardized estimates."""
    est, se = row_estimates(fitted), _row_errors(fitted.table, vcov)
    std = list(_standardized(fitted, est))
    defined = fitted.names.definitions
    if defined:
        values, errors = defined_parameters(fitted.names, fitted.theta, vcov)
        est, se = np.append(est, values), np.append(se, errors)
        std = [np.append(s, standardized_definitions(fitted, s)) for s in std]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(se > 0, est / np.where(se > 0, se, 1.0), np.nan)
    half = float(ndtri(0.5 + level / 2)) * se
    numbers = np.column_stack([est, se, z, 2.0 * ndtr(-np.abs(z)), est - half, est + half, *std])
    labels = tuple(sample.label for sample in fitted.samples) if fitted.table.n_groups > 1 else ()
    words = _words(fitted.table, defined, labels, tuple(map(type, labels)))
    frame = pd.concat([words, pd.DataFrame(numbers, index=words.index)], axis=1, ignore_index=True)
    frame.columns = COLUMNS
    return frame


@lru_cache(maxsize=256)  # most of the time that a frame takes; only copies leave this room
def _words(
    table: ParameterTable, defined: tuple[Definition, ...], labels: tuple[object, ...], kinds: tuple[type, ...]
) -> pd.DataFrame:
    """Columns lhs, op, rhs, label, group (missing for definitions and where there is one group) and level.

    `kinds` of the labels tell those apart that are equal, such as 1 and True.
    """
    own = {
        "lhs": [d.name for d in defined],
        "op": [":="] * len(defined),
        "rhs": [d.text for d in defined],
        "label": [d.name for d in defined],
    }
    words = {name: np.append(column, np.array(own[name], dtype=object)) for name, column in table.words.items()}
    groups = np.full(len(table.rows) + len(defined), pd.NA, dtype=object)
    if labels:
        groups[: len(table.rows)] = [labels[row.group] for row in table.rows]
    levels = np.full(len(groups), pd.NA, dtype=object)
    if table.levels:
        levels[: len(table.rows)] = [table.level(row.group) for row in table.rows]
    return pd.DataFrame({**words, "group": groups, "level": levels})


def row_estimates(fitted: Fitted) -> Array:
    """(rows,) estimate of every row: free, fixed, or taken from the sample."""
    table = fitted.table
    est = table.fixed.copy()
    est[table.free >= 0] = fitted.theta[table.free[table.free >= 0]]
    for number in np.flatnonzero(np.isnan(table.fixed) & (table.free < 0)):
        row = table.rows[number]
        est[number] = _derived_value(fitted, row) if row.derived else _sample_value(fitted, row)
    return est


def _derived_value(fitted: Fitted, row: Parameter) -> float:
    """The residual variance of an ordered variable (delta parameterization), or its scale (theta)."""
    if row.op == "~*~":
        return float(1.0 / fitted.points[row.group].response_sd[fitted.samples[row.group].names.index(row.lhs)])
    state = fitted.states[row.group]
    k = state.structure.names.index(row.lhs)
    return float(state.S[k, k])


def _sample_value(fitted: Fitted, row: Parameter) -> float:
    sample = fitted.samples[row.group]
    i = sample.names.index(row.lhs)
    return float(sample.mean[i] if row.op == "~1" else sample.cov[i, sample.names.index(row.rhs)])


def _row_errors(table: ParameterTable, vcov: Array) -> Array:
    """(rows,) standard errors, 0 where fixed, missing where the information is not positive."""
    diagonal = np.diag(vcov)
    with np.errstate(invalid="ignore"):
        error = np.where(diagonal >= 0, np.sqrt(np.maximum(diagonal, 0.0)), np.nan)
    return np.append(error, 0.0)[table.free]


def _standardized(fitted: Fitted, est: Array) -> Array:
    """(2, rows) std_lv and std_all."""
    out = np.empty((2, len(fitted.table.rows)))
    for number, (state, places) in enumerate(zip(fitted.states, fitted.table.places, strict=True)):
        out[:, places] = std_lv_and_all(state, ends_in_table(fitted.table, number), est[places])
    return out
