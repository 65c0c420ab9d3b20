"""Survey files in plain text: dialect and marks inside numbers are found out, and every guess is a note."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.survey.dialect import CONSISTENT, RARE, SEPARATORS, Dialect, decode, find_dialect, numbered_rows
from sexresearch.survey.marks import AROUND, Written, bare, numbers, written
from sexresearch.survey.noanswer import MISSING_WORDS, is_no_answer
from sexresearch.survey.rawtable import RawTable, table_of_rows
from sexresearch.survey.wording import counted, listed

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

    distinct: pd.Series
    numbers: list[str]
    places: list[int]
    percent: bool = False
    signs: bool = False
    marks: Written = field(default_factory=Written)


def read_text(content: bytes, name: str, separators: str = "", asked: FileDescription | None = None) -> RawTable:
    """The table in a CSV or TSV file; columns that hold only numbers become numeric.

    Encoding: UTF-8, UTF-16 with its mark, else Windows-1252. Separator: the one of `separators` (else any usual one)
    that splits the first rows alike. The decimal mark of a column is the one its numbers show; where 1.234 may be
    either, the other columns decide. Blank lines are skipped; cells of `MISSING_WORDS` and cells after the end of a
    short line are missing. Raises DataError for bytes that are not text and for lines longer than the header.

    >>> read_text("sat1;share\\n5;0,25\\n".encode(), "clients.csv").frame
       sat1  share
    1     5   0.25
    """
    asked = asked or FileDescription()
    text, encoding = decode(content, name)
    text, dialect = find_dialect(text, name, asked.separator or separators or None)
    rows, short = _rows(text, dialect, name)
    table = table_of_rows(rows, name, header=asked.header, wanted=asked.wanted)
    mark = dialect.separator
    said = {
        f"not UTF-8: read as {encoding}; check accents and umlauts": encoding == "Windows-1252",
        f"columns are separated by {(SEPARATORS | RARE).get(mark, mark)}": mark not in ",\t" and len(rows[0]) > 1,
        "cells stand in single quotes": dialect.quote == "'",
    }
    notes = tuple(note for note in said if said[note])
    typed = with_numbers(table, asked)
    end = f"cells are missing at the end of {counted(len(short), 'line')}: line {listed(short)}"
    return replace(typed, notes=(*notes, *typed.notes, *([end] if short else []), *table.notes))


def with_numbers(table: RawTable, asked: FileDescription) -> RawTable:
    """The table with its columns of numbers as numbers; its notes are only those about marks.

    >>> with_numbers(RawTable(pd.DataFrame({"a": ["1.234,5"]})), FileDescription()).frame["a"].tolist()
    [1234.5]
    """
    frame = table.frame
    columns = [_looked_at(frame.iloc[:, place]) for place in range(frame.shape[1])]
    known = {column.marks.decimal for column in columns if column.marks.decimal}
    asked_for = asked.decimal or ("," if asked.thousands == "." else "." if asked.thousands == "," else "")
    default = asked_for or (known.pop() if len(known) == 1 else "")
    typed, percent = [], []
    notes: dict[str, list[str]] = {}
    doubts: dict[str, str] = {}
    for place, column in enumerate(columns):
        header = str(frame.columns[place])
        values, said, doubt = _typed(column, default, asked)
        typed.append(frame.iloc[:, place].map(values))
        for note in said:
            notes.setdefault(note, []).append(header)
        doubts |= {header: doubt} if doubt else {}
        percent += [header] if column.percent else []
    texts = tuple(f"{note} in {listed(headers)}" for note, headers in notes.items())
    whole = pd.concat(typed, axis=1) if typed else frame
    return replace(table, frame=whole, notes=texts, doubts=doubts, percent=frozenset(percent))


def _rows(text: str, dialect: Dialect, name: str) -> tuple[list[list[str | None]], list[int]]:
    found = numbered_rows(text, dialect)
    try:
        lines = [(line, row) for line, row in found if any(map(str.strip, row)) or len(row) > 1]
    except csv.Error as error:
        raise DataError(f"{name} cannot be split into columns at {error}") from error
    width = _width([row for _, row in lines[:200]])
    long = [line for line, row in lines if any(map(str.strip, row[width:]))]
    if long:
        raise DataError(f"{name}: {counted(len(long), 'line')} with more cells than the header: line {listed(long)}")
    # Rows above the header and remarks below the table are short too, but they hold no answers.
    short = [line for line, row in lines if 1 < len(row) < width or len(row) < width <= 2]
    return [[*row[:width], *[None] * (width - len(row))] for _, row in lines], short


def _width(rows: list[list[str]]) -> int:
    """Cells of the header: of the first row, unless that is a title above a wider table."""
    if not rows:
        return 0
    widths = [len(row) for row in rows]
    typical = sorted(widths)[len(widths) // 2]
    table = widths[widths.index(typical) :]
    titled = widths[0] <= 2 and typical > widths[0] and table.count(typical) >= CONSISTENT * len(table)
    return typical if titled else widths[0]


def _looked_at(column: pd.Series) -> _Column:
    distinct = pd.Series(column.dropna().unique(), dtype=object)
    text = distinct.str.strip()
    text = text.mask(text.isin(MISSING_WORDS))
    present = [(place, cell) for place, cell in text.items() if isinstance(cell, str)]
    rated = [(place, cell) for place, cell in present if not is_no_answer(cell)] if _some_number(present) else []
    found = bare([cell for _, cell in rated])
    values = pd.Series(text.to_numpy(), index=distinct.to_numpy(), dtype=object)
    if not rated or found is None:
        return _Column(values, [cell for _, cell in rated], [place for place, _ in rated])
    cells_, signs = found
    percent = bool(signs) and all(sign == "%" for sign in signs)
    if any(signs) and not percent:
        return _Column(values, [], [])
    others = any(cell != number for (_, cell), number in zip(rated, cells_, strict=True))
    return _Column(values, cells_, [place for place, _ in rated], percent, others and not percent, written(cells_))


def _some_number(present: list[tuple[int, str]]) -> bool:
    return any(AROUND.fullmatch(cell) or cell[:1].isdigit() or cell[:1] in "+-.,iI" for _, cell in present)


def _typed(column: _Column, default: str, asked: FileDescription) -> tuple[dict[object, object], list[str], str]:
    """Distinct cells → values; what to note about the column; and the doubt that is left."""
    values = dict(zip(column.distinct.index, column.distinct.to_numpy(), strict=True))
    marks = column.marks
    said: list[str] = []
    if not column.numbers:
        return values, said, ""
    if marks.clash and not asked.decimal:
        return values, said, f"both {marks.clash[0]} and {marks.clash[1]} are in it; say decimal=',' or decimal='.'"
    decimal, thousands = marks.decimal, marks.thousands
    if asked.decimal or marks.open:
        decimal = default
        other = {",": ".", ".": ","}.get(decimal, "")
        thousands = asked.thousands or (other if any(other in text for text in column.numbers) and other else "")
    if marks.open and not decimal:
        return (
            values,
            said,
            (
                f"'{marks.open}' may be {marks.open.replace(',', '').replace('.', '')} or "
                f"{marks.open.replace(',', '.')}: say decimal='.', decimal=',' or thousands='{_mark(marks.open)}'"
            ),
        )
    found = numbers(column.numbers, decimal, thousands)
    if found is None:
        return values, said, ""
    keys = list(values)
    values |= {keys[place]: value for place, value in zip(column.places, found, strict=True)}
    return _whole(values), _said(column, decimal, thousands), ""


def _whole(values: dict[object, object]) -> dict[object, object]:
    present = [value for value in values.values() if isinstance(value, float) and not np.isnan(value)]
    if len(present) == len(values) and all(abs(value) < 2.0**53 and value == int(value) for value in present):
        return {key: int(value) for key, value in values.items()}  # type: ignore[call-overload]
    return values


def _mark(text: str) -> str:
    return "," if "," in text else "."


def _said(column: _Column, decimal: str, thousands: str) -> list[str]:
    has = "\n".join(column.numbers)
    notes = ["decimal commas"] if decimal == "," and "," in has else []
    notes += [f"{MARK_NAMES[mark]} between thousands" for mark in thousands if mark in has]
    notes += ["decimal points, as in the other columns,"] if column.marks.open and decimal == "." in has else []
    notes += ["percent signs are left out"] if column.percent else []
    return notes + (["signs around numbers are left out"] if column.signs else [])
