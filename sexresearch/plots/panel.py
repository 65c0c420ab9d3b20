"""A figure with a plot area, its texts set around it in inches: title above, footnote below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sexresearch.escaping import visible
from sexresearch.plots._path.diagram_words import POINTS, fill, text_size
from sexresearch.plots.style import FONT, GREY, INK, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN = 0.22  # inches around everything
GAP = 0.16  # inches between the plot area and what stands around it


@dataclass(frozen=True)
class Panel:
    """The figure, `page` with one data unit per inch for texts, and `area` for data; left, bottom, width, height."""

    figure: Figure
    page: Axes
    area: Axes
    box: tuple[float, float, float, float]


def panel(
    size: tuple[float, float],
    around: tuple[float, float, float],
    title: str,
    foot: str,
    projection: str = "rectilinear",
) -> Panel:
    """A plot area of `size` inches with room `around` it (left, right, below), title and footnote in place.

    >>> made = panel((4.0, 2.0), (1.0, 0.2, 0.4), "Title", "Synthetic data.")
    >>> [text.get_text() for text in made.page.texts]
    ['Title', 'Synthetic data.']
    """
    left, right, below = around
    width = size[0] + left + right + 2 * MARGIN
    top, bottom = fill(title.replace("$", r"\$"), "title", width - 2 * MARGIN), fill(foot, "foot", width - 2 * MARGIN)
    above = text_size(top, "title")[1] + GAP if title else 0.0
    under = text_size(bottom, "foot")[1] + GAP if foot else 0.0
    height = size[1] + above + under + below + 2 * MARGIN
    figure, page = new_figure(width, height)
    box = (MARGIN + left, MARGIN + under + below, *size)
    area = figure.add_axes(
        (box[0] / width, box[1] / height, box[2] / width, box[3] / height), projection=projection, facecolor="none"
    )
    words(page, MARGIN, height - MARGIN, top, "title", align=("left", "top"))
    words(page, MARGIN, MARGIN, bottom, "foot", colour=GREY, align=("left", "bottom"))
    page.set_zorder(area.get_zorder() + 1)  # texts lie above the data
    quiet(area)
    return Panel(figure, page, area, box)


def words(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    part: str,
    *,
    colour: str = INK,
    align: tuple[str, str] = ("left", "center"),
    gid: str = "",
) -> None:
    """A text set as `part` of a figure; nothing where it is empty."""
    if text:
        axes.text(
            x, y, visible(text), ha=align[0], va=align[1], size=POINTS[part], color=colour, family=FONT,
            linespacing=1.1, weight="bold" if part in ("name", "title") else "normal", zorder=6, gid=gid or part,
        )  # fmt: skip


def quiet(area: Axes) -> None:
    """Ticks and spines in the background."""
    area.tick_params(colors=GREY, labelsize=POINTS["item"], length=3)
    for label in (*area.get_xticklabels(), *area.get_yticklabels()):
        label.set_fontfamily(FONT)
    for spine in area.spines.values():
        spine.set(color=GREY, linewidth=0.8)
