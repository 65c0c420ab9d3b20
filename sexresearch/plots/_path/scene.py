"""Everything that has a place: shapes of all nodes, the side of every indicator, the column of every other node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sexresearch.plots._path.arrow_routes import spread
from sexresearch.plots._path.diagram_words import text_size
from sexresearch.plots._path.geometry import Line, Point, Rect, around
from sexresearch.plots._path.graph import Arrow, Graph
from sexresearch.plots._path.node_blocks import NodeBlock, Shape, Sizes, fan_line, fan_value
from sexresearch.plots._path.places import SlotPositions

FACING = 1.1  # inches between indicators and a latent that faces them
FAR_RIGHT = -1  # the column of such latents


@dataclass(frozen=True)
class Scene:
    """Shapes by name; `sides` of indicators; `column` of all other nodes, counted from the left."""

    shapes: Mapping[str, Shape]
    sides: Mapping[str, str]
    column: Mapping[str, int]

    def others(self, arrow: Arrow, margin: float) -> list[Rect]:
        """The rectangles of all nodes but the two ends of an arrow."""
        ends = (arrow.tail, arrow.head)
        return [shape.rect.grow(margin) for name, shape in self.shapes.items() if name not in ends]


@dataclass(frozen=True)
class PlacedArrow:
    """One arrow with its line, from tail to head, and the centre of its value."""

    arrow: Arrow
    line: Line
    value: Point

    @property
    def rect(self) -> Rect:
        """The rectangle filled by the value."""
        return around(*self.value, *value_size(self.arrow))


def value_size(arrow: Arrow) -> tuple[float, float]:
    """Width and height of an arrow's printed value, inches."""
    return text_size(arrow.text, "loading" if arrow.kind == "loading" else "path")


def scene(graph: Graph, blocks: Mapping[str, NodeBlock], places: SlotPositions, sizes: Sizes) -> Scene:
    """Blocks put in their places, and facing latents to the right of them."""
    column = {name: places.column[name] for name in blocks}
    shapes = {
        shape.node.name: shape.shift(places.x[column[name]], places.y[name])
        for name, each in blocks.items()
        for shape in each.shapes
    }
    shapes.update(_facing(graph, shapes, sizes))
    column.update(dict.fromkeys(graph.facing, FAR_RIGHT))
    sides = {shape.node.name: each.side for each in blocks.values() for shape in each.shapes[1:]}
    return Scene(shapes, sides, column)


def _facing(graph: Graph, shapes: Mapping[str, Shape], sizes: Sizes) -> dict[str, Shape]:
    """Latents that face the others from the far side of the indicators, each level with the middle of its own."""
    width, height = sizes.latent
    x = max(shape.rect.right for shape in shapes.values()) + FACING + width / 2
    own = {name: [shapes[a.head].y for a in graph.cross_loadings() if a.tail == name] for name in graph.facing}
    order = sorted(own, key=lambda name: float(np.mean(own[name])))
    room = np.ptp([shape.y for shape in shapes.values()]) / max(len(order), 1)
    ys = spread([float(np.mean(own[name])) for name in order], max(1.5 * height, float(room)), 1e6)
    return {name: Shape(graph.nodes[name], x, y, width, height) for name, y in zip(order, ys, strict=True)}


def fans(graph: Graph, scene: Scene) -> list[PlacedArrow]:
    """The loadings inside blocks, their values at a fixed place."""
    arrows = []
    for child, parent in graph.parents.items():
        start, end = fan_line(scene.shapes[parent], scene.shapes[child], scene.sides[child])
        arrows.append(PlacedArrow(graph.arrow(parent, child), np.array([start, end]), fan_value(start, end)))
    return arrows
