"""One column of a survey file, made plain: item answers as numbers, fields as codes or their labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

from sexresearch.survey.answerwords import Words, read_words
from sexresearch.survey.codebook_text import missing_text
from sexresearch.survey.filelabels import contradiction, no_answer_codes, other_words
from sexresearch.survey.noanswer import MISSING_CODES, MISSING_WORDS, Because, is_no_answer
from sexresearch.survey.parts import Field, Item, ResponseScale
from sexresearch.survey.spelling import folded
from sexresearch.survey.statfile import code_text
from sexresearch.survey.wording import SHOWN, counted, listed

NUMBER_KINDS = {"integer", "floating", "mixed-integer-float", "decimal", "empty"}
LARGEST_EXACT = 2.0**53  # whole numbers beyond are not all held by a float
ARITHMETIC = 1e-9  # what sums and shares in double precision leave of a whole number; real fractions are larger
OTHER = "-oth-"  # LimeSurvey's code of an answer in the respondent's own words
BY_LABEL: Because = "the label in the file"
LONG_WORD = 6  # letters of a word of no answer that no group is called by


@dataclass(frozen=True)
class NoAnswer:
    """A text or code of one column that counts as no answer: how often, and why."""

    column: str
    answer: str
    times: int
    because: Because


@dataclass(frozen=True)
class ColumnNote:
    """What was decided in reading a column, and the item that it is about; "" where it is about none."""

    text: str
    item: str = ""


@dataclass(frozen=True, eq=False)
class ReadColumn:
    """One column, read: its content, what is wrong, what was decided, and what counted as no answer."""

    content: pd.Series
    problems: list[str] = field(default_factory=list)
    notes: list[ColumnNote] = field(default_factory=list)
    no_answers: list[NoAnswer] = field(default_factory=list)
    undeclared: tuple[float, ...] = ()  # usual codes of no answer that are none of the answers, and not declared


def plain_column(values: pd.Series) -> pd.Series:
    """The column without pandas' nullable and categorical types; missing is NaN, text is stripped.

    Numbers are int64 where all are whole and none is missing, else float64. Cells of `MISSING_WORDS` are
    missing.

    >>> plain_column(pd.Series([1, None], dtype="Int64")).tolist()
    [1.0, nan]
    """
    if types.is_bool_dtype(values.dtype) and values.notna().all():
        return values.astype(bool)
    if types.is_datetime64_any_dtype(values.dtype):
        return values
    if types.is_integer_dtype(values.dtype) and values.notna().all():
        return values.astype(np.int64)
    if types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype):
        return _whole_if_possible(pd.Series(values.to_numpy(float, na_value=np.nan), values.index))
    cells = pd.Series([_plain_cell(cell) for cell in values.astype(object).tolist()], values.index)
    cells = cells.mask(cells.isna(), np.nan)
    if types.infer_dtype(cells, skipna=True) in NUMBER_KINDS:
        return _whole_if_possible(cells.astype(float))
    return cells


def _plain_cell(cell: object) -> object:
    text = cell.strip() if isinstance(cell, str) else cell
    return None if isinstance(text, str) and text in MISSING_WORDS else text


def _whole_if_possible(numbers: pd.Series) -> pd.Series:
    whole = bool((numbers.abs() < LARGEST_EXACT).all() and (numbers == numbers.round()).all())
    return numbers.astype(np.int64) if whole and len(numbers) else numbers


def answers_on_scale(
    values: npt.NDArray[Any], scale: ResponseScale, reverse: bool = False
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Columns of numbers answered on one scale, recoded where reversed, and which of them need no closer look.

    >>> answers_on_scale(np.array([[1.0, 11.0], [np.nan, 2.0]]), ResponseScale("ten", 1, 10))[1].tolist()
    [True, False]
    """
    inside = [code for code in scale.missing if not isinstance(code, str) and scale.lowest <= code <= scale.highest]
    right = (values >= scale.lowest) & (values <= scale.highest)
    if inside:
        right &= ~np.isin(values, inside)
    if scale.whole and values.dtype.kind == "f":
        right &= values == np.round(values)
    fits = np.asarray((right if values.dtype.kind in "iu" else right | np.isnan(values)).all(axis=0))
    values = values.astype(float, copy=False)
    return (scale.lowest + scale.highest - values if reverse else values), fits


