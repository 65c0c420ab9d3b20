"""`run_study`: data opened, rows cleaned, model fitted, numbers compared, and everything written beside each other."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain import chain_model
from sexresearch.errors import SexresearchError, StudyError
from sexresearch.frozen import by_value
from sexresearch.report import report
from sexresearch.sem import Model, Moments, Results
from sexresearch.sem.view import quiet_fit
from sexresearch.study.replication.cleaned import cleaned
from sexresearch.study.replication.comparison import Computed, comparison
from sexresearch.study.replication.rounding import left_open
from sexresearch.study.replication.sources import Given, Source, absent, opened
from sexresearch.study.study_file.parts import Published, Study
from sexresearch.survey import Survey
from sexresearch.writing import write_whole


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


@in_words
def run_study(study: Study, out: str | Path | None = None) -> StudyRun:
    """Run a study: open its data, leave out the rows it says, fit its model, compare with what was published.

    Parameters
    ----------
    study : Study
        As `read_study` gives it.
    out : str or Path, optional
        Folder for ``report.html``, ``comparison.csv``, ``parameters.csv`` and ``provenance.json``. Default: nothing is
        written.

    Returns
    -------
    StudyRun
        Where registered data are not on this machine nothing is fetched: the numbers then cannot be recomputed, and the
        reason says how to get the data.

    Raises
    ------
    StudyError
        `study` is none, or a cleaning rule names what is not there.
    SexresearchError
        The data or the model cannot be used.

    Notes
    -----
    The tolerance of a number is half of its last printed decimal, unless the study gives one. Where the data are a
    printed table with `decimals`, what rounding leaves open is added: the model is fitted to 60 tables that would be
    printed alike (seeded), and three standard deviations of the computed number count.

    Examples
    --------
    >>> from sexresearch.datasets import bundled
    >>> from sexresearch.study import read_study
    >>> run = run_study(read_study(bundled.path("data/cases/lopes2024")))
    >>> run.comparison.outcome.value_counts().to_dict()
    {'match': 6, 'unverified': 2}
    """
    if not isinstance(study, Study):
        raise StudyError(f"run_study takes a Study, as in run_study(read_study(path)); found {type(study).__name__}")
    missing = absent(study)
    made = _without_data(study, missing) if missing else _with_data(study)
    return made if out is None else replace(made, files=_written(made, Path(out)))


def _without_data(study: Study, why: str) -> StudyRun:
    return StudyRun(study, None, comparison(study, Computed(None, why)), {"study_sha256": study.sha256})


def _with_data(study: Study) -> StudyRun:
    source = opened(study)
    given = cleaned(source.given, study.cleaning) if isinstance(source.given, Survey) else source.given
    model = _model(study, given)
    results = _fitted(study, model, given)
    made = Computed(results, open=_left_open(study, model, given))
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
    answers, moments = (given, None) if isinstance(given, Survey) else (None, given)
    return quiet_fit(
        model,
        answers,
        study.fitting,
        moments=moments,
        group=study.group if answers is not None else None,
        group_equal=study.group_equal,
        group_partial=study.group_partial,
    )


def _left_open(study: Study, model: Model, given: Given) -> dict[Published, float]:
    """Of the numbers whose tolerance is not given, where a printed table was rounded."""
    asked = tuple(number for number in study.published if _is_open(number))
    if not isinstance(given, Moments) or study.data.decimals is None or not asked:
        return {}
    return left_open(given, study.data.decimals, study.data.kind, lambda drawn: _fitted(study, model, drawn), asked)


def _is_open(number: Published) -> bool:
    return number.by == "fit" and not number.cannot and math.isnan(number.tolerance)


def _provenance(study: Study, source: Source, given: Given, results: Results) -> dict[str, str]:
    versions = {f"version_{name}": version for name, version in results.provenance.versions.items()}
    return {
        "study_sha256": study.sha256,
        "data": given.caption if isinstance(given, Survey) else source.caption,
        "data_sha256": source.sha256,
        "fit": str(results.provenance),
        **versions,
    }


def _written(made: StudyRun, folder: Path) -> tuple[Path, ...]:
    files = [write_whole(folder / "comparison.csv", _csv(made.comparison))]
    provenance = json.dumps(made.provenance, indent=2, ensure_ascii=False)
    files.append(write_whole(folder / "provenance.json", provenance + "\n"))
    if made.results is not None:
        files.append(write_whole(folder / "parameters.csv", _csv(made.results.parameters)))
        caption = made.provenance["data"]
        try:
            files.append(report(made.results, folder / "report.html", title=made.study.title, data=caption))
        except SexresearchError as error:
            raise StudyError(f"{made.study.name}: the report cannot be written: {error}") from error
    return tuple(files)


def _csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, lineterminator="\n")
