"""The whole layout: blocks in columns, lines between them, values on the lines; roomier until nothing overlaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sexresearch.plots._path.arcs import covariances, cross_loadings
from sexresearch.plots._path.arrow_routes import links
from sexresearch.plots._path.arrow_values import positions
from sexresearch.plots._path.geometry import Line, Rect, hull
from sexresearch.plots._path.graph import Arrow, Graph
from sexresearch.plots._path.layers import Layers, Slot, acyclic, layered, ranks
from sexresearch.plots._path.node_blocks import Shape, Sizes, block, measure
from sexresearch.plots._path.places import SlotPositions, heights, place
from sexresearch.plots._path.scene import PlacedArrow, Scene, fans, scene, value_size

ROW_GAP = 0.34  # inches between two nodes of a column
SLIDE = 11.5  # width in inches above which a diagram is held to be too wide
ROOM = tuple(1.13**k for k in range(9))  # how much roomier each attempt is than the first


@dataclass(frozen=True)
class DiagramLayout:
    """Shapes and arrows in inches; `clashes` counts values that overlap something after the last attempt."""

    shapes: tuple[Shape, ...]
    arrows: tuple[PlacedArrow, ...]
    clashes: int

    @property
    def bounds(self) -> Rect:
        """The rectangle that holds everything."""
        lines = [Rect(*placed.line.min(axis=0), *placed.line.max(axis=0)) for placed in self.arrows]
        return hull([*lines, *(shape.rect for shape in self.shapes), *(placed.rect for placed in self.arrows)])


def arrange(graph: Graph) -> DiagramLayout:
    """The better of two layouts: indicators all above, or above and below in turn where that saves width."""
    names = graph.chain
    forward = acyclic(names, [(a.tail, a.head) for a in graph.links()])
    anchored = {end for a in graph.covariances() for end in (a.tail, a.head)}
    rank = ranks(names, forward, anchored)
    layouts = []
    for turn in (False, True):
        sides = _wanted(graph, rank, turn)
        layouts.append(_roomy(graph, layered(names, forward, rank, sides), sides, measure(graph)))
    return min(layouts, key=_badness)


def _badness(layout: DiagramLayout) -> float:
    bounds = layout.bounds
    width, height = bounds.right - bounds.left, bounds.top - bounds.bottom
    return 100 * layout.clashes + width + max(0.0, width - SLIDE) + 0.7 * height


def _wanted(graph: Graph, rank: Mapping[str, int], turn: bool) -> dict[str, str]:
    """Side of the indicators of every node that has some, as if it were alone in its column."""
    owners = [name for name in graph.chain if graph.children(name)]
    columns = sorted({rank[name] for name in owners})
    return {name: "down" if turn and columns.index(rank[name]) % 2 else "up" for name in owners}


def _sides(layers: Layers, wanted: Mapping[str, str]) -> dict[str, str]:
    """Side of each chain node's indicators: outwards in a column of several, right in a single one."""
    sides: dict[str, str] = {}
    for column in layers.columns:
        nodes = [slot for slot in column if isinstance(slot, str)]
        if len(layers.columns) == 1:
            sides.update(dict.fromkeys(nodes, "right"))
        elif len(nodes) == 1:
            sides[nodes[0]] = wanted.get(nodes[0], "up")
        else:
            sides.update({node: "up" if 2 * k < len(nodes) else "down" for k, node in enumerate(nodes)})
    return sides


def _roomy(graph: Graph, layers: Layers, wanted: Mapping[str, str], sizes: Sizes) -> DiagramLayout:
    """The tightest layout in which no value overlaps anything."""
    sides = _sides(layers, wanted)
    blocks = {name: block(graph, name, sides[name], sizes) for name in graph.chain}
    for room in ROOM:
        y = heights(layers, blocks, ROW_GAP * room, [(a.tail, a.head) for a in graph.covariances()])
        places = place(layers, blocks, [gap * room for gap in _gaps(layers, graph, y)], y)
        layout = _with_arrows(graph, layers, places, scene(graph, blocks, places, sizes))
        if not layout.clashes:
            break
    return layout


def _gaps(layers: Layers, graph: Graph, y: Mapping[Slot, float]) -> list[float]:
    """Free width between columns: room for the value of every level arrow, more where many or steep ones meet."""
    widest = max((value_size(arrow)[0] for arrow in graph.links()), default=0.3)
    tall = 0.8 if any("\n" in arrow.text for arrow in graph.links()) else 0.0  # two lines cover steep arrows as well
    where = {slot: c for c, column in enumerate(layers.columns) for slot in column}
    needs: list[list[float]] = [[] for _ in layers.columns]
    for way in layers.ways:
        for a, b in pairwise(way):
            rise = abs(y[a] - y[b])
            level = max(tall, 1 - rise) if len(way) == 2 else 0.0
            needs[where[a]].append(0.45 + 0.1 * rise + (widest - 0.15) * level)
    return [max(widths, default=0.5) + 0.03 * max(0, len(widths) - 4) for widths in needs[:-1]]


def _with_arrows(graph: Graph, layers: Layers, places: SlotPositions, scene: Scene) -> DiagramLayout:
    inner = fans(graph, scene)
    outer = _outer(graph, layers, places, scene, [placed.line for placed in inner])
    taken = [shape.rect for shape in scene.shapes.values()] + [placed.rect for placed in inner]
    lines = [line for _, line in outer]
    sizes, centred = [value_size(a) for a, _ in outer], [a.kind == "covariance" for a, _ in outer]
    centres, clashes = positions(sizes, centred, [*lines, *(placed.line for placed in inner)], taken)
    placed = [PlacedArrow(a, line, centre) for (a, line), centre in zip(outer, centres, strict=True)]
    return DiagramLayout(tuple(scene.shapes.values()), (*inner, *placed), clashes)


def _outer(
    graph: Graph, layers: Layers, places: SlotPositions, scene: Scene, lines: Sequence[Line]
) -> list[tuple[Arrow, Line]]:
    """Lines of all arrows outside of blocks: links of the chain, covariances, then cross-loadings."""
    ways = links(layers, places, scene.shapes)
    chain = [
        (a, line if way[0] == a.tail else line[::-1])
        for a, line, way in zip(graph.links(), ways, layers.ways, strict=True)
    ]
    arcs = covariances(graph.covariances(), scene, [*lines, *ways])
    rest = cross_loadings(graph.cross_loadings(), scene, [*lines, *ways, *arcs])
    return [*chain, *zip((*graph.covariances(), *graph.cross_loadings()), (*arcs, *rest), strict=True)]
