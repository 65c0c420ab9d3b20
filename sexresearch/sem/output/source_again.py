"""The source of a fit, for other models of the same respondents."""

from __future__ import annotations

from sexresearch.sem.data.in_sql import AskedAgain
from sexresearch.sem.data.pieces import RowsAgain
from sexresearch.sem.data.sources import ReadOnce
from sexresearch.sem.output.results import Results

PLAIN = ("standard", "none")  # errors and tests that moments tell


def source_again(results: Results) -> ReadOnce | None:
    """The source of a fit, read once for other models of it; None of data in memory, or where moments tell all."""
    options, again = results.options, results.fitted.samples[0].again
    alike = options.cluster is None and options.sampling_weights is None and options.missing == "listwise"
    enough = alike and options.se in PLAIN and options.test in PLAIN
    return None if enough or not isinstance(again, RowsAgain | AskedAgain) else ReadOnce(again.reader.source)
