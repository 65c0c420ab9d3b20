"""Ordered items beyond lavaan's values: derivatives, equivalent models, what is refused, what categories may be."""

from __future__ import annotations

import functools
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from reference_cases import read_data

from sexresearch import sem
from sexresearch.errors import DataError, ModelError, ModelSyntaxError, OptionError
from sexresearch.sem.ordinal.bivariate_normal import density, density_slope, quadrant
from sexresearch.sem.ordinal.polychoric import cells, polychoric

ITEMS = [f"q{k}" for k in range(1, 7)]
MODEL = "f1 =~ q1 + q2 + q3\nf2 =~ q4 + q5 + q6"
MIXED = "f1 =~ q1 + q2 + q3\nf2 =~ c1 + c2 + q5\nf2 ~ f1"
SAME = 1e-6  # two parameterizations of one model, both minimised to rounding error
STEP = 1e-5  # of finite differences
SLOPE = 1e-6  # relative error of central differences at that step


@functools.cache
def likert() -> pd.DataFrame:
    return read_data("likert")


@functools.cache
def fitted(model: str = MODEL, **options: object) -> sem.Results:
    return sem.fit(model, likert(), **{"ordered": ITEMS, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize(("h", "k", "rho"), [(0.3, -0.7, 0.5), (-1.2, -1.1, 0.97), (2.0, 0.0, -0.4)])
def test_the_density_is_the_derivative_of_the_quadrant(h, k, rho):
    h, k, r = np.array(h), np.array(k), np.array([rho - STEP, rho, rho + STEP])
    first, at = quadrant(h, k, r), density(h, k, r)
    assert (first[2] - first[0]) / (2 * STEP) == pytest.approx(at[1], rel=SLOPE)
    assert (at[2] - at[0]) / (2 * STEP) == pytest.approx(density_slope(h, k, r, at)[1], rel=1e-5)


def test_cells_add_up_to_the_margins():
    cuts = np.array([[-1.0, 0.2, 1.1]])
    at = cells(cuts, np.array([[-0.5, 0.5, 40.0]]), np.array([0.6]))
    assert at.probability.sum() == pytest.approx(1.0)
    assert at.slope.sum() == pytest.approx(0.0, abs=1e-12)
    assert at.probability[0, :, 3].sum() == pytest.approx(0.0, abs=1e-12)  # nothing beyond the last threshold


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.0, 0.5, 0.95])
def test_tables_of_expected_counts_give_their_correlation(rho):
    cuts = np.array([[-0.8, 0.1, 1.2]])
    table = 1000 * cells(cuts, cuts - 0.3, np.array([rho])).probability
    assert polychoric(table, cuts, cuts - 0.3)[0] == pytest.approx(rho, abs=1e-9)


@pytest.mark.parametrize("parameterization", ["delta", "theta"])
@pytest.mark.parametrize("kind", ["ordered", "mixed", "groups"])
def test_derivatives_of_the_discrepancy(parameterization, kind):
    options = {"ordered": ("q1", "q2", "q3", "q5") if kind == "mixed" else tuple(ITEMS)}
    if kind == "groups":
        options |= {"group": "segment", "group_equal": ("thresholds", "loadings")}
    found = fitted(MIXED if kind == "mixed" else MODEL, parameterization=parameterization, **options).fitted
    rng = np.random.default_rng(1)
    theta = found.theta + rng.uniform(-0.1, 0.1, len(found.theta))
    curve = found.objective.curve(theta)
    one = np.eye(len(theta)) * STEP
    slope = [(found.objective.value(theta + e) - found.objective.value(theta - e)) / (2 * STEP) for e in one]
    bend = [
        (found.objective.curve(theta + e).gradient - found.objective.curve(theta - e).gradient) / (2 * STEP)
        for e in one
    ]
    assert np.allclose(curve.gradient, slope, rtol=1e-5, atol=1e-6)
    assert np.allclose(curve.hessian(), bend, rtol=1e-5, atol=1e-6)


