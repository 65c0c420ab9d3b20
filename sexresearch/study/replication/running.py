"""A study run: data opened, rows cleaned, model fitted, numbers compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sexresearch.chain import chain_model
from sexresearch.errors import StudyError
from sexresearch.frozen import by_value
from sexresearch.sem import Model, Moments, Results
from sexresearch.sem.view import quiet_fit
from sexresearch.study.replication.cleaned import cleaned
from sexresearch.study.replication.comparison import Recomputation, comparison
from sexresearch.study.replication.opened_data import Given, OpenedData, absent, opened
from sexresearch.study.replication.rounding import left_open
from sexresearch.study.study_file.study_parts import Cleaning, PublishedNumber, Study
from sexresearch.survey import Survey


@by_value
@dataclass(frozen=True, eq=False)
class StudyRun:
    """What came of running a study.

    `results` is the fit, None where there is none; `comparison` has one row per published number: quantity, published,
    computed, difference, tolerance, outcome (match, mismatch, cannot_recompute, unverified), reason, printed (where).
    `provenance` says what it rests on: SHA-256 of study and data, rows left out and why, versions, estimator. `files`
    are those written. `survey` : the answers that were fitted, None where the data are moments.
    """

    study: Study
    results: Results | None
    comparison: pd.DataFrame
    provenance: dict[str, str]
    files: tuple[Path, ...] = ()
    survey: Survey | None = None

    @property
    def unexplained(self) -> pd.DataFrame:
        """The mismatches for which the study gives no reason."""
        rows = self.comparison
        return rows[(rows["outcome"] == "mismatch") & (rows["reason"] == "")].reset_index(drop=True)

    @property
    def succeeded(self) -> bool:
        """Whether no mismatch is without a reason, and the fit converged where numbers rest on it."""
        rests = not self.study.published or any(number.by == "fit" for number in self.study.published)
        return self.results is not None and self.unexplained.empty and (self.results.converged or not rests)


def fitted_run(study: Study) -> StudyRun:
    """The study run; nothing is fetched, and nothing written."""
    missing = absent(study)
    return _without_data(study, missing) if missing else _with_data(study)


def _without_data(study: Study, why: str) -> StudyRun:
    return StudyRun(study, None, comparison(study, Recomputation(None, why)), {"study_sha256": study.sha256})


def _with_data(study: Study) -> StudyRun:
    source = opened(study)
    given = cleaned(source.given, study.cleaning) if isinstance(source.given, Survey) else source.given
    if isinstance(given, str) and study.cleaning != Cleaning():
        raise StudyError(f"{study.name}: [cleaning] leaves rows of a file out; a table is fitted as it is")
    model = _model(study, given)
    results = _fitted(study, model, given)
    made = Recomputation(results, open=_left_open(study, model, given))
    survey = given if isinstance(given, Survey) else None
    provenance = _provenance(study, source, given, results)
    return StudyRun(study, results, comparison(study, made), provenance, survey=survey)


def _model(study: Study, given: Given) -> Model:
    if study.model.text:
        return Model(study.model.text)
    instrument = given.instrument if isinstance(given, Survey) else None
    if instrument is None:
        raise StudyError(f"{study.name}: a view of the chain needs answers with a questionnaire")
    return chain_model(instrument, study.model.view, higher_order=study.model.higher_order)  # type: ignore[arg-type]


def _fitted(study: Study, model: Model, given: Given) -> Results:
    answers, moments = (given, None) if isinstance(given, Survey | str) else (None, given)
    return quiet_fit(
        model,
        answers,
        study.fitting,
        moments=moments,
        group=study.group if answers is not None else None,
        group_equal=study.group_equal,
        group_partial=study.group_partial,
    )


def _left_open(study: Study, model: Model, given: Given) -> dict[PublishedNumber, float]:
    """Of the numbers whose tolerance is not given, where a printed table was rounded."""
    wanted = tuple(number for number in study.published if _is_open(number))
    if not isinstance(given, Moments) or study.data.decimals is None or not wanted:
        return {}
    return left_open(
        given, study.data.decimals, study.data.kind, lambda redrawn: _fitted(study, model, redrawn), wanted
    )


def _is_open(number: PublishedNumber) -> bool:
    return number.by == "fit" and not number.cannot and math.isnan(number.tolerance)


def _provenance(study: Study, source: OpenedData, given: Given, results: Results) -> dict[str, str]:
    versions = {f"version_{name}": version for name, version in results.provenance.versions.items()}
    return {
        "study_sha256": study.sha256,
        "data": given.caption if isinstance(given, Survey) else source.caption,
        "data_sha256": source.sha256,
        "fit": str(results.provenance),
        **versions,
    }
