"""Columns with several answers in one cell, as Microsoft and Google Forms write questions with boxes to tick."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pandas as pd

MARKS = (";", ", ")
MOST_CHOICES = 40  # different answers that such a question offers
LONGEST = 80  # characters of an answer
SHARE = 0.05  # of the cells that hold several answers, at least
EACH = 2.0  # times that an answer comes on average, at least


def joined_by(texts: Iterable[str]) -> str:
    """The mark that joins several answers in the cells of a column, empty where cells hold one answer each.

    >>> joined_by(["Web;Branch;", "Branch;", "Web;Phone;", "Phone;Branch;"]), joined_by(["Good, but slow", "Fine"])
    (';', '')
    """
    cells = [text for text in texts if text.strip()]
    return next((mark for mark in MARKS if _is_joined(cells, mark)), "")


def choices(texts: Iterable[str], mark: str) -> list[str]:
    """The answers that are joined, the most frequent first.

    >>> choices(["Web;Branch;", "Branch;"], ";")
    ['Branch', 'Web']
    """
    return [part for part, _ in Counter(part for text in texts for part in _parts(text, mark)).most_common()]


def joined_note(column: pd.Series) -> str:
    """What to say of a column that holds several answers in its cells; empty where it does not.

    >>> joined_note(pd.Series(["Web;Branch;", "Branch;", "Web;Phone;", "Phone;Branch;"], name="Channels"))[:59]
    "'Channels' holds several answers in one cell, joined by ';'"
    """
    if column.dtype.kind in "iufbM":
        return ""
    cells = column.dropna()
    if not cells.map(lambda cell: isinstance(cell, str)).all():
        return ""
    mark = joined_by(cells)
    if not mark:
        return ""
    shown = ", ".join(choices(cells, mark)[:3])
    ends = f".str.strip('{mark}')" if cells.str.endswith(mark).any() else ""
    return (
        f"'{column.name}' holds several answers in one cell, joined by '{mark.strip()}' ({shown}, …): kept as text; "
        f"survey.answers['{column.name}']{ends}.str.get_dummies('{mark}') makes a column of 0 and 1 of each answer"
    )


def _parts(text: str, mark: str) -> list[str]:
    return [part.strip() for part in text.split(mark) if part.strip()]


def _is_joined(cells: list[str], mark: str) -> bool:
    split = [_parts(text, mark) for text in cells]
    several = sum(len(parts) > 1 for parts in split)
    times = Counter(part for parts in split for part in parts)
    usual = 2 <= len(times) <= MOST_CHOICES and max(map(len, times)) <= LONGEST
    repeats = times.total() >= EACH * len(times) and all(len(set(parts)) == len(parts) for parts in split)
    return (
        several >= 2 and several >= SHARE * len(cells) and usual and repeats and (_closed(cells, mark) or _moves(split))
    )


def _closed(cells: list[str], mark: str) -> bool:
    """Whether every cell ends with the mark, as Microsoft Forms writes ticks; a comment has it inside alone."""
    return mark == ";" and all(cell.rstrip().endswith(mark) for cell in cells)


def _moves(split: list[list[str]]) -> bool:
    """Whether answers stand alone, first and later, as ticks do and the parts of a place ("Oslo, Norway") do not."""
    first = {parts[0] for parts in split}
    later = {part for parts in split for part in parts[1:]}
    return any(len(parts) == 1 for parts in split) and bool(first & later)
