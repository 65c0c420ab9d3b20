"""A measurement model of many constructs as figures of at most one A4 page each: its parts, then its correlations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from sexresearch.plots._path.diagram_words import POINTS
from sexresearch.plots._path.draw import draw
from sexresearch.plots._path.graph import Arrow, Graph
from sexresearch.plots._path.matrix import PAGE, matrix_alone
from sexresearch.plots._path.side_by_side import part_of, side_by_side

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEAST = 7.0  # points of print on the page
MOST_COLUMNS = 3


def printed(figure: Figure) -> float:
    """By what a figure is shrunk to stand on an A4 page upright; 1 where it is not."""
    width, height = (float(side) for side in figure.get_size_inches())
    return min(1.0, PAGE[0] / width, PAGE[1] / height)


def can_be_read(figure: Figure) -> bool:
    """Whether the smallest print of a diagram is still large enough on an A4 page."""
    return printed(figure) * POINTS["item"] >= LEAST


def pages(graph: Graph, pairs: tuple[Arrow, ...], foot: str) -> Iterator[Figure]:
    """As few figures of constructs as can be read, of about equal number each; then the matrix of `pairs`."""
    names = graph.chain
    for number in range(1, len(names) + 1):
        parts = [part_of(graph, list(some)) for some in np.array_split(np.array(names, dtype=object), number)]
        figures = [_largest(part, foot) for part in parts]
        if all(map(can_be_read, figures)) or number == len(names):
            yield from figures
            break
    yield matrix_alone(graph, pairs)


def _largest(graph: Graph, foot: str) -> Figure:
    """In one column or several, as it prints largest."""
    count = len(graph.chain)
    rows = dict.fromkeys(-(-count // columns) for columns in range(1, MOST_COLUMNS + 1))
    return max((draw(side_by_side(graph, most), "", foot) for most in rows), key=printed)
