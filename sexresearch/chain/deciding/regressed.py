"""Least squares with errors that hold where the spread of the residuals differs between respondents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.sem.view import Array, cluster_sums

DEPENDENT = 1e-8  # of a column's length: what is left of it beside those before it, below which it says nothing new


@dataclass(frozen=True)
class Regression:
    """Coefficients (k,) and their covariance (k, k); NaN for columns that those before them determine."""

    coef: Array
    cov: Array


def regressed(design: Array, y: Array, clusters: Array | None = None, weights: Array | None = None) -> Regression:
    """y (n,) on the columns of design (n, k), which must hold a constant; rows count by their weights (n,).

    Errors: HC3 (MacKinnon & White 1985, doi 10.1016/0304-4076(85)90158-7); with clusters, sums of scores within them
    times G / (G - 1) (n - 1) / (n - k) (Cameron & Miller 2015, doi 10.3368/jhr.50.2.317).

    >>> found = regressed(np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]]), np.array([0.0, 2.0, 3.0, 5.0]))
    >>> found.coef.round(9).tolist(), found.cov.round(9).tolist()
    ([1.0, 3.0], [[2.0, -2.0], [-2.0, 4.0]])
    """
    n, k = design.shape
    if weights is not None:
        root = np.sqrt(weights)
        design, y = design * root[:, None], y * root
    kept = _independent(design)
    coef, cov = np.full(k, np.nan), np.full((k, k), np.nan)
    Q, R = np.linalg.qr(design[:, kept])
    inverse = np.linalg.inv(R)
    coef[kept] = inverse @ (Q.T @ y)
    residual = y - design[:, kept] @ coef[kept]
    if clusters is None:
        leverage = (Q**2).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            moves = Q * (residual / (1.0 - leverage))[:, None]
    else:
        moves = cluster_sums(Q * residual[:, None], clusters)
        count = len(moves)
        moves = moves * np.sqrt(count / (count - 1.0) * (n - 1.0) / (n - len(kept)))
    half = moves @ inverse.T
    cov[np.ix_(kept, kept)] = half.T @ half
    return Regression(coef, cov)


def _independent(design: Array) -> list[int]:
    """The columns that those before them do not determine."""
    kept: list[int] = []
    basis = np.empty((len(design), 0))
    for j, column in enumerate(design.T):
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        size = float(np.linalg.norm(rest))
        if size > DEPENDENT * max(float(np.linalg.norm(column)), 1e-300):
            kept.append(j)
            basis = np.hstack([basis, rest[:, None] / size])
    return kept
