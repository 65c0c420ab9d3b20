"""A source for what is no fit: some of its columns as frames, or sums that its warehouse makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from sexresearch.sem.data.asked_table import AskedTable
from sexresearch.sem.data.sources import IbisSource, Source, as_frame, source_behind


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

    def frames(self, names: Sequence[str]) -> Iterator[pd.DataFrame]:
        """The rows, many at a time."""
        yield from (as_frame(rows) for rows in self.source.pieces(names))


def source_frames(data: object) -> SourceFrames | None:
    """The source that `data` names or is; None where it is in memory or none at all."""
    source = source_behind(data)
    return None if source is None else SourceFrames(source)
