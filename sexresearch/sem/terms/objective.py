"""A function of the parameters with its derivatives: what the minimiser asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sexresearch.frozen import when_asked
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Implied


@when_asked("gradient", "curvature")
@dataclass(frozen=True)
class Curve:
    """A discrepancy at one point: value, gradient (q,) and a positive semidefinite expected curvature (q, q).

    `hessian()` is the matrix of exact second derivatives (q, q), computed when called, from what is already there.
    Gradient and curvature may be given as functions too, called when first asked for. `states` are the implied moments
    of the groups, where they are at hand.
    """

    value: float
    gradient: Array
    curvature: Array
    hessian: Callable[[], Array]
    states: tuple[Implied, ...] = ()


class Objective(Protocol):
    """What the minimiser asks of a discrepancy."""

    @property
    def n_free(self) -> int:
        """Number of free parameters."""

    def value(self, theta: Array) -> float:
        """The discrepancy, infinite where the implied covariances are not positive definite."""

    def curve(self, theta: Array) -> Curve:
        """Value, gradient and expected curvature."""

    def hessian(self, theta: Array) -> Array:
        """(q, q) exact second derivatives."""
