"""A document as slides: each heading of level 1 is the message of a slide, what follows it stands below."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sexresearch.document.document_parts import Bullets, Code, Document, Figure, Heading, Note, Paragraph
from sexresearch.document.numbering import main_part, numbered
from sexresearch.document.tables import Table
from sexresearch.document.text import clean
from sexresearch.document.writers.packing import undated
from sexresearch.document.writers.pptx_pages import Page, opened
from sexresearch.document.writers.pptx_parts import add_table, add_text, add_texts_and_figure, row_pages
from sexresearch.document.writers_words import words_of
from sexresearch.extras import extra

if TYPE_CHECKING:
    from pptx.presentation import Presentation as Slides

LETTERS_PER_LINE, LINES, LINES_ABOVE = 88, 15, 4  # of running text on one slide, and above a figure or a table
LOOSE = 900  # letters beside a figure or a table at the most; what is longer has a slide of its own


@dataclass
class _Slide:
    """What one slide is to show."""

    title: str
    texts: list[tuple[Paragraph, str]] = field(default_factory=list)
    shown: tuple[Figure | Table, str] | None = None


def pptx(document: Document) -> bytes:
    """The file. The appendix is left to documents that are read; speakers find the source in the notes of each slide.

    A slide holds text and one figure or table; what does not fit goes on, under the same message, on the next slide.
    """
    with extra("reports"):
        from pptx import Presentation

    slides = opened(Presentation(), document)
    for planned in _planned(document):
        _add_slides(slides, planned, document)
    file = io.BytesIO()
    slides.save(file)
    return undated(file.getvalue())


def _planned(document: Document) -> list[_Slide]:
    """Blocks shared out: a new slide for a heading, for a second figure or table, and where text runs over."""
    kept = len(main_part(document))
    slides: list[_Slide] = []
    for block, number in list(numbered(document))[:kept]:
        if isinstance(block, Heading) and block.level == 1:
            slides.append(_Slide(block.text))
            continue
        if not slides:
            slides.append(_Slide(document.title))
        if isinstance(block, Figure | Table):
            if slides[-1].shown is not None or _letters(slides[-1]) > LOOSE:
                slides.append(_Slide(slides[-1].title))
            slides[-1].shown = (block, number)
            continue
        for text in _texts(block):
            if _lines(slides[-1]) + _line_count(text[0]) > (LINES if slides[-1].shown is None else LINES_ABOVE):
                slides.append(_Slide(slides[-1].title))
            slides[-1].texts.append(text)
    return slides


def _texts(block: Any) -> list[tuple[Paragraph, str]]:
    """Paragraphs of a block, each with what it is."""
    if isinstance(block, Paragraph):
        return [(block, "text")]
    if isinstance(block, Heading):
        return [(Paragraph(block.text), "heading")]
    if isinstance(block, Note):
        return [(block.paragraph, block.kind)]
    if isinstance(block, Code):
        return [(Paragraph(line), "code") for line in block.text.strip("\n").splitlines()]
    return [(item, "bullet") for item in block.paragraphs] if isinstance(block, Bullets) else []


def _letters(slide: _Slide) -> int:
    return sum(len(paragraph.text) for paragraph, _ in slide.texts)


def _line_count(paragraph: Paragraph) -> int:
    return -(-max(len(paragraph.text), 1) // LETTERS_PER_LINE)


def _lines(slide: _Slide) -> int:
    return sum(_line_count(paragraph) for paragraph, _ in slide.texts)


def _add_slides(slides: Slides, planned: _Slide, document: Document) -> None:
    """One slide, or several where a table goes on."""
    shown, number = planned.shown or (None, "")
    pages: Sequence[range | None] = row_pages(shown, _lines(planned)) if isinstance(shown, Table) else [None]
    for turn, rows in enumerate(pages):
        more = f" ({words_of(document.language)['continued']})" if turn else ""
        page = Page.added(slides, f"{planned.title}{more}", document, only_text=shown is None)
        if isinstance(shown, Figure):
            add_texts_and_figure(page, planned.texts, shown, _titled(number, shown.caption))
            continue
        if not turn:
            add_text(page, planned.texts)
        if isinstance(shown, Table):
            add_table(page, shown, rows or range(0), _titled(number, shown.caption), document)


def _titled(number: str, caption: str) -> str:
    return clean(f"{number}. {caption}" if number else caption)
