"""Symmetric matrices: inverses by Cholesky factors, eigenvalues above a limit, information along a basis."""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import lapack

from sexresearch.sem.arrays import Array
from sexresearch.sem.delta_method import carried

FLAT = 1e-9  # eigenvalue of the scaled information below which a direction carries no information


def invert(matrix: Array) -> tuple[Array, float] | None:
    """Inverse and log determinant of a positive definite matrix by Cholesky, L^-T L^-1; None where it is not."""
    factor, info = lapack.dpotrf(matrix.T, lower=1)
    logdet = 2.0 * float(np.log(factor.diagonal()).sum()) if info == 0 else math.nan
    if not math.isfinite(logdet):
        return None
    root, info = lapack.dtrtri(factor, lower=1, overwrite_c=1)
    return (root.T @ root, logdet) if info == 0 else None


def exceeds(matrix: Array, limit: float) -> bool:
    """Whether every eigenvalue of a symmetric matrix is larger than `limit`, told by one Cholesky factor."""
    shifted = matrix.copy()
    shifted.flat[:: len(matrix) + 1] -= limit
    factor, info = lapack.dpotrf(shifted.T, lower=1, overwrite_a=1)
    return info == 0 and bool(np.isfinite(factor.diagonal()).all())


def inverse_information(information: Array, basis: Array) -> Array:
    """basis (basis' I basis)^-1 basis': the inverse of I (q, q) along `basis` (q, d); NaN where it is singular."""
    if basis.shape[1] == 0:
        return np.zeros_like(information)
    whole = basis.shape[0] == basis.shape[1]
    inner = information if whole else basis.T @ information @ basis
    scale = _diagonal_scale(inner)
    unit = scale[:, None] * scale
    inverted = invert(inner / unit)
    try:
        inverse = (np.linalg.inv(inner / unit) if inverted is None else inverted[0]) / unit
    except np.linalg.LinAlgError:
        return np.full_like(information, np.nan)
    return inverse if whole else carried(basis, inverse)


def determined_inverse(information: Array, basis: Array) -> Array:
    """Like `inverse_information`, with NaN for those parameters alone that a flat direction moves.

    Products of scores can lack rank in a model that is identified: the mean and the variance of a variable with two
    values have one score.
    """
    inner = basis.T @ information @ basis
    scale = _diagonal_scale(inner)
    values, vectors = np.linalg.eigh(inner / scale[:, None] / scale)
    flat = values < FLAT
    if not flat.any():
        return inverse_information(information, basis)
    firm = basis @ (vectors[:, ~flat] / scale[:, None])
    moved = np.abs(basis @ vectors[:, flat]).max(axis=1) > FLAT
    inverse = firm / values[~flat] @ firm.T
    return np.where(moved[:, None] | moved, np.nan, inverse)


def flat_direction(information: Array, basis: Array) -> Array | None:
    """(q,) a direction along which the information vanishes, in scaled parameters; None where there is none."""
    if basis.shape[1] == 0:
        return None
    whole = basis.shape[0] == basis.shape[1]
    inner = information if whole else basis.T @ information @ basis
    scale = _diagonal_scale(inner)
    unit = inner / scale[:, None] / scale
    if exceeds(unit, FLAT):
        return None
    values, vectors = np.linalg.eigh(unit)
    if values[0] > FLAT:
        return None
    return vectors[:, 0] if whole else _diagonal_scale(information) * (basis @ (vectors[:, 0] / scale))


def bounded_away(information: Array, inverse: Array) -> bool:
    """Whether the inverse is small enough to exclude a flat direction: no eigenvalue is below 1 / |inverse|.

    Both in scaled parameters, the size of the inverse being the root of its summed squares. False may mean either.

    >>> bounded_away(np.diag([4.0, 9.0]), np.diag([1 / 4, 1 / 9]))
    True
    """
    scale = _diagonal_scale(information)
    unit = inverse * scale[:, None] * scale
    return bool(FLAT * FLAT * np.vdot(unit, unit) < 1.0)


def _diagonal_scale(information: Array) -> Array:
    """(q,) roots of the diagonal; 1 where there is no information, so that such a direction stays flat."""
    diagonal = np.sqrt(np.abs(information.diagonal()))
    return np.where(diagonal > 0, diagonal, 1.0)


def positive_definite(stack: Array) -> Array:
    """(b,) whether each matrix of a stack (b, P, P) is."""
    try:
        np.linalg.cholesky(stack)
    except np.linalg.LinAlgError:
        finite = np.isfinite(stack).all(axis=(1, 2))
        return finite & (np.linalg.eigvalsh(np.where(finite[:, None, None], stack, 0.0))[:, 0] > 0)
    return np.ones(len(stack), dtype=bool)
