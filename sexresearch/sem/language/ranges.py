"""Between which numbers an expression lies whatever its parameters are: interval arithmetic (Moore 1966)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import reduce
from itertools import product

from sexresearch.sem.language.expression import Expression

Range = tuple[float, float]
EVERYTHING: Range = (-math.inf, math.inf)
NOT_NEGATIVE: Range = (0.0, math.inf)


def range_of(expression: Expression, known: Mapping[str, Range]) -> Range:
    """The lowest and the highest value; too wide rather than too narrow. Names that are not known can be anything.

    >>> from sexresearch.sem.language.expression import Expression
    >>> b = Expression("name", name="b")
    >>> range_of(Expression("abs", parts=(b,)), {})
    (0.0, inf)
    """
    names = {name: known.get(name, EVERYTHING) for name in expression.names()}
    return expression.walked(names, lambda value: (value, value), _combined)


def _combined(kind: str, parts: list[Range]) -> Range:
    if kind in ("+", "*"):
        return reduce(_plus if kind == "+" else _times, parts)
    if kind == "-":
        return _plus(parts[0], _negated(parts[1]))
    if kind == "negate":
        return _negated(parts[0])
    if kind == "/":
        return _times(parts[0], _reciprocal(parts[1]))
    if kind == "^":
        return _power(*parts)
    return _of_function(kind, *parts[0])


def _plus(a: Range, b: Range) -> Range:
    return a[0] + b[0], a[1] + b[1]


def _negated(a: Range) -> Range:
    return -a[1], -a[0]


def _times(a: Range, b: Range) -> Range:
    ends = [x * y if x and y else 0.0 for x, y in product(a, b)]  # 0 times anything is 0
    return min(ends), max(ends)


def _reciprocal(a: Range) -> Range:
    return (1 / a[1], 1 / a[0]) if a[0] > 0 or a[1] < 0 else EVERYTHING


def _power(base: Range, exponent: Range) -> Range:
    even = exponent[0] == exponent[1] and exponent[0] % 2 == 0
    return NOT_NEGATIVE if even or base[0] >= 0 else EVERYTHING


def _of_function(kind: str, low: float, high: float) -> Range:
    if kind == "abs":
        inside = low <= 0 <= high
        return (0.0 if inside else min(abs(low), abs(high))), max(abs(low), abs(high))
    return {"exp": NOT_NEGATIVE, "sqrt": NOT_NEGATIVE, "tanh": (-1.0, 1.0)}.get(kind, EVERYTHING)
