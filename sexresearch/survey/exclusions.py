"""Rows taken out of a survey: which ones, and why; the record stays with the survey."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.survey.wording import counted, listed

FINDINGS = ("check", "rows")  # columns by which a table of `screen` is known
ORIGIN = "survey"  # where a table of `screen` keeps which survey it is about
MOST_REASONS = 3  # reasons that a caption spells out
LONGEST = 60  # characters of a reason in a caption


@dataclass(frozen=True)
class Exclusion:
    """Rows that were taken out for one reason, by their labels.

    >>> Exclusion("speeding", (3, 8)).n
    2
    """

    because: str
    rows: tuple[Hashable, ...]

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.rows)


def fingerprint(answers: pd.DataFrame) -> int:
    """A number that tells one set of answers from another.

    >>> fingerprint(pd.DataFrame({"a": [1.0]})) == fingerprint(pd.DataFrame({"a": [2.0]}))
    False
    """
    numbers = answers.select_dtypes("number")
    hashes = pd.util.hash_pandas_object(numbers, index=True).to_numpy(dtype=np.uint64)
    placed = hashes * np.arange(1, 2 * len(hashes), 2, dtype=np.uint64)  # the order of rows counts
    return int(np.sum(placed, dtype=np.uint64))


def reasons_by_row(findings: pd.DataFrame) -> dict[Hashable, str]:
    """Why each row of a table of findings is to go: its checks, in their order there.

    >>> reasons_by_row(pd.DataFrame({"check": ["speeding", "spam"], "rows": [(1, 2), (2,)]}))
    {1: 'speeding', 2: 'speeding, spam'}
    """
    checks: dict[Hashable, list[str]] = {}
    for check, rows in zip(findings["check"], findings["rows"], strict=True):
        for row in rows:
            own = checks.setdefault(row, [])
            if check not in own:
                own.append(str(check))
    return {row: ", ".join(own) for row, own in checks.items()}


def reasons_of_rows(rows: object, because: str) -> dict[Hashable, str]:
    """The reason given for rows named by their labels; DataError where there is none, or where they are no labels."""
    if not because.strip():
        raise DataError('without needs a reason for rows named by label: because="left the company", say')
    if isinstance(rows, str | bytes) or not isinstance(rows, Iterable) or isinstance(rows, pd.DataFrame):
        given = "a frame without check and rows" if isinstance(rows, pd.DataFrame) else type(rows).__name__
        raise DataError(f"without takes the findings of screen, or labels of rows; found {given}")
    labels = list(rows)
    if labels and all(isinstance(label, bool | np.bool_) for label in labels):
        raise DataError("without takes labels of rows, not True and False: frame.index[condition] are the labels")
    return dict.fromkeys(labels, because.strip())


def grouped_by_reason(reasons: dict[Hashable, str]) -> tuple[Exclusion, ...]:
    """One exclusion per reason, in order of first appearance.

    >>> grouped_by_reason({1: "spam", 4: "speeding", 2: "spam"})
    (Exclusion(because='spam', rows=(1, 2)), Exclusion(because='speeding', rows=(4,)))
    """
    rows: dict[str, list[Hashable]] = {}
    for row, because in reasons.items():
        rows.setdefault(because, []).append(row)
    return tuple(Exclusion(because, tuple(own)) for because, own in rows.items())


def in_a_caption(exclusions: tuple[Exclusion, ...]) -> str:
    """How many rows were taken out and why; empty where none was.

    >>> in_a_caption((Exclusion("spam", (1, 2)), Exclusion("speeding", (4,))))
    '3 rows excluded: spam (2), speeding (1)'
    """
    if not exclusions:
        return ""
    total: dict[str, int] = {}
    for part in exclusions:
        total[part.because] = total.get(part.because, 0) + part.n
    ranked = sorted(total.items(), key=lambda pair: -pair[1])
    reasons = [f"{_short(because)} ({n})" for because, n in ranked[:MOST_REASONS]]
    rest = sum(n for _, n in ranked[MOST_REASONS:])
    reasons += [f"other reasons ({rest})"] if rest else []
    return f"{counted(sum(total.values()), 'row')} excluded: {', '.join(reasons)}"


def refuse_unknown(name: str, labels: Iterable[Hashable], index: pd.Index, gone: set[Hashable]) -> None:
    """DataError for labels that are neither rows of the survey nor were taken out of it before."""
    unknown = [label for label in labels if label not in gone and not _in(label, index)]
    if unknown:
        raise DataError(f"{name} has no row {listed(unknown)}")


def _in(label: Hashable, index: pd.Index) -> bool:
    try:
        return label in index
    except TypeError:
        return False


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
