"""Column names that look the same and are not: accents in one code point or two, invisible marks, odd blanks."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pandas as pd

from sexresearch.errors import DataError


def look(name: object) -> str:
    """What a reader sees of a name: accents composed, invisible characters left out, every blank a plain one.

    >>> look("cafe\\u0301") == look("caf\\u00e9"), look("q1\\u00a0") == look("q\\u200b1")
    (True, True)
    """
    seen = [" " if unicodedata.category(c) == "Zs" else c for c in str(name) if unicodedata.category(c) != "Cf"]
    return unicodedata.normalize("NFC", "".join(seen)).strip()


def look_alikes(name: str, known: Sequence[object]) -> list[str]:
    """The known names that look like `name` without being it."""
    return [other for other in known if isinstance(other, str) and other != name and look(other) == look(name)]


def spelled_as(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The frame with columns renamed that only look like one of the `names`, where it has no column of that very name.

    DataError where several columns look like it, telling them apart by their characters.
    """
    absent = [name for name in dict.fromkeys(names) if isinstance(name, str) and name not in frame.columns]
    columns = frame.columns.tolist() if absent else []
    renamed: dict[str, str] = {}
    for name in absent:
        alike = [other for other in look_alikes(name, columns) if other not in names]
        if len(alike) > 1:
            raise DataError(f"several columns look like {name!r}: {'; '.join(map(characters, alike))}. Rename one")
        renamed |= dict.fromkeys(alike, name)
    return frame.rename(columns=renamed) if renamed else frame


def characters(name: str) -> str:
    """A name with its unusual characters in words.

    >>> characters("q\\u200b1")
    "'q\\\\u200b1' (with ZERO WIDTH SPACE, U+200B)"
    """
    odd = [c for c in dict.fromkeys(name) if not c.isascii()] + ([" "] if name != name.strip(" ") else [])
    described = [f"{unicodedata.name(c, 'an unnamed character')}, U+{ord(c):04X}" for c in odd]
    return ascii(name) + (f" (with {'; '.join(described)})" if described else "")
