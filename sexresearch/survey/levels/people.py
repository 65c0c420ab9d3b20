"""One source of a join: who answered, in which cluster, and what was asked of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.levels.components import Floats
from sexresearch.survey.survey import Survey

MANY = 20  # rows in which no answers to a question are all different
Scale = tuple[float, float, int]  # lowest and highest answer, number of answers


@dataclass(frozen=True, eq=False)
class People:
    """The rows of a source: its name, the frame as given, and its instrument where there is one."""

    name: str
    frame: pd.DataFrame
    instrument: Instrument | None


@dataclass(frozen=True)
class Variable:
    """What is looked at as one variable: an item, or a construct with its items.

    scale : what all its items are answered on, None where that is not known; `why` says why. several_scales : whether
    its items are answered on different ones, so that they have no common mean.
    """

    name: str
    items: tuple[str, ...]
    scale: Scale | None
    why: str = ""
    construct: bool = False
    several_scales: bool = False


def people_of(source: object, name: str, by: str) -> People:
    """The rows of a Survey or a data frame; DataError where they cannot be used or have no column `by`."""
    frame = source.answers if isinstance(source, Survey) else source
    if not isinstance(frame, pd.DataFrame) or frame.columns.nlevels > 1:
        raise DataError(f"{name} must be a Survey or a pandas DataFrame; found {type(source).__name__}")
    if frame.empty:
        raise DataError(f"{name}: no rows, or no columns")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"{name}: two columns are named '{twice[0]}'")
    if by not in frame.columns:
        known = ", ".join(map(str, frame.columns[:8])) + (" and more" if frame.shape[1] > 8 else "")
        raise DataError(f"{name} has no column '{by}', which is to tell the clusters; its columns: {known}")
    return People(name, frame, source.instrument if isinstance(source, Survey) else None)


def variables_of(people: People, by: str, scales: Mapping[str, tuple[float, float]]) -> list[Variable]:
    """The items and constructs of a source; without instrument, every column of numbers that is no running number."""
    if people.instrument is None:
        numbers = [name for name in people.frame.select_dtypes("number").columns if name != by]
        names = [str(name) for name in numbers if not is_running_number(people.frame[name])]
        return [Variable(name, (name,), *_given(people.name, name, scales)) for name in names]
    variables = []
    for construct in people.instrument.constructs:
        own = [Variable(item.name, (item.name,), *_scale(people, item.name, scales)) for item in construct.items]
        if len(own) > 1:
            known = {item.scale for item in own}
            shared = own[0].scale if len(known) == 1 else None
            why = own[0].why if len(known) == 1 else "its items are answered on different scales"
            variables.append(
                Variable(construct.name, tuple(item.name for item in own), shared, why, True, len(known) > 1)
            )
        variables += own
    return variables


def is_running_number(column: pd.Series) -> bool:
    """Whether a column numbers the rows: whole numbers, none twice, without a gap or in many rows.

    >>> is_running_number(pd.Series([3, 1, 2])), is_running_number(pd.Series([3, 1, 7]))
    (True, False)
    """
    values = pd.to_numeric(column).dropna()
    whole = len(values) > 1 and bool(values.is_unique) and bool((values % 1 == 0).all())
    return whole and bool(len(values) >= MANY or values.max() - values.min() == len(values) - 1)


def _scale(people: People, item: str, scales: Mapping[str, tuple[float, float]]) -> tuple[Scale | None, str]:
    if item in scales or people.name in scales or people.instrument is None:
        return _given(people.name, item, scales)
    scale = next(each.scale for each in people.instrument.items if each.name == item)
    if scale.categories is None or not math.isfinite(scale.highest - scale.lowest):
        return None, f"answers on the scale '{scale.name}' cannot be counted off"
    return (scale.lowest, scale.highest, scale.categories), ""


def _given(source: str, item: str, scales: Mapping[str, tuple[float, float]]) -> tuple[Scale | None, str]:
    limits = scales.get(item, scales.get(source))
    if limits is None:
        return None, f"the scale is not known: scales={{'{source}': (lowest, highest)}} or a Survey with its instrument"
    return (float(limits[0]), float(limits[1]), int(limits[1] - limits[0]) + 1), ""


def refuse_off_scale(people: People, looked: Sequence[Variable]) -> None:
    """DataError where an item has an answer that its scale does not offer, or that is no finite number."""
    for part in looked:
        if part.construct:
            continue
        values = answers_to(people, part.items)[:, 0]
        if np.isinf(values).any():
            raise DataError(
                f"{people.name}: '{part.name}' has an infinite answer in row {np.argmax(np.isinf(values)) + 1}"
            )
        if part.scale is None:
            continue
        lowest, highest, _ = part.scale
        beyond = values[(values < lowest) | (values > highest)]
        if len(beyond):
            wrong = f"which is not within {lowest:g} and {highest:g}, the ends of its scale"
            raise DataError(f"{people.name}: '{part.name}' has {beyond[0]:g}, {wrong}")


def answers_to(people: People, items: Sequence[str]) -> Floats:
    """The answers (n, items) as numbers, NaN where missing."""
    columns = [pd.to_numeric(people.frame[name], errors="coerce") for name in items]
    return np.column_stack([column.to_numpy(dtype=float, na_value=np.nan) for column in columns])


def person_means(answers: Floats) -> Floats:
    """Everyone's mean over the items answered, NaN for those without an answer.

    >>> person_means(np.array([[1.0, 3.0], [np.nan, 5.0]])).tolist()
    [2.0, 5.0]
    """
    seen = ~np.isnan(answers)
    count = seen.sum(axis=1)
    return np.where(count > 0, np.nansum(answers, axis=1) / np.maximum(count, 1), np.nan)
