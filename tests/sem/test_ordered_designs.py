"""Ordered variables with sampling weights and clusters: lavaan's values, and what these must not change."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from reference_cases import FOLDER, parameter_values, read_data

from sexresearch import sem
from sexresearch.errors import DataError, OptionError
from sexresearch.sem.inference.vcov import vcov

SOLVED = 1e-5  # absolute, relative above 1: lavaan's minimiser stops where the discrepancy hardly changes
SAME = 1e-7  # the same rows counted in another way
ANSWERS = pd.read_csv(FOLDER / "ordered_designs.csv", keep_default_na=False, na_values=["NA"])
DATA = read_data("grid")
ITEMS = "f1 =~ q1 + q2 + q3\nf2 =~ q4 + q5 + q6"
MIXED = "f1 =~ q1 + q2 + q3\nf2 =~ q4 + x5 + x6"
ALL = [f"q{k}" for k in range(1, 7)]
CASES: dict[str, tuple[str, dict[str, object]]] = {
    "items": (ITEMS, {"ordered": ALL}),
    "mixed": (MIXED, {"ordered": ALL[:4]}),
    "covariates": (MIXED + "\nf1 + f2 ~ age + online", {"ordered": ALL[:4]}),
    "gaps": (
        "f1 =~ o1 + o2 + o3\nf2 =~ o4 + g5 + g6",
        {"ordered": ["o1", "o2", "o3", "o4"], "missing": "pairwise"},
    ),
    "groups": (ITEMS, {"ordered": ALL, "group": "site"}),
}
DESIGNS: dict[str, dict[str, str]] = {"weights": {"sampling_weights": "weight"}, "clusters": {"cluster": "branch"}}
DESIGNS["both"] = DESIGNS["weights"] | DESIGNS["clusters"]
FITS = list(ANSWERS[["case", "design", "estimator"]].drop_duplicates().itertuples(index=False, name=None))


def fit(text: str, data: pd.DataFrame = DATA, **options: object) -> sem.Results:
    """A fit whose warnings are not the subject."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(text, data, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("case", "design", "estimator"), FITS)
def test_estimates_errors_and_tests_are_lavaans(case: str, design: str, estimator: str) -> None:
    text, options = CASES[case]
    results = fit(text, estimator=estimator, **options, **DESIGNS[design])
    rows = ANSWERS[(ANSWERS["case"] == case) & (ANSWERS["design"] == design) & (ANSWERS["estimator"] == estimator)]
    found = parameter_values(results.parameters) | {("measure", k): v for k, v in results.fit_measures.items()}
    known = {(key[0], key[1].replace("_", ".") if key[0] == "measure" else key[1]): v for key, v in found.items()}
    for kind, name, value in rows[["kind", "name", "value"]].itertuples(index=False, name=None):
        of_covariates = design != "clusters" and {"age", "online"} >= set(name.split(" ")[:1])
        if not (np.isnan(value) or (kind == "se" and value == 0) or of_covariates):
            assert known[kind, _turned(known, kind, name)] == pytest.approx(value, abs=SOLVED, rel=SOLVED), (kind, name)


def _turned(known: dict[tuple[str, str], float], kind: str, name: str) -> str:
    """The name with the sides of a covariance in our order."""
    if (kind, name) in known:
        return name
    lhs, op, *rest = name.split(" ")
    return " ".join([rest[0], op, lhs, *rest[1:]])


@pytest.mark.parametrize("case", CASES)
def test_only_the_ratios_of_weights_count(case: str) -> None:
    text, options = CASES[case]
    whole = fit(text, **options, sampling_weights="weight")
    seven = fit(text, DATA.assign(weight=7 * DATA["weight"]), **options, sampling_weights="weight")
    assert np.allclose(whole.fitted.theta, seven.fitted.theta, atol=SAME)
    assert np.allclose(vcov(whole.fitted), vcov(seven.fitted), atol=SAME)


