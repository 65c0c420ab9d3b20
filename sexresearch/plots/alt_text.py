"""`alt_text`: what a figure shows, in words, for those who cannot see it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST = 900  # letters; readers of screens read all of it aloud
SIGNS = {"path": "→", "loading": "→", "covariance": "↔"}


@in_words
def alt_text(figure: Figure) -> str:
    """What a figure shows, in words: its title, then its arrows with their values or its names and numbers.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A figure of `sexresearch.plots`.

    Returns
    -------
    str
        For the ``alt`` of an image; at most some 900 letters, the paths of a diagram before its loadings.

    Raises
    ------
    OptionError
        `figure` is no figure.

    Notes
    -----
    Values are read off the figure's own data, rounded as they are printed in it; nothing is computed.

    Examples
    --------
    >>> import pandas as pd
    >>> from sexresearch.plots import radar
    >>> rows = {"kind": "construct", "construct": ["vision", "culture", "design"], "group": pd.NA,
    ...         "performance": [60.0, 50.0, 70.0]}
    >>> alt_text(radar(pd.DataFrame(rows), title="Performance"))[:45]
    'Performance. design 70.0; vision 60.0; cultur'
    """
    if not hasattr(figure, "axes") or not hasattr(figure, "get_size_inches"):
        raise OptionError(f"alt_text takes a figure; found {type(figure).__name__}")
    texts = [text for axes in figure.axes for text in axes.texts if text.get_text().strip()]
    labels = {str(text.get_gid() or ""): _plain(text.get_text()) for text in texts}
    title = next((_plain(t.get_text()) for t in texts if t.get_gid() == "title"), "")
    parts = (
        _arrows(labels)
        or _named(labels)
        or [_plain(t.get_text()) for t in texts if t.get_gid() not in ("title", "foot")]
        or [curve for axes in figure.axes for curve in _curves(axes)]
    )
    sentence = f"{title}. {'; '.join(parts)}" if title else "; ".join(parts)
    return sentence if len(sentence) <= LONGEST else sentence[: LONGEST - 2].rsplit("; ", 1)[0] + " …"


def _plain(text: str) -> str:
    """Without line breaks and marks of formulas."""
    return re.sub(r"\s+", " ", text.replace("$", "").replace("\\", "")).strip()


def _arrows(labels: dict[str, str]) -> list[str]:
    """Arrows by their kind, paths first, each with its value; nodes by the names they show."""
    names = {gid.removeprefix("name:"): text for gid, text in labels.items() if gid.startswith("name:")}
    by_kind: dict[str, list[str]] = {kind: [] for kind in SIGNS}
    for gid, text in labels.items():
        kind, _, ends = gid.removeprefix("value:").partition(":")
        tail, _, head = ends.partition(":")
        if gid.startswith("value:") and kind in SIGNS and head:
            by_kind[kind].append(f"{names.get(tail, tail)} {SIGNS[kind]} {names.get(head, head)} {text}")
    return [*by_kind["path"], *by_kind["covariance"], *by_kind["loading"]]


def _named(labels: dict[str, str]) -> list[str]:
    """Names, each with its number where it has one."""
    names = {gid.removeprefix("name:"): text for gid, text in labels.items() if gid.startswith("name:")}
    return [f"{text} {labels.get(f'value:{name}', '')}".strip() for name, text in names.items()]


def _curves(axes: Axes) -> list[str]:
    """What a plot without names in it says: both axes, then every curve of the legend with its points."""
    handles, names = axes.get_legend_handles_labels()
    curves = [f"{_plain(name)}{_points(handle)}" for handle, name in zip(handles, names, strict=True)]
    return [f"{_plain(axes.get_ylabel())} by {_plain(axes.get_xlabel())}", *curves] if curves else []


def _points(handle: object) -> str:
    line = getattr(handle, "lines", [handle])[0]
    if not hasattr(line, "get_xdata"):
        return ""
    return ": " + ", ".join(f"{y:.2f} at {x:g}" for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True))
