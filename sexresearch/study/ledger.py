"""The ledger of published cases: every one in `data/cases`, run again, as a table and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.datasets import bundled
from sexresearch.document import write
from sexresearch.errors import StudyError
from sexresearch.frozen import by_value
from sexresearch.study.comparison_pages import ledger_document
from sexresearch.study.replication.running import StudyRun, fitted_run
from sexresearch.study.study_file.study_keys import nearest
from sexresearch.study.study_file.study_parts import Study
from sexresearch.study.study_file.study_reading import NAME, read_study

OUTCOMES = ("match", "explained", "mismatch", "cannot_recompute", "unverified")
COLUMNS = ["case", "title", "kind", "n", "numbers", *OUTCOMES]
INTRODUCTION = (
    "Published chains computed again from what was printed or can be fetched. Explained are mismatches with a known "
    "reason; unverified are numbers whose print we have not seen."
)


@by_value
@dataclass(frozen=True, eq=False)
class Ledger:
    """The published cases run again.

    `runs` in the order of their names. `table` has one row per case: case, title, kind (what the source gives), n,
    numbers (published), and how many of these match, mismatch with a reason (explained) or without one (mismatch),
    cannot_recompute, or are unverified.
    """

    runs: tuple[StudyRun, ...]
    table: pd.DataFrame

    @property
    def succeeded(self) -> bool:
        """Whether no mismatch is without a reason."""
        return bool((self.table["mismatch"] == 0).all())

    @property
    def totals(self) -> dict[str, int]:
        """Published numbers of all cases by outcome."""
        return {name: int(self.table[name].sum()) for name in ("numbers", *OUTCOMES)}

    @in_words
    def write(self, path: str | Path) -> Path:
        """Write the ledger as a document.

        Parameters
        ----------
        path : str or Path
            Where to write it; the suffix names the format: .html, .docx, .xlsx, .pptx or .tex.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        OptionError
            The suffix is another one.
        """
        return write(ledger_document(self.runs, self.table, INTRODUCTION), path)


@in_words
def list_cases() -> pd.DataFrame:
    """The published cases that come with the package.

    Returns
    -------
    DataFrame
        One row per case: case (its name), title, kind (what the source gives), numbers (published), reference.

    Notes
    -----
    Nothing is computed: `run_cases` does that.

    Examples
    --------
    >>> "lopes2024" in list_cases()["case"].tolist()
    True
    """
    studies = [_case(folder) for folder in _folders().values()]
    rows = [[s.name, s.title, s.data.kind, len(s.published), s.citation] for s in studies]
    return pd.DataFrame(rows, columns=["case", "title", "kind", "numbers", "reference"])


@in_words
def run_cases(names: Sequence[str] | None = None) -> Ledger:
    """Run published cases again; those whose data are not on this machine say so, and nothing is fetched.

    Parameters
    ----------
    names : sequence of str, optional
        Names of `list_cases`. Default: all.

    Returns
    -------
    Ledger
        The runs, and how their numbers compare with those published.

    Raises
    ------
    StudyError
        There is no case of that name.

    Notes
    -----
    A number matches where it differs by no more than its tolerance, which `run_study` explains.

    Examples
    --------
    >>> run_cases(["lopes2024"]).totals["match"]
    6
    """
    runs = tuple(fitted_run(_case(folder)) for folder in _chosen(names).values())
    return Ledger(runs, pd.DataFrame([_row(run) for run in runs], columns=COLUMNS))


def _folders() -> dict[str, Path]:
    return {file.parent.name: file.parent for file in sorted(bundled.path("data/cases").glob(f"*/{NAME}"))}


def _case(folder: Path) -> Study:
    return read_study(folder)


def _chosen(names: Sequence[str] | None) -> dict[str, Path]:
    folders = _folders()
    if names is None:
        return folders
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if name not in folders:
            raise StudyError(f"there is no case '{name}'; {nearest(str(name), folders)}")
    return {name: folders[name] for name in wanted}


def _row(run: StudyRun) -> list[object]:
    rows, study = run.comparison, run.study
    without = run.unexplained
    counts = rows["outcome"].value_counts()
    explained = int(counts.get("mismatch", 0)) - len(without)
    counted = study.data.likelihood == "wishart"  # of which one is not counted
    n = None if run.results is None else run.results.nobs + counted
    computed = {"explained": explained, "mismatch": len(without)}
    numbers = [computed.get(name, int(counts.get(name, 0))) for name in OUTCOMES]
    return [study.name, study.title, study.data.kind, n, len(rows), *numbers]
