"""Survey files in plain text: dialect and marks inside numbers are found out, and every guess is a note."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.survey.dialect import CONSISTENT, RARE, SEPARATORS, Dialect, decode, find_dialect, numbered_rows
from sexresearch.survey.file_content import LONGEST_LINE
from sexresearch.survey.marks import AROUND, PLAIN_MARKS, NumberMarks, bare, numbers, written
from sexresearch.survey.noanswer import MISSING_WORDS, is_no_answer
from sexresearch.survey.rawtable import RawTable, outline_of, table_of_frame, table_of_rows, with_columns
from sexresearch.survey.textrows import text_rows
from sexresearch.survey.wording import counted, listed

HEAD = 200  # rows that show how wide the table is, and as many at the end
LARGEST_EXACT = 2.0**53  # whole numbers beyond are not all held by a float
MOST_COLUMNS = 50_000
MARK_NAMES = {",": "commas", ".": "points", " ": "blanks", "'": "apostrophes"}


@dataclass(frozen=True)
class FileDescription:
    """What the caller says about a file, so that it need not be found out."""

    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    header: int | None = None
    wanted: Collection[str] = ()


@dataclass(frozen=True)
class _Column:
    """One column of a text file: its distinct cells, those that are numbers, and how these are written."""

    codes: npt.NDArray[np.int64]
    distinct: list[Any]
    numbers: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    percent: bool = False
    signs: bool = False
    marks: NumberMarks = field(default_factory=NumberMarks)

    def spread(self, values: list[Any]) -> npt.NDArray[Any]:
        """The values of the distinct cells at the place of every cell; numbers as numbers."""
        if any(isinstance(value, str) for value in values):
            return np.array([*values, np.nan], object)[self.codes]
        decoded = np.array([np.nan if value is None else value for value in (*values, None)], float)[self.codes]
        whole = (
            bool(len(decoded))
            and bool((np.abs(decoded) < LARGEST_EXACT).all())
            and bool((decoded == np.round(decoded)).all())
        )
        return decoded.astype(np.int64) if whole else decoded


def read_text(content: bytes, name: str, separators: str = "", requested: FileDescription | None = None) -> RawTable:
    """The table in a CSV or TSV file; columns that hold only numbers become numeric.

    Encoding: UTF-8, UTF-16 with its mark, else Windows-1252; Mac Roman where lines end as on old Macs. Separator: the
    one of `separators` (else any usual one) that splits the first rows alike. The decimal mark of a column is the one
    its numbers show; where 1.234 may be either, the other columns decide. Blank lines are skipped; cells of
    `MISSING_WORDS` and cells after the end of a short line are missing. Raises DataError for bytes that are not text
    and for lines longer than the header.

    >>> read_text("sat1;share\\n5;0,25\\n".encode(), "clients.csv").frame
       sat1  share
    1     5   0.25
    """
    requested = requested or FileDescription()
    text, encoding = decode(content, name)
    text, dialect = find_dialect(text, name, requested.separator or separators or None)
    _check_columns(text, dialect, name)
    table, typed, short = _by_column(text, dialect, name, requested) or _by_cell(text, dialect, name, requested)
    mark = dialect.separator
    kinds = {
        f"not UTF-8: read as {encoding}; check accents and umlauts": encoding in ("Windows-1252", "Mac Roman"),
        f"columns are separated by {(SEPARATORS | RARE).get(mark, mark)}": mark not in ",\t"
        and table.frame.shape[1] > 1,
        "cells stand in single quotes": dialect.quote == "'",
    }
    notes = tuple(note for note in kinds if kinds[note])
    end = f"cells are missing at the end of {counted(len(short), 'line')}: line {listed(short)}"
    return replace(typed, notes=(*notes, *typed.notes, *([end] if short else []), *table.notes))


def _check_columns(text: str, dialect: Dialect, name: str) -> None:
    columns = text[: LONGEST_LINE + 1].partition("\n")[0].count(dialect.separator) + 1
    if columns > MOST_COLUMNS:
        raise DataError(f"{name} has {columns:,} columns; files are read up to {MOST_COLUMNS:,}")


_Read = tuple[RawTable, RawTable, list[int]]  # the table as it stands, with its numbers, and the lines that are short


def _by_column(text: str, dialect: Dialect, name: str, requested: FileDescription) -> _Read | None:
    """The file read by column; None where it must be split cell by cell."""
    rows = text_rows(text, dialect)
    if rows is None or len(rows.widths) == 0:
        return None
    width = _width(rows.widths[:HEAD].tolist(), rows.listed(0, 1)[0])
    end = rows.filled_end()
    wide = np.flatnonzero(rows.widths > width).tolist()
    long = [row for row in wide if any(map(str.strip, rows.listed(row, row + 1)[0][width:]))]
    short = (rows.widths < width) & ((rows.widths > 1) | (width <= 2))
    _refuse_long(rows.lines[long].tolist(), name)
    head = _filled_up(rows.listed(0, min(HEAD, end)), width)
    tail = _filled_up(rows.listed(max(end - HEAD, 0), end), width)
    outline = outline_of(
        head, name, header=requested.header, wanted=requested.wanted, tail=tail if end > len(head) else (), total=end
    )
    frame = rows.frame(outline.start, outline.end, width) if outline.end > outline.start else None
    if frame is None:
        return None
    points = _with_points(frame, head[outline.start :]) if b"." in rows.bytes_ else {}
    open_ = {place for place, shown in points.items() if not shown or requested.decimal or requested.thousands}
    open_ &= rows.with_mark(".", outline.start, outline.end) if open_ else set()
    table = table_of_frame(rows.as_text(frame, outline.start, outline.end, sorted(open_)), outline)
    known = frozenset("." for shown in points.values() if shown)
    return table, with_numbers(table, requested, known), rows.lines[short].tolist()


def _with_points(frame: pd.DataFrame, head: list[list[str | None]]) -> dict[int, bool]:
    """The columns of numbers with fractions or gaps, and whether the first rows show that their point is decimal."""
    floats = [place for place, kind in enumerate(frame.dtypes) if kind.kind == "f"]
    return {place: written([(row[place] or "").strip() for row in head]).decimal == "." for place in floats}


def _by_cell(text: str, dialect: Dialect, name: str, requested: FileDescription) -> _Read:
    rows, short = _rows(text, dialect, name)
    table = table_of_rows(rows, name, header=requested.header, wanted=requested.wanted)
    return table, with_numbers(table, requested), short


def with_numbers(table: RawTable, requested: FileDescription, known: frozenset[str] = frozenset()) -> RawTable:
    """The table with its columns of numbers as numbers; its notes are only those about marks.

    `known` are the decimal marks that columns of numbers have shown already.

    >>> with_numbers(RawTable(pd.DataFrame({"a": ["1.234,5"]})), FileDescription()).frame["a"].tolist()
    [1234.5]
    """
    frame = table.frame
    kinds = frame.dtypes.to_list()
    places = [place for place, kind in enumerate(kinds) if kind.kind not in "iuf"]
    columns = {place: _looked_at(frame.iloc[:, place]) for place in places}
    seen = known | {column.marks.decimal for column in columns.values() if column.marks.decimal}
    requested_mark = requested.decimal or (
        "," if requested.thousands == "." else "." if requested.thousands == "," else ""
    )
    default = requested_mark or (next(iter(seen)) if len(seen) == 1 else "")
    typed: dict[int, npt.NDArray[Any]] = {}
    percent: list[str] = []
    notes: dict[str, list[str]] = {}
    doubts: dict[str, str] = {}
    for place, column in columns.items():
        header = str(frame.columns[place])
        values, marks, doubt = _typed(column, default, requested)
        typed[place] = column.spread(values)
        for note in marks:
            notes.setdefault(note, []).append(header)
        doubts |= {header: doubt} if doubt else {}
        percent += [header] if column.percent else []
    texts = tuple(f"{note} in {listed(headers)}" for note, headers in notes.items())
    return replace(table, frame=with_columns(frame, typed), notes=texts, doubts=doubts, percent=frozenset(percent))


def _rows(text: str, dialect: Dialect, name: str) -> tuple[list[list[str | None]], list[int]]:
    numbered = numbered_rows(text, dialect)
    try:
        lines = [(line, row) for line, row in numbered if any(map(str.strip, row)) or len(row) > 1]
    except csv.Error as error:
        raise DataError(f"{name} cannot be split into columns at {error}") from error
    width = _width([len(row) for _, row in lines[:HEAD]], lines[0][1] if lines else [])
    _refuse_long([line for line, row in lines if any(map(str.strip, row[width:]))], name)
    # Rows above the header and remarks below the table are short too, but they hold no answers.
    short = [line for line, row in lines if 1 < len(row) < width or len(row) < width <= 2]
    return _filled_up([row for _, row in lines], width), short


def _refuse_long(lines: list[int], name: str) -> None:
    if lines:
        raise DataError(f"{name}: {counted(len(lines), 'line')} with more cells than the header: line {listed(lines)}")


def _filled_up(rows: list[list[str]], width: int) -> list[list[str | None]]:
    return [[*row[:width], *[None] * (width - len(row))] for row in rows]


def _width(widths: list[int], first: list[str]) -> int:
    """Cells of the header: of the first row, unless that is a title above a wider table, empty cells aside."""
    if not widths:
        return 0
    typical = sorted(widths)[len(widths) // 2]
    table = widths[widths.index(typical) :]
    few = len([cell for cell in first if cell.strip()]) <= 2
    titled = few and typical > widths[0] and table.count(typical) >= CONSISTENT * len(table)
    return typical if titled else widths[0]


def _looked_at(column: pd.Series) -> _Column:
    codes, distinct = pd.factorize(column)
    texts = [cell.strip() if isinstance(cell, str) else cell for cell in distinct.tolist()]
    values = [None if cell in MISSING_WORDS else cell for cell in texts]
    numbers_, places = _numbers(values)
    plain = bare(numbers_) if numbers_ else None
    if plain is None:
        return _Column(codes, values)
    cells, signs = plain
    percent = bool(signs) and all(sign == "%" for sign in signs)
    if any(signs) and not percent:
        return _Column(codes, values)
    others = any(cell != number for cell, number in zip(numbers_, cells, strict=True))
    return _Column(codes, values, cells, places, percent, others and not percent, written(cells))


def _numbers(values: list[Any]) -> tuple[list[str], list[int]]:
    """The cells that are numbers, and their places; none where another cell is neither that nor no answer."""
    cells, places = [], []
    for place, cell in enumerate(values):
        if cell is None or isinstance(cell, int | float):
            continue
        if AROUND.fullmatch(cell.translate(PLAIN_MARKS)):
            cells.append(cell)
            places.append(place)
        elif not is_no_answer(cell):
            return [], []
    return cells, places


def _typed(column: _Column, default: str, requested: FileDescription) -> tuple[list[Any], list[str], str]:
    """The values of the distinct cells; what to note about the column; and the doubt that is left."""
    values = list(column.distinct)
    marks = column.marks
    notes: list[str] = []
    if not column.numbers:
        return values, notes, ""
    if marks.clash and not requested.decimal:
        return values, notes, f"both {marks.clash[0]} and {marks.clash[1]} are in it; say decimal=',' or decimal='.'"
    decimal, thousands = marks.decimal, marks.thousands
    if requested.decimal or marks.open:
        decimal = default
        other = {",": ".", ".": ","}.get(decimal, "")
        thousands = requested.thousands or (other if any(other in text for text in column.numbers) and other else "")
    if marks.open and not decimal:
        return (
            values,
            notes,
            (
                f"'{marks.open}' may be {marks.open.replace(',', '').replace('.', '')} or "
                f"{marks.open.replace(',', '.')}: say decimal='.', decimal=',' or thousands='{_mark(marks.open)}'"
            ),
        )
    parsed = numbers(column.numbers, decimal, thousands)
    if parsed is None:
        return values, notes, ""
    for place, value in zip(column.places, parsed, strict=True):
        values[place] = float(value)
    return values, _mark_notes(column, decimal, thousands), ""


def _mark(text: str) -> str:
    return "," if "," in text else "."


def _mark_notes(column: _Column, decimal: str, thousands: str) -> list[str]:
    has = "\n".join(column.numbers)
    notes = ["decimal commas"] if decimal == "," and "," in has else []
    notes += [f"{MARK_NAMES[mark]} between thousands" for mark in thousands if mark in has]
    notes += ["decimal points, as in the other columns,"] if column.marks.open and decimal == "." in has else []
    notes += ["percent signs are left out"] if column.percent else []
    return notes + (["signs around numbers are left out"] if column.signs else [])
