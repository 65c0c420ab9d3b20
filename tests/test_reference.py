"""Every case under tests/reference/cases, fitted by us and held against what lavaan 0.6-14 wrote down for it.

lavaan's own stopping error (about 1e-6) was removed by Newton steps on its gradient before the values were written.
"""

from __future__ import annotations

import functools
import tomllib
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sexresearch import sem

FOLDER = Path(__file__).parent / "reference"
STOREYS = ("first_storey", "second_storey")

ESTIMATE = 1e-5  # absolute, relative above 1: far below what any paper prints
STANDARD_ERROR = 1e-4  # relative: some of lavaan's are from a numerical Hessian
SMALLEST_ERROR = 1e-4  # below this the tolerance is absolute: a parameter that a constraint fixes has se 0
STANDARDIZED = 1e-4  # absolute: products of estimates and variances
FIT = 1e-4  # absolute, relative above 1: p values and intervals go through root finding on both sides
R_SQUARED = 1e-4  # absolute

# lavaan lists these constants of its definitions among the measures; we do not
NOT_OFFERED = {"rmsea_ci_level", "rmsea_close_h0", "rmsea_notclose_h0", "nobs"}


def read_cases(storey: str) -> dict[str, dict]:
    """The cases of one storey by name, each with its whole model text."""
    plan = tomllib.loads((FOLDER / "cases" / f"{storey}.toml").read_text(encoding="utf-8"))
    for case in plan["case"]:
        case["storey"] = storey
        case["syntax"] = "\n".join([*(plan["base"][name] for name in case.get("base", ())), case.get("model", "")])
    return {case["name"]: case for case in plan["case"]}


CASES = {name: case for storey in STOREYS for name, case in read_cases(storey).items()}
each_case = pytest.mark.parametrize("name", CASES)


@functools.cache
def stored(storey: str, table: str) -> dict[str, pd.DataFrame]:
    """One table of lavaan's values, split by case; text columns have no missing values."""
    rows = pd.read_csv(FOLDER / "values" / storey / f"{table}.csv")
    text = rows.select_dtypes("object").columns
    rows[text] = rows[text].fillna("")
    rows = rows.assign(group=rows["group"].fillna("").astype(str)) if "group" in rows else rows
    return {str(name): part.drop(columns="case") for name, part in rows.groupby("case", sort=False)}


@functools.cache
def read_moments(name: str, with_means: bool) -> sem.Moments:
    """Published moments of one sample."""
    table = pd.read_csv(FOLDER / "data" / "moments" / f"{name}.csv", index_col="name").rename_axis(index=None)
    facts = tomllib.loads((FOLDER / "cases" / "moments.toml").read_text(encoding="utf-8"))
    mean = table["mean"] if with_means else None
    return sem.Moments(table[list(table.index)], nobs=facts[name]["nobs"], mean=mean)


def case_input(case: dict) -> dict:
    """The data or moments argument of a case."""
    if "data" in case:
        return {"data": pd.read_csv(FOLDER / "data" / f"{case['data']}.csv")}
    names, means = case["moments"], case.get("means", False)
    if isinstance(names, str):
        return {"moments": read_moments(names, means)}
    return {"moments": {name: read_moments(name, means) for name in names}}


@functools.cache
def fitted(name: str) -> sem.Results:
    """Our fit of a case; warnings (dropped rows, improper solutions) are the subject of other tests."""
    case = CASES[name]
    call = sem.growth if case.get("call") == "growth" else sem.fit
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return call(case["syntax"], **case_input(case), **case.get("options", {}))


def keyed(rows: pd.DataFrame) -> pd.DataFrame:
    """Parameters indexed by what they are: covariances without direction, defined ones by name, groups as text."""
    swap = (rows["op"] == "~~") & (rows["lhs"] > rows["rhs"])
    lhs, rhs = rows["lhs"].where(~swap, rows["rhs"]), rows["rhs"].where(~swap, rows["lhs"])
    rhs = rhs.mask(rows["op"] == ":=", "").fillna("").astype(str)
    group = rows["group"].astype(object).where(rows["group"].notna(), "").astype(str)
    return rows.set_index(pd.MultiIndex.from_arrays([lhs, rows["op"], rhs, group]))


def parameters(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Our and lavaan's parameters of a case, row by row the same."""
    ours, theirs = keyed(fitted(name).parameters), keyed(stored(CASES[name]["storey"], "parameters")[name])
    assert set(ours.index) == set(theirs.index)
    assert ours.index.is_unique
    return ours.loc[theirs.index], theirs


def assert_close(ours: pd.Series, theirs: pd.Series, tolerance: float, *, floor: float = 1.0) -> None:
    """Equal within `tolerance` times max(floor, |theirs|), missing exactly where lavaan's are; says where not."""
    a, b = ours.to_numpy(dtype=float), theirs.to_numpy(dtype=float)
    wrong = (np.isnan(a) != np.isnan(b)) | (np.abs(a - b) > tolerance * np.maximum(floor, np.abs(b)))
    table = pd.DataFrame({"ours": a, "lavaan": b, "difference": a - b}, index=theirs.index)
    assert not wrong.any(), f"\n{table[wrong].to_string()}"


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
    assert_close(ours["pvalue"], theirs["pvalue"], FIT)
    assert_close(ours["z"], theirs["z"], STANDARD_ERROR)
    assert_close(ours["ci_lower"], theirs["ci_lower"], STANDARD_ERROR)
    assert_close(ours["ci_upper"], theirs["ci_upper"], STANDARD_ERROR)


@each_case
def test_standardized(name: str) -> None:
    ours, theirs = parameters(name)
    assert_close(ours["std_lv"], theirs["std_lv"], STANDARDIZED)
    assert_close(ours["std_all"], theirs["std_all"], STANDARDIZED)


@each_case
def test_labels(name: str) -> None:
    ours, theirs = parameters(name)
    named = (theirs["label"] != "") & ~theirs["label"].str.startswith(".")  # .p2. is lavaan's own, for group_equal
    assert list(ours.loc[named, "label"]) == list(theirs.loc[named, "label"])


@each_case
def test_fit_measures(name: str) -> None:
    theirs = stored(CASES[name]["storey"], "fit_measures")[name].set_index("name")["value"]
    theirs.index = theirs.index.str.replace(".", "_")
    theirs = theirs.drop([*NOT_OFFERED & set(theirs.index)])
    ours = fitted(name).fit_measures
    assert set(theirs.index) <= set(ours.index), sorted(set(theirs.index) - set(ours.index))
    assert_close(ours[theirs.index], theirs, FIT)


@each_case
def test_sample_size(name: str) -> None:
    theirs = stored(CASES[name]["storey"], "fit_measures")[name].set_index("name")["value"]
    assert fitted(name).nobs == theirs["nobs"]


@each_case
def test_r_squared(name: str) -> None:
    rows = stored(CASES[name]["storey"], "r_squared").get(name)
    ours = fitted(name).r_squared
    if rows is None:
        assert ours.empty
        return
    theirs = rows.set_index(["group", "variable"])["value"]
    keys = [key if isinstance(key, tuple) else ("", key) for key in ours.index]
    ours.index = pd.MultiIndex.from_tuples([(str(group), variable) for group, variable in keys])
    assert set(ours.index) == set(theirs.index)
    assert_close(ours[theirs.index], theirs, R_SQUARED)


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


PRINTED = 5e-4  # three digits


@pytest.mark.parametrize(("name", "measure"), LANDMARKS)
def test_published_landmarks(name: str, measure: str) -> None:
    assert fitted(name).fit_measures[measure] == pytest.approx(LANDMARKS[name, measure], abs=PRINTED)
