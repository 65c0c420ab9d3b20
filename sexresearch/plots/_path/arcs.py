"""Covariances and cross-loadings: arcs beside a column, between neighbours, over a row; straight; or a way round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np

from sexresearch.plots._path.arrow_routes import port
from sexresearch.plots._path.detour import detour
from sexresearch.plots._path.geometry import Line, bezier, clear
from sexresearch.plots._path.graph import Arrow
from sexresearch.plots._path.node_blocks import SIDES, Shape, fan_line
from sexresearch.plots._path.scene import FAR_RIGHT, Scene

BULGES = np.arange(0.0, 2.4, 0.2)  # inches an arc is pushed further out until it hits nothing


def covariances(arrows: Sequence[Arrow], scene: Scene, lines: Sequence[Line]) -> list[Line]:
    """One line for each covariance; `lines` are those already drawn, to be crossed as little as possible."""
    ranks, levels = _ranks(arrows, scene), _levels(arrows, scene)
    arcs = list(lines)
    for k, arrow in enumerate(arrows):
        a, b = scene.shapes[arrow.tail], scene.shapes[arrow.head]
        tries: Iterator[Line] = iter(())
        if k in ranks:
            upper, lower = (a, b) if a.y > b.y else (b, a)
            tries = _beside(upper, lower, ranks[k], scene.column[arrow.tail])
        elif k in levels:
            tries = _over(a, b, scene.sides[arrow.tail], levels[k])
        others = scene.others(arrow, 0.03)
        line = next((line for line in tries if clear(line, others)), None)
        arcs.append(detour(a, b, scene.shapes.values(), arcs, scene.sides) if line is None else line)
    return arcs[len(lines) :]


def cross_loadings(arrows: Sequence[Arrow], scene: Scene, lines: Sequence[Line]) -> list[Line]:
    """One line for each loading of an indicator that stands beside another latent: straight where that hits no node."""
    arcs = list(lines)
    for arrow in arrows:
        latent, item = scene.shapes[arrow.tail], scene.shapes[arrow.head]
        side = "left" if scene.column[arrow.tail] == FAR_RIGHT else scene.sides[arrow.head]
        straight = np.array(fan_line(latent, item, side))
        free = clear(straight, scene.others(arrow, 0.04))
        arcs.append(straight if free else detour(latent, item, scene.shapes.values(), arcs, {}))
    return arcs[len(lines) :]


def _beside(upper: Shape, lower: Shape, rank: tuple[int, float, float], column: int) -> Iterator[Line]:
    """Arcs left of the first column, right of the far right one, and between neighbours or on both sides elsewhere."""
    span, leave, meet = rank
    if column > 0 and span == 1:
        start, end = (upper.x, upper.rect.bottom), (lower.x, lower.rect.top)
        third = (start[1] - end[1]) / 3
        for bow in (0.12, -0.12):
            yield bezier(start, (start[0] + bow, start[1] - third), (end[0] + bow, end[1] + third), end)
    for bulge in BULGES:
        for side in {0: (-1,), FAR_RIGHT: (1,)}.get(column, (-1, 1)):
            start, end = port(upper, leave, side), port(lower, meet, side)
            out = 4 / 3 * (0.3 + 0.52 * (span - 1) + bulge) * side
            yield bezier(start, (start[0] + out, start[1]), (end[0] + out, end[1]), end)


def _ranks(arrows: Sequence[Arrow], scene: Scene) -> dict[int, tuple[int, float, float]]:
    """For covariances within a column: nodes spanned, and how high each end meets its node (in half heights)."""
    place = _order_in_column(scene)
    pairs = {
        k: sorted((a.tail, a.head), key=lambda name: place[name])
        for k, a in enumerate(arrows)
        if a.tail in place and a.head in place and scene.column[a.tail] == scene.column[a.head]
    }
    span = {k: place[lower] - place[upper] for k, (upper, lower) in pairs.items()}

    def height(k: int, end: int) -> float:
        same = sorted(span[j] for j in pairs if pairs[j][end] == pairs[k][end])
        return 0.7 - 0.55 * same.index(span[k]) / max(len(same) - 1, 1)

    return {k: (span[k], -height(k, 0), height(k, 1)) for k in pairs}


def _order_in_column(scene: Scene) -> dict[str, int]:
    """For each node outside of fans how many stand above it in its column."""
    names = sorted(scene.column, key=lambda name: (scene.column[name], -scene.shapes[name].y))
    columns = [list(column) for _, column in groupby(names, key=lambda name: scene.column[name])]
    return {name: k for column in columns for k, name in enumerate(column)}


def _levels(arrows: Sequence[Arrow], scene: Scene) -> dict[int, int]:
    """For covariances within one outer row of indicators: how many arcs lie below each."""
    rows: dict[tuple[str, float], list[tuple[float, float, int]]] = {}
    for k, arrow in enumerate(arrows):
        a, b = scene.shapes[arrow.tail], scene.shapes[arrow.head]
        row = _row(a, scene.sides)
        if row is not None and row == _row(b, scene.sides):
            low, high = sorted((a.y, b.y) if row[0] == "right" else (a.x, b.x))
            rows.setdefault(row, []).append((low, high, k))
    levels: dict[int, int] = {}
    for arcs in rows.values():
        below: list[tuple[float, float, int]] = []
        for low, high, k in sorted(arcs, key=lambda arc: arc[1] - arc[0]):
            levels[k] = max((levels[j] + 1 for lo, hi, j in below if lo < high and low < hi), default=0)
            below.append((low, high, k))
    return levels


def _row(shape: Shape, sides: Mapping[str, str]) -> tuple[str, float] | None:
    """The side of an indicator and the coordinate of its outer edge; None for other nodes."""
    if shape.node.name not in sides:
        return None
    side = sides[shape.node.name]
    dx, dy = SIDES[side]
    return side, round(shape.x * dx + shape.y * dy + (shape.width if dx else shape.height) / 2, 6)


def _over(a: Shape, b: Shape, side: str, level: int) -> Iterator[Line]:
    """Arcs over the outer edges of two indicators of one row; their ends lean towards each other."""
    dx, dy = SIDES[side]
    lean = 0.22 * (a.height if dx else a.width) * float(np.sign(b.y - a.y if dx else b.x - a.x))
    start = (a.x + dx * a.width / 2 + abs(dy) * lean, a.y + dy * a.height / 2 + abs(dx) * lean)
    end = (b.x + dx * b.width / 2 - abs(dy) * lean, b.y + dy * b.height / 2 - abs(dx) * lean)
    first, step = (0.62, 0.5) if dx else (0.3, 0.22)
    for bulge in BULGES:
        x, y = (d * 4 / 3 * (first + step * level + bulge) for d in (dx, dy))
        yield bezier(start, (start[0] + x, start[1] + y), (end[0] + x, end[1] + y), end)
