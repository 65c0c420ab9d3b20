"""An answer as a document: page one is the answer, a section for each question follows, statistics are the appendix."""

from __future__ import annotations

from collections.abc import Iterator
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
from sexresearch.document import Appendix, Block, Bullets, Document, Heading, Note, PageBreak, Paragraph

if TYPE_CHECKING:
    from sexresearch.answering.answer import Answer

MOST_ROWS = 8  # of a table of differences in a section; the appendix has all
LIMIT = "lower"  # how the names of values end that are the lower end of an interval
IN_POINTS = {"today", "high_value", "room"}  # values on a scale from 0 to 100
ORDER = ("next", "chain", "whom", "measured", "today", "data", "limits")


def answer_document(answer: Answer, title: str = "") -> Document:
    """The document."""
    blocks: list[Block] = [*_page_one(answer)]
    for question in ORDER:
        blocks += _section(answer, question)
    return headed(answer, title, [*blocks, Appendix(word(answer, "statistics")), *_appendix(answer)])


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


def _section(answer: Answer, question: str) -> Iterator[Block]:
    yield Heading(named(answer.language, question, "questions"))
    sentences = tuple(sentence.text for sentence in answer.sentences if sentence.question == question)
    if sentences:
        yield Bullets(sentences)
    if question in ("chain", "today") and has_figure(answer, question):
        yield from figure_block(answer, question)
    for name, columns in COMPACT.get(question, {}).items():
        frame = answer.tables.get(name)
        if frame is not None and not without_numbers(name, frame) and not (name == "links" and links_drawn(answer)):
            shown = largest_first(name, frame).head(MOST_ROWS) if name in NEEDED and len(frame) > MOST_ROWS else frame
            note = _note(answer, name, len(shown), len(frame))
            yield table_of(answer, of_everyone(answer, shown, columns), name, note)


def _note(answer: Answer, name: str, shown: int, every: int) -> str:
    """What the numbers of a table in a section mean, and where the rows are that it leaves out."""
    ranked = name == "priorities" and answer.tables[name]["p_first"].notna().sum() > 1
    part = filled_text(answer.language, "largest", {"shown": shown, "every": every}, "document")
    together = name == "path_differences" and every > 1
    meant = [word(answer, key) for key, applies in (("first", ranked), ("together", together)) if applies]
    notes = [word(answer, "numbers"), *meant, *([part] if shown < every else [])]
    return " ".join(notes)


def _appendix(answer: Answer) -> Iterator[Block]:
    """How it was done, how the models fit, and every table whole."""
    tables = answer.tables
    yield Heading(caption(answer, "choices"), 2)
    yield table_of(answer, tables["choices"], "choices", word(answer, "names"))
    for part in answer.parts:
        own = {name: frame for name, frame in part.tables.items() if len(frame)}
        if not own:
            continue
        yield Heading(named(answer.language, part.question, "questions"), 2)
        if "fit" in part.material:
            fit = translated(str(part.material["fit"]), answer.language)
            yield Paragraph(filled_text(answer.language, "fit", {"fit": fit}, "document"))
        for name, frame in own.items():
            yield table_of(answer, frame, name)
