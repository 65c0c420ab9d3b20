"""Qualtrics exports: CSV with two or three header rows, Excel and TSV with two, and the legacy layout."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sexresearch.survey.layouts.file_layout import FileLayout, Row, blank, is_value, texts_of

IMPORT_ID = re.compile(r"""\s*\{\s*['"\u201c\u201d]+\s*ImportId""")
OWN = {
    "StartDate": "Start Date",
    "EndDate": "End Date",
    "Status": "Response Type",
    "IPAddress": "IP Address",
    "Progress": "Progress",
    "Duration (in seconds)": "Duration (in seconds)",
    "Finished": "Finished",
    "RecordedDate": "Recorded Date",
    "ResponseId": "Response ID",
    "RecipientLastName": "Recipient Last Name",
    "RecipientFirstName": "Recipient First Name",
    "RecipientEmail": "Recipient Email",
    "ExternalReference": "External Data Reference",
    "LocationLatitude": "Location Latitude",
    "LocationLongitude": "Location Longitude",
    "DistributionChannel": "Distribution Channel",
    "UserLanguage": "User Language",
}
LEGACY = {"ResponseID", "ResponseSet", "Name", "ExternalDataReference", "EmailAddress", "IPAddress", "Status"}
LEGACY |= {"StartDate", "EndDate", "Finished", "Email"}
SHOWN = "the rows of question texts and import identifiers are left out"


def qualtrics(rows: Sequence[Row]) -> FileLayout | None:
    """Names and question texts of a Qualtrics export; None where it is not one.

    The row of import identifiers is looked for among the rows below the names, whatever stands in its first cell.
    Without it, the second row holds texts if the columns of Qualtrics' own have their titles there.

    >>> qualtrics([["ResponseId", "Q1"], ["Response ID", "How much?"], ["R_1", 5]]).rows
    2
    """
    names = texts_of(rows[0])
    for place in range(1, min(4, len(rows))):
        filled = [cell for cell in rows[place] if not blank(cell)]
        if filled and sum(bool(IMPORT_ID.match(str(cell))) for cell in filled) > len(filled) / 2:
            texts = texts_of(rows[1]) if place > 1 else ()
            return FileLayout(names, texts, place + 1, f"Qualtrics export: {SHOWN}")
    if len(rows) < 2:
        return None
    second = texts_of(rows[1])
    if _legacy(names, second):
        kept = tuple(text if text in LEGACY else name for name, text in zip(names, second, strict=True))
        return FileLayout(kept, second, 2, "Qualtrics export (legacy): the row of question texts is left out")
    if _titles(names, rows[1]):
        return FileLayout(names, second, 2, "Qualtrics export: the row of question texts is left out")
    return None


def _legacy(names: tuple[str, ...], second: tuple[str, ...]) -> bool:
    pairs = [(name, text) for name, text in zip(names, second, strict=True) if re.fullmatch(r"V\d+", name)]
    return sum(text in LEGACY for _, text in pairs) >= 2


def _titles(names: tuple[str, ...], row: Row) -> bool:
    own = [(name, cell) for name, cell in zip(names, row, strict=True) if name in OWN and not blank(cell)]
    titled = sum(str(cell).strip() == OWN[name] for name, cell in own)
    dated = [cell for name, cell in own if name in {"StartDate", "EndDate", "RecordedDate"}]
    return bool(own) and (titled > len(own) / 2 or (bool(dated) and len(own) > 1 and not any(map(is_value, dated))))
