"""A document as one HTML page: light and dark, on screen and on A4, for eyes and for screen readers."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sexresearch.document.document_parts import Appendix, Block, Document
from sexresearch.document.layout import SIDEWAYS, letters, longest_words, side_parts, sideways
from sexresearch.document.numbering import numbered
from sexresearch.document.pictures import picture
from sexresearch.document.tables import Table
from sexresearch.document.writers.page import templates
from sexresearch.document.writers_words import words_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

LOOKS = {"note": "callout", "warning": "warning", "verdict": "verdict"}


def html(document: Document) -> str:
    """The page; headings of level 1 are ``h2`` below the title.

    >>> from sexresearch.document.document_parts import Heading
    >>> "<h2>Profit &amp; loss</h2>" in html(Document("Title", (Heading("Profit & loss"),)))
    True
    """
    turns = [False, *sideways(document.blocks), False]  # with what stands before and after
    words = words_of(document.language)
    blocks = [
        (
            part,
            number,
            type(part).__name__,
            first and turns[k + 1] and not turns[k],
            last and turns[k + 1] > turns[k + 2],
        )
        for k, (block, number) in enumerate(numbered(document))
        for part, first, last in _parts(block, words["continued"])
    ]
    return (
        templates()
        .get_template("document.html.j2")
        .render(
            title=document.title,
            language=document.language,
            document=document,
            blocks=blocks,
            fixed_words=words,
            looks=LOOKS,
            address=svg_address,
            is_vast=_is_vast,
            longest_words=longest_words,
            source_last=not any(isinstance(block, Appendix) for block in document.blocks),
            ends_wide=turns[-2],
        )
    )


def _parts(block: Block, continued: str) -> Iterator[tuple[Block, bool, bool]]:
    """The block, or the parts of a table that no page is wide enough for: each, whether first, whether last."""
    parts: list[Block] = [*side_parts(block, SIDEWAYS, continued)] if isinstance(block, Table) else [block]
    for place, part in enumerate(parts):
        yield part, place == 0, place == len(parts) - 1


def _is_vast(table: Table) -> bool:
    """Whether even a page on its side needs smaller print."""
    return letters(table) > SIDEWAYS


def svg_address(drawing: Drawing) -> str:
    """The figure as an address that holds the drawing itself; the same figure gives the same text."""
    return "data:image/svg+xml;base64," + base64.b64encode(picture(drawing, "svg")).decode("ascii")
