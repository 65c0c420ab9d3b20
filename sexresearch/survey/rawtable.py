"""The content of a survey file before it is checked: rows and columns as they stand in the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from sexresearch.errors import DataError, OptionError
from sexresearch.survey.layouts.file_layout import FileLayout, Row, blank, is_value, texts_of
from sexresearch.survey.layouts.header import footnotes, header_row
from sexresearch.survey.layouts.limesurvey import limesurvey
from sexresearch.survey.layouts.qualtrics import qualtrics
from sexresearch.survey.layouts.tworows import two_rows
from sexresearch.survey.wording import counted, listed

Rows = Sequence[Row]


@dataclass(frozen=True, eq=False)
class RawTable:
    """Rows of a survey file, indexed by row number (first answer 1), under the file's own headers.

    `labels` are the value labels the file itself carries (SPSS, Stata): column → code as text → label. `texts` are
    the question texts of columns whose header is a code. `doubts` say what is wrong with a column, should it be
    used. `percent` are the columns whose numbers stood as percentages. `start` is the place of the first
    row of answers among all rows. `notes` say what was decided in reading.
    Headers may still be empty or repeated.
    """

    frame: pd.DataFrame
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    doubts: Mapping[str, str] = field(default_factory=dict)
    percent: frozenset[str] = frozenset()
    start: int = 0


def table_of_rows(
    rows: Rows,
    name: str,
    notes: tuple[str, ...] = (),
    *,
    header: int | None = None,
    wanted: Collection[str] = (),
    merged: bool = False,
) -> RawTable:
    """A text file or worksheet, given as its rows, with the header taken off.

    The names stand in row `header` (first row 1), else in the row that holds most of the `wanted` names or is the
    first as wide as the table; rows above are left out, and so are footnotes below. Two kinds of export, and two
    header rows, are recognized by the folder `layouts`. Left out are also empty rows at the end, and a first column
    without name that only counts the rows, as R and pandas write it. Raises DataError where there is no header.

    >>> table_of_rows([["sat1", "city"], ["5", "Oslo"]], "clients.csv").frame
      sat1  city
    1    5  Oslo
    """
    top = _top(rows, name, header, wanted, merged)
    rest = rows[top:]
    layout = layout_of(rest, merged)
    body = _without_empty_end(rest[layout.rows :])
    remarks = footnotes([rest[0], *body[-200:]]) if body else 0
    body = _without_empty_end(body[: len(body) - remarks])
    if header is None and _only_numbers(layout, body, top) and not set(layout.names) & set(wanted):
        shown = listed([text for text in layout.names if text])
        raise DataError(
            f"{name} has no header: its first row holds numbers like the rows below ({shown}); write the column names "
            f"above them, or say header={top + 1} if these are the names"
        )
    frame = numbered(pd.DataFrame(body, columns=layout.names, dtype=object))
    counts = layout.names[0] == "" and _counts_rows(frame.iloc[:, 0])
    said = {
        f"the names are in row {top + 1}: {counted(top, 'row')} above left out": top > 0,
        layout.note: bool(layout.note),
        f"{counted(remarks, 'row')} of remarks below the answers left out": remarks > 0,
        "the first column has no name and counts the rows: left out": counts,
    }
    texts = {key: text for key, text in zip(layout.names, layout.texts, strict=False) if text and text != key}
    kept = tuple(note for note in said if said[note])
    return RawTable(frame.iloc[:, int(counts) :], {}, notes + kept, texts, start=top + layout.rows)


def layout_of(rows: Rows, merged: bool = False) -> FileLayout:
    """The layout of a table whose first row holds names: that of a platform, two header rows, or plain.

    >>> layout_of([["id", "sat1"], [1, 5]]).names
    ('id', 'sat1')
    """
    names = texts_of(rows[0])
    return qualtrics(rows) or limesurvey(names) or two_rows(rows, merged) or FileLayout(names)


def header_place(rows: Rows, wanted: Collection[str], merged: bool = False) -> int:
    """The place of the row of names: by structure, unless another row holds more of the wanted names.

    >>> header_place([["Client survey"], ["id", "sat1"], [1, 5]], ["sat1"])
    1
    """
    top, other = header_row(rows), header_row(rows, wanted)
    if not rows or top == other:
        return top
    layout = layout_of(rows[top:], merged)
    here = len({*layout.names, *layout.texts} & set(wanted))
    return other if len(set(texts_of(rows[other])) & set(wanted)) > here else top


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with rows numbered from 1, in the order of the file."""
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1), axis=0)


def _top(rows: Rows, name: str, header: int | None, wanted: Collection[str], merged: bool) -> int:
    if header is not None and not 1 <= header <= len(rows):
        raise OptionError(f"header={header}: {name} has {counted(len(rows), 'row')}, and the first is row 1")
    top = header_place(rows, wanted, merged) if header is None else header - 1
    if not rows or all(map(blank, rows[top])):
        raise DataError(f"{name} has no header: its first row must hold the column names")
    return top


def _only_numbers(layout: FileLayout, body: Rows, top: int) -> bool:
    names = [text for text in layout.names if text]
    alike = all(map(is_value, _filled(body[0]))) if body else top > 0
    return alike and layout.rows == 1 and all(map(is_value, names))


def _filled(row: Row) -> list[object]:
    return [cell for cell in row if not blank(cell)]


def _counts_rows(column: pd.Series) -> bool:
    numbers = pd.to_numeric(column, errors="coerce")
    whole = bool(len(numbers)) and bool(numbers.notna().all()) and bool((numbers == numbers.round()).all())
    return whole and bool(numbers.diff()[1:].eq(1).all())


def _without_empty_end(rows: Rows) -> Rows:
    end = len(rows)
    while end and all(map(blank, rows[end - 1])):
        end -= 1
    return rows[:end]
