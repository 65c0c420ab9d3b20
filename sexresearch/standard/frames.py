"""Entries of the standard as one tidy table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.standard.catalogue import Clause


@in_words
def as_frame(entries: Iterable[Any], columns: Iterable[str] | None = None) -> pd.DataFrame:
    """Entries of the standard as one table.

    Parameters
    ----------
    entries : iterable
        Entries of one kind, such as ``standard.elements``.
    columns : iterable of str, optional
        Fields or attributes of the entries, in this order. Default: all fields.

    Returns
    -------
    DataFrame
        One row per entry. Attributes that are clauses themselves are shown by their title, several values joined by ";
        "; a value that the source does not give is missing. No entries give an empty frame.

    Raises
    ------
    OptionError
        An unknown column, or entries that are not of the standard.

    Notes
    -----
    Wordings are our own, after ISO 23592:2021 and ISO/TR 7179:2021; titles are those of the standards.

    Examples
    --------
    >>> from sexresearch.standard.effect_model import elements
    >>> as_frame(elements, ["clause", "title", "dimension"]).loc[0].tolist()
    ['7.1.1', 'vision, mission and strategy', 'leadership and strategy']
    """
    rows = list(entries)
    others = [type(row).__name__ for row in rows if not is_dataclass(row)]
    if others:
        raise OptionError(f"as_frame takes entries of the standard, such as standard.elements; found {others[0]}")
    names = list(columns or (field.name for row in rows[:1] for field in fields(row)))
    return pd.DataFrame({name: _column([_cell(row, name) for row in rows]) for name in names}, columns=names)


def _column(cells: list[object]) -> pd.Series:
    """Cells as a column of their own type; texts stay objects."""
    column = pd.Series(cells, dtype=object)
    return column if pd.api.types.infer_dtype(column, skipna=True) == "string" else column.convert_dtypes()


def _cell(entry: object, name: str) -> object:
    if not hasattr(entry, name):
        available = ", ".join(attribute for attribute in dir(entry) if not attribute.startswith("_"))
        raise OptionError(f"{type(entry).__name__} has no {name!r}; there are: {available}.")
    return _shown(getattr(entry, name))


def _shown(value: Any) -> object:
    if isinstance(value, tuple):
        return "; ".join(str(_shown(part)) for part in value)
    return value.title if isinstance(value, Clause) else value
