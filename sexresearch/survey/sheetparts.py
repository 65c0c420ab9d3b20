"""What is written in the parts of an Excel file that its cells do not tell: sheets, merged cells, formulas, percent."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from xml.etree import ElementTree

from sexresearch.survey.marks import column_letters

BOOK = re.compile(r"(?:[^/]+/)*workbook\d*\.xml", re.IGNORECASE)
FORMULA = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b")
CELL_END = re.compile(rb"</(?:\w+:)?c>")
SAVED = re.compile(rb"<(?:\w+:)?(?:v(?:\s[^>/]*)?>[^<]|is\b)")
EMPTY_TEXT = re.compile(rb"""\bt=["']str["']""")  # the formula gave a text without a character
PLACE = re.compile(rb"""\br=["']([A-Z]+)(\d+)["']""")
NUMBER = re.compile(rb"""\br=["'](\d+)["']""")
MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\b[^>]*\bref=["']\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)["']""")
PERCENT = re.compile(rb"""\bnumFmtId=["'](?:9|10)["']|\bformatCode=["'][^"'<]*%""")
ROW = re.compile(rb"<(?:\w+:)?row\b")
CELL = re.compile(rb"<(?:\w+:)?c\b")


def sheet_parts(content: bytes) -> dict[str, str]:
    """Title of every worksheet → its part of the file.

    >>> import openpyxl
    >>> file = io.BytesIO(); openpyxl.Workbook().save(file)
    >>> sheet_parts(file.getvalue())
    {'Sheet': 'xl/worksheets/sheet1.xml'}
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = set(archive.namelist())
        main = next((part for part in parts if BOOK.fullmatch(part)), "")
        folder, _, last = main.rpartition("/")
        relations = posixpath.join(folder, "_rels", f"{last}.rels")
        if not {main, relations} <= parts:
            return {}
        try:
            book, related = (ElementTree.fromstring(archive.read(part)) for part in (main, relations))
        except ElementTree.ParseError:
            return {}
    targets = {folders.get("Id", ""): folders.get("Target", "") for folders in related}
    sheets = [node for node in book.iter() if node.tag.rpartition("}")[2] == "sheet"]
    folders = {node.get("name", ""): targets.get(_relation(node), "") for node in sheets}
    whole = {title: posixpath.normpath(posixpath.join("/", folder, target))[1:] for title, target in folders.items()}
    return {title: part for title, part in whole.items() if part in parts}


def _relation(node: ElementTree.Element) -> str:
    return next((value for key, value in node.items() if key.endswith("}id")), "")


def sheet_xml(content: bytes, title: str) -> bytes:
    """What is written in the part of one worksheet; empty where there is no such part.

    >>> import openpyxl
    >>> file = io.BytesIO(); openpyxl.Workbook().save(file)
    >>> b"sheetData" in sheet_xml(file.getvalue(), "Sheet")
    True
    """
    part = sheet_parts(content).get(title)
    if part is None:
        return b""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(part)


def count_rows(content: bytes) -> dict[str, int]:
    """Title of every worksheet → how many rows it has.

    >>> import openpyxl
    >>> book, file = openpyxl.Workbook(), io.BytesIO()
    >>> book.active.append([5]); book.save(file)
    >>> count_rows(file.getvalue())
    {'Sheet': 1}
    """
    return {title: len(ROW.findall(sheet_xml(content, title))) for title in sheet_parts(content)}


def shows_percent(content: bytes) -> bool:
    """Whether any cell of a workbook may stand in percent.

    >>> import openpyxl
    >>> file = io.BytesIO(); openpyxl.Workbook().save(file)
    >>> shows_percent(file.getvalue())
    False
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        styles = [archive.read(part) for part in archive.namelist() if part.endswith("styles.xml")]
    return any(PERCENT.search(xml) for xml in styles)


def last_cell(xml: bytes) -> tuple[int, str]:
    """The number of a worksheet's last row and the name of its last cell; 0 and empty where it does not say.

    >>> last_cell(b'<row r="7"><c r="C7"><v>1</v></c></row>')
    (7, 'C7')
    """
    begin = max(xml.rfind(b"<row"), xml.rfind(b":row "))
    number = NUMBER.search(xml, begin) if begin >= 0 else None
    named = list(PLACE.finditer(xml, begin)) if begin >= 0 else []
    return int(number[1]) if number else 0, (named[-1][1] + named[-1][2]).decode() if named else ""


def merged_cells(xml: bytes) -> list[tuple[int, int, int, int]]:
    """The merged ranges of a worksheet: first row, first column, last row, last column, from 1.

    >>> merged_cells(b'<mergeCell ref="B1:D2"/>')
    [(1, 2, 2, 4)]
    """
    return [
        (int(area[2]), column_number(area[1].decode()), int(area[4]), column_number(area[3].decode()))
        for area in MERGED.finditer(xml)
    ]


def column_number(letters: str) -> int:
    """The number of a column that Excel names by letters.

    >>> column_number("AB")
    28
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def unsaved_formulas(xml: bytes) -> list[tuple[int, str]]:
    """The cells of a worksheet, as row and letters of the column, that hold a formula without a saved value.

    A formula that gave an empty text has been calculated.

    >>> unsaved_formulas(b'<row><c r="B2"><f>1+1</f><v/></c><c r="C2" t="str"><f>IF(A2="","",A2)</f><v></v></c></row>')
    [(2, 'B')]
    """
    return [_place(xml, cell) for cell in FORMULA.finditer(xml) if not _is_saved(xml, cell)]


def _is_saved(xml: bytes, cell: re.Match[bytes]) -> bool:
    end = CELL_END.search(xml, cell.end())
    inside = SAVED.search(xml, cell.end(), end.start() if end else len(xml))
    return inside is not None or EMPTY_TEXT.search(cell[1]) is not None


def _place(xml: bytes, cell: re.Match[bytes]) -> tuple[int, str]:
    named = PLACE.search(cell[1])
    if named:
        return int(named[2]), named[1].decode()
    rows = list(ROW.finditer(xml, 0, cell.start()))
    before = len(CELL.findall(xml, rows[-1].end() if rows else 0, cell.start()))
    return len(rows), column_letters(before + 1)
