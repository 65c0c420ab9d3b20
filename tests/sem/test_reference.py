"""Every case under tests/reference/cases, fitted by us and held against what lavaan 0.6-14 wrote down for it.

lavaan's own stopping error (about 1e-6) was removed by Newton steps on its gradient before the values were written.
"""

from __future__ import annotations

import pandas as pd
import pytest
from departures import explained, facts
from reference_cases import CASES, assert_close, fitted, keyed, stored

ESTIMATE = 1e-5  # absolute, relative above 1: far below what any paper prints
STANDARD_ERROR = 1e-4  # relative: some of lavaan's are from a numerical Hessian
SMALLEST_ERROR = 1e-4  # below this the tolerance is absolute: a parameter that a constraint fixes has se 0
STANDARDIZED = 1e-4  # absolute: products of estimates and variances
FIT = 1e-4  # absolute, relative above 1: p values and intervals go through root finding on both sides
R_SQUARED = 1e-4  # absolute
PRINTED = 5e-4  # landmarks are printed to three digits

NOT_OFFERED = {"rmsea_ci_level", "rmsea_close_h0", "rmsea_notclose_h0", "nobs"}  # constants of lavaan's definitions

LANDMARKS = {  # printed in lavaan's documentation and in the sources of the data
    ("cfa", "chisq"): 85.306,
    ("cfa", "df"): 24,
    ("cfa", "logl"): -3737.745,
    ("cfa", "aic"): 7517.490,
    ("sem_democracy", "chisq"): 38.125,
    ("sem_democracy", "df"): 35,
    ("sem_wheaton", "chisq"): 4.735,
    ("sem_wheaton", "df"): 4,
}

each_case = pytest.mark.parametrize("name", CASES)


def parameters(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Our and lavaan's parameters of a case, row by row the same; lavaan's auxiliary variables left out."""
    ours, theirs = keyed(fitted(name).parameters), keyed(stored(name, "parameters"))
    theirs = theirs[~theirs["lhs"].isin(CASES[name].get("options", {}).get("auxiliary", []))]
    assert set(ours.index) == set(theirs.index)
    assert ours.index.is_unique
    return ours.loc[theirs.index], theirs


def measures(name: str) -> pd.Series:
    """lavaan's fit measures of a case under our names."""
    rows = stored(name, "fit_measures")
    return pd.Series(rows["value"].to_numpy(), index=rows["name"].str.replace(".", "_"))


@each_case
def test_estimates(name: str) -> None:
    assert fitted(name).converged
    ours, theirs = parameters(name)
    assert_close(ours["est"], theirs["est"], ESTIMATE)


@each_case
def test_standard_errors(name: str) -> None:
    ours, theirs = parameters(name)
    assert_close(ours["se"], theirs["se"], STANDARD_ERROR, floor=SMALLEST_ERROR)


@each_case
def test_inference(name: str) -> None:
    ours, theirs = parameters(name)
    kept = compared(name, "pvalue", ours["pvalue"], theirs["pvalue"])
    ours, theirs = ours[kept], theirs[kept]
    assert_close(ours["z"], theirs["z"], STANDARD_ERROR)
    assert_close(ours["pvalue"], theirs["pvalue"], FIT)
    assert_close(ours["ci_lower"], theirs["ci_lower"], STANDARD_ERROR)
    assert_close(ours["ci_upper"], theirs["ci_upper"], STANDARD_ERROR)


@each_case
def test_standardized(name: str) -> None:
    ours, theirs = parameters(name)
    kept = compared(name, "std_all", ours["std_all"], theirs["std_all"])
    ours, theirs = ours[kept], theirs[kept]
    assert_close(ours["std_lv"], theirs["std_lv"], STANDARDIZED)
    assert_close(ours["std_all"], theirs["std_all"], STANDARDIZED)


@each_case
def test_labels(name: str) -> None:
    ours, theirs = parameters(name)
    named = (theirs["label"] != "") & ~theirs["label"].str.startswith(".")  # .p2. is lavaan's own, for group_equal
    assert list(ours.loc[named, "label"]) == list(theirs.loc[named, "label"])


def compared(name: str, kind: str, ours: pd.Series, theirs: pd.Series) -> list[bool]:
    """Which values of a case no known departure covers (tests/reference/departures.toml)."""
    known = facts(fitted(name), CASES[name].get("options", {}))
    names = [" ".join(key) if isinstance(key, tuple) else key for key in theirs.index]
    return [not explained(kind, *cell, known, name) for cell in zip(names, zip(ours, theirs, strict=True), strict=True)]


@each_case
def test_fit_measures(name: str) -> None:
    theirs = measures(name).drop(NOT_OFFERED, errors="ignore")
    ours = fitted(name).fit_measures
    theirs = theirs[compared(name, "measure", ours.reindex(theirs.index), theirs)]
    assert set(theirs.index) <= set(ours.index), sorted(set(theirs.index) - set(ours.index))
    assert_close(ours[theirs.index], theirs, FIT)


@each_case
def test_sample_size(name: str) -> None:
    assert fitted(name).nobs == measures(name)["nobs"]


@each_case
def test_r_squared(name: str) -> None:
    theirs = stored(name, "r_squared").set_index(["group", "variable"])["value"]
    ours = fitted(name).r_squared
    keys = [key if isinstance(key, tuple) else ("", key) for key in ours.index]
    ours.index = pd.Index([(str(group), variable) for group, variable in keys], tupleize_cols=False)
    assert set(ours.index) == set(theirs.index)
    assert_close(ours[list(theirs.index)], theirs, R_SQUARED)


@pytest.mark.parametrize(("name", "measure"), LANDMARKS)
def test_published_landmarks(name: str, measure: str) -> None:
    assert fitted(name).fit_measures[measure] == pytest.approx(LANDMARKS[name, measure], abs=PRINTED)
