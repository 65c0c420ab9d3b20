"""What stands on slides: text, tables that can be edited, figures with their description."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from sexresearch.document.document_parts import Document, Figure, Paragraph
from sexresearch.document.layout import BETWEEN, column_widths, lines_of
from sexresearch.document.pictures import picture
from sexresearch.document.tables import Table
from sexresearch.document.text import clean
from sexresearch.document.writers.pptx_pages import (
    ACCENT,
    ACROSS,
    BOTTOM,
    EDGE,
    GREY,
    INK,
    TOP,
    WARN,
    Page,
    dressed,
    inches,
)
from sexresearch.document.writers_words import words_of

LARGEST, SMALLEST = 14.0, 8.0  # points of tables
READABLE = 10.0  # points down to which print is made smaller to keep a table on one slide
ROOM = 4.5  # inches of a table on one slide
LETTER = 0.0080  # inches that a letter takes per point
LINE = 0.0178  # inches that a line takes per point
BOLDER = 1.15  # width of a bold letter
PADDING = 0.09  # inches above and below the text of a cell, together
CAPTION = 0.4  # inches
BESIDE, BETWEEN_COLUMNS = 4.4, 0.35  # inches of a column of text beside a figure, and between the two
COLOURS = {"warning": WARN, "verdict": ACCENT, "heading": ACCENT}


def add_text(page: Page, texts: Sequence[tuple[Paragraph, str]]) -> None:
    """Paragraphs: in the placeholder of the slide where that has one, else in a box above what is shown."""
    if not texts:
        _without_body(page.slide)
        return
    letters = sum(len(paragraph.text) for paragraph, _ in texts)
    body = _body(page.slide)
    size = 18.0 if body is not None and letters < 900 else _size(letters)
    frame = body.text_frame if body is not None else page.box(_height(texts, size, page.across))
    for place, (paragraph, kind) in enumerate(texts):
        line = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        _paragraph(line, paragraph, kind, size, bulleted=body is not None)


def _size(letters: int) -> float:
    """Points of text above or beside what is shown."""
    return 15.0 if letters < 500 else 13.0


def _body(slide: Any) -> Any:
    return next((shape for shape in slide.placeholders if shape.placeholder_format.idx == 1), None)


def _without_body(slide: Any) -> None:
    body = _body(slide)
    if body is not None:
        body._element.getparent().remove(body._element)


def _height(texts: Sequence[tuple[Paragraph, str]], size: float, across: float) -> float:
    per_line = across / (LETTER * size * 0.95)
    room = {kind: int(per_line / (BOLDER if kind in COLOURS else 1.0)) for _, kind in texts}
    lines = sum(-(-max(len(paragraph.text), 1) // room[kind]) for paragraph, kind in texts)
    return lines * LINE * size + 0.08 * len(texts) + 0.12


def _paragraph(line: Any, paragraph: Paragraph, kind: str, size: float, *, bulleted: bool) -> None:
    from pptx.util import Pt

    line.space_after = Pt(5)
    for run in paragraph.runs:
        made = line.add_run()
        made.text = clean(run.text)
        bold = run.strong or kind in ("heading", "verdict")
        dressed(made, size, bold=bold, italic=run.emphasis or kind == "note", colour=COLOURS.get(kind, INK))
        if kind == "code":
            made.font.name = "Consolas"
        if run.link:
            made.hyperlink.address = run.link
    _bullet(line, kind == "bullet")


def _bullet(line: Any, wanted: bool) -> None:
    """A bullet, or none, whatever the placeholder has."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    properties = line._p.get_or_add_pPr()
    properties.set("marL", "285750" if wanted else "0")
    properties.set("indent", "-285750" if wanted else "0")
    kind = f'<a:buChar {nsdecls("a")} char="•"/>' if wanted else f"<a:buNone {nsdecls('a')}/>"
    properties.append(parse_xml(kind))


def add_texts_and_figure(page: Page, texts: Sequence[tuple[Paragraph, str]], figure: Figure, caption: str) -> None:
    """Text above the figure, or in a column beside it where the figure is then larger."""
    below = CAPTION if caption else 0.0
    made = page.slide.shapes.add_picture(io.BytesIO(picture(figure.drawing, "png")), 0, 0)
    own = made.width / made.height
    size = _size(sum(len(paragraph.text) for paragraph, _ in texts))
    above = _height(texts, size, ACROSS) if texts else 0.0
    column = ACROSS - BESIDE - BETWEEN_COLUMNS
    stacked = min(ACROSS, (BOTTOM - TOP - above - below) * own)
    parted = min(column, (BOTTOM - TOP - below) * own)
    if texts and parted > stacked and _height(texts, size, BESIDE) <= BOTTOM - TOP:
        page.column(EDGE, BESIDE)
        add_text(page, texts)
        page.column(EDGE + BESIDE + BETWEEN_COLUMNS, column)
    else:
        add_text(page, texts)
    _placed(page, made, figure, caption)


