"""Implied moments and expected information of one group at many parameter vectors at once."""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Structure
from sexresearch.sem.implied.total_effects import implied_covariances, total_effects


def path_and_residual_stacks(s: Structure, x: Array) -> tuple[Array, Array]:
    """B and S (b, m, m) at slot values x (b, k); moments are about 0, whatever the origin of the structure."""
    directed, symmetric = (np.repeat(part[None], len(x), axis=0) for part in (s.directed, s.symmetric))
    paths, spreads = np.flatnonzero(s.is_path), np.flatnonzero(~s.is_path)
    directed[:, s.row[paths], s.col[paths]] = x[:, paths]
    symmetric[:, s.row[spreads], s.col[spreads]] = x[:, spreads]
    symmetric[:, s.col[spreads], s.row[spreads]] = x[:, spreads]
    return directed, symmetric


def reduced(directed: Array, symmetric: Array) -> tuple[Array, Array]:
    """G = (I - B)^-1 and C = G S G', each (b, m, m)."""
    G = total_effects(directed)
    return G, implied_covariances(G, symmetric)


def expected_information(s: Structure, directed: Array, symmetric: Array) -> Array:
    """(b, k, k) tr(V dOmega_i V dOmega_j) / 2 for one respondent; V the inverse of Omega."""
    G, C = reduced(directed, symmetric)
    Z = np.concatenate([G[:, s.observed], C[:, s.observed]], axis=2)[:, :, s.columns]
    V = np.linalg.inv(C[:, s.observed][:, :, s.observed])
    M = (Z.transpose(0, 2, 1) @ V @ Z).reshape(len(Z), len(s.columns) ** 2)
    uu, uv, vv = (M.take(places, axis=1) for places in s.pairs)
    return s.weights * (uv.transpose(0, 2, 1) * uv + vv * uu)
