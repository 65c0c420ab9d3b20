"""Two header rows: a question above its parts, as SurveyMonkey writes it, or groups above names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sexresearch.survey.layouts.file_layout import FileLayout, Row, blank, is_value, texts_of
from sexresearch.survey.spelling import folded

WHOLE_ANSWER = {"response", "open-ended response", "antwort", "offene antwort", "réponse", "respuesta", "resposta"}
WHOLE_ANSWER |= {"risposta", "antwoord", "svar"}


def two_rows(rows: Sequence[Row], merged: bool = False) -> FileLayout | None:
    """Names and texts where a second header row completes the first; None where it does not.

    It does if it names every column the first leaves open, holds no value, and either leaves open columns that
    the first names, or holds texts that do not come back among the answers, or belongs to merged cells. A part
    that is named once is the name of its column; otherwise the question stands before it.

    >>> two_rows([["id", "How much?", None], [None, "value", "delight"], [1, 5, 4]]).names
    ('id', 'value', 'delight')
    """
    if len(rows) < 3:
        return None
    first, second = texts_of(rows[0]), texts_of(rows[1])
    used = [any(not blank(row[place]) for row in rows[1:50]) for place in range(len(first))]
    opened = [place for place, text in enumerate(first) if not text and used[place]]
    if not opened and any(second) and {folded(text) for text in second if text} <= WHOLE_ANSWER:
        return FileLayout(first, first, 2, "the second row says only that whole answers stand below")
    if not opened or (first[0] == "" and len(opened) == 1 and opened[0] == 0):
        return None
    if not all(second[place] for place in opened) or any(is_value(cell) for cell in rows[1] if not blank(cell)):
        return None
    if not (merged or _completes(first, second) or _never_again(rows, second)):
        return None
    names, texts = _joined(first, second)
    note = "two header rows: the parts of a question are its columns, as far as each is named once"
    return FileLayout(names, texts, 2, note)


def _completes(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    pairs = list(zip(first, second, strict=True))
    return any(above and not below for above, below in pairs) or any(folded(text) in WHOLE_ANSWER for text in second)


def _never_again(rows: Sequence[Row], second: tuple[str, ...]) -> bool:
    answers = {folded(str(cell)) for row in rows[2:] for cell in row if not blank(cell)}
    return not any(folded(text) in answers for text in second if text)


def _joined(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    questions, current = [], ""
    for above in first:
        current = above or current
        questions.append(current)
    times = Counter(text for text in second if text)
    names, texts = [], []
    for question, part in zip(questions, second, strict=True):
        whole = not part or folded(part) in WHOLE_ANSWER
        names.append(question if whole else part if times[part] == 1 and part not in first else f"{question} - {part}")
        texts.append(question if whole else f"{question} - {part}")
    return tuple(names), tuple(texts)
