"""Survey files from Excel: the worksheet that holds the answers, and what its cells show."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import NoneType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.extras import extra
from sexresearch.survey.cellerrors import with_cell_errors
from sexresearch.survey.layouts.file_layout import blank, texts_of
from sexresearch.survey.layouts.table_bounds import header_row
from sexresearch.survey.marks import column_letters
from sexresearch.survey.packed import count_cells
from sexresearch.survey.rawtable import RawTable, table_of_rows, with_columns
from sexresearch.survey.sheetcells import SheetCells, is_number, sheet_cells
from sexresearch.survey.sheetparts import (
    count_rows,
    merged_cells,
    sheet_parts,
    sheet_xml,
    shows_percent,
    unsaved_formulas,
)
from sexresearch.survey.textfile import FileDescription, with_numbers
from sexresearch.survey.wording import counted, listed

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

HEAD = 30  # rows of a sheet that show whether it holds a table, and which
WIDE = 2_000  # columns that show which sheet it is
EXACT = 2**53  # whole numbers below it are exact in double precision
DECIMALS = 10  # of a percentage: what the file holds, without what arithmetic adds
Rows = list[list[object]]


def read_workbook(
    content: bytes, name: str, sheet: str | None = None, requested: FileDescription | None = None
) -> RawTable:
    """The table in one worksheet of an Excel file: the one named `sheet`, else the first that holds a table.

    Of several sheets the one with most of the wanted names is read, of like ones one that is not hidden; which one is
    noted. A formula counts as the
    value it had when the file was last saved; a column whose formulas have none is doubtful. Cells that Excel shows
    in percent count as shown (0.45 as 45), merged cells below the header are filled, and
    numbers that stand as text are numbers. Raises DataError for an
    unreadable file and an unknown sheet.

    >>> import openpyxl
    >>> book, file = openpyxl.Workbook(), io.BytesIO()
    >>> book.active.append(["sat1"]); book.active.append([5]); book.save(file)
    >>> read_workbook(file.getvalue(), "clients.xlsx").frame
       sat1
    1     5
    """
    requested = requested or FileDescription()
    header, wanted = requested.header, requested.wanted
    written = count_cells(content, name)
    title = _title(content, name, sheet, wanted)
    book, xml = _open(content, name), sheet_xml(content, title)
    cells = sheet_cells(book[title], name, xml, written, shows_percent(content))
    others = [other for other in book.sheetnames if other != title]
    notes = [f"sheet '{title}' is read, not {listed(others)}"] if others and not sheet else []
    rows = cells.rows
    top = header_row(rows) if header is None else header - 1
    merged = _fill_merged(merged_cells(xml), rows, top)
    notes += [f"merged cells are filled: {listed(merged[1])}"] if merged[1] else []
    table = table_of_rows(rows, name, tuple(notes), header=header, wanted=wanted, merged=merged[0])
    table = _with_percent(table, cells) if cells.percent else table
    table = _with_doubts(table, rows, unsaved_formulas(xml))
    return _with_texts(_with_numbers(with_cell_errors(table, rows, title)), requested)


def _open(content: bytes, name: str) -> Workbook:
    """The workbook, its sheets not yet read, with the values its formulas had when it was saved."""
    with extra("files"):
        import openpyxl

    try:
        return openpyxl.load_workbook(io.BytesIO(content), data_only=True, read_only=True)
    except Exception as error:  # openpyxl has no common parent of what a damaged file makes it raise
        raise DataError(f"{name} cannot be read as an Excel workbook (.xlsx): {error}") from error


def _title(content: bytes, name: str, sheet: str | None, wanted: Collection[str]) -> str:
    parts = sheet_parts(content)
    if len(parts) == 1 and sheet is None:
        return next(iter(parts))
    book = _open(content, name)
    if sheet is not None and sheet not in book.sheetnames:
        raise DataError(f"{name} has no sheet '{sheet}'; its sheets are {', '.join(book.sheetnames)}")
    if sheet is not None or len(book.sheetnames) == 1:
        return sheet or book.sheetnames[0]
    hidden = {title for title in book.sheetnames if getattr(book[title], "sheet_state", "visible") != "visible"}
    titles = sorted(book.sheetnames, key=lambda title: title in hidden)
    return _with_answers({title: _head(book[title]) for title in titles}, count_rows(content), wanted, hidden)


def _with_answers(
    heads: Mapping[str, Rows], rows: Mapping[str, int], wanted: Collection[str], hidden: Collection[str] = ()
) -> str:
    """The title of the sheet with most of the wanted names, else of the first that holds a table; hidden ones last."""
    names = list(heads)
    hits = {title: max((len(set(texts_of(row)) & set(wanted)) for row in heads[title]), default=0) for title in names}
    if any(hits.values()):
        return max(names, key=lambda title: hits[title])
    widths = {title: _table_width(heads[title]) for title in names}
    tables = {title: widths[title] * rows.get(title, 1) for title in names}
    main = [title for title in names if widths[title] > 1 and not is_repeat(heads[title])]
    main = [title for title in main if title not in hidden] or main
    tables = {title: size if title in main or not main else 0 for title, size in tables.items()}
    first = next((title for title in names if tables[title]), names[0])
    largest = max(names, key=lambda title: tables[title])
    small = tables[first] * 10 < tables[largest]  # a cover sheet in the shape of a small table
    return largest if small else first


def _head(page: Any) -> Rows:
    """The first rows of a worksheet that is not yet read, whatever size the file says it has."""
    if not hasattr(page, "iter_rows"):
        return []
    page.reset_dimensions()
    return [list(row) for row in page.iter_rows(max_row=HEAD, max_col=WIDE, values_only=True)]


def _table_width(head: Rows) -> int:
    """How many filled columns a worksheet has that holds answers below a header; 0 for one that does not."""
    filled = [count for count in (sum(not blank(cell) for cell in row) for row in head[header_row(head) :]) if count]
    return max(filled) if len(filled) > 1 else 0


def is_repeat(head: Rows) -> bool:
    """Whether a sheet holds the repeated groups of Kobo or ODK: its rows belong to rows of another sheet.

    >>> is_repeat([["visit/rating", "_index", "_parent_index"]])
    True
    """
    return bool({"_parent_index", "PARENT_KEY", "_submission__id"} & set(texts_of(head[0]))) if head else False


def _fill_merged(areas: list[tuple[int, int, int, int]], rows: Rows, top: int) -> tuple[bool, list[str]]:
    """Whether header cells are merged over columns; ranges below the header whose cells got the range's value."""
    across, filled = False, []
    for first, left, last, right in areas:
        if first - 1 in (top, top + 1) and right > left:
            across = True
        elif top < first - 1 < len(rows) and right == left <= len(rows[0]):
            value = rows[first - 1][left - 1]
            for row in rows[first - 1 : last]:
                row[left - 1] = value
            filled.append(f"{column_letters(left)}{first}:{column_letters(right)}{last}")
    return across, filled


