"""Samples of ordered items from a source: tables of pairs are added up piece by piece, Gamma by reading once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.frozen import by_value, same
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.answered_again import OTHER_ANSWERS
from sexresearch.sem.data.batches import whole_ends
from sexresearch.sem.data.cluster_tables import ChosenItems, ClusterTables
from sexresearch.sem.data.observed import is_real
from sexresearch.sem.data.ordered_columns import MOST_LEVELS, Levels, levels_of
from sexresearch.sem.data.ordinal_sample import ordinal_notes, refuse_empty
from sexresearch.sem.data.pieces import Reach, Reader, RowsAgain
from sexresearch.sem.data.rows_used import silent_rows
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.data.streamed import GROUP, Part, RowCounts, SourceSums, refuse_groups
from sexresearch.sem.data.totals import LARGEST, TooManyUnits, Totals
from sexresearch.sem.data.unit_tables import SQUARES, UnitCounts, UnitTables
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.ordinal.influence_again import CodedRows, CodesAgain, InfluenceAgain
from sexresearch.sem.ordinal.moment_layout import MomentLayout, layout
from sexresearch.sem.ordinal.statistics import OrdinalMoments, observe_tables
from sexresearch.sem.threads import one_thread

SAME = 1e-9  # relative: summed weights of two readings
ENOUGH = 1000  # rows that most often hold every category
LOWEST, WIDTH, UNKNOWN = -100, 256, 255  # whole answers whose numbers stand in a table, and what says that one has none


def _distinct(column: Array) -> Array:
    """The different answers among (n,), lowest first, without gaps."""
    if column.dtype.kind == "f" or not len(column):
        return np.unique(column[column == column]).astype(float)
    low = int(column.min())
    return (low + np.flatnonzero(np.bincount(column.astype(np.intp) - low))).astype(float)


class Categories:
    """The different answers to each item, numbered from 1 in order of appearance.

    >>> known = Categories(("a",))
    >>> known.of(np.array([[3.0], [np.nan]])).tolist(), known.of(np.array([[1.0], [3.0]])).tolist(), known.orders()
    ([[1], [0]], [[2], [1]], [[2, 1]])
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.values = [np.zeros(0) for _ in names]
        self.numbers = [np.zeros(0, dtype=np.uint8) for _ in names]
        self.closed = False
        self.table: Array | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Categories) and self.names == other.names and same(vars(self), vars(other))

    def __hash__(self) -> int:
        return hash(self.names)

    def among(self, items: Sequence[int]) -> Categories:
        """The same for some of the items, in another order; no answer is new to them."""
        chosen = Categories(tuple(self.names[item] for item in items))
        chosen.values = [self.values[item] for item in items]
        chosen.numbers = [self.numbers[item] for item in items]
        chosen.table = None if self.table is None else self.table[list(items)]
        chosen.closed = True
        return chosen

    def of(self, answers: Array) -> Array:
        """(n, p) numbers of the answers (n, p), 0 for none; DataError where an item has too many different ones."""
        numbers = self._looked_up(answers)
        if numbers is not None:
            return numbers
        for some in (answers[:ENOUGH], answers):
            for item, column in enumerate(some.T):
                self._learn(item, _distinct(column))
            self.table = self._tabulated()
            numbers = self._looked_up(answers)
            if numbers is not None:
                return numbers
        return self._searched(answers.astype(float))

    def _searched(self, answers: Array) -> Array:
        out = np.zeros(answers.shape, dtype=np.uint8)
        for item, column in enumerate(answers.T):
            seen = ~np.isnan(column)
            out[seen, item] = self.numbers[item][np.searchsorted(self.values[item], column[seen])]
        return out

    def _looked_up(self, answers: Array) -> Array | None:
        """The same by a table, where answers are whole numbers that are known; None where they are not."""
        if self.table is None:
            return None
        if answers.dtype.kind != "f":
            return self._translated(answers)
        gaps = answers != answers
        with np.errstate(invalid="ignore"):
            whole = answers.astype(np.int8)
        if not ((whole == answers) | gaps).all():
            return None
        np.copyto(whole, 0, where=gaps)
        return self._translated(whole, gaps)

    def _translated(self, answers: Array, gaps: Array | None = None) -> Array | None:
        """The same of small whole numbers, a byte at a time."""
        assert self.table is not None
        low, high = whole_ends(answers)
        if (low < LOWEST).any() or (high > -LOWEST).any():
            return None
        rows = np.roll(self.table, LOWEST, axis=1)  # the place of 0 first, those of -1, -2, … last, as bytes are
        small = answers.astype(np.int8, copy=False)
        if low.min() > 0 and (rows[:, low.min() : high.max() + 1] == np.arange(low.min(), high.max() + 1)).all():
            return small.view(np.uint8)  # every answer is its own number
        numbers: Array = np.empty(small.shape, dtype=np.uint8, order="F")
        for row, column, out in zip(rows, small.T, numbers.T, strict=True):
            out[:] = np.frombuffer(column.tobytes().translate(row.tobytes()), dtype=np.uint8)
        if gaps is not None:
            np.copyto(numbers, 0, where=gaps)
        return None if UNKNOWN in numbers else numbers

    def _tabulated(self) -> Array | None:
        """(p, WIDTH) number of every whole answer from `LOWEST` on; None where an answer is no such number."""
        table = np.full((len(self.names), WIDTH), UNKNOWN, dtype=np.uint8)
        for row, values, numbers in zip(table, self.values, self.numbers, strict=True):
            places = values.astype(int) - LOWEST
            if (places + LOWEST != values).any() or (len(places) and (places[0] < 0 or places[-1] >= WIDTH)):
                return None
            row[places] = numbers
        return table

    def _learn(self, item: int, categories: Array) -> None:
        known = self.values[item]
        place = np.minimum(np.searchsorted(known, categories), max(len(known) - 1, 0))
        fresh = np.unique(categories[known[place] != categories] if len(known) else categories)
        if not len(fresh):
            return
        if self.closed:
            raise DataError(OTHER_ANSWERS)
        if len(known) + len(fresh) > MOST_LEVELS:
            raise DataError(
                f"these variables cannot be ordered: {self.names[item]!r} has more than {MOST_LEVELS} different "
                "answers, and no more can be categories. Leave them out of ordered="
            )
        values, numbers = np.append(known, fresh), np.arange(1 + len(known), 1 + len(known) + len(fresh))
        order = np.argsort(values)
        self.values[item] = values[order]
        self.numbers[item] = np.append(self.numbers[item], numbers.astype(np.uint8))[order]

    def orders(self) -> list[list[int]]:
        """The numbers of each item's answers, lowest answer first."""
        return [numbers.tolist() for numbers in self.numbers]


