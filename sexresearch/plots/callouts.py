"""Names beside points: each where it covers no other name, no point and no line, with a thin line where it is far."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sexresearch.plots._path.geometry import Point, Rect, around

NEAR = 0.10  # inches between a point and the edge of its name
RINGS = (1.0, 2.6, 4.4, 6.5, 9.0)  # distances tried, in NEAR
TURNS = 16  # directions tried
MARK = 0.07  # inches that a point keeps free around itself
ROUNDS = 3


def callouts(
    points: Sequence[Point], sizes: Sequence[tuple[float, float]], inside: Rect, taken: Sequence[Rect] = ()
) -> list[Rect]:
    """A rectangle for the name (width, height) of every point, within `inside`, all in inches.

    Names settle in turn: first near their point, then farther out; an overlap with a name costs most, then one with a
    point, then one with what is `taken`.

    >>> found = callouts([(1.0, 1.0), (1.05, 1.0)], [(0.5, 0.1)] * 2, Rect(0, 0, 3, 2))
    >>> found[0].meets(found[1])
    False
    """
    marks = [around(x, y, 2 * MARK, 2 * MARK) for x, y in points]
    choices = [_choices(point, size, inside) for point, size in zip(points, sizes, strict=True)]
    chosen: list[Rect] = []
    for _ in range(ROUNDS):
        before, chosen = chosen, []
        for k, own in enumerate(choices):
            others = [*chosen, *before[k + 1 :]]
            costs = [
                cost
                + 100.0 * _hits(rect, others)
                + 30.0 * _hits(rect, [mark for j, mark in enumerate(marks) if j != k])
                + 4.0 * _hits(rect, taken)
                for rect, cost in own
            ]
            chosen.append(own[min(range(len(own)), key=costs.__getitem__)][0])
    return chosen


def _hits(rect: Rect, others: Sequence[Rect]) -> int:
    return sum(rect.meets(other) for other in others)


def _choices(point: Point, size: tuple[float, float], inside: Rect) -> list[tuple[Rect, float]]:
    """Rectangles around a point with their cost: distance, and a little for anything but right or left."""
    places = []
    for ring, far in enumerate(RINGS):
        for turn in range(TURNS):
            angle = 2 * math.pi * turn / TURNS
            across, up = math.cos(angle), math.sin(angle)
            x = point[0] + far * NEAR * across + size[0] / 2 * _sign(across)
            y = point[1] + far * NEAR * up + size[1] / 2 * _sign(up)
            rect = around(x, y, *size)
            out = rect.left < inside.left or rect.right > inside.right
            out = out or rect.bottom < inside.bottom or rect.top > inside.top
            places.append((rect, 3.0 * ring + 0.5 * abs(up) + 0.2 * (across < 0) + 200.0 * out))
    return places


def _sign(value: float) -> float:
    return 0.0 if abs(value) < 1e-9 else math.copysign(1.0, value)


def leader(point: Point, rect: Rect) -> Point | None:
    """Where a line from the point meets its name; None where the name is near enough to need none.

    >>> leader((0.0, 0.0), Rect(0.1, -0.1, 1.0, 0.1)) is None
    True
    """
    x = min(max(point[0], rect.left), rect.right)
    y = min(max(point[1], rect.bottom), rect.top)
    return None if math.hypot(x - point[0], y - point[1]) < 2 * NEAR else (x, y)
