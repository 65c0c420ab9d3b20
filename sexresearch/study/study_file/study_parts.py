"""The parts of a study, as frozen values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from sexresearch.chain.views.chain_model import ChainView
from sexresearch.frozen import by_value
from sexresearch.sem import Fitting
from sexresearch.sem.view import EqualAcrossGroups

Kind = Literal["raw data", "moments", "covariances", "correlations and SDs", "correlations", "HTMT"]
KINDS: tuple[str, ...] = get_args(Kind)
LIKELIHOODS = ("normal", "wishart")
DUCKDB = "duckdb://"
BY = ("fit", "pls", "pls_mode_b", "pls_factorial", "pls_centroid")
VIEWS = get_args(ChainView)


@dataclass(frozen=True)
class StudyData:
    """Where the numbers of a study come from: one of a file of answers, a table, a registered data set, moments.

    table : a Parquet file or folder, or "duckdb://FILE#TABLE", read in pieces. kind : what the source gives. sheet,
    header, separator, decimal, thousands : of a file, as in `read_survey`. names, lower, sd, mean, nobs : a table
    written into the study itself, `lower` its lower triangle with the diagonal, as papers print it. decimals : to which
    the table is printed; what rounding leaves open is then part of the tolerances.
    likelihood : "wishart" divides by n - 1, as LISREL, EQS, Amos and SAS do.
    """

    kind: str
    dataset: str = ""
    file: Path | None = None
    table: str = ""
    sheet: str | None = None
    header: int | None = None
    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    questionnaire: Path | None = None
    synthetic: bool = False
    moments: Path | None = None
    names: tuple[str, ...] = ()
    lower: str = ""
    sd: tuple[float, ...] = ()
    mean: tuple[float, ...] = ()
    nobs: int | None = None
    decimals: int | None = None
    likelihood: str = "normal"

    @property
    def table_path(self) -> Path:
        """The file or folder of the table."""
        return Path(self.table.removeprefix(DUCKDB).partition("#")[0])


@dataclass(frozen=True)
class Cleaning:
    """Which rows are left out before the fit, and why.

    keep : answers that count, by column. checks : those of `screen` whose rows go. rows : labels of rows that go.
    """

    because: str = ""
    keep: tuple[tuple[str, tuple[object, ...]], ...] = ()
    checks: tuple[str, ...] = ()
    rows: tuple[int | str, ...] = ()


@dataclass(frozen=True)
class StudyModel:
    """The model: its text, or a view of the effect chain that the questionnaire measures."""

    text: str = ""
    view: str = ""
    higher_order: str = "factor"


@dataclass(frozen=True)
class PublishedNumber:
    """One printed number.

    quantity : its name, as "loyalty ~ satisfaction". what : what is printed of it, as "std_all". where : place in
    print. by : "fit", or "pls" for partial least squares: mode A, path weighting ("pls_mode_b", "pls_factorial",
    "pls_centroid": otherwise).
    decimals : printed; half of the last one is the tolerance where `tolerance` is NaN. verified : whether the print was
    seen. reason : explains a difference. cannot : why it cannot be computed from these data.
    """

    quantity: str
    what: str
    value: float
    where: str
    decimals: int = 2
    tolerance: float = math.nan
    verified: bool = True
    group: str = ""
    by: str = "fit"
    reason: str = ""
    cannot: str = ""


@by_value
@dataclass(frozen=True, eq=False)
class Study:
    """A study as `read_study` reads it: data, cleaning, model, fit and the numbers that were published.

    name : of its folder. sha256 : of the file. group, group_equal, group_partial : as those of `fit`; the other options
    of the fit are in `fitting`.
    """

    name: str
    folder: Path
    sha256: str
    title: str
    data: StudyData
    model: StudyModel
    citation: str = ""
    doi: str = ""
    seen: str = ""
    note: str = ""
    cleaning: Cleaning = field(default_factory=Cleaning)
    fitting: Fitting = field(default_factory=Fitting)
    group: str | None = None
    group_equal: tuple[EqualAcrossGroups | str, ...] = ()
    group_partial: tuple[str, ...] = ()
    published: tuple[PublishedNumber, ...] = ()
