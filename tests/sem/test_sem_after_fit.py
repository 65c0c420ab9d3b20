"""What is computed after a fit, held against refits, formulas and simulation (lavaan: test_reference_after_fit.py)."""

from __future__ import annotations

import functools
import math
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reference_cases import read_data
from scipy.special import chdtrc

from sexresearch import sem
from sexresearch.errors import DataError, ModelError, ModelSyntaxError, OptionError
from sexresearch.sem.after.nesting import reproduce
from sexresearch.sem.after.scaled_difference import scaling_2001

IDENTITY = 1e-8  # two ways to the same number
NEAR = 0.1  # relative: a score test and the likelihood ratio it stands for, in a well-fitting model


def skewed() -> pd.DataFrame:
    return read_data("skewed")


THREE = "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6\nf3 =~ x7 + x8 + x9\n"


def fit(model: str, data: pd.DataFrame | None = None, **options) -> sem.Results:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(model, skewed() if data is None and "moments" not in options else data, **options)


# ------------------------------------------------------------------------------------------- modification indices


def test_modification_indices_foresee_the_refit() -> None:
    first = fit(THREE + "x1 ~~ 0*x2")
    best = first.modification_indices().iloc[0]
    second = fit(THREE + f"{best['lhs']} {best['op']} {best['rhs']}")
    gain = first.fit_measures["chisq"] - second.fit_measures["chisq"]
    assert math.isclose(gain, best["mi"], rel_tol=NEAR)
    row = second.parameters.set_index(["lhs", "op", "rhs"]).loc[(best["lhs"], best["op"], best["rhs"])]
    assert math.isclose(row["est"], best["epc"], rel_tol=3 * NEAR)


def test_modification_indices_are_free_of_units() -> None:
    a = fit(THREE).modification_indices(sort=False)
    b = fit(THREE, skewed()[[f"x{i}" for i in range(1, 10)]] * 300).modification_indices(sort=False)
    np.testing.assert_allclose(a["mi"], b["mi"], rtol=1e-6)
    np.testing.assert_allclose(a["sepc_all"], b["sepc_all"], rtol=1e-6, atol=1e-9)


def test_modification_indices_minimum_and_order() -> None:
    found = fit(THREE).modification_indices(minimum=1.0)
    assert (found["mi"] >= 1.0).all()
    assert found["mi"].is_monotonic_decreasing


def test_a_saturated_model_has_nothing_to_free() -> None:
    assert fit("f1 =~ x1 + x2 + x3").modification_indices().empty


@pytest.mark.parametrize("estimator", ["GLS", "ULS", "WLS", "DWLS"])
def test_least_squares_has_modification_indices(estimator: str) -> None:
    found = fit(THREE, estimator=estimator).modification_indices()
    assert len(found) == 54  # 18 cross-loadings and 36 residual covariances
    assert (found["mi"] >= 0).all()


# ------------------------------------------------------------------------------------------- constraints


def test_score_tests_foresee_the_likelihood_ratio() -> None:
    tight, loose = fit("f1 =~ x1 + l*x2 + l*x3\nf1 ~~ x4\nx4 ~~ x4"), fit("f1 =~ x1 + x2 + x3\nf1 ~~ x4\nx4 ~~ x4")
    gain = tight.fit_measures["chisq"] - loose.fit_measures["chisq"]
    assert math.isclose(tight.score_tests()["chisq"].iloc[0], gain, rel_tol=NEAR)


def test_releasing_what_identifies_the_model_gains_nothing() -> None:
    half = {"group": "half", "group_equal": ["loadings", "intercepts"]}
    together = fit(THREE, **half).score_tests().iloc[0]
    assert together["df"] == 6 + 9 - 3  # the three latent means of the second group take three directions


def test_score_tests_of_some_constraints() -> None:
    results = fit("f1 =~ x1 + l*x2 + l*x3\nf2 =~ x4 + m*x5 + m*x6")
    every = results.score_tests()
    assert list(every["constraint"]) == ["all together", "f1 =~ x2 == f1 =~ x3", "f2 =~ x5 == f2 =~ x6"]
    one = results.score_tests(release=["f2 =~ x5 == f2 =~ x6"])
    pd.testing.assert_frame_equal(one, every.iloc[[2]].reset_index(drop=True))
    with pytest.raises(OptionError, match="nonsense"):
        results.score_tests(release=["nonsense"])
    with pytest.raises(OptionError, match="no equality constraints"):
        fit(THREE).score_tests()


