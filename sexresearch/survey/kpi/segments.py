"""Segments of respondents by what stands in some columns, and which columns say how respondents were sampled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.survey.instrument import Instrument

ALL = "all"
NOT_STATED = "not stated"


def texts_of(answers: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What stands in the columns, as text, and the numbers that it is sorted by, infinite where it is none.

    >>> [frame["wave"].tolist() for frame in texts_of(pd.DataFrame({"wave": [2.0, np.nan]}), ["wave"])]
    [['2', 'not stated'], [2.0, inf]]
    """
    texts = pd.DataFrame({name: _texts(answers[name]) for name in names}, index=answers.index)
    return texts, texts.apply(lambda column: pd.to_numeric(column, errors="coerce").fillna(np.inf))


def _texts(column: pd.Series) -> list[str]:
    codes, labels = pd.factorize(column)
    known = [*(_text(label) for label in labels.tolist()), NOT_STATED]
    return [known[code] for code in codes.tolist()]


def _text(value: object) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:g}"
    return str(value)


def refuse_many(names: Sequence[str], count: int, most: int) -> None:
    """OptionError where the columns make more segments than can be told apart."""
    if count > most:
        raise OptionError(f"by: {', '.join(names)} makes {count} segments; {most} can be told apart")


def design_columns(instrument: Instrument | None) -> dict[str, str]:
    """The columns of weights and clusters, by the roles of the instrument's fields."""
    fields = instrument.fields if instrument is not None else ()
    return {field.role: field.name for field in fields if field.role in ("weight", "cluster")}


def weight_problem(name: str, negative: bool, positive: bool) -> str:
    """Why nothing can be weighed by a column; empty where it can."""
    if negative:
        return f"the weights in '{name}' are partly below 0"
    return "" if positive else f"no weight in '{name}' is above 0"
