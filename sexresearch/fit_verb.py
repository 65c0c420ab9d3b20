"""The verb `fit`: a model and answers in, the summary out; and what other verbs share with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from sexresearch import datasets
from sexresearch.errors import OptionError
from sexresearch.extras import extra
from sexresearch.file_options import Decimal, FileReading, Header, Separator, Sheet, Thousands
from sexresearch.sem import PARQUET_FILES, Fitting, Model, Moments, Results, fit_many, table_named
from sexresearch.sem.view import quiet_fit
from sexresearch.survey import Survey
from sexresearch.survey.dialect import decode
from sexresearch.terminal import Screen, print_frame, records, say, shape

ModelFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Text file with the model.")]
Data = Annotated[str, typer.Argument(help="Survey file, or the name of a data set.")]
Codebook = Annotated[
    Path | None, typer.Option("-i", "--instrument", exists=True, dir_okay=False, help="TOML codebook of the survey.")
]
Estimator = Annotated[str | None, typer.Option(help="ML, MLR, …; WLSMV for ordered items.")]
Missing = Annotated[str, typer.Option(help="listwise or fiml")]
Group = Annotated[str | None, typer.Option(help="Column of the groups.")]
Ordered = Annotated[
    str, typer.Option(help="Items taken as ordered categories, with commas between; all for every one.")
]
Cluster = Annotated[str | None, typer.Option(help="Column of the clusters.")]
ClusterWeights = Annotated[str | None, typer.Option(help="Column of the clusters' weights, at two levels.")]
SamplingWeights = Annotated[str | None, typer.Option(help="Column of the respondents' weights.")]
Drop = Annotated[str, typer.Option(help="Labels of rows to leave out, with commas between.")]
PATIENCE = 10  # seconds that a scheduler may take to answer
Json = Annotated[bool, typer.Option("--json", help="Print JSON, with every digit.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV, with every digit.")]


def fit_verb(
    model: ModelFile,
    data: Data,
    instrument: Codebook = None,
    estimator: Estimator = None,
    missing: Missing = "listwise",
    group: Group = None,
    ordered: Ordered = "",
    cluster: Cluster = None,
    sampling_weights: SamplingWeights = None,
    cluster_weights: ClusterWeights = None,
    sheet: Sheet = None,
    header: Header = None,
    separator: Separator = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    drop: Drop = "",
    table: Annotated[str | None, typer.Option(help="Table of a DuckDB file or of a warehouse's address.")] = None,
    sql: Annotated[str | None, typer.Option(help="Query of it; Parquet files are the table answers.")] = None,
    by: Annotated[str | None, typer.Option(help="Column of branches, each fitted by itself.")] = None,
    dask: Annotated[str | None, typer.Option(help="Address of a Dask scheduler that shares out --by.")] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Fit a model (lavaan syntax) to a survey file, a data set, Parquet or a table, and print the summary."""
    form = shape(as_json, as_csv)
    wanted = fitting(estimator, missing, ordered, cluster, sampling_weights, cluster_weights)
    given = _given(data, instrument, FileReading(sheet, header, separator, decimal, thousands), drop, table, sql)
    if dask is not None and by is None:
        raise typer.BadParameter("--dask shares out the branches of --by: name their column")
    if by is not None:
        if group is not None:
            raise typer.BadParameter("--by fits every branch by itself: leave --group out")
        if isinstance(given, Moments | dict):
            raise typer.BadParameter("--by fits every branch by itself, and summary statistics have none")
        with _scheduler(dask) as workers:
            print_frame(fit_many(_model(model), given, by, fitting=wanted, workers=workers), form=form)
        return
    results = fitted(model, given, wanted, group)
    if form == "json":
        say(_as_json(results))
    elif form == "csv":
        print_frame(results.parameters, form=form)
    else:
        say(results.summary().within(Screen().width))


