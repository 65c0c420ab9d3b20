"""A node of the chain with its indicators on one side, as one block of fixed size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sexresearch.plots._path.diagram_words import text_size
from sexresearch.plots._path.geometry import Point, Rect, around, hull
from sexresearch.plots._path.graph import Graph, Node

SIDES = {"up": (0, 1), "down": (0, -1), "right": (1, 0), "left": (-1, 0)}  # as unit vectors
BOX_GAP = 0.06  # inches between two indicator boxes
PRINTED = 0.86  # of the height of a line, which is what its letters take
FAN = 0.62  # where on a loading arrow its value stands, from latent (0) to indicator (1)


@dataclass(frozen=True)
class Shape:
    """A drawn node: centre and size in inches."""

    node: Node
    x: float
    y: float
    width: float
    height: float

    @property
    def rect(self) -> Rect:
        return around(self.x, self.y, self.width, self.height)

    def shift(self, dx: float, dy: float) -> Shape:
        return replace(self, x=self.x + dx, y=self.y + dy)


@dataclass(frozen=True)
class NodeBlock:
    """Shapes around the chain node at (0, 0); `wing` covers all indicators and their arrows, if there are any."""

    shapes: tuple[Shape, ...]
    side: str
    wing: Rect | None

    @property
    def node(self) -> Shape:
        return self.shapes[0]

    @property
    def up(self) -> float:
        return hull(shape.rect for shape in self.shapes).top

    @property
    def down(self) -> float:
        return -hull(shape.rect for shape in self.shapes).bottom


@dataclass(frozen=True)
class Sizes:
    """Width and height of ellipses and of observed variables in the chain; height of indicator boxes; in inches."""

    latent: tuple[float, float]
    observed: tuple[float, float]
    item: float


def measure(graph: Graph) -> Sizes:
    """One size per kind of node, so that the longest name fits."""
    latents = [node for node in graph.nodes.values() if node.latent]
    w, h = _largest(latents)
    least = max(1.1 * w + 0.2, 0.95), 1.25 * h + 0.14
    growth = max((_beyond(node, *least) for node in latents), default=1.0)
    ow, oh = _largest([node for node in graph.nodes.values() if not node.latent and not node.item])
    _, ih = _largest([node for node in graph.nodes.values() if node.item])
    return Sizes((growth * least[0], growth * least[1]), (ow + 0.2, oh + 0.14), ih + 0.1)


def _beyond(node: Node, width: float, height: float) -> float:
    """By what an ellipse has to grow so that the ends of all lines of its text lie inside; 1 where they do."""
    lines = [(text, "name") for text in node.text.split("\n")] + [(node.r_squared, "r_squared")] * bool(node.r_squared)
    sizes = [text_size(*line) for line in lines]
    top, furthest = PRINTED * sum(high for _, high in sizes) / 2, 1.0
    for wide, high in sizes:
        y = max(abs(top), abs(top - PRINTED * high))
        furthest = max(furthest, math.hypot(wide / width, 2 * y / height))
        top -= PRINTED * high
    return furthest


def _size(graph: Graph, name: str, sizes: Sizes) -> tuple[float, float]:
    """Width and height of a node; indicator boxes are as wide as the longest name beside the same latent needs."""
    node = graph.nodes[name]
    if not node.item:
        return sizes.latent if node.latent else sizes.observed
    beside = [graph.nodes[child] for child in graph.children(graph.parents[name])]
    return _largest([child for child in beside if child.item])[0] + 0.1, sizes.item


def _largest(nodes: Sequence[Node]) -> tuple[float, float]:
    """Width and height of the largest text in some nodes."""
    sizes = [(0.0, 0.0)]
    for node in nodes:
        width, height = text_size(node.text, "item" if node.item else "name")
        below = text_size(node.r_squared, "r_squared") if node.r_squared else (0.0, 0.0)
        sizes.append((max(width, below[0]), height + below[1]))
    return max(width for width, _ in sizes), max(height for _, height in sizes)


def block(graph: Graph, name: str, side: str, sizes: Sizes) -> NodeBlock:
    """The block of one chain node."""
    shapes = _tree(graph, name, side, sizes)
    if len(shapes) == 1:
        return NodeBlock(shapes, side, None)
    wing, node = hull(shape.rect for shape in shapes[1:]), shapes[0].rect
    edge = {"up": {"bottom": node.top}, "down": {"top": node.bottom}, "right": {"left": node.right}}
    return NodeBlock(shapes, side, replace(wing, **edge[side]))


def _tree(graph: Graph, name: str, side: str, sizes: Sizes) -> tuple[Shape, ...]:
    """Shapes of a node and, outwards, everything beside it; the node's centre is (0, 0)."""
    root = Shape(graph.nodes[name], 0.0, 0.0, *_size(graph, name, sizes))
    children = graph.children(name)
    if not children:
        return (root,)
    branches = [_tree(graph, child, side, sizes) for child in children]
    steps = _steps(branches, side, _pitch(graph, name, side))
    dx, dy = SIDES[side]
    shapes = [root]
    for branch, step in zip(branches, steps, strict=True):
        out = _reach(graph, side) + (_depth(root, side) + _depth(branch[0], side)) / 2
        across = step - (steps[0] + steps[-1]) / 2
        shapes += [shape.shift(*((across, out * dy) if dy else (out * dx, -across))) for shape in branch]
    return tuple(shapes)


