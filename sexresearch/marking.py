"""Which frames are results of this package, so that a notebook shows them by the glossary, and nobody else's."""

from __future__ import annotations

from typing import TypeVar

import pandas as pd

OWN = "sexresearch"  # the entry of `attrs` that holds the names a frame was made with
T = TypeVar("T")


def marked(value: T) -> T:
    """The value; a frame or series carries the names of its columns, or rows, in `attrs`, as do parts made of it.

    >>> marked(pd.DataFrame({"est": [0.5]})).head(1).attrs
    {'sexresearch': ('est',)}
    """
    if isinstance(value, pd.DataFrame):
        value.attrs[OWN] = tuple(map(str, value.columns.tolist()))
    elif isinstance(value, pd.Series):
        value.attrs[OWN] = tuple(map(str, value.index.tolist())) if value.index.dtype.kind not in "iu" else ()
    return value


def names_made_with(frame: pd.DataFrame | pd.Series) -> tuple[str, ...] | None:
    """Those names; None for a frame that is not this package's."""
    names = frame.attrs.get(OWN)
    return tuple(names) if isinstance(names, tuple | list) else None
