"""Survey files from Excel: the worksheet that holds the answers, and what its cells show."""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from sexresearch.errors import DataError
from sexresearch.extras import extra
from sexresearch.survey.cellerrors import with_cell_errors
from sexresearch.survey.layouts.file_layout import blank, texts_of
from sexresearch.survey.layouts.header import header_row
from sexresearch.survey.marks import column_letters
from sexresearch.survey.packed import count_cells
from sexresearch.survey.rawtable import RawTable, table_of_rows
from sexresearch.survey.wording import counted, listed

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

HEAD = 30  # rows of a sheet that show whether it holds a table, and which
LOOKED_AT = 50  # rows that show whether a column of numbers above 1 stands in percent
WIDE = 2_000  # columns that show which sheet it is
AREA = 2_000_000  # cells of a sheet that may be empty, and
SPARSE = 5  # so many times as many as are filled
DECIMALS = 10  # of a percentage: what the file holds, without what arithmetic adds
Rows = list[list[object]]


def read_workbook(
    content: bytes, name: str, sheet: str | None = None, header: int | None = None, wanted: Collection[str] = ()
) -> RawTable:
    """The table in one worksheet of an Excel file: the one named `sheet`, else the first that holds a table.

    Of several sheets the one with most of the `wanted` names is read; which one is noted. A formula counts as the
    value it had when the file was last saved; a column whose formulas have none is doubtful. Cells that Excel shows
    in percent count as shown (0.45 as 45), merged cells below the header are filled. Raises DataError for an
    unreadable file and an unknown sheet.

    >>> import openpyxl
    >>> book, file = openpyxl.Workbook(), io.BytesIO()
    >>> book.active.append(["sat1"]); book.active.append([5]); book.save(file)
    >>> read_workbook(file.getvalue(), "clients.xlsx").frame
      sat1
    1    5
    """
    written = count_cells(content, name)
    book = _open(content, name, values=False)
    title = _sheet_name(book, name, sheet, wanted)
    if _area(book[title]) > max(AREA, SPARSE * written):
        last = f"{column_letters(book[title].max_column)}{book[title].max_row}"
        raise DataError(
            f"{name}: sheet '{title}' reaches to the cell {last}, almost empty; delete the rows and columns "
            f"behind the table, or copy the table into a new file"
        )
    others = [other for other in book.sheetnames if other != title]
    notes = [f"sheet '{title}' is read, not {listed(others)}"] if others and not sheet else []
    page = book[title]
    rows = _cells(page)
    unsaved: list[tuple[int, int]] = []
    if any(_is_formula(value) for row in rows for value in row):
        rows, unsaved = _calculated(rows, _cells(_open(content, name, values=True)[title]))
    top = header_row(rows) if header is None else header - 1
    merged = _fill_merged(page, rows, top)
    notes += [f"merged cells are filled: {listed(merged[1])}"] if merged[1] else []
    table = table_of_rows(rows, name, tuple(notes), header=header, wanted=wanted, merged=merged[0])
    table = _with_doubts(_with_percent(table, page, rows), rows, unsaved)
    return with_cell_errors(table, rows, title)


def _open(content: bytes, name: str, values: bool) -> Workbook:
    with extra("files"):
        import openpyxl

    try:
        return openpyxl.load_workbook(io.BytesIO(content), data_only=values)
    except Exception as error:  # openpyxl has no common parent of what a damaged file makes it raise
        raise DataError(f"{name} cannot be read as an Excel workbook (.xlsx): {error}") from error


def _sheet_name(book: Workbook, name: str, sheet: str | None, wanted: Collection[str]) -> str:
    names = book.sheetnames
    if sheet is not None and sheet not in names:
        raise DataError(f"{name} has no sheet '{sheet}'; its sheets are {', '.join(names)}")
    if sheet is not None or len(names) == 1:
        return names[0] if sheet is None else sheet
    hits = {title: _names_found(book[title], wanted) for title in names}
    if any(hits.values()):
        return max(names, key=lambda title: hits[title])
    tables = {title: _table_size(book[title]) for title in names}
    main = [title for title in names if tables[title] > book[title].max_row and not is_repeat(book[title])]
    tables = {title: size if title in main or not main else 0 for title, size in tables.items()}
    first = next((title for title in names if tables[title]), names[0])
    largest = max(names, key=lambda title: tables[title])
    small = tables[first] * 10 < tables[largest]  # a cover sheet in the shape of a small table
    return largest if small else first


def _names_found(page: Any, wanted: Collection[str]) -> int:
    if not wanted or not hasattr(page, "iter_rows"):
        return 0
    rows = page.iter_rows(max_row=min(page.max_row, HEAD), max_col=min(page.max_column, WIDE), values_only=True)
    return max((len(set(texts_of(row)) & set(wanted)) for row in rows), default=0)


def _table_size(page: Any) -> int:
    """Rows times filled columns of a worksheet that has answers below a header; 0 for one that has not."""
    if not hasattr(page, "iter_rows"):
        return 0
    filled = [
        sum(not blank(cell) for cell in row)
        for row in page.iter_rows(max_row=min(page.max_row, HEAD), max_col=min(page.max_column, WIDE), values_only=True)
    ]
    filled = [count for count in filled if count]
    return max(filled) * page.max_row if len(filled) > 1 else 0


