"""What sampling weights sum to, decided once, after the rows are chosen; and which weights cannot be used."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.rows_used import group_prefix

ALL_BUT_ALONE = 0.99  # share of all weight from which a row leaves the others none worth speaking of
UNKNOWN = -1  # number of a row that a warehouse does not tell
UNEVEN = 0.1  # of the rows: an effective sample size below it is said


def weighed(
    groups: Sequence[Answers], name: str | None, counted: Sequence[Array] | None = None
) -> tuple[list[Answers], list[str]]:
    """The groups with sampling weights that sum to the number of rows in all groups together, and notes.

    The sum is lavaan's (`sampling.weights.normalization = "total"`); only rows that take part count, and of these the
    `counted` (one mask per group) where not all are respondents. DataError where one of them has no weight, or one row
    outweighs all others.
    """
    if name is None:
        return list(groups), []
    _refuse_unusable(groups, name)
    largest = max(float(np.max(group.weights)) for group in groups if group.weights is not None)
    if largest == 0:
        raise DataError(f"sampling weights {name!r} are all zero")
    parts = [np.asarray(group.weights) / largest for group in groups]  # so that no sum is beyond the numbers there are
    counted = [np.ones(len(part), dtype=bool) for part in parts] if counted is None else counted
    pairs = list(zip(parts, counted, strict=True))
    share = sum(float(own.sum()) for _, own in pairs) / sum(float(part[own].sum()) for part, own in pairs)
    made = [replace(group, weights=part * share) for group, part in zip(groups, parts, strict=True)]
    return made, [text for group in made for text in _uneven(group, name)]


def _refuse_unusable(groups: Sequence[Answers], name: str) -> None:
    refuse_wrong(wrong_weights(np.concatenate([np.asarray(group.weights) for group in groups])), name)


def wrong_weights(weights: Array) -> Counter[str]:
    """How many weights (n,) cannot be used, by what is wrong with them."""
    wrong = {"missing": np.isnan(weights), "infinite": np.isinf(weights), "negative": weights < 0}
    return Counter({kind: int(rows.sum()) for kind, rows in wrong.items() if rows.any()})


def refuse_wrong(wrong: Counter[str], name: str, what: str = "sampling weights") -> None:
    """DataError where some weights cannot be used."""
    kinds = [f"{kind} in {count} rows" for kind, count in wrong.items()]
    if kinds:
        raise DataError(
            f"{what} {name!r} must be numbers of at least 0 in every row; found {', '.join(kinds)}. "
            "Give these rows a weight or drop them"
        )


def _uneven(group: Answers, name: str) -> list[str]:
    weights = np.asarray(group.weights)
    heaviest = int(np.argmax(weights))
    facts = WeightFacts(
        len(weights), float(weights.sum()), float(weights @ weights), float(weights[heaviest]), group.index[heaviest]
    )
    return uneven(facts, name, group_prefix(group.label))


@dataclass(frozen=True)
class WeightFacts:
    """Of the weights of some rows: how many, their sum, that of their squares, the largest and the row with it."""

    rows: int
    total: float
    squares: float
    heaviest: float
    row: object

    @property
    def effective(self) -> float:
        """(sum w)^2 / sum w^2: how many rows of equal weight tell as much (Kish 1965, Survey Sampling, section 11.7).

        NaN where the squares are beyond the numbers there are.

        >>> WeightFacts(3, 2.0, 2.0, 1.0, row=0).effective, WeightFacts(3, 2e200, math.inf, 1e200, row=0).effective
        (2.0, nan)
        """
        return self.total * (self.total / self.squares) if 0 < self.squares < math.inf else math.nan


def uneven(facts: WeightFacts, name: str, where: str, unit: str = "row") -> list[str]:
    """What is said of weights by which few rows (or clusters) count; DataError where it is one, or none."""
    what = f"{where}{'sampling' if unit == 'row' else unit} weights {name!r}"
    if facts.heaviest == 0:
        raise DataError(f"{what} are all zero or vanish beside those of other groups")
    share = facts.heaviest / facts.total
    row = f"row {facts.row!r}" if isinstance(facts.row, str) else f"row {facts.row}"
    row = "one row" if facts.row == UNKNOWN else row if unit == "row" else f"the {unit} of {row}"
    if facts.rows > 1 and share > ALL_BUT_ALONE:
        raise DataError(
            f"{what}: {row} has {100 * share:.6g} % of all weight, so that the other "
            f"{facts.rows - 1} {unit}s hardly count. Correct its weight or drop the {unit}"
        )
    if not facts.effective < UNEVEN * facts.rows:
        return []
    return [
        f"{what} are so uneven that {facts.rows} {unit}s tell as much as {facts.effective:.1f} "
        f"of equal weight; {row} alone has {100 * share:.3g} % of it"
    ]
