"""Estimates in standardized units, of one fit or of many at once.

A path is rescaled by the standard deviations of its ends, a residual covariance by the residual standard deviations,
a variance by the variable's total variance, an intercept or threshold by the standard deviation (Bollen 1989,
chapter 4, doi 10.1002/9781118619179). `std_lv` rescales latent variables only, `std_all` all variables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from sexresearch.frozen import read_only, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Implied
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.table import ParameterTable


@dataclass(frozen=True)
class RowEnds:
    """Where rows sit among m variables, `p` observed ones first, and the constant, number m: an intercept's cause.

    row : what a path leads to, or one end of a covariance; col : the other. is_path, is_variance, is_scale : (rows,)
    what they are; a scale is told apart by its operator alone.
    """

    row: Array
    col: Array
    is_path: Array
    is_variance: Array
    is_scale: Array
    p: int
    m: int

    @read_only_property
    def factors(self) -> tuple[Array, Array]:
        """(rows,) places of the two factors of each row's unit in `_deviations`."""
        size = self.m + 1
        first = self.row + np.where(self.is_path | self.is_variance, 0, size)
        second = np.where(self.is_path, self.col + 2 * size, self.col + np.where(self.is_variance, 0, size))
        return first, second

    @cached_property
    def has_scales(self) -> bool:
        """Whether one of the rows is a scale."""
        return bool(self.is_scale.any())


def row_ends(rows: Sequence[Parameter], names: Sequence[str], p: int) -> RowEnds:
    """Where the rows of one group sit among its variables `names`."""
    place = {name: i for i, name in enumerate(names)}
    pairs = [_ends(row, place, len(names)) for row in rows]
    ends = np.array(pairs, dtype=int).reshape(len(rows), 2)
    is_path = np.array([row.op not in ("~~", "~*~") for row in rows], dtype=bool)
    is_variance = np.array([row.op == "~~" and row.lhs == row.rhs for row in rows], dtype=bool)
    is_scale = np.array([row.op == "~*~" for row in rows], dtype=bool)
    return RowEnds(ends[:, 0], ends[:, 1], is_path, is_variance, is_scale, p, len(names))


def _ends(row: Parameter, place: Mapping[str, int], constant: int) -> tuple[int, int]:
    if row.op == "=~":
        return place[row.rhs], place[row.lhs]
    return place[row.lhs], constant if row.op in ("~1", "|") else place[row.rhs]


def rescaled(ends: RowEnds, values: Array, total: Array, residual: Array, everything: bool) -> Array:
    """(R, rows) standardized values (R, rows), from total and residual standard deviations (R, m) of the variables.

    `everything` False scales latent variables only. NaN where a variance is negative or 0.
    """
    return _with_scales(ends, values, _over(ends, values, _deviations(ends, total, residual, everything)), everything)


def _deviations(ends: RowEnds, total: Array, residual: Array, everything: bool) -> Array:
    """(R, 3 (m + 1)) total, residual and inverse total standard deviations; observed variables' are 1 for `std_lv`."""
    m = ends.m
    sd = np.ones((len(total), 3 * (m + 1)))
    start = 0 if everything else ends.p
    sd[:, start:m], sd[:, m + 1 + start : 2 * m + 1] = total[:, start:], residual[:, start:]
    with np.errstate(divide="ignore"):
        np.divide(1.0, sd[:, : m + 1], out=sd[:, 2 * (m + 1) :])
    return sd


def _over(ends: RowEnds, values: Array, sd: Array) -> Array:
    """(R, rows) values in units of their standard deviations."""
    first, second = ends.factors
    with np.errstate(invalid="ignore"):
        unit = sd.take(first, axis=1) * sd.take(second, axis=1)
        positive = unit > 0
        return np.where(positive, values / np.where(positive, unit, 1.0), np.nan)


def _with_scales(ends: RowEnds, values: Array, scaled: Array, everything: bool) -> Array:
    if not ends.has_scales:
        return scaled
    return np.where(ends.is_scale, np.where(values < 0, -1.0, 1.0) if everything else values, scaled)


def total_sd(state: Implied) -> Array:
    """(variables,) implied standard deviation of every variable; NaN where the implied variance is negative."""
    return _root(state.all_cov.diagonal())


def _root(variance: Array) -> Array:
    return np.sqrt(np.where(variance >= 0, variance, np.nan))


def standardize(state: Implied, ends: RowEnds, values: Array, everything: bool) -> Array:
    """(rows,) standardized values of rows of one group at one parameter vector."""
    return rescaled(ends, values[None], *_total_and_residual(state), everything)[0]


def std_lv_and_all(state: Implied, ends: RowEnds, values: Array) -> Array:
    """(2, rows) both standardized values of rows of one group at one parameter vector."""
    sd = _total_and_residual(state)
    both = _over(ends, values, np.concatenate([_deviations(ends, *sd, everything) for everything in (False, True)]))
    return np.array([_with_scales(ends, values, both[everything], bool(everything)) for everything in (0, 1)])


def _total_and_residual(state: Implied) -> tuple[Array, Array]:
    """(1, m) standard deviations of the variables."""
    m = len(state.structure.names) - state.structure.has_means
    return total_sd(state)[None, :m], _root(state.S.diagonal())[None, :m]


@lru_cache(maxsize=256)
def ends_in_table(table: ParameterTable, number: int) -> RowEnds:
    """Where the rows of one group of a parameter table sit."""
    role = table.roles[number]
    return read_only(row_ends(table.group(number), role.observed + role.latent, len(role.observed)))
