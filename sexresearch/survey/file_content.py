"""What a file is, looked at before it is read: kind, size, first bytes, and length of its lines."""

from __future__ import annotations

import codecs
import re
import stat
from pathlib import Path
from typing import BinaryIO

from sexresearch.errors import DataError

MEGABYTE = 2**20
LARGEST = {".xlsx": 200 * MEGABYTE}
LARGEST_FILE = 1024 * MEGABYTE  # of the other formats
LONGEST_LINE = 4 * MEGABYTE  # room for 10,000 columns with a question text each
HOLE = 8  # megabytes of nothing but zero bytes, which no rows of answers make
KINDS = {
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
    stat.S_ISSOCK: "a socket",
}
TEXT = (".csv", ".tsv", ".txt", ".dat")
MARKS = {"utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)}
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PROTECTED = "EncryptedPackage".encode("utf-16-le")
# How a file begins: what it is, and the suffixes it may have.
BEGINNINGS: tuple[tuple[bytes, str, tuple[str, ...]], ...] = (
    (b"PK\x03\x04", "a zip archive, such as an Excel workbook", (".xlsx",)),
    (b"$FL2", "an SPSS file", (".sav",)),
    (b"$FL3", "an SPSS file", (".sav",)),
    (b"<stata_dta>", "a Stata file", (".dta",)),
    (b"PAR1", "a Parquet file", (".parquet",)),
    (b"\x1f\x8b", "a packed file (gzip): unpack it first", ()),
    (b"%PDF", "a PDF document: ask for the data as a table", ()),
    (b"7z\xbc\xaf", "a packed file (7z): unpack it first", ()),
    (b"RDX2", "an R workspace: in R, write the table with write.csv()", ()),
    (b"RDX3", "an R workspace: in R, write the table with write.csv()", ()),
)
OLD_STATA = range(102, 116)  # the version in the first byte
NAMES = {
    ".xlsx": "an Excel workbook (.xlsx)",
    ".sav": "an SPSS file (.sav)",
    ".dta": "a Stata file (.dta)",
    ".parquet": "a Parquet file",
}
OTHER_SUFFIXES = {
    ".xls": "open it in Excel and save it as .xlsx",
    ".xlsb": "open it in Excel and save it as .xlsx",
    ".xlsm": "open it in Excel and save it as .xlsx",
    ".ods": "open it in LibreOffice and save it as .xlsx",
    ".numbers": "open it in Numbers and export it as .xlsx",
    ".zip": "unpack it and read the file inside",
    ".gz": "unpack it and read the file inside",
    ".json": "export the answers as a table, .csv or .xlsx",
    ".pdf": "ask for the answers as a table, .csv or .xlsx",
    ".rda": "in R, write the table with write.csv()",
    ".rds": "in R, write the table with write.csv()",
    ".sas7bdat": "export the table as .csv, .sav or .dta",
}
WEB_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|table|head|meta)\b", re.IGNORECASE)
JSON = re.compile(rb'\s*(?:\{\s*"|\[\s*[\[{])')


def file_content(path: Path) -> bytes:
    """The bytes of a survey file; refused is, before it is read, what can be no survey of its format.

    Raises DataError for folders, pipes and devices, files larger than the limits, files that are not what their
    suffix says, and text with a line of several million characters.
    """
    suffix, name = path.suffix.lower(), path.name
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            kind = next((words for test, words in KINDS.items() if test(about.st_mode)), "no file")
            raise DataError(f"{name} cannot be opened: it is {kind}, not a file")
        _check_size(name, suffix, about.st_size)
        with path.open("rb") as file:
            head = file.read(MEGABYTE)
            _check_beginning(name, suffix, head)
            if suffix not in TEXT:
                return head + _without_holes(file, name, suffix)
            chunks, line = [head], _check_line(name, head, head, 0)
            while chunk := file.read(MEGABYTE):
                line = _check_line(name, chunk, head, line)
                chunks.append(chunk)
    except OSError as error:
        raise DataError(f"{name} cannot be opened: {error.strerror}") from error
    return b"".join(chunks)


def _without_holes(file: BinaryIO, name: str, suffix: str) -> bytes:
    """The rest of a file; refused as soon as many megabytes in a row hold nothing."""
    chunks: list[bytes] = []
    empty = 0
    while chunk := file.read(MEGABYTE):
        empty = 0 if chunk.strip(b"\0") else empty + 1
        if empty >= HOLE:
            _refuse(name, suffix, f"{HOLE} MB of it in a row are empty, as in a download that broke off: get it anew")
        chunks.append(chunk)
    return b"".join(chunks)


def _check_size(name: str, suffix: str, size: int) -> None:
    most = LARGEST.get(suffix, LARGEST_FILE)
    if size > most:
        raise DataError(
            f"{name} has {size // MEGABYTE:,} MB; {suffix} files are read up to {most // MEGABYTE:,} MB: "
            f"leave out the columns that are not needed{', or save it as .csv' if suffix == '.xlsx' else ''}"
        )


def _check_beginning(name: str, suffix: str, head: bytes) -> None:
    begun = next(((what, fits) for begin, what, fits in BEGINNINGS if head.startswith(begin)), None)
    if head.startswith(OLD_OFFICE):
        _refuse(name, suffix, _old_office(head))
    if begun and suffix not in begun[1]:
        what, fits = begun
        _refuse(name, suffix, f"it is {what}{f': give it the suffix {fits[0]}' if fits else ''}")
    if WEB_PAGE.match(head):
        _refuse(name, suffix, "it is a web page (HTML): open it in Excel and save it as .xlsx")
    if suffix in TEXT and JSON.match(head):
        _refuse(name, suffix, "it is JSON: export the answers as a table, .csv or .xlsx")
    if suffix == ".xlsx" and head.strip() and not begun:
        text = "it is plain text: give it the suffix .csv" if b"\0" not in head else "it does not begin like one"
        _refuse(name, suffix, text)
    if suffix == ".dta" and head.strip() and not begun and head[0] not in OLD_STATA:
        _refuse(name, suffix, "it does not begin like one")
    if suffix in (".sav", ".parquet") and head.strip() and not begun:
        _refuse(name, suffix, "it does not begin like one")


def _old_office(head: bytes) -> str:
    if PROTECTED in head:
        return "it is protected by a password: open it in Excel, take the password off (File, Info), and save it"
    return "it is an old Excel workbook (.xls): open it in Excel and save it as .xlsx"


def _refuse(name: str, suffix: str, why: str) -> None:
    raise DataError(f"{name} cannot be read as {NAMES.get(suffix, f'a text file ({suffix})')}: {why}")


def _check_line(name: str, chunk: bytes, head: bytes, line: int) -> int:
    """How long the last line is up to the end of this chunk."""
    wide = any(head.startswith(mark) for marks in MARKS.values() for mark in marks)
    if b"\0" in chunk and not wide and chunk is not head:
        raise DataError(f"{name} is not a text file: it holds zero bytes; export it again, as CSV in UTF-8")
    parts = re.split(rb"[\r\n]", chunk) if b"\n" not in chunk and b"\r" in chunk else chunk.split(b"\n")
    longest = max(line + len(parts[0]), *map(len, parts)) if len(parts) > 1 else line + len(chunk)
    if longest > LONGEST_LINE:
        raise DataError(
            f"{name} has a line of more than {LONGEST_LINE // MEGABYTE} million characters, which no row of answers is"
        )
    return len(parts[-1]) if len(parts) > 1 else longest
