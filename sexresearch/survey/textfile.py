"""Survey files in plain text: encoding, separator and decimal mark are found out, and noted if unusual."""

from __future__ import annotations

import codecs
import csv
import io

import pandas as pd

from sexresearch.errors import DataError
from sexresearch.survey.rawtable import MISSING_WORDS, RawTable, table_of_rows
from sexresearch.survey.wording import counted, listed

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
DECIMAL_COMMA = r"[+-]?\d+,\d+"
# Digits that are a name rather than a number: a leading zero, or more digits than a float can hold.
DIGITS_AS_NAME = r"[+-]?0\d.*|\d{16,}"


def read_text(content: bytes, name: str, separators: str = ",;\t") -> RawTable:
    """The table in a CSV or TSV file; columns that hold only numbers become numeric.

    Encoding: UTF-8, UTF-16 with its mark, else Windows-1252. Separator: the one of `separators` that splits
    the header into most columns. A comma inside a number is its decimal mark where commas do not separate
    columns. Blank lines are skipped; cells of `MISSING_WORDS` and cells after the end of a short line are
    missing. Raises DataError for bytes that are not text and for lines longer than the header.

    >>> read_text("sat1;share\\n5;0,25\\n".encode(), "clients.csv").frame
       sat1  share
    1     5   0.25
    """
    text, encoding = decode(content, name)
    text, separator = find_separator(text, separators)
    rows, short = _rows(text, separator, name)
    table = table_of_rows(rows, name)
    columns = [table.frame.iloc[:, place] for place in range(table.frame.shape[1])]
    typed = [_typed(column, "." if separator == "," else ",") for column in columns]
    commas = [str(column.name) for column, has_commas in typed if has_commas]
    said = {
        f"not UTF-8: read as {encoding}; check accents and umlauts": encoding == "Windows-1252",
        f"columns are separated by {SEPARATORS.get(separator, separator)}": separator == ";",
        f"decimal commas in {listed(commas)}": bool(commas),
        f"cells are missing at the end of {counted(len(short), 'line')}: line {listed(short)}": bool(short),
    }
    notes = (*(note for note in said if said[note]), *table.notes)
    return RawTable(pd.concat([column for column, _ in typed], axis=1), notes=notes)


def decode(content: bytes, name: str) -> tuple[str, str]:
    """Text and encoding of a text file; raises DataError where the bytes are not text.

    >>> decode("Zürich".encode("cp1252"), "clients.csv")
    ('Zürich', 'Windows-1252')
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tries = {"UTF-16": "utf-16"}
    else:
        tries = {"UTF-8": "utf-8-sig", "Windows-1252": "cp1252"}
    for label, codec in tries.items():
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, label
    raise DataError(f"{name} is not a text file: save it as CSV in UTF-8, or give it its format's own suffix")


def find_separator(text: str, candidates: str) -> tuple[str, str]:
    """The text without Excel's ``sep=`` line, and the mark that separates its columns.

    >>> find_separator("sat1;sat2\\n5;6", ",;")
    ('sat1;sat2\\n5;6', ';')
    """
    first, _, rest = text.lstrip("\r\n").partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return rest, first[4]
    return text, max(candidates, key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))


def _rows(text: str, separator: str, name: str) -> tuple[list[list[str | None]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        lines = [(reader.line_num, row) for row in reader if any(map(str.strip, row)) or len(row) > 1]
    except csv.Error as error:
        raise DataError(f"{name} cannot be split into columns at line {reader.line_num}: {error}") from error
    width = len(lines[0][1]) if lines else 0
    long = [line for line, row in lines if any(map(str.strip, row[width:]))]
    if long:
        raise DataError(f"{name}: {counted(len(long), 'line')} with more cells than the header: line {listed(long)}")
    short = [line for line, row in lines if len(row) < width]
    return [[*row[:width], *[None] * (width - len(row))] for _, row in lines], short


def _typed(column: pd.Series, decimal: str) -> tuple[pd.Series, bool]:
    """The column with its text stripped, as numbers if it holds nothing else; and whether it had decimal commas."""
    distinct = pd.Series(column.dropna().unique(), dtype=object)
    text = distinct.str.strip()
    text = text.mask(text.isin(MISSING_WORDS))
    numbers = _numbers(text.dropna(), decimal)
    commas = decimal == "," and numbers is not None and bool(text.str.fullmatch(DECIMAL_COMMA).any())
    values = text if numbers is None else numbers.reindex(text.index)
    return column.map(dict(zip(distinct, values, strict=True))), commas


def _numbers(text: pd.Series, decimal: str) -> pd.Series | None:
    if text.empty or text.str.fullmatch(DIGITS_AS_NAME).any():
        return None
    if decimal == "," and not text.str.contains(".", regex=False).any():
        text = text.str.replace(",", ".", n=1, regex=False)
    numbers = pd.to_numeric(text, errors="coerce")
    return None if numbers.isna().any() else numbers
