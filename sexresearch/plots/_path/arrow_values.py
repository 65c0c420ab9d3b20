"""Where the values of paths and covariances stand: on their arrows, clear of nodes and of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.plots._path.geometry import Line, Point, Rect, around, refine

MARGIN = 0.025  # free space around a value, inches
STEP = 0.05  # distance between candidate positions, inches


@dataclass(frozen=True)
class Spot:
    """A candidate position: the rectangle a value would fill and what speaks against it."""

    rect: Rect
    cost: float


def positions(
    sizes: Sequence[tuple[float, float]], centred: Sequence[bool], lines: Sequence[Line], taken: Sequence[Rect]
) -> tuple[list[Point], int]:
    """Centre of every value, and how many still overlap something.

    Value k belongs to line k and keeps to its middle where `centred`; further lines have no value to be placed.
    `taken` holds nodes and fixed texts.
    """
    dense = [refine(line, STEP) for line in lines]
    choices = [_spots(sizes[k], centred[k], k, dense, taken) for k in range(len(sizes))]
    chosen: list[Spot | None] = [None] * len(choices)
    for k in sorted(range(len(choices)), key=lambda k: len(choices[k])):
        chosen[k] = _cheapest(choices[k], chosen, k)
    for _ in range(4):
        chosen = _settle(choices, chosen)
    spots = [spot for spot in chosen if spot is not None]
    clashes = sum(_clashes(spot, chosen, k) + (spot.cost >= 100) for k, spot in enumerate(spots))
    centres = [((s.rect.left + s.rect.right) / 2, (s.rect.bottom + s.rect.top) / 2) for s in spots]
    return centres, int(clashes)


def _settle(choices: Sequence[Sequence[Spot]], chosen: Sequence[Spot | None]) -> list[Spot | None]:
    result = list(chosen)
    for k in range(len(choices)):
        result[k] = _cheapest(choices[k], result, k)
    return result


def _cheapest(spots: Sequence[Spot], chosen: Sequence[Spot | None], k: int) -> Spot:
    return min(spots, key=lambda spot: spot.cost + 100 * _clashes(spot, chosen, k))


def _clashes(spot: Spot, chosen: Sequence[Spot | None], k: int) -> int:
    return sum(other is not None and j != k and spot.rect.meets(other.rect) for j, other in enumerate(chosen))


def _spots(
    size: tuple[float, float], centred: bool, own: int, lines: Sequence[Line], taken: Sequence[Rect]
) -> list[Spot]:
    """Positions along a line; 100 for each node or text underneath, 1 for each other arrow, a little off the middle."""
    n = len(lines[own])
    kept = lines[own][max(1, n // 7) : max(2, n - n // 7)]
    half = np.array(size) / 2 + MARGIN
    crossed = sum(_over(kept, half, line) for k, line in enumerate(lines) if k != own)
    pull, middle = (9.0, 0.5) if centred else (0.9, 0.45)
    cost = crossed + pull * np.abs((np.arange(len(kept)) + 0.5) / len(kept) - middle)
    rects = [around(x, y, *(2 * half)) for x, y in kept]
    under = [100.0 * sum(rect.meets(other) for other in taken) for rect in rects]
    return [Spot(rect, float(c) + hit) for rect, c, hit in zip(rects, cost, under, strict=True)]


def _over(centres: Line, half: np.ndarray, line: Line) -> np.ndarray:
    """For each centre 1 where the rectangle around it lies over the line, else 0."""
    apart = np.abs(centres[:, None, :] - line[None, :, :])
    return np.any(np.all(apart < half, axis=2), axis=1).astype(float)
