"""Which rows take part, what their weights sum to, and what nothing in a fit may depend on: invariants."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample, with_gaps

import sexresearch as sx
from sexresearch import errors, sem
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.rows_used import take

ITEMS = [f"{letter}{i}" for letter in "qjl" for i in (1, 2, 3)]
BESIDE = ["weight", "brand", "branch"]
COVARIATE = CHAIN + "joy ~ age\n"
SAME = 1e-7  # relative: the same rows in another guise; what the minimiser may leave
EVERY: dict[str, dict] = {
    "plain": {},
    "weights": {"sampling_weights": "weight"},
    "clusters": {"cluster": "branch"},
    "weights and clusters": {"sampling_weights": "weight", "cluster": "branch"},
    "groups": {"sampling_weights": "weight", "group": "brand"},
    "groups alike": {"sampling_weights": "weight", "group": "brand", "group_equal": ["loadings", "intercepts"]},
    "groups, clusters": {"sampling_weights": "weight", "group": "brand", "cluster": "branch"},
}


@functools.cache
def gappy() -> pd.DataFrame:
    """Gaps in items and covariate, rows without any item; the first rows whole, so that groups keep their order."""
    data = with_gaps(chain_sample(300), [*ITEMS, "age"], 0.04)
    data.loc[100:115, ITEMS] = np.nan
    data.iloc[:4] = chain_sample(300).iloc[:4]
    return data


def fitted(model: str, data: pd.DataFrame, **options: object) -> sem.Results:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(model, data, **options)


def assert_same(a: sem.Results, b: sem.Results) -> None:
    numbers = ["est", "se", "std_lv", "std_all"]
    np.testing.assert_allclose(a.parameters[numbers], b.parameters[numbers], rtol=SAME, atol=SAME)
    np.testing.assert_allclose(a.fit_measures, b.fit_measures, rtol=SAME, atol=SAME)
    np.testing.assert_allclose(a.vcov, b.vcov, rtol=SAME, atol=SAME)


@pytest.mark.parametrize("options", EVERY.values(), ids=EVERY)
def test_listwise_deletion_is_fitting_the_complete_rows(options):
    data = gappy()
    complete = data[[*ITEMS, *BESIDE]].dropna()
    assert_same(fitted(CHAIN, data, **options), fitted(CHAIN, complete, **options))


@pytest.mark.parametrize("options", EVERY.values(), ids=EVERY)
def test_rows_without_any_answer_might_as_well_not_be_there(options):
    data = gappy()
    answered = data[~data[ITEMS].isna().all(axis=1)]
    assert len(answered) < len(data)
    assert_same(fitted(CHAIN, data, missing="fiml", **options), fitted(CHAIN, answered, missing="fiml", **options))


@pytest.mark.parametrize(
    "options", [EVERY["plain"], EVERY["weights"], EVERY["groups"]], ids=["plain", "weights", "groups"]
)
def test_rows_without_a_covariate_might_as_well_not_be_there(options):
    data = gappy()
    known = data[data["age"].notna()]
    assert_same(fitted(COVARIATE, data, missing="fiml", **options), fitted(COVARIATE, known, missing="fiml", **options))


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
@pytest.mark.parametrize("factor", [7.0, 1e-12, 1e300])
def test_weights_have_no_unit(missing, factor):
    data = gappy()
    times = data.assign(weight=data["weight"] * factor)
    options = {"missing": missing, "sampling_weights": "weight", "group": "brand"}
    assert_same(fitted(CHAIN, data, **options), fitted(CHAIN, times, **options))


def test_equal_weights_are_none():
    data = gappy().assign(weight=3.0)
    options = {"estimator": "MLR", "missing": "fiml"}
    assert_same(fitted(CHAIN, data, sampling_weights="weight", **options), fitted(CHAIN, data, **options))


def test_whole_weights_estimate_as_repeated_rows_do():
    data = chain_sample(250)
    times = np.random.default_rng(1).integers(1, 4, len(data))
    weighed = fitted(CHAIN, data.assign(times=times), sampling_weights="times")
    repeated = fitted(CHAIN, data.loc[np.repeat(data.index, times)], estimator="MLR")
    np.testing.assert_allclose(weighed.parameters["est"], repeated.parameters["est"], rtol=1e-6, atol=1e-6)
    assert weighed.nobs == 250


def test_rows_of_weight_zero_change_no_estimate():
    data = gappy().assign(weight=lambda d: np.where(np.arange(len(d)) % 5 == 0, 0.0, 1.0))
    for missing in ("listwise", "fiml"):
        options = {"missing": missing, "sampling_weights": "weight"}
        some = fitted(CHAIN, data[data["weight"] > 0], **options)
        np.testing.assert_allclose(fitted(CHAIN, data, **options).parameters["est"], some.parameters["est"], rtol=1e-6)


@pytest.mark.parametrize("options", EVERY.values(), ids=EVERY)
def test_the_order_of_rows_and_columns_does_not_matter(options):
    data = gappy()
    rng = np.random.default_rng(2)
    mixed = pd.concat([data.iloc[:4], data.iloc[rng.permutation(np.arange(4, len(data)))]])
    mixed = mixed[[str(name) for name in rng.permutation(data.columns)]]
    for missing in ("listwise", "fiml"):
        assert_same(fitted(CHAIN, data, missing=missing, **options), fitted(CHAIN, mixed, missing=missing, **options))


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_the_order_of_groups_changes_no_fit(missing):
    data = gappy()
    options = {"missing": missing, "group": "brand", "group_equal": ["loadings", "intercepts"]}
    north, south = data[data["brand"] == "north"], data[data["brand"] == "south"]
    one, other = (fitted(CHAIN, pd.concat(parts), **options) for parts in ([north, south], [south, north]))
    np.testing.assert_allclose(one.fit_measures, other.fit_measures, rtol=SAME, atol=SAME)
    loadings = [r.parameters.query("op == '=~' and group == 'north'")["std_all"] for r in (one, other)]
    np.testing.assert_allclose(*loadings, rtol=1e-6)


WEIGHTS: dict[str, tuple[object, str]] = {
    "one outweighs all": (lambda w: w.where(w.index != 3, 1e15), "row 3 has 100 % of all weight"),
    "missing": (lambda w: w.where(w.index > 30), "missing in 31 rows"),
    "negative": (lambda w: -w, "negative in 300 rows"),
    "infinite": (lambda w: w.where(w.index != 3, np.inf), "infinite in 1 rows"),
    "zero": (lambda w: 0 * w, "are all zero"),
    "five rows": (lambda w: w * (w.index < 5), "5 complete rows with a weight above 0 for 9 variables"),
    "complex": (lambda w: w * 1j, "must be numbers; found complex numbers such as"),
    "text": (lambda w: w.astype(str), "must be numbers; found numbers kept as text"),
}


@pytest.mark.parametrize(("change", "said"), WEIGHTS.values(), ids=WEIGHTS)
def test_weights_that_cannot_be_meant_are_refused_in_words(change, said):
    data = chain_sample(300)
    with pytest.raises(errors.DataError, match=said):
        sem.fit(CHAIN, data.assign(weight=change(data["weight"])), sampling_weights="weight")


def test_a_weight_missing_where_the_row_drops_out_anyway_does_no_harm():
    data = gappy()
    lost = data[ITEMS].isna().any(axis=1)
    blank = data.assign(weight=data["weight"].where(~lost))
    assert_same(fitted(CHAIN, data, sampling_weights="weight"), fitted(CHAIN, blank, sampling_weights="weight"))


def test_very_uneven_weights_are_said():
    data = chain_sample(300)
    with pytest.warns(sem.FitWarning, match="so uneven that 300 rows tell as much as .* row 3 alone has"):
        sem.fit(CHAIN, data.assign(weight=data["weight"].where(data.index != 3, 400.0)), sampling_weights="weight")


def test_a_single_cluster_left_after_deletion_is_refused():
    data = chain_sample(300).assign(branch=lambda d: np.where(d.index < 280, 1, 2))
    data.loc[280:, "q1"] = np.nan
    with pytest.raises(errors.DataError, match="'branch' holds a single cluster"):
        sem.fit(CHAIN, data, cluster="branch")


def test_rows_taken_by_number_are_those_named_whichever_they_are():
    values = np.arange(8.0).reshape(4, 2)
    answers = Answers(None, values, None, None, pd.RangeIndex(4))
    drawn = np.array([1, 3, 3, 2])  # without row 0, whose number is not true
    np.testing.assert_array_equal(vars(take(answers, drawn))["values"], values[drawn])
    assert take(answers, np.ones(4, dtype=bool)) is answers


COMPLEX: dict[str, Callable[[pd.DataFrame], object]] = {
    "fit": lambda data: sem.fit(CHAIN, data),
    "ordered items": lambda data: sem.fit(CHAIN, data, ordered=["q1", "q2", "q3"]),
    "explore": lambda data: sx.explore(data[ITEMS], factors=3),
    "parallel analysis": lambda data: sx.parallel_analysis(data[ITEMS]),
    "impute": lambda data: sem.impute(data[ITEMS], m=2),
    "merged categories": lambda data: sem.merge_categories(data, ["q2"]),
    "scores": lambda data: sem.fit(CHAIN, chain_sample(300)).factor_scores(data=data),
    "survey": sx.Survey.from_frame,
}


@pytest.mark.parametrize("door", COMPLEX.values(), ids=COMPLEX)
def test_complex_answers_are_refused_by_name(door):
    data = chain_sample(300)
    with pytest.raises(errors.DataError, match=r"q2.*complex|no real numbers: \['q2'\]"):
        door(data.assign(q2=data["q2"] * (1 + 1j)))


SCALES: dict[str, tuple[Callable[[pd.Series], pd.Series], str]] = {
    "huge": (lambda x: x * 1e150, r"'q2' has values of up to .*e\+150: divide it by a constant"),
    "beyond squares": (lambda x: x * 1e300, r"'q2' has values of up to .*e\+300: divide it by a constant"),
    "minute": (lambda x: x * 1e-150, r"'q2' has values that differ by .*e-150 at most: multiply it by a constant"),
    "flat": (lambda x: 0 * x + 7, "'q2' is constant"),
}


@pytest.mark.parametrize("options", [{}, {"missing": "fiml"}, {"estimator": "WLS"}, {"estimator": "MLM"}])
@pytest.mark.parametrize(("change", "said"), SCALES.values(), ids=SCALES)
def test_scales_that_no_arithmetic_can_hold_are_named(change, said, options):
    data = chain_sample(300)
    with pytest.raises(errors.DataError, match=said):
        sem.fit(CHAIN, data.assign(q2=change(data["q2"])), **options)


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
@pytest.mark.parametrize("estimator", ["ML", "MLR", "MLM", "GLS", "WLS", "DWLS"])
@pytest.mark.parametrize("unit", [1e30, 1e-30])
def test_columns_of_wildly_different_scale_fit_as_they_would_in_one(missing, estimator, unit):
    if missing == "fiml" and estimator not in ("ML", "MLR"):
        pytest.skip("full information is maximum likelihood")
    data = chain_sample(300) if missing == "listwise" else gappy()
    apart = data.assign(q2=data["q2"] * unit, j1=data["j1"] / unit, l3=data["l3"] * 1e9)
    a, b = (fitted(CHAIN, rows, estimator=estimator, missing=missing) for rows in (data, apart))
    assert b.converged
    measures = a.fit_measures.index.difference(["aic", "bic", "bic2", "logl", "unrestricted_logl", "rmr", "gfi"])
    measures = [name for name in measures if not name.startswith(("rmr", "crmr"))]
    np.testing.assert_allclose(b.fit_measures[measures], a.fit_measures[measures], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(b.parameters["std_all"], a.parameters["std_all"], rtol=1e-6, atol=1e-8)


def test_moments_of_impossible_scale_are_named():
    cov = chain_sample(300)[ITEMS].cov()
    for factor, said in ((1e300, "divide it"), (1e-300, "multiply it")):
        with pytest.raises(errors.DataError, match=said):
            sem.Moments(cov * factor, 300)


@pytest.mark.parametrize(
    ("value", "said"), [(3.0, r"'north': no variance in \['q2'\]"), (np.nan, r"answered \['q2'\]")]
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_an_item_without_variance_or_answers_in_one_group_is_named(value, said):
    data = gappy()
    data = data.assign(q2=data["q2"].where(data["brand"] != "north", value))
    with pytest.raises(errors.DataError, match=said):
        sem.fit(CHAIN, data, group="brand", missing="fiml")
