"""What reports and slides share: headings, figures with their words, tables in few columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from sexresearch.answering.compact import Columns, compact
from sexresearch.answering.drawing import MOST_DRAWN
from sexresearch.answering.fact_sentences import in_language
from sexresearch.answering.phrases import translated
from sexresearch.answering.tabulated import NEEDED
from sexresearch.answering.text_catalogue import catalogue, filled_text, named
from sexresearch.answering.unranged import why_without_interval
from sexresearch.document import Block, Document, Figure, Table
from sexresearch.sem import Results

if TYPE_CHECKING:
    from sexresearch.answering.answer import Answer


def headed(answer: Answer, title: str, blocks: Sequence[Block]) -> Document:
    """The document of these blocks, with title, target, data, and how the numbers came about."""
    values = {
        "target": answer.labels.of(answer.target) or "–",
        "caption": translated(answer.survey.caption, answer.language),
    }
    return Document(
        title or answer.labels.instrument.title or word(answer, "title"),
        tuple(blocks),
        filled_text(answer.language, "subtitle", values, "document"),
        "de" if answer.language == "de" else "en",
        translated(answer.provenance, answer.language),
        answer.survey.synthetic,
    )


def word(answer: Answer, key: str) -> str:
    """A word of the documents."""
    return named(answer.language, key, "document")


def caption(answer: Answer, name: str) -> str:
    """The caption of a table."""
    values = {"target": answer.labels.of(answer.target), "item": answer.money}
    return (
        filled_text(answer.language, name, values, "tables") if name in catalogue(answer.language)["tables"] else name
    )


def has_figure(answer: Answer, question: str) -> bool:
    """Whether there is a figure that can be read; many links are better rows."""
    return question in answer.figures and (question != "chain" or len(answer.tables.get("links", ())) <= MOST_DRAWN)


def links_drawn(answer: Answer) -> bool:
    """Whether the figure of the chain is rows of links with their numbers, which a table would repeat."""
    results = answer.material.get("chain")
    return isinstance(results, Results) and len(results.latents) > MOST_DRAWN and has_figure(answer, "chain")


def figure_block(answer: Answer, name: str) -> Iterator[Block]:
    """The figure of that name with its caption, and in words: the sentences of its question."""
    if name in answer.figures:
        own = str(answer.material.get("own_units", "")) if name == "next" else ""  # of a target without points
        values = {"target": own or answer.labels.of(answer.target), "points": answer.points}
        title = filled_text(answer.language, f"{name}_own" if own else name, values, "figures")
        sentences = [sentence.text for sentence in answer.sentences if sentence.question == name]
        words = " ".join([f"{title}.", *sentences])
        yield Figure(answer.figures[name], title, words, answer.figures.narrow(name))


def table_of(answer: Answer, frame: pd.DataFrame, name: str, note: str = "") -> Table:
    """The table with its caption, texts, headings and decimal marks in the language of the reader."""
    heads = catalogue(answer.language)["heads"]
    shown, same = _without_same_note(in_language(frame, answer.labels))
    bare = bool(note) or without_numbers(name, frame)
    own = "" if bare else catalogue(answer.language)["table_notes"].get(name, "")
    below = " ".join(filter(None, [note, same, own, why_without_interval(frame, answer.language)]))
    return Table(shown, caption(answer, name), below, heads=heads, language=answer.language)


def _without_same_note(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The frame without its notes where all rows have the same, and that note as a sentence below the table."""
    notes = set(frame["note"]) if "note" in frame and len(frame) > 1 else set()
    if len(notes) != 1 or not isinstance(text := next(iter(notes)), str) or not text.strip():
        return frame, ""
    begun = text[:1].upper() if text[:1].isascii() else text[:1]  # χ² stays what it is
    return frame.drop(columns="note"), f"{begun}{text[1:].rstrip('.')}."


def without_numbers(name: str, frame: pd.DataFrame) -> bool:
    """Whether what the table is for is missing in all its rows."""
    needed = NEEDED.get(name)
    return needed is not None and not (needed in frame and frame[needed].notna().any())


def largest_first(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Differences in the order of their size; other tables as they are."""
    size = NEEDED.get(name)
    return frame if size is None else frame.loc[frame[size].abs().sort_values(ascending=False).index]


def of_everyone(answer: Answer, frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """The table in these columns; rows of all respondents where there are those of segments as well."""
    everyone = named(answer.language, "all", "kpis")
    kept = frame[frame["segment"] == everyone] if "segment" in frame else frame
    kept = kept.drop(columns="p_first") if len(kept) == 1 and "p_first" in kept else kept  # one comes first at any rate
    two_waves = "kpi_change" in kept and len(set(kept["group"])) == 1  # which the sentence on them names
    return compact(kept.drop(columns="group") if two_waves else kept, columns, answer.language)
