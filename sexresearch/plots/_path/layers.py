"""Columns of the chain: ranks by longest path, lanes for arrows that skip columns, an order with few crossings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

Slot = str | tuple[int, int]  # a node's name, or (number of the link, column) for the lane of a skipping link
Columns = list[list[Slot]]


@dataclass(frozen=True)
class Layers:
    """Slots of every column from top to bottom, and every link's way through them, from left to right."""

    columns: tuple[tuple[Slot, ...], ...]
    ways: tuple[tuple[Slot, ...], ...]

    def alone(self, name: str, last: int) -> bool:
        """Whether exactly one way leaves (`last` 0) or enters (1) a node."""
        return sum(way[-last] == name for way in self.ways) == 1


def acyclic(nodes: Sequence[str], links: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The links with those turned round that close a feedback loop, found depth first from the sources.

    >>> acyclic(["a", "b"], [("a", "b"), ("b", "a")])
    [('a', 'b'), ('a', 'b')]
    """
    heads = {head for _, head in links}
    done: set[str] = set()
    turned: set[tuple[str, str]] = set()

    def visit(node: str, path: tuple[str, ...]) -> None:
        for tail, head in links:
            if tail != node:
                continue
            if head in (*path, node):
                turned.add((tail, head))
            elif head not in done:
                visit(head, (*path, node))
        done.add(node)

    for node in sorted(nodes, key=lambda name: name in heads):
        if node not in done:
            visit(node, ())
    return [(head, tail) if (tail, head) in turned else (tail, head) for tail, head in links]


def ranks(nodes: Sequence[str], links: Sequence[tuple[str, str]], anchored: Iterable[str] = ()) -> dict[str, int]:
    """Column of every node: its longest path from a source.

    Sources that are not anchored stand just before their first target.

    >>> ranks(["a", "b", "c", "age"], [("a", "b"), ("b", "c"), ("a", "c"), ("age", "c")])
    {'a': 0, 'b': 1, 'c': 2, 'age': 1}
    """
    rank = dict.fromkeys(nodes, 0)
    for _ in nodes:
        for tail, head in links:
            rank[head] = max(rank[head], rank[tail] + 1)
    heads = {head for _, head in links}
    for node in set(nodes) - heads - set(anchored):
        rank[node] = min((rank[head] - 1 for tail, head in links if tail == node), default=0)
    return rank


def layered(
    nodes: Sequence[str], links: Sequence[tuple[str, str]], rank: Mapping[str, int], sides: Mapping[str, str]
) -> Layers:
    """Nodes and lanes in the order with few crossings.

    Lanes keep clear of the indicators where they can: between the outer nodes of a column or, past a single node,
    opposite to the side ("up" or "down") that `sides` gives for it. Nodes missing there have no indicators.
    """
    width = max(rank.values()) + 1
    columns: Columns = [[node for node in nodes if rank[node] == c] for c in range(width)]
    ways: list[tuple[Slot, ...]] = []
    for number, (tail, head) in enumerate(links):
        lane: list[Slot] = [(number, c) for c in range(rank[tail] + 1, rank[head])]
        for c, slot in enumerate(lane, start=rank[tail] + 1):
            columns[c].append(slot)
        ways.append((tail, *lane, head))
    return Layers(tuple(map(tuple, _best_order(columns, ways, sides))), tuple(ways))


@dataclass(frozen=True)
class _Order:
    """What the order of slots is judged by: pairs[c] holds the links between columns c and c + 1."""

    pairs: tuple[tuple[tuple[Slot, Slot], ...], ...]
    sides: Mapping[str, str]
    given: Mapping[Slot, int]

    def cost(self, columns: Columns, only: int | None = None) -> float:
        """Crossings, a little for length and for leaving the given order, much for lanes among indicators."""
        gaps = range(len(self.pairs)) if only is None else [c for c in (only - 1, only) if 0 <= c < len(self.pairs)]
        shown = range(len(columns)) if only is None else [only]
        return sum(self._gap(columns, c) for c in gaps) + sum(self._column(columns[c]) for c in shown)

    def _gap(self, columns: Columns, c: int) -> float:
        if not self.pairs[c]:
            return 0.0
        left, right = (_heights(columns[k]) for k in (c, c + 1))
        ends = np.array([(left[a], right[b]) for a, b in self.pairs[c]])
        order = (ends[:, None, 0] - ends[None, :, 0]) * (ends[:, None, 1] - ends[None, :, 1])
        weight = np.array([1.0 if isinstance(a, str) and isinstance(b, str) else 0.5 for a, b in self.pairs[c]])
        return float(np.sum(order < 0) / 2 + 0.1 * np.abs(ends[:, 0] - ends[:, 1]) @ weight)

    def _column(self, column: Sequence[Slot]) -> float:
        given = [self.given[slot] for slot in column if slot in self.given]
        turned = sum(a > b for a, b in combinations(given, 2))
        places = [k for k, slot in enumerate(column) if slot in self.sides]
        if not places:
            return 0.01 * turned
        above, below = places[0], len(column) - 1 - places[-1]
        if len(places) > 1:
            return 0.01 * turned + 0.8 * (above + below)
        return 5.0 * (above if self.sides[str(column[places[0]])] == "up" else below)


def _heights(column: Sequence[Slot]) -> dict[Slot, float]:
    middle = (len(column) - 1) / 2
    return {slot: middle - k for k, slot in enumerate(column)}


def _best_order(columns: Columns, ways: Sequence[Sequence[Slot]], sides: Mapping[str, str]) -> Columns:
    pairs: list[list[tuple[Slot, Slot]]] = [[] for _ in columns[1:]]
    where = {slot: c for c, column in enumerate(columns) for slot in column}
    for way in ways:
        for a, b in pairwise(way):
            pairs[where[a]].append((a, b))
    given: dict[Slot, int] = {s: k for column in columns for k, s in enumerate(column) if isinstance(s, str)}
    judge = _Order(tuple(map(tuple, pairs)), sides, given)
    forward = _sweep(columns, judge, range(1, len(columns)), -1)
    backward = _sweep(forward, judge, range(len(columns) - 2, -1, -1), 1)
    starts = [columns, forward, backward]
    starts += [[column[::-1] for column in start] for start in starts]
    orders = [_improve(start, judge) for start in starts]
    return min(orders, key=judge.cost)


def _sweep(columns: Columns, judge: _Order, order: Iterable[int], step: int) -> Columns:
    """Sort each column by the mean height of its neighbours in the column `step` away (barycentre)."""
    result = [list(column) for column in columns]
    for c in order:
        near = _heights(result[c + step])
        own = _heights(result[c])
        links = judge.pairs[c + min(step, 0)]
        mean = {}
        for slot in result[c]:
            neighbours = [near[a if step < 0 else b] for a, b in links if slot == (b if step < 0 else a)]
            mean[slot] = float(np.mean(neighbours)) if neighbours else own[slot]
        result[c].sort(key=lambda slot: -mean[slot])
    return result


def _improve(columns: Columns, judge: _Order) -> Columns:
    """Move single slots within their columns as long as that lowers the cost."""
    best = [list(column) for column in columns]
    for _ in range(8):
        before = judge.cost(best)
        for c in range(len(best)):
            best[c] = _improve_column(best, c, judge)
        if judge.cost(best) > before - 1e-9:
            break
    return best


def _improve_column(columns: Columns, c: int, judge: _Order) -> list[Slot]:
    trial = list(columns)
    best, lowest = list(columns[c]), judge.cost(columns, c)
    for slot in columns[c]:
        rest = [other for other in best if other != slot]
        for place in range(len(best)):
            trial[c] = [*rest[:place], slot, *rest[place:]]
            cost = judge.cost(trial, c)
            if cost < lowest - 1e-9:
                best, lowest = trial[c], cost
    return best
