"""Coordinates in which many samples are nearly quadratic: latent variables in units of their own spread.

Where a marker item sets the unit of a latent variable, a sample in which that item loads weakly is far away: the other
loadings, ratios to it, and the variance grow without bound. In units of the latent variable's standard deviation the
same sample is near. Any smooth coordinates lead to the same estimates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Structure


@dataclass(frozen=True)
class Coordinates:
    """Parameters as functions of y (q,): y itself, but for the `variances` (F,) of some latent variables.

    These are their start times s^2, with s their coordinates (1 at the start); parameter i is y_i times the product of
    s ^ powers[i] (q, F). theta (q,) is the start.
    """

    theta: Array
    variances: Array
    powers: Array

    @property
    def start(self) -> Array:
        """(q,) y at the start."""
        y = self.theta.copy()
        y[self.variances] = 1.0
        return y

    @property
    def jacobian(self) -> Array:
        """(q, q) derivatives of the parameters in y, at the start."""
        J = np.eye(len(self.theta))
        J[:, self.variances] = self.theta[:, None] * self.powers
        return J

    @property
    def plain(self) -> Coordinates:
        """The parameters themselves."""
        return Coordinates(self.theta, self.variances[:0], self.powers[:, :0])

    def parameters(self, y: Array) -> Array:
        """(b, q) at y (b, q); a negative standard deviation is a marker that loads the other way."""
        if not len(self.variances):
            return y
        base = y.copy()
        base[:, self.variances] = self.theta[self.variances]
        return base * self._units(y[:, self.variances])

    def _units(self, sd: Array) -> Array:
        """(b, q) products of the powers of sd (b, F)."""
        units = np.exp(np.log(np.abs(sd)) @ self.powers.T)
        turned = (sd < 0).astype(float)
        return units * (1.0 - 2.0 * ((turned @ (self.powers.T % 2.0)) % 2.0)) if turned.any() else units

    def pulled(self, y: Array, theta: Array, gradient: Array) -> Array:
        """(b, q) the gradient in y from that in the parameters, theta (b, q) at y (b, q)."""
        if not len(self.variances):
            return gradient
        sd = y[:, self.variances]
        out = gradient * self._units(sd)
        out[:, self.variances] = (gradient * theta) @ self.powers / sd
        return out


def coordinates(structures: Sequence[Structure], theta: Array) -> Coordinates:
    """Units of their own for latent variables that nothing explains and whose variances are free."""
    uses = np.bincount(np.concatenate([s.free for s in structures]), minlength=len(theta))
    variances: list[int] = []
    columns: list[Array] = []
    for s in structures:
        for f in _unexplained(s):
            own = s.free[~s.is_path & (s.row == f) & (s.col == f)]
            if len(own) and theta[own[0]] > 0 and own[0] not in variances:
                variances.append(int(own[0]))
                columns.append(np.where(uses == 1, _powers(s, f, len(theta)), 0.0))
                columns[-1][own[0]] = 2.0
    powers = np.array(columns).reshape(len(variances), len(theta)).T
    return Coordinates(theta, np.array(variances, dtype=int), powers)


def _unexplained(s: Structure) -> list[int]:
    """The latent variables that no path but an intercept leads to."""
    last = len(s.names) - s.has_means
    explained: Array = (s.directed[:, :last] != 0).any(axis=1)
    explained[s.row[s.is_path & (s.col < last)]] = True
    return [f for f in range(s.p, last) if not explained[f]]


def _powers(s: Structure, f: int, q: int) -> Array:
    """(q,) the power of the unit of variable f that each parameter goes with."""
    out = np.zeros(q)
    sign = np.where(s.is_path, -1.0, 1.0)
    np.add.at(out, s.free, sign * (s.col == f) + 1.0 * (s.row == f))
    return out