def item_answers(
    values: pd.Series, item: Item, file_labels: Mapping[str, str] | None = None, percent: bool = False
) -> ReadColumn:
    """Answers to an item as float64, with what counted as no answer and what is wrong.

    Missing codes and words of the scale become NaN, and so do codes that the file itself labels as no answer. Texts
    are read by `read_words`. Reversed items are recoded to lowest + highest - answer. Wrong are other texts, numbers
    off the scale, fractions where answers are whole, and labels in the file that contradict the scale's.

    >>> item = Item("sat1", "Satisfied?", ResponseScale("ten", 1, 10, missing=(99,)), reverse=True)
    >>> column = item_answers(pd.Series([1, 99, 11]), item)
    >>> column.content.tolist()[:2], column.problems
    ([10.0, nan], ["item 'sat1': 1 answer is not within 1 to 10: 11 (row 2); missing codes of 'ten': 99"])
    """
    scale, labels = item.scale, file_labels or {}
    cells = plain_column(values)
    words = read_words(_texts(cells), scale)
    codes = _codes(cells, words, percent and scale.highest <= 1)
    unsaid = {code: text for code, text in no_answer_codes(labels, item).items() if code not in scale.missing}
    declared = codes.isin([code for code in scale.missing if not isinstance(code, str)])
    answers = codes.mask(declared | codes.isin(list(unsaid)))
    answers, rounded = _whole(answers) if scale.whole else (answers, 0)
    none = [
        *(NoAnswer(item.name, text, times, why) for text, times, why in _counted(cells, words.no_answer)),
        *(NoAnswer(item.name, f"{code:g}", times, "declared missing") for code, times in _times(codes[declared])),
        *(
            NoAnswer(item.name, f"{code:g} ({unsaid[code]})", times, BY_LABEL)
            for code, times in _times(codes[codes.isin(list(unsaid))])
        ),
    ]
    notes = [ColumnNote(note, item.name) for note in words.notes]
    notes += [ColumnNote(f"{counted(rounded, 'answer')} rounded to a whole number", item.name)] if rounded else []
    against = contradiction(labels, item)
    differs = "" if against else other_words(labels, item)
    notes += [ColumnNote(f"labels differ in wording: {differs}")] if differs else []
    recoded = scale.lowest + scale.highest - answers if item.reverse else answers
    problems = [*([against] if against else []), *_off_scale(item, cells, codes, answers, words)]
    off = answers[~answers.between(scale.lowest, scale.highest)]
    return ReadColumn(recoded, problems, notes, none, _undeclared(off))


def _undeclared(codes: pd.Series) -> tuple[float, ...]:
    return tuple(float(code) for code in codes.dropna().unique() if code in MISSING_CODES)


def _texts(cells: pd.Series) -> list[str]:
    if types.is_bool_dtype(cells.dtype) or types.is_numeric_dtype(cells.dtype):
        return []
    return [str(cell) for cell in pd.unique(cells.dropna().map(str))]


def _codes(cells: pd.Series, words: Words, shares: bool) -> pd.Series:
    """The codes of a plain column as float64; texts that are no answer or cannot be read are NaN."""
    if types.is_bool_dtype(cells.dtype) or types.is_numeric_dtype(cells.dtype):
        codes = cells.astype(float)
        return codes / 100 if shares else codes
    return cells.map(str, na_action="ignore").map(words.codes).astype(float)


def _whole(answers: pd.Series) -> tuple[pd.Series, int]:
    """Answers without what arithmetic left behind the decimal point, and how many were so changed."""
    nearest = answers.round()
    near = (answers != nearest) & ((answers - nearest).abs() < ARITHMETIC)
    return answers.mask(near, nearest), int(near.sum())


