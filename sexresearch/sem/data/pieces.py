"""A source read piece by piece: what each row answers, and its group, cluster and weight, numbered across pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.frozen import ReadOnlyDict
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.answered_again import AnsweredAgain, Ends
from sexresearch.sem.data.batches import numbers_of, series_of
from sexresearch.sem.data.column_names import spelled_as
from sexresearch.sem.data.group_ends import ends_of
from sexresearch.sem.data.observed import (
    Answers,
    Columns,
    is_real,
    kind_of,
    plain_numbers,
    refuse_extremes,
    remedy,
)
from sexresearch.sem.data.ordered_columns import Levels, recoded
from sexresearch.sem.data.products import with_products
from sexresearch.sem.data.rows_used import group_prefix, take
from sexresearch.sem.data.sources import Rows, Source, as_frame, columns_behind
from sexresearch.sem.threads import ahead

AT_ONCE = 2**26  # bytes of answers that are added up at once: tables of pairs of every unit are merged after each piece
FOR_SQUARES = 2**24  # where there is one sum for two variables: merging costs little, and memory is used again
ROWS_OF_A_CLUSTER = 2**7  # in a piece, so that merging sums of clusters costs little beside making them


class LabelNumbers:
    """Labels of groups or clusters in order of first appearance, whatever piece they come in.

    >>> known = LabelNumbers()
    >>> known.of(pd.Series(["b", None, "a"])).tolist(), known.of(pd.Series(["a", "b"])).tolist()
    ([0, -1, 1], [1, 0])
    """

    def __init__(self) -> None:
        self.numbers: dict[object, int] = {}
        self.fractional = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LabelNumbers) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # numbers are added

    def of(self, column: pd.Series) -> Array:
        """(n,) the number of each label, -1 where there is none."""
        codes, labels = pd.factorize(column)
        self.fractional |= pd.api.types.is_float_dtype(column.dtype)
        table = [self.numbers.setdefault(label, len(self.numbers)) for label in labels.tolist()]
        return np.array([*table, -1])[codes]

    @property
    def labels(self) -> list[object]:
        """The labels; whole numbers as fractions where one piece held gaps or fractions, as a column in memory."""
        return self.settled().labels

    def settled(self) -> KnownLabels:
        """The labels so far, to which none is added any more."""
        return KnownLabels(ReadOnlyDict(self.numbers), self.fractional)


@dataclass(frozen=True)
class KnownLabels:
    """The labels of a source that was read to its end; one that was not met has no number.

    >>> known = KnownLabels(ReadOnlyDict(b=0, a=1), False)
    >>> known.of(pd.Series(["a", "new", None])).tolist(), known.labels
    ([1, -1, -1], ['b', 'a'])
    """

    numbers: ReadOnlyDict[object, int]
    fractional: bool

    def of(self, column: pd.Series) -> Array:
        """(n,) the number of each label, -1 where there is none."""
        codes, labels = pd.factorize(column)
        return np.array([*(self.numbers.get(label, -1) for label in labels.tolist()), -1])[codes]

    @property
    def labels(self) -> list[object]:
        """The labels; whole numbers as fractions where one piece held gaps or fractions, as a column in memory."""
        made = list(self.numbers)
        whole = self.fractional and all(isinstance(label, int | float) for label in made)
        return [float(label) for label in made] if whole else made  # type: ignore[arg-type]

    def settled(self) -> KnownLabels:
        """The same."""
        return self


@dataclass(frozen=True)
class Piece:
    """Some rows: answers (n, p), NaN where missing; numbers of groups and clusters, -1 for none; weights of both.

    Answers are small whole numbers, as they are stored, or floats; whole numbers have no gaps. first : the number of
    the first row in the source.
    """

    answers: Array
    groups: Array
    clusters: Array | None
    weights: Array | None
    first: int
    cluster_weights: Array | None = None

    @property
    def belongs(self) -> Array:
        """(n,) whether a row has a group and, where there are clusters, a cluster."""
        kept = self.groups >= 0
        return kept if self.clusters is None else kept & (self.clusters >= 0)

    def among(self, places: Sequence[int]) -> Piece:
        """The same rows with some of the answers."""
        return replace(self, answers=self.answers[:, list(places)])

    @property
    def complete(self) -> Array:
        """(n,) whether a row has every answer."""
        return self._seen(np.all)

    @property
    def answered(self) -> Array:
        """(n,) whether a row has any answer."""
        return self._seen(np.any)

    def _seen(self, joined: Callable[..., Array]) -> Array:
        if self.answers.dtype.kind != "f":
            return np.full(len(self.answers), True)
        return joined(self.answers == self.answers, axis=1)

    def of(self, rows: Array) -> Piece:
        """The rows of a mask."""
        if rows.all():
            return self
        beside = self.clusters, self.weights, self.cluster_weights
        clusters, weights, above = (None if part is None else part[rows] for part in beside)
        return Piece(self.answers[rows], self.groups[rows], clusters, weights, self.first, above)


@dataclass(frozen=True)
class Reader:
    """What is read of a source: the items, the columns beside them, and categories of ordered items.

    for_squares : whether nothing but squares and products are summed, by group and cluster; pieces are smaller then.
    """

    source: Source
    columns: Columns
    levels: Levels = field(default_factory=dict)
    groups: LabelNumbers | KnownLabels = field(default_factory=LabelNumbers)
    clusters: LabelNumbers | KnownLabels = field(default_factory=LabelNumbers)
    for_squares: bool = False

    def settled(self) -> Reader:
        """The reader of a source that was read to its end: groups and clusters are those it knows."""
        return replace(self, groups=self.groups.settled(), clusters=self.clusters.settled())

    @property
    def wanted(self) -> list[str]:
        """Every column in use."""
        return [*self.columns.items, *self.columns.beside]

    def rows(self) -> Iterator[Rows]:
        """The columns in use as the source hands them out."""
        chosen = columns_behind(self.wanted, self.source.names)
        assert chosen is not None
        yield from self.source.pieces(chosen)

    def frame(self, rows: Rows) -> pd.DataFrame:
        """Some rows as a frame, spelled as the model spells its columns, with products."""
        return with_products(spelled_as(as_frame(rows), self.wanted), self.columns.items)

    def pieces(self) -> Iterator[Piece]:
        """The rows as numbers, many at a time, read ahead; DataError for text, or for values that are no weights."""
        yield from ahead(self._many_at_a_time())

    def _many_at_a_time(self) -> Iterator[Piece]:
        waiting, size = list[Piece](), 0
        for piece in self._as_read():
            size += piece.answers.nbytes
            if waiting and (size > self._most(piece) or piece.answers.dtype != waiting[0].answers.dtype):
                yield joined(waiting)
                waiting, size = [], piece.answers.nbytes
            waiting.append(piece)
        if waiting:
            yield joined(waiting)

    def _most(self, piece: Piece) -> float:
        """Bytes of answers in a piece that is made of pieces like this one."""
        if not self.for_squares:
            return AT_ONCE
        rows = ROWS_OF_A_CLUSTER * len(self.clusters.numbers)
        return min(AT_ONCE, max(FOR_SQUARES, rows * piece.answers.nbytes / max(len(piece.answers), 1)))

    def _as_read(self) -> Iterator[Piece]:
        first = 0
        for rows in self.rows():
            piece = self._columnar(rows, first)
            yield self._piece(self.frame(rows), first) if piece is None else piece
            first += len(rows)

    def _columnar(self, rows: Rows, first: int) -> Piece | None:
        """The piece of a record batch of plain numbers, without a frame; None where it needs one."""
        own = self.columns
        plain = not isinstance(rows, pd.DataFrame) and not self.levels
        answers = numbers_of(rows, own.items) if plain else None
        if answers is None or not {*own.beside} <= {*rows.schema.names}:
            return None
        groups = np.zeros(len(rows), dtype=int) if own.group is None else self.groups.of(series_of(rows, own.group))
        clusters = None if own.cluster is None else self.clusters.of(series_of(rows, own.cluster))
        weights, above = own.weights_in(lambda name: series_of(rows, name))
        return Piece(answers, groups, clusters, weights, first, above)

    def _piece(self, frame: pd.DataFrame, first: int) -> Piece:
        own = self.columns
        _refuse_other_categories(frame, self.levels, first)
        numbers = recoded(frame[list(own.items)], self.levels)[list(own.items)]
        refuse_text(numbers, first)
        values = numbers.to_numpy(dtype=float, na_value=np.nan)
        groups = np.zeros(len(frame), dtype=int) if own.group is None else self.groups.of(frame[own.group])
        clusters = None if own.cluster is None else self.clusters.of(frame[own.cluster])
        weights, above = own.weights_in(frame.__getitem__)
        return Piece(values, groups, clusters, weights, first, above)


def joined(pieces: Sequence[Piece]) -> Piece:
    """Pieces that follow each other as one."""
    if len(pieces) == 1:
        return pieces[0]

    def end_to_end(parts: Sequence[Array | None]) -> Array | None:
        known = [part for part in parts if part is not None]
        return np.concatenate(known) if known else None

    answers, groups = (np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("answers", "groups"))
    beside = ("clusters", "weights", "cluster_weights")
    clusters, weights, above = (end_to_end([getattr(piece, name) for piece in pieces]) for name in beside)
    return Piece(answers, groups, clusters, weights, pieces[0].first, above)


def _refuse_other_categories(frame: pd.DataFrame, levels: Levels, first: int) -> None:
    """DataError where a column of categories has other ones, or another order, than the rows before."""
    for name, known in levels.items():
        kind = frame[name].dtype
        if not isinstance(kind, pd.CategoricalDtype):
            continue
        here = kind.categories.tolist()
        if (kind.ordered and here != [level for level in known if level in here]) or not {*here} <= {*known}:
            raise DataError(
                f"{name!r} has the categories {here} in rows {first + 1} to {first + len(frame)} and {[*known]} in the "
                "rows before them; give all parts of the table the same categories in the same order"
            )


def refuse_text(frame: pd.DataFrame, first: int) -> None:
    """DataError where a column of this piece holds no numbers; one without any answer is let pass."""
    if plain_numbers(frame):
        return
    for name in frame.columns:
        column = frame[name]
        if not is_real(column.dtype) and column.notna().any():
            rows = f"in rows {first + 1} to {first + len(frame)}"
            raise DataError(f"{name!r} holds {kind_of(column)} {rows}. The model needs numbers: {remedy([column])}")


class Reach:
    """The lowest and highest value of every item so far, of all rows."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.low, self.high = np.full((2, len(names)), np.nan)

    def add(self, values: Array) -> tuple[Array, Array]:
        """Some rows (n, p), whose own lowest and highest values (p,) are handed back."""
        low, high = ends_of(values)
        self.low, self.high = np.fmin(self.low, low), np.fmax(self.high, high)
        endless = [name for name, x in zip(self.names, np.isinf(low) | np.isinf(high), strict=True) if x]
        if endless:
            raise DataError(f"{', '.join(map(repr, endless))} has infinite values. Correct or drop these columns")
        return low, high

    def refuse(self) -> None:
        """DataError names columns without answers, without variation, or beyond what can be computed."""
        refuse_extremes(self.names, self.low, self.high)


