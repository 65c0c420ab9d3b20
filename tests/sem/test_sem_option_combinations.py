"""Every combination of estimator, information, se, test and missing: as in lavaan, or refused in words."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sexresearch import sem
from sexresearch.errors import OptionError
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.estimation.settled import settled

FOLDER = Path(__file__).parents[1] / "reference" / "options"
MODEL = "f =~ x1 + x2 + x3\n g =~ x4 + x5 + x6\n g ~ f"
SHOWN = (("f", "=~", "x2"), ("g", "~", "f"), ("x1", "~~", "x1"), ("f", "~~", "f"))
ESTIMATED = 2e-4  # lavaan stops its iterations short of the minimum; standard errors follow
EVERY = 13  # of the fits that differ, these are made: all would take minutes
LEAST_SQUARES = ("ULS", "WLS", "DWLS", "WLSM", "WLSMV", "WLSMVS", "ULSM", "ULSMV", "ULSMVS")

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.fit.FitWarning")


def combinations() -> list[tuple[dict[str, str | None], str]]:
    """The options of each combination, in our spelling, and the number of lavaan's outcome, or "refused"."""
    table = pd.read_csv(FOLDER / "combinations.csv", dtype=str).melt(
        ["missing", "estimator", "information", "se"], var_name="test", value_name="outcome"
    )
    names = ["missing", "estimator", "information", "se", "test"]
    return [
        ({k: None if row[k] == "default" else row[k].replace(".", "_") for k in names}, row["outcome"])
        for row in table.to_dict("records")
    ]


def settled_or_none(options: dict[str, str | None]) -> Options | None:
    try:
        return settled(Options(**options), has_rows=True, means_wanted=False)
    except OptionError:
        return None


@cache
def everything() -> list[tuple[dict[str, str | None], Options | None, str]]:
    return [(options, settled_or_none(options), outcome) for options, outcome in combinations()]


def narrower(options: dict[str, str | None]) -> bool:
    """Combinations that we refuse where lavaan goes on: with fewer rows, other information, or moments of no one."""
    estimator, missing, information = options["estimator"], options["missing"], options["information"]
    if missing == "fiml":  # lavaan drops incomplete rows, with a warning
        complete = ("satorra_bentler", "mean_var_adjusted", "scaled_shifted")
        wants = options["se"] == "robust_sem" or options["test"] in complete
        return wants or estimator not in ("ML", "MLR", "MLF")
    if estimator in LEAST_SQUARES:  # lavaan takes expected information, with a warning
        return information in ("observed", "first_order")
    if information == "first_order" and (estimator == "GLS" or missing == "pairwise"):
        return True
    # casewise scores of rows with gaps beside moments that no row has
    return missing == "pairwise" and (estimator in ("GLS", "MLR", "MLF") or options["test"] == "yuan_bentler")


def test_what_lavaan_refuses_is_refused():
    accepted = [options for options, found, outcome in everything() if found is not None and outcome == "refused"]
    assert accepted == []


def test_what_lavaan_fits_is_refused_only_where_it_would_quietly_do_something_else():
    lost = [o for o, found, outcome in everything() if found is None and outcome != "refused" and not narrower(o)]
    assert lost == []


def test_standard_errors_and_tests_of_the_combinations_are_those_of_lavaan():
    outcomes = pd.read_csv(FOLDER / "outcomes.csv", index_col="outcome")
    data = pd.read_csv(FOLDER / "answers.csv")
    wanted = {found: (o, int(outcome)) for o, found, outcome in everything() if found is not None}
    for options, number in list(wanted.values())[::EVERY]:
        assert_like(sem.fit(MODEL, data, **options), outcomes.loc[number], options)


def assert_like(results: sem.Results, theirs: pd.Series, options: dict[str, str | None]) -> None:
    measures = results.fit_measures
    if options["test"] != "none":  # we tell the plain chi-square then, lavaan tells nothing
        assert measures.get("chisq_scaled", measures["chisq"]) == pytest.approx(theirs["chisq"], rel=ESTIMATED), options
        assert measures.get("df_scaled", measures["df"]) == pytest.approx(theirs["df"], rel=ESTIMATED), options
    table = results.parameters.set_index(["lhs", "op", "rhs"])["se"]
    errors = np.array([table[row] for row in SHOWN])
    expected = theirs[["se1", "se2", "se3", "se4"]].to_numpy(dtype=float)
    if options["se"] == "none":
        assert np.isnan(errors).all(), options
        return
    if options["estimator"] == "GLS" and options["information"] == "observed":
        expected = expected * observed_by_n(results.nobs)
    assert np.allclose(errors, expected, rtol=ESTIMATED), (options, errors, expected)


def observed_by_n(n: int) -> float:
    """lavaan divides the second derivatives of GLS by n and multiplies by n - 1; expected information it does not."""
    return math.sqrt((n - 1) / n)


@pytest.mark.parametrize("estimator", ["MLM", "MLMV", "MLMVS", "MLR", "WLSMV", "ULSM"])
def test_the_standard_test_of_a_robust_estimator_is_its_own(estimator):
    own, standard = (settled_or_none({"estimator": estimator, "test": test}) for test in (None, "standard"))
    assert own.test == standard.test != "standard"


@pytest.mark.parametrize(
    ("se", "information"), [("standard", "expected"), ("robust_sem", "expected"), (None, "observed")]
)
def test_information_of_mlr_follows_the_standard_errors(se, information):
    assert settled_or_none({"estimator": "MLR", "se": se}).information == information