def _placed(page: Page, picture_made: Any, figure: Figure, caption: str) -> None:
    """The picture as large as its column allows, in the middle, its description as alternative text."""
    room = page.left - (CAPTION if caption else 0.0)
    own = picture_made.width / picture_made.height
    width = min(page.across, room * own)
    left, top = page.edge + (page.across - width) / 2, page.free
    picture_made.left, picture_made.top, picture_made.width, picture_made.height = inches(left, top, width, width / own)
    picture_made._element.nvPicPr.cNvPr.set("descr", clean(figure.words))
    page.free = top + width / own
    if caption:
        _caption(page, caption)


def _caption(page: Page, text: str) -> None:
    frame = page.box(CAPTION)
    run = frame.paragraphs[0].add_run()
    run.text = text
    dressed(run, 12 if len(text) < 150 else 10, italic=True, colour=GREY)


def _set(table: Table) -> tuple[float, list[float]]:
    """Size of print, and inches of the columns: smaller where all rows then stand on one slide."""
    size, widths = _fitting(table, LARGEST)
    while size > READABLE and _tall(table, size, widths) > ROOM:
        size, widths = _fitting(table, size - 0.5)
    return (size, widths) if _tall(table, size, widths) <= ROOM else _fitting(table, LARGEST)


def _fitting(table: Table, largest: float) -> tuple[float, list[float]]:
    letters = [width + BETWEEN for width in column_widths(table, room=int(ACROSS / (LETTER * min(largest, 11.0))))]
    size = max(SMALLEST, min(largest, ACROSS / (LETTER * sum(letters))))
    needed = [LETTER * size * width for width in letters]
    stretch = min(ACROSS / sum(needed), 1.6)
    return size, [width * stretch for width in needed]


def _tall(table: Table, size: float, widths: Sequence[float]) -> float:
    return sum(_row_height(table, cells, size, widths) for cells in (table.headers, *table.cells))


def _row_height(table: Table, cells: Sequence[str], size: float, widths: Sequence[float]) -> float:
    fitting = [max(1, int((width - 0.1) / (LETTER * size))) for width in widths]
    return lines_of(cells, fitting) * LINE * size + PADDING


def row_pages(table: Table, lines_above: int) -> list[range]:
    """Which rows stand on which slide."""
    size, widths = _set(table)
    head = _row_height(table, table.headers, size, widths)
    room = 5.4 - CAPTION - head - (0.4 if table.note else 0.0)
    pages, start, used = [], 0, 0.30 * lines_above
    for place, cells in enumerate(table.cells):
        height = _row_height(table, cells, size, widths)
        if used + height > room and place > start:
            pages.append(range(start, place))
            start, used = place, 0.0
        used += height
    return [*pages, range(start, len(table.cells))]


def add_table(page: Page, table: Table, rows: range, caption: str, document: Document) -> None:
    """Caption, these rows of the table, and its note."""
    if caption:
        _caption(page, caption)
    size, widths = _set(table)
    empty = (words_of(document.language)["empty"], *[""] * (len(table.headers) - 1))
    shown = [table.cells[row] for row in rows] or [empty]
    heights = [_row_height(table, cells, size, widths) for cells in (table.headers, *shown)]
    place = inches(EDGE, page.free, sum(widths), sum(heights))
    made = page.slide.shapes.add_table(1 + len(shown), len(table.headers), *place)
    made._element.nvGraphicFramePr.cNvPr.set("descr", caption or clean(table.note))
    _plain(made.table)
    for column, width in zip(made.table.columns, widths, strict=True):
        (column.width,) = inches(width)
    for number, (cells, height) in enumerate(zip((table.headers, *shown), heights, strict=True)):
        (made.table.rows[number].height,) = inches(height)
        strong = number == 0 or (bool(rows) and rows[number - 1] in table.emphasized)
        _cells(made.table, number, cells, table.numeric, size, strong=strong)
    page.free += sum(heights) + 0.05
    if table.note:
        _caption(page, clean(f"{words_of(document.language)['note']} {table.note}"))


def _plain(table: Any) -> None:
    """The style without colours and lines; `_ruled` draws the lines."""
    style = table._tbl.tblPr.find("{http://schemas.openxmlformats.org/drawingml/2006/main}tableStyleId")
    style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # "No Style, No Grid"
    table.horz_banding = False


def _cells(
    table: Any, number: int, cells: Sequence[str], numeric: Sequence[bool], size: float, *, strong: bool
) -> None:
    from pptx.enum.text import PP_ALIGN
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    for cell, text, right in zip(table.rows[number].cells, cells, numeric, strict=True):
        cell.margin_left, cell.margin_right, cell.margin_top, cell.margin_bottom = inches(0.05, 0.05, 0.03, 0.03)
        paragraph = cell.text_frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
        if text:
            run = paragraph.add_run()
            run.text = clean(text)
            dressed(run, size, bold=strong)
        _ruled(cell, INK if number == 0 else "D3D9DF", 1.0 if number == 0 else 0.5)
        paragraph._p.append(parse_xml(f'<a:endParaRPr {nsdecls("a")} lang="en-GB" sz="{round(100 * size)}"/>'))


def _ruled(cell: Any, colour: str, points: float) -> None:
    """A line below the cell."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    fill = f'<a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'
    line = f'<a:lnB {nsdecls("a")} w="{round(12700 * points)}">{fill}</a:lnB>'
    cell._tc.get_or_add_tcPr().insert(0, parse_xml(line))
