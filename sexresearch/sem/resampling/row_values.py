"""Every row of the parameter table, and every definition, at many parameter vectors at once: raw and standardized."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.total_effects import implied_variances, total_effects
from sexresearch.sem.inference.standardized import ends_in_table, rescaled
from sexresearch.sem.language.parameter import Parameter

Standardization = Literal["est", "std_lv", "std_all"]
SCALES = get_args(Standardization)
AT_ONCE = 256  # parameter vectors whose (m, m) matrices are held at once


def definition_values(fitted: Fitted, rows: Array) -> Array:
    """(R, definitions) the ``:=`` parameters from values (R, rows) of the table, each label read at its first row."""
    used = (*fitted.names.free, *fitted.names.fixed)
    known: dict[str, Array] = {name: rows[:, fitted.table.named[name]] for name in used}
    for definition in fitted.names.definitions:
        known[definition.name] = np.broadcast_to(definition.expression.values(known), len(rows))
    values = [known[definition.name] for definition in fitted.names.definitions]
    return np.stack(values, axis=1) if values else np.zeros((len(rows), 0))


def row_values(fitted: Fitted, theta: Array, exogenous: Array) -> Array:
    """(R, rows) estimates of every row from theta (R, q) and the values (R, e) of the exogenous rows."""
    return rows_at(fitted.table.rows, theta, exogenous)


def rows_at(rows: Sequence[Parameter], theta: Array, exogenous: Array) -> Array:
    """The same from the rows of a parameter table alone."""
    out = np.empty((len(theta), len(rows)))
    taken = iter(range(exogenous.shape[1]))
    for i, row in enumerate(rows):
        out[:, i] = theta[:, row.free] if row.free >= 0 else exogenous[:, next(taken)] if row.exogenous else row.value
    return out


def values(fitted: Fitted, theta: Array, exogenous: Array, scale: str) -> Array:
    """(R, rows + definitions) on one of `SCALES`; NaN where a variance is negative."""
    rows = row_values(fitted, theta, exogenous)
    if scale != "est":
        std = rows.copy()
        for group, own in enumerate(fitted.table.places):
            std[:, own] = _standardized(fitted, group, rows, scale == "std_all")
        rows = std
    return np.hstack([rows, definition_values(fitted, rows)])


def _standardized(fitted: Fitted, group: int, rows: Array, everything: bool) -> Array:
    """(R, rows of the group) standardized, from values (R, all rows)."""
    places = places_of(fitted, group)
    sd = [_deviations(places, part) for part in np.array_split(rows, max(1, len(rows) // AT_ONCE))]
    total, residual = (np.vstack([part[k] for part in sd]) for k in (0, 1))
    ends = ends_in_table(fitted.table, group)
    return rescaled(ends, rows[:, fitted.table.places[group]], total, residual, everything)


@dataclass(frozen=True)
class RowPlaces:
    """Rows of one group: where they sit among m variables and the constant, p of them observed.

    Thresholds sit where intercepts do. derived : ordered variables whose residual variance follows from their scale
    (delta), scales : the rows of these scales among all rows of the table, given : covariates they are conditional on.
    """

    own: Array
    row: Array
    col: Array
    is_path: Array
    m: int
    p: int
    derived: Array
    scales: Array
    given: Array


def places_of(fitted: Fitted, group: int) -> RowPlaces:
    """Where the rows of one group (numbered from 0) sit."""
    structure = fitted.structures[group]
    names = structure.names[: len(structure.names) - structure.has_means]
    fixed = fitted.table.roles[group].exogenous if fitted.options.fixed_x else ()
    return places_among(fitted.table.rows, group, names, structure.p, fixed)


def places_among(
    rows: Sequence[Parameter], group: int, names: Sequence[str], p: int, fixed: Sequence[str]
) -> RowPlaces:
    """The same from the rows of a parameter table, the group's variables (p observed ones first) and those fixed."""
    m = len(names)
    place = {name: i for i, name in enumerate(names)}
    own = [i for i, row in enumerate(rows) if row.group == group and row.op != "~*~" and not row.derived]
    ends = np.array([_ends(rows[i], place, m) for i in own], dtype=int)
    paths = np.array([rows[i].op != "~~" for i in own])
    scales = [i for i, row in enumerate(rows) if row.group == group and row.op == "~*~" and not row.derived]
    derived = np.array([place[rows[i].lhs] for i in scales], dtype=int)
    given = np.array([place[name] for name in fixed] if scales else (), dtype=int)
    scaled = (derived, np.array(scales, dtype=int), given)
    return RowPlaces(np.array(own), ends[:, 0], ends[:, 1], paths, m, p, *scaled)


def _ends(row: Parameter, place: Mapping[str, int], constant: int) -> tuple[int, int]:
    if row.op == "=~":
        return place[row.rhs], place[row.lhs]
    return place[row.lhs], constant if row.op in ("~1", "|") else place[row.rhs]


def path_matrices(places: RowPlaces, table: Array) -> tuple[Array, Array]:
    """(R, m, m) paths B (effects in rows, causes in columns) and residual covariances S from values (R, all rows).

    Derived residual variances v solve diag(G S G') = 1 / scale^2, given the covariates.
    """
    m, path = places.m, places.is_path & (places.col < places.m)
    rows = table[:, places.own]
    B, S = np.zeros((len(rows), m, m)), np.zeros((len(rows), m, m))
    B[:, places.row[path], places.col[path]] = rows[:, path]
    spread = ~places.is_path
    S[:, places.row[spread], places.col[spread]] = rows[:, spread]
    S[:, places.col[spread], places.row[spread]] = rows[:, spread]
    if len(places.derived):
        k, G, known = places.derived, total_effects(B), S.copy()
        known[:, places.given], known[:, :, places.given] = 0.0, 0.0
        rest = table[:, places.scales] ** -2.0 - implied_variances(G, known)[:, k]
        S[:, k, k] += np.linalg.solve(G[:, k[:, None], k] ** 2, rest[..., None])[..., 0]
    return B, S


def _deviations(places: RowPlaces, rows: Array) -> tuple[Array, Array]:
    """(R, m) total and residual standard deviations; NaN where a variance is negative."""
    B, S = path_matrices(places, rows)
    G = total_effects(B)
    variances = np.stack([implied_variances(G, S), np.einsum("rii->ri", S)])
    with np.errstate(invalid="ignore"):
        sd = np.sqrt(variances)
    return sd[0], sd[1]


def exogenous_rows(fitted: Fitted, orders: Sequence[Array], moments: Sequence[Array]) -> Array:
    """(b, e) values of the exogenous rows in the samples whose moments (b, P, P) stand in `orders`, by group."""
    out = [np.zeros((len(moments[0]), 0))]
    for row in (row for row in fitted.table.rows if row.exogenous):
        structure, moment = fitted.structures[row.group], moments[row.group]
        at = {structure.names[structure.observed[k]]: i for i, k in enumerate(orders[row.group])}
        i, last = at[row.lhs], at.get("1", 0)
        value = moment[:, i, last] if row.op == "~1" else moment[:, i, at[row.rhs]]
        if row.op != "~1" and structure.has_means:
            value = value - moment[:, i, last] * moment[:, at[row.rhs], last]
        out.append(value[:, None])
    return np.hstack(out)
