"""The data of a study, opened: a survey, or moments, and what they were made from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from sexresearch.datasets import bundled, load
from sexresearch.datasets.fetching import data_home
from sexresearch.datasets.registry import find
from sexresearch.errors import StudyError
from sexresearch.sem import Moments
from sexresearch.study.study_file.study_parts import Study, StudyData
from sexresearch.survey import Survey, read_survey

Given: TypeAlias = Survey | Moments | dict[str, Moments] | str
DIAGONAL = 1e-9  # by how much the diagonal of correlations may differ from 1


@dataclass(frozen=True)
class OpenedData:
    """Data as they were opened: answers, their table, or moments, with their SHA-256 and a caption for documents."""

    given: Given
    sha256: str
    caption: str


def absent(study: Study) -> str:
    """Why the data of the study are not on this machine; empty where they are. Nothing is fetched."""
    if not study.data.dataset:
        return ""
    entry = find(study.data.dataset)
    if entry.kind != "fetched" or (data_home() / entry.file).exists():
        return ""
    return f"data not here: sexresearch fetch {entry.name}"


def opened(study: Study) -> OpenedData:
    """The data of a study; DataError, DatasetError or StudyError where they cannot be had."""
    data = study.data
    if data.file:
        survey = read_survey(
            data.file,
            data.questionnaire,
            sheet=data.sheet,
            header=data.header,
            separator=data.separator,
            decimal=data.decimal,
            thousands=data.thousands,
            synthetic=data.synthetic,
        )
        return OpenedData(survey, survey.source.sha256 or "", survey.caption)
    if data.table:
        made = " (SYNTHETIC)" if data.synthetic else ""
        table = data.table.partition("#")[2]
        named = f"{data.table_path.name}{', table ' if table else ''}{table}"
        return OpenedData(data.table, _digest_of_table(data.table_path), f"{named}{made}")
    if data.names:
        digest = hashlib.sha256(data.lower.encode()).hexdigest()
        return OpenedData(_printed(_inline(data), data), digest, f"{study.citation or study.title}, printed table")
    return _dataset(data) if data.dataset else _table(data)


def _dataset(data: StudyData) -> OpenedData:
    loaded, entry = load(data.dataset), find(data.dataset)
    if isinstance(loaded, Survey):
        return OpenedData(loaded, loaded.source.sha256 or entry.sha256, loaded.caption)
    digest = _digest(bundled.path(f"data/{entry.file}"))
    if isinstance(loaded, pd.DataFrame):
        return OpenedData(_printed(loaded, data), digest, f"{entry.name}: {entry.source}, printed table")
    caption = f"{entry.name}: {entry.source}, moments"
    if isinstance(loaded, Moments):
        return OpenedData(_likelihood(loaded, data), digest, caption)
    return OpenedData({label: _likelihood(moments, data) for label, moments in loaded.items()}, digest, caption)


def _table(data: StudyData) -> OpenedData:
    assert data.moments is not None
    frame = pd.read_csv(data.moments)
    if "variable" not in frame:
        raise StudyError(f"{data.moments.name} needs a column 'variable' with the names of its rows")
    digest, caption = _digest(data.moments), f"{data.moments.name}, printed table"
    if "group" not in frame:
        return OpenedData(_printed(_named(frame), data), digest, caption)
    blocks = frame.groupby("group", sort=False)
    return OpenedData(
        {str(g): _printed(_named(rows.drop(columns="group")), data) for g, rows in blocks}, digest, caption
    )


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index("variable").rename_axis(None)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest_of_table(path: Path) -> str:
    """Of a file, or of all files of a folder in the order of their names."""
    whole = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            with file.open("rb") as opened_file:
                whole.update(hashlib.file_digest(opened_file, "sha256").digest())
    return whole.hexdigest()


def _inline(data: StudyData) -> pd.DataFrame:
    size, names = len(data.names), list(data.names)
    full = np.zeros((size, size))
    full[np.tril_indices(size)] = [float(cell) for cell in data.lower.replace(",", " ").split()]
    full = np.tril(full) + np.tril(full, -1).T
    frame = pd.DataFrame(full, index=names, columns=names)
    for key in ("mean", "sd"):
        if getattr(data, key):
            frame[key] = getattr(data, key)
    return frame


def _printed(frame: pd.DataFrame, data: StudyData) -> Moments:
    """Moments from a printed table: covariances, or correlations with standard deviations (else 1)."""
    nobs = data.nobs or next((int(frame[key].iloc[0]) for key in ("nobs", "n") if key in frame), None)
    if nobs is None:
        raise StudyError("the table does not say how many respondents it rests on; give 'nobs' under [data]")
    matrix = frame.reindex(columns=frame.index).astype(float)
    mean = frame["mean"].astype(float) if "mean" in frame else None
    if data.kind in ("covariances", "moments"):
        return _likelihood(Moments(matrix, nobs, mean), data)
    if data.kind == "correlations and SDs" and "sd" not in frame:
        raise StudyError("kind 'correlations and SDs' needs standard deviations: a column or key 'sd'")
    off = [str(name) for name in matrix.index if abs(matrix.loc[name, name] - 1) > DIAGONAL]
    if off:
        raise StudyError(f"correlations have a diagonal of 1; that of {', '.join(off)} is another: covariances?")
    ones = pd.Series(1.0, index=matrix.index)
    sd = frame["sd"].astype(float) if data.kind == "correlations and SDs" else ones
    return _likelihood(Moments.from_correlations(matrix, sd, nobs, mean), data)


def _likelihood(moments: Moments, data: StudyData) -> Moments:
    """Under "wishart" the moments whose normal likelihood is that of n - 1 degrees of freedom."""
    if data.likelihood == "normal":
        return moments
    n = moments.nobs - 1
    return Moments(moments.cov * (n / (n - 1)), n, moments.mean)
