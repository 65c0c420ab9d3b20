"""The cases under tests/reference: read, fitted by us, and held against the tables lavaan wrote (no tests here)."""

from __future__ import annotations

import functools
import tomllib
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from sexresearch import sem
from sexresearch.sem.language.completion import COMPLETION

Values = dict[tuple[str, str], float]  # by kind and name, such as ("se", "f1 =~ x2 north")
FOLDER = Path(__file__).parent / "reference"
STOREYS = ("first_storey", "second_storey", "third_storey", "fourth_storey", "composites", "edges", "language")


def read_plan(storey: str) -> dict:
    """The cases and comparisons of one storey."""
    return tomllib.loads((FOLDER / "cases" / f"{storey}.toml").read_text(encoding="utf-8"))


def read_cases(storey: str) -> dict[str, dict]:
    """The cases of one storey by name, each with its whole model text."""
    plan = read_plan(storey)
    for case in plan["case"]:
        case["storey"] = storey
        case["syntax"] = "\n".join([*(plan["base"][name] for name in case.get("base", ())), case.get("model", "")])
    return {case["name"]: case for case in plan["case"]}


CASES = {name: case for storey in STOREYS for name, case in read_cases(storey).items()}


@functools.cache
def read_table(storey: str, table: str) -> pd.DataFrame:
    """One of lavaan's tables; text columns have empty strings instead of missing values."""
    rows = pd.read_csv(FOLDER / "values" / storey / f"{table}.csv", keep_default_na=True)
    text = [name for name in rows if not is_numeric_dtype(rows[name]) or name == "group"]
    return rows.assign(**{name: as_text(rows[name]) for name in text})


def stored(name: str, table: str) -> pd.DataFrame:
    """lavaan's rows of one case."""
    rows = read_table(CASES[name]["storey"], table)
    return rows[rows["case"] == name].drop(columns="case")


@functools.cache
def read_moments(name: str, with_means: bool) -> sem.Moments:
    """Published moments of one sample."""
    table = pd.read_csv(FOLDER / "data" / "moments" / f"{name}.csv", index_col="name").rename_axis(index=None)
    facts = tomllib.loads((FOLDER / "cases" / "moments.toml").read_text(encoding="utf-8"))
    mean = table["mean"] if with_means else None
    return sem.Moments(table[list(table.index)], nobs=facts[name]["nobs"], mean=mean)


@functools.cache
def read_data(name: str) -> pd.DataFrame:
    """Synthetic answers of one data set."""
    return pd.read_csv(FOLDER / "data" / f"{name}.csv")


def case_input(case: dict) -> dict:
    """The data or moments argument of a case."""
    if "data" in case:
        return {"data": read_data(case["data"])}
    names, means = case["moments"], case.get("means", False)
    if isinstance(names, str):
        return {"moments": read_moments(names, means)}
    return {"moments": {name: read_moments(name, means) for name in names}}


BARE = dict.fromkeys(("int_ov_free", *(name for name in COMPLETION if name.startswith("auto"))), False)


@functools.cache
def fitted(name: str) -> sem.Results:
    """Our fit of a case; its warnings (dropped rows, improper solutions) are the subject of other tests."""
    case = CASES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        asked = case_input(case) | case.get("options", {})
        if case.get("call") == "growth":
            return sem.growth(case["syntax"], **asked)
        return sem.fit(case["syntax"], **((BARE if case.get("call") == "lavaan" else {}) | asked))


def as_text(values: pd.Series) -> pd.Series:
    """Labels as text, missing ones empty: the form they have in lavaan's tables."""
    return values.astype(object).where(values.notna(), "").astype(str)


def keyed(rows: pd.DataFrame) -> pd.DataFrame:
    """Parameters indexed by what they are: covariances without direction, defined ones by name, groups as text."""
    swap = (rows["op"] == "~~") & (rows["lhs"] > rows["rhs"])
    lhs, rhs = rows["lhs"].where(~swap, rows["rhs"]), rows["rhs"].where(~swap, rows["lhs"])
    rhs = as_text(rhs.mask(rows["op"] == ":=", ""))
    return rows.set_index(pd.MultiIndex.from_arrays([lhs, rows["op"], rhs, as_text(rows["group"])]))


def assert_close(ours: pd.Series, theirs: pd.Series, tolerance: float, *, floor: float = 1.0) -> None:
    """Equal within `tolerance` times max(floor, |theirs|), missing exactly where lavaan's are; says where not."""
    a, b = ours.to_numpy(dtype=float), theirs.to_numpy(dtype=float)
    wrong = (np.isnan(a) != np.isnan(b)) | (np.abs(a - b) > tolerance * np.maximum(floor, np.abs(b)))
    table = pd.DataFrame({"ours": a, "lavaan": b, "difference": a - b}, index=theirs.index)
    assert not wrong.any(), f"\n{table[wrong].to_string()}"


def _named(rows: pd.DataFrame) -> list[str]:
    """Parameters by what they are: covariances without direction, defined ones by name."""
    texts = (as_text(rows[column]) for column in ("lhs", "op", "rhs", "group"))
    found = []
    for lhs, op, rhs, group in zip(*texts, strict=True):
        a, b = sorted((lhs, rhs)) if op == "~~" else (lhs, "" if op == ":=" else rhs)
        found.append(f"{a} {op} {b} {group}")
    return found


def parameter_values(rows: pd.DataFrame) -> Values:
    """Estimates, standard errors and standardized values of a table of parameters."""
    names = _named(rows)
    return {
        (kind, name): value
        for kind in ("est", "se", "std_all")
        for name, value in zip(names, rows[kind].astype(float), strict=True)
    }
