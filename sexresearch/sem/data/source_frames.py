"""A source for what is no fit: some of its columns as frames, or sums that its warehouse makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from sexresearch.errors import DataError
from sexresearch.sem.data.asked_table import AskedTable
from sexresearch.sem.data.sources import IbisSource, Rows, Source, as_frame, columns_behind, source_behind


@dataclass(frozen=True)
class SourceFrames:
    """A source for what is no fit: its columns, some of them as one frame after the other."""

    source: Source

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return self.source.names

    @property
    def label(self) -> str:
        """What messages call it."""
        return getattr(self.source, "label", "the table")

    @property
    def warehouse(self) -> AskedTable | None:
        """Its table, where the rows are to stay in a warehouse that is asked for sums; else None."""
        return AskedTable(self.source.native) if isinstance(self.source, IbisSource) else None

    @property
    def files(self) -> tuple[str, ...]:
        """The files that are known to hold it."""
        return tuple(getattr(getattr(self.source, "table", None), "files", ()))

    def behind(self, names: Sequence[str]) -> list[str]:
        """The columns that make up those of a model; DataError names those that are not there."""
        chosen = columns_behind(names, self.names)
        if chosen is None:
            absent = [name for name in names if columns_behind([name], self.names) is None]
            raise DataError(f"columns not in the data: {absent}; {self.label} has {[*self.names][:20]}")
        return chosen

    def pieces(self, names: Sequence[str]) -> Iterator[Rows]:
        """The rows, many at a time: record batches where Arrow stands behind them, frames where not."""
        yield from self.source.pieces(names)

    def frames(self, names: Sequence[str]) -> Iterator[pd.DataFrame]:
        """The rows, many at a time."""
        yield from (as_frame(rows) for rows in self.source.pieces(names))


def source_frames(data: object) -> SourceFrames | None:
    """The source that `data` names or is; None where it is in memory or none at all."""
    source = source_behind(data)
    return None if source is None else SourceFrames(source)
