"""Reasons in one cell of a table."""

from __future__ import annotations


def joined(*parts: str) -> str:
    """Reasons in one cell: those that are not empty, each once.

    >>> joined("a", "", "b", "a")
    'a; b'
    """
    return "; ".join(dict.fromkeys(filter(None, parts)))