def _counted(cells: pd.Series, texts: Mapping[str, Because]) -> Iterator[tuple[str, int, Because]]:
    if texts:
        times = cells.map(str, na_action="ignore").value_counts()
        yield from ((text, int(times[text]), why) for text, why in texts.items())


def _times(codes: pd.Series) -> Iterator[tuple[float, int]]:
    yield from ((float(str(code)), int(times)) for code, times in codes.value_counts().items())


def _off_scale(item: Item, cells: pd.Series, codes: pd.Series, answers: pd.Series, words: Words) -> Iterator[str]:
    scale = item.scale
    texts = cells.map(str, na_action="ignore") if words.wrong else cells
    within = answers.between(scale.lowest, scale.highest) & np.isfinite(answers)
    declared = listed([code if isinstance(code, str) else f"{code:g}" for code in scale.missing]) or "none"
    plainly = [text for text, why in words.wrong.items() if not why]
    off = answers[answers.notna() & ~within]
    usual = [float(code) for code in off.unique() if code in MISSING_CODES]
    problems = [
        _wrong(
            item,
            "neither number nor label",
            cells[texts.isin(plainly)] if plainly else cells[:0],
            _line(scale, plainly),
        ),
        *(_wrong(item, "not clear", cells[texts == text], f": it {why}") for text, why in words.wrong.items() if why),
        _wrong(
            item,
            f"not within {scale.lowest:g} to {scale.highest:g}",
            off,
            f"; missing codes of '{scale.name}': {declared}{_line(scale, usual)}",
        ),
        _wrong(item, "not whole", answers[within & (answers != answers.round()) & scale.whole], ""),
    ]
    yield from (problem for problem in problems if problem)


def _line(scale: ResponseScale, values: list[str] | list[float]) -> str:
    """The line of the codebook that declares these as no answer."""
    if not values:
        return ""
    codes = [*scale.missing, *values][: len(scale.missing) + SHOWN]
    written = ", ".join(
        json.dumps(code, ensure_ascii=False) if isinstance(code, str) else f"{code:g}" for code in codes
    )
    return f"; if no answer is meant: missing = [{written}] in scale '{scale.name}'"


def _wrong(item: Item, what: str, values: pd.Series, remedy: str) -> str:
    if values.empty:
        return ""
    distinct = dict.fromkeys(_shown(value) for value in values)
    verb = "is" if len(values) == 1 else "are"
    finding = f"{counted(len(values), 'answer')} {verb} {what}: {listed(distinct)}"
    return f"item '{item.name}': {finding} (row {listed(values.index)}){remedy}"


def _shown(value: object) -> str:
    if not isinstance(value, float):
        return f"'{value}'"
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))


def field_values(values: pd.Series, field: Field, file_labels: Mapping[str, str]) -> ReadColumn:
    """Values of a field, and what is wrong with them: codes turned into labels where there are labels.

    The labels are the field's own, else those the file carries; if these do not cover every code, the codes are kept,
    which is noted where the file labels most of them. Case and kinds of blanks do not matter where labels are found.

    >>> field_values(pd.Series([1.0, 2.0]), Field("brand"), {"1": "premium", "2": "luxury"}).content.tolist()
    ['premium', 'luxury']
    """
    cells, none = _without_declared(plain_column(values), field)
    labels = dict(field.labels) or dict(file_labels)
    labels = ({OTHER: "other"} | labels) if labels else labels
    if not labels:
        read = ReadColumn(*number_values(cells, field.name, file_labels))
        return _without_words(replace(read, no_answers=[*none, *read.no_answers]), field)
    codes = cells.map(code_text, na_action="ignore").astype(object)
    alike = _spellings(labels)
    codes = codes.map(lambda code: code if code in labels else alike.get(folded(code), code), na_action="ignore")
    unknown = codes[codes.notna() & ~codes.isin(labels) & ~codes.isin(labels.values())]
    if len(unknown) and not field.labels:
        known = codes.nunique() - unknown.nunique()
        note = f"field '{field.name}': codes are kept, as the file has no label for {listed(unknown.unique())}"
        return ReadColumn(cells, [], [ColumnNote(note)] if known > unknown.nunique() else [], none)
    usual = _undeclared(pd.to_numeric(pd.Series(unknown.unique()), errors="coerce"))
    codes_of_none = missing_text((*field.missing, *usual))
    remedy = f"; if no answer is meant: missing = {codes_of_none} in field '{field.name}'" if usual else ""
    problem = f"field '{field.name}': no label for {listed(unknown.unique())} (row {listed(unknown.index)}){remedy}"
    return ReadColumn(codes.map(labels).fillna(codes), [problem] if len(unknown) else [], [], none, usual)


