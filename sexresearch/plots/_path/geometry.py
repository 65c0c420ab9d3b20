"""Rectangles and polylines, in inches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

Point = tuple[float, float]
Line = np.ndarray  # (n, 2) points, from tail to head
STEPS = np.linspace(0.0, 1.0, 41)[:, None]


@dataclass(frozen=True)
class Rect:
    """A rectangle by its four edges."""

    left: float
    bottom: float
    right: float
    top: float

    def shift(self, dx: float, dy: float) -> Rect:
        return Rect(self.left + dx, self.bottom + dy, self.right + dx, self.top + dy)

    def grow(self, margin: float) -> Rect:
        return Rect(self.left - margin, self.bottom - margin, self.right + margin, self.top + margin)

    def meets(self, other: Rect) -> bool:
        """Whether the two rectangles share an area."""
        beside = self.left >= other.right or other.left >= self.right
        return not (beside or self.bottom >= other.top or other.bottom >= self.top)


def around(x: float, y: float, width: float, height: float) -> Rect:
    """The rectangle of a size around a centre."""
    return Rect(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def hull(rects: Iterable[Rect]) -> Rect:
    """The smallest rectangle that holds all of some."""
    inside = list(rects)
    return Rect(
        min(r.left for r in inside),
        min(r.bottom for r in inside),
        max(r.right for r in inside),
        max(r.top for r in inside),
    )


def bezier(*control: Point) -> Line:
    """41 points of the cubic Bézier curve with four control points."""
    p, t = np.array(control), STEPS
    return (1 - t) ** 3 * p[0] + 3 * (1 - t) ** 2 * t * p[1] + 3 * (1 - t) * t**2 * p[2] + t**3 * p[3]


def distances(line: Line) -> np.ndarray:
    """How far along the line each of its points lies."""
    return np.r_[0.0, np.cumsum(np.hypot(*np.diff(line, axis=0).T))]


def at(line: Line, distance: float | np.ndarray) -> np.ndarray:
    """The point, or (n, 2) points, some distance along a line."""
    along = distances(line)
    return np.stack([np.interp(distance, along, line[:, 0]), np.interp(distance, along, line[:, 1])], axis=-1)


def refine(line: Line, step: float) -> Line:
    """The same line with points at most `step` apart."""
    length = distances(line)[-1]
    return at(line, np.linspace(0.0, length, max(2, int(length / step) + 2)))


def joined(parts: Sequence[Line]) -> Line:
    """Lines put end to end, points that repeat left out."""
    line = np.concatenate(parts)
    return line[np.r_[True, np.hypot(*np.diff(line, axis=0).T) > 1e-9]]


def inside(points: Line, rect: Rect) -> np.ndarray:
    """For each point whether it lies in the rectangle."""
    x, y = points.T
    return (x > rect.left) & (x < rect.right) & (y > rect.bottom) & (y < rect.top)


def clear(line: Line, obstacles: Iterable[Rect]) -> bool:
    """Whether a line keeps out of all rectangles."""
    dense = refine(line, 0.03)
    return not any(np.any(inside(dense, rect)) for rect in obstacles)
