"""From a raw table to checked answers: every problem of every column is found before one is reported."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sexresearch.survey.alike import alike_labels
from sexresearch.survey.codebook_text import missing_text
from sexresearch.survey.columns import (
    ColumnNote,
    NoAnswer,
    ReadColumn,
    answers_on_scale,
    field_values,
    item_answers,
    number_values,
)
from sexresearch.survey.columns_by_text import found_by_text
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.joined import joined_note
from sexresearch.survey.parts import Field, Item, ResponseScale
from sexresearch.survey.platform import marked_rows
from sexresearch.survey.rawtable import RawTable, with_columns
from sexresearch.survey.spelling import clean, folded
from sexresearch.survey.translations import Texts, labelled_in_all, translated_back
from sexresearch.survey.wording import counted, listed

Parts = Mapping[str, Item | Field]


@dataclass(frozen=True, eq=False)
class CheckedColumns:
    """The columns of a survey file, read: answers, all that is wrong, what was decided, what counted as no answer."""

    answers: pd.DataFrame
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    no_answers: tuple[NoAnswer, ...]


def check_answers(table: RawTable, instrument: Instrument | None) -> CheckedColumns:
    """The answers of a survey file, rows and columns in its order, and all that is wrong with them.

    Items are numeric and stand under the item's name, fields hold their labels, other columns what the file
    says. Columns without name and content are left out. What is doubtful about a column counts only if it is used.

    >>> checked = check_answers(RawTable(pd.DataFrame({"sat1": [5], "": [None]})), None)
    >>> list(checked.answers), checked.problems
    (['sat1'], ())
    """
    frame, no_answers = _named(table.frame), []
    headers = frame.columns.tolist()
    parts, renamed = found_by_text(_parts(instrument), headers, table.texts, _wordings(instrument))
    languages = tuple(dict(other.texts) for other in instrument.translations) if instrument else ()
    problems = [*_table_problems(frame), *_absent(parts, headers), *_taken(parts, headers)]
    notes = [ColumnNote(text) for text in renamed]
    undeclared: list[float] = []
    once = [name for name, times in Counter(headers).items() if name and times == 1]
    frame = frame if len(once) == len(headers) else frame[once]
    plain = _plain_numbers(frame) - {*parts, *table.labels, *table.doubts}
    columns = _plain_items(frame, parts, {*table.labels, *table.doubts, *table.percent})
    for place, header in enumerate(once):
        if header in plain or place in columns:
            continue
        part, doubt = parts.get(header), table.doubts.get(header, "")
        column = _column(frame.iloc[:, place], header, part, table, languages)
        columns[place] = column.content
        used = part is not None or instrument is None
        undeclared += column.undeclared
        problems += [f"column '{header}': {doubt}"] if doubt and used else [] if doubt else column.problems
        unused = [ColumnNote(f"column '{header}' (not in use): {doubt}")] if doubt and not used else []
        notes += [*column.notes, *unused]
        no_answers += column.no_answers
    problems += _in_one_line(undeclared)
    names = [parts[header].name if header in parts else header for header in once]
    answers = with_columns(frame, columns).set_axis(names, axis=1)
    texts = [*_together(notes), *_no_answer_notes(no_answers), *_joined(answers), *_alike(answers, instrument)]
    texts += _marked(answers)
    return CheckedColumns(answers, tuple(problems), tuple(texts), tuple(no_answers))


def _in_one_line(undeclared: list[float]) -> Iterator[str]:
    """What settles codes of no answer in several columns at once."""
    codes = missing_text(sorted(set(undeclared)))
    if len(undeclared) > len(set(undeclared)):
        yield f"if these codes mean no answer wherever they are: missing = {codes} at the top of the codebook"


def _parts(instrument: Instrument | None) -> Parts:
    if instrument is None:
        return {}
    items = {item.header: item for item in instrument.items}
    return {
        clean(header): part for header, part in (items | {field.name: field for field in instrument.fields}).items()
    }


def _wordings(instrument: Instrument | None) -> dict[str, list[str]]:
    """The wordings of items, in all languages, by their names; without those that several items share."""
    if instrument is None:
        return {}
    each = [instrument, *(instrument.translated(other.language) for other in instrument.translations)]
    pairs = {(item.name, folded(item.wording)) for own in each for item in own.items if item.wording}
    often = Counter(text for _, text in pairs)
    wordings: dict[str, list[str]] = {}
    for name, text in sorted(pairs):
        if often[text] == 1:
            wordings.setdefault(name, []).append(text)
    return wordings


def _column(
    values: pd.Series, header: str, part: Item | Field | None, table: RawTable, languages: tuple[Texts, ...]
) -> ReadColumn:
    """The column read by the questionnaire's own texts, or by those of all its languages if that settles it."""
    read = _column_by(values, header, part, table)
    if part is None or not languages or not (read.problems or read.notes):
        return read
    if isinstance(part, Item):
        again = _column_by(values, header, replace(part, scale=labelled_in_all(part.scale, languages)), table)
    else:
        again = _column_by(translated_back(values, part, languages), header, part, table)
    return again if not again.problems else read