def test_both_parameterizations_are_one_model():
    delta, theta = fitted(), fitted(parameterization="theta")
    for column in ("std_all",):
        assert np.allclose(delta.parameters[column], theta.parameters[column], atol=SAME)
    assert delta.fit_measures["chisq_scaled"] == pytest.approx(theta.fit_measures["chisq_scaled"], rel=SAME)
    a, b = delta.factor_scores(), theta.factor_scores()
    assert np.allclose(a / a.std(), b / b.std(), atol=1e-5)


def test_gaps_do_not_change_the_correlations_of_other_items():
    data = likert().assign(q6=likert()["q6"].mask(np.arange(600) % 3 == 0))
    whole, part = fitted(), sem.fit(MODEL, data, ordered=ITEMS, missing="pairwise")
    kept = ITEMS[:5]
    ours, theirs = (r.implied["cov"] + r.residuals["cov"] for r in (whole, part))
    assert np.allclose(ours.loc[kept, kept], theirs.loc[kept, kept], atol=1e-10)
    assert part.nobs == 600


def test_weights_need_no_second_look_at_the_rows():
    """The diagonal of Gamma from frequencies equals that of the sum over rows."""
    sample = fitted(MIXED, ordered=("q1", "q2", "q3", "q5")).fitted.samples[0].ordinal
    assert sample is not None
    assert np.allclose(sample.variances, sample.gamma.diagonal(), rtol=1e-10)


def test_many_equal_rows_are_counted():
    data = pd.concat([likert()[["b1", "b2", "b3"]]] * 20, ignore_index=True)
    results = sem.fit("f =~ b1 + b2 + b3", data, ordered=True)
    single = sem.fit("f =~ b1 + b2 + b3", likert(), ordered=True)
    ratio = results.parameters["se"] / single.parameters["se"].replace(0, np.nan)
    assert np.allclose(ratio.dropna(), np.sqrt(599 / 11999), rtol=1e-8)


def test_ordered_categoricals_need_no_ordered_option():
    words = ["never", "rarely", "sometimes", "often", "always"]
    data = likert().assign(
        **{f"q{k}": pd.Categorical.from_codes(likert()[f"q{k}"] - 1, words, ordered=True) for k in (1, 2, 3)}
    )
    results = sem.fit("f =~ q1 + q2 + q3", data)
    plain = sem.fit("f =~ q1 + q2 + q3", likert(), ordered=True)
    assert np.allclose(results.parameters["est"], plain.parameters["est"])
    assert results.factor_scores().equals(plain.factor_scores())
    assert 'ordered(answers[["q1"]], levels = c("never", "rarely"' in results.to_lavaan()


def test_names_outside_the_model_are_passed_over():
    assert sem.fit("f =~ q1 + q2 + q3", likert(), ordered=ITEMS).fitted.options.ordered == ("q1", "q2", "q3")


def test_scales_are_part_of_the_text():
    results = sem.fit("f =~ q1 + q2 + q3\nq1 ~*~ 0.8*q1", likert())
    row = results.parameters.query("op == '~*~'").iloc[0]
    assert (row["lhs"], row["est"], row["se"]) == ("q1", 0.8, 0.0)


