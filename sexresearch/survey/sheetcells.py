"""The cells of one worksheet, read row by row in one pass, and which of them stand in percent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sexresearch.errors import DataError
from sexresearch.survey.sheetparts import last_cell

AREA = 2_000_000  # cells of a sheet that may be empty, and
SPARSE = 5  # so many times as many as are filled
TALL = 100_000  # rows of which most may be empty
Rows = list[list[object]]


@dataclass(frozen=True, eq=False)
class SheetCells:
    """All rows of a worksheet, equally long, and the places (row and column from 0) of numbers shown in percent."""

    rows: Rows
    percent: frozenset[tuple[int, int]] = frozenset()


def sheet_cells(page: Any, name: str, xml: bytes, written: int, percent: bool) -> SheetCells:
    """The cells of a worksheet that was opened but not read; `percent`: numbers may stand in percent.

    A sheet that reaches far beyond the `written` cells raises DataError before memory is spent on it, and so does a
    damaged one.

    >>> import io, openpyxl
    >>> book, file = openpyxl.Workbook(), io.BytesIO()
    >>> book.active.append(["sat1", "share"]); book.active.append([5]); book.save(file)
    >>> page = openpyxl.load_workbook(file, read_only=True).active
    >>> sheet_cells(page, "clients.xlsx", b"", 3, False).rows
    [['sat1', 'share'], [5, None]]
    """
    if not hasattr(page, "iter_rows"):
        return SheetCells([])
    if last_cell(xml)[0] > max(TALL, SPARSE * written):
        raise DataError(_almost_empty(name, page.title, xml))
    page.reset_dimensions()
    rows: Rows = []
    shown: list[tuple[int, int]] = []
    width, most = 1, max(AREA, SPARSE * written)
    try:
        for values, places in _with_formats(page) if percent else _values(page):
            shown += [(len(rows), place) for place in places]
            rows.append(values)
            width = max(width, len(values))
            if len(rows) * width > most:
                raise DataError(_almost_empty(name, page.title, xml))
    except DataError:
        raise
    except Exception as error:  # openpyxl has no common parent of what a damaged file makes it raise
        raise DataError(f"{name} cannot be read as an Excel workbook (.xlsx): {error}") from error
    for row in rows:
        row += [None] * (width - len(row))
    return SheetCells(rows, frozenset(shown))


def _values(page: Any) -> Iterator[tuple[list[object], list[int]]]:
    yield from ((list(row), []) for row in page.iter_rows(values_only=True))


def _with_formats(page: Any) -> Iterator[tuple[list[object], list[int]]]:
    for row in page.iter_rows():
        values = [cell.value for cell in row]
        yield values, [place for place, value in enumerate(values) if is_number(value) and _in_percent(row[place])]


def _in_percent(cell: Any) -> bool:
    return "%" in str(cell.number_format)


def is_number(cell: object) -> bool:
    """Whether a cell holds a number, which True and False are not.

    >>> is_number(0.45), is_number(True), is_number("5")
    (True, False, False)
    """
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _almost_empty(name: str, title: str, xml: bytes) -> str:
    row, cell = last_cell(xml)
    return (
        f"{name}: sheet '{title}' reaches to {f'the cell {cell}' if cell else f'row {row:,}'}, almost empty; "
        f"delete the rows and columns behind the table, or copy the table into a new file"
    )