@dataclass(frozen=True, kw_only=True)
class StreamedCategories(SourceSums):
    """Ordered items of a source read once: their tables by group, or by group and cluster.

    squared : of squared weights, where rows are weighted. discrepancy : what is fitted to them.
    """

    tables: UnitCounts
    squared: UnitCounts | None
    discrepancy: str
    known: Categories
    orders: list[list[int]]
    listwise: bool

    @property
    def holds_clusters(self) -> bool:
        """Whether samples of whole clusters can be made of what was counted."""
        weighed = self.squared is None or self.squared.by_cluster or self.discrepancy == "ULS"
        return self.tables.by_cluster and weighed

    def part(self, number: int, label: object, role: Roles, has_means: bool, given: tuple[str, ...]) -> Part:
        return OrderedPart(self, number, label, role, has_means, given)

    def _samples(self, roles: Sequence[Roles], has_means: bool, given: bool) -> tuple[tuple[Sample, ...], list[str]]:
        samples, notes = super()._samples(roles, has_means, given)
        return samples, notes + [text for sample in samples for text in ordinal_notes(sample)]


@dataclass(frozen=True)
class OrderedPart(Part):
    """One group of ordered items: from its tables to its sample."""

    def notes(self) -> list[str]:
        whole = self._categories
        if whole.listwise:
            return super().notes()
        mute = whole.counted.of_group[self.number] - self.rows
        if not self.rows:
            raise DataError(f"{self.where}no row has any answer to {list(self.role.observed)[:8]}")
        return [f"{self.where}{silent_rows(mute)}"] if mute else []

    @property
    def _categories(self) -> StreamedCategories:
        assert isinstance(self.all, StreamedCategories)
        return self.all

    def sample(self, share: float) -> Sample:
        whole, names = self._categories, self.role.observed
        own = layout(names, {name: len(whole.levels[name]) for name in names})
        orders = [whole.orders[place] for place in self.places]
        chosen = ChosenItems(own, self.places, tuple(map(tuple, orders)), share)
        sizes, counts = self.cluster_sizes, whole.tables.counts
        units = counts.of(self.number, GROUP)
        tables, total = chosen.of_units(counts, units), share * counts.weight(units)
        refuse_empty(tables.single, own, whole.levels, self.where)
        made, rows = observe_tables(tables, own), tables
        if whole.squared is not None:
            squared = whole.squared.counts
            rows = chosen.of_units(squared, squared.of(self.number, GROUP), power=2)
        known = whole.known.among(self.places)
        again = CategoriesAgain(self.again(share), tables.single, sorted(key % GROUP for key in sizes), orders, known)
        influence = InfluenceAgain.of(made.influence, again, total)
        if whole.tables.by_cluster:
            influence = replace(influence, by_cluster=chosen.moved(counts, units, influence))
        moments = OrdinalMoments(own, made.moments, influence, rows)
        sample = self._as_sample(own, moments, total, np.array(list(sizes.values())) if sizes else None)
        return replace(sample, by_cluster=self._clusters(chosen, units) if whole.holds_clusters else None)

    def _as_sample(self, own: MomentLayout, moments: OrdinalMoments, total: float, sizes: Array | None) -> Sample:
        mean, cov = own.mean(moments.moments), own.cov(moments.moments)
        origin = np.zeros(own.p)
        made = Sample(
            self.label, self.role.observed, self.rows, total, mean, cov, (), None, ordinal=moments, origin=origin
        )
        return replace(made, cluster_sizes=sizes)

    def _clusters(self, chosen: ChosenItems, units: Sequence[int]) -> ClusterTables:
        whole, keys = self._categories, np.array(units)
        rows = np.array([whole.counted.cluster_rows[key] for key in units])
        squared = None if whole.squared is None or not whole.squared.by_cluster else whole.squared.counts
        return ClusterTables(chosen, whole.tables.counts, squared, keys, keys % GROUP, rows)

    def again(self, share: float) -> RowsAgain:
        whole = self._categories
        return RowsAgain(whole.reader, self.number, self.label, self.places, share, self.rows, whole.listwise)


