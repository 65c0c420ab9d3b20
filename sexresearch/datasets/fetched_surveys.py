"""Surveys of fetched data sets: the file as it came, columns dropped and missing codes set, checked by its codebook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from sexresearch.datasets import bundled
from sexresearch.datasets.fetching import fetched
from sexresearch.datasets.registry import Entry
from sexresearch.extras import extra
from sexresearch.survey import Instrument, Survey


def read_respondents(entry: Entry) -> Survey:
    """The survey of a fetched data set; rows are numbered from 1. Errors as `fetched`."""
    file = fetched(entry)
    answers = prepared(READERS[file.suffix](file), entry)
    return Survey.from_frame(answers, Instrument.from_toml(bundled.path(f"data/{entry.codebook}")), name=entry.name)


def prepared(frame: pd.DataFrame, entry: Entry) -> pd.DataFrame:
    """The rows and columns that are used: without `drop`, `missing` codes as NaN, one row per `one_row_per`.

    >>> from sexresearch.datasets.registry import find
    >>> prepared(pd.DataFrame({"ZIPCODE": [1001, 1002], "SATIS": [98, 7]}), find("acsi_2015")).SATIS.tolist()
    [nan, 7.0]
    """
    kept = frame.drop(columns=[name for name in entry.drop if name in frame])
    numbers = kept.select_dtypes("number").astype(float)
    kept = kept.assign(**numbers.mask(numbers.isin(entry.missing)))
    if entry.one_row_per:
        kept = kept.drop_duplicates(entry.one_row_per)
    return kept.set_axis(np.arange(1, len(kept) + 1), axis="index")


def _read_rda(file: Path) -> pd.DataFrame:
    with extra("files"):
        import rdata

    (frame,) = rdata.read_rda(file).values()
    return frame.rename(columns=str)


def _read_workbook(file: Path) -> pd.DataFrame:
    with extra("files"):
        return pd.read_excel(file)


READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": pd.read_csv,
    ".xlsx": _read_workbook,
    ".rda": _read_rda,
}
