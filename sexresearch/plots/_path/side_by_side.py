"""A measurement model of many constructs in several columns, which one column would make taller than any page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sexresearch.plots._path.diagram_layout import DiagramLayout, arrange
from sexresearch.plots._path.graph import Graph

MOST_ROWS = 5  # constructs below each other
GAP = 0.45  # inches between two columns


def side_by_side(graph: Graph, most: int = MOST_ROWS) -> DiagramLayout:
    """The layout in columns of `most` constructs at the most; as usual where arrows run between columns."""
    names = graph.chain
    count = -(-len(names) // most)
    if count < 2 or graph.facing:
        return arrange(graph)
    parts = [part_of(graph, list(some)) for some in np.array_split(np.array(names, dtype=object), count)]
    if sum(len(part.arrows) for part in parts) < len(graph.arrows):
        return arrange(graph)
    return _joined([arrange(part) for part in parts])


def part_of(graph: Graph, owners: Sequence[str]) -> Graph:
    """Some constructs with their indicators, and the arrows among these."""
    kept = {*owners, *(child for name in owners for child in graph.children(name))}
    nodes = {name: node for name, node in graph.nodes.items() if name in kept}
    arrows = tuple(arrow for arrow in graph.arrows if arrow.tail in kept and arrow.head in kept)
    return Graph(nodes, arrows, {child: parent for child, parent in graph.parents.items() if child in kept})


def _joined(layouts: Sequence[DiagramLayout]) -> DiagramLayout:
    """Layouts from left to right, flush at the top."""
    right, shapes, arrows = 0.0, [], []
    for layout in layouts:
        bounds = layout.bounds
        dx, dy = right - bounds.left, -bounds.top
        shapes += [shape.shift(dx, dy) for shape in layout.shapes]
        arrows += [
            replace(one, line=one.line + np.array([dx, dy]), value=(one.value[0] + dx, one.value[1] + dy))
            for one in layout.arrows
        ]
        right += bounds.right - bounds.left + GAP
    return DiagramLayout(tuple(shapes), tuple(arrows), sum(layout.clashes for layout in layouts))
