"""From a data frame to the arrays a model needs, with everything that is wrong with the columns said at once."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import narwhals as nw
import numpy as np
import pandas as pd

from sexresearch.arguments import shown
from sexresearch.errors import DataError
from sexresearch.frozen import by_value, copied, read_only_property
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.column_names import spelled_as
from sexresearch.sem.data.products import with_products
from sexresearch.sem.data.sources import IbisSource, as_frame, columns_behind, read_columns, source_behind

MADE_A_FRAME = {
    "ndarray": "; pd.DataFrame(array, columns=[…]) names its columns",
    "dict": "; pd.DataFrame(data) makes one of it",
    "list": "; pd.DataFrame(rows) makes one of it",
    "Series": "; its to_frame() is one, of a single column",
    "DataFrameGroupBy": "; give the frame itself, and group= the column",
}
LARGEST, SMALLEST = 1e60, 1e-60  # of values and their differences: fourth powers of them are numbers still


@by_value
@dataclass(frozen=True)
class Answers:
    """The rows of one group: values (n, p) with NaN where missing, weights (n,) or None, cluster codes (n,) or None.

    `index` holds the labels the rows had in the user's frame; `cluster_weights` (n,) those of the clusters, in every
    row of a cluster, until `level_weighed` brings both weights together.
    """

    label: object
    values: Array
    weights: Array | None
    clusters: Array | None
    index: pd.Index
    cluster_weights: Array | None = None

    @cached_property
    def gaps(self) -> bool:
        """Whether an answer is missing; infinite answers are not let in."""
        return bool(np.isnan(self._sums).any())

    @read_only_property
    def means(self) -> Array:
        """(p,) means of the answers there are."""
        return np.nanmean(self.values, axis=0) if self.gaps else self._sums / len(self.values)

    @read_only_property
    def by_cluster(self) -> tuple[Array | None, Array, Array]:
        """Order of the rows by cluster, None where they stand in it; where each cluster begins, and its size (J,)."""
        assert self.clusters is not None
        codes, order = self.clusters, None
        if (codes[1:] < codes[:-1]).any():
            order = np.argsort(codes, kind="stable")
            codes = codes[order]
        starts = np.append(0, np.flatnonzero(codes[1:] != codes[:-1]) + 1)
        return order, starts, np.diff(np.append(starts, len(codes)))

    @read_only_property
    def _sums(self) -> Array:
        return np.sum(self.values, axis=0)


@dataclass(frozen=True)
class Columns:
    """Which columns of the frame play which part."""

    items: tuple[str, ...]
    group: str | None = None
    cluster: str | None = None
    weights: str | None = None
    cluster_weights: str | None = None

    @property
    def beside(self) -> tuple[str, ...]:
        """Columns that are no variables of the model."""
        return tuple(name for name in self.named.values() if name is not None)

    @property
    def named(self) -> dict[str, str | None]:
        """The same by the arguments that name them."""
        weights = {"sampling_weights": self.weights, "cluster_weights": self.cluster_weights}
        return {"group": self.group, "cluster": self.cluster, **weights}

    @property
    def both_weights(self) -> tuple[str | None, str | None]:
        """Those of respondents and of clusters."""
        return self.weights, self.cluster_weights

    def weights_in(self, column: Callable[[str], pd.Series]) -> tuple[Array | None, Array | None]:
        """(n,) weights of respondents and of clusters, as they stand in the columns."""
        kinds = zip(self.both_weights, ("sampling weights", "cluster weights"), strict=True)
        own, above = (None if name is None else weights_of(column(name), name, kind) for name, kind in kinds)
        return own, above


def frame_of(data: object) -> pd.DataFrame:
    """The data frame itself, the `answers` of a survey, or another library's table as a frame; DataError for others.

    >>> import pyarrow as pa
    >>> frame_of(pa.table({"delight": [1, 2]})).columns.tolist()
    ['delight']
    """
    frame = data if isinstance(data, pd.DataFrame) else getattr(data, "answers", data)
    if not isinstance(frame, pd.DataFrame):
        source = source_behind(frame)
        frame = _converted(frame) if source is None else read_columns(source, source.names)
    if frame.empty:
        raise DataError(f"the data are empty: {len(frame)} rows, {frame.shape[1]} columns")
    return frame


def _converted(data: object) -> pd.DataFrame:
    """A table in memory, of polars, Arrow and whatever else narwhals knows, as a pandas frame."""
    native = nw.from_native(data, pass_through=True)
    if not isinstance(native, nw.DataFrame):
        raise DataError(
            "data must be a DataFrame (pandas, polars, Arrow), a Survey, the path of Parquet files or a lazy table; "
            f"found {type(data).__name__}{MADE_A_FRAME.get(type(data).__name__, '')}"
        )
    return native.to_pandas()


def used_columns(data: object, columns: Columns, latents: Sequence[str]) -> pd.DataFrame:
    """A copy of the columns a model uses, items first, every row of them.

    DataError lists absent columns (with near matches), doubled ones, and latent variables named like a column.
    """
    wanted = [*columns.items, *columns.beside]
    frame = _frame_with(data, wanted)
    if frame.columns.dtype.kind == "O" and frame.index.equals(frame.columns):
        raise DataError(
            "the rows of the data are named like its columns, as those of a covariance matrix: "
            "such a matrix is given as moments=sx.Moments(cov, nobs)"
        )
    if len(frame) == 1:
        raise DataError("the data have a single row; a model needs more respondents than variables")
    known = frame.columns.tolist()
    if known != wanted:
        frame = spelled_as(frame, [name for name in wanted if isinstance(name, str)])
        frame = with_products(frame, columns.items)
        known = frame.columns.tolist()
    twice = [name for name in latents if name in known]
    if twice:
        raise DataError(f"latent variables are named like columns of the data: {twice}; rename one of each")
    if known == wanted and frame.columns.is_unique:
        return copied(frame)
    _refuse_absent(frame, columns)
    return frame[list(dict.fromkeys(wanted))]


def _frame_with(data: object, wanted: Sequence[str]) -> pd.DataFrame:
    """The data as a frame; of a source only the columns wanted, and no row where one of them is absent."""
    source = source_behind(data)
    if source is None:
        return frame_of(data)
    chosen = columns_behind(wanted, source.names)
    return pd.DataFrame(columns=list(source.names)) if chosen is None else read_columns(source, chosen)


def column_names(data: object) -> list[object]:
    """The columns of whatever can be fitted; no row of a source is read."""
    source = source_behind(data)
    return frame_of(data).columns.tolist() if source is None else list(source.names)


def first_rows(data: object, names: Sequence[str]) -> pd.DataFrame:
    """Those of the columns that there are, for their types: of a source the first piece, of a warehouse no row."""
    source = source_behind(data)
    if source is None:
        frame = frame_of(data)
        return frame.loc[:, frame.columns.isin(list(names))]
    wanted = [name for name in names if name in source.names]
    pieces = iter(()) if isinstance(source, IbisSource) or not wanted else source.pieces(wanted)
    return next((as_frame(rows) for rows in pieces), pd.DataFrame(columns=wanted))


def split_groups(frame: pd.DataFrame, columns: Columns) -> tuple[list[Answers], list[str]]:
    """The answers of each group, groups in order of first appearance, and what was noticed on the way.

    Rows without a group or cluster are dropped, which is noted. DataError lists every column of text, complex or
    infinite values, and every constant.
    """
    values = numeric(frame, columns.items)
    keep = np.ones(len(frame), dtype=bool)
    notes = []
    for role, name in (("group", columns.group), ("cluster", columns.cluster)):
        if name is not None:
            missing = frame[name].isna().to_numpy()
            if role == "cluster" and missing.all():
                raise DataError(f"no row has a cluster in {name!r}: name the column that says who belongs together")
            if missing.any():
                notes.append(f"{int(missing.sum())} rows have no {role} in {name!r} and were dropped")
            keep &= ~missing
    weights, above = columns.weights_in(frame.__getitem__)
    clusters = None if columns.cluster is None else pd.factorize(frame[columns.cluster])[0]
    codes, labels = _groups(frame, columns.group, keep)
    parts = []
    for number, label in enumerate(labels):
        rows = keep & (codes == number)
        if rows.all():
            return [Answers(label, values, weights, clusters, frame.index, above)], notes
        picked = [None if x is None else x[rows] for x in (weights, clusters, above)]
        parts.append(Answers(label, values[rows], picked[0], picked[1], frame.index[rows], picked[2]))
    return parts, notes


def _groups(frame: pd.DataFrame, name: str | None, keep: Array) -> tuple[Array, list[object]]:
    if name is None:
        return np.zeros(len(frame), dtype=int), [None]
    codes, labels = pd.factorize(frame[name].where(keep))
    if len(labels) < 2:
        number = "a single group" if len(labels) else "no group"
        raise DataError(f"group column {name!r} holds {number}; at least 2 are needed")
    if len(labels) > len(frame) / 3:
        raise DataError(f"group column {name!r} holds {len(labels)} groups in {len(frame)} rows; is it an identifier?")
    return np.asarray(codes), list(labels)


def _refuse_absent(frame: pd.DataFrame, columns: Columns) -> None:
    for argument, name in columns.named.items():
        if not isinstance(name, Hashable):
            raise DataError(f"{argument}= takes the name of one column; found {shown(name)}")
    wanted = [*columns.items, *columns.beside]
    known = [str(c) for c in frame.columns]
    absent = [name for name in wanted if name not in frame.columns]
    twice = [name for name in dict.fromkeys(wanted) if known.count(name) > 1]
    if twice:
        raise DataError(f"the data have more than one column named {twice}; rename or drop the others")
    if absent and frame.columns.nlevels > 1:
        raise DataError(
            f"the columns of the data have {frame.columns.nlevels} levels, such as {frame.columns[0]}; a model names "
            'plain columns: take a part, as in data["a"], or join the levels, as in data.columns.map("_".join)'
        )
    if absent:
        hints = [f"{name!r}{_near(name, known)}" for name in absent]
        raise DataError("columns not in the data: " + ", ".join(hints) + f"; the data have {known[:20]}")


def _near(name: str, known: Sequence[str]) -> str:
    folded = {other.lower(): other for other in known}
    close = difflib.get_close_matches(str(name).lower(), list(folded), n=2, cutoff=0.6)
    return f" (did you mean {' or '.join(repr(folded[c]) for c in close)}?)" if close else ""


def beyond_scale(size: float, spread: float) -> str:
    """What is wrong with the scale of values up to `size` that differ by `spread`; empty where squares can be squared.

    >>> beyond_scale(1e150, 1e150)
    'has values of up to 1e+150: divide it by a constant'
    """
    if size > LARGEST:
        return f"has values of up to {size:.3g}: divide it by a constant"
    if spread < SMALLEST:
        return f"has values that differ by {spread:.3g} at most: multiply it by a constant"
    return ""


def is_real(dtype: object) -> bool:
    """Whether a column of this dtype holds real numbers; truth values count as 0 and 1, complex numbers do not.

    >>> is_real(np.dtype(int)), is_real(np.dtype(complex))
    (True, False)
    """
    return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)


def plain_numbers(frame: pd.DataFrame) -> bool:
    """Whether all columns are numpy's real numbers, told by their common type; False may mean that some are booleans.

    >>> plain_numbers(pd.DataFrame({"a": [1], "b": [0.5]})), plain_numbers(pd.DataFrame({"a": [1], "b": ["yes"]}))
    (True, False)
    """
    return frame[:0].to_numpy().dtype.kind in "fiu"


def numeric(frame: pd.DataFrame, names: Sequence[str]) -> Array:
    """(n, p) float array of the named columns; DataError lists text, all-missing, infinite and constant columns."""
    known, wanted = frame.columns.tolist(), list(names)
    if known[: len(wanted)] == wanted:
        columns = frame if len(known) == len(wanted) else frame.iloc[:, : len(wanted)]
    else:
        columns = frame[wanted]
    if not (plain_numbers(columns) or all(is_real(dtype) for dtype in set(columns.dtypes.tolist()))):
        wrong = [
            f"{n!r} holds {kind_of(columns[n])}" for n, d in zip(names, columns.dtypes, strict=True) if not is_real(d)
        ]
        raise DataError("; ".join(wrong) + f". The model needs numbers: {remedy(columns[n] for n in names)}")
    values = columns.to_numpy(dtype=float, na_value=np.nan)
    refuse_extremes(names, *extremes(values))
    return values


def extremes(values: Array) -> tuple[Array, Array]:
    """(p,) lowest and highest value of each column, NaN where there is none."""
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = (extreme.reduce(values, axis=0, keepdims=True)[0] for extreme in (np.fmin, np.fmax))
    return low, high


def refuse_extremes(names: Sequence[str], low: Array, high: Array) -> None:
    """DataError lists columns whose lowest and highest values (p,) show them to be empty, constant or out of scale."""
    with np.errstate(invalid="ignore", over="ignore"):
        fit = (np.maximum(np.abs(low), np.abs(high)) <= LARGEST) & (high - low >= SMALLEST)
    if fit.all():
        return
    wrong = []
    for name, a, b in zip(names, low.tolist(), high.tolist(), strict=True):
        if math.isnan(a):
            wrong.append(f"{name!r} has no answers at all")
        elif math.isinf(a) or math.isinf(b):
            wrong.append(f"{name!r} has infinite values")
        elif a == b:
            wrong.append(f"{name!r} is constant (every answer is {a:g})")
        elif unfit := beyond_scale(max(abs(a), abs(b)), b - a):
            wrong.append(f"{name!r} {unfit}")
    if wrong:
        raise DataError("; ".join(wrong) + ". Correct or drop these columns")


def kind_of(column: pd.Series) -> str:
    """What a column that holds no real numbers holds, with an example."""
    example = column.dropna()
    if not len(example):
        return "no answers"
    such = f" such as {str(example.iloc[0])!r}"
    if pd.api.types.is_complex_dtype(column.dtype):
        return f"complex numbers{such}"
    if isinstance(column.dtype, pd.CategoricalDtype):
        return f"categories{such}"
    return f"{'numbers kept as text or objects' if _converts(example) else 'text or other values'}{such}"


def remedy(columns: Iterable[pd.Series]) -> str:
    """What to do about columns of which some hold no real numbers."""
    wrong = [column for column in columns if not is_real(column.dtype)]
    if all(isinstance(column.dtype, pd.CategoricalDtype) for column in wrong):
        return "give the categories an order (cat.as_ordered), which makes the items ordered, or recode them"
    return "convert them by pd.to_numeric" if all(map(_converts, wrong)) else "recode the answers first"


def _converts(column: pd.Series) -> bool:
    """Whether every answer of a column, text or object, can be read as a number."""
    if not (pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)):
        return False
    return bool(pd.to_numeric(column.dropna(), errors="coerce").notna().all())


def weights_of(column: pd.Series, name: str, kind: str) -> Array:
    """(n,) weights as they stand in a column; `weighed` judges and scales those of the rows that take part."""
    if not is_real(column.dtype) and column.notna().any():
        raise DataError(f"{kind} {name!r} must be numbers; found {kind_of(column)}")
    return column.to_numpy(dtype=float, na_value=np.nan)
