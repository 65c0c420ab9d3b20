"""The rows of a text file, found in its bytes all at once, and its cells read by column."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sexresearch.survey.dialect import Dialect, numbered_rows
from sexresearch.survey.noanswer import MISSING_WORDS

Places = npt.NDArray[np.int64]
LONGEST_CELL = 131_072  # the csv module's own limit
LARGEST = 1e15  # numbers of more digits may be names, such as those of cards
NEWLINE, ZERO, NINE = 10, 48, 57
MISSING = sorted(MISSING_WORDS)
SIGNS = np.frombuffer(b"+-\"' ", np.uint8)  # what may stand before the first digit of a cell


@dataclass(frozen=True, eq=False)
class TextRows:
    """Where the rows that hold something begin and end, how many cells each has, and where the cells are parted.

    `bytes_` are the text in UTF-8 with plain line ends, `lines` the number of each row's last line, `parted` the places
    of separators.
    """

    bytes_: bytes
    dialect: Dialect
    starts: Places
    ends: Places
    widths: Places
    lines: Places
    parted: Places

    def listed(self, first: int, last: int) -> list[list[str]]:
        """The rows from first up to last, as lists of cells."""
        if first >= last:
            return []
        text = self.bytes_[self.starts[first] : self.ends[last - 1]].decode()
        return [row for _, row in numbered_rows(text, self.dialect) if any(map(str.strip, row)) or len(row) > 1]

    def filled_end(self) -> int:
        """The row after the last one that holds more than separators."""
        filled = np.flatnonzero(self.ends - self.starts >= self.widths)
        return int(filled[-1]) + 1 if len(filled) else 0

    def frame(self, first: int, last: int, width: int) -> pd.DataFrame | None:
        """The rows as columns: numbers where all cells are plain numbers, else texts; None if rows would be lost."""
        frame = self._read(first, last, range(width)).copy()  # the copy puts columns of one kind together
        if len(frame) != last - first:
            return None
        truths = np.flatnonzero([kind.kind == "b" for kind in frame.dtypes])
        again = [*truths, *self._names_in_digits(first, last, width)]
        again += _not_plain(frame)
        return self.as_text(frame, first, last, sorted({int(place) for place in again}))

    def as_text(self, frame: pd.DataFrame, first: int, last: int, columns: Sequence[int]) -> pd.DataFrame:
        """The frame with some columns as they are written."""
        if not columns:
            return frame
        texts = self._read(first, last, columns, dtype=str)
        rest = [place for place in frame if place not in set(columns)]
        return pd.concat([frame[rest], texts], axis=1)[list(frame)]

    def with_mark(self, mark: str, first: int, last: int) -> set[int]:
        """The columns that hold a mark such as "." in any cell."""
        part = np.frombuffer(self.bytes_, np.uint8)[self.starts[first] : self.ends[last - 1]]
        marked = np.flatnonzero(part == ord(mark)) + self.starts[first]
        cells = np.searchsorted(self.parted, marked)
        rows = np.searchsorted(self.starts, marked, side="right") - 1
        return set(np.unique(cells - np.searchsorted(self.parted, self.starts[rows])).tolist())

    def _read(self, first: int, last: int, columns: Sequence[int], dtype: type | None = None) -> pd.DataFrame:
        width = int(np.max(self.widths[first:last], initial=1))
        return pd.read_csv(
            io.BytesIO(self.bytes_[self.starts[first] : self.ends[last - 1] + 1]),
            sep=self.dialect.separator,
            quotechar=self.dialect.quote,
            header=None,
            names=range(max(width, max(columns) + 1)),
            usecols=list(columns),
            index_col=False,
            dtype=dtype,
            skipinitialspace=self.dialect.separator not in " \t",
            keep_default_na=False,
            na_values=MISSING,
            low_memory=False,
        )

    def _names_in_digits(self, first: int, last: int, width: int) -> list[int]:
        """Columns with digits behind a leading zero: these are names, such as postcodes."""
        part = np.frombuffer(self.bytes_, np.uint8)[: self.ends[last - 1]]
        at = self.starts[first] + np.flatnonzero(part[self.starts[first] :] == ZERO)
        at = at[at + 1 < len(part)]
        at = at[(part[at + 1] >= ZERO) & (part[at + 1] <= NINE)]
        begins = np.where(np.isin(part[at - 1], SIGNS) & (at > self.starts[first]), at - 1, at)
        zeros = begins[self._begin_cells(begins, first)]
        if not len(zeros):
            return []
        rows = np.searchsorted(self.starts, zeros, side="right") - 1
        columns = np.searchsorted(self.parted, zeros) - np.searchsorted(self.parted, self.starts[rows])
        return [int(column) for column in np.unique(columns) if column < width]

    def _begin_cells(self, places: Places, first: int) -> npt.NDArray[np.bool_]:
        """Which places begin a cell: those of row `first` or later behind a separator, or at the start of a row."""
        row = np.searchsorted(self.starts, places, side="right") - 1
        mark = np.minimum(np.searchsorted(self.parted, places - 1), max(len(self.parted) - 1, 0))
        behind = self.parted[mark] == places - 1 if len(self.parted) else np.zeros(len(places), bool)
        return np.asarray((row >= first) & (behind | (self.starts[row] == places)))


def text_rows(text: str, dialect: Dialect) -> TextRows | None:
    """The rows of a text; None where quotes stand inside cells, so that it must be split cell by cell.

    >>> rows = text_rows("a;b\\n1;2\\n", Dialect(";"))
    >>> rows.widths.tolist(), rows.frame(1, 2, 2).loc[0].tolist()
    ([2, 2], [1, 2])
    """
    if len(dialect.separator.encode()) > 1 or dialect.separator == " ":
        return None
    plain = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    content = (plain if plain.endswith("\n") else plain + "\n").encode()
    signs = np.frombuffer(content, np.uint8)
    newline, parted = signs == NEWLINE, signs == ord(dialect.separator)
    every_line = np.flatnonzero(newline)
    quoted = _quoted(signs, dialect)
    if quoted is None:
        return None
    if len(quoted):
        newline, parted = newline & ~quoted, parted & ~quoted
    ends, marks = np.flatnonzero(newline), np.flatnonzero(parted)
    starts = np.concatenate([[0], ends[:-1] + 1])
    widths = np.searchsorted(marks, ends) - np.searchsorted(marks, starts) + 1
    if not len(ends) or np.max(widths) < 2 or _longest_cell(starts, ends, marks) > LONGEST_CELL:
        return None
    lone = np.flatnonzero(widths == 1)
    kept = np.ones(len(ends), bool)
    kept[[row for row in lone if not content[starts[row] : ends[row]].strip()]] = False
    lines = np.searchsorted(every_line, ends) + 1
    return TextRows(content, dialect, starts[kept], ends[kept], widths[kept], lines[kept], marks)


def _longest_cell(starts: Places, ends: Places, marks: Places) -> int:
    """Length of the longest cell; of the longest row where that is short enough already."""
    row = int(np.max(ends - starts))
    return row if row <= LONGEST_CELL else int(np.max(np.diff(np.sort(np.concatenate([ends, marks])), prepend=-1)))


def _quoted(signs: npt.NDArray[np.uint8], dialect: Dialect) -> npt.NDArray[np.bool_] | None:
    """Which bytes stand in quotes, empty where none do; None where quotes are not only around cells."""
    quotes = signs == ord(dialect.quote)
    places = np.flatnonzero(quotes)
    if not len(places):
        return np.zeros(0, bool)
    if len(places) % 2:
        return None
    around = [NEWLINE, ord(dialect.separator), ord(dialect.quote)]
    before = np.where(places[::2] > 0, signs[places[::2] - 1], NEWLINE)
    after = signs[np.minimum(places[1::2] + 1, len(signs) - 1)]
    if not (np.isin(before, around).all() and np.isin(after, around).all()):
        return None
    return np.bitwise_xor.accumulate(quotes.view(np.uint8)).astype(bool)


def _not_plain(frame: pd.DataFrame) -> list[int]:
    """Columns of numbers that may be names in many digits, or infinite."""
    kinds = np.array([kind.kind for kind in frame.dtypes])
    columns = np.flatnonzero(kinds == "u").tolist()
    for kind in "if":
        places = np.flatnonzero(kinds == kind)
        columns += places[(np.abs(frame.iloc[:, places].to_numpy()) >= LARGEST).any(axis=0)].tolist()
    return columns