def _with_percent(table: RawTable, cells: SheetCells) -> RawTable:
    """The table with columns in percent as Excel shows them, which is noted; doubtful where only a part is."""
    shift = len(cells.rows[0]) - table.frame.shape[1]
    frame, doubts = table.frame, dict(table.doubts)
    columns: dict[int, object] = {}
    for place in sorted({place - shift for row, place in cells.percent if row >= table.start and place >= shift}):
        header, column = str(frame.columns[place]), frame.iloc[:, place].tolist()
        shown = [(row, place + shift) in cells.percent for row in range(table.start, table.start + len(column))]
        mixed = [row for row, cell in enumerate(column, 1) if is_number(cell) and not shown[row - 1]]
        if mixed:
            doubts[header] = f"some cells are in percent, others not (row {listed(mixed)})"
        elif any(shown):
            columns[place] = pd.Series([_as_shown(cell) for cell in column], frame.index, dtype=object)
    headers = [str(frame.columns[place]) for place in columns]
    note = (f"cells in percent count as shown, 0.45 as 45, in {listed(headers)}",) if headers else ()
    frame = with_columns(frame, columns)
    return replace(table, frame=frame, notes=table.notes + note, percent=frozenset(headers), doubts=doubts)


def _as_shown(cell: Any) -> object:
    return round(cell * 100, DECIMALS) if is_number(cell) else cell


def _with_doubts(table: RawTable, rows: Rows, unsaved: list[tuple[int, str]]) -> RawTable:
    """The table with columns doubtful whose formulas have no saved value."""
    shift = len(rows[0]) - table.frame.shape[1] if rows else 0
    places = {column_letters(place + shift + 1): place for place in range(table.frame.shape[1])}
    by_column: dict[int, list[int]] = {}
    for number, letters in unsaved:
        if number > table.start and letters in places:
            by_column.setdefault(places[letters], []).append(number)
    doubts = {
        str(table.frame.columns[place]): f"formulas without a saved value in row {listed(numbers)} of the sheet "
        f"({counted(len(numbers), 'cell')}): open the file in Excel, save it, and read it again"
        for place, numbers in by_column.items()
    }
    return replace(table, doubts={**table.doubts, **doubts})


def _with_texts(table: RawTable, requested: FileDescription) -> RawTable:
    """The table with numbers that stand as text as numbers, which is noted; their marks are judged as in text files."""
    cells = table.frame.to_numpy(object)
    places = [place for place in range(cells.shape[1]) if _in_part_text(cells[:, place])]
    if not places:
        return table
    part = with_numbers(RawTable(table.frame.iloc[:, places]), requested)
    kinds = part.frame.dtypes.to_list()
    numeric = {place: part.frame.iloc[:, k] for k, place in enumerate(places) if kinds[k].kind in "iuf"}
    names = [str(table.frame.columns[place]) for place in numeric]
    note = (f"numbers that stand as text are read as numbers in {listed(names)}",) if names else ()
    return replace(
        table,
        frame=with_columns(table.frame, {place: column.to_numpy() for place, column in numeric.items()}),
        notes=table.notes + note + part.notes,
        doubts={**part.doubts, **table.doubts},
        percent=table.percent | part.percent,
    )


def _in_part_text(column: npt.NDArray[Any]) -> bool:
    kinds = {type(cell) for cell in column.tolist()}
    return str in kinds and kinds <= {str, int, float, NoneType}


def _with_numbers(table: RawTable) -> RawTable:
    """The table with columns of numbers and gaps as such, so that they need not be looked at cell by cell."""
    cells = table.frame.to_numpy(object)
    columns: dict[int, object] = {}
    for place in range(cells.shape[1]):
        column = cells[:, place].tolist()
        if {int, float, NoneType} >= set(map(type, column)) != {NoneType}:
            numbers = np.array(column, float)
            exact = bool((np.abs(numbers) < EXACT).all()) and bool((numbers == np.round(numbers)).all())
            columns[place] = numbers.astype(np.int64) if exact else numbers
    return replace(table, frame=with_columns(table.frame, columns))
