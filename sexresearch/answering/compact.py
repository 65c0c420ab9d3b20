"""Tables for readers: few columns, each value with its interval in one cell, headings in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from sexresearch.answering.text_catalogue import catalogue, filled_text
from sexresearch.document import Number
from sexresearch.glossary.formatting import fixed

SHARE = "share"
Row = Mapping[str, Any]
Cell = Callable[[Row, str], object]  # of a row, in a language
Columns: TypeAlias = "tuple[tuple[str, Cell], ...]"


def compact(frame: pd.DataFrame, columns: Sequence[tuple[str, Cell]], language: str) -> pd.DataFrame:
    """The frame in the columns named, headed as the catalogue has it; a column that no row fills is left out."""
    heads = catalogue(language)["columns"]
    rows = frame.to_dict("records")
    made = {str(heads[name]): [cell(row, language) for row in rows] for name, cell in columns}
    return pd.DataFrame({head: cells for head, cells in made.items() if any(str(cell) for cell in cells)})


def text(name: str) -> Cell:
    """The value as it is."""
    return lambda row, language: "" if _nothing(row.get(name)) else str(row[name])


def ranged(name: str, ends: str, decimals: int | str = 2) -> Cell:
    """The value with its interval in brackets; `ends` is what the columns of the limits begin with.

    decimals : of the number, or "share" for per cent.
    """

    def cell(row: Row, language: str) -> object:
        if _nothing(row.get(name)):
            return ""
        values = {"value": row[name], "lower": row.get(f"{ends}lower"), "upper": row.get(f"{ends}upper")}
        alone = not ends or _nothing(values["lower"]) or _nothing(values["upper"])
        form = "alone" if alone else "ranged"
        near = form == "ranged" and decimals == 2 and _seems_to_end_at_0(values["lower"], values["upper"])
        shown = filled_text(language, f"{form}_{'near' if near else decimals}", values, "cells")
        return Number(float(row[name]), 2 if decimals == SHARE else int(decimals), shown)

    return cell


def _seems_to_end_at_0(lower: float, upper: float) -> bool:
    """Whether a limit that is not 0 would print as 0, so that nobody sees on which side it lies.

    >>> _seems_to_end_at_0(-0.002, 0.518), _seems_to_end_at_0(0.01, 0.5)
    (True, False)
    """
    return any(end != 0 and float(fixed(end, 2)) == 0 for end in (lower, upper))


def share(name: str) -> Cell:
    """The value as a percentage."""

    def cell(row: Row, language: str) -> object:
        if _nothing(row.get(name)):
            return ""
        return Number(float(row[name]), 2, filled_text(language, "share", {"value": float(row[name])}, "cells"))

    return cell


def in_units(name: str, ends: str, unit: str) -> Cell:
    """The value with its interval, as the unit of the row asks: shares in per cent, scores whole."""
    shared, whole = ranged(name, ends, SHARE), ranged(name, ends, 0)
    plain = ranged(name, ends)

    def cell(row: Row, language: str) -> object:
        kind = str(row.get(unit))
        return (shared if kind == "share" else whole if "-100" in kind else plain)(row, language)

    return cell


def _nothing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and bool(np.isnan(value))) or value == ""
