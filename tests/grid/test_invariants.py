"""What must not change a fit: dropped rows, shifts, scales, the order of things, a constant in the weights."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from reference_cases import keyed, read_data

from sexresearch import sem

SAME = 1e-5  # absolute, relative above 1: minimisers stop within 1e-6 of each other
LOOSE = 1e-4  # p values and limits of intervals go through root finding; errors of ordered items through derivatives

FACTORS = "f1 =~ {0}1 + {0}2 + {0}3\nf2 =~ {0}4 + {0}5 + {0}6"
CHAIN = FACTORS + "\nf2 ~ f1\nf1 ~ {1} + online"
BY_SITE = {"group": "site", "group_equal": ["loadings"]}
MIXED = "f1 =~ q1 + x2 + q3\nf2 =~ x4 + q5 + x6\nf1 + f2 ~ age"
FITS: dict[str, tuple[str, dict]] = {
    "ml": (FACTORS.format("x"), {}),
    "ml_means_groups": (FACTORS.format("x"), {"group": "region", "group_equal": ["loadings", "intercepts"]}),
    "mlr_covariates": (CHAIN.format("x", "age"), {"estimator": "MLR", "meanstructure": True}),
    "mlm_gaps": (CHAIN.format("g", "years"), {"estimator": "MLM"}),
    "fiml": (CHAIN.format("g", "age"), {"missing": "fiml"}),
    "fiml_mlr_groups": (FACTORS.format("g"), {"missing": "fiml", "estimator": "MLR", **BY_SITE}),
    "pairwise": (FACTORS.format("g"), {"missing": "pairwise"}),
    "gls": (FACTORS.format("x"), {"estimator": "GLS", "meanstructure": True}),
    "wls_gaps": (FACTORS.format("g"), {"estimator": "WLS"}),
    "dwls_robust": (FACTORS.format("x"), {"estimator": "WLSMV"}),
    "weights": (FACTORS.format("x"), {"sampling_weights": "weight"}),
    "weights_gaps": (CHAIN.format("g", "years"), {"sampling_weights": "weight", **BY_SITE}),
    "weights_clusters": (FACTORS.format("x"), {"sampling_weights": "weight", "cluster": "branch"}),
    "weights_fiml": (FACTORS.format("g"), {"sampling_weights": "weight", "missing": "fiml"}),
    "clusters_fiml_groups": (FACTORS.format("g"), {"cluster": "branch", "missing": "fiml", **BY_SITE}),
    "ordered": (FACTORS.format("q"), {"ordered": True}),
    "ordered_gaps_groups": (FACTORS.format("o"), {"ordered": True, "missing": "pairwise", **BY_SITE}),
    "ordered_theta": (CHAIN.format("q", "age"), {"ordered": True, "parameterization": "theta", **BY_SITE}),
    "mixed": (MIXED, {"ordered": ["q1", "q3", "q5"]}),
}
BY_WEIGHT = [name for name in FITS if "weights" in name]
ITEMS = [f"{letter}{number}" for letter in "xg" for number in range(1, 7)]
FROM_ZERO = ["gfi", "agfi", "pgfi", "srmr_mplus"]  # as defined, these see how far means lie from 0


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """The answers that the option grid is fitted to."""
    return read_data("grid")


def fitted(name: str, data: pd.DataFrame, **changed: object) -> sem.Results:
    """A fit of the list, options changed where asked; its warnings are not the subject."""
    text, options = FITS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(text, data, **{**options, **changed})


def assert_same(ours: pd.Series, theirs: pd.Series, tolerance: float) -> None:
    """Equal values, missing in the same places."""
    a, b = ours.to_numpy(float), theirs.reindex(ours.index).to_numpy(float)
    apart = ~((np.abs(a - b) <= tolerance * np.maximum(1.0, np.abs(b))) | (np.isnan(a) & np.isnan(b)))
    assert not apart.any(), f"\n{pd.DataFrame({'a': a, 'b': b}, index=ours.index)[apart].to_string()}"


def assert_same_fit(one: sem.Results, other: sem.Results) -> None:
    """The same parameters with their errors, and the same measures."""
    a, b = keyed(one.parameters), keyed(other.parameters)
    for column in ("est", "std_all"):
        assert_same(a[column], b[column], SAME)
    assert_same(a["se"], b["se"], LOOSE)
    assert_same(one.fit_measures, other.fit_measures, LOOSE)


@pytest.mark.parametrize("name", [name for name in FITS if FITS[name][1].get("missing", "listwise") == "listwise"])
def test_dropping_incomplete_rows_first_changes_nothing(name: str, data: pd.DataFrame) -> None:
    text, options = FITS[name]
    used = [c for c in data if c in sem.Model(text).observed or c in options.values()]
    complete = data[data[used].notna().all(axis=1)]
    assert_same_fit(fitted(name, data), fitted(name, complete))


@pytest.mark.parametrize("name", [name for name in FITS if FITS[name][1].get("missing") == "fiml"])
def test_rows_without_any_answer_change_nothing(name: str, data: pd.DataFrame) -> None:
    used = list(sem.Model(FITS[name][0]).observed)
    empty = data.head(25).assign(**dict.fromkeys(used, np.nan), weight=50.0)
    assert_same_fit(fitted(name, data[data[used].notna().any(axis=1)]), fitted(name, pd.concat([data, empty])))


@pytest.mark.parametrize("name", FITS)
def test_the_order_of_rows_and_columns_changes_nothing(name: str, data: pd.DataFrame) -> None:
    turned = data.sample(frac=1.0, random_state=4)[list(data)[::-1]]
    assert_same_fit(fitted(name, data), fitted(name, turned))


@pytest.mark.parametrize("name", [name for name in FITS if "group" in FITS[name][1]])
def test_the_order_of_groups_changes_nothing(name: str, data: pd.DataFrame) -> None:
    group = FITS[name][1]["group"]
    one, other = (fitted(name, data.sort_values(group, ascending=up, kind="stable")) for up in (True, False))
    assert one.groups == other.groups[::-1]
    assert_same(one.fit_measures.drop("logl_scaling", errors="ignore"), other.fit_measures, LOOSE)
    if "intercepts" not in FITS[name][1]["group_equal"]:  # latent means are counted from the first group
        assert_same(keyed(one.parameters)["est"], keyed(other.parameters)["est"], SAME)


@pytest.mark.parametrize("name", FITS)
def test_shifting_items_moves_intercepts_and_nothing_else(name: str, data: pd.DataFrame) -> None:
    numbers = [c for c in data if c[0] in "xg" or c in ("age", "years")]
    shifted = data.assign(**{name: data[name] + 40 * k for k, name in enumerate(numbers)})
    codes = {c: data[c] + 5 for c in data if c[0] in "qo" and c != "online"}  # categories by other numbers
    one, other = fitted(name, data), fitted(name, shifted.assign(**codes))
    a, b = (keyed(r.parameters[~r.parameters["op"].isin(["~1", "|"])]) for r in (one, other))
    assert_same(a["est"], b["est"], LOOSE)
    assert_same(a["se"], b["se"], LOOSE)
    assert_same(one.fit_measures.drop(FROM_ZERO, errors="ignore"), other.fit_measures, LOOSE)


@pytest.mark.parametrize("name", FITS)
def test_other_units_of_items_change_neither_fit_nor_standardized_values(name: str, data: pd.DataFrame) -> None:
    scaled = data.assign(**{name: data[name] * (1.0 + k) / 3 for k, name in enumerate(ITEMS)})
    one, other = fitted(name, data), fitted(name, scaled)
    assert_same(keyed(one.parameters)["std_all"], keyed(other.parameters)["std_all"], LOOSE)
    kept = [m for m in one.fit_measures.index if not m.startswith(("rmr", "logl", "unrestricted", "aic", "bic"))]
    assert_same(one.fit_measures[kept], other.fit_measures[kept], LOOSE)


@pytest.mark.parametrize("name", BY_WEIGHT)
def test_a_constant_in_the_weights_changes_nothing(name: str, data: pd.DataFrame) -> None:
    assert_same_fit(fitted(name, data), fitted(name, data.assign(weight=7 * data["weight"])))


@pytest.mark.parametrize("name", [name for name in BY_WEIGHT if "clusters" not in name])
def test_whole_weights_are_repeated_rows(name: str, data: pd.DataFrame) -> None:
    text, _ = FITS[name]
    used = list(sem.Model(text).observed)
    some = data[data[used].notna().all(axis=1)].assign(weight=lambda rows: 1 + np.arange(len(rows)) % 3)
    weighted = fitted(name, some)
    repeated = fitted(name, some.loc[some.index.repeat(some["weight"])], sampling_weights=None)
    assert_same(keyed(weighted.parameters)["est"], keyed(repeated.parameters)["est"], SAME)
    assert_same(weighted.fit_measures[["fmin", "srmr"]], repeated.fit_measures[["fmin", "srmr"]], SAME)
    ratio = weighted.fit_measures["ntotal"] / repeated.fit_measures["ntotal"]
    assert weighted.fit_measures["chisq"] == pytest.approx(ratio * repeated.fit_measures["chisq"], rel=SAME)


@pytest.mark.parametrize("name", [name for name in FITS if "group" not in FITS[name][1]])
def test_two_equal_groups_are_one_group_twice(name: str, data: pd.DataFrame) -> None:
    twice = pd.concat([data.assign(half=half, branch=data["branch"] + half) for half in "ab"])
    one, both = fitted(name, data), fitted(name, twice, group="half")
    rows = both.parameters[both.parameters["group"] == "b"]
    mine = keyed(one.parameters.drop(columns="group").assign(group=""))
    assert_same(mine["est"], keyed(rows.assign(group=""))["est"], SAME)
    if "clusters" not in name:
        assert_same(mine["se"], keyed(rows.assign(group=""))["se"], 0.01)  # n or n - 1 of one group or of all
    assert both.fit_measures["chisq"] == pytest.approx(2 * one.fit_measures["chisq"], rel=0.01)
    assert both.fit_measures["df"] == 2 * one.fit_measures["df"]


@pytest.mark.parametrize("name", FITS)
def test_results_come_back_from_a_pickle(name: str, data: pd.DataFrame) -> None:
    results = fitted(name, data)
    back = pickle.loads(pickle.dumps(results))
    assert_same_fit(results, back)
    assert back.problems == results.problems