@by_value
@dataclass(frozen=True)
class CategoriesAgain(CodesAgain):
    """Rows of one group read once more; what they answer must be what was counted at first, `single` (p, K)."""

    rows: RowsAgain
    single: Array
    numbers: list[int]
    orders: Sequence[list[int]]
    known: Categories

    @property
    def clusters(self) -> int | None:  # type: ignore[override]
        """How many clusters there are; None where rows do not come in clusters."""
        if self.rows.reader.columns.cluster is None:
            return None
        return len(self.numbers)

    def chunks(self) -> Iterator[CodedRows]:
        counts, places = np.zeros_like(self.single), self._places
        for answers in self.rows.chunks():
            codes = np.take(places.ravel(), self.known.of(answers.values) + np.arange(len(places)) * places.shape[1])
            for item, column in enumerate(codes.T):
                counts[item] += np.bincount(column, answers.weights, self.single.shape[1] + 1)[:-1]
            clusters = None if answers.clusters is None else np.searchsorted(self.numbers, answers.clusters)
            yield CodedRows(codes, answers.weights, clusters)
        if not np.allclose(counts, self.single, rtol=SAME, atol=0.0):
            raise DataError(OTHER_ANSWERS)

    @property
    def _places(self) -> Array:
        """(p, numbers) where each number's category stands, from 0; last for no answer."""
        last = self.single.shape[1]
        table = np.full((len(self.orders), 1 + MOST_LEVELS), last, dtype=np.intp)
        for row, order in zip(table, self.orders, strict=True):
            row[order] = np.arange(len(order))
            row[0] = last
        return table


