"""An answer as a document: page one is the answer, a section for each question follows, statistics are the appendix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sexresearch.answering.phrases import translated
from sexresearch.answering.sections import (
    caption,
    figure_block,
    has_figure,
    headed,
    largest_first,
    links_drawn,
    of_everyone,
    table_of,
    without_numbers,
    word,
)
from sexresearch.answering.tabulated import COMPACT, NEEDED
from sexresearch.answering.text_catalogue import filled_text, named
from sexresearch.document import Appendix, Block, Bullets, Document, Heading, Note, PageBreak, Paragraph, Table
from sexresearch.document.numbering import numbered

if TYPE_CHECKING:
    from sexresearch.answering.answer import Answer

MOST_ROWS = 8  # of a table of differences in a section, which says where all are
LIMIT = "lower"  # how the names of values end that are the lower end of an interval
IN_POINTS = {"today", "high_value", "room"}  # values on a scale from 0 to 100
ORDER = ("next", "chain", "whom", "measured", "today", "data", "limits")


def answer_document(answer: Answer, title: str = "") -> Document:
    """The document."""
    main = [("", block) for block in _page_one(answer)] + [pair for each in ORDER for pair in _section(answer, each)]
    appendix = [("", Appendix(word(answer, "statistics"))), *_appendix(answer)]
    made = headed(answer, title, [block for _, block in (*main, *appendix)])
    numbers = [number for _, number in numbered(made)][len(main) :]
    whole = {name: number for (name, _), number in zip(appendix, numbers, strict=True) if name}
    pointed = [_pointed(answer, block, name, whole) for name, block in main]
    return replace(made, blocks=(*pointed, *(block for _, block in appendix)))


def _pointed(answer: Answer, block: Block, name: str, whole: Mapping[str, str]) -> Block:
    """A table that leaves rows out says which one has all of them: in a workbook there is no appendix to look in."""
    if not name or not isinstance(block, Table):
        return block
    values = {"shown": len(block.frame), "every": len(answer.tables[name]), "table": whole[name]}
    return replace(block, note=f"{block.note} {filled_text(answer.language, 'largest', values, 'document')}")


def _page_one(answer: Answer) -> Iterator[Block]:
    """What to do first, set apart; the figure; how to read it; the other sentences; nothing else stands on it."""
    yield Heading(word(answer, "answer"))
    first, *others = answer.page_one or (None,)
    if first is not None:
        yield Note(first.text, "verdict")
    yield from figure_block(answer, "next")
    stated = {name for sentence in answer.page_one for name in sentence.stated}
    if any(name.endswith(LIMIT) for name in stated):
        yield Paragraph(word(answer, "reading" if stated & IN_POINTS else "reading_plain"))
    if others:
        yield Bullets(tuple(sentence.text for sentence in others if sentence is not None))
    yield PageBreak()


def _section(answer: Answer, question: str) -> Iterator[tuple[str, Block]]:
    """The blocks about a question; with a table that leaves rows out, its name."""
    yield "", Heading(named(answer.language, question, "questions"))
    sentences = tuple(sentence.text for sentence in answer.sentences if sentence.question == question)
    if sentences:
        yield "", Bullets(sentences)
    if question in ("chain", "today") and has_figure(answer, question):
        yield from (("", figure) for figure in figure_block(answer, question))
    for name, columns in COMPACT.get(question, {}).items():
        frame = answer.tables.get(name)
        if frame is not None and not without_numbers(name, frame) and not (name == "links" and links_drawn(answer)):
            shown = largest_first(name, frame).head(MOST_ROWS) if name in NEEDED and len(frame) > MOST_ROWS else frame
            note = _note(answer, name, len(frame))
            part = name if len(shown) < len(frame) else ""
            yield part, table_of(answer, of_everyone(answer, shown, columns), name, note)


def _note(answer: Answer, name: str, every: int) -> str:
    """What the numbers of a table in a section mean."""
    ranked = name == "priorities" and answer.tables[name]["p_first"].notna().sum() > 1
    together = name == "path_differences" and every > 1
    meant = [word(answer, key) for key, applies in (("first", ranked), ("together", together)) if applies]
    return " ".join([word(answer, "numbers"), *meant])


def _appendix(answer: Answer) -> Iterator[tuple[str, Block]]:
    """How it was done, how the models fit, and every table whole, with its name."""
    tables = answer.tables
    yield "", Heading(caption(answer, "choices"), 2)
    yield "choices", table_of(answer, tables["choices"], "choices", word(answer, "names"))
    for part in answer.parts:
        own = {name: frame for name, frame in part.tables.items() if len(frame)}
        if not own:
            continue
        yield "", Heading(named(answer.language, part.question, "questions"), 2)
        if "fit" in part.material:
            fit = translated(str(part.material["fit"]), answer.language)
            yield "", Paragraph(filled_text(answer.language, "fit", {"fit": fit}, "document"))
        for name, frame in own.items():
            yield name, table_of(answer, frame, name)
