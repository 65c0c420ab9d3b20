"""One column that tables of this package may carry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column that tables of this package may carry.

    `decimals` is the number of printed decimals; ``None`` prints the value as it is (text, counts).
    """

    name: str
    header: str
    decimals: int | None
    meaning: str
    source: str = ""


def columns(*rows: tuple[str, str, int | None, str] | tuple[str, str, int | None, str, str]) -> dict[str, Column]:
    """Rows of name, header, decimals, meaning and source as columns by their names."""
    return {row[0]: Column(*row) for row in rows}
