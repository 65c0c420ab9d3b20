"""How results look when a notebook shows them: by the glossary. Frames of anybody else look as they did."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pandas as pd

from sexresearch.glossary.every_column import COLUMNS
from sexresearch.glossary.formatting import table
from sexresearch.marking import names_made_with

Shower = Callable[[Any], str | None]
ENDS = 5  # rows shown at either end of a frame that is longer than pandas shows


def html_of(frame: pd.DataFrame | pd.Series) -> str | None:
    """A result as HTML, by the glossary; None for other frames, and for what was made of a result but is none.

    A result is made by this package, and half of its columns at least are still of the glossary or those that it was
    made with. As in pandas, a long one shows its first and last rows.

    >>> from sexresearch.marking import marked
    >>> frame = marked(pd.DataFrame({"lhs": ["y"], "pvalue": [1.56e-296]}))
    >>> "&lt; 0.001" in html_of(frame[frame["lhs"] == "y"]), html_of(pd.DataFrame({"pvalue": [0.1]}))
    (True, None)
    """
    names = names_made_with(frame)
    if names is None or not pd.get_option("display.notebook_repr_html"):
        return None
    now = [str(name) for name in (frame.columns if isinstance(frame, pd.DataFrame) else frame.index)]
    if 2 * sum(name in COLUMNS or name in names for name in now) < len(now) or not now:
        return None
    most = pd.get_option("display.max_rows")
    if most is None or len(frame) <= most:
        return table(frame)._repr_html_()
    shown = table(pd.concat([frame.head(ENDS), frame.tail(ENDS)]))
    return f"{shown._repr_html_()}\n<p>The first and last {ENDS} of {len(frame)} rows.</p>"


def show_in_notebooks() -> None:
    """Tell IPython, where it is running, how results look; nothing is imported, and other frames stay as they are."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    display = getattr(shell, "display_formatter", None)
    if display is None:
        return
    html = display.formatters["text/html"]
    for kind in (pd.DataFrame, pd.Series):
        before = html.for_type(kind)
        if getattr(before, "__module__", "") != __name__:  # not yet told
            html.for_type(kind, _showing(before))


def _showing(before: Shower | None) -> Shower:
    """What shows a result by the glossary, and any other frame as before."""

    def show(frame: pd.DataFrame | pd.Series) -> str | None:
        own = html_of(frame)
        if own is not None:
            return own
        usual = before or getattr(type(frame), "_repr_html_", None)
        return None if usual is None else usual(frame)

    return show
