"""The arrows of a model as a graph: who leads to whom, by which paths, and where the arrows form a loop."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sexresearch.errors import ModelError
from sexresearch.sem.view import Parameter, View

ARROW = " → "


@dataclass(frozen=True)
class Arrows:
    """The variables of one group and the effects each leads to directly: regressions, loadings among them.

    >>> chain = Arrows(("a", "b", "c"), {"a": ("b", "c"), "b": ("c",)})
    >>> chain.paths("a", "c", most=10), chain.loop("a", "c")
    ([('a', 'b', 'c')], ())
    """

    names: tuple[str, ...]
    after: Mapping[str, tuple[str, ...]]

    @cached_property
    def reach(self) -> dict[str, frozenset[str]]:
        """What each variable leads to, directly or not; itself only where there is a loop."""
        return {name: frozenset(self._beyond(name)) for name in self.names}

    def _beyond(self, name: str) -> set[str]:
        reached: set[str] = set()
        waiting = list(self.after.get(name, ()))
        while waiting:
            here = waiting.pop()
            if here not in reached:
                reached.add(here)
                waiting += self.after.get(here, ())
        return reached

    def paths(self, source: str, target: str, most: int) -> list[tuple[str, ...]]:
        """Paths of two arrows or more that visit no variable twice, shortest first; no more than `most` + 1 of them."""
        routes: list[tuple[str, ...]] = []
        waiting: list[tuple[str, ...]] = [(source,)]
        while waiting and len(routes) <= most:
            path = waiting.pop(0)
            for name in self.after.get(path[-1], ()):
                if name == target and len(path) > 1:
                    routes.append((*path, name))
                elif name != target and name not in path and target in self.reach[name]:
                    waiting.append((*path, name))
        return routes

    def loop(self, source: str, target: str) -> tuple[str, ...]:
        """Variables of loops that the way from source to target touches, the ends included."""
        near = {source, *self.reach[source]}
        return tuple(
            name
            for name in self.names
            if name in near and name in self.reach[name] and (name == target or target in self.reach[name])
        )


def arrows(fit: View, number: int) -> Arrows:
    """The graph of one group (numbered from 0); arrows that are fixed to 0 are none."""
    after: dict[str, tuple[str, ...]] = {}
    for row in fit.by_block[number]:
        if row.op in ("=~", "~") and is_drawn(row):
            cause, effect = ends(row)
            after[cause] = (*after.get(cause, ()), effect)
    return Arrows(tuple(name for name in fit.blocks[number].names if name not in fit.options.auxiliary), after)


def all_arrows(fit: View) -> list[Arrows]:
    """The graph of every group."""
    return [arrows(fit, number) for number in range(len(fit.blocks))]


def is_drawn(row: Parameter) -> bool:
    """Whether a loading or regression is an arrow: not fixed to 0.

    >>> is_drawn(Parameter("excellence", "=~", "vis1", value=0.0))
    False
    """
    return row.free >= 0 or row.value != 0


def ends(row: Parameter) -> tuple[str, str]:
    """Cause and effect of a loading or regression.

    >>> ends(Parameter("joy", "=~", "j1")), ends(Parameter("loyalty", "~", "joy"))
    (('joy', 'j1'), ('joy', 'loyalty'))
    """
    return (row.lhs, row.rhs) if row.op == "=~" else (row.rhs, row.lhs)


def checked_name(name: str, names: Sequence[str], what: str, constructs: Sequence[str]) -> str:
    """The name, if the model has it; ModelError with the names there are, constructs first.

    >>> checked_name("joy", ["joy", "j1"], "target", ["joy"])
    'joy'
    """
    if name in names:
        return name
    near = difflib.get_close_matches(str(name), names, n=2)
    hint = f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""
    others = [other for other in names if other not in constructs]
    there = "; ".join(", ".join(part) for part in (constructs, others) if part)
    raise ModelError(f"{what} {name!r} is not in the model{hint}; its variables are: {there}")