def test_one_wald_hypothesis_is_the_square_of_z() -> None:
    results = fit("f1 =~ x1 + x2 + x3\nx4 ~ b*f1\ndouble := 2*b")
    z = results.parameters.set_index("label").loc["b", "z"]
    for hypothesis in ("b == 0", "double == 0", "0 == 3*b"):
        found = results.wald_test(hypothesis)
        assert len(found) == 1
        assert math.isclose(found["chisq"].iloc[0], z**2, rel_tol=IDENTITY)


@pytest.mark.parametrize(
    ("hypotheses", "error", "said"),
    [
        ("b == d", ModelError, "no parameter is labelled 'd'"),
        ("b > 0", ModelSyntaxError, "takes equalities"),
        ("x4 ~ f1", ModelSyntaxError, "expected constraints"),
        ("", ModelSyntaxError, "expected constraints"),
        ("k == 0", ModelError, "no estimate that has a standard error"),
        ("b == 0; 2*b == 0", ModelError, "follows from the others"),
        ("__import__('os') == 0", ModelSyntaxError, "unknown function"),
    ],
)
def test_wald_refuses(hypotheses: str, error: type[Exception], said: str) -> None:
    results = fit("f1 =~ x1 + x2 + x3\nx4 ~ b*f1\nx4 ~~ x4\nk := 3 + 0*b")
    with pytest.raises(error, match=said):
        results.wald_test(hypotheses)


# ------------------------------------------------------------------------------------------- comparisons


@functools.cache
def pair(**options: str) -> tuple[sem.Results, sem.Results]:
    return fit(THREE, **options), fit(THREE + "f1 ~~ r*f2\nf1 ~~ r*f3\n", **options)


def test_plain_difference_is_the_likelihood_ratio() -> None:
    larger, smaller = pair()
    row = sem.compare(larger, smaller).iloc[1]
    ratio = 2 * (larger.fit_measures["logl"] - smaller.fit_measures["logl"])
    assert math.isclose(row["chisq_diff"], ratio, rel_tol=1e-6)
    assert math.isclose(row["pvalue"], chdtrc(1, ratio), rel_tol=1e-6)
    assert row["note"] == "2 is nested in 1"


def test_default_methods() -> None:
    notes = {e: sem.compare(*pair(estimator=e)).loc[1, "note"] for e in ("MLM", "MLR", "MLMV", "GLS")}
    assert notes["MLM"].endswith("satorra_bentler_2001")
    assert notes["MLR"].endswith("satorra_bentler_2001")
    assert notes["MLMV"].endswith("satorra_2000")
    assert notes["GLS"] == "2 is nested in 1"


def test_models_written_differently_are_nested_all_the_same() -> None:
    parallel = fit("f1 =~ x2 + x1 + x3\nf2 =~ x4 + x5 + x6\nf3 =~ x7 + x8 + x9\nf1 ~~ 0*f2", std_lv=True)
    row = sem.compare(fit(THREE), parallel).iloc[1]
    assert (row["df_diff"], row["note"]) == (1, "2 is nested in 1")


def test_one_factor_is_nested_in_two_but_not_in_other_items_of_two() -> None:
    items = "f =~ x1 + x2 + x3 + x4 + x5 + x6"
    two = fit("f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6")
    assert sem.compare(two, fit(items)).loc[1, "note"] == "2 is nested in 1"
    other = fit("f1 =~ x1 + x4 + a*x5\nf2 =~ x2 + x3 + a*x6")
    row = sem.compare(two, other).iloc[1]
    assert "2 is not nested in 1" in row["note"]
    assert row[["chisq_diff", "df_diff", "pvalue"]].isna().all()


def test_reproduce_finds_the_smaller_model_inside_the_larger() -> None:
    larger, smaller = pair()
    found = reproduce(larger.fitted, smaller.fitted)
    assert found is not None
    labels = list(larger.vcov.index)
    assert math.isclose(
        found.solution.theta[labels.index("f1 ~~ f2")], found.solution.theta[labels.index("f1 ~~ f3")], rel_tol=1e-6
    )
    assert reproduce(smaller.fitted, larger.fitted) is None


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (lambda: fit(THREE), "same degrees of freedom"),
        (lambda: fit(THREE + "f1 ~~ 0*f2", skewed().iloc[:-5]), "different data"),
        (lambda: fit("f1 =~ x1 + x2 + x3 + x4"), "different observed variables: x5, x6"),
        (lambda: fit(THREE + "f1 ~~ 0*f2", estimator="MLR"), "different estimators or tests"),
        (lambda: fit(THREE + "f1 ~~ 0*f2", meanstructure=True), "means are modelled in one"),
        (lambda: fit(THREE + "f1 ~~ 0*f2", group="half"), "different groups"),
    ],
)
def test_incomparable_models_get_a_reason(other, said: str) -> None:
    found = sem.compare(fit(THREE), other())
    assert found["chisq_diff"].isna().all()
    assert said in found["note"].iloc[1]


