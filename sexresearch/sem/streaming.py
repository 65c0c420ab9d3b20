"""A model fitted to a table that is read in pieces: from sums where the options allow, without holding a row."""

from __future__ import annotations

import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.sem.data.observed import Columns
from sexresearch.sem.data.ordered_columns import is_ordered
from sexresearch.sem.data.pieces import Reader
from sexresearch.sem.data.sources import Source, columns_behind, source_of
from sexresearch.sem.data.streamed import Streamed, streamed
from sexresearch.sem.data.totals import TooManyUnits
from sexresearch.sem.estimation.estimate import columns_of
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.estimation.settled import settled
from sexresearch.sem.language.model import Model


def from_pieces(model: Model, data: object, requested: Options, engine: str, method: str) -> Streamed | None:
    """The sums of a table that is read in pieces; None for a table in memory, and where the options need the rows."""
    source = None if isinstance(data, pd.DataFrame) or hasattr(data, "answers") else source_of(data)
    asks_rows = model.with_thresholds or model.statements.levels
    if source is None or asks_rows or engine != "native" or method != "joint":
        return None
    try:
        options = settled(requested, has_rows=True, means_wanted=False)
    except OptionError:
        return None
    columns = columns_of(model, requested)
    if options.se == "bootstrap" or options.missing == "pairwise" or _has_categories(source, columns):
        return None
    if options.ordered:
        return None
    try:
        return streamed(Reader(source, columns), gaps=options.missing == "fiml")
    except TooManyUnits:
        return None


def _has_categories(source: Source, columns: Columns) -> bool:
    """Whether an item is of ordered categories by its type, or a column in use is absent, which is said of the rows."""
    beside = [name for name in (columns.group, columns.cluster, columns.weights) if name is not None]
    chosen = columns_behind([*columns.items, *beside], source.names)
    if chosen is None or any(not isinstance(name, str) for name in beside):
        return True
    first = next(iter(source.pieces(chosen)), None)
    return first is None or any(is_ordered(kind) for kind in first.dtypes)
