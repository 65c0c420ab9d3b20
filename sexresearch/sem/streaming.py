"""A model fitted to a table that is read in pieces: from sums where the options allow, without holding a row."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.sem.data.moments import Moments
from sexresearch.sem.data.sources import source_of
from sexresearch.sem.data.streamed import streamed_moments
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.estimation.settled import settled
from sexresearch.sem.language.model import Model


def from_pieces(
    model: Model, data: object, requested: Options, engine: str, method: str
) -> tuple[dict[object, Moments] | None, list[str]]:
    """Moments by group of a table that is read in pieces, and notes; no moments where the options need the rows."""
    source = None if isinstance(data, pd.DataFrame) or hasattr(data, "answers") else source_of(data)
    asks_rows = requested.ordered or requested.auxiliary or model.with_thresholds or model.statements.levels
    if source is None or asks_rows or engine != "native" or method != "joint":
        return None, []
    try:
        settled(replace(requested, group=None), has_rows=False, means_wanted=False, has_sums=True)
    except OptionError:
        return None, []
    found = streamed_moments(source, model.observed, requested.group)
    return (None, []) if found is None else found