@pytest.mark.parametrize(
    ("error", "words", "model", "change", "options"),
    [
        (DataError, "'q1' has 21 different answers; at most 20", MODEL, {"q1": lambda d: np.arange(600) % 21}, {}),
        (DataError, "'q1' has 1 category", MODEL, {"q1": lambda d: 1}, {}),
        (DataError, "'q1' holds text such as", MODEL, {"q1": lambda d: "yes"}, {}),
        (DataError, "'q1' holds categories without an order", MODEL,
         {"q1": lambda d: pd.Categorical(d.q1.astype(str))}, {}),
        (DataError, r"empty categories: 'q1' \(no answers in 9\)", MODEL,
         {"q1": lambda d: pd.Categorical(d.q1, [1, 2, 3, 4, 5, 9], ordered=True)}, {}),
        (DataError, r"group 'new': empty categories: 'q1' \(no answers in 5\)", MODEL,
         {"q1": lambda d: d.q1.mask((d.segment == "new") & (d.q1 == 5), 4)}, {"group": "segment"}),
        (DataError, "not in the data: ['q99']", MODEL, {}, {"ordered": ["q1", "q99"]}),
        (OptionError, "ordered variables need a least-squares estimator", MODEL, {}, {"estimator": "MLR"}),
        (OptionError, "missing='fiml'; use missing='pairwise'", MODEL, {}, {"missing": "fiml"}),
        (OptionError, "parameterization 'gamma' is not known", MODEL, {}, {"parameterization": "gamma"}),
        (ModelError, "'q1 | t5': 'q1' has 5 categories", MODEL + "\nq1 | t5", {}, {}),
        (ModelError, "'c1 | t1' needs 'c1' to be an ordered variable", MODEL + "\nc1 | t1", {"c1": lambda d: d.q9}, {}),
        (ModelError, "q1 ~~ q1 cannot be estimated", MODEL + "\nq1 ~~ q1", {}, {}),
        (ModelSyntaxError, "the name of a threshold", MODEL + "\nq1 | u1", {}, {}),
        (ModelSyntaxError, "the same variable on both sides", MODEL + "\nq1 ~*~ q2", {}, {}),
    ],
)  # fmt: skip
def test_refused(error, words, model, change, options):
    data = likert().assign(**change)
    with pytest.raises(error, match=words if "\\" in words else re.escape(words)):
        sem.fit(model, data, **{"ordered": ITEMS, **options})


def test_moments_have_no_categories():
    cov = pd.DataFrame(np.eye(3) + 0.5, index=ITEMS[:3], columns=ITEMS[:3])
    with pytest.raises(OptionError, match="ordered variables need the respondents' answers"):
        sem.fit("f =~ q1 + q2 + q3", moments=sem.Moments(cov, 100), ordered=True)


def test_empty_categories_can_be_merged():
    data = likert().assign(q1=likert()["q1"].mask((likert()["segment"] == "new") & (likert()["q1"] == 5), 4))
    merged = sem.merge_categories(data, ITEMS, group="segment")
    assert sorted(merged["q1"].unique()) == [1, 2, 3, 4]
    assert merged["q2"].equals(data["q2"])
    assert sem.fit(MODEL, merged, ordered=ITEMS, group="segment").converged


def test_merged_categoricals_keep_their_words():
    data = pd.DataFrame(
        {"x": pd.Categorical(["low", "mid", "high"] * 9, ["never", "low", "mid", "high"], ordered=True)}
    )
    assert list(sem.merge_categories(data, ["x"])["x"].cat.categories) == ["low", "mid", "high"]
    with pytest.raises(DataError, match="would keep a single category"):
        sem.merge_categories(data, ["x"], fewest=100)


def test_intervals_cover_and_the_scaled_test_keeps_its_level():
    """200 samples of 400 from a known model, five skewed categories: 95 % intervals and a 5 % test."""
    truth = {"f =~ a": 0.8, "f =~ b": 0.7, "f =~ c": 0.6, "g =~ d": 0.75, "g =~ e": 0.65, "g =~ h": 0.55, "f ~~ g": 0.5}
    loadings, rng = np.array(list(truth.values()))[:6], np.random.default_rng(5)
    covered, rejected = [], 0
    for _ in range(200):
        factors = rng.normal(size=(400, 2)) @ np.linalg.cholesky([[1, 0.5], [0.5, 1]]).T
        response = np.repeat(factors, 3, axis=1) * loadings + rng.normal(size=(400, 6)) * np.sqrt(1 - loadings**2)
        data = pd.DataFrame(np.searchsorted([-1.5, -1.0, -0.3, 0.6], response) + 1, columns=list("abcdeh"))
        results = sem.fit("f =~ a + b + c\ng =~ d + e + h", data, ordered=True, std_lv=True)
        rows = results.parameters.query("se > 0 and op in ['=~', '~~']")
        covered.append((rows["ci_lower"] < list(truth.values())) & (list(truth.values()) < rows["ci_upper"]))
        rejected += results.fit_measures["pvalue_scaled"] < 0.05
    assert 0.93 < np.mean(covered) < 0.97
    assert 0.01 < rejected / 200 < 0.10


