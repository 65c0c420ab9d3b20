"""Rows of the table that are one parameter: by label, by ``equal()``, and across groups by `group_equal`."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import replace

from sexresearch.errors import ModelError
from sexresearch.sem.language.equality import Equality, kind_of, released
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles


def share(
    rows: Sequence[Parameter], roles: Sequence[Roles], equality: Equality, n_levels: int = 1
) -> tuple[list[Parameter], int, list[str]]:
    """Number the free rows, those of one parameter alike; also how many there are, and notes.

    Where one row of a parameter is fixed, all of them are, to the first fixed value, as in lavaan.
    """
    first = _classes(rows, roles, equality, n_levels)
    values: dict[int, float] = {}
    notes = []
    for row, own in zip(rows, first, strict=True):
        if not math.isnan(row.value) and values.setdefault(own, row.value) != row.value:
            other = f"equal to a parameter fixed to {values[own]:g}, which counts"
            notes.append(f"{row.name} is fixed to {row.value:g} but {other}")
    numbers: dict[int, int] = {}
    numbered = []
    for row, own in zip(rows, first, strict=True):
        row = row if row.label or not row.equal else replace(row, label=row.equal)
        if row.exogenous or row.derived:
            numbered.append(row)
        elif own in values:
            numbered.append(replace(row, value=values[own]))
        else:
            numbered.append(replace(row, free=numbers.setdefault(own, len(numbers))))
    return _start_together(numbered), len(numbers), notes


def _classes(rows: Sequence[Parameter], roles: Sequence[Roles], equality: Equality, n_levels: int) -> list[int]:
    """For every row the first row that it is one parameter with."""
    first = list(range(len(rows)))

    def root(place: int) -> int:
        while first[place] != place:
            first[place] = first[first[place]]
            place = first[place]
        return place

    def join(a: int, b: int) -> None:
        a, b = sorted((root(a), root(b)))
        first[b] = a

    excepted = released(equality.partial, rows)
    seen: dict[object, int] = {}
    for place, row in enumerate(rows):
        if not (row.exogenous or row.derived):
            key = _key(row, roles[row.group], equality.equal, excepted, row.group % n_levels)
            join(seen.setdefault(key, place), place)
    named = _named(rows, n_levels) if any(row.equal for row in rows) else {}
    for place, row in enumerate(rows):
        if row.equal:
            join(_meant(row, rows, named), place)
    return [root(place) for place in range(len(rows))]


def _key(row: Parameter, roles: Roles, equal: Sequence[str], excepted: set[tuple[str, str, str]], level: int) -> object:
    """What a row is recognized by: its label, its formula where all groups share it, or its place."""
    formula = (row.lhs, row.op, row.rhs)
    if row.label:
        return ("label", row.label)
    if not row.equal and kind_of(row, roles) in equal and formula not in excepted:
        return ("equal", level, *formula)
    return (row.group, *formula)


def _named(rows: Sequence[Parameter], n_levels: int) -> dict[str, int]:
    """Rows by label and by lavaan's names: ``f=~x1``, ``f=~x1.g2`` in the second group, ``f=~x1.l2`` at level 2."""
    numbers: dict[str, int] = {}
    for place, row in enumerate(rows):
        group, level = divmod(row.group, n_levels)
        suffix = (f".g{group + 1}" if group else "") + (f".l{level + 1}" if level else "")
        turned = [f"{row.rhs}{row.op}{row.lhs}"] if row.op == "~~" else []
        for name in (row.label, *(text + suffix for text in (f"{row.lhs}{row.op}{row.rhs}", *turned))):
            if name:
                numbers.setdefault("".join(name.split()), place)
    return numbers


def _meant(row: Parameter, rows: Sequence[Parameter], named: dict[str, int]) -> int:
    place = named.get(row.equal)
    if place is None:
        near = difflib.get_close_matches(row.equal, named, n=2)
        some = f"; there are {', '.join(list(named)[:12])}"
        hint = f" (did you mean {' or '.join(map(repr, near))}?)" if near else some
        raise ModelError(f"{row.name} is to be equal to {row.equal!r}, which is no parameter of the model{hint}")
    if rows[place].exogenous or rows[place].derived:
        raise ModelError(f"{row.name} is to be equal to {row.equal!r}, which is not estimated but follows from others")
    return place


def _start_together(rows: list[Parameter]) -> list[Parameter]:
    """A starting value given for one row of a shared parameter is that of all its rows; so are bounds."""
    start: dict[int, float] = {}
    bounds: dict[int, tuple[float, float]] = {}
    for row in rows:
        if row.free >= 0:
            if not math.isnan(row.start):
                start.setdefault(row.free, row.start)
            low, high = bounds.get(row.free, (-math.inf, math.inf))
            bounds[row.free] = (max(low, row.lower), min(high, row.upper))
    return [
        replace(row, start=start.get(row.free, row.start), lower=bounds[row.free][0], upper=bounds[row.free][1])
        if row.free >= 0
        else row
        for row in rows
    ]
