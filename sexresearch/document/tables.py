"""Tables of documents: a frame, what its cells print, and what they are worth in a workbook."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real

import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.glossary import COLUMNS, table
from sexresearch.glossary import FormattedTable as Printed
from sexresearch.glossary.formatting import fixed
from sexresearch.languages import Language

BELOW = re.compile(r"< ?[\d.,]+")  # a number too small to print, such as p < .001


@dataclass(frozen=True)
class Number:
    """A number with decimals of its own; `text` is what is printed where that is more than the number (stars, p).

    >>> str(Number(0.41235)), str(Number(24.0, 0)), str(Number(0.0004, text="< .001"))
    ('0.412', '24', '< .001')
    """

    value: float
    decimals: int = 3
    text: str = ""

    def __str__(self) -> str:
        if self.text or math.isnan(self.value):
            return self.text
        shown = fixed(self.value, self.decimals)
        return shown.lstrip("-") if float(shown) == 0 else shown


@dataclass(frozen=True, eq=False)
class Table:
    """A data frame with caption (above) and note (below); headers and decimals are those of the glossary.

    Columns that the glossary does not know are headed by their names, and print 3 decimals. Cells may hold `Number`.
    A named or text index becomes the first column. emphasized : numbers of rows to set in bold.
    heads : headings by the names of columns, before those of the glossary. language : "de" prints decimal commas.
    """

    frame: pd.DataFrame
    caption: str = ""
    note: str = ""
    decimals: int | None = None
    emphasized: tuple[int, ...] = ()
    heads: Mapping[str, str] = field(default_factory=dict)
    language: Language = "en"

    def __post_init__(self) -> None:
        if not isinstance(self.frame, pd.DataFrame):
            raise OptionError(f"a table is made of a frame; found {type(self.frame).__name__}")

    @cached_property
    def printed(self) -> Printed:
        """Headers and cells as text."""
        return table(self.frame, self.caption, self.note, self.decimals)

    @property
    def headers(self) -> tuple[str, ...]:
        """What stands above the columns."""
        names = map(str, self._whole.columns)
        return tuple(self.heads.get(name, head) for name, head in zip(names, self.printed.headers, strict=True))

    @property
    def cells(self) -> tuple[tuple[str, ...], ...]:
        """What is printed, row by row."""
        return self.printed.rows if self.language == "en" else self._with_commas

    @cached_property
    def _with_commas(self) -> tuple[tuple[str, ...], ...]:
        """Numbers with decimal commas; texts as they are."""
        pairs = zip(self.printed.rows, self.amounts, strict=True)
        return tuple(
            tuple(cell if amount is None else with_comma(cell) for cell, amount in zip(*pair, strict=True))
            for pair in pairs
        )

    @cached_property
    def amounts(self) -> tuple[tuple[float | None, ...], ...]:
        """The number behind each printed cell, row by row; None where the cell is text or empty."""
        return tuple(tuple(_worth(value) for value in row) for row in self._whole.itertuples(index=False, name=None))

    @cached_property
    def places(self) -> tuple[tuple[int | None, ...], ...]:
        """The decimals each number is printed with; None for text."""
        known = [self._decimals(name) for name in self._whole.columns]
        rows = self._whole.itertuples(index=False, name=None)
        return tuple(tuple(_places(v, d) for v, d in zip(row, known, strict=True)) for row in rows)

    @cached_property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers, and are set flush right."""
        columns = [self._whole.iloc[:, k].tolist() for k in range(self._whole.shape[1])]
        kept = [[value for value in column if not _absent(value)] for column in columns]
        own = [bool(column) and all(isinstance(value, Number) for value in column) for column in kept]
        return tuple(a or b for a, b in zip(self.printed.numeric, own, strict=True))

    @cached_property
    def _whole(self) -> pd.DataFrame:
        """The frame with its index as a column where that has names."""
        counted = isinstance(self.frame.index, pd.RangeIndex) and self.frame.index.name is None
        return self.frame if counted else self.frame.reset_index()

    def _decimals(self, name: object) -> int | None:
        known = COLUMNS.get(str(name))
        if known is None:
            return 3 if self.decimals is None else self.decimals
        return known.decimals if self.decimals is None or known.decimals in (None, 0) else self.decimals


def measures_table(series: pd.Series, caption: str = "", note: str = "") -> Table:
    """A series of measures as a table of two columns; each value has the decimals of its own name.

    >>> measures_table(pd.Series({"chisq": 85.3056, "df": 24.0})).cells
    (('chisq', '85.306'), ('df', '24'))
    """
    rows = []
    for name, value in series.items():
        known = COLUMNS.get(str(name))
        places = 3 if known is None or known.decimals is None else known.decimals
        broken = places == 0 and not math.isnan(value) and round(value) != value
        rows.append({"measure": str(name), "value": Number(float(value), 3 if broken else places)})
    return Table(pd.DataFrame(rows, columns=["measure", "value"]), caption, note)


def with_comma(number: str) -> str:
    """A number as it is printed, with a decimal comma, and the zero before it.

    >>> with_comma("-.35"), with_comma("< .001"), with_comma("1,500")
    ('-0,35', '< 0,001', '1.500')
    """
    whole = re.sub(r"(?<!\d)\.(?=\d)", "0.", number)
    return whole.translate(str.maketrans(",.", ".,"))


def _absent(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _worth(value: object) -> float | None:
    if isinstance(value, Number):
        more = value.text and not BELOW.fullmatch(value.text)  # the text says more than the number does
        return None if more or math.isnan(value.value) else float(value.value)
    if isinstance(value, bool) or not isinstance(value, Real) or _absent(value):
        return None
    return float(value) if math.isfinite(value) else None


def _places(value: object, decimals: int | None) -> int | None:
    if isinstance(value, Number):
        return None if _worth(value) is None else value.decimals
    if _worth(value) is None:
        return None
    assert isinstance(value, Real)
    if decimals is None:  # printed as it is
        return 0 if float(value).is_integer() else 3
    return decimals