def test_compare_refuses() -> None:
    a, b = pair()
    with pytest.raises(OptionError, match="two or more"):
        sem.compare(a)
    with pytest.raises(OptionError, match="str"):
        sem.compare(a, "b")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="satorra_2000"):
        sem.compare(a, b, method="satorra2000")
    with pytest.raises(OptionError, match="names has 1"):
        sem.compare(a, b, names=["one"])
    assert "scales robust tests" in sem.compare(a, b, method="satorra_2000").loc[1, "note"]
    assert math.isnan(scaling_2001(5.0, (24, 1.5), (25, 1.1)))  # a negative correction is missing, not a number


# ------------------------------------------------------------------------------------------- residuals


def test_raw_residuals_are_observed_less_implied() -> None:
    found = fit(THREE, meanstructure=True).residual_table()
    np.testing.assert_allclose(found["residual"], found["observed"] - found["implied"])
    assert (found["op"] == "~1").sum() == 9


@pytest.mark.parametrize("estimator", ["GLS", "ULS", "WLS", "DWLS"])
def test_least_squares_has_standardized_residuals(estimator: str) -> None:
    found = fit(THREE, estimator=estimator).residual_table("standardized")
    assert found["residual"].abs().max() < 10


def test_residual_kind_is_checked() -> None:
    with pytest.raises(OptionError, match="normalized"):
        fit(THREE).residual_table("z")


# ------------------------------------------------------------------------------------------- scores


CFA = "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6"


def gappy() -> pd.DataFrame:
    data = skewed()[[f"x{i}" for i in range(1, 7)]].set_axis([f"person {i}" for i in range(len(skewed()))])
    data.loc["person 3", "x1"] = np.nan
    data.loc["person 5", ["x1", "x2", "x3"]] = np.nan
    data.loc["person 7"] = np.nan
    return data


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_scores_are_aligned_to_the_data_and_there_for_rows_with_gaps(missing: str) -> None:
    data = gappy()
    results = fit(CFA, data, missing=missing)
    scores = results.factor_scores()
    assert scores.index.equals(data.index)
    assert list(scores.columns) == ["f1", "f2"]
    assert scores.loc["person 7"].isna().all()
    assert scores.drop("person 7").notna().all().all()
    bartlett = results.factor_scores("bartlett")
    assert np.isnan(bartlett.loc["person 5", "f1"])
    assert np.isfinite(bartlett.loc["person 5", "f2"])


def test_scores_of_rows_with_gaps_are_conditional_expectations() -> None:
    results = fit(CFA, gappy(), missing="fiml")
    cov, mean = results.implied["cov"], results.implied["mean"]
    std = results.parameters.set_index(["lhs", "op", "rhs"])["est"]
    loading = np.array([std[("f1", "=~", f"x{i}")] for i in (1, 2, 3)]) * std[("f1", "~~", "f1")]
    across = np.array([std[("f2", "=~", f"x{i}")] for i in (4, 5, 6)]) * std[("f1", "~~", "f2")]
    answered = ["x2", "x3", "x4", "x5", "x6"]
    weights = np.linalg.solve(cov.loc[answered, answered], np.concatenate([loading[1:], across]))
    expected = weights @ (gappy().loc["person 3", answered] - mean[answered])
    assert math.isclose(results.factor_scores().loc["person 3", "f1"], expected, rel_tol=IDENTITY)


def test_new_respondents_are_scored_by_the_fitted_model() -> None:
    results = fit(CFA, gappy(), missing="fiml")
    one = gappy().iloc[[3]]
    pd.testing.assert_frame_equal(results.factor_scores(data=one), results.factor_scores().iloc[[3]])
    with pytest.raises(DataError, match="x6"):
        results.factor_scores(data=one.drop(columns="x6"))
    with pytest.raises(DataError, match="x2"):
        results.factor_scores(data=one.assign(x2="much"))


def test_scores_of_groups_keep_the_order_of_the_data() -> None:
    data = skewed().sample(frac=1, random_state=1)
    data.iloc[0, data.columns.get_loc("half")] = None
    results = fit(CFA, data, group="half")
    scores = results.factor_scores()
    assert scores.index.equals(data.index)
    assert scores.iloc[0].isna().all()  # no group, no score
    label = results.groups[1]
    alone = fit(CFA, data[data["half"] == label], meanstructure=True).factor_scores()
    np.testing.assert_allclose(scores[data["half"] == label], alone, atol=1e-5)


