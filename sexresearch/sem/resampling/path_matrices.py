"""Paths, residual (co)variances, total effects and implied covariances of one block at many parameter vectors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.total_effects import implied_covariances, implied_variances, total_effects
from sexresearch.sem.resampling.row_values import RowPlaces, path_matrices


@dataclass(frozen=True, eq=False)
class Matrices:
    """Paths B, residual (co)variances S, total effects G = (I - B)^-1 (R, m, m) of a block at R parameter vectors."""

    B: Array
    S: Array
    G: Array

    @cached_property
    def C(self) -> Array:
        """(R, m, m) implied covariances of all variables."""
        return implied_covariances(self.G, self.S)

    @cached_property
    def sd(self) -> Array:
        """(R, m) implied standard deviations; NaN where a variance is negative."""
        with np.errstate(invalid="ignore"):
            return np.sqrt(implied_variances(self.G, self.S))


def matrices(places: RowPlaces, rows: Array) -> Matrices:
    """The matrices of the block at `places`, from values (R, rows) of the whole table."""
    B, S = path_matrices(places, rows)
    return Matrices(B, S, total_effects(B))


def variance_slopes(places: RowPlaces, S: Array, G: Array) -> tuple[Array, Array]:
    """(m, m) covariances C = G S G' at one vector, and (m, rows of the block) derivatives of the variances."""
    C, out = implied_covariances(G, S), np.zeros((places.m, len(places.own)))
    moving, spread = places.is_path & (places.col < places.m), ~places.is_path
    out[:, moving] = 2.0 * G[:, places.row[moving]] * C[places.col[moving]].T
    twice = np.where(places.row[spread] == places.col[spread], 1.0, 2.0)
    out[:, spread] = twice * G[:, places.row[spread]] * G[:, places.col[spread]]
    return C, out
