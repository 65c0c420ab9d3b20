"""Facts as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from sexresearch.answering.choosing import Choice
from sexresearch.answering.facts import AnswerPart, Fact, Sentence
from sexresearch.answering.grounds import ground_of, with_doubt
from sexresearch.answering.labels import Labels
from sexresearch.answering.phrases import translated, worded
from sexresearch.answering.text_catalogue import catalogue, filled_text, named, stated_values


def sentences_of(parts: Sequence[AnswerPart], labels: Labels) -> Iterator[Sentence]:
    """All sentences, question by question."""
    for part in parts:
        for fact in part.facts:
            key, doubt = with_doubt(part, fact, labels.language)
            shown = replace(fact, key=key)
            stated = stated_values(labels.language, key, fact.values)
            text = f"{sentence(shown, labels)}{doubt}"
            verdicts = (*fact.verdicts, *ground_of(part, fact))
            yield Sentence(part.question, text, verdicts, fact.first, stated)


def sentence(fact: Fact, labels: Labels) -> str:
    """The text of one fact; reasons are texts of the catalogue, or of the stage that failed."""
    language = labels.language
    values = dict(fact.values)
    if "reason" in values:
        values["reason"] = _reason(str(values["reason"]), labels)
    if "unit" in values:
        values["unit"] = named(language, str(values["unit"]), "units")
    return filled_text(language, fact.key, values)


def in_language(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """The frame with its texts in the language of the reader; tables keep the names of their columns."""
    if labels.language == "en":
        return frame
    return frame.assign(**{name: [_cell_text(cell, labels.language) for cell in frame[name]] for name in frame.columns})


def _cell_text(cell: object, language: str) -> object:
    return translated(cell, language) if isinstance(cell, str) else cell


def _reason(reason: str, labels: Labels) -> str:
    known = catalogue(labels.language)["reasons"]
    if reason in known:
        return str(known[reason])
    text = labels.text(reason).strip().rstrip(".")
    if labels.language == "en" or worded(text, labels.language) is not None:
        return translated(text, labels.language)
    return filled_text(labels.language, "foreign", {"reason": text}, "reasons")


def choices_frame(made: Sequence[Choice], labels: Labels) -> pd.DataFrame:
    """One row per choice: what was chosen, its value in words, and the reason."""
    language = labels.language
    rows = []
    for choice in made:
        names = [labels.of(part) for part in choice.value.split(", ")] if choice.value else []
        many = f"{len(names)}" if choice.choice == "ordered" and len(names) > 1 else ", ".join(names)
        rows.append(
            {
                "choice": named(language, choice.choice, "choices"),
                "value": many or named(language, "none", "choices"),
                "reason": filled_text(language, choice.key, dict(choice.filling), "reasons"),
            }
        )
    return pd.DataFrame(rows, columns=["choice", "value", "reason"])
