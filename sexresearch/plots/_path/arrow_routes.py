"""Ways of the chain's arrows: straight to the next column, along a free lane past the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sexresearch.plots._path.detour import detour
from sexresearch.plots._path.geometry import Line, Point, bezier, clear, joined
from sexresearch.plots._path.layers import Layers
from sexresearch.plots._path.node_blocks import Shape
from sexresearch.plots._path.places import SlotPositions

REACH = 0.8  # arrows meet a node within this part of its half height
PORT_GAP = 0.16  # inches between two arrows at one node, where there is room
CLEARANCE = 0.04  # inches between arrows and nodes they pass

Ports = dict[tuple[int, int], Point]  # by number of the way and end: 0 where it leaves, 1 where it enters


def links(layers: Layers, places: SlotPositions, shapes: Mapping[str, Shape]) -> list[Line]:
    """One line per way, from its left to its right end: the first of several tries that hits no node, else a detour."""
    ports = _levelled(_ports(layers, places, shapes), layers, shapes)
    lines: list[Line] = []
    for k, way in enumerate(layers.ways):
        lanes = [(edge, places.y[slot]) for slot in way[1:-1] for edge in places.bounds[places.column[slot]]]
        left, right = (_End.of(layers, places, shapes[str(way[-last])], ports[k, last], last) for last in (0, 1))
        others = [shape.rect.grow(CLEARANCE) for name, shape in shapes.items() if name not in (way[0], way[-1])]
        line = next((line for line in _tries(left, lanes, right) if clear(line, others)), None)
        lines.append(detour(left.shape, right.shape, shapes.values(), lines, {}) if line is None else line)
    return lines


def port(shape: Shape, rise: float, side: int) -> Point:
    """The point of a node's left (-1) or right (1) edge at `rise` half heights above its centre."""
    width = shape.width / 2 * ((1 - rise**2) ** 0.5 if shape.node.latent else 1.0)
    return shape.x + side * width, shape.y + rise * shape.height / 2


def spread(wanted: Sequence[float], gap: float, limit: float) -> list[float]:
    """Ascending positions within ±limit, at least `gap` apart where there is room, close to the ascending wanted ones.

    Least squares by pooling adjacent violators (Barlow et al., 1972).

    >>> spread([0.0, 0.0, 0.9], 0.4, 0.8)
    [-0.2, 0.2, 0.8]
    """
    n = len(wanted)
    gap = min(gap, 2 * limit / (n - 1)) if n > 1 else gap
    base = np.arange(n) * gap
    groups: list[list[float]] = []
    for value in np.clip(wanted, -limit, limit) - base:
        groups.append([float(value)])
        while len(groups) > 1 and np.mean(groups[-2]) > np.mean(groups[-1]):
            last = groups.pop()
            groups[-1] += last
    levels = [float(np.mean(group)) for group in groups for _ in group]
    top = limit - base[-1] if n else limit
    return [round(min(max(level, -limit), top) + step, 9) for level, step in zip(levels, base.tolist(), strict=True)]


def _ports(layers: Layers, places: SlotPositions, shapes: Mapping[str, Shape]) -> Ports:
    """Where each way leaves and enters its nodes, sorted by where it comes from or goes to."""
    ports: Ports = {}
    for name, shape in shapes.items():
        for last in (0, 1):
            near = {k: way[-2 if last else 1] for k, way in enumerate(layers.ways) if way[-last] == name}
            slope = {k: float(np.tanh(0.55 * (places.y[slot] - shape.y))) for k, slot in near.items()}
            ways = sorted(slope, key=lambda k, slope=slope: (slope[k], -k))  # type: ignore[misc]
            rises = spread([slope[k] for k in ways], 2 * PORT_GAP / shape.height, REACH)
            ports.update({(k, last): port(shape, rise, -1 if last else 1) for k, rise in zip(ways, rises, strict=True)})
    return ports


def _levelled(ports: Ports, layers: Layers, shapes: Mapping[str, Shape]) -> Ports:
    """The same, but arrows between nodes of one height run level where they are alone at one end."""
    result = dict(ports)
    for k, way in enumerate(layers.ways):
        a, b = shapes[str(way[0])], shapes[str(way[-1])]
        if len(way) > 2 or abs(a.y - b.y) > 0.02 or abs(a.height - b.height) > 0.02:
            continue
        if layers.alone(b.node.name, 1):
            result[k, 1] = port(b, 2 * (ports[k, 0][1] - a.y) / a.height, -1)
        elif layers.alone(a.node.name, 0):
            result[k, 0] = port(a, 2 * (ports[k, 1][1] - b.y) / b.height, 1)
    return result


@dataclass(frozen=True)
class _End:
    """One end of a way: its port, its node, the free edge of its column (`wall`), whether it is `alone` on its side."""

    port: Point
    shape: Shape
    wall: float
    alone: bool

    @classmethod
    def of(cls, layers: Layers, places: SlotPositions, shape: Shape, port: Point, last: int) -> _End:
        name = shape.node.name
        return cls(port, shape, places.bounds[places.column[name]][1 - last], layers.alone(name, last))

    def stops(self, level: bool) -> list[Point]:
        """From the node outwards: the port; with `level` also the point where the column ends."""
        if not level:
            return [self.port]
        side = 1 if self.wall > self.shape.x else -1
        start = port(self.shape, 0.0, side) if self.alone else self.port
        return [start, ((max if side > 0 else min)(self.wall, start[0] + 0.01 * side), start[1])]

    def lean(self, start: Point, level: bool, next_stop: Point) -> float:
        """Slope, away from the node, of a curve that comes from above a high port or from below a low one; else 0."""
        rise, climb = 2 * (start[1] - self.shape.y) / self.shape.height, next_stop[1] - start[1]
        return 0.8 * rise * min(1.0, abs(climb) / 0.5) if rise * climb > 0 and not level else 0.0


def _tries(left: _End, lanes: Sequence[Point], right: _End) -> list[Line]:
    """Straight (to the next column), curved from node to node, and level up to the free edge of one or both columns."""
    routes = [] if lanes else [np.array([left.port, right.port])]
    for levels in ((False, False), (True, False), (False, True), (True, True)):
        start, end = left.stops(levels[0]), right.stops(levels[1])
        leans = (
            left.lean(start[-1], levels[0], (lanes or end[-1:])[0]),
            right.lean(end[-1], levels[1], (lanes or start[-1:])[-1]),
        )
        inner = _through([start[-1], *lanes, end[-1]], leans)
        routes.append(joined([np.array(start[:1]), inner, np.array(end[:1])]))
    return routes


def _through(stops: Sequence[Point], leans: tuple[float, float]) -> Line:
    """A line through stops: curved in the gaps between columns, level along the lanes within them."""
    parts = []
    for k, (a, b) in enumerate(pairwise(stops)):
        bend = 0.5 * (b[0] - a[0])
        leave, meet = leans[0] * (k == 0) * bend, leans[1] * (k == len(stops) - 2) * bend
        curve = bezier(a, (a[0] + bend, a[1] + leave), (b[0] - bend, b[1] + meet), b)
        parts.append(curve if k % 2 == 0 else np.array([a, b]))
    return joined(parts)
