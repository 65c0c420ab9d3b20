"""An answer as a document: page one is the answer, a section for each question follows, statistics are the appendix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from sexresearch.answering.catalogue import catalogue, filled_text, named
from sexresearch.answering.compact import Cell, compact, in_units, ranged, share, text
from sexresearch.answering.drawing import MOST_DRAWN
from sexresearch.document import Appendix, Block, Bullets, Document, Figure, Heading, Note, Paragraph, Table

if TYPE_CHECKING:
    from sexresearch.answering.answer import Answer

ORDER = ("next", "chain", "whom", "measured", "today", "data", "limits")
Columns = tuple[tuple[str, Cell], ...]
COMPACT: Mapping[str, Mapping[str, Columns]] = {  # by question: tables and their columns
    "next": {
        "priorities": (
            ("lever", text("construct")),
            ("gain", ranged("gain", "gain_ci_")),
            ("today", ranged("performance", "performance_ci_", 0)),
            ("first", share("p_first")),
        )
    },
    "chain": {"links": (("link", text("path")), ("strength", ranged("std_all", "std_all_ci_")))},
    "whom": {
        "means": (
            ("topic", text("construct")),
            ("group", text("group")),
            ("against", text("against")),
            ("difference", ranged("effect_size", "ci_")),
        ),
        "path_differences": (
            ("link", text("path")),
            ("group", text("group")),
            ("here", ranged("est", "")),
            ("against", text("against")),
            ("there", ranged("est_against", "")),
            ("difference", ranged("path_difference", "ci_")),
        ),
    },
    "measured": {
        "measurement": (
            ("topic", text("construct")),
            ("reliability", ranged("omega", "omega_ci_")),
            ("judgement", text("outcome")),
        )
    },
    "today": {"kpis": (("figure", text("kpi")), ("question", text("item")), ("level", in_units("est", "ci_", "unit")))},
}
FIGURES = {"next": "next", "chain": "chain", "today": "today"}
LAST = ("choices",)


def answer_document(answer: Answer, title: str = "") -> Document:
    """The document."""
    blocks: list[Block] = [*_page_one(answer)]
    for question in ORDER:
        blocks += _section(answer, question)
    blocks += [Appendix(named(answer.language, "statistics", "document")), *_appendix(answer)]
    values = {"target": answer.labels.of(answer.target) or "–", "caption": answer.survey.caption}
    return Document(
        title or answer.labels.instrument.title or _word(answer, "title"),
        tuple(blocks),
        filled_text(answer.language, "subtitle", values, "document"),
        "de" if answer.language == "de" else "en",
        answer.provenance,
        answer.survey.synthetic,
    )


def _word(answer: Answer, key: str) -> str:
    return named(answer.language, key, "document")


def _page_one(answer: Answer) -> Iterator[Block]:
    """What to do first, set apart; the figure; the other sentences, which may run on to the next page."""
    yield Heading(_word(answer, "answer"))
    first, *others = answer.page_one or (None,)
    if first is not None:
        yield Note(first.text, "verdict")
    yield from _figure(answer, "next")
    if others:
        yield Bullets(tuple(sentence.text for sentence in others if sentence is not None))


def _section(answer: Answer, question: str) -> Iterator[Block]:
    yield Heading(named(answer.language, question, "questions"))
    sentences = tuple(sentence.text for sentence in answer.sentences if sentence.question == question)
    if sentences:
        yield Bullets(sentences)
    many = question == "chain" and len(answer.tables.get("links", ())) > MOST_DRAWN
    if question in ("chain", "today") and not many:  # the table shows many links better
        yield from _figure(answer, FIGURES[question])
    if question in COMPACT:
        yield from _compact(answer, question)


def _compact(answer: Answer, question: str) -> Iterator[Block]:
    tables = answer.tables
    for name, columns in COMPACT[question].items():
        if name in tables:
            frame = compact(_everyone(answer, tables[name]), columns, answer.language)
            yield Table(frame, _caption(answer, name), _word(answer, "numbers"))


def _everyone(answer: Answer, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of all respondents where there are those of segments as well; the appendix has all."""
    return frame[frame["segment"] == named(answer.language, "all", "kpis")] if "segment" in frame else frame


def _figure(answer: Answer, name: str) -> Iterator[Block]:
    if name in answer.figures:
        values = {"target": answer.labels.of(answer.target), "points": answer.points}
        caption = filled_text(answer.language, name, values, "figures")
        yield Figure(answer.figures[name], caption, _alt(answer, name, caption))


def _alt(answer: Answer, name: str, caption: str) -> str:
    """The figure in words: its caption, and the sentences of its question."""
    sentences = [sentence.text for sentence in answer.sentences if sentence.question == name]
    return " ".join([f"{caption}.", *sentences])


def _caption(answer: Answer, name: str) -> str:
    values = {"target": answer.labels.of(answer.target), "item": answer.money}
    return (
        filled_text(answer.language, name, values, "tables") if name in catalogue(answer.language)["tables"] else name
    )


def _appendix(answer: Answer) -> Iterator[Block]:
    """How it was done, how the models fit, and every table whole."""
    tables = answer.tables
    yield Heading(_caption(answer, "choices"), 2)
    yield Table(_headed(answer, tables["choices"]), _caption(answer, "choices"))
    for part in answer.parts:
        own = {name: frame for name, frame in part.tables.items() if len(frame)}
        if not own:
            continue
        yield Heading(named(answer.language, part.question, "questions"), 2)
        if "fit" in part.material:
            yield Paragraph(filled_text(answer.language, "fit", {"fit": str(part.material["fit"])}, "document"))
        for name, frame in own.items():
            yield Table(frame, _caption(answer, name))


def _headed(answer: Answer, frame: pd.DataFrame) -> pd.DataFrame:
    heads = catalogue(answer.language)["columns"]
    return frame.rename(columns={name: str(heads[name]) for name in frame.columns if name in heads})
