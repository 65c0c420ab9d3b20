"""A way round everything, for the rare arrow that no rule covers: cheapest path on a grid, shortened and rounded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from sexresearch.plots._path.geometry import Line, Point, Rect, hull, inside, joined, refine
from sexresearch.plots._path.node_blocks import SIDES, Shape

CELL = 0.08  # grid step, inches
AWAY = 0.09  # distance kept from nodes, inches
CROSS = 3.0  # price factor of running over an existing arrow
CORNER = 0.3  # inches before and after a corner that are rounded


def detour(a: Shape, b: Shape, shapes: Collection[Shape], lines: Sequence[Line], sides: Mapping[str, str]) -> Line:
    """A line from node `a` to node `b` that touches no node; straight if every way is closed.

    Indicators whose side is given in `sides` are not left towards their latent.
    """
    grid = _grid([shape.rect.grow(AWAY) for shape in shapes], lines)
    starts, ends = ({grid.cell(out): edge for edge, out in _exits(s, sides.get(s.node.name, ""))} for s in (a, b))
    cells = grid.cheapest(list(starts), list(ends))
    if not cells:
        return np.array([(a.x, a.y), (b.x, b.y)])
    return _rounded(np.array([starts[cells[0]], *grid.pulled(cells), ends[cells[-1]]]))


def _exits(shape: Shape, side: str) -> list[tuple[Point, Point]]:
    """Points on the edge, each with one a little outside: sides of a box but the inner one, diagonals of an ellipse."""
    ways, reach, out = list(SIDES.values()), 0.5, AWAY + CELL
    if shape.node.latent:
        ways, reach, out = [(dx, dy) for dx in (-1, 1) for dy in (-1, 1)], 0.5 * 0.5**0.5, AWAY + CELL + 0.12
    elif side:
        ways.remove((-SIDES[side][0], -SIDES[side][1]))
    edges = [(shape.x + dx * shape.width * reach, shape.y + dy * shape.height * reach) for dx, dy in ways]
    return [((x, y), (x + dx * out, y + dy * out)) for (x, y), (dx, dy) in zip(edges, ways, strict=True)]


def _grid(rects: Sequence[Rect], lines: Sequence[Line]) -> _Grid:
    """The grid over some nodes, with the lines drawn so far."""
    area = hull(rects).grow(0.6)
    shape = int((area.right - area.left) / CELL) + 2, int((area.top - area.bottom) / CELL) + 2
    price = np.ones(shape)
    corner = np.array([area.left, area.bottom])
    for line in lines:
        i, j = np.round((refine(line, CELL / 2) - corner) / CELL).astype(int).T
        within = (i >= 0) & (i < shape[0]) & (j >= 0) & (j < shape[1])
        price[i[within], j[within]] = CROSS
    points = np.indices(shape).reshape(2, -1).T * CELL + corner
    for rect in rects:
        price[inside(points, rect).reshape(shape)] = np.inf
    return _Grid(corner, price)


@dataclass(frozen=True)
class _Grid:
    """Cells numbered row by row from a corner; `price` is the factor on length, infinite in nodes."""

    corner: np.ndarray
    price: np.ndarray

    def cell(self, point: Point) -> int:
        i, j = np.round((np.array(point) - self.corner) / CELL).astype(int)
        return int(i * self.price.shape[1] + j)

    def points(self, cells: Sequence[int]) -> Line:
        return np.transpose(np.divmod(cells, self.price.shape[1])) * CELL + self.corner

    def cheapest(self, starts: Sequence[int], ends: Sequence[int]) -> list[int]:
        """Cells of the cheapest path from any start to any end (Dijkstra, 1959); empty if there is none."""
        cost, before, _ = dijkstra(self._neighbours(), indices=starts, return_predecessors=True, min_only=True)
        end = min(ends, key=lambda cell: cost[cell])
        path = [end] if np.isfinite(cost[end]) else []
        while path and before[path[-1]] >= 0:
            path.append(int(before[path[-1]]))
        return path[::-1]

    def _neighbours(self) -> csr_array:
        """Cost of the step between every two neighbouring free cells, diagonal ones included."""
        number = np.arange(self.price.size).reshape(self.price.shape)
        pairs, costs = [], []
        for di, dj in ((1, 0), (0, 1), (1, 1), (1, -1)):
            a = np.s_[: -di or None, max(0, -dj) : -dj if dj > 0 else None]
            b = np.s_[di:, max(0, dj) : dj if dj < 0 else None]
            cost = CELL * np.hypot(di, dj) * (self.price[a] + self.price[b]) / 2
            free = np.isfinite(cost)
            pairs += [np.stack([number[a][free], number[b][free]]), np.stack([number[b][free], number[a][free]])]
            costs += [cost[free], cost[free]]
        rows, columns = np.concatenate(pairs, axis=1)
        return coo_array((np.concatenate(costs), (rows, columns)), shape=(number.size, number.size)).tocsr()

    def pulled(self, cells: Sequence[int]) -> list[np.ndarray]:
        """The same way with fewer corners: each step goes as far as it can without costing more."""
        points, price = self.points(cells), self.price.ravel()[list(cells)]
        legs = np.r_[0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T) * (price[1:] + price[:-1]) / 2)]
        kept, k = [points[0]], 0
        while k < len(points) - 1:
            far = range(len(points) - 1, k, -1)
            k = next((m for m in far if self._cost(points[k], points[m]) <= 1.05 * (legs[m] - legs[k])), k + 1)
            kept.append(points[k])
        return kept

    def _cost(self, start: np.ndarray, end: np.ndarray) -> float:
        i, j = np.round((refine(np.array([start, end]), CELL / 4) - self.corner) / CELL).astype(int).T
        return float(np.hypot(*(end - start)) * np.mean(self.price[i, j]))


def _rounded(corners: Line) -> Line:
    """The polyline with every corner cut by a small quadratic curve."""
    t = np.linspace(0, 1, 13)[:, None]
    parts = [corners[:1]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        cuts = [min(0.5, CORNER / max(np.hypot(*(p - corner)), 1e-9)) for p in (before, after)]
        start, end = (corner + (p - corner) * cut for p, cut in zip((before, after), cuts, strict=True))
        parts.append((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)
    return joined([*parts, corners[-1:]])
