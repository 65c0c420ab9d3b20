"""A model fitted to a table that is read in pieces: from sums where the options allow, without holding a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.sem.data.in_sql import summed_in_sql
from sexresearch.sem.data.ordered_columns import ordered_names
from sexresearch.sem.data.pieces import Reader
from sexresearch.sem.data.sources import IbisSource, ReadOnce, Source, columns_behind, source_behind
from sexresearch.sem.data.streamed import GROUP, SourceSums, streamed
from sexresearch.sem.data.streamed_categories import streamed_categories, typed_levels
from sexresearch.sem.data.totals import TooManyUnits
from sexresearch.sem.estimation.estimate import columns_of
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.estimation.settled import settled
from sexresearch.sem.fitting import Fitting, options_of
from sexresearch.sem.language.model import Model

PLAIN = ("standard", "none")  # errors that need no scores
STAYING = (
    "{what}: this needs the answers themselves, and those of an Ibis table stay in the warehouse, which makes sums "
    "alone. Fit a copy of it: table.to_parquet('answers.parquet')"
)
READ = (
    "{what}: sums do not tell what this needs, so that every row of the columns in use is read into memory, which "
    "grows with the rows"
)


def from_pieces(
    model: Model, data: object, requested: Options, engine: str, method: str, costs: Callable[[str], object]
) -> SourceSums | None:
    """The sums of a table that is read in pieces; None for a table in memory, and where the options need the rows.

    `costs` is told where sums would be no smaller than the rows, which are then read into memory.
    """
    source = source_behind(data)
    if source is None:
        return None
    if not isinstance(data, ReadOnce):
        return _summed(model, source, requested, engine, method, costs)
    shared = replace(requested, group_equal=(), group_partial=())
    key = columns_of(model, requested), bool(model.statements.levels), shared, engine, method
    if key not in data.known:
        data.known[key] = _summed(model, source, requested, engine, method, costs)
    return data.known[key]


def rows_by_group(model: Model, data: object, fitting: Fitting, group: str) -> dict[object, int] | None:
    """How many rows of each group take part in a fit; None where no sums tell."""
    requested = options_of(fitting, group)
    sums = from_pieces(model, data, requested, "native", "joint", str)
    if sums is None:
        return None
    numbers, rows = sums.totals.keys // GROUP, sums.totals.rows
    return {
        label: int(rows[: len(numbers)][numbers == number].sum())
        for number, label in zip(sums.groups, sums.labels, strict=True)
    }


def _summed(
    model: Model, source: Source, requested: Options, engine: str, method: str, costs: Callable[[str], object]
) -> SourceSums | None:
    levels, beyond = bool(model.statements.levels), engine != "native" or method != "joint"
    if (beyond or levels) and isinstance(source, IbisSource):
        raise OptionError(STAYING.format(what="a model of two levels, another engine or method='sam'"))
    if beyond:
        costs(READ.format(what="another engine or method='sam'"))
        return None
    columns = columns_of(model, requested)
    reader = Reader(source, columns)
    first = _first_rows(reader)
    if first is None:
        return None
    ordered, notes = ordered_names(model, first, requested.ordered)
    try:
        options_wanted = replace(requested, ordered=tuple(ordered), two_level=levels)
        options = settled(options_wanted, has_rows=True, means_wanted=False)
    except OptionError:
        return None
    if isinstance(source, IbisSource):
        return replace(_of_warehouse(reader, options), category_notes=tuple(notes))
    bootstrapped, gaps = options.se == "bootstrap", options.missing != "listwise"
    needs = {
        f"two levels with missing={options.missing!r}": levels and gaps,
        "ordered items beside others": bool(ordered) and set(ordered) != set(columns.items),
        "missing='pairwise' of items that are not ordered": options.missing == "pairwise" and not ordered,
        "bootstrapped errors": bootstrapped and not _draws_clusters(options, levels),
    }
    what = [words for words, wanted in needs.items() if wanted]
    if what or (levels and ordered):
        costs(READ.format(what=" and ".join(what or ["two levels"])))
        return None
    try:
        if levels:
            return replace(streamed(reader, gaps=False, levels=True), category_notes=tuple(notes))
        if ordered:
            reader = replace(reader, levels=typed_levels(first, ordered))
            return streamed_categories(
                reader, options.missing == "listwise", notes, options.discrepancy, options.se == "bootstrap"
            )
        return replace(sums_of(reader, gaps=options.missing == "fiml"), category_notes=tuple(notes))
    except TooManyUnits as error:
        costs(
            f"{error}: their sums would take more than 1 GB, so that every row of the columns in use is read into "
            "memory. Less memory: clusters of more rows, fewer items or missing='listwise'"
        )
        return None


def _draws_clusters(options: Options, levels: bool) -> bool:
    """Whether whole clusters can be drawn by their sums, or by tables of ordered items."""
    return options.cluster is not None and not levels and (bool(options.ordered) or options.missing == "listwise")


def sums_of(reader: Reader, gaps: bool) -> SourceSums:
    """Sums of a source: made by the warehouse that holds it, or here piece by piece."""
    return summed_in_sql(reader, gaps) if isinstance(reader.source, IbisSource) else streamed(reader, gaps)


def _of_warehouse(reader: Reader, options: Options) -> SourceSums:
    """The sums that a warehouse makes; OptionError for what needs the answers themselves."""
    gaps, clustered = options.missing == "fiml", options.cluster is not None
    needs = {
        "ordered variables": bool(options.ordered),
        "missing='pairwise'": options.missing == "pairwise",
        "bootstrap errors without clusters": options.se == "bootstrap" and (gaps or not clustered),
        f"estimator {options.estimator!r} beside missing='fiml'": gaps and options.se not in PLAIN,
    }
    what = [words for words, wanted in needs.items() if wanted]
    if what:
        raise OptionError(STAYING.format(what=" and ".join(what)))
    return sums_of(reader, gaps)


def _first_rows(reader: Reader) -> pd.DataFrame | None:
    """The first piece of the columns in use; None where one of them is absent, which is said where rows are read."""
    if any(not isinstance(name, str) for name in reader.columns.beside):
        return None
    if columns_behind(reader.wanted, reader.source.names) is None:
        return None
    if isinstance(reader.source, IbisSource):
        return pd.DataFrame({name: pd.Series(dtype=float) for name in reader.wanted})
    rows = next(reader.rows(), None)
    return None if rows is None else reader.frame(rows)
