"""Errors that Excel shows in place of a value, such as #DIV/0!: where they stand, and what that means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sexresearch.survey.layouts.file_layout import Row
from sexresearch.survey.marks import column_letters
from sexresearch.survey.rawtable import RawTable
from sexresearch.survey.wording import counted, listed

NOT_AVAILABLE = {"#N/A", "#NULL!"}  # how Excel and SPSS write that there is no value
ERRORS = {"#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA", "#FIELD!"}


def with_cell_errors(table: RawTable, rows: Sequence[Row], sheet: str) -> RawTable:
    """The table with columns doubtful in which Excel shows an error; #N/A is no value, which is noted.

    >>> import pandas as pd
    >>> table = RawTable(pd.DataFrame({"q": [5, "#DIV/0!"]}), start=1)
    >>> with_cell_errors(table, [["q"], [5], ["#DIV/0!"]], "Data").doubts["q"].partition(":")[0]
    "sheet 'Data' shows #DIV/0! in cell A3 (1 cell)"
    """
    shift = len(rows[0]) - table.frame.shape[1] if rows else 0
    end = table.start + len(table.frame)
    marked = [
        (place, cell, f"{column_letters(place + 1)}{number}")
        for number, row in enumerate(rows[table.start : end], start=table.start + 1)
        for place, cell in enumerate(row)
        if isinstance(cell, str) and cell[:1] == "#" and cell in ERRORS | NOT_AVAILABLE and place >= shift
    ]
    doubts = dict(table.doubts)
    for place in dict.fromkeys(place for place, cell, _ in marked if cell in ERRORS):
        header = str(table.frame.columns[place - shift])
        errors = [(cell, where) for other, cell, where in marked if other == place and cell in ERRORS]
        shown = " and ".join(dict.fromkeys(cell for cell, _ in errors))
        where = listed([cell for _, cell in errors])
        wrong = f"sheet '{sheet}' shows {shown} in cell {where} ({counted(len(errors), 'cell')}): mend or clear it"
        doubts[header] = "; ".join(filter(None, [doubts.get(header, ""), wrong]))
    none = [where for _, cell, where in marked if cell in NOT_AVAILABLE]
    note = (f"sheet '{sheet}' shows #N/A in cell {listed(none)}: no value",) if none else ()
    return replace(table, doubts=doubts, notes=table.notes + note)