@pytest.mark.parametrize("case", CASES)
def test_weights_of_one_and_clusters_of_one_row_change_nothing(case: str) -> None:
    text, options = CASES[case]
    plain = fit(text, **options)
    same = fit(text, DATA.assign(one=1.0, row=range(len(DATA))), **options, sampling_weights="one", cluster="row")
    assert np.allclose(plain.fitted.theta, same.fitted.theta, atol=SAME)
    assert np.allclose(vcov(plain.fitted), vcov(same.fitted), atol=SAME)
    assert same.fit_measures["chisq_scaled"] == pytest.approx(plain.fit_measures["chisq_scaled"], rel=SAME)


@pytest.mark.parametrize("case", CASES)
def test_whole_weights_are_repeated_rows(case: str) -> None:
    """By ULS, whose weight does not know how rows came about; as clusters the repeated tell no more than one row."""
    text, options = CASES[case]
    times = np.random.default_rng(5).integers(1, 4, len(DATA))
    weighed = fit(text, DATA.assign(times=times), **options, sampling_weights="times", estimator="ULSMV")
    rows = DATA.assign(row=range(len(DATA))).loc[np.repeat(DATA.index, times)].reset_index(drop=True)
    repeated = fit(text, rows, **options, cluster="row", estimator="ULSMV")
    assert np.allclose(weighed.fitted.theta, repeated.fitted.theta, atol=SAME)
    per_row = [vcov(r.fitted) * (r.fitted.weight / r.fitted.n) for r in (weighed, repeated)]  # n - 1 counts otherwise
    assert np.allclose(*per_row, atol=SAME)


def test_rows_without_weight_take_no_part_and_may_not_fill_a_category_alone() -> None:
    data = DATA.assign(weight=np.where(np.arange(len(DATA)) % 5 == 0, 0.0, DATA["weight"]))
    some = fit(ITEMS, data, ordered=ALL, sampling_weights="weight")
    rest = fit(ITEMS, data[data["weight"] > 0], ordered=ALL, sampling_weights="weight")
    assert np.allclose(some.fitted.theta, rest.fitted.theta, atol=SAME)
    alone = DATA.assign(q1=np.where(DATA.index == 0, 9, DATA["q1"]), w=np.where(DATA.index == 0, 0.0, 1.0))
    with pytest.raises(DataError, match="empty categories: 'q1'"):
        fit(ITEMS, alone, ordered=ALL, sampling_weights="w")


def test_what_is_computed_after_the_fit_goes_with_weights_and_clusters() -> None:
    text, options = CASES["groups"]
    results = fit(text, **options, **DESIGNS["both"])
    equal = fit(text, **options, **DESIGNS["both"], group_equal=("loadings", "thresholds"))
    assert results.factor_scores().notna().all(axis=None)
    assert results.modification_indices()["mi"].notna().any()
    assert results.residual_table("standardized")["residual"].notna().any()
    assert equal.score_tests()["chisq"].notna().any()
    assert 0 <= sem.compare(results, equal)["pvalue"].iloc[-1] <= 1


def test_a_bootstrap_draws_whole_clusters_with_their_weights() -> None:
    results = fit(ITEMS, ordered=ALL, **DESIGNS["both"])
    drawn = sem.bootstrap(results, replicates=60, seed=1)
    robust = results.parameters["se"].to_numpy()
    ratio = drawn.intervals()["se"].to_numpy()[robust > 0] / robust[robust > 0]
    assert 0.7 < np.median(ratio) < 1.4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimator": "WLS"}, "'WLS', whose weight takes respondents as independent"),
        ({"se": "standard"}, "se='standard' does not go with"),
        ({"missing": "fiml"}, "ordered variables do not go with missing='fiml'"),
        ({"se": "robust_huber_white"}, "robust_huber_white"),
    ],
)
def test_what_clusters_of_ordered_answers_rule_out_is_said(options: dict[str, str], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        fit(ITEMS, ordered=ALL, cluster="branch", **options)


@pytest.mark.parametrize("estimator", ["DWLS", "ULS"])
@pytest.mark.parametrize("se", ["robust", "robust_cluster", None])
def test_plain_least_squares_becomes_robust_beside_clusters(estimator: str, se: str | None) -> None:
    used = fit(ITEMS, ordered=ALL, cluster="branch", estimator=estimator, se=se).fitted.options
    assert (used.se, used.test) == ("robust_sem", "satorra_bentler")
