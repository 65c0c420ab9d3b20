"""The rows of a data frame, group by group, as a fitted model sees them: nothing dropped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sexresearch.errors import DataError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.column_names import spelled_as
from sexresearch.sem.data.observed import frame_of, is_real
from sexresearch.sem.data.ordered_columns import recoded
from sexresearch.sem.data.products import with_products
from sexresearch.sem.data.sources import IbisSource, source_behind
from sexresearch.sem.estimation.fitted import Fitted


@dataclass(frozen=True)
class GroupRows:
    """Rows of one group: positions (n,) in the frame and answers (n, p) in the model's order, NaN where missing."""

    positions: Array
    answers: Array


def group_rows(fitted: Fitted, data: object) -> list[GroupRows]:
    """The rows of each group of the model; rows of no or another group are in none of them.

    DataError lists columns that are absent or hold no numbers.
    """
    group = fitted.options.group
    wanted = [name for sample in fitted.samples for name in sample.names]
    frame = spelled_as(frame_of(data), wanted if group is None else [*wanted, group])
    frame = with_products(frame, wanted)
    frame = recoded(frame, _known_categories(fitted, frame))
    if group is None and fitted.table.n_groups > 1:
        raise OptionError("the model was fitted to the moments of several groups, and rows do not say which is theirs")
    names = dict.fromkeys(name for sample in fitted.samples for name in sample.names)
    _refuse_unusable(frame, [*names], group)
    belongs = [np.ones(len(frame), dtype=bool)]
    if group is not None:
        belongs = [(frame[group] == sample.label).fillna(False).to_numpy(dtype=bool) for sample in fitted.samples]
    rows = []
    for sample, own in zip(fitted.samples, belongs, strict=True):
        values = frame[list(sample.names)].to_numpy(dtype=float, na_value=np.nan)
        rows.append(GroupRows(np.flatnonzero(own), values[own]))
    return rows


def refuse_warehouse(data: object) -> None:
    """OptionError for a table of Ibis, whose answers stay where they are."""
    if isinstance(source_behind(data), IbisSource):
        raise OptionError(
            "this needs the answers of every row, and those of an Ibis table stay in the warehouse. Give a copy of it: "
            "table.to_parquet('answers.parquet')"
        )


def no_rows(fitted: Fitted) -> str:
    """Why there are no respondents' answers to look at, and what to do."""
    if was_added_up(fitted):
        return (
            "this needs the respondents' answers, and those of a source were added up and are not kept: give rows to "
            "look at as data=, a part of the table at a time; write_factor_scores writes the scores of all of them"
        )
    return "this model was fitted to moments, which hold no respondents' answers to look at"


def was_added_up(fitted: Fitted) -> bool:
    """Whether a fit without rows is that of a source, and not of moments."""
    return any(s.again is not None or s.ordinal is not None or s.nested is not None for s in fitted.samples)


def _known_categories(fitted: Fitted, frame: pd.DataFrame) -> dict[str, tuple[object, ...]]:
    """Categories of the ordered variables that the frame has; DataError where it holds others."""
    known = {name: levels for name, levels in fitted.categories.items() if name in frame.columns}
    for name, levels in known.items():
        strange = [value for value in frame[name].dropna().unique() if value not in levels]
        if strange:
            raise DataError(f"{name!r} holds answers that the fit did not see: {strange[:6]}; known are {[*levels]}")
    return known


def _refuse_unusable(frame: pd.DataFrame, names: list[str], group: str | None) -> None:
    absent = [name for name in [*names, *([] if group is None else [group])] if name not in frame.columns]
    if absent:
        raise DataError(f"columns not in the data: {absent}; the data have {[str(c) for c in frame.columns][:20]}")
    text = [name for name in names if not is_real(frame[name].dtype)]
    if text:
        raise DataError(f"these columns hold no real numbers: {text}; recode the answers first")


def answer_patterns(values: Array) -> list[tuple[Array, Array]]:
    """Rows (numbers) and answered columns (numbers) of each pattern of answers in values (n, p)."""
    kinds, codes = np.unique(~np.isnan(values), axis=0, return_inverse=True)
    codes = np.asarray(codes).ravel()
    return [(np.flatnonzero(codes == number), np.flatnonzero(kind)) for number, kind in enumerate(kinds)]
