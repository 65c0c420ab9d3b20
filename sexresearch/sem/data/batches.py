"""Record batches of Arrow as arrays, without a frame between: whole numbers stay as small as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sexresearch.extras import extra
from sexresearch.sem.arrays import Array

SMALL = np.int16  # largest whole numbers that stay whole
WORD = 8  # bytes that are compared at once
SIDE_BY_SIDE = 64  # rows that are reduced together


def numbers_of(batch: Any, names: Sequence[str]) -> Array | None:
    """(n, p) the columns: small whole numbers where all are and none is missing, else floats with NaN for gaps.

    Whole numbers stand column after column, as they came, and floats row after row. None where a column is absent or no
    plain number.

    >>> import pyarrow as pa
    >>> rows = pa.record_batch({"a": pa.array([1, 2], pa.int8()), "b": [0.5, None], "c": ["x", "y"]})
    >>> numbers_of(rows, ["a"]).dtype, numbers_of(rows, ["a", "b"]).tolist(), numbers_of(rows, ["a", "c"])
    (dtype('int8'), [[1.0, 0.5], [2.0, nan]], None)
    """
    with extra("files"):
        from pyarrow.types import is_floating, is_integer
    known = batch.schema.names
    if not {*names} <= {*known}:
        return None
    columns = [batch.column(known.index(name)) for name in names]
    if not columns or not all(is_integer(column.type) or is_floating(column.type) for column in columns):
        return None
    arrays = [column.to_numpy(zero_copy_only=False) for column in columns]
    made = np.empty((len(arrays), len(batch)), dtype=_common(arrays))
    for row, array in zip(made, arrays, strict=True):
        row[:] = array
    return np.ascontiguousarray(made.T) if made.dtype.kind == "f" else made.T


def _common(arrays: Sequence[Array]) -> np.dtype:
    """What holds all of them: floats, or whole numbers as small as they can be."""
    if any(array.dtype.kind == "f" for array in arrays):
        return np.dtype(float)
    small = [array.dtype if array.dtype.itemsize <= 2 else _smallest(array) for array in arrays]
    common = np.result_type(*small)
    return common if np.can_cast(common, SMALL) else np.dtype(float)


def _smallest(array: Array) -> np.dtype:
    """What holds the whole numbers of an array."""
    return np.result_type(np.min_scalar_type(array.min()), np.min_scalar_type(array.max()))


def series_of(batch: Any, name: str) -> pd.Series:
    """One column as a series."""
    return batch.column(batch.schema.names.index(name)).to_pandas()


def whole_ends(values: Array) -> tuple[Array, Array]:
    """(p,) lowest and highest of whole numbers (n, p), many rows side by side, as reducing long rows is faster.

    >>> [end.tolist() for end in whole_ends(np.array([[3, 1], [2, 9]], dtype=np.int8))]
    [[2, 1], [3, 9]]
    """
    n, p = values.shape
    if values.flags.f_contiguous:
        return np.min(values.T, axis=1), np.max(values.T, axis=1)
    even = n - n % SIDE_BY_SIDE
    wide, rest = values[:even].reshape(-1, SIDE_BY_SIDE * p), values[even:]
    low, high = [rest], [rest]
    if even:
        low.append(np.min(wide, axis=0).reshape(SIDE_BY_SIDE, p))
        high.append(np.max(wide, axis=0).reshape(SIDE_BY_SIDE, p))
    return np.min(np.concatenate(low), axis=0), np.max(np.concatenate(high), axis=0)


def equal_rows(seen: Array) -> tuple[Array, Array]:
    """The first row (k,) of each different one among (n, p) truth values, and which of them each row (n,) is.

    >>> [part.tolist() for part in equal_rows(np.array([[True, False], [False, False], [True, False]]))]
    [[0, 1], [0, 1, 0]]
    """
    packed = np.packbits(seen, axis=1)
    if packed.shape[1] > WORD:
        _, first, own = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        return first, np.asarray(own).ravel()
    words = np.zeros((len(packed), WORD), dtype=np.uint8)
    words[:, : packed.shape[1]] = packed
    own, known = pd.factorize(words.view(np.uint64).ravel())  # by hashing, which is faster than sorting
    first = np.empty(len(known), dtype=np.intp)
    first[own[::-1]] = np.arange(len(own))[::-1]
    return first, np.asarray(own)