@contextmanager
def _scheduler(address: str | None) -> Iterator[object]:
    """The Dask scheduler at an address as workers; None where none is named. OptionError where none answers."""
    if address is None:
        yield None
        return
    with extra("scale"):
        from distributed import Client
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise OptionError(f"no Dask scheduler answers at {address!r}: {error}") from error
    try:
        yield client
    finally:
        client.close()


def _given(
    data: str, instrument: Path | None, reading: FileReading, drop: str, table: str | None, sql: str | None
) -> object:
    """A table that is read in pieces, where the answers are one and no codebook speaks of them; else what they hold."""
    whole = instrument is None and not drop and reading == FileReading()
    if table is not None or sql is not None or "://" in data:
        if not whole:
            raise typer.BadParameter("--table and --sql go without --instrument, --drop and what is said of a file")
        return table_named(data, table, sql)
    if whole and (Path(data).is_dir() or Path(data).suffix.lower() in PARQUET_FILES):
        return table_named(data)
    return kept(data_of(data, instrument, reading), drop)


def fitting(
    estimator: str | None,
    missing: str,
    ordered: str,
    cluster: str | None,
    sampling_weights: str | None = None,
    cluster_weights: str | None = None,
) -> Fitting:
    """Options of a fit in the words of the command."""
    items: bool | tuple[str, ...] = ordered == "all" or tuple(listed(ordered))
    return Fitting(
        estimator=estimator,
        missing=missing,
        ordered=items or None,
        cluster=cluster,
        sampling_weights=sampling_weights,
        cluster_weights=cluster_weights,
    )


def listed(text: str) -> list[str]:
    """What stands between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _model(path: Path) -> Model:
    text, _ = decode(path.read_bytes(), path.name)
    return Model(text)


def fitted(model: Path, given: object, wanted: Fitting, group: str | None) -> Results:
    """The fit; what is wrong with it stands in its summary, so no warnings."""
    if isinstance(given, Moments | dict):
        return quiet_fit(_model(model), None, wanted, moments=given, group=group)
    return quiet_fit(_model(model), given, wanted, group=group)


def kept(given: Survey | Moments | dict[str, Moments], drop: str) -> Survey | Moments | dict[str, Moments]:
    """The answers without the rows named on the command line."""
    named = listed(drop)
    if not named:
        return given
    if not isinstance(given, Survey):
        raise typer.BadParameter("--drop leaves rows out, and summary statistics have none")
    return kept_rows(given, named)


def kept_rows(given: Survey, labels: Sequence[str]) -> Survey:
    """The answers without the rows of these labels, as they are written on the command line."""
    if not labels:
        return given
    known = {str(label): label for label in given.answers.index}
    return given.without([known.get(name, name) for name in labels], because="named on the command line")


def _as_json(results: Results) -> str:
    """The fit for programs."""
    measures = {name: None if pd.isna(value) else float(value) for name, value in results.fit_measures.items()}
    document: dict[str, object] = {"converged": results.converged, "nobs": results.nobs, "fit_measures": measures}
    document |= {"parameters": json.loads(records(results.parameters)), "problems": list(results.problems)}
    return json.dumps(document | {"provenance": str(results.provenance)}, ensure_ascii=False)


def survey_of(data: str, instrument: Path | None, reading: FileReading) -> Survey:
    """The answers of respondents in a file or data set."""
    given = data_of(data, instrument, reading)
    if not isinstance(given, Survey):
        raise typer.BadParameter(f"{data} holds summary statistics, no answers of respondents")
    return given


def data_of(data: str, instrument: Path | None, reading: FileReading) -> Survey | Moments | dict[str, Moments]:
    """A survey file, or else the data set of that name."""
    if Path(data).suffix:
        return reading.survey(data, instrument)
    loaded = datasets.load(data)
    if isinstance(loaded, pd.DataFrame):
        raise typer.BadParameter(f"{data} is a published table: choose what to use of it in Python")
    return loaded