def test_bartlett_scores_follow_the_factor_one_to_one() -> None:
    results = fit(CFA)
    est = results.parameters.set_index(["lhs", "op", "rhs"])["est"]
    pattern = pd.DataFrame(
        [
            {f"x{i}": skewed()[f"x{i}"].mean() + step * est[("f1", "=~", f"x{i}")] for i in (1, 2, 3)}
            | {f"x{i}": skewed()[f"x{i}"].mean() for i in (4, 5, 6)}
            for step in (0.0, 1.0)
        ]
    )
    found = results.factor_scores("bartlett", data=pattern)
    np.testing.assert_allclose(found, [[0, 0], [1, 0]], atol=IDENTITY)


def test_a_factor_of_factors_has_no_bartlett_score() -> None:
    results = fit(THREE + "g =~ f1 + f2 + f3")
    assert results.factor_scores("bartlett")["g"].isna().all()
    assert results.factor_scores()["g"].notna().all()


def test_predicted_answers_of_a_factor_model() -> None:
    results = fit(CFA, meanstructure=True)
    scores, est = results.factor_scores(), results.parameters.set_index(["lhs", "op", "rhs"])["est"]
    found = results.predict()
    expected = skewed()["x5"].mean() + est[("f2", "=~", "x5")] * scores["f2"]
    np.testing.assert_allclose(found["x5"], expected, rtol=1e-6)


def test_predicted_outcomes_use_covariates() -> None:
    results = fit("x1 ~ x2 + x3", meanstructure=True)
    slopes = np.linalg.lstsq(
        np.column_stack([np.ones(len(skewed())), skewed()[["x2", "x3"]]]), skewed()["x1"], rcond=None
    )
    expected = slopes[0][0] + skewed()[["x2", "x3"]] @ slopes[0][1:]
    np.testing.assert_allclose(results.predict()["x1"], expected, rtol=1e-6)


@pytest.mark.parametrize("method", ["regression", "bartlett"])
def test_score_reliability_is_what_simulation_shows(method: str) -> None:
    rng = np.random.default_rng(5)
    n = 20_000
    f = rng.normal(size=n)
    data = pd.DataFrame({f"y{i}": (0.4 + 0.1 * i) * f + rng.normal(size=n) for i in range(4)})
    results = fit("f =~ y0 + y1 + y2 + y3", data)
    stated = results.score_reliability(method).loc[0]
    seen = np.corrcoef(f, results.factor_scores(method)["f"])[0, 1]
    assert math.isclose(stated["determinacy"], seen, abs_tol=0.01)  # sampling error at n = 20,000
    assert math.isclose(stated["reliability"], stated["determinacy"] ** 2, rel_tol=IDENTITY)


def test_scores_need_answers_and_a_known_method() -> None:
    cov = skewed()[[f"x{i}" for i in range(1, 7)]].cov()
    results = fit(CFA, moments=sem.Moments(cov, nobs=len(skewed())))
    with pytest.raises(OptionError, match="fitted to moments"):
        results.factor_scores()
    with pytest.raises(OptionError, match="fitted to moments"):
        results.coverage()
    with pytest.raises(OptionError, match="bartlett"):
        fit(CFA).factor_scores("anderson")


# ------------------------------------------------------------------------------------------- missing answers


def test_patterns_count_the_rows_that_listwise_drops() -> None:
    results = fit(CFA, gappy())
    found = results.patterns()
    assert list(found["missing"]) == ["", "x1, x2, x3", "x1"] or list(found["missing"]) == ["", "x1", "x1, x2, x3"]
    assert found["n"].sum() == len(gappy()) - 1  # one row has no answer at all
    assert results.coverage()["n"].min() == len(gappy()) - 3


# ------------------------------------------------------------------------------------------- every table


def test_columns_are_in_the_glossary(assert_in_glossary) -> None:
    tight = fit("f1 =~ x1 + l*x2 + l*x3\nf2 =~ x4 + x5 + x6")
    tables = [
        tight.modification_indices(),
        tight.score_tests(),
        tight.wald_test("l == 1"),
        tight.residual_table(),
        tight.score_reliability(),
        tight.coverage(),
        tight.patterns(),
        sem.compare(*pair()),
    ]
    for table in tables:
        assert_in_glossary(table)


def test_a_fit_that_did_not_converge_has_no_aftermath() -> None:
    results = fit(CFA)
    constrained = results.fitted.constrained
    failed = replace(constrained, solution=replace(constrained.solution, converged=False))
    stuck = replace(results, fitted=replace(results.fitted, constrained=failed))
    with pytest.raises(ModelError, match="need a fit that converged"):
        stuck.modification_indices()
    assert "did not converge" in sem.compare(stuck, fit(CFA + "\nf1 ~~ 0*f2")).loc[1, "note"]
