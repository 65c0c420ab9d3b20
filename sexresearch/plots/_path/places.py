"""Where the slots stand: heights by linear programming, columns pushed right until nothing touches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sexresearch.plots._path.geometry import Rect
from sexresearch.plots._path.layers import Layers, Slot
from sexresearch.plots._path.node_blocks import NodeBlock

LANE = 0.11  # half the height kept free for an arrow that passes a column, inches
PAD = 0.16  # free space around blocks, inches


@dataclass(frozen=True)
class SlotPositions:
    """Column and height of every slot, centre of every column, and where the free lane through each begins and ends."""

    column: Mapping[Slot, int]
    y: Mapping[Slot, float]
    x: tuple[float, ...]
    bounds: tuple[tuple[float, float], ...]


def heights(
    layers: Layers, blocks: Mapping[str, NodeBlock], row_gap: float, covarying: Collection[tuple[str, str]]
) -> dict[Slot, float]:
    """Heights that keep the order and the distances in each column, with links as level as possible.

    A linear program: sum of weighted absolute height differences, lanes weighing most, so that they run straight;
    then links between nodes, nodes in the middle of their neighbours, and a little for compactness.
    """
    slots = [slot for column in layers.columns for slot in column]
    index = {slot: k for k, slot in enumerate(slots)}
    terms = [_row(index, {a: 1.0, b: -1.0}) * _weight(a, b) for way in layers.ways for a, b in pairwise(way)]
    terms += [row for slot in slots if isinstance(slot, str) for row in _centring(layers, index, slot)]
    terms += [3.0 * _row(index, {a: 1.0, b: -1.0}) for a, b in _alone(layers, blocks)]
    terms += [0.02 * _row(index, {column[0]: 1.0, column[-1]: -1.0}) for column in layers.columns if len(column) > 1]
    terms += [0.01 * _row(index, {slot: 1.0}) for slot in slots]
    spaces = _spaces(layers, blocks, row_gap, {*covarying, *((b, a) for a, b in covarying)})
    return dict(zip(slots, _least_absolute(np.array(terms), index, spaces), strict=True))


def _row(index: Mapping[Slot, int], entries: Mapping[Slot, float]) -> np.ndarray:
    row = np.zeros(len(index))
    for slot, value in entries.items():
        row[index[slot]] += value
    return row


def _weight(a: Slot, b: Slot) -> float:
    nodes = isinstance(a, str) + isinstance(b, str)
    return (8.0, 1.0, 4.0)[nodes]


def _alone(layers: Layers, blocks: Mapping[str, NodeBlock]) -> list[tuple[str, str]]:
    """Nodes that are alone in their columns and next to each other among those with indicators on the same side."""
    nodes = [[slot for slot in column if isinstance(slot, str)] for column in layers.columns]
    single = [column[0] for column in nodes if len(column) == 1 and blocks[column[0]].wing]
    return [pair for side in ("up", "down") for pair in pairwise(name for name in single if blocks[name].side == side)]


def _centring(layers: Layers, index: Mapping[Slot, int], slot: Slot) -> list[np.ndarray]:
    """A node stands level with the middle of its neighbours on each side."""
    rows = []
    before, after = ([pair for way in layers.ways for pair in pairwise(way[::step])] for step in (1, -1))
    for pairs in (before, after):
        near = [a for a, b in pairs if b == slot]
        if len(near) > 1:
            entries: dict[Slot, float] = {slot: 1.0}
            for other in near:
                entries[other] = entries.get(other, 0.0) - 1 / len(near)
            rows.append(1.5 * _row(index, entries))
    return rows


def _spaces(
    layers: Layers, blocks: Mapping[str, NodeBlock], row_gap: float, covarying: Collection[tuple[Slot, Slot]]
) -> list[tuple[Slot, Slot, float]]:
    """Neighbours in a column and the least distance of their centres; with an arc between them, room for its value."""
    spaces = []
    first = set(pairwise(layers.columns[0]))  # their arcs stand on the left
    for a, b in (pair for column in layers.columns for pair in pairwise(column)):
        below = blocks[a].down if isinstance(a, str) else LANE
        above = blocks[b].up if isinstance(b, str) else LANE
        nodes = isinstance(a, str) + isinstance(b, str)
        arc = (a, b) in covarying and (a, b) not in first
        gap = row_gap * (1.7 if arc else (0.35, 0.55, 1.0)[nodes])
        spaces.append((a, b, below + above + gap))
    return spaces


def _least_absolute(
    terms: np.ndarray, index: Mapping[Slot, int], spaces: Sequence[tuple[Slot, Slot, float]]
) -> np.ndarray:
    """Minimise the sum of absolute `terms` @ y subject to y[a] - y[b] >= space."""
    from scipy.optimize import linprog  # loads much that nothing else needs

    n_terms, n = terms.shape
    cost = np.r_[np.zeros(n), np.ones(n_terms)]
    eye = np.eye(n_terms)
    upper = [np.c_[terms, -eye], np.c_[-terms, -eye]]
    limits = [np.zeros(2 * n_terms)]
    if spaces:
        apart = np.array([_row(index, {b: 1.0, a: -1.0}) for a, b, _ in spaces])
        upper.append(np.c_[apart, np.zeros((len(spaces), n_terms))])
        limits.append(np.array([-space for _, _, space in spaces]))
    bounds = [(None, None)] * n + [(0, None)] * n_terms
    return linprog(cost, A_ub=np.vstack(upper), b_ub=np.concatenate(limits), bounds=bounds, method="highs").x[:n]


def place(
    layers: Layers, blocks: Mapping[str, NodeBlock], gaps: Sequence[float], y: Mapping[Slot, float]
) -> SlotPositions:
    """Columns as far left as the gaps between them, their blocks, and the arrows in the gaps allow."""
    columns, spans = _outlines(layers, blocks, y), _spans(layers, blocks, y)
    spans.append([])  # no arrows right of the last column, nor (as spans[-1]) left of the first
    left = [max([o.half, *(-w.left for w in o.wings if _crossed(w, spans[k - 1]))]) for k, o in enumerate(columns)]
    right = [max([o.half, *(w.right for w in o.wings if _crossed(w, spans[k]))]) for k, o in enumerate(columns)]
    x = [0.0]
    for c, new in enumerate(columns[1:], start=1):
        least = [x[-1] + right[c - 1] + gaps[c - 1] + left[c]]
        for b, old in enumerate(columns[:c]):
            least += [x[b] + r.right + PAD - s.left for r in old.rects for s in new.rects if _beside(r, s)]
            least += [x[b] + w.right + PAD - new.half for w in old.wings if _crossed(w, spans[c])]
            if b < c - 1:
                least += [x[b + 1] - columns[b + 1].half + PAD - w.left for w in new.wings if _crossed(w, spans[b])]
        x.append(max(least))
    column = {slot: c for c, slots in enumerate(layers.columns) for slot in slots}
    return SlotPositions(column, y, tuple(x), tuple((at - a, at + b) for at, a, b in zip(x, left, right, strict=True)))


@dataclass(frozen=True)
class _Outline:
    """What fills a column, around x = 0: half the width of its nodes, its wings, and wings and nodes together."""

    half: float
    wings: tuple[Rect, ...]
    rects: tuple[Rect, ...]


def _outlines(layers: Layers, blocks: Mapping[str, NodeBlock], y: Mapping[Slot, float]) -> list[_Outline]:
    outlines = []
    for column in layers.columns:
        names = [slot for slot in column if isinstance(slot, str)]
        nodes = tuple(blocks[name].node.rect.shift(0.0, y[name]) for name in names)
        wings = tuple(wing.shift(0.0, y[name]) for name in names if (wing := blocks[name].wing))
        outlines.append(_Outline(max((r.right for r in nodes), default=0.2), wings, wings + nodes))
    return outlines


def _spans(layers: Layers, blocks: Mapping[str, NodeBlock], y: Mapping[Slot, float]) -> list[list[tuple[float, float]]]:
    """For each gap the heights that each arrow in it covers."""
    where = {slot: c for c, column in enumerate(layers.columns) for slot in column}
    reach = {slot: 0.42 * blocks[slot].node.height if isinstance(slot, str) else LANE for slot in where}
    spans: list[list[tuple[float, float]]] = [[] for _ in layers.columns[1:]]
    for way in layers.ways:
        for a, b in pairwise(way):
            span = min(y[a] - reach[a], y[b] - reach[b]), max(y[a] + reach[a], y[b] + reach[b])
            spans[where[a]].append(span)
    return spans


def _crossed(rect: Rect, spans: Sequence[tuple[float, float]]) -> bool:
    return any(rect.bottom < high and low < rect.top for low, high in spans)


def _beside(one: Rect, other: Rect) -> bool:
    return one.bottom - PAD < other.top and other.bottom - PAD < one.top