def _depth(shape: Shape, side: str) -> float:
    return shape.width if side == "right" else shape.height


def _reach(graph: Graph, side: str) -> float:
    """Length of all loading arrows: longer where a fan is wide, or where values stand beside each other."""
    owners = list(graph.parents.values())
    return 0.72 if side == "right" else 0.42 + 0.025 * min(max(map(owners.count, owners)), 8)


def _pitch(graph: Graph, name: str, side: str) -> float:
    """Smallest distance of neighbouring indicators that keeps their loadings apart."""
    sizes = [text_size(graph.arrow(name, child).text, "loading") for child in graph.children(name)]
    return max(size[1 if side == "right" else 0] + 0.04 for size in sizes) / FAN


def _extent(branch: Sequence[Shape], side: str) -> tuple[float, float]:
    """How far a branch reaches from its root's centre to both sides across."""
    rect = hull(shape.rect for shape in branch)
    return (rect.top, -rect.bottom) if side == "right" else (-rect.left, rect.right)


def _steps(branches: Sequence[Sequence[Shape]], side: str, pitch: float) -> list[float]:
    """Positions across, from 0, that keep the branches apart."""
    extents = [_extent(branch, side) for branch in branches]
    steps = [0.0]
    for (_, after), (before, _) in pairwise(extents):
        steps.append(steps[-1] + max(after + before + BOX_GAP, pitch))
    return steps


def fan_line(latent: Shape, child: Shape, side: str) -> tuple[Point, Point]:
    """Start and end of a loading arrow; boxes are met in the middle of the side that faces the latent."""
    dx, dy = SIDES[side]
    end = child.x - dx * child.width / 2, child.y - dy * child.height / 2
    if child.node.latent:
        end = _edge_point(child, latent.x, latent.y)
    return _edge_point(latent, *end), end


def fan_value(start: Point, end: Point) -> Point:
    """Where on a loading arrow inside a block its value stands."""
    return start[0] + FAN * (end[0] - start[0]), start[1] + FAN * (end[1] - start[1])


def _edge_point(ellipse: Shape, x: float, y: float) -> Point:
    """Where the line from an ellipse's centre to a point leaves the ellipse."""
    dx, dy = x - ellipse.x, y - ellipse.y
    scale = ((2 * dx / ellipse.width) ** 2 + (2 * dy / ellipse.height) ** 2) ** -0.5
    return ellipse.x + scale * dx, ellipse.y + scale * dy
