"""Sums of a table of Ibis, made in SQL where the data live: sums by group, cluster and pattern come back, no answer.

Groups and clusters have no order of appearance in a warehouse: they come in the order of their labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations_with_replacement
from math import comb
from operator import and_
from typing import Any

import numpy as np

from sexresearch.errors import DataError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.answered_again import AnsweredAgain, Ends
from sexresearch.sem.data.column_names import look_alikes
from sexresearch.sem.data.group_ends import GroupEnds
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.pieces import Reach, Reader
from sexresearch.sem.data.rows_used import group_prefix
from sexresearch.sem.data.sampling_weights import UNKNOWN
from sexresearch.sem.data.sources import IbisSource
from sexresearch.sem.data.streamed import GROUP, Part, RowCounts, SourceSums, refuse_groups
from sexresearch.sem.data.sums import Sums
from sexresearch.sem.data.totals import LARGEST, TooManyUnits, Totals
from sexresearch.sem.implied.structure import vech_index
from sexresearch.sem.language.names import factors
from sexresearch.sem.language.roles import Roles

COLUMNS_AT_ONCE = 800  # sums in one query; PostgreSQL answers with 1664 columns at most
MOST_ITEMS = 15  # of which sums of products of four are asked for: 3,876 of them, in five queries
PATTERN_BITS = 60  # items whose patterns of answers one whole number can name


@dataclass(frozen=True)
class Numbers:
    """The columns in use as numbers: x0, x1, … of the items, and g, c, w; nothing where there is no answer."""

    reader: Reader
    table: Any

    @classmethod
    def of(cls, reader: Reader) -> Numbers:
        """Those of a reader of an Ibis table; DataError names columns that hold no numbers."""
        source, own = reader.source, reader.columns
        assert isinstance(source, IbisSource)
        made = {f"x{k}": number_in_sql(source.native, name) for k, name in enumerate(own.items)}
        beside = {"g": own.group, "c": own.cluster}
        made |= {key: label_in_sql(source.native, name) for key, name in beside.items() if name is not None}
        if own.weights is not None:
            made["w"] = number_in_sql(source.native, own.weights)
        return cls(reader, source.native.select(**made))

    @property
    def items(self) -> int:
        """How many items there are."""
        return len(self.reader.columns.items)

    @property
    def keys(self) -> list[str]:
        """The columns that name the group and the cluster of a row."""
        return [key for key in ("g", "c") if key in self.table.columns]

    def belonging(self) -> Any:
        """The rows with a group and, where there are clusters, a cluster."""
        return _where(self.table, [self.table[key].notnull() for key in self.keys])

    def used(self, gaps: bool) -> Any:
        """The rows that take part."""
        rows = self.belonging()
        seen = [rows[f"x{k}"].notnull() for k in range(self.items)]
        if not gaps:
            return _where(rows, seen)
        return rows.filter(reduce(lambda one, other: one | other, seen))


def _where(rows: Any, tests: Sequence[Any]) -> Any:
    return rows.filter(reduce(and_, tests)) if tests else rows


def column_in_sql(table: Any, name: str) -> Any:
    """A column by its name, however it is spelled."""
    if name in table.columns:
        return table[name]
    return table[next(iter(look_alikes(name, table.columns)))]


def number_in_sql(table: Any, name: str) -> Any:
    """A column, or a product of two, as numbers, null where there is none; DataError where it holds others."""
    known = name in table.columns or not factors(name)
    if not known:
        one, other = (number_in_sql(table, part) for part in factors(name) or ())
        return one * other
    column = column_in_sql(table, name)
    kind = column.type()
    if not (kind.is_numeric() or kind.is_boolean() or kind.is_null()):
        words = "a type that Ibis does not know" if kind.is_unknown() else kind  # such as that of nulls alone
        raise DataError(f"{name!r} holds {words} in the warehouse. The model needs numbers: recode the answers first")
    number = column.cast("int32").cast("float64") if kind.is_boolean() else column.cast("float64")
    return _without_nan(number) if kind.is_floating() else number


def label_in_sql(table: Any, name: str) -> Any:
    """A column that names groups or clusters, null where there is no number."""
    column = column_in_sql(table, name)
    return _without_nan(column) if column.type().is_floating() else column


def _without_nan(column: Any) -> Any:
    return (~column.isnan()).ifelse(column, None)


def answered(query: Any) -> dict[str, list[Any]]:
    """What the warehouse answers, by column; DataError where it cannot."""
    try:
        return query.to_pyarrow().to_pydict()
    except Exception as error:  # every driver has errors of its own
        reason = str(error).splitlines()[0] if str(error) else "no reason given"
        raise DataError(f"the warehouse did not answer ({type(error).__name__}): {reason}") from error


def summed_in_sql(reader: Reader, gaps: bool) -> SourceSums:
    """What `streamed` makes of a source, by queries: the reach of every column, sizes of groups, sums by unit."""
    numbers, counted = Numbers.of(reader), RowCounts()
    if gaps and numbers.items > PATTERN_BITS:
        raise OptionError(f"in a warehouse missing='fiml' takes up to {PATTERN_BITS} items; found {numbers.items}")
    centre = _reached(numbers, counted)
    _grouped(numbers, counted)
    refuse_groups(reader, counted)
    rows = numbers.used(gaps)
    _in_clusters(numbers, rows, counted)
    totals, kinds = Totals(centre), dict[int, int]()
    unit = "k" if gaps else "c"
    if gaps:
        rows = rows.mutate(k=reduce(lambda a, b: a + b, [_bit(rows, k) for k in range(numbers.items)]))
    keys = [key for key in ("g", unit) if key in rows.columns]
    sums = _sums(numbers, rows, keys, centre, counted)
    groups = reader.groups.numbers
    for key in _keys(sums, keys):
        own = kinds.setdefault(key[unit], len(kinds)) if gaps else reader.clusters.numbers.get(key.get(unit), 0)
        totals.slots[groups.get(key.get("g"), 0) * GROUP + own] = len(totals.slots)
    _fill(totals, sums, numbers.items)
    seen = [[bool(kind >> k & 1) for k in range(numbers.items)] for kind in kinds]
    made = np.array(seen, dtype=bool).reshape(-1, numbers.items) if gaps else None
    return SummedInSql(reader.settled(), counted, totals, made, ends=_ends(numbers, rows))


def _ends(numbers: Numbers, rows: Any) -> GroupEnds:
    """Lowest and highest answers of the rows that take part, by group."""
    ends, p, known = GroupEnds(), numbers.items, numbers.reader.groups.numbers
    parts = {f"{end}{k}": getattr(rows[f"x{k}"], end)() for k in range(p) for end in ("min", "max")}
    keys = [key for key in ("g",) if key in rows.columns]
    columns = in_parts(rows, keys, {"n": rows.count(), **parts})
    for row, key in enumerate(_keys(columns, keys)):
        values = np.array([[columns[f"{end}{k}"][row] for k in range(p)] for end in ("min", "max")], dtype=float)
        ends.add(np.full(2, known.get(key.get("g"), 0)), values)
    return ends


def _bit(rows: Any, k: int) -> Any:
    return rows[f"x{k}"].notnull().cast("int32").cast("int64") * 2**k


def _keys(columns: Mapping[str, list[Any]], keys: Sequence[str]) -> list[dict[str, Any]]:
    return [{key: columns[key][row] for key in keys} for row in range(len(columns["n"]))]


def _reached(numbers: Numbers, counted: RowCounts) -> Array:
    """(p,) means, which sums are taken from; counts rows without group or cluster and refuses what cannot be used."""
    table, p = numbers.table, numbers.items
    aggregates = {"n": table.count()}
    for k in range(p):
        x = table[f"x{k}"]
        aggregates |= {f"low{k}": x.min(), f"high{k}": x.max(), f"mean{k}": x.mean()}
    aggregates |= {f"no_{key}": table[key].isnull().sum() for key in numbers.keys}
    values = {name: column[0] for name, column in answered(table.aggregate(**aggregates)).items()}
    counted.rows = int(values["n"])
    if not counted.rows:
        raise DataError(f"the data are empty: 0 rows, {len(numbers.reader.wanted)} columns")
    counted.ungrouped, counted.unclustered = (int(values.get(f"no_{key}") or 0) for key in ("g", "c"))
    reach = Reach(numbers.reader.columns.items)
    ends = [
        [np.nan if values[f"{end}{k}"] is None else values[f"{end}{k}"] for k in range(p)] for end in ("low", "high")
    ]
    reach.add(np.array(ends, dtype=float))
    reach.refuse()
    return np.array([values[f"mean{k}"] for k in range(p)], dtype=float)


def _grouped(numbers: Numbers, counted: RowCounts) -> None:
    rows, reader = numbers.belonging(), numbers.reader
    if reader.columns.group is None:
        count = int(answered(rows.aggregate(n=rows.count()))["n"][0])
        counted.of_group.update({0: count} if count else {})
        return
    counts = answered(rows.group_by("g").aggregate(n=rows.count()).order_by("g"))
    for label, size in zip(counts["g"], counts["n"], strict=True):
        counted.of_group[reader.groups.numbers.setdefault(label, len(reader.groups.numbers))] = int(size)


def _in_clusters(numbers: Numbers, rows: Any, counted: RowCounts) -> None:
    """The rows that each cluster has in each group, of those that take part."""
    reader = numbers.reader
    if reader.columns.cluster is None:
        return
    counts = answered(rows.group_by(numbers.keys).aggregate(n=rows.count()).order_by(numbers.keys))
    known = reader.clusters.numbers
    for label in sorted(set(counts["c"])):
        known.setdefault(label, len(known))
    for key, size in zip(_keys(counts, numbers.keys), counts["n"], strict=True):
        counted.cluster_rows[reader.groups.numbers.get(key.get("g"), 0) * GROUP + known[key["c"]]] = int(size)
    width = (numbers.items + 1) * (numbers.items + 2) // 2
    if len(counts["n"]) * width > LARGEST:
        raise TooManyUnits(
            f"{len(counts['n'])} clusters of {numbers.items} items: sums of each would take more than 1 GB"
        )


def _sums(numbers: Numbers, rows: Any, keys: list[str], centre: Array, counted: RowCounts) -> dict[str, list[Any]]:
    """Rows and sums of w (1, u, vech uu') by unit, and what weights add up to."""
    p, weighted = numbers.items, "w" in rows.columns
    u = [None, *((rows[f"x{k}"] - float(centre[k])).fill_null(0.0) for k in range(p))]
    aggregates = {"n": rows.count()}
    if weighted:
        aggregates |= _of_weights(rows["w"])
    i, j = vech_index(p + 1)
    for place, (a, b) in enumerate(zip(i.tolist(), j.tolist(), strict=True)):
        parts = [u[k] for k in (a, b) if k] + ([rows["w"]] if weighted else [])
        aggregates[f"s{place}"] = reduce(lambda one, other: one * other, parts).sum() if parts else rows.count()
    columns = in_parts(rows, keys, aggregates)
    if weighted:
        wrong = {kind: sum(map(int, columns[kind])) for kind in ("missing", "infinite", "negative")}
        counted.wrong.update({kind: count for kind, count in wrong.items() if count})
    return columns


def _of_weights(w: Any) -> dict[str, Any]:
    wrong = {"missing": w.isnull(), "infinite": w.isinf(), "negative": w < 0}
    return {"squares": (w * w).sum(), "heaviest": w.max()} | {
        kind: test.fill_null(False).cast("int32").sum() for kind, test in wrong.items()
    }


def in_parts(rows: Any, keys: list[str], aggregates: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Sums by the keys, in as many queries as a warehouse needs for so many; DataError where rows change meanwhile."""
    names, columns = list(aggregates), dict[str, list[Any]]()
    for first in range(0, len(names), COLUMNS_AT_ONCE):
        part = {name: aggregates[name] for name in names[first : first + COLUMNS_AT_ONCE]} | {"rows": rows.count()}
        query = rows.group_by(keys).aggregate(**part).order_by(keys) if keys else rows.aggregate(**part)
        more = answered(query)
        same = {name: more.pop(name) for name in [*keys, "rows"]}
        if columns and any(columns[name] != own for name, own in same.items()):
            raise DataError("the table changed between two queries. Fit a copy that stands still")
        columns |= same | more
    return columns


def _fill(totals: Totals, columns: Mapping[str, list[Any]], p: int) -> None:
    def column(name: str) -> Array:
        return np.array([0.0 if value is None else value for value in columns[name]], dtype=float)

    totals.rows = column("n").astype(int)
    totals.sums = np.column_stack([column(f"s{place}") for place in range((p + 1) * (p + 2) // 2)])
    weighted = "squares" in columns
    totals.squares, totals.heaviest = (
        column(name) if weighted else totals.rows * 0.0 for name in ("squares", "heaviest")
    )
    totals.heaviest_row = np.full(len(totals.rows), UNKNOWN)


@dataclass(frozen=True)
class SummedInSql(SourceSums):
    """Sums that a warehouse made."""

    def part(self, number: int, label: object, role: Roles, has_means: bool, given: tuple[str, ...]) -> Part:
        return PartInSql(self, number, label, role, has_means, given)


@dataclass(frozen=True)
class PartInSql(Part):
    """One group of a warehouse's table."""

    def again(self, share: float) -> AnsweredAgain:
        names = tuple(self.items[place] for place in self.places)
        return AskedAgain(self.all.reader, self.label, names, share, self.rows, self.all.kinds is None, self.ends)


@dataclass(frozen=True)
class AskedAgain(AnsweredAgain):
    """The rows of one group, of which further sums can be asked; they themselves stay in the warehouse."""

    reader: Reader
    label: object
    names: tuple[str, ...]
    share: float
    rows: int
    whole: bool
    ends: Ends | None = None

    def chunks(self) -> Iterator[Answers]:
        raise OptionError(
            f"{group_prefix(self.label)}this needs the answers themselves, and those of an Ibis table stay in the "
            "warehouse, which makes sums alone. Fit a copy of it: table.to_parquet('answers.parquet')"
        )

    def summed(self, centre: Array) -> Sums | None:
        """Sums of products of up to four items, by the warehouse; OptionError where there are too many of them."""
        p = len(self.names)
        if not self.whole:
            return None
        if p > MOST_ITEMS:
            raise OptionError(
                f"errors and tests of this kind need sums of products of four items, {comb(p + 4, 4)} of them for {p} "
                f"items; a warehouse is asked for those of {MOST_ITEMS} items at most. Give cluster=, or fit a copy of "
                "the table: table.to_parquet('answers.parquet')"
            )
        numbers = Numbers.of(self.reader)
        rows = numbers.used(gaps=False)
        rows = rows if self.label is None else rows.filter(rows["g"] == self.label)
        places = [numbers.reader.columns.items.index(name) for name in self.names]
        return self._of(rows, [rows[f"x{place}"] - float(c) for place, c in zip(places, centre, strict=True)], centre)

    def _of(self, rows: Any, u: list[Any], centre: Array) -> Sums:
        p, weight = len(u), rows["w"] * self.share if "w" in rows.columns else None
        terms = [(), *((k,) for k in range(p)), *zip(*(part.tolist() for part in vech_index(p)), strict=True)]
        wanted = [kinds for degree in range(5) for kinds in combinations_with_replacement(range(p), degree)]
        aggregates = {"n": rows.count()}
        for number, kinds in enumerate(wanted):
            parts = [u[k] for k in kinds]
            squared = parts if weight is None else [*parts, weight, weight]
            aggregates[f"q{number}"] = _sum(rows, squared)
            if len(kinds) <= 2 and weight is not None:
                aggregates[f"w{number}"] = _sum(rows, [*parts, weight])
        values_by_name = {name: float(values[0]) for name, values in in_parts(rows, [], aggregates).items()}
        if int(values_by_name["n"]) != self.rows:
            raise DataError(
                f"{group_prefix(self.label)}the table changed between two readings: {self.rows} rows took part at "
                f"first, {int(values_by_name['n'])} now. Fit a copy that stands still"
            )
        place = {kinds: number for number, kinds in enumerate(wanted)}
        sign = "q" if weight is None else "w"
        plain = np.array([values_by_name[f"{sign}{place[tuple(sorted(term))]}"] for term in terms])
        products = [[values_by_name[f"q{place[tuple(sorted((*one, *other)))]}"] for other in terms] for one in terms]
        return Sums(self.names, np.asarray(centre), self.rows, self.rows, plain, np.array(products))


def _sum(rows: Any, parts: Sequence[Any]) -> Any:
    return reduce(lambda one, other: one * other, parts).sum() if parts else rows.count()
