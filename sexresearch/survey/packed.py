"""What an Excel file holds, looked at before it is unpacked: how large its parts are, and how many cells."""

from __future__ import annotations

import io
import re
import zipfile

from sexresearch.errors import DataError

MEGABYTE = 2**20
EXPANDED = 600 * MEGABYTE  # all parts together
SMALL = 20 * MEGABYTE  # parts up to this size may shrink as they like
RATIO = 100  # worksheets shrink to a tenth or a thirtieth, not to a hundredth
CELLS = 5_000_000  # cells that are written down in one file
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)")


def count_cells(content: bytes, name: str) -> int:
    """How many cells are written down in a workbook; refuses one that would not fit into memory, or is none.

    >>> count_cells(b"PK", "clients.xlsx")
    Traceback (most recent call last):
    sexresearch.errors.DataError: clients.xlsx cannot be read as an Excel workbook (.xlsx): it is damaged or cut off
    """
    failed = f"{name} cannot be read as an Excel workbook (.xlsx)"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            problem = _too_large(parts)
            cells, problem = (0, problem) if problem else _within(archive, parts)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError) as error:
        raise DataError(f"{failed}: it is damaged or cut off") from error
    except RuntimeError as error:  # what zipfile raises for a part with a password or packed in an unusual way
        raise DataError(f"{failed}: {error}; open it in Excel and save it anew, without a password") from error
    if problem:
        raise DataError(f"{failed}: {problem}")
    return cells


def _too_large(parts: list[zipfile.ZipInfo]) -> str:
    if not any(part.filename == "[Content_Types].xml" or part.filename.startswith("xl/") for part in parts):
        return "it is a zip archive of other files"
    total = sum(part.file_size for part in parts)
    if total > EXPANDED:
        return f"unpacked it has {total // MEGABYTE:,} MB, more than {EXPANDED // MEGABYTE} MB; save the sheet as .csv"
    for part in parts:
        if part.file_size > SMALL and part.file_size > RATIO * max(part.compress_size, 1):
            times = part.file_size // max(part.compress_size, 1)
            return f"its part '{part.filename}' is {times:,} times larger unpacked, as no worksheet is"
    return ""


def _within(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> tuple[int, str]:
    """How many cells the worksheets have, and what is wrong with a part."""
    cells = 0
    for part in parts:
        if not part.filename.endswith((".xml", ".rels")):
            continue
        with archive.open(part) as file:
            head = file.read(MEGABYTE)
            if ENTITY.search(head[:4096]):
                return cells, f"its part '{part.filename}' defines entities, as Excel never does"
            if not SHEET.fullmatch(part.filename):
                continue
            cells += _count(head)
            while chunk := file.read(MEGABYTE):
                cells += _count(chunk)
                if cells > CELLS:
                    return cells, f"it has more than {CELLS:,} cells; leave out columns, or save the sheet as .csv"
    return cells, ""


def _count(chunk: bytes) -> int:
    return chunk.count(b"<c ") + chunk.count(b":c ")
