"""The tables of a document as a workbook: a list of contents, then one sheet per table."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from textwrap import shorten, wrap
from typing import TYPE_CHECKING, Any

from sexresearch.document.document_parts import Document
from sexresearch.document.layout import column_widths, key_columns, longest_words
from sexresearch.document.numbering import numbered
from sexresearch.document.tables import Table
from sexresearch.document.text import clean
from sexresearch.document.writers_words import words_of
from sexresearch.escaping import no_formula
from sexresearch.extras import extra

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

UNDATED = datetime(2000, 1, 1)  # the same document gives the same bytes
LONGEST_NAME, LONGEST_TEXT = 31, 32_000  # letters of a sheet's name and of a cell, by the format
HEAD = 2  # row of the headers, counted from 0
WIDEST = 60  # letters of a column
LINE = 15.0  # points of height of one line
LONGEST_FOOT = 110  # letters of a caption at the foot of a page
SHEET_WIDE = 150  # letters that a printed page shows at a size one can read
NARROW = 28  # letters of a column of texts in a table that is wider
PAGE_LETTERS, LEAST_SCALE = 185, 64  # letters across a page at the per cent that print 11 points as 7
SIDES, ENDS = 0.4, 0.6  # inches of the margins of a printed page
CAPTION_WIDE = 40  # letters of the columns that pages share, in which captions and notes are set in lines
PAGE_WIDE = 78  # letters of the column of contents
INTERVAL = re.compile(r"-\d[\d.,]*\s?%? \[[^=|!()]*\]")  # begins with a sign, and is no formula


def xlsx(document: Document) -> bytes:
    """The workbook. Numbers are numbers, shown with the decimals of the tables; text is never a formula."""
    with extra("reports"):
        from xlsxwriter import Workbook

    file, words = io.BytesIO(), words_of(document.language)
    made = Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    made.set_properties({"title": clean(document.title), "comments": clean(document.source), "created": UNDATED})
    looks = _looks(made)
    tables = [(block, number) for block, number in numbered(document) if isinstance(block, Table)]
    names = sheet_names([f"{number} {table.caption}".strip() or words["table"] for table, number in tables])
    contents = made.add_worksheet(words["contents"][:LONGEST_NAME])
    for (table, number), name in zip(tables, names, strict=True):
        _sheet(made.add_worksheet(name), table, number, looks, words)
    _contents(contents, document, tables, names, looks, words)
    made.close()
    return file.getvalue()


def sheet_names(captions: list[str]) -> list[str]:
    """Names that Excel allows for sheets, each once.

    >>> sheet_names(["Fit: a/b", "Fit: a/b"])
    ['Fit a b', 'Fit a b (2)']
    """
    names: list[str] = []
    for caption in captions:
        base = re.sub(r"\s+", " ", re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", caption)).strip(" '") or "Table"
        name, count = base[:LONGEST_NAME].strip(" '"), 1
        while name.lower() in {"history", "contents", "inhalt", *(other.lower() for other in names)}:
            count += 1
            name = f"{base[: LONGEST_NAME - len(str(count)) - 3].strip()} ({count})"
        names.append(name)
    return names


def _looks(made: Workbook) -> dict[str, Any]:
    """Formats of cells; those of numbers are added by their decimals."""
    head = {"bold": True, "text_wrap": True, "valign": "bottom", "top": 2, "bottom": 1}
    text = {"text_wrap": True, "valign": "top", "align": "left"}
    looks: dict[str, Any] = {
        "title": made.add_format({"bold": True, "font_size": 14}),
        "caption": made.add_format({"bold": True, "font_size": 12}),
        "caption in lines": made.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        "left": made.add_format({**head, "align": "left"}),
        "apart": made.add_format({**head, "align": "left", "indent": 1}),
        "right": made.add_format({**head, "align": "right"}),
        "text": made.add_format(text),
        "text apart": made.add_format({**text, "indent": 1}),
        "strong": made.add_format({**text, "bold": True}),
        "strong apart": made.add_format({**text, "bold": True, "indent": 1}),
        "lines": made.add_format({"text_wrap": True, "valign": "top"}),
        "cut": made.add_format({"align": "right", "valign": "top"}),
        "note": made.add_format({"italic": True, "text_wrap": True, "valign": "top"}),
        "link": made.add_format({"font_color": "#0563C1", "underline": 1}),
    }
    for places in range(10):
        shown = "0" if not places else f"0.{'0' * places}"
        looks[f"number{places}"] = made.add_format({"num_format": shown, "valign": "top"})
        below = f'[<{10.0**-places:.{places}f}]"< {10.0**-places:.{places}f}";{shown}'
        looks[f"below{places}"] = made.add_format({"num_format": below, "valign": "top", "align": "right"})
        looks[f"strong{places}"] = made.add_format({"num_format": shown, "valign": "top", "bold": True})
    return looks


def _safe(text: str) -> str:
    cell = clean(text)
    return (cell if INTERVAL.fullmatch(cell) else no_formula(cell))[:LONGEST_TEXT]


def _height(cells: Iterable[str], widths: Iterable[int]) -> float:
    """Points that a row needs whose texts are set in lines of these widths; spreadsheets do not always find it out."""
    return LINE * max((len(wrap(cell, width)) for cell, width in zip(cells, widths, strict=True) if cell), default=1)


def _widths(table: Table) -> list[int]:
    """Letters of each column; where a page would shrink them too far, heads and texts are set in several lines."""
    widths = [min(width + 3, WIDEST) for width in column_widths(table, WIDEST)]
    if sum(widths) <= SHEET_WIDE:
        return widths
    least = [word + 2 for word in longest_words(table, WIDEST)]
    return [
        min(width, max(low, 0 if number else NARROW))
        for width, low, number in zip(widths, least, table.numeric, strict=True)
    ]


def _shared(table: Table, widths: list[int]) -> tuple[list[int], int]:
    """The widths, and how many first columns pages side by side share: what tells rows apart; 0 for a single page."""
    if sum(widths) <= PAGE_LETTERS:
        return widths, 0
    keys = len(key_columns(table.frame)) if len(table.headers) == len(table.frame.columns) else 1
    shared = keys if sum(widths[:keys]) <= PAGE_LETTERS // 2 else 1
    wider = 0 if table.numeric[0] else max(CAPTION_WIDE - sum(widths[:shared]), 0)
    return [widths[0] + wider, *widths[1:]], shared


def _in_lines(sheet: Worksheet, row: int, text: str, look: Any, widths: list[int]) -> None:
    """A text over the columns of these widths, in as many lines as it takes."""
    if len(widths) > 1:
        sheet.merge_range(row, 0, row, len(widths) - 1, "", look)
    sheet.write_string(row, 0, text, look)
    sheet.set_row(row, _height([text], [sum(widths) - 2]))


def _is_apart(table: Table, place: int) -> bool:
    """Whether a text follows numbers set flush right, and needs a gap."""
    return place > 0 and table.numeric[place - 1] and not table.numeric[place]


def _sheet(sheet: Worksheet, table: Table, number: str, looks: Mapping[str, Any], words: Mapping[str, str]) -> None:
    caption = f"{number}. {table.caption}" if number else table.caption
    widths, shared = _shared(table, _widths(table))
    if shared:  # whole on each of the pages side by side
        _in_lines(sheet, 0, _safe(caption), looks["caption in lines"], widths[:shared])
    else:
        sheet.write_string(0, 0, _safe(caption), looks["caption"])
    for place, (header, width) in enumerate(zip(table.headers, widths, strict=True)):
        look = "right" if table.numeric[place] else "apart" if _is_apart(table, place) else "left"
        sheet.write_string(HEAD, place, _safe(header), looks[look])
        sheet.set_column(place, place, width)
    sheet.set_row(HEAD, _height(table.headers, [width - 2 for width in widths]))
    for row, cells in enumerate(table.cells):
        _row(sheet, table, row, cells, looks)
        sheet.set_row(HEAD + 1 + row, _height(cells, [width - 2 for width in widths]))
    if not table.cells:
        sheet.write_string(HEAD + 1, 0, words["empty"], looks["note"])
    if table.note:
        end = HEAD + 2 + max(len(table.cells), 1)
        _in_lines(sheet, end, _safe(f"{words['note']} {table.note}"), looks["note"], widths[: shared or len(widths)])
    sheet.freeze_panes(HEAD + 1, 1)
    _printing(sheet, caption, shared)


def _row(sheet: Worksheet, table: Table, row: int, cells: tuple[str, ...], looks: Mapping[str, Any]) -> None:
    """Numbers with what they are worth; where a table says more than digits, text as it is printed."""
    bold = row in table.emphasized
    for place, cell in enumerate(cells):
        value, places = table.amounts[row][place], table.places[row][place]
        if value is None or places is None:
            if cell:
                apart = " apart" if _is_apart(table, place) else ""
                look = "cut" if table.numeric[place] else f"{'strong' if bold else 'text'}{apart}"
                sheet.write_string(HEAD + 1 + row, place, _safe(cell), looks[look])
        else:
            kind = "below" if cell.startswith("<") else "strong" if bold else "number"
            sheet.write_number(HEAD + 1 + row, place, value, looks[f"{kind}{min(places, 9)}"])


def _printing(sheet: Worksheet, caption: str, shared: int) -> None:
    """Shrunk to the width of a page; or pages side by side, each with the first columns, as many as they share."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=SIDES, right=SIDES, top=ENDS, bottom=ENDS)
    if shared:
        sheet.set_print_scale(LEAST_SCALE)
        sheet.repeat_columns(0, shared - 1)
        sheet.print_across()
    else:
        sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD)
    foot = shorten(clean(caption), LONGEST_FOOT, placeholder=" …").replace("&", "&&")
    sheet.set_footer(f"&L{foot}&R&P / &N")


def _contents(
    sheet: Worksheet,
    document: Document,
    tables: list[tuple[Table, str]],
    names: list[str],
    looks: Mapping[str, Any],
    words: Mapping[str, str],
) -> None:
    sheet.write_string(0, 0, _safe(document.title), looks["title"])
    lines = [document.subtitle, words["synthetic"] if document.synthetic else "", document.source]
    row = 1
    for line in filter(None, lines):
        sheet.write_string(row, 0, _safe(line), looks["lines"])
        sheet.set_row(row, _height([line], [PAGE_WIDE]))
        row += 1
    for (table, number), name in zip(tables, names, strict=True):
        row += 1
        quoted = name.replace("'", "''")
        shown = clean(f"{number}. {table.caption}" if number else table.caption or name)[:250]
        sheet.write_url(row, 0, f"internal:'{quoted}'!A1", looks["link"], no_formula(shown))
    sheet.set_column(0, 0, PAGE_WIDE)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&R&P / &N")
