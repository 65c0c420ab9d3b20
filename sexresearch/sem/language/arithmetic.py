"""Tokens read as arithmetic: sums, products, powers, brackets and functions."""

from __future__ import annotations

from math import isfinite

from sexresearch.sem.language.cursor import Cursor, shown
from sexresearch.sem.language.expression import FUNCTIONS, Expression
from sexresearch.sem.language.tokens import fail


def sum_of(cursor: Cursor) -> Expression:
    """Terms joined by ``+`` and ``-``."""
    parts = [product_of(cursor)]
    while sign := cursor.accept("+", "-"):
        part = product_of(cursor)
        parts.append(part if sign.text == "+" else Expression("negate", parts=(part,)))
    return parts[0] if len(parts) == 1 else Expression("+", parts=tuple(parts))


def product_of(cursor: Cursor) -> Expression:
    """Factors joined by ``*`` and ``/``."""
    if cursor.accept("-"):
        with cursor.deeper():
            return Expression("negate", parts=(product_of(cursor),))
    depth = cursor.nested
    parts = [power_of(cursor)]
    while sign := cursor.accept("*", "/"):
        factor = power_of(cursor)
        if sign.text == "*":
            parts.append(factor)
        else:
            cursor.descend()
            parts = [Expression("/", parts=(_product(parts), factor))]
    cursor.nested = depth
    return _product(parts)


def _product(parts: list[Expression]) -> Expression:
    return parts[0] if len(parts) == 1 else Expression("*", parts=tuple(parts))


def power_of(cursor: Cursor) -> Expression:
    """A number, name, bracket or function, possibly with signs before it and ``^`` behind."""
    with cursor.deeper():
        if cursor.accept("-"):
            return Expression("negate", parts=(power_of(cursor),))
        base = _atom(cursor)
        return Expression("^", parts=(base, power_of(cursor))) if cursor.accept("^") else base


def _atom(cursor: Cursor) -> Expression:
    token = cursor.take()
    if token.kind == "number":
        value = float(token.text)
        return Expression("number", value=value) if isfinite(value) else fail(token, f"found {token.text}", "less")
    if token.text == "(" and token.kind == "punct":
        return _bracket(cursor)
    if token.kind == "name" and cursor.here.text == "(":
        if token.text not in FUNCTIONS:
            fail(token, f"unknown function {token.text!r}", "one of " + ", ".join(FUNCTIONS))
        cursor.take()
        return Expression(token.text, parts=(_bracket(cursor),))
    if token.names:
        return Expression("name", name=token.text)
    return fail(token, f"found {shown(token)}", "a number, a parameter label, or '('")


def _bracket(cursor: Cursor) -> Expression:
    inner = sum_of(cursor)
    cursor.expect(")")
    return inner
