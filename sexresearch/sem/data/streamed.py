"""Samples of a source, from sums that are added piece by piece: memory does not grow with rows.

Complete rows are summed by group and cluster, rows with gaps by group and pattern of answers; what is made of them is
what `from_answers` and `from_gaps` make of rows in memory. Fourth-order sums, where a statistic asks for them, are of
the rows read once more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.answered_again import AnsweredAgain, Ends
from sexresearch.sem.data.batches import equal_rows
from sexresearch.sem.data.cluster_totals import ClusterTotals
from sexresearch.sem.data.drawn_samples import drawn_sample
from sexresearch.sem.data.group_ends import GroupEnds
from sexresearch.sem.data.level_weights import WeightEnds
from sexresearch.sem.data.ordered_columns import Levels
from sexresearch.sem.data.pieces import Piece, Reach, Reader, RowsAgain
from sexresearch.sem.data.rows_used import cost_note, dropped_note, group_prefix, silent_rows
from sexresearch.sem.data.sample import Sample, moved_block
from sexresearch.sem.data.sampling_weights import WeightFacts, refuse_wrong, uneven, wrong_weights
from sexresearch.sem.data.saturated import saturated_moments
from sexresearch.sem.data.totals import Totals
from sexresearch.sem.implied.patterns import Pattern
from sexresearch.sem.implied.structure import vech_index
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.threads import one_thread

GROUP = 2**32  # what a key is divided by to give the number of the group; the rest is the cluster or pattern


class RowCounts:
    """What is counted of all rows: those of each group, those without group or cluster, clusters, unusable weights."""

    def __init__(self) -> None:
        self.rows = self.ungrouped = self.unclustered = 0
        self.of_group, self.cluster_rows = Counter[int](), Counter[int]()
        self.wrong = Counter[str]()

    def add(self, piece: Piece) -> None:
        """The rows of a piece, whether they are complete or not."""
        self.rows += len(piece.answers)
        self.ungrouped += int((piece.groups < 0).sum())
        self.unclustered += 0 if piece.clusters is None else int((piece.clusters < 0).sum())
        self.of_group.update(counts_of(piece.groups[piece.belongs]))

    def used(self, piece: Piece) -> None:
        """The rows of a piece that take part."""
        if piece.weights is not None:
            self.wrong += wrong_weights(piece.weights)
        if piece.clusters is not None:
            self.cluster_rows.update(counts_of(piece.groups, piece.clusters))


def counts_of(groups: Array, units: Array | None = None) -> dict[int, int]:
    """How many rows there are of each group, or unit in it, by key."""
    width = 1 if units is None or not len(units) else int(units.max()) + 1
    count = np.bincount(groups if units is None else groups * width + units)
    places = np.flatnonzero(count)
    keys = places // width * GROUP + places % width if units is not None else places
    return dict(zip(keys.tolist(), count[places].tolist(), strict=True))


@dataclass(frozen=True)
class SourceSums:
    """A source read once: sums by group and cluster, or by group and pattern of answers (`kinds` (patterns, p)).

    levels : categories of ordered items, none here. category_notes : what was noticed about them. ends : of rows that
    take part. weight_ends : of two levels with weights.
    """

    reader: Reader
    counted: RowCounts
    totals: Totals
    kinds: Array | None
    levels: Levels = field(default_factory=dict)
    category_notes: tuple[str, ...] = ()
    ends: GroupEnds | None = None
    weight_ends: WeightEnds | None = None
    kept: dict[object, tuple[tuple[Sample, ...], list[str]]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def groups(self) -> list[int]:
        """The numbers of the groups, in order of first appearance of their rows."""
        return list(self.counted.of_group)

    @property
    def labels(self) -> list[object]:
        """Of the groups."""
        known: list[object] = [None] if self.reader.columns.group is None else self.reader.groups.labels
        return [known[number] for number in self.groups]

    def samples(self, roles: Sequence[Roles], has_means: bool, given: bool) -> tuple[tuple[Sample, ...], list[str]]:
        """The sample of each group, and notes; `given` says that exogenous variables must not be missing.

        They are made once for models of the same variables, so that rows are read once more for all of these.
        """
        key = tuple(roles), has_means, given
        if key not in self.kept:
            self.kept[key] = self._samples(roles, has_means, given)
        samples, notes = self.kept[key]
        return samples, list(notes)

    def _samples(self, roles: Sequence[Roles], has_means: bool, given: bool) -> tuple[tuple[Sample, ...], list[str]]:
        parts = [
            self.part(number, label, role, has_means, role.exogenous if given else ())
            for number, label, role in zip(self.groups, self.labels, roles, strict=True)
        ]
        notes = [*self.lost(), *(note for part in parts for note in part.notes()), *self.costs]
        self.refuse_clusters(parts)
        share, more = self._weighed(parts)
        return tuple(part.sample(share) for part in parts), notes + more

    @property
    def costs(self) -> list[str]:
        """What is said of the time that an estimation by patterns takes, which is known before it begins."""
        own, rows = Counter((self.totals.keys // GROUP).tolist()), self.counted.of_group
        known = () if self.kinds is None else zip(self.groups, self.labels, strict=True)
        return [note for number, label in known for note in cost_note(label, own[number], rows[number])]

    def part(self, number: int, label: object, role: Roles, has_means: bool, given: tuple[str, ...]) -> Part:
        """What becomes the sample of one group."""
        return Part(self, number, label, role, has_means, given)

    def lost(self) -> list[str]:
        """What is said of rows without group or cluster."""
        columns, counted = self.reader.columns, self.counted
        lost = (("group", columns.group, counted.ungrouped), ("cluster", columns.cluster, counted.unclustered))
        return [f"{count} rows have no {role} in {name!r} and were dropped" for role, name, count in lost if count]

    def refuse_clusters(self, parts: Sequence[Part]) -> None:
        """DataError where all rows that take part are of one cluster."""
        name = self.reader.columns.cluster
        known = {key % GROUP for part in parts for key in part.cluster_sizes}
        if name is not None and len(known) < 2:
            raise DataError(f"cluster column {name!r} holds a single cluster; at least 2 are needed")

    def _weighed(self, parts: Sequence[Part]) -> tuple[float, list[str]]:
        """What every weight is multiplied by, so that they sum to the rows used in all groups; and notes."""
        name = self.reader.columns.weights
        if name is None:
            return 1.0, []
        refuse_wrong(self.counted.wrong, name)
        facts = [part.weight_facts for part in parts]
        total = sum(own.total for own in facts)
        if total == 0:
            raise DataError(f"sampling weights {name!r} are all zero")
        pairs = zip(facts, parts, strict=True)
        return sum(own.rows for own in facts) / total, [n for own, p in pairs for n in uneven(own, name, p.where)]


@dataclass(frozen=True)
class Part:
    """One group of a source: from its sums to its sample."""

    all: SourceSums
    number: int
    label: object
    role: Roles
    has_means: bool
    given: tuple[str, ...]

    @property
    def where(self) -> str:
        return group_prefix(self.label)

    @property
    def items(self) -> tuple[str, ...]:
        return self.all.reader.columns.items

    @property
    def places(self) -> tuple[int, ...]:
        return tuple(self.items.index(name) for name in self.role.observed)

    @property
    def needed(self) -> tuple[int, ...]:
        return tuple(self.items.index(name) for name in self.given)

    @property
    def slots(self) -> Array:
        """The units of the group whose rows take part."""
        units = self._units
        known = self._known(units)
        return units if known is None else units[known[:, self.places].any(axis=1) & known[:, self.needed].all(axis=1)]

    @property
    def _units(self) -> Array:
        return np.flatnonzero(self.all.totals.keys // GROUP == self.number)

    def _known(self, slots: Array) -> Array | None:
        kinds = self.all.kinds
        return None if kinds is None else kinds[self.all.totals.keys[slots] % GROUP]

    @property
    def rows(self) -> int:
        return int(self.all.totals.rows[self.slots].sum())

    @property
    def cluster_sizes(self) -> dict[int, int]:
        return {key: count for key, count in self.all.counted.cluster_rows.items() if key // GROUP == self.number}

    @property
    def weight_facts(self) -> WeightFacts:
        totals, slots = self.all.totals, self.slots
        top = slots[int(np.argmax(totals.heaviest[slots]))]
        total, squares = float(totals.sums[slots, 0].sum()), float(totals.squares[slots].sum())
        return WeightFacts(self.rows, total, squares, float(totals.heaviest[top]), int(totals.heaviest_row[top]))

    def notes(self) -> list[str]:
        """What is to be said about rows that take no part; DataError where none is left."""
        rows, known = self.all.counted.of_group[self.number], self._known(self._units)
        if known is None:
            if not self.rows:
                raise DataError(
                    f"{self.where}every row has a missing answer, so listwise deletion leaves none; use missing='fiml'"
                )
            return dropped_note(self.label, rows - self.rows, rows)
        counts = self.all.totals.rows[self._units]
        given = known[:, self.needed].all(axis=1)
        silent = given & ~known[:, self.places].any(axis=1)
        lacking, mute, notes = int(counts[~given].sum()), int(counts[silent].sum()), []
        if lacking:
            names = ", ".join(self.given)
            notes.append(f"{self.where}{lacking} rows lack an exogenous variable ({names}) and were dropped")
        if mute:
            notes.append(f"{self.where}{silent_rows(mute)}")
        if not self.rows:
            raise DataError(f"{self.where}no row has any answer to {list(self.role.observed)[:8]}")
        return notes

    def again(self, share: float) -> AnsweredAgain:
        """The rows that take part, to be read once more."""
        whole = self.all.kinds is None
        own = self.number, self.label, self.places, share, self.rows, whole, self.needed, self.ends
        return RowsAgain(self.all.reader, *own)

    @property
    def ends(self) -> Ends | None:
        """Lowest and highest answers to the variables of the group."""
        if self.all.ends is None:
            return None
        low, high = self.all.ends.of(self.number)[:, list(self.places)].tolist()
        return tuple(low), tuple(high)

    def sample(self, share: float) -> Sample:
        """The sample of the group with weights multiplied by `share`."""
        made = self._complete(share) if self.all.kinds is None else self._by_pattern(share)
        sizes = self.cluster_sizes
        return replace(made, again=self.again(share), cluster_sizes=np.array(list(sizes.values())) if sizes else None)

    def units(self, share: float = 1.0) -> ClusterTotals:
        """The sums of every cluster, or of all rows where there are none."""
        totals, slots = self.all.totals, self.slots
        keys, sums = totals.keys[slots] % GROUP, totals.sums[slots]
        return ClusterTotals(
            self.items, totals.centre, keys, totals.rows[slots], sums if share == 1.0 else sums * share
        )

    def _complete(self, share: float) -> Sample:
        names, units = self.role.observed, self.units(share)
        clustered = self.all.reader.columns.cluster is not None
        bare = Sample(self.label, names, 0, 0.0, units.centre, np.zeros((0, 0)), (), by_cluster=units)
        made = drawn_sample(bare, None, self.has_means)
        return made if clustered else replace(made, given_sums=None, by_cluster=None)

    def _by_pattern(self, share: float) -> Sample:
        names, where = self.role.observed, self.where
        known = self._known(self.slots)
        assert known is not None
        seen, order = known[:, self.places], list(self.places)
        silent = [name for name, some in zip(names, np.any(seen, axis=0).tolist(), strict=True) if not some]
        if silent:
            raise DataError(f"{where}no respondent answered {silent}: drop these items or this group")
        blocks = _blocks(self.all.totals.sums[self.slots] * share, seen, order)
        n = sum(block.n for block in blocks)
        shift = _means(blocks, len(names))
        blocks = [moved_block(block, -shift) for block in blocks]
        mean, cov = saturated_moments(blocks, len(names), names, where)
        centre = self.all.totals.centre[order] + shift
        return Sample(self.label, names, self.rows, n, mean + centre, cov, tuple(blocks), origin=centre)


def _means(blocks: Sequence[Pattern], p: int) -> Array:
    """(p,) the mean of every item among those who answered it, from the origin of the blocks."""
    total, count = np.zeros(p + 1), np.zeros(p + 1)
    for block in blocks:
        total[block.columns] += block.n * block.moment[:, -1]
        count[block.columns] += block.n
    return total[:p] / count[:p]


def _blocks(sums: Array, seen: Array, order: list[int]) -> list[Pattern]:
    """A block of each pattern `seen` (units, p) of the items in `order`, from sums (units, T) of all items."""
    _, first, own = np.unique(np.packbits(seen, axis=1), axis=0, return_index=True, return_inverse=True)
    size = int((np.sqrt(8 * sums.shape[1] + 1) - 1) / 2)
    i, j = vech_index(size)
    added = np.zeros((len(first), sums.shape[1]))
    np.add.at(added, np.asarray(own).ravel(), sums)
    places = np.array([*(k + 1 for k in order), 0])
    blocks, matrix = [], np.empty((size, size))
    for row, number in zip(added, first, strict=True):
        matrix[i, j] = matrix[j, i] = row
        columns = np.append(np.flatnonzero(seen[number]), len(order))
        at = places[columns]
        n = float(row[0])
        blocks.append(Pattern(columns, n, matrix[np.ix_(at, at)] / (n or 1.0)))
    return blocks


@one_thread
def streamed(reader: Reader, gaps: bool, levels: bool = False) -> SourceSums:
    """The source read once; with `gaps` by pattern of answers, otherwise its complete rows, for two `levels` ends too.

    DataError where a column holds no numbers, or values that nothing can be computed from.
    """
    items, reader = reader.columns.items, replace(reader, for_squares=not gaps)
    counted, reach, ends = RowCounts(), Reach(items), GroupEnds()
    totals, kinds = None, dict[bytes, int]()
    weight_ends = WeightEnds.of_none() if levels and any(reader.columns.both_weights) else None
    for piece in reader.pieces():
        counted.add(piece)
        own = reach.add(piece.answers)
        used = piece.belongs & (piece.answered if gaps else piece.complete)
        numbers, piece = piece.first + np.flatnonzero(used), piece.of(used)
        counted.used(piece)
        ends.add(piece.groups, piece.answers, own if len(numbers) == len(used) else None)
        units = piece.clusters if not gaps else _patterns(~np.isnan(piece.answers), kinds)
        if totals is None:
            totals = Totals(centre_of(piece.answers), levels)
        keys = piece.groups * GROUP + (0 if units is None else units)
        totals.add(keys, piece.answers, piece.weights, numbers)
        if weight_ends is not None:
            weight_ends = weight_ends.with_rows(keys, numbers, piece.weights, piece.cluster_weights)
    if totals is None:
        raise DataError(f"the data are empty: 0 rows, {len(reader.wanted)} columns")
    reach.refuse()
    refuse_groups(reader, counted)
    made = np.array([np.unpackbits(np.frombuffer(key, np.uint8), count=len(items)) for key in kinds], dtype=bool)
    patterns = made.reshape(-1, len(items)) if gaps else None
    return SourceSums(reader.settled(), counted, totals, patterns, ends=ends, weight_ends=weight_ends)


def centre_of(values: Array) -> Array:
    """(p,) means of the first rows, which all sums are taken from; 0 for an item that none of them answers.

    Those of whole numbers are whole, so that products about them are.
    """
    if values.dtype.kind != "f":
        return np.round(values.mean(axis=0)) if len(values) else np.zeros(values.shape[1])
    seen = ~np.isnan(values)
    return np.where(seen, values, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)


def _patterns(seen: Array, kinds: dict[bytes, int]) -> Array:
    """(n,) the number of each row's pattern of answers, new ones added to `kinds`."""
    first, own = equal_rows(seen)
    known = np.packbits(seen[first], axis=1)
    return np.array([kinds.setdefault(row.tobytes(), len(kinds)) for row in known], dtype=int)[own]


def refuse_groups(reader: Reader, counted: RowCounts) -> None:
    """DataError for a column of groups that holds none, a single one or nearly one for each row."""
    name, count = reader.columns.group, len(counted.of_group)
    if name is None:
        return
    if count < 2:
        number = "a single group" if count else "no group"
        raise DataError(f"group column {name!r} holds {number}; at least 2 are needed")
    if count > counted.rows / 3:
        raise DataError(f"group column {name!r} holds {count} groups in {counted.rows} rows; is it an identifier?")