def _column_by(values: pd.Series, header: str, part: Item | Field | None, table: RawTable) -> ReadColumn:
    if pd.api.types.is_complex_dtype(values.dtype):
        wrong = f"column '{header}' holds complex numbers such as {values.iloc[0]}; answers are real"
        return ReadColumn(values, [wrong])
    labels = table.labels.get(header, {})
    if isinstance(part, Item):
        return item_answers(values, part, labels, header in table.percent)
    return field_values(values, part, labels) if part else ReadColumn(*number_values(values, header, labels))


def _plain_numbers(frame: pd.DataFrame) -> set[str]:
    """The columns that are as they should be: whole numbers as such, others with a fraction or a gap."""
    kinds = frame.dtypes.to_numpy()
    floats = np.flatnonzero(kinds == np.dtype(float))
    values = frame.iloc[:, floats].to_numpy()
    whole = (values == np.round(values)).all(axis=0)
    places = [*np.flatnonzero(kinds == np.dtype(np.int64)), *floats[~whole]]
    return set(frame.columns[places])


def _plain_items(frame: pd.DataFrame, parts: Parts, closer: set[str]) -> dict[int, Any]:
    """The answers of items that are numbers on their scale, by place; all items of one scale at once."""
    alike: dict[tuple[ResponseScale, bool, str], list[int]] = {}
    for place, (header, kind) in enumerate(zip(frame.columns, frame.dtypes, strict=True)):
        part = parts.get(header)
        if isinstance(part, Item) and header not in closer and isinstance(kind, np.dtype) and kind.kind in "iuf":
            alike.setdefault((part.scale, part.reverse, kind.kind), []).append(place)
    columns: dict[int, Any] = {}
    for (scale, reverse, _), places in alike.items():
        answers, fits = answers_on_scale(frame.iloc[:, places].to_numpy(), scale, reverse)
        columns |= {place: answers[:, column] for column, place in enumerate(places) if fits[column]}
    return columns


def _together(notes: list[ColumnNote]) -> Iterator[str]:
    """Notes about items, those that say the same of several items said once."""
    same: dict[str, list[str]] = {}
    for note in notes:
        same.setdefault(note.text, []).append(note.item)
    for what, items in same.items():
        yield f"{what} ({listed(items)})" if items[0] else what


def _no_answer_notes(no_answers: list[NoAnswer]) -> Iterator[str]:
    """What counted as no answer though it is not a declared code, by text."""
    texts: dict[tuple[str, str], list[NoAnswer]] = {}
    for none in no_answers:
        if none.because != "declared missing" or not _is_number(none.answer):
            texts.setdefault((none.answer, none.because), []).append(none)
    for (answer, because), nones in texts.items():
        columns = listed([f"{none.column} ({none.times})" for none in nones])
        yield f"'{answer}' counts as no answer ({because}): {columns}"


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("+-").isdigit()


def _joined(answers: pd.DataFrame) -> Iterator[str]:
    texts = [place for place, kind in enumerate(answers.dtypes) if kind.kind not in "iufbM"]
    yield from filter(None, (joined_note(answers.iloc[:, place]) for place in texts))


def _alike(answers: pd.DataFrame, instrument: Instrument | None) -> Iterator[str]:
    for column, spellings in alike_labels(answers, instrument):
        yield f"'{column}': {spellings} differ only in case or blanks; they count as different"


def _marked(answers: pd.DataFrame) -> Iterator[str]:
    for mark in marked_rows(answers):
        rows = f"{counted(len(mark.rows), 'row')} kept (row {listed(mark.rows)})"
        yield f"{mark.check}: {mark.detail}; {rows}; screen() lists what to drop"


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    names = ["" if pd.isna(name) else clean(str(name)) for name in frame.columns]
    kept = [bool(name) or bool(filled) for name, filled in zip(names, frame.notna().any(), strict=True)]
    return frame.set_axis(names, axis=1).loc[:, kept]


def _table_problems(frame: pd.DataFrame) -> Iterator[str]:
    if frame.empty:
        yield "there are no answers: a header, but no rows" if len(frame.columns) else "there are no columns"
    for name, times in Counter(frame.columns).items():
        if name and times > 1:
            places = listed([place for place, other in enumerate(frame.columns, start=1) if other == name])
            yield f"the column '{name}' is there {times} times (column {places}): rename or remove all but one"
    unnamed = [place for place, name in enumerate(frame.columns, start=1) if not name]
    if unnamed:
        yield f"{counted(len(unnamed), 'column')} with answers but no name: column {listed(unnamed)}"
    repeated = frame.index[frame.index.duplicated()].unique()
    if len(repeated):
        yield f"the row labels repeat ({listed(repeated)}): number them anew by reset_index(drop=True)"


def _absent(parts: Parts, columns: list[str]) -> Iterator[str]:
    there = set(columns)
    free = {column.casefold(): column for column in columns if column and column not in parts}
    for header, part in parts.items():
        if header not in there:
            near = [free[name] for name in difflib.get_close_matches(header.casefold(), free)]
            others = f"not in use: {listed(free.values())}" if free else "all others are in use"
            kind = "item" if isinstance(part, Item) else "field"
            hint = f"similar: {listed(near)}" if near else others
            yield f"the column '{header}' ({kind}) is not there; {hint}"


def _taken(parts: Parts, columns: list[str]) -> Iterator[str]:
    there = set(columns)
    for header, part in parts.items():
        if header in there and part.name != header and part.name in there and part.name not in parts:
            yield f"item '{part.name}' is read from '{header}', but there is another column '{part.name}'"
