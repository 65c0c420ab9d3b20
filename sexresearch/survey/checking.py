"""From a raw table to checked answers: every problem of every column is found before one is reported."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping

import pandas as pd

from sexresearch.survey.columns import field_values, item_answers, plain_column
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.parts import Field, Item
from sexresearch.survey.rawtable import RawTable
from sexresearch.survey.wording import counted, listed

Parts = Mapping[str, Item | Field]


def check_answers(table: RawTable, instrument: Instrument | None) -> tuple[pd.DataFrame, list[str]]:
    """The answers of a survey file, rows and columns in its order, and all that is wrong with them.

    Items are numeric and stand under the item's name, fields hold their labels, other columns what the file
    says. Columns without name and content are left out.

    >>> answers, problems = check_answers(RawTable(pd.DataFrame({"sat1": [5], "": [None]})), None)
    >>> list(answers), problems
    (['sat1'], [])
    """
    frame = _named(table.frame)
    parts, headers = _parts(instrument), frame.columns.tolist()
    problems = [*_table_problems(frame), *_absent(parts, headers), *_taken(parts, headers)]
    columns = {}
    for header in [name for name, times in Counter(headers).items() if name and times == 1]:
        part = parts.get(header)
        answers, found = _column(frame[header], part, table.labels.get(header, {}))
        columns[part.name if part else header] = answers
        problems += found
    return pd.DataFrame(columns, index=frame.index), problems


def _parts(instrument: Instrument | None) -> Parts:
    if instrument is None:
        return {}
    items = {item.header: item for item in instrument.items}
    return items | {field.name: field for field in instrument.fields}


def _column(values: pd.Series, part: Item | Field | None, labels: Mapping[str, str]) -> tuple[pd.Series, list[str]]:
    if pd.api.types.is_complex_dtype(values.dtype):
        return values, [f"column '{values.name}' holds complex numbers such as {values.iloc[0]}; answers are real"]
    if isinstance(part, Item):
        return item_answers(values, part)
    return field_values(values, part, labels) if part else (plain_column(values), [])


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    names = ["" if pd.isna(name) else str(name).strip() for name in frame.columns]
    kept = [bool(name) or bool(filled) for name, filled in zip(names, frame.notna().any(), strict=True)]
    return frame.set_axis(names, axis=1).loc[:, kept]


def _table_problems(frame: pd.DataFrame) -> Iterator[str]:
    if frame.empty:
        yield "there are no answers: a header, but no rows" if len(frame.columns) else "there are no columns"
    for name, times in Counter(frame.columns).items():
        if name and times > 1:
            yield f"the column '{name}' is there {times} times: rename or remove all but one"
    unnamed = [place for place, name in enumerate(frame.columns, start=1) if not name]
    if unnamed:
        yield f"{counted(len(unnamed), 'column')} with answers but no name: column {listed(unnamed)}"
    repeated = frame.index[frame.index.duplicated()].unique()
    if len(repeated):
        yield f"the row labels repeat ({listed(repeated)}): number them anew by reset_index(drop=True)"


def _absent(parts: Parts, columns: list[str]) -> Iterator[str]:
    free = {column.casefold(): column for column in columns if column and column not in parts}
    for header, part in parts.items():
        if header not in columns:
            near = [free[name] for name in difflib.get_close_matches(header.casefold(), free)]
            others = f"not in use: {listed(free.values())}" if free else "all others are in use"
            kind = "item" if isinstance(part, Item) else "field"
            hint = f"similar: {listed(near)}" if near else others
            yield f"the column '{header}' ({kind}) is not there; {hint}"


def _taken(parts: Parts, columns: list[str]) -> Iterator[str]:
    for header, part in parts.items():
        if header in columns and part.name != header and part.name in columns and part.name not in parts:
            yield f"item '{part.name}' is read from '{header}', but there is another column '{part.name}'"