def _area(page: Any) -> int:
    return int(page.max_row * page.max_column) if hasattr(page, "iter_rows") else 0


def is_repeat(page: Any) -> bool:
    """Whether a sheet holds the repeated groups of Kobo or ODK: its rows belong to rows of another sheet.

    >>> import openpyxl
    >>> book = openpyxl.Workbook(); book.active.append(["visit/rating", "_index", "_parent_index"])
    >>> is_repeat(book.active)
    True
    """
    first = texts_of(next(iter(_cells_of_head(page)), ()))
    return bool({"_parent_index", "PARENT_KEY", "_submission__id"} & set(first))


def _cells_of_head(page: Any) -> list[tuple[object, ...]]:
    return list(page.iter_rows(max_row=1, max_col=min(page.max_column, WIDE), values_only=True))


def _cells(page: Any) -> Rows:
    return [list(row) for row in page.iter_rows(values_only=True)] if hasattr(page, "iter_rows") else []


def _is_formula(value: object) -> bool:
    return value.startswith("=") if isinstance(value, str) else hasattr(value, "ref")


def _calculated(formulas: Rows, values: Rows) -> tuple[Rows, list[tuple[int, int]]]:
    """The saved values, and the places (row and column from 0) of formulas that have none."""
    unsaved = [
        (number, place)
        for number, (row, saved) in enumerate(zip(formulas, values, strict=True))
        for place, (cell, value) in enumerate(zip(row, saved, strict=True))
        if value is None and _is_formula(cell)
    ]
    return values, unsaved


def _fill_merged(page: Any, rows: Rows, top: int) -> tuple[bool, list[str]]:
    """Whether header cells are merged over columns; ranges below the header whose cells got the range's value."""
    across, filled = False, []
    for area in getattr(getattr(page, "merged_cells", None), "ranges", ()):
        first = area.min_row - 1
        if first in (top, top + 1) and area.max_col > area.min_col:
            across = True
        elif first > top and area.max_col == area.min_col:
            value = rows[first][area.min_col - 1]
            for row in rows[first : area.max_row]:
                row[area.min_col - 1] = value
            filled.append(area.coord)
    return across, filled


def _with_percent(table: RawTable, page: Any, rows: Rows) -> RawTable:
    """The table with columns in percent as Excel shows them, which is noted; doubtful where only a part is."""
    shift = len(rows[0]) - table.frame.shape[1] if rows else 0
    start, frame = table.start, table.frame
    found: list[str] = []
    doubts = dict(table.doubts)
    for place in range(frame.shape[1]):
        shown = _in_percent(page, frame.iloc[:, place], start, place + shift + 1)
        if shown is None or not shown.any():
            continue
        header, numbers = str(frame.columns[place]), frame.iloc[:, place].map(_is_number)
        if not shown[numbers].all():
            doubts[header] = f"some cells are in percent, others not (row {listed(frame.index[numbers & ~shown])})"
            continue
        scaled = frame.iloc[:, place].map(lambda cell: round(cell * 100, DECIMALS) if _is_number(cell) else cell)
        frame = pd.concat([frame.iloc[:, :place], scaled, frame.iloc[:, place + 1 :]], axis=1)
        found.append(header)
    note = (f"cells in percent count as shown, 0.45 as 45, in {listed(found)}",) if found else ()
    return replace(table, frame=frame, notes=table.notes + note, percent=frozenset(found), doubts=doubts)


def _in_percent(page: Any, column: pd.Series, start: int, place: int) -> pd.Series | None:
    numbers = [cell for cell in column if _is_number(cell)]
    if not numbers:
        return None
    small = all(-1 <= number <= 1 for number in numbers)
    last = start + (len(column) if small else min(len(column), LOOKED_AT))
    cells = next(page.iter_cols(place, place, start + 1, last))
    shown = [_is_number(cell.value) or cell.data_type == "f" for cell in cells]
    shown = [seen and "%" in str(cell.number_format) for seen, cell in zip(shown, cells, strict=True)]
    if last < start + len(column):
        if not any(shown):
            return None
        cells = next(page.iter_cols(place, place, start + 1, start + len(column)))
        shown = ["%" in str(cell.number_format) for cell in cells]
    return pd.Series(shown, column.index)


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _with_doubts(table: RawTable, rows: Rows, unsaved: list[tuple[int, int]]) -> RawTable:
    """The table with columns doubtful whose formulas have no saved value."""
    shift = len(rows[0]) - table.frame.shape[1] if rows else 0
    by_column: dict[int, list[int]] = {}
    for number, place in unsaved:
        if number >= table.start and place >= shift:
            by_column.setdefault(place - shift, []).append(number + 1)
    doubts = {
        str(table.frame.columns[place]): f"formulas without a saved value in row {listed(numbers)} of the sheet "
        f"({counted(len(numbers), 'cell')}): open the file in Excel, save it, and read it again"
        for place, numbers in by_column.items()
    }
    return replace(table, doubts={**table.doubts, **doubts})
