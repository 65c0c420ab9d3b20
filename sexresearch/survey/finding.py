"""One row of the screening table."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Finding:
    """One row of the screening table; `rows` are the labels of the rows to look at, `share` their part of all.

    >>> Finding("constant item", "sat1", detail="every answer is 7").rows
    ()
    """

    check: str
    where: str
    rows: tuple[Hashable, ...] = ()
    share: float = float("nan")
    detail: str = ""
    advice: str = ""


def about_rows(check: str, where: str, flags: pd.Series, detail: str, advice: str) -> Iterator[Finding]:
    """A finding about the rows that are flagged; none where none is.

    >>> list(about_rows("spam", "Status", pd.Series([False]), "marked", "drop the rows"))
    []
    """
    if flags.any():
        yield Finding(check, where, tuple(flags.index[flags]), float(flags.mean()), detail, advice)
