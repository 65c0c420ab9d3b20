"""Products ``a:b`` of two observed variables, computed as columns of the data."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sexresearch.errors import DataError
from sexresearch.sem.language.names import factors


def with_products(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The frame with a column for every product among `names` that it does not hold; missing where a factor is.

    >>> with_products(pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, None]}), ["a", "a:b"])["a:b"].tolist()
    [3.0, nan]
    """
    wanted = {name: pair for name in names if ":" in name and (pair := factors(name)) and name not in frame.columns}
    if not wanted:
        return frame
    absent = [part for pair in wanted.values() for part in pair if part not in frame.columns]
    if absent:
        raise DataError(f"columns not in the data: {sorted(set(absent))}, factors of {list(wanted)}")
    made = {name: _column(frame, a, name) * _column(frame, b, name) for name, (a, b) in wanted.items()}
    return frame.assign(**made)


def _column(frame: pd.DataFrame, name: str, product: str) -> pd.Series:
    column = frame[name]
    if not isinstance(column, pd.Series) or not pd.api.types.is_numeric_dtype(column.dtype):
        raise DataError(f"the product {product!r} needs numbers in {name!r}; found {column.dtypes}")
    return column.astype(float)
