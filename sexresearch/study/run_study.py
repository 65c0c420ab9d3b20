"""`run_study`: a study run, and everything written beside each other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.document import write
from sexresearch.document.write import writable
from sexresearch.errors import StudyError
from sexresearch.study.comparison_pages import study_document
from sexresearch.study.replication.running import StudyRun, fitted_run
from sexresearch.study.study_file.study_parts import Study
from sexresearch.writing import write_whole


@in_words
def run_study(study: Study, out: str | Path | None = None, report: str = "report.html") -> StudyRun:
    """Run a study: open its data, leave out the rows it says, fit its model, compare with what was published.

    Parameters
    ----------
    study : Study
        As `read_study` gives it.
    out : str or Path, optional
        Folder for the report, ``comparison.csv``, ``parameters.csv`` and ``provenance.json``. Default: nothing is
        written.
    report : str
        Name of the report; its suffix names the format (.html, .docx, .pptx, .xlsx, .tex).

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
        The data or the model cannot be used, or the report's suffix is another one.

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
    if out is None:
        return fitted_run(study)
    writable(report, "a report")
    made = fitted_run(study)
    return replace(made, files=_written(made, Path(out), report))


def _written(made: StudyRun, folder: Path, report: str) -> tuple[Path, ...]:
    provenance = json.dumps(made.provenance, indent=2, ensure_ascii=False)
    files = [
        write(study_document(made), folder / report),
        write_whole(folder / "comparison.csv", _csv(made.comparison)),
        write_whole(folder / "provenance.json", provenance + "\n"),
    ]
    if made.results is not None:
        files.append(write_whole(folder / "parameters.csv", _csv(made.results.parameters)))
    return tuple(files)


def _csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, lineterminator="\n")
