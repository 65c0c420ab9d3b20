"""Where the constructs of a chain stand, and the ways of the arrows between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sexresearch.plots._path.layers import Slot, acyclic, layered, ranks

Point = tuple[float, float]
WIDTH, HEIGHT = 140.0, 58.0  # of a construct, in units of the drawing
STEP, ROW, EDGE = 220.0, 92.0, 14.0  # from column to column, from row to row, around everything


@dataclass(frozen=True)
class Places:
    """Middle of every construct, the points each arrow (cause, effect) passes in between, and the drawing's size."""

    middle: dict[str, Point]
    between: dict[tuple[str, str], tuple[Point, ...]]
    size: Point


def places(names: Sequence[str], links: Sequence[tuple[str, str]]) -> Places:
    """Causes left of their effects, in the order with few crossings.

    >>> found = places(["joy", "stay"], [("joy", "stay")])
    >>> found.middle["joy"][0] < found.middle["stay"][0], found.between["joy", "stay"]
    (True, ())
    """
    forward = acyclic(names, links)
    layers = layered(names, forward, ranks(names, forward, set()), {})
    tallest = max(map(len, layers.columns))
    at: dict[Slot, Point] = {}
    for c, column in enumerate(layers.columns):
        top = (tallest - len(column)) / 2
        for k, slot in enumerate(column):
            at[slot] = (EDGE + WIDTH / 2 + c * STEP, EDGE + HEIGHT / 2 + (top + k) * ROW)
    ways = {link: tuple(at[slot] for slot in way[1:-1]) for link, way in zip(links, layers.ways, strict=True)}
    turned = {link: way[::-1] if link not in forward else way for link, way in ways.items()}
    size = (2 * EDGE + WIDTH + (len(layers.columns) - 1) * STEP, 2 * EDGE + HEIGHT + (tallest - 1) * ROW)
    return Places({name: at[name] for name in names}, turned, size)
