"""Names of variables: which the language holds as they are, which need back-ticks, and products ``a:b``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

NAME = re.compile(r"(?:[^\W\d]|\.(?!\d))[\w.]*")
RESERVED = ("NA", "NA_real_")


def end_of_name(text: str, start: int) -> int:
    """Where the name that begins at `start` ends; `start` itself where none begins.

    A name is made of letters of any script, digits, ``_`` and ``.``; it begins with a letter, ``_`` or ``.``.
    """
    match = NAME.match(text, start)
    if match is None or not (text[start].isalpha() or text[start] in "_."):
        return start
    stop = match.end()
    while stop < len(text) and (_combining(text[stop]) or text[stop].isalnum() or text[stop] in "_."):
        stop += 1
    return stop


def _combining(c: str) -> bool:
    return not c.isascii() and unicodedata.category(c).startswith("M")


def is_plain(name: str) -> bool:
    """Whether model text can hold the name as it is."""
    return bool(name) and end_of_name(name, 0) == len(name) and name not in RESERVED


def factors(name: str) -> tuple[str, str] | None:
    """The two variables of a product ``a:b``; None for any other name."""
    parts = name.split(":")
    return (parts[0], parts[1]) if len(parts) == 2 and all(parts) else None


def written(name: str) -> str:
    """The name as model text has it: in back-ticks where it needs them.

    >>> written("x1"), written("x 1"), written("x1:x2")
    ('x1', '`x 1`', 'x1:x2')
    """
    if is_plain(name) or not name:
        return name
    parts = factors(name)
    return ":".join(map(written, parts)) if parts else f"`{name.replace('`', '``')}`"


def column_hint(text: str, columns: Sequence[object], line: int | None = None) -> str:
    """Where model text (or one line of it) holds a column's name that needs back-ticks: how to write it; else ''."""
    lines = text.splitlines()
    place = lines[line - 1] if line is not None and 0 < line <= len(lines) else text
    odd = [str(column) for column in columns if not is_plain(str(column)) and f"`{column}`" not in text]
    strange = sorted((name for name in odd if _stands_in(name, place)), key=len, reverse=True)
    named = [name for name in strange if not any(name != other and name in other for other in strange)]
    if not named:
        return ""
    shown = ", ".join(f"{name!r} as {written(name)}" for name in named[:6])
    return f"; the data have columns whose names need back-ticks here: write {shown}"


def _stands_in(name: str, text: str) -> bool:
    """Whether the name stands in the text by itself, not inside a longer word."""
    at = text.find(name)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(name) : at + len(name) + 1]
        inside = (before.isalnum() and name[0].isalnum()) or (after.isalnum() and name[-1].isalnum())
        if not inside:
            return True
        at = text.find(name, at + 1)
    return False
