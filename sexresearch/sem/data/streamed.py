"""Moments of a source, group by group, from sums that are added piece by piece: memory does not grow with rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.column_names import spelled_as
from sexresearch.sem.data.moments import Moments
from sexresearch.sem.data.observed import is_real
from sexresearch.sem.data.products import with_products
from sexresearch.sem.data.rows_used import dropped_note, group_prefix
from sexresearch.sem.data.sources import Source, columns_behind
from sexresearch.sem.data.sums import Sums


@dataclass
class _Running:
    """What the pieces read so far have added up to, by group label."""

    items: tuple[str, ...]
    sums: dict[object, Sums] = field(default_factory=dict)
    rows: dict[object, int] = field(default_factory=dict)
    ungrouped: int = 0

    def add(self, label: object, values: Array) -> None:
        """The rows of one group of one piece; those with gaps only count."""
        self.rows[label] = self.rows.get(label, 0) + len(values)
        full = values[~np.isnan(values).any(axis=1)]
        if len(full):
            known = self.sums.get(label)
            own = Sums.of(full, self.items, centre=None if known is None else known.centre)
            self.sums[label] = own if known is None else known + own


def streamed_moments(
    source: Source, items: tuple[str, ...], group: str | None
) -> tuple[dict[object, Moments], list[str]] | None:
    """Moments by group, in order of first appearance, of the rows without gaps, and notes; None where rows are needed.

    Rows are needed where a column holds categories, or is absent: what is wrong is then said of the rows. DataError
    where a column holds no numbers, or too few rows are complete.
    """
    wanted = [*items, *([] if group is None else [group])]
    chosen = columns_behind(wanted, source.names)
    if chosen is None:
        return None
    running = _Running(items)
    for piece in source.pieces(chosen):
        frame = with_products(spelled_as(piece, wanted), items)
        if not all(is_real(dtype) for dtype in frame[list(items)].dtypes):
            return None
        _add(running, frame, group)
    return {label: _moments(running, label) for label in running.rows}, _notes(running, group)


def _add(running: _Running, frame: pd.DataFrame, group: str | None) -> None:
    values = frame[list(running.items)].to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(values[~np.isnan(values)]).all():
        wrong = [name for name, column in zip(running.items, values.T, strict=True) if np.isinf(column).any()]
        raise DataError(f"infinite values in {wrong}. Correct or drop these columns")
    if group is None:
        running.add(None, values)
        return
    codes, labels = pd.factorize(frame[group])
    running.ungrouped += int((codes < 0).sum())
    for number, label in enumerate(labels):
        running.add(label, values[codes == number])


def _moments(running: _Running, label: object) -> Moments:
    sums = running.sums.get(label)
    nobs = 0 if sums is None else sums.nobs
    if sums is None or nobs <= len(running.items):
        raise DataError(
            f"{group_prefix(label)}{nobs} complete rows for {len(running.items)} items; more rows are needed"
        )
    return Moments.from_sums(sums)


def _notes(running: _Running, group: str | None) -> list[str]:
    lost = [f"{running.ungrouped} rows have no group in {group!r} and were dropped"] if running.ungrouped else []
    counts: Sequence[tuple[object, int]] = list(running.rows.items())
    return lost + [
        note for label, rows in counts for note in dropped_note(label, rows - running.sums[label].nobs, rows)
    ]
