"""The content of a survey file before it is checked: rows and columns as they stand in the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from sexresearch.errors import DataError, OptionError
from sexresearch.survey.layouts.file_layout import FileLayout, Row, blank, is_value, texts_of
from sexresearch.survey.layouts.limesurvey import limesurvey
from sexresearch.survey.layouts.qualtrics import qualtrics
from sexresearch.survey.layouts.table_bounds import footnotes, header_row, is_total
from sexresearch.survey.layouts.tworows import two_rows
from sexresearch.survey.wording import counted, listed

Rows = Sequence[Row]
LAST = 200  # rows at the end among which remarks are looked for


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
    outline = outline_of(rows, name, header=header, wanted=wanted, merged=merged)
    body = pd.DataFrame(list(rows[outline.start : outline.end]), columns=outline.names, dtype=object)
    return table_of_frame(body, outline, notes)


@dataclass(frozen=True)
class Outline:
    """Where the table lies among the rows of a file: names, question texts, first row of answers, row after the last.

    `notes` say what that left out.
    """

    names: tuple[str, ...]
    texts: tuple[str, ...]
    start: int
    end: int
    notes: tuple[str, ...] = ()


def outline_of(
    rows: Rows,
    name: str,
    *,
    header: int | None = None,
    wanted: Collection[str] = (),
    merged: bool = False,
    tail: Rows = (),
    total: int = 0,
) -> Outline:
    """Where the table lies, judged by its rows; of a long file by the first `rows`, the `tail` and the `total`.

    >>> outline_of([["Client survey", None], ["id", "sat1"], ["1", "5"]], "clients.csv", wanted=["sat1"]).start
    2
    """
    total = total or len(rows)
    top = _top(rows, name, header, wanted, merged, total)
    layout = layout_of(rows[top:], merged)
    start = top + layout.rows
    last = tail or rows[start:]
    body = _without_empty_end(last)
    remarks = footnotes([rows[top], *body[-LAST:]]) if body else 0
    what = "totals or remarks" if any(map(is_total, body[len(body) - remarks :])) else "remarks"
    body = _without_empty_end(body[: len(body) - remarks])
    first = rows[start : start + 1] if body else []
    if header is None and _only_numbers(layout, first, top) and not set(layout.names) & set(wanted):
        shown = listed([text for text in layout.names if text])
        raise DataError(
            f"{name} has no header: its first row holds numbers like the rows below ({shown}); write the column names "
            f"above them, or say header={top + 1} if these are the names"
        )
    notes = {
        f"the names are in row {top + 1}: {counted(top, 'row')} above left out": top > 0,
        layout.note: bool(layout.note),
        f"{counted(remarks, 'row')} of {what} below the answers left out": remarks > 0,
    }
    end = total - (len(last) - len(body))
    return Outline(layout.names, layout.texts, start, end, tuple(note for note in notes if notes[note]))


def table_of_frame(body: pd.DataFrame, outline: Outline, notes: tuple[str, ...] = ()) -> RawTable:
    """The table of the rows of answers, without a first column that only counts them.

    >>> table_of_frame(pd.DataFrame({"sat1": ["5"]}), Outline(("sat1",), ("",), 1, 2)).start
    1
    """
    frame = numbered(body.set_axis(list(outline.names), axis=1))
    counts = outline.names[0] == "" and _counts_rows(frame.iloc[:, 0])
    dropped = ("the first column has no name and counts the rows: left out",) * int(counts)
    texts = {key: text for key, text in zip(outline.names, outline.texts, strict=False) if text and text != key}
    return RawTable(frame.iloc[:, int(counts) :], {}, notes + outline.notes + dropped, texts, start=outline.start)


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
    top = header_row(rows)
    other = header_row(rows, wanted) if wanted else top
    if not rows or top == other:
        return top
    layout = layout_of(rows[top:], merged)
    here = len({*layout.names, *layout.texts} & set(wanted))
    return other if len(set(texts_of(rows[other])) & set(wanted)) > here else top


def with_columns(frame: pd.DataFrame, columns: Mapping[int, object]) -> pd.DataFrame:
    """The frame with other content in some columns, given by place, as names may repeat.

    >>> with_columns(pd.DataFrame({"a": [1], "b": [2]}), {1: [5]}).loc[0].tolist()
    [1, 5]
    """
    if not columns:
        return frame
    names = frame.columns
    frame = frame.set_axis(range(frame.shape[1]), axis=1)
    rest = frame[[place for place in frame if place not in columns]]
    whole = pd.concat([rest, pd.DataFrame(columns, index=frame.index)], axis=1)
    return whole[list(frame)].set_axis(names, axis=1)


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with rows numbered from 1, in the order of the file."""
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1), axis=0)


def _top(rows: Rows, name: str, header: int | None, wanted: Collection[str], merged: bool, total: int) -> int:
    if header is not None and not 1 <= header <= min(total, len(rows)):
        raise OptionError(f"header={header}: {name} has {counted(total, 'row')}, and the first is row 1")
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
