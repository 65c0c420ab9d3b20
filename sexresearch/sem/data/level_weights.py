"""Weights at two levels: those of rows within their cluster, and those of clusters, from rows or from sums of clusters.

A row's likelihood given its cluster has the power of its own weight, scaled to sum to the cluster's rows; a cluster's
has the power of its weight (Asparouhov 2006, doi 10.1080/03610920500476598). What they are scaled by follows from
sums of each cluster, whether its rows are held or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.frozen import by_value
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.rows_used import group_prefix
from sexresearch.sem.data.sampling_weights import WeightFacts, refuse_wrong, uneven, wrong_weights
from sexresearch.sem.data.totals import sorted_keys

ALIKE = 1e-9  # of weights within a cluster, which are 1 on average: differences that are rounding


@dataclass(frozen=True)
class ClusterWeights:
    """Of each cluster of one group (J,): its rows, their weights in sums and ends, and the weights it has itself.

    total, squares : sums of weights and of their squares. heaviest_row, first_row : the row that bears the largest
    weight, and the first one. least, most : of the weights of the cluster, which should be one.
    """

    label: object
    rows: Array
    total: Array
    squares: Array
    lightest: Array
    heaviest: Array
    heaviest_row: Array | pd.Index
    least: Array
    most: Array
    first_row: Array | pd.Index

    @classmethod
    def of(cls, answers: Answers, codes: Array) -> ClusterWeights:
        """Those of rows with the numbers `codes` (n,) of their clusters; every weight that is not given is 1."""
        ones, first = np.ones(len(codes)), np.unique(codes, return_index=True)[1]
        own = ones if answers.weights is None else answers.weights
        above = ones if answers.cluster_weights is None else answers.cluster_weights
        (low, high), (least, most) = (_ends(x, codes, len(first)) for x in (own, above))
        at = np.full(len(first), len(codes))
        np.minimum.at(at, codes, np.where(own == high[codes], np.arange(len(codes)), len(codes)))
        sums = np.bincount(codes), np.bincount(codes, own), np.bincount(codes, own * own)
        return cls(answers.label, *sums, low, high, answers.index[at], least, most, answers.index[first])


def _ends(values: Array, codes: Array, count: int) -> tuple[Array, Array]:
    """The lowest and the highest of the values (n,) of each cluster."""
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, codes, values)
    np.maximum.at(high, codes, values)
    return low, high


@by_value
@dataclass(frozen=True)
class WeightEnds:
    """By unit, a group's cluster: its first row, the lowest weight of its rows, and the weights of the unit itself.

    keys (units,), in order. ends (units, 4) : number of the first row, lowest weight of a row, lowest weight of the
    unit and less its highest. wrong : how many weights of units cannot be used.
    """

    keys: Array
    ends: Array
    wrong: Counter[str]

    @classmethod
    def of_none(cls) -> WeightEnds:
        """Those before a row was read."""
        return cls(np.zeros(0, dtype=np.int64), np.zeros((0, 4)), Counter())

    def with_rows(self, keys: Array, numbers: Array, weights: Array | None, above: Array | None) -> WeightEnds:
        """The same with rows of the units `keys` (n,), their numbers in the source and both weights."""
        if not len(keys):
            return self
        wrong = self.wrong if above is None else self.wrong + wrong_weights(above)
        w, v = (np.ones(len(keys)) if x is None else x for x in (weights, above))
        keys = np.append(self.keys, keys)
        rows = np.concatenate([self.ends, np.column_stack([numbers, w, v, -v])])
        order = sorted_keys(keys)
        starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
        return WeightEnds(keys[order[starts]], np.minimum.reduceat(rows[order], starts, axis=0), wrong)

    def of(self, keys: Array) -> tuple[Array, Array, Array, Array]:
        """First row, lowest weight of a row, lowest and highest weight of the unit, of some units."""
        first, low, least, most = self.ends[np.searchsorted(self.keys, keys)].T
        return first.astype(int), low, least, -most


def level_weighed(groups: Sequence[Answers], name: str | None, above: str | None) -> tuple[list[Answers], list[str]]:
    """The groups with one weight a row, that of its cluster times its own within the cluster, and notes.

    `name` and `above` are the columns of the two weights. DataError where one of them cannot be used, or all of a
    cluster are 0.
    """
    if name is None and above is None:
        return list(groups), []
    for column, kind, parts in (
        (name, "sampling weights", [group.weights for group in groups]),
        (above, "cluster weights", [group.cluster_weights for group in groups]),
    ):
        if column is not None:
            refuse_wrong(wrong_weights(np.concatenate([np.asarray(part) for part in parts])), column, kind)
    groups = [_near_one(group) for group in groups]
    codes = [np.unique(np.asarray(group.clusters), return_inverse=True)[1] for group in groups]
    scales, notes = level_scales([ClusterWeights.of(*pair) for pair in zip(groups, codes, strict=True)], name, above)
    made = []
    for group, own, scale in zip(groups, codes, scales, strict=True):
        weights = scale[own] if group.weights is None else group.weights * scale[own]
        made.append(replace(group, weights=weights, cluster_weights=None))
    return made, notes


def _near_one(group: Answers) -> Answers:
    """The group with weights of at most 1, so that no square of one is beyond the numbers there are."""
    if group.weights is None or not np.max(group.weights):
        return group
    return replace(group, weights=group.weights / np.max(group.weights))


def level_scales(
    groups: Sequence[ClusterWeights], name: str | None, above: str | None
) -> tuple[list[Array], list[str]]:
    """What the weights of the rows of every cluster (J,) are multiplied by, and notes; what `level_weighed` refuses.

    Weights within a cluster sum to its rows; those of clusters are scaled so that all products sum to the rows of all
    groups.
    """
    made, notes = [], list[str]()
    if above is not None:
        for own in groups:
            _refuse_wrong_clusters(own, above)
    largest = max(float(np.max(own.least)) for own in groups)
    for own in groups:
        scale = np.ones(len(own.rows)) if name is None else _to_rows(own.total, own.rows, name)
        notes += [] if name is None else _scale_notes(own, scale, name)
        if above is not None:
            scale = scale * (own.least / largest)
            notes += _said_of_clusters(own, above)
        made.append(scale)
    weight = sum(float(own.total @ scale) for own, scale in zip(groups, made, strict=True))
    share = sum(int(own.rows.sum()) for own in groups) / weight
    return [scale * share for scale in made], notes


def within_clusters(answers: Answers, name: str | None) -> Answers:
    """The answers with weights that sum to its number of rows in every cluster, whatever the clusters weigh."""
    if name is None:
        return answers
    weights, codes = np.asarray(answers.weights), np.unique(np.asarray(answers.clusters), return_inverse=True)[1]
    refuse_wrong(wrong_weights(weights), name)
    scale = _to_rows(np.bincount(codes, weights), np.bincount(codes), name)
    return replace(answers, weights=weights * scale[codes], cluster_weights=None)


def _to_rows(total: Array, rows: Array, name: str) -> Array:
    """(J,) what makes weights sum to the number of rows in every cluster."""
    empty = int((total == 0).sum())
    if empty:
        raise DataError(
            f"sampling weights {name!r} are all zero in {empty} of {len(total)} clusters; drop these clusters"
        )
    return np.asarray(rows / total)


def _scale_notes(own: ClusterWeights, scale: Array, name: str) -> list[str]:
    """What is said of weights within clusters that change nothing, or by which few rows count."""
    where, notes = group_prefix(own.label), []
    high = own.heaviest * scale
    if np.max(high) - np.min(own.lightest * scale) < ALIKE:
        notes.append(
            f"{where}sampling weights {name!r} are the same in all rows of a cluster, so that "
            "they change nothing; weights of whole clusters are named in cluster_weights="
        )
    top = int(np.argmax(high))
    with np.errstate(invalid="ignore"):  # squares beyond the numbers there are
        squares = float(own.squares @ scale**2)
    facts = WeightFacts(int(own.rows.sum()), float(own.total @ scale), squares, float(high[top]), own.heaviest_row[top])
    return notes + uneven(facts, name, where)


def _refuse_wrong_clusters(own: ClusterWeights, name: str) -> None:
    where, count = f"{group_prefix(own.label)}cluster weights {name!r}", len(own.rows)
    several, none = int((own.least != own.most).sum()), int((own.least == 0).sum())
    if several:
        raise DataError(f"{where} vary within {several} of {count} clusters; give each cluster one weight")
    if none:
        raise DataError(f"{where} are 0 in {none} of {count} clusters; drop these")


def _said_of_clusters(own: ClusterWeights, name: str) -> list[str]:
    """What is said of the weights of clusters, named by the first of their rows."""
    weights = own.least / float(np.max(own.least))
    top = int(np.argmax(weights))
    squares, row = float(weights @ weights), own.first_row[top]
    facts = WeightFacts(len(weights), float(weights.sum()), squares, float(weights[top]), row)
    return uneven(facts, name, group_prefix(own.label), "cluster")
