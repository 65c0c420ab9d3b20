"""A document for Word: real styles, captions that Word numbers, editable tables, wide ones on pages on their side."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sexresearch.document.document_parts import (
    Appendix,
    Block,
    Bullets,
    Code,
    Document,
    Figure,
    Heading,
    Note,
    PageBreak,
    Paragraph,
)
from sexresearch.document.layout import led, sideways
from sexresearch.document.numbering import numbered
from sexresearch.document.pictures import picture, size_of
from sexresearch.document.tables import Table
from sexresearch.document.text import clean
from sexresearch.document.writers.docx_fields import captioned, field, hyperlink
from sexresearch.document.writers.docx_styles import A4, MARGIN, styled
from sexresearch.document.writers.docx_tables import add_table
from sexresearch.document.writers.packing import undated
from sexresearch.document.writers_words import words_of
from sexresearch.extras import extra

if TYPE_CHECKING:
    from docx.document import Document as Word

STYLES = {"note": "Callout", "warning": "Warning", "verdict": "Verdict"}
TALLEST = 8.6  # inches of a figure on a page upright


def docx(document: Document) -> bytes:
    """The file; a wide table and those that follow it at once share a section in landscape."""
    with extra("reports"):
        from docx import Document as NewWord

    word = styled(NewWord(), document)
    words = words_of(document.language)
    word.add_paragraph(clean(document.title), style="Title")
    if document.subtitle:
        word.add_paragraph(clean(document.subtitle), style="Subtitle")
    if document.synthetic:
        word.add_paragraph(words["synthetic"], style="Warning")
    _foot(word, document)
    broken = False
    blocks = document.blocks
    for (block, number), turned, leads in zip(numbered(document), sideways(blocks), led(blocks), strict=True):
        new_page = _turned(word, turned)
        there = len(word.paragraphs) if broken and not new_page else None
        _add(word, block, number, document, new_page=new_page)
        if leads:
            word.paragraphs[-1].paragraph_format.keep_with_next = True
        if there is not None and there < len(word.paragraphs):  # a break of its own would leave an empty line behind
            word.paragraphs[there].paragraph_format.page_break_before = True
        broken = isinstance(block, PageBreak)
    if not any(isinstance(block, Appendix) for block in document.blocks):
        _add_source(word, document)
    file = io.BytesIO()
    word.save(file)
    return undated(file.getvalue())


def _add(word: Word, block: Block, number: str, document: Document, *, new_page: bool) -> None:
    if isinstance(block, Heading):
        word.add_heading(clean(block.text), level=block.level)
    elif isinstance(block, Paragraph):
        _written(word.add_paragraph(), block)
    elif isinstance(block, Bullets):
        for item in block.paragraphs:
            _written(word.add_paragraph(style="List Number" if block.ordered else "List Bullet"), item)
    elif isinstance(block, Note):
        _written(word.add_paragraph(style=STYLES[block.kind]), block.paragraph)
    elif isinstance(block, Code):
        word.add_paragraph(clean(block.text), style="Code")
    elif isinstance(block, Table):
        add_table(word, block, number, words_of(document.language), turned=_is_turned(word))
    elif isinstance(block, Figure):
        _add_figure(word, block, number)
    elif isinstance(block, Appendix):
        title = word.add_heading(clean(block.title or words_of(document.language)["appendix"]), level=1)
        title.paragraph_format.page_break_before = not new_page
        _add_source(word, document)


def _add_source(word: Word, document: Document) -> None:
    """How the numbers came about: where the appendix begins, or at the end where there is none."""
    if document.source:
        source = clean(f"{words_of(document.language)['source']}: {document.source}")
        word.add_paragraph(source, style="Table Note")


def _written(paragraph: Any, block: Paragraph) -> None:
    for run in block.runs:
        if run.link:
            hyperlink(paragraph, clean(run.text), run.link)
            continue
        made = paragraph.add_run(clean(run.text))
        made.bold, made.italic = run.strong or None, run.emphasis or None


def _add_figure(word: Word, figure: Figure, number: str) -> None:
    from docx.shared import Inches

    width = size_of(figure.drawing, A4[0] - 2 * MARGIN, TALLEST)
    shape = word.add_picture(io.BytesIO(picture(figure.drawing, "png")), width=Inches(width))
    word.paragraphs[-1].paragraph_format.line_spacing = 1.0  # more would leave a part of its height blank below it
    if shape.height > Inches(TALLEST):  # cutting away the blank edges has changed its shape
        shape.width, shape.height = int(shape.width * Inches(TALLEST) / shape.height), Inches(TALLEST)
    shape._inline.docPr.set("descr", clean(figure.words))
    shape._inline.docPr.set("title", clean(figure.caption or figure.words)[:250])
    if figure.caption:
        word.paragraphs[-1].paragraph_format.keep_with_next = True
        caption = word.add_paragraph(style="Caption")
        caption.paragraph_format.keep_with_next = False  # it stands below the picture, and ends what is kept together
        captioned(caption, number, clean(figure.caption))


def _turned(word: Word, wanted: bool) -> bool:
    """A new section where the page has to be turned; says whether there is one."""
    from docx.enum.section import WD_ORIENT, WD_SECTION
    from docx.shared import Inches

    now = word.sections[-1]
    if (now.orientation == WD_ORIENT.LANDSCAPE) == wanted:
        return False
    section = word.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE if wanted else WD_ORIENT.PORTRAIT
    sides: Sequence[float] = tuple(reversed(A4)) if wanted else A4
    section.page_width, section.page_height = Inches(sides[0]), Inches(sides[1])
    return True


def _is_turned(word: Word) -> bool:
    from docx.enum.section import WD_ORIENT

    return word.sections[-1].orientation == WD_ORIENT.LANDSCAPE


def _foot(word: Word, document: Document) -> None:
    """The title above every page, its number below."""
    words = words_of(document.language)
    section = word.sections[0]
    section.header.paragraphs[0].text = clean(document.title)
    section.header.paragraphs[0].style = word.styles["Header"]
    line = section.footer.paragraphs[0]
    line.style = word.styles["Footer"]
    line.alignment = 2  # right
    line.add_run(f"{words['page']} ")
    field(line, "PAGE", "1")
    line.add_run(f" {words['of']} ")
    field(line, "NUMPAGES", "1")
