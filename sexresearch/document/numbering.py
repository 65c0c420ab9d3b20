"""Numbers of tables and figures, in the order in which a document shows them; the appendix counts on."""

from __future__ import annotations

from collections.abc import Iterator

from sexresearch.document.document_parts import Appendix, Block, Document, Figure
from sexresearch.document.tables import Table
from sexresearch.document.writers_words import words_of


def numbered(document: Document) -> Iterator[tuple[Block, str]]:
    """Each block with its number in words ("Table 2"), empty for all but tables and figures that have a caption.

    >>> import pandas as pd
    >>> table = Table(pd.DataFrame({"est": [1.0]}), caption="Estimates")
    >>> [number for _, number in numbered(Document("Title", (table, table)))]
    ['Table 1', 'Table 2']
    """
    words, counts = words_of(document.language), {"table": 0, "figure": 0}
    for block in document.blocks:
        kind = "table" if isinstance(block, Table) else "figure" if isinstance(block, Figure) else ""
        if kind and isinstance(block, Table | Figure) and block.caption:
            counts[kind] += 1
            yield block, f"{words[kind]} {counts[kind]}"
        else:
            yield block, ""


def main_part(document: Document) -> tuple[Block, ...]:
    """The blocks before the appendix."""
    end = next((k for k, block in enumerate(document.blocks) if isinstance(block, Appendix)), len(document.blocks))
    return document.blocks[:end]
