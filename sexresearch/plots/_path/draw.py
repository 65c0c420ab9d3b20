"""Ink: a layout put on a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sexresearch.escaping import visible
from sexresearch.extras import extra
from sexresearch.plots._path.diagram_layout import DiagramLayout
from sexresearch.plots._path.diagram_words import POINTS, fill, text_size
from sexresearch.plots._path.geometry import Line, at, distances
from sexresearch.plots._path.graph import Arrow
from sexresearch.plots._path.node_blocks import Shape
from sexresearch.plots._path.scene import PlacedArrow, value_size
from sexresearch.plots.style import FONT, GREY, INK, PALETTE, PAPER, new_figure, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

MARGIN = 0.22  # inches around the drawing
NARROWEST = 5.0  # inches; a small model keeps room for its footnote
HEAD = 0.115  # length of an arrow head, inches
DASHES = (0, (4, 2))


def draw(layout: DiagramLayout, title: str, foot: str) -> Figure:
    """The figure: title above, diagram, footnote below; just large enough for all three.

    Artists carry a gid: ``node:NAME``, ``name:NAME``, ``arrow:KIND:TAIL:HEAD``, ``value:KIND:TAIL:HEAD``.
    """
    bounds = layout.bounds
    width = max(bounds.right - bounds.left + 2 * MARGIN, NARROWEST)
    top, bottom = fill(title, "title", width - 2 * MARGIN), fill(foot, "foot", width - 2 * MARGIN)
    above = text_size(top, "title")[1] + 0.18 if title else 0.0
    below = text_size(bottom, "foot")[1] + 0.18
    height = bounds.top - bounds.bottom + 2 * MARGIN + above + below
    figure, axes = new_figure(width, height)
    dx, dy = (width - bounds.left - bounds.right) / 2, MARGIN + below - bounds.bottom
    for shape in layout.shapes:
        _node(axes, shape.shift(dx, dy))
    for placed in layout.arrows:
        _arrow(axes, placed.arrow, placed.line + np.array([dx, dy]))
        _value(axes, placed, dx, dy)
    _text(axes, MARGIN, MARGIN, bottom, "foot", colour=GREY, align=("left", "bottom"))
    _text(axes, MARGIN, height - MARGIN, top, "title", align=("left", "top"))
    return figure


def _text(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    part: str,
    *,
    gid: str = "",
    colour: str = INK,
    align: tuple[str, str] = ("center", "center"),
) -> None:
    weight = "bold" if part in ("name", "title") else "normal"
    horizontal, vertical = align
    axes.text(
        x, y, visible(text), ha=horizontal, va=vertical, size=POINTS[part], color=colour, family=FONT, weight=weight,
        linespacing=1.1, zorder=5, gid=gid or part,
    )  # fmt: skip


def _node(axes: Axes, shape: Shape) -> None:
    """An ellipse for a latent, a box for an observed variable, with its name and R²."""
    with extra("reports"):
        from matplotlib.patches import Ellipse, Rectangle

    node, rect = shape.node, shape.rect
    patch: Patch = Rectangle((rect.left, rect.bottom), shape.width, shape.height)
    if node.latent:
        patch = Ellipse((shape.x, shape.y), shape.width, shape.height)
    colour = PALETTE["blue"] if node.latent else GREY if node.item else PALETTE["orange"]
    patch.set(
        facecolor=PAPER if node.item else tint(colour, 0.13), edgecolor=colour,
        linewidth=0.9 if node.item else 1.4, zorder=3, gid=f"node:{node.name}",
    )  # fmt: skip
    axes.add_patch(patch)
    part = "item" if node.item else "name"
    lift = text_size(node.r_squared, "r_squared")[1] / 2 if node.r_squared else 0.0
    _text(axes, shape.x, shape.y + lift, node.text, part, gid=f"name:{node.name}")
    if node.r_squared:
        drop = text_size(node.text, part)[1] / 2
        _text(axes, shape.x, shape.y - drop, node.r_squared, "r_squared", gid=f"r_squared:{node.name}")


def _arrow(axes: Axes, arrow: Arrow, line: Line) -> None:
    """The shaft with one head, or two for a covariance."""
    colour = GREY if arrow.dashed or arrow.kind == "loading" else INK
    ends = [line, line[::-1]] if arrow.kind == "covariance" else [line]
    shaft = _between(line, 0.7 * HEAD * (len(ends) - 1), 0.7 * HEAD)
    axes.plot(
        *shaft.T, color=colour, linewidth=0.9 if arrow.kind == "loading" else 1.3, zorder=2,
        linestyle=DASHES if arrow.dashed else "-", gid=f"arrow:{arrow.kind}:{arrow.tail}:{arrow.head}",
    )  # fmt: skip
    for end in ends:
        _head(axes, end, colour)


def _value(axes: Axes, placed: PlacedArrow, dx: float, dy: float) -> None:
    """The printed value on a patch of paper that interrupts whatever runs below."""
    with extra("reports"):
        from matplotlib.patches import Rectangle

    arrow, (width, height) = placed.arrow, value_size(placed.arrow)
    x, y = placed.value[0] + dx, placed.value[1] + dy
    corner = x - width / 2, y - height / 2
    axes.add_patch(Rectangle(corner, width, height, facecolor=PAPER, edgecolor="none", zorder=4))
    part, colour = "loading" if arrow.kind == "loading" else "path", GREY if arrow.dashed else INK
    _text(axes, x, y, arrow.text, part, colour=colour, gid=f"value:{arrow.kind}:{arrow.tail}:{arrow.head}")


def _between(line: Line, before: float, after: float) -> Line:
    """The line without its first `before` and last `after` inches."""
    along = distances(line)
    inner = line[(along > before) & (along < along[-1] - after)]
    return np.vstack([at(line, before), inner, at(line, along[-1] - after)])


def _head(axes: Axes, line: Line, colour: str) -> None:
    """An arrow head at the end of a line, in the direction of its last part."""
    with extra("reports"):
        from matplotlib.patches import Polygon

    tip, base = line[-1], at(line[::-1], HEAD)
    along = (tip - base) / np.hypot(*(tip - base))
    wing = 0.4 * HEAD * np.array([-along[1], along[0]])
    corners = [tip, base + wing, tip - 0.8 * HEAD * along, base - wing]
    axes.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="none", zorder=2.5))
