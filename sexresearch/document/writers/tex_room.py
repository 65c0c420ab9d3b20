"""How many lines a heading of a LaTeX article needs on its page, so that it never stands alone at the foot of one."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from sexresearch.document.document_parts import Block, Figure, Heading, Note, Paragraph
from sexresearch.document.layout import SIDEWAYS, UPRIGHT, column_widths, lines_of, side_parts
from sexresearch.document.tables import Table
from sexresearch.document.writers.tex_tables import LINES

HEAD, AFTER, BEGUN = 3, 4, 9  # lines of a heading; of text below it; of a table over pages from caption to third row
AROUND = 5  # lines of caption, rules and gaps of a table that stays whole
MOST = {False: 44, True: 28}  # lines kept on a page upright and on its side: a page holds little more
PAGE = {False: 6.3, True: 9.7}  # inches across the text
LINE = 0.19  # inches
TALLEST = 0.8  # of the height of the text, which a figure takes at the most


def kept_lines(blocks: Sequence[Block], place: int, *, turned: bool) -> int:
    """Lines that the heading at `place` asks for: its own, those of what leads on, and of what that leads to.

    >>> kept_lines([Heading("Fit"), Paragraph("It is good.")], 0, turned=False)
    9
    """
    room, lines = SIDEWAYS if turned else UPRIGHT, HEAD
    for block in blocks[place + 1 :]:
        if isinstance(block, Heading):
            lines += HEAD
        elif isinstance(block, Paragraph | Note):
            text = block.text if isinstance(block, Paragraph) else block.paragraph.text
            lines += ceil(len(text) / room) + 1
        else:
            return min(lines + _begun(block, turned), MOST[turned])
    return min(lines + AFTER, MOST[turned])


def _begun(block: Block, turned: bool) -> int:
    """Lines without which the block does not begin."""
    if isinstance(block, Figure):
        width, height = block.drawing.get_size_inches()
        tall = min(PAGE[turned] * height / width, TALLEST * MOST[turned] * LINE)
        return ceil(tall / LINE) + AROUND
    if not isinstance(block, Table):
        return AFTER
    room = SIDEWAYS if turned else UPRIGHT
    first = side_parts(block, room, "")[0]
    widths = column_widths(first, room=room)
    rows = sum(lines_of(cells, widths) for cells in first.cells)
    return BEGUN if rows > LINES[turned] else rows + ceil(len(first.note) / room) + AROUND