def test_bootstrap_refits_the_categories():
    found = sem.bootstrap(fitted("f =~ q1 + q2 + q3"), replicates=60, seed=1)
    table = found.intervals()
    free = table["se"] > 0
    assert np.allclose(table["se"][free] / fitted("f =~ q1 + q2 + q3").parameters["se"][free], 1.0, atol=0.5)
    with pytest.raises(OptionError, match="makes continuous answers"):
        sem.bootstrap(fitted(), replicates=10, kind="parametric")


def test_robust_indices_say_why_they_are_missing():
    results = fitted(group="segment", group_equal=("thresholds",))
    assert "thresholds are held equal" in results.reasons["cfi_robust"]


def test_semopy_is_not_comparable():
    note = sem.crosscheck(fitted(), engines=["semopy"])["note"].iloc[0]
    assert note.startswith("semopy: not comparable, because semopy estimates ordered variables")


OUTCOME = "f1 =~ q1 + q2 + q3\nf2 =~ q4 + q5 + q6\nf2 ~ f1 + female\nf1 ~ age\nq7 + c1 ~ f2"
COMPONENTS = ["lhs", "op", "rhs"]
GAIN = 0.05  # relative: one step of a quadratic against a whole fit, where the change is small
LARGE = 4.0  # modification index from which a step is not small any more


def test_modification_indices_are_those_of_the_other_parameterization():
    """A path from an ordered outcome passes on its residual variance, which one of the two only derives."""
    ordered = [f"q{k}" for k in range(1, 8)]
    delta, theta = (
        fitted(OUTCOME, ordered=tuple(ordered), parameterization=kind).modification_indices().set_index(COMPONENTS)
        for kind in ("delta", "theta")
    )
    shared = [key for key in delta.index if key in theta.index and key[1] in ("~", "=~", "~~")]
    assert ("f1", "~", "q7") in shared
    assert len(shared) > 30
    assert np.allclose(delta.loc[shared, "mi"], theta.loc[shared, "mi"], rtol=1e-5, atol=1e-5)
    paths = [key for key in shared if key[1] != "~~"]
    assert np.allclose(delta.loc[paths, "sepc_all"], theta.loc[paths, "sepc_all"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("parameterization", ["delta", "theta"])
def test_modification_indices_foretell_what_a_refit_gains(parameterization):
    results = fitted(parameterization=parameterization)
    table = results.modification_indices()
    table = table[(table["mi"] > 0.2) & (table["mi"] < LARGE) & table["op"].isin(["=~", "~~"])]
    assert len(table) > 5
    for row in table.head(6).itertuples():
        freed = fitted(f"{MODEL}\n{row.lhs} {row.op} {row.rhs}", parameterization=parameterization)
        gain = results.fit_measures["chisq"] - freed.fit_measures["chisq"]
        assert row.mi == pytest.approx(gain, rel=GAIN)


@pytest.mark.parametrize("seed", [0, 2, 8, 11])  # where rounding left a covariate's own variance given itself below 0
def test_scales_given_covariates_are_computed_without_a_warning(seed):
    rng = np.random.default_rng(seed)
    age, online = rng.normal(1, 1, 300), rng.binomial(1, 0.4, 300).astype(float)
    joy = 0.4 * age - 0.3 * online + rng.normal(size=300)
    items = {f"u{k}": (joy + rng.normal(size=300) > 0.3 * k).astype(float) for k in (1, 2, 3)}
    data = pd.DataFrame(items | {"age": age, "online": online}).round(3)
    text = "joy =~ u1 + u2 + u3\njoy ~ age + online + age:online"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = sem.fit(text, data, ordered=list(items), parameterization="theta").parameters
    scales = rows.loc[rows["op"] == "~*~", "est"].to_numpy()
    loadings = rows.loc[rows["op"] == "=~", "est"].to_numpy()
    residual = rows.loc[(rows["op"] == "~~") & (rows["lhs"] == "joy"), "est"].item()
    assert scales == pytest.approx((loadings**2 * residual + 1.0) ** -0.5, rel=SAME)  # by definition
