"""Covariances of the estimates of many complete samples at once, from the expected information of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.structure import Structure

AT_ONCE = 128  # samples whose (q, q) matrices are held at once


def covariances(fitted: Fitted, theta: Array, exogenous: Array, sizes: Sequence[int]) -> Array:
    """(R, q, q) inverse expected information at estimates theta (R, q) and exogenous rows (R, e).

    sizes : respondents of each group. NaN where the information is singular.
    """
    parts = np.array_split(np.arange(len(theta)), max(1, len(theta) // AT_ONCE))
    return np.concatenate([_inverse(fitted, _information(fitted, theta[i], exogenous[i], sizes)) for i in parts])


def _information(fitted: Fitted, theta: Array, exogenous: Array, sizes: Sequence[int]) -> Array:
    q = theta.shape[1]
    total = np.zeros((len(theta), q, q))
    for group, (structure, n) in enumerate(zip(fitted.structures, sizes, strict=True)):
        own = _expected(structure, *stacks(fitted, group, theta, exogenous))
        if structure.in_order and len(structure.free) == q:
            total += n * own
        else:
            place = np.zeros((len(structure.free), q))
            place[np.arange(len(structure.free)), structure.free] = 1.0
            total += n * (place.T @ own @ place)
    return total


def stacks(fitted: Fitted, group: int, theta: Array, exogenous: Array) -> tuple[Array, Array]:
    """B and S (R, m, m) of one group at theta (R, q), exogenous rows at the values (R, e) of each sample."""
    s = fitted.structures[group]
    directed, symmetric = (np.repeat(part[None], len(theta), axis=0) for part in (s.directed, s.symmetric))
    paths, spreads = np.flatnonzero(s.is_path), np.flatnonzero(~s.is_path)
    directed[:, s.row[paths], s.col[paths]] = theta[:, s.free[paths]]
    symmetric[:, s.row[spreads], s.col[spreads]] = theta[:, s.free[spreads]]
    symmetric[:, s.col[spreads], s.row[spreads]] = theta[:, s.free[spreads]]
    for k, row in enumerate(row for row in fitted.table.rows if row.exogenous):
        if row.group == group:
            i = s.names.index(row.lhs)
            if row.op == "~1":
                directed[:, i, -1] = exogenous[:, k]
            else:
                j = s.names.index(row.rhs)
                symmetric[:, i, j] = symmetric[:, j, i] = exogenous[:, k]
    return directed, symmetric


def _expected(s: Structure, directed: Array, symmetric: Array) -> Array:
    """(R, k, k) tr(V dOmega_i V dOmega_j) / 2 for one respondent; V the inverse of Omega."""
    G, C = reduced(directed, symmetric)
    Z = np.concatenate([G[:, s.observed], C[:, s.observed]], axis=2)
    V = np.linalg.inv(C[:, s.observed][:, :, s.observed])
    M = (Z.transpose(0, 2, 1) @ V @ Z).reshape(len(Z), 4 * len(s.names) ** 2)
    uu, uv, vu, vv = (M.take(places, axis=1) for places in s.pairs)
    return s.weights * (vu * uv + vv * uu)


def reduced(directed: Array, symmetric: Array) -> tuple[Array, Array]:
    """G = (I - B)^-1 and C = G S G', each (R, m, m)."""
    G = np.linalg.inv(np.eye(directed.shape[1]) - directed)
    return G, G @ symmetric @ G.transpose(0, 2, 1)


def _inverse(fitted: Fitted, information: Array) -> Array:
    basis = fitted.basis
    inner = basis.T @ information @ basis
    diagonal = np.einsum("rii->ri", inner)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))  # no information leaves a singular matrix
    scaled = inner * scale[:, :, None] * scale[:, None, :]
    try:
        inverse = np.linalg.inv(scaled)
    except np.linalg.LinAlgError:
        regular = np.abs(np.linalg.slogdet(scaled)[1]) < np.inf
        inverse = np.full_like(scaled, np.nan)
        inverse[regular] = np.linalg.inv(scaled[regular])
    return basis @ (inverse * scale[:, :, None] * scale[:, None, :]) @ basis.T
