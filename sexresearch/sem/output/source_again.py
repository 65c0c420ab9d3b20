"""The source of a fit, for other models of the same respondents."""

from __future__ import annotations

from sexresearch.sem.data.in_sql import AskedAgain
from sexresearch.sem.data.pieces import RowsAgain
from sexresearch.sem.data.sources import ReadOnce
from sexresearch.sem.data.streamed_categories import CategoriesAgain
from sexresearch.sem.ordinal.influence_again import InfluenceAgain
from sexresearch.sem.output.results import Results

PLAIN = ("standard", "none")  # errors and tests that moments tell


def source_again(results: Results) -> ReadOnce | None:
    """The source of a fit, read once for other models of it; None of data in memory, or where moments tell all."""
    options = results.options
    alike = options.cluster is None and options.sampling_weights is None and options.missing == "listwise"
    enough = alike and options.se in PLAIN and options.test in PLAIN
    return None if enough else source_of_fit(results)


def source_of_fit(results: Results) -> ReadOnce | None:
    """The source whose rows were added up; None of data in memory, and where sums were all that was kept."""
    sample = results.fitted.samples[0]
    again, influence = sample.again, sample.ordinal.influence if sample.ordinal is not None else None
    if isinstance(influence, InfluenceAgain) and isinstance(influence.again, CategoriesAgain):
        again = influence.again.rows
    return ReadOnce(again.reader.source) if isinstance(again, RowsAgain | AskedAgain) else None
