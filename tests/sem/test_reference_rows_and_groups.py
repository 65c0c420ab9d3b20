"""Rows that drop out, weights, unequal groups, indices after FIML: held against lavaan.

tests/reference/rows_and_groups.R wrote the values; lavaan's own stopping error of about 1e-6 is in them.
"""

from __future__ import annotations

import functools
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from departures import explained, facts

from sexresearch import sem

FOLDER = Path(__file__).parents[1] / "reference"
ESTIMATE = 3e-5  # absolute, relative above 1: where lavaan's minimiser stops
STANDARD_ERROR = 1e-4  # relative
MEASURE = 1e-4  # absolute, relative above 1
EM = 3e-4  # absolute, relative above 1: where lavaan's EM stops, of indices that divide by small differences
FACTORS = "f =~ y1 + y2 + y3\ng =~ y4 + y5 + y6\ng ~ f"
ITEMS = "f =~ x1 + x2 + x3 + x4"
PHANTOM = f"{ITEMS}\nx1 ~~ v1*x1\nx2 ~~ v2*x2\np =~ 0*x1\np ~~ k*p\np ~~ 0*f\nv1 == k^2\nv2 == k^2"
GAPPY = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"
WEIGHED = {"sampling_weights": "weight", "estimator": "MLR"}
EXPECTED = {"missing": "fiml", "information": "expected"}

CASES: dict[str, tuple[str, str, dict]] = {
    "weights_listwise": (FACTORS, "clustered", WEIGHED),
    "weights_groups": (FACTORS, "clustered", WEIGHED | {"group": "country"}),
    "weights_fiml": (FACTORS, "clustered", WEIGHED | {"missing": "fiml"}),
    "weights_clusters": (FACTORS, "clustered", {"sampling_weights": "weight", "cluster": "branch"}),
    "phantom": (PHANTOM, "groups", {}),
    "fiml_expected": (GAPPY, "missing", EXPECTED),
    "fiml_expected_mlr": (GAPPY, "missing", EXPECTED | {"estimator": "MLR"}),
    "fiml_expected_groups": (GAPPY, "missing", EXPECTED | {"group": "brand"}),
    **{
        "_".join(["unequal", estimator, *equal]): (
            ITEMS,
            "unequal",
            {"estimator": estimator, "group": "channel", "group_equal": equal},
        )
        for estimator in ("GLS", "ULS", "WLS", "DWLS")
        for equal in ((), ("loadings",))
    },
    "unequal_DWLS_robust": (
        ITEMS,
        "unequal",
        {
            "estimator": "DWLS",
            "se": "robust_sem",
            "test": "satorra_bentler",
            "group": "channel",
            "group_equal": "loadings",
        },
    ),
}
VALUES = pd.read_csv(FOLDER / "rows_and_groups.csv")


@functools.cache
def read(name: str) -> pd.DataFrame:
    if name == "unequal":
        data = read("groups")
        online = data["channel"] == "online"
        return pd.concat([data[online].head(30), data[~online]], ignore_index=True)
    data = pd.read_csv(FOLDER / "data" / f"{name}.csv")
    if name == "clustered":
        for place in range(6):
            data.loc[data.index[place::17], f"y{place + 1}"] = np.nan
    return data


@functools.cache
def fitted(case: str) -> sem.Results:
    model, data, options = CASES[case]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(model, read(data), **options)


def stored(case: str, kind: str) -> pd.DataFrame:
    return VALUES[(VALUES["case"] == case) & (VALUES["kind"] == kind)]


@pytest.mark.parametrize("case", CASES)
def test_measures_are_those_of_lavaan(case):
    results = fitted(case)
    assert results.converged
    known = facts(results, CASES[case][2])
    for row in stored(case, "measure").itertuples():
        if pd.isna(row.est) or row.what not in results.fit_measures:
            continue
        if explained("measure", row.what, (results.fit_measures[row.what], row.est), known):
            continue
        close = EM if row.what.endswith("_robust") else MEASURE
        assert results.fit_measures[row.what] == pytest.approx(row.est, rel=close, abs=close), row.what


@pytest.mark.parametrize("case", CASES)
def test_estimates_and_their_errors_are_those_of_lavaan(case):
    results = fitted(case)
    rows = results.parameters
    labels = list(results.groups)
    known = {
        (row.lhs + row.op + row.rhs, labels.index(row.group) + 1 if labels else 1): row for row in rows.itertuples()
    }
    found = stored(case, "parameter")
    assert len(found) > 5
    for row in found.itertuples():
        ours = known[row.what, row.group]
        sign = np.sign(ours.est / row.est) if row.what == "p~~p" else 1.0  # k and -k have one square
        assert sign * ours.est == pytest.approx(row.est, rel=ESTIMATE, abs=ESTIMATE), row.what
        assert ours.se == pytest.approx(row.se, rel=STANDARD_ERROR), row.what
