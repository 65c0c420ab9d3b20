"""The content of a survey file before it is checked: rows and columns as they stand in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from sexresearch.errors import DataError

# How exports write "no answer"; "." and "#NULL!" are what SPSS makes of it in text and in Excel.
MISSING_WORDS = frozenset({"", ".", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "#NULL!"})
QUALTRICS_IDS = '{"ImportId"'
LIMESURVEY_HEADER = re.compile(r"([^\s.]+)\. \S")
LIMESURVEY_COLUMNS = {"id", "submitdate", "lastpage", "startlanguage"}


@dataclass(frozen=True, eq=False)
class RawTable:
    """Rows of a survey file, indexed by row number (first answer 1), under the file's own headers.

    `labels` are the value labels the file itself carries (SPSS, Stata): column → code as text → label.
    `notes` say what was decided in reading. Headers may still be empty or repeated.
    """

    frame: pd.DataFrame
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def table_of_rows(rows: Sequence[Sequence[object]], name: str, notes: tuple[str, ...] = ()) -> RawTable:
    """A text file or worksheet, given as its rows, with the header taken off.

    Two kinds of export are recognized. Qualtrics: the header is followed by a row of question texts and a row
    of import identifiers, both left out. LimeSurvey with "question code & question text": of headers such as
    ``G01Q02. How satisfied are you?`` the code is kept. Empty rows at the end are left out, and so is a
    first column without name that only counts the rows, as R and pandas write it. Raises DataError where there
    is no header.

    >>> table_of_rows([["sat1", "city"], ["5", "Oslo"]], "clients.csv").frame
      sat1  city
    1    5  Oslo
    """
    if not rows or all(_blank(cell) for cell in rows[0]):
        raise DataError(f"{name} has no header: its first row must hold the column names")
    header = ["" if _blank(cell) else str(cell).strip() for cell in rows[0]]
    qualtrics = len(rows) > 2 and str(rows[2][0]).startswith(QUALTRICS_IDS)
    codes = limesurvey_codes(header)
    body = _without_empty_end(rows[3 if qualtrics else 1 :])
    frame = numbered(pd.DataFrame(body, columns=codes or header, dtype=object))
    counts = header[0] == "" and _counts_rows(frame.iloc[:, 0])
    said = {
        "Qualtrics export: the rows of question texts and import identifiers are left out": qualtrics,
        "LimeSurvey export: of the headers the question codes are kept": codes is not None,
        "the first column has no name and counts the rows: left out": counts,
    }
    return RawTable(frame.iloc[:, int(counts) :], {}, notes + tuple(note for note in said if said[note]))


def limesurvey_codes(header: Sequence[str]) -> list[str] | None:
    """The question codes of a LimeSurvey header of codes and texts; None where it is not one.

    >>> limesurvey_codes(["id. Response ID", "G01Q02[SQ001]. How satisfied are you? [Staff]"])
    ['id', 'G01Q02[SQ001]']
    """
    found = [LIMESURVEY_HEADER.match(text) for text in header]
    codes = [match.group(1) for match in found if match]
    return codes if len(codes) == len(header) and LIMESURVEY_COLUMNS & set(codes) else None


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with rows numbered from 1, in the order of the file."""
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1), axis=0)


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _counts_rows(column: pd.Series) -> bool:
    numbers = pd.to_numeric(column, errors="coerce")
    return bool(len(numbers) and numbers.diff()[1:].gt(0).all() and numbers.notna().all())


def _without_empty_end(rows: Sequence[Sequence[object]]) -> Sequence[Sequence[object]]:
    filled = [number for number, row in enumerate(rows, start=1) if not all(map(_blank, row))]
    return rows[: max(filled, default=0)]
