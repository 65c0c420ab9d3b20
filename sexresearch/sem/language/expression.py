"""Arithmetic of `:=`, `==`, `<` and `>`: parsed into a tree, differentiated exactly, never evaluated as code."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TypeVar

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array

T = TypeVar("T")


@dataclass(frozen=True)
class Jet:
    """A number that carries its gradient (q,) and Hessian (q, q) in the free parameters."""

    value: float
    gradient: Array
    hessian: Array

    def map(self, value: float, first: float, second: float) -> Jet:
        """The jet of f(self), from f, f' and f'' at self (chain rule)."""
        outer = np.outer(self.gradient, self.gradient)
        return Jet(value, first * self.gradient, second * outer + first * self.hessian)

    def plus(self, other: Jet, sign: float = 1.0) -> Jet:
        """self + sign * other."""
        return Jet(
            self.value + sign * other.value,
            self.gradient + sign * other.gradient,
            self.hessian + sign * other.hessian,
        )

    def times(self, other: Jet) -> Jet:
        """self * other (product rule to second order)."""
        cross = np.outer(self.gradient, other.gradient)
        return Jet(
            self.value * other.value,
            self.value * other.gradient + other.value * self.gradient,
            self.value * other.hessian + other.value * self.hessian + cross + cross.T,
        )


def constant(value: float, size: int) -> Jet:
    """A number that depends on none of `size` parameters."""
    return Jet(value, np.zeros(size), np.zeros((size, size)))


def variable(value: float, index: int, size: int) -> Jet:
    """Free parameter number `index` of `size`."""
    gradient = np.zeros(size)
    gradient[index] = 1.0
    return Jet(value, gradient, np.zeros((size, size)))


FUNCTIONS: dict[str, Callable[[float], tuple[float, float, float]]] = {
    "exp": lambda x: (math.exp(x), math.exp(x), math.exp(x)),
    "log": lambda x: (math.log(x), 1 / x, -1 / x**2),
    "sqrt": lambda x: (math.sqrt(x), 0.5 / math.sqrt(x), -0.25 * x**-1.5),
    "abs": lambda x: (abs(x), math.copysign(1.0, x), 0.0),
    "tanh": lambda x: (math.tanh(x), 1 - math.tanh(x) ** 2, -2 * math.tanh(x) * (1 - math.tanh(x) ** 2)),
    "atanh": lambda x: (math.atanh(x), 1 / (1 - x * x), 2 * x / (1 - x * x) ** 2),
}


@dataclass(frozen=True)
class Expression:
    """A node: a number, a name, or an operation on other nodes.

    `kind` is "number", "name", "+" and "*" (of two parts or more), "-", "/", "^", "negate" or the name of a function in
    `FUNCTIONS`.
    """

    kind: str
    value: float = 0.0
    name: str = ""
    parts: tuple[Expression, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Every parameter name used, in order of first appearance."""
        own = (self.name,) if self.kind == "name" else ()
        return tuple(dict.fromkeys(own + tuple(n for part in self.parts for n in part.names())))

    def jet(self, known: Mapping[str, Jet], size: int) -> Jet:
        """Value, gradient and Hessian given the jets of the names; ModelError where arithmetic fails."""
        return self.walked(known, lambda value: constant(value, size), _combined_jets)

    def values(self, known: Mapping[str, Array]) -> Array:
        """The value at every one of R parameter vectors, from arrays (R,) of the names; NaN where arithmetic fails."""
        with np.errstate(all="ignore"):
            return self.walked(known, np.asarray, _combined_arrays)

    def walked(self, known: Mapping[str, T], number: Callable[[float], T], combined: Callable[[str, list[T]], T]) -> T:
        """The value in any arithmetic, which says what a number is and what an operation makes of its parts."""
        if self.kind == "number":
            return number(self.value)
        if self.kind == "name":
            return known[self.name]
        return combined(self.kind, [part.walked(known, number, combined) for part in self.parts])


def _combined_jets(kind: str, parts: list[Jet]) -> Jet:
    try:
        return OPERATIONS[kind](parts) if kind in OPERATIONS else parts[0].map(*FUNCTIONS[kind](parts[0].value))
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise ModelError(f"cannot compute {_shown(kind, parts)}") from error


def _combined_arrays(kind: str, parts: list[Array]) -> Array:
    return reduce(ARRAY_OPERATIONS[kind], parts) if len(parts) > 1 else ARRAY_FUNCTIONS[kind](parts[0])


def _shown(kind: str, parts: list[Jet]) -> str:
    values = [f"{part.value:g}" for part in parts]
    return f"({values[0]}){kind}({values[1]})" if kind in ("/", "^") else f"{kind}({', '.join(values)})"


def _power(base: Jet, exponent: Jet) -> Jet:
    if not exponent.gradient.any():
        x, k = base.value, exponent.value
        if x < 0 and k != round(k):
            raise ValueError(f"{x} to the power {k} is no real number")
        second = 0.0 if k in (0.0, 1.0) else k * (k - 1) * x ** (k - 2)
        return base.map(x**k, 0.0 if k == 0 else k * x ** (k - 1), second)
    log = base.map(*FUNCTIONS["log"](base.value))
    product = exponent.times(log)
    return product.map(*FUNCTIONS["exp"](product.value))


def _over(left: Jet, right: Jet) -> Jet:
    x = right.value
    return left.times(right.map(1 / x, -1 / x**2, 2 / x**3))


OPERATIONS: dict[str, Callable[[list[Jet]], Jet]] = {
    "+": lambda parts: reduce(Jet.plus, parts),
    "*": lambda parts: reduce(Jet.times, parts),
    "-": lambda parts: parts[0].plus(parts[1], -1.0),
    "/": lambda parts: _over(*parts),
    "^": lambda parts: _power(*parts),
    "negate": lambda parts: parts[0].map(-parts[0].value, -1.0, 0.0),
}
ARRAY_OPERATIONS = {"+": np.add, "*": np.multiply, "-": np.subtract, "/": np.true_divide, "^": np.power}
ARRAY_FUNCTIONS = {"negate": np.negative, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": np.abs}
ARRAY_FUNCTIONS |= {"tanh": np.tanh, "atanh": np.arctanh}
