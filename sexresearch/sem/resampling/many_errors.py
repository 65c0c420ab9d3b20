"""Covariances of the estimates of many complete samples at once, from the expected information of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.stacked import expected_information, path_and_residual_stacks

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
        own = expected_information(structure, *stacks(fitted, group, theta, exogenous))
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
    directed, symmetric = path_and_residual_stacks(s, theta[:, s.free])
    for k, row in enumerate(row for row in fitted.table.rows if row.exogenous):
        if row.group == group:
            i = s.names.index(row.lhs)
            if row.op == "~1":
                directed[:, i, -1] = exogenous[:, k]
            else:
                j = s.names.index(row.rhs)
                symmetric[:, i, j] = symmetric[:, j, i] = exogenous[:, k]
    return directed, symmetric


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
