"""Figures as bytes; the same figure gives the same bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from sexresearch.extras import extra

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

SHARP = 200  # dots per inch of pictures that are printed
UNDATED = {
    "svg": {"Date": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}


def picture(figure: Drawing, kind: str) -> bytes:
    """The figure as svg, png or pdf, cut to what is drawn."""
    with extra("reports"):
        import matplotlib as mpl

    drawing = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "sexresearch", "pdf.fonttype": 42}):
        figure.savefig(drawing, format=kind, metadata=UNDATED[kind], bbox_inches="tight", dpi=SHARP)
    return drawing.getvalue()


def size_of(figure: Drawing, width: float, height: float) -> float:
    """Inches the figure is wide, shrunk to fit into width and height.

    >>> import types
    >>> size_of(types.SimpleNamespace(get_size_inches=lambda: (12.0, 6.0)), 6.0, 9.0)
    6.0
    """
    own_width, own_height = (float(side) for side in figure.get_size_inches())
    return min(own_width, width, height * own_width / own_height)
