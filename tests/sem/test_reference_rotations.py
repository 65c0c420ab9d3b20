"""Exploratory blocks against lavaan's, case by case: tests/reference/rotations."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.sem.rotation.rotate import like

FOLDER = Path(__file__).parents[1] / "reference" / "rotations"
CASES = pd.read_csv(FOLDER / "cases.csv", keep_default_na=False, dtype=str).set_index("name")
PARAMETERS = pd.read_csv(FOLDER / "parameters.csv", keep_default_na=False, na_values=["NA"])
FITS = pd.read_csv(FOLDER / "fits.csv").set_index("case")
TARGET = np.where(np.kron(np.eye(3), np.ones((3, 1))) == 1, np.nan, 0.0)  # as in rotations.R
ESTIMATE = 1e-4  # lavaan's gradient projection stops at a gradient of 1e-6
PROMAX = 3e-4  # R's varimax, from which lavaan's promax starts, stops at a relative change of 1e-5
ERROR = 1e-3  # its border is made of numerical derivatives
MEASURES = {"chisq": 1e-4, "df": 0, "npar": 0, "cfi": 1e-6, "srmr": 1e-6, "chisq_scaled": 1e-3, "logl": 1e-6}
LEAST_SQUARES = {"chisq": 1e-3, "srmr": 1e-5, "cfi": 1e-5}  # polychoric correlations by another integration


def fitted(name):
    case = CASES.loc[name]
    rotation = sx.Rotation(
        method=case["rotation"],  # lavaan's "pst" is a target that leaves loadings free
        target=TARGET if case["rotation"] == "pst" else None,
        orthogonal=True if case["orthogonal"] == "True" else None,
        epsilon=float(case["epsilon"]),
        gamma=float(case["gamma"]),
        standardized=case["std_ov"] == "True",
        row_weights=case["row_weights"] or None,
    )
    data = pd.read_csv(FOLDER.parent / "data" / f"{case['data']}.csv")
    return sx.fit(
        case["model"],
        data,
        rotation=rotation,
        estimator=None if case["ordered"] and case["estimator"] == "WLSMV" else case["estimator"],
        missing=case["missing"],
        ordered=case["ordered"].split() or None,
        group=case["group"] or None,
        group_equal=case["group_equal"].split(),
        fixed_x=case["fixed_x"] == "True",
    )


def placed(results, theirs):
    """Our rows under lavaan's names of the factors, which may stand in another order and be turned round."""
    mine = results.parameters
    mine = mine.assign(group=mine["group"].astype(object).where(mine["group"].notna(), "").astype(str))
    renamed, sign = {}, {}
    for group in dict.fromkeys(mine["group"]):
        loadings = [rows[(rows["group"] == group) & (rows["op"] == "=~")] for rows in (mine, theirs)]
        for pattern in results.fitted.rotated:
            own, lavaans = (
                rows.pivot_table(index="rhs", columns="lhs", values="est").loc[
                    list(pattern.items), list(pattern.factors)
                ]
                for rows in loadings
            )
            order, turn = like(own.to_numpy(), lavaans.to_numpy())
            for j, factor in enumerate(pattern.factors):
                renamed[group, pattern.factors[order[j]]], sign[group, pattern.factors[order[j]]] = factor, turn[j]
    out = {}
    for row in mine[mine["op"] != ":="].itertuples():
        names = [(row.group, row.lhs), (row.group, row.rhs)]
        turn = np.prod([sign.get(name, 1.0) for name in names])
        lhs, rhs = (renamed.get(name, name[1]) for name in names)
        out[row.group, lhs, row.op, rhs] = (row.est * turn, row.se, row.std_all * turn)
    return out


@pytest.mark.parametrize("name", CASES.index)
def test_rotated_solutions_are_lavaans(name):
    theirs = PARAMETERS[PARAMETERS["case"] == name]
    results = fitted(name)
    mine = placed(results, theirs)
    for row in theirs.itertuples():
        key = (row.group, row.lhs, row.op, row.rhs)
        est, se, std = mine.get(key) or mine[row.group, row.rhs, row.op, row.lhs]
        near = PROMAX if CASES.loc[name, "rotation"] == "promax" else ESTIMATE
        assert est == pytest.approx(row.est, abs=near), key
        assert std == pytest.approx(row.std, abs=near, nan_ok=True), key
        if CASES.loc[name, "rotation_se"] == "bordered":
            assert se == pytest.approx(row.se, abs=ERROR), key
    for measure, tolerance in MEASURES.items():
        value = FITS.loc[name, measure]
        if not np.isnan(value):
            given = LEAST_SQUARES.get(measure, tolerance) if CASES.loc[name, "ordered"] else tolerance
            assert results.fit_measures[measure] == pytest.approx(value, abs=given, rel=1e-6), measure
