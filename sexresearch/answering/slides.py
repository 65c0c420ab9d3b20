"""An answer as eight slides: what to do, why, for whom, where we stand, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sexresearch.answering.fact_sentences import in_language
from sexresearch.answering.facts import Sentence
from sexresearch.answering.sections import (
    figure_block,
    has_figure,
    headed,
    largest_first,
    of_everyone,
    without_numbers,
    word,
)
from sexresearch.answering.tabulated import COMPACT
from sexresearch.answering.text_catalogue import filled_text, named
from sexresearch.document import Block, Bullets, Document, Heading, Note, Table

if TYPE_CHECKING:
    from sexresearch.answering.answer import Answer

LONGEST_TITLE = 120  # letters of a sentence that is the message of a slide
MOST_LETTERS = {True: 420, False: 950}  # of text on a slide with and without a figure or a table
MOST_ROWS = 8  # of a table on a slide; the report has all
MOST_BULLETS = 6
TALLEST = 0.9  # height by width of a figure that is not shrunk beyond reading beside the text of a slide


def slides_document(answer: Answer, title: str = "") -> Document:
    """The slides; the first one, with the title, is made by the writer."""
    blocks: list[Block] = [*_first(answer)]
    for questions in (("next",), ("chain",), ("whom",), ("today",), ("measured", "data"), ("limits",)):
        blocks += _slide(answer, questions)
    return headed(answer, title, blocks)


def _first(answer: Answer) -> Iterator[Block]:
    """What to do first, with what it brings."""
    first = next(iter(answer.page_one), None)
    lever = answer.first_lever
    heading = (
        filled_text(answer.language, "slide_first", {"construct": lever}, "document")
        if lever
        else word(answer, "answer")
    )
    yield Heading(heading)
    if first is not None:
        yield Note(first.text, "verdict")
    yield from figure_block(answer, "next")


def _slide(answer: Answer, questions: tuple[str, ...]) -> Iterator[Block]:
    """The message, what else is said in short, and a figure or a table."""
    sentences = [sentence for sentence in answer.sentences if sentence.question in questions]
    message = _message(sentences) if questions != ("next",) else None
    yield Heading(message.text.rstrip(".") if message else named(answer.language, questions[0], "questions"))
    shown = [*_shown(answer, questions[0])]
    left = [s for s in sentences if s is not message and s is not next(iter(answer.page_one), None)]
    bullets = _fitting(sorted(left, key=lambda s: not s.first), MOST_LETTERS[bool(shown)])
    if bullets:
        yield Bullets(tuple(bullets))
    yield from shown


def _message(sentences: list[Sentence]) -> Sentence | None:
    """The first sentence of page one that is short enough to stand above a slide."""
    return next((s for s in sentences if s.first and len(s.text) <= LONGEST_TITLE), None)


def _fitting(sentences: list[Sentence], room: int) -> list[str]:
    """The sentences that fit, in order; long ones that do not are left to the report."""
    texts: list[str] = []
    for sentence in sentences:
        if len(sentence.text) <= room and len(texts) < MOST_BULLETS:
            texts.append(sentence.text)
            room -= len(sentence.text)
    return texts


def _is_flat(answer: Answer, question: str) -> bool:
    """Whether the figure can be read on a slide; a table says the same where it is tall."""
    width, height = answer.figures[question].get_size_inches()
    return bool(height <= TALLEST * width)


def _shown(answer: Answer, question: str) -> Iterator[Block]:
    """One figure or one table."""
    if question in ("chain", "today") and has_figure(answer, question) and _is_flat(answer, question):
        yield from figure_block(answer, question)
        return
    for name, columns in COMPACT.get(question, {}).items():
        frame = answer.tables.get(name)
        if frame is not None and not without_numbers(name, frame):
            shown = in_language(of_everyone(answer, largest_first(name, frame), columns).head(MOST_ROWS), answer.labels)
            title = named(answer.language, f"slide_{name}", "document")
            every = len(of_everyone(answer, frame, columns))
            if every > MOST_ROWS:
                counts = {"title": title, "shown": MOST_ROWS, "every": every}
                title = filled_text(answer.language, "slide_part", counts, "document")
            yield Table(shown, title, language=answer.language)
            return
