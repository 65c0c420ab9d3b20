"""What a draft looks at in one column: its name, its question, and its answers as codes where they can be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from pandas.api import types

from sexresearch.survey.answerwords import LEADING, TRAILING
from sexresearch.survey.columns import plain_column
from sexresearch.survey.drafting.label_order import ordered_labels
from sexresearch.survey.drafting.openings import last_parts, rows_of_batteries
from sexresearch.survey.noanswer import is_no_answer
from sexresearch.survey.rawtable import RawTable
from sexresearch.survey.spelling import clean, plain

MOST_LABELS = 12  # a column with more distinct texts holds no rating
SENTENCE = 3  # words from which on a header is a question, not a code


@dataclass(frozen=True, eq=False)
class SeenColumn:
    """One column of a file.

    `codes` are its answers as numbers, NaN where there is none; `labels` the words that stood for some of them; `words`
    the texts that count as no answer; `texts` the distinct texts of a column that holds no codes. `ranked` are words
    that can be ordered and have no codes yet.
    """

    header: str
    wording: str
    codes: pd.Series | None = None
    labels: Mapping[float, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    ranked: tuple[str, ...] = ()
    cells: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))
    name: str | None = None

    @property
    def code(self) -> str:
        """The header where it is a code and not the question itself; of a path of groups its last part."""
        if self.name is not None:
            return self.name
        return "" if self.wording == self.header else self.header


def seen_columns(table: RawTable) -> list[SeenColumn]:
    """The columns of a table that have a name and content, each read as far as it can be without a questionnaire.

    >>> table = RawTable(pd.DataFrame({"q1": ["7 - very good", "5", "n/a"]}))
    >>> [(seen.header, seen.codes.tolist()[:2], seen.labels, seen.words) for seen in seen_columns(table)]
    [('q1', [7.0, 5.0], {7.0: 'very good'}, ('n/a',))]
    """
    headers = [clean(str(header)) for header in table.frame.columns]
    questions = [table.texts.get(name, "") or (name if len(name.split()) >= SENTENCE else "") for name in headers]
    rows, paths = rows_of_batteries([clean(text) for text in questions]), last_parts(headers)
    columns = []
    for place, (header, text) in enumerate(zip(headers, rows, strict=True)):
        if header and header not in table.doubts:
            raw = table.frame.iloc[:, place]
            name = "" if questions[place] == header else paths.get(header)
            columns.append(replace(_seen(header, text, raw, table.labels.get(header, {})), name=name))
    return columns


def _seen(header: str, wording: str, raw: pd.Series, file_labels: Mapping[str, str]) -> SeenColumn:
    cells = plain_column(raw)
    if types.is_datetime64_any_dtype(cells.dtype):
        return SeenColumn(header, wording, cells=cells, texts=("dates",))
    if types.is_bool_dtype(cells.dtype) or types.is_numeric_dtype(cells.dtype):
        labels = {float(code): text for code, text in file_labels.items() if _is_code(code)}
        return SeenColumn(header, wording, cells.astype(float), labels, cells=cells)
    texts = [plain(str(text)) for text in pd.unique(cells.dropna().map(str))]
    none = tuple(text for text in texts if is_no_answer(text))
    return _seen_texts(header, wording, cells.map(lambda cell: plain(str(cell)), na_action="ignore"), texts, none)


def _seen_texts(header: str, wording: str, cells: pd.Series, texts: list[str], none: tuple[str, ...]) -> SeenColumn:
    answers = [text for text in texts if text not in none]
    coded = {text: pair for text in answers if (pair := _coded(text)) is not None}
    if answers and len(coded) == len(answers):
        codes = {text: code for text, (code, _) in coded.items()}
        labels = {code: label for code, label in coded.values() if label}
        if len(labels) <= MOST_LABELS:
            return SeenColumn(header, wording, cells.map(codes).astype(float), labels, none, cells=cells)
    order = ordered_labels(answers) if len(answers) <= MOST_LABELS else None
    return SeenColumn(header, wording, None, {}, none, tuple(answers), tuple(order or ()), cells)


def _coded(text: str) -> tuple[float, str] | None:
    """The code in a text and the label beside it: "7", "7 - very good", "very good (7)"."""
    if _is_code(text):
        return float(text.replace(",", ".")), ""
    before = LEADING.fullmatch(text)
    behind = None if before else TRAILING.fullmatch(text)
    code, label = before.groups() if before else (behind.group(2), behind.group(1)) if behind else ("", "")
    return (float(code.replace(",", ".")), label.strip()) if code else None


def _is_code(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d+(?:[.,]\d+)?", text)) and bool(np.isfinite(float(text.replace(",", "."))))