@one_thread
def streamed_categories(
    reader: Reader, listwise: bool, notes: list[str], discrepancy: str, bootstrapped: bool
) -> SourceSums:
    """The source read once, tables of ordered items by group, or by cluster for as long as memory allows.

    `reader.levels` are categories that types tell. With `bootstrapped` errors the tables of clusters must be held:
    TooManyUnits where that takes too much memory.
    """
    items, counted, reach = reader.columns.items, RowCounts(), Reach(reader.columns.items)
    totals, known = Totals(np.zeros(0)), Categories(items)
    weighted, by_cluster = reader.columns.weights is not None, reader.columns.cluster is not None
    tables = UnitTables(len(items), int(listwise and not weighted), by_cluster, weighted, strict=bootstrapped)
    squares = by_cluster and discrepancy == "DWLS"
    squared = UnitTables(len(items), int(listwise), squares, True, SQUARES, bootstrapped) if weighted else None
    for piece in reader.pieces():
        counted.add(piece)
        reach.add(piece.answers)
        codes = known.of(piece.answers)
        used = piece.belongs & (piece.complete if listwise else piece.answered)
        numbers, piece, codes = piece.first + np.flatnonzero(used), piece.of(used), codes[used]
        counted.used(piece)
        weights = piece.weights
        totals.add(piece.groups * GROUP, np.zeros((len(codes), 0)), weights, numbers)
        tables.add(piece.groups, piece.clusters, codes, weights)
        if weights is not None and squared is not None:
            squared.add(piece.groups, piece.clusters, codes, weights**2)
    if not counted.rows:
        raise DataError(f"the data are empty: 0 rows, {len(reader.wanted)} columns")
    refuse_groups(reader, counted)
    levels, orders = _levels(reader.levels, known)
    moments = sum(map(len, orders)) + len(items) * (len(items) - 1) // 2
    if len(counted.cluster_rows) * moments > LARGEST:
        raise TooManyUnits(f"{len(counted.cluster_rows)} clusters with {moments} thresholds and correlations")
    return StreamedCategories(
        reader.settled(), counted, totals, None, levels, tuple(notes), known=known, tables=tables.counts,
        squared=None if squared is None else squared.counts, orders=orders, listwise=listwise, discrepancy=discrepancy,
    )  # fmt: skip


def _levels(typed: Levels, known: Categories) -> tuple[Levels, list[list[int]]]:
    """Categories of every item, and the numbers that stand for them in their order; those that never occur are 0."""
    levels, orders, wrong = dict[str, tuple[object, ...]](), list[list[int]](), []
    for name, values, numbers in zip(known.names, known.values, known.numbers, strict=True):
        if name in typed:
            levels[name] = typed[name]
            at = dict(zip(values.tolist(), numbers.tolist(), strict=True))
            orders.append([at.get(float(k + 1), 0) for k in range(len(typed[name]))])
        else:
            levels[name] = tuple(values.tolist())
            orders.append(numbers.tolist())
        if len(levels[name]) < 2:
            count = f"{len(levels[name])} category; at least 2 are needed"
            wrong.append(f"{name!r} has {count}" if levels[name] else f"{name!r} has no answers")
    if wrong:
        raise DataError("these variables cannot be ordered: " + "; ".join(wrong) + ". Leave them out of ordered=")
    return levels, orders


def typed_levels(frame: pd.DataFrame, names: list[str]) -> Levels:
    """Categories that the types of some first rows tell; DataError for a column of text."""
    return levels_of(frame, [name for name in names if not is_real(frame[name].dtype) and frame[name].notna().any()])
