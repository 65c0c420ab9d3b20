"""One column of a survey file, made plain: item answers as numbers, fields as codes or their labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pandas.api import types

from sexresearch.survey.parts import Field, Item, ResponseScale
from sexresearch.survey.rawtable import MISSING_WORDS
from sexresearch.survey.statfile import code_text
from sexresearch.survey.wording import counted, listed

NUMBER_KINDS = {"integer", "floating", "mixed-integer-float", "decimal", "empty"}
LARGEST_EXACT = 2.0**53  # whole numbers beyond are not all held by a float
TRUTH = {"false": 0.0, "true": 1.0}


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
    cells = values.astype(object).map(_plain_cell)
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


def item_answers(values: pd.Series, item: Item) -> tuple[pd.Series, list[str]]:
    """Answers to an item as float64, and what is wrong with them.

    Missing codes of the scale become NaN. Text counts as the code whose label it is. Reversed items are
    recoded to lowest + highest - answer. Wrong are other texts, numbers off the scale, and fractions where
    answers are whole.

    >>> item = Item("sat1", "Satisfied?", ResponseScale("ten", 1, 10, missing=(99,)), reverse=True)
    >>> answers, problems = item_answers(pd.Series([1, 99, 11]), item)
    >>> answers.tolist()[:2], problems
    ([10.0, nan], ["item 'sat1': 1 answer is not within 1 to 10: 11 (row 2); missing codes of 'ten': 99"])
    """
    scale = item.scale
    cells = plain_column(values)
    codes = scale_codes(cells, scale)
    answers = codes.mask(codes.isin(scale.missing))
    within = answers.between(scale.lowest, scale.highest) & np.isfinite(answers)
    declared = listed([f"{code:g}" for code in scale.missing]) or "none"
    problems = [
        _wrong(item, "neither number nor label", cells[codes.isna() & cells.notna()], ""),
        _wrong(
            item,
            f"not within {scale.lowest:g} to {scale.highest:g}",
            answers[answers.notna() & ~within],
            f"; missing codes of '{scale.name}': {declared}",
        ),
        _wrong(item, "not whole", answers[within & (answers != answers.round()) & scale.whole], ""),
    ]
    recoded = scale.lowest + scale.highest - answers if item.reverse else answers
    return recoded, [problem for problem in problems if problem]


def scale_codes(cells: pd.Series, scale: ResponseScale) -> pd.Series:
    """The codes of a plain column as float64: numbers, texts that are numbers, and labels of the scale.

    >>> scale_codes(pd.Series(["2", "No", "?"]), ResponseScale("yes", 0, 2, labels=((0, "no"),))).tolist()
    [2.0, 0.0, nan]
    """
    if types.is_bool_dtype(cells.dtype) or types.is_numeric_dtype(cells.dtype):
        return cells.astype(float)
    text = cells.map(str, na_action="ignore").str.casefold()
    codes = TRUTH | {label.casefold(): float(code) for code, label in scale.labels}
    return pd.to_numeric(text, errors="coerce").fillna(text.map(codes)).astype(float)


def _wrong(item: Item, what: str, values: pd.Series, remedy: str) -> str:
    if values.empty:
        return ""
    distinct = dict.fromkeys(f"{value:g}" if isinstance(value, float) else f"'{value}'" for value in values)
    verb = "is" if len(values) == 1 else "are"
    found = f"{counted(len(values), 'answer')} {verb} {what}: {listed(distinct)}"
    return f"item '{item.name}': {found} (row {listed(values.index)}){remedy}"


def field_values(values: pd.Series, field: Field, file_labels: Mapping[str, str]) -> tuple[pd.Series, list[str]]:
    """Values of a field, and what is wrong with them: codes turned into labels where there are labels.

    The labels are the field's own, else those the file carries, which are used only if they cover every code.

    >>> field_values(pd.Series([1.0, 2.0]), Field("brand"), {"1": "premium", "2": "luxury"})[0].tolist()
    ['premium', 'luxury']
    """
    cells = plain_column(values)
    labels = dict(field.labels) or dict(file_labels)
    codes = cells.map(code_text, na_action="ignore").astype(object)
    unknown = codes[codes.notna() & ~codes.isin(labels) & ~codes.isin(labels.values())]
    if not labels or (len(unknown) and not field.labels):
        return cells, []
    problem = f"field '{field.name}': no label for {listed(unknown.unique())} (row {listed(unknown.index)})"
    return codes.map(labels).fillna(codes), [problem] if len(unknown) else []
