"""Listing and opening data sets: the public verbs of this room."""

from __future__ import annotations

import tomllib
from typing import TypeAlias

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.datasets import bundled
from sexresearch.datasets.fetched_surveys import read_respondents
from sexresearch.datasets.published_moments import read_moments
from sexresearch.datasets.registry import Entry, entries, find
from sexresearch.sem import Moments
from sexresearch.survey import Instrument, Survey, read_survey

Dataset: TypeAlias = Survey | Moments | dict[str, Moments] | pd.DataFrame
SHOWN = ["name", "kind", "n", "what", "source", "licence"]


@in_words
def list_datasets() -> pd.DataFrame:
    """The data sets there are.

    Returns
    -------
    DataFrame
        One row per data set: name, kind, n (respondents), what, source, licence. kind is synthetic (simulated,
        bundled), summary (means, correlations and the like, bundled) or fetched (answers of respondents, downloaded
        once into the data home).

    Notes
    -----
    Nothing is fetched. Synthetic sets are marked as such wherever they are shown.

    Examples
    --------
    >>> list_datasets().kind.value_counts().to_dict()
    {'summary': 10, 'fetched': 8, 'synthetic': 5}
    """
    return pd.DataFrame([[getattr(entry, column) for column in SHOWN] for entry in entries()], columns=SHOWN)


@in_words
def load(name: str) -> Dataset:
    """The data set of that name, as what it can be used for.

    Parameters
    ----------
    name : str
        A name of `datasets.list()`.

    Returns
    -------
    Survey, Moments, dict of Moments by group, or DataFrame
        Synthetic and fetched sets come as a Survey, moments computed by us as Moments, and published tables as the
        DataFrame that was printed, variables as rows. Where a published table holds all of it, moments are one step
        away: ``Moments.from_correlations(t[t.index], t["sd"], nobs=340, mean=t["mean"])``.

    Raises
    ------
    DatasetError
        There is no such data set, or a fetched one is not to be had; the message names URL, file and folder.

    Notes
    -----
    Fetched files are checked by their SHA-256 before they are read, and kept in the folder that `SEXRESEARCH_DATA_HOME`
    names. Synthetic sets were drawn with fixed seeds.

    Examples
    --------
    >>> load("service_excellence_demo").synthetic, load("mobi_moments").nobs
    (True, 250)
    >>> float(load("dwivedi2019").loc["SAT", "alpha"])
    0.86
    """
    entry = find(name)
    if entry.kind == "fetched":
        return read_respondents(entry)
    file = bundled.path(f"data/{entry.file}")
    if entry.kind == "synthetic":
        return read_survey(file, bundled.path(f"data/{entry.codebook}"), synthetic=True)
    if entry.computed_from:
        return read_moments(file)
    return pd.read_csv(file, index_col=0).rename_axis(None)


@in_words
def codebook(name: str) -> pd.DataFrame:
    """What the columns of a data set mean, without fetching it.

    Parameters
    ----------
    name : str
        A name of `datasets.list()`.

    Returns
    -------
    DataFrame
        One row per column of the data, in the columns of `Instrument.codebook`; of published tables only column and
        wording.

    Raises
    ------
    DatasetError
        There is no such data set.

    Notes
    -----
    Nothing is computed. `datasets.list` names the source of each data set and its licence.

    Examples
    --------
    >>> codebook("gidakovic2021").query("column == 'TRUST'").wording.item()
    'trust'
    """
    entry = find(name)
    file = bundled.path(f"data/{entry.codebook}")
    if entry.kind == "summary" and not entry.computed_from:
        variables = tomllib.loads(file.read_text(encoding="utf-8"))["variables"]
        return pd.DataFrame(variables.items(), columns=["column", "wording"])
    return _used(Instrument.from_toml(file).codebook(), entry)


def _used(book: pd.DataFrame, entry: Entry) -> pd.DataFrame:
    return book[book["column"].isin(entry.variables)].reset_index(drop=True) if entry.variables else book
