"""Tables for Word: three rules as journals have them, a head that repeats, rows that do not break, widths that fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from sexresearch.document.layout import BETWEEN, SIDEWAYS, UPRIGHT, column_widths, shrink, side_parts
from sexresearch.document.tables import Table
from sexresearch.document.text import clean
from sexresearch.document.writers.docx_fields import captioned
from sexresearch.document.writers.docx_styles import A4, MARGIN

if TYPE_CHECKING:
    from docx.document import Document as Word

SIZE, SMALLEST = 8.5, 7.0  # points
TWIPS = 1440  # in an inch
INK, LINE = "1F2933", "D3D9DF"
KEPT_WHOLE = 15  # rows of a table that is not split over two pages
NARROWEST = 0.55  # of a page: what a table takes at the least
EDGES = (
    f'<w:top w:val="single" w:sz="10" w:space="0" w:color="{INK}"/>'
    f'<w:bottom w:val="single" w:sz="10" w:space="0" w:color="{INK}"/>'
    f'<w:insideH w:val="single" w:sz="2" w:space="0" w:color="{LINE}"/>'
)
SIDES = '<w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
UNDER_HEAD = f'<w:tcBorders><w:bottom w:val="single" w:sz="6" w:space="0" w:color="{INK}"/></w:tcBorders>'


def add_table(word: Word, table: Table, number: str, words: Mapping[str, str], *, turned: bool) -> None:
    """Caption, table, note; in parts below each other where the page is too narrow for all columns."""
    for place, part in enumerate(side_parts(table, SIDEWAYS if turned else UPRIGHT, words["continued"])):
        _add_part(word, part, number, words, turned, again=place > 0)


def _add_part(word: Word, table: Table, number: str, words: Mapping[str, str], turned: bool, *, again: bool) -> None:
    from docx.oxml import parse_xml
    from docx.shared import Pt

    if table.caption:
        captioned(word.add_paragraph(style="Caption"), number, clean(table.caption), again=again)
    after = word.add_paragraph(style="Table Note")
    after._p.addprevious(parse_xml(_xml(table, words, turned)))
    if table.note:
        after.add_run(f"{words['note']} ").italic = True
        after.add_run(clean(table.note))
    else:
        after.paragraph_format.space_before = Pt(0)  # a line of its own would begin a page where the table ends one
        after.paragraph_format.line_spacing = Pt(1)


def _xml(table: Table, words: Mapping[str, str], turned: bool) -> str:
    """The table in the words of the format."""
    widths, size = _widths(table, turned)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    properties = (
        f'<w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{EDGES}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{SIDES}</w:tblCellMar>'
        '<w:tblLook w:val="0420" w:firstRow="1" w:noVBand="1"/>'
        f'<w:tblCaption w:val="{_quoted(table.caption)}"/></w:tblPr>'
    )
    rows = table.cells or ((words["empty"], *[""] * (len(table.headers) - 1)),)
    lines = [_row(table.headers, table, widths, size, head=True)]
    lines += [
        _row(row, table, widths, size, bold=k in table.emphasized, tied=_is_tied(k, len(rows), bool(table.note)))
        for k, row in enumerate(rows)
    ]
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return f'<w:tbl xmlns:w="{space}">{properties}<w:tblGrid>{grid}</w:tblGrid>{"".join(lines)}</w:tbl>'


def _is_tied(row: int, rows: int, noted: bool) -> bool:
    """Whether a row stays on the page of what follows: no row stands alone on a page, nor the note without a row."""
    if row == rows - 1:
        return noted
    return rows <= KEPT_WHOLE or row == 0 or row >= rows - 3


def _quoted(text: str) -> str:
    return escape(clean(text), {'"': "&quot;"})


def _widths(table: Table, turned: bool) -> tuple[list[int], float]:
    """Twentieths of a point of each column, and the size of print."""
    page = (A4[1] if turned else A4[0]) - 2 * MARGIN
    room = SIDEWAYS if turned else UPRIGHT
    letters = [width + BETWEEN for width in column_widths(table, room=room)]
    share = page / max(sum(letters), room * NARROWEST)
    return [int(TWIPS * share * width) for width in letters], max(SMALLEST, SIZE * shrink(table, room))


def _row(
    cells: Sequence[str],
    table: Table,
    widths: Sequence[int],
    size: float,
    *,
    head: bool = False,
    bold: bool = False,
    tied: bool = False,
) -> str:
    made = [
        _cell(text, width, size, right=right, head=head, bold=bold, tied=head or tied)
        for text, width, right in zip(cells, widths, table.numeric, strict=True)
    ]
    return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if head else ''}</w:trPr>{''.join(made)}</w:tr>"


def _cell(text: str, width: int, size: float, *, right: bool, head: bool, bold: bool, tied: bool) -> str:
    style, side = "TableHead" if head else "TableText", "right" if right else "left"
    small = f'<w:sz w:val="{round(2 * size)}"/>' if size < SIZE else ""
    looks = f"<w:rPr>{'<w:b/>' if bold else ''}{small}</w:rPr>" if bold or small else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{UNDER_HEAD if head else ""}</w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{"<w:keepNext/>" if tied else ""}<w:jc w:val="{side}"/></w:pPr>'
        f'<w:r>{looks}<w:t xml:space="preserve">{escape(clean(text))}</w:t></w:r></w:p></w:tc>'
    )
