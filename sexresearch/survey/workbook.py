"""Survey files from Excel: one worksheet, its first row the header."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from sexresearch.errors import DataError
from sexresearch.survey.rawtable import RawTable, table_of_rows
from sexresearch.survey.wording import listed

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

Rows = list[tuple[object, ...]]


def read_workbook(content: bytes, name: str, sheet: str | None = None) -> RawTable:
    """The table in one worksheet of an Excel file: the one named `sheet`, else the first.

    Which sheet is read of several is noted. A formula counts as the value it had when the file was last
    saved. Raises DataError for an unreadable file, an unknown sheet, and formulas without a saved value.

    >>> import openpyxl
    >>> book, file = openpyxl.Workbook(), io.BytesIO()
    >>> book.active.append(["sat1"]); book.active.append([5]); book.save(file)
    >>> read_workbook(file.getvalue(), "clients.xlsx").frame
      sat1
    1    5
    """
    book = _open(content, name, values=False)
    title = _sheet_name(book.sheetnames, name, sheet)
    others = [other for other in book.sheetnames if other != title]
    notes = [f"sheet '{title}' is read, not {listed(others)}"] if others and not sheet else []
    cells = _cells(book[title])
    if any(_is_formula(value) for row in cells for value in row):
        cells = _calculated(cells, _cells(_open(content, name, values=True)[title]), name)
    return table_of_rows(cells, name, tuple(notes))


def _open(content: bytes, name: str, values: bool) -> Workbook:
    import openpyxl

    try:
        return openpyxl.load_workbook(io.BytesIO(content), data_only=values)
    except Exception as error:  # openpyxl has no common parent of what a damaged file makes it raise
        raise DataError(f"{name} cannot be read as an Excel workbook (.xlsx): {error}") from error


def _sheet_name(names: list[str], name: str, sheet: str | None) -> str:
    if sheet is not None and sheet not in names:
        raise DataError(f"{name} has no sheet '{sheet}'; its sheets are {', '.join(names)}")
    return names[0] if sheet is None else sheet


def _cells(sheet: Any) -> Rows:
    return list(sheet.iter_rows(values_only=True)) if hasattr(sheet, "iter_rows") else []


def _is_formula(value: object) -> bool:
    return value.startswith("=") if isinstance(value, str) else hasattr(value, "ref")


def _calculated(formulas: Rows, values: Rows, name: str) -> Rows:
    unsaved = [
        number
        for number, (row, saved) in enumerate(zip(formulas, values, strict=True), start=1)
        if any(_is_formula(cell) and value is None for cell, value in zip(row, saved, strict=True))
    ]
    if unsaved:
        raise DataError(
            f"{name} has formulas without a saved value in row {listed(unsaved)} of the sheet: "
            "open it in Excel, save it, and read it again"
        )
    return values