def _without_declared(cells: pd.Series, field: Field) -> tuple[pd.Series, list[NoAnswer]]:
    """The column without the codes and words that are declared as no answer, and what these were."""
    if not field.missing:
        return cells, []
    declared = {folded(code if isinstance(code, str) else f"{code:g}") for code in field.missing}
    silent = cells.notna() & cells.map(code_text).map(folded).isin(declared)
    times = cells[silent].map(code_text).value_counts()
    none = [NoAnswer(field.name, str(code), int(often), "declared missing") for code, often in times.items()]
    return (plain_column(cells.mask(silent)) if none else cells), none


def _without_words(read: ReadColumn, field: Field) -> ReadColumn:
    """Groups and clusters without those who said in words of some length that they say nothing: they are no group."""
    if field.role not in ("group", "cluster") or read.content.dtype.kind in "iufbM":
        return read
    texts = {cell for cell in read.content.dropna().unique() if isinstance(cell, str)}
    silent = {text for text in texts if len(text) >= LONG_WORD and is_no_answer(text)}
    if not silent or silent == texts:
        return read
    reasons: dict[str, Because] = dict.fromkeys(sorted(silent), "a usual word of no answer")
    none = [NoAnswer(field.name, text, times, why) for text, times, why in _counted(read.content, reasons)]
    content = read.content.mask(read.content.isin(silent))
    return ReadColumn(content, read.problems, read.notes, [*read.no_answers, *none])


def number_values(
    values: pd.Series, name: str, file_labels: Mapping[str, str]
) -> tuple[pd.Series, list[str], list[ColumnNote], list[NoAnswer]]:
    """A column that no questionnaire describes: numbers beside usual words of no answer are numbers and gaps.

    Codes that the file itself labels as no answer are gaps too. What was so read is returned last.

    >>> number_values(pd.Series([5, "n/a", "keine Angabe"]), "sat1", {})[0].isna().tolist()
    [False, True, True]
    """
    cells, none = plain_column(values), []
    if cells.dtype == object:
        texts = {cell for cell in cells.dropna().unique() if isinstance(cell, str)} if _mixed(cells) else set()
        if texts and all(map(is_no_answer, texts)):
            reasons: dict[str, Because] = dict.fromkeys(sorted(texts), "a usual word of no answer")
            none = [NoAnswer(name, text, times, why) for text, times, why in _counted(cells, reasons)]
            cells = plain_column(cells.mask(cells.isin(texts)))
    if types.is_numeric_dtype(cells.dtype) and not types.is_bool_dtype(cells.dtype):
        codes = no_answer_codes(file_labels)
        unanswered = cells.isin(list(codes))
        none += [NoAnswer(name, f"{code:g} ({codes[code]})", n, BY_LABEL) for code, n in _times(cells[unanswered])]
        cells = plain_column(cells.mask(unanswered)) if unanswered.any() else cells
    return cells, [], [], none


def _mixed(cells: pd.Series) -> bool:
    return types.infer_dtype(cells, skipna=True) in {"mixed-integer", "mixed"} and any(
        isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells.dropna().unique()
    )


def _spellings(labels: Mapping[str, str]) -> dict[str, str]:
    """Folded code or label → code, as far as no two of them are folded alike."""
    by_spelling: dict[str, set[str]] = {}
    for code, label in labels.items():
        for text in (code, label):
            by_spelling.setdefault(folded(text), set()).add(code)
    return {text: codes.pop() for text, codes in by_spelling.items() if len(codes) == 1}