@dataclass(frozen=True)
class RowsAgain(AnsweredAgain):
    """The rows of one group that took part, to be read once more for what sums do not tell.

    places : of the items in the order that is wanted. share : what weights are multiplied by. rows : how many there
    were. whole : only rows without gaps take part. needed : places of items that no row may lack. ends : of the
    items that are wanted.
    """

    reader: Reader
    number: int
    label: object
    places: tuple[int, ...]
    share: float
    rows: int
    whole: bool
    needed: tuple[int, ...] = ()
    ends: Ends | None = None

    def chunks(self) -> Iterator[Answers]:
        """The rows piece by piece; DataError where their number is another than it was."""
        rows = 0
        for piece in self.reader.pieces():
            own = piece.among(self.places)
            used = own.complete if self.whole else own.answered
            used &= piece.among(self.needed).complete
            used &= piece.belongs & (piece.groups == self.number)
            rows += int(used.sum())
            if used.any():
                yield self._answers(piece, used)
        if rows != self.rows:
            raise DataError(
                f"{group_prefix(self.label)}the table changed between two readings: {self.rows} rows took part at "
                f"first, {rows} now. Fit a copy that stands still"
            )

    def _answers(self, piece: Piece, used: Array) -> Answers:
        weights = None if piece.weights is None else piece.weights * self.share
        index = pd.RangeIndex(piece.first, piece.first + len(used))
        values = piece.answers[:, list(self.places)].astype(float)
        return take(Answers(self.label, values, weights, piece.clusters, index), used)
