"""What a layout says about the first rows of a file, and what all layouts look at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sexresearch.survey.spelling import clean

Row = Sequence[object]
DATE = re.compile(r"(?!\d+(?:\.\d+){3}$)\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*")


@dataclass(frozen=True)
class FileLayout:
    """Names of the columns, the question texts that belong to them, how many rows that took, and a note."""

    names: tuple[str, ...]
    texts: tuple[str, ...] = ()
    rows: int = 1
    note: str = ""


def blank(cell: object) -> bool:
    """Whether a cell holds nothing.

    >>> blank(None), blank("  "), blank(0)
    (True, True, False)
    """
    return cell is None or (isinstance(cell, str) and not cell.strip())


def count_filled(row: Row) -> int:
    """How many cells of a row hold something.

    >>> count_filled([None, " ", 0, "a"])
    2
    """
    return sum([1 for cell in row if cell is not None and (not isinstance(cell, str) or cell.strip() != "")])


def texts_of(row: Row) -> tuple[str, ...]:
    """The cells of a header row as clean text, empty where there is none.

    >>> texts_of([" sat1 ", None, 2026])
    ('sat1', '', '2026')
    """
    return tuple("" if blank(cell) else clean(str(cell)) for cell in row)


def is_value(cell: object) -> bool:
    """Whether a cell holds a number, a date or a truth value, which no header does.

    >>> is_value(5), is_value("5,2"), is_value("2026-01-05 10:00"), is_value("Agree")
    (True, True, True, False)
    """
    if not isinstance(cell, str):
        return cell is not None
    text = cell.strip()
    return bool(re.fullmatch(r"[+-]?[\d.,' %]*\d[\d.,' %]*", text) or DATE.fullmatch(text))
