"""Adding a constant to variables moves means and intercepts and nothing else, however large the constant."""

from __future__ import annotations

import functools
import warnings

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample, with_gaps

import sexresearch as sx
from sexresearch import errors, sem

ITEMS = [f"{letter}{i}" for letter in "qjl" for i in (1, 2, 3)]
TIMES = ["t0", "t1", "t2", "t3"]
COVARIATE = CHAIN + "joy ~ age\n"
PATHS = "j1 ~ q1 + a*q2\nl1 ~ b*j1 + q1\nl2 ~ j1\nindirect := a*b\n"
GROWTH = """
    level =~ 1*t0 + 1*t1 + 1*t2 + 1*t3
    slope =~ 0*t0 + 1*t1 + 2*t2 + 3*t3
    level + slope ~ 1
    t0 + t1 + t2 + t3 ~ 0*1
"""
ORDERED = "f =~ o1 + o2 + o3 + j1\ng =~ l1 + l2 + l3\ng ~ f\n"
MODELS: dict[str, tuple[str, dict]] = {
    "factors": (CHAIN, {}),
    "covariate": (COVARIATE, {}),
    "regressions": (PATHS, {}),
    "random covariates": (PATHS, {"fixed_x": False}),
    "growth": (GROWTH, {}),
    "groups": (CHAIN, {"group": "brand", "group_equal": ["loadings", "intercepts"]}),
    "groups alike": (COVARIATE, {"group": "brand", "group_equal": ["loadings", "intercepts"]}),
}
WAYS: dict[str, dict] = {
    "fiml": {"missing": "fiml"},
    "fiml robust": {"missing": "fiml", "estimator": "MLR"},
    "means": {"meanstructure": True},
    "MLR means": {"meanstructure": True, "estimator": "MLR"},
    "MLM means": {"meanstructure": True, "estimator": "MLM"},
    "GLS": {"meanstructure": True, "estimator": "GLS"},
    "WLS": {"meanstructure": True, "estimator": "WLS"},
    "ML": {},
}
SHIFTS = [1e3, 1e6, 1e8]
DIGITS = 1e-7  # relative: where the minimiser stops
ROUNDED = 50 * np.finfo(float).eps  # of the shift: answers that large are rounded to so much of their spread
FROM_ZERO = ("gfi", "agfi", "pgfi", "srmr_mplus")  # by definition they measure means from 0, as in lavaan


@functools.cache
def sample(gaps: bool) -> pd.DataFrame:
    data = chain_sample(300)
    data = data.assign(**{f"o{i}": np.digitize(data[f"q{i}"], [0.3 * i, i, i + 0.8]) for i in (1, 2, 3)})
    rng = np.random.default_rng(8)
    level, slope = rng.normal(3.0, 1.0, 300), rng.normal(0.4, 0.5, 300)
    data = data.assign(**{f"t{k}": level + k * slope + rng.normal(0, 0.7, 300) for k in range(4)})
    return with_gaps(data, [*ITEMS, *TIMES], 0.05) if gaps else data


@functools.cache
def fitted(model: str, way: str, shift: float) -> sem.Results:
    text, options = MODELS[model]
    data = sample(WAYS[way].get("missing") == "fiml").copy()
    data[[*ITEMS, *TIMES, "age"]] += shift
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(text, data, **options, **WAYS[way])


def assert_same(a: object, b: object, digits: float = DIGITS) -> None:
    np.testing.assert_allclose(np.asarray(a, dtype=float), np.asarray(b, dtype=float), rtol=digits, atol=digits)


def spread(results: sem.Results) -> pd.DataFrame:
    """The rows that are no means, intercepts or thresholds."""
    return results.parameters[~results.parameters["op"].isin(["~1", "|"])]


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", MODELS)
def test_a_constant_moves_means_only(model, way, shift):
    plain, moved = fitted(model, way, 0.0), fitted(model, way, shift)
    assert moved.converged
    assert len(moved.problems) == len(plain.problems)
    digits = max(DIGITS, ROUNDED * shift)
    for column in ("est", "se", "std_lv", "std_all"):
        assert_same(spread(moved)[column], spread(plain)[column], digits)
    measures = plain.fit_measures.index.difference(FROM_ZERO)
    assert_same(moved.fit_measures[measures], plain.fit_measures[measures], digits)
    assert_same(moved.r_squared, plain.r_squared, digits)


@pytest.mark.parametrize("model", ["factors", "covariate", "regressions"])
def test_implied_means_move_by_the_constant_and_intercepts_by_what_regressions_make_of_it(model):
    plain, moved = fitted(model, "fiml", 0.0), fitted(model, "fiml", 1e6)
    assert_same(moved.implied["mean"] - 1e6, plain.implied["mean"], 1e-6)
    assert_same(moved.residuals["mean"], plain.residuals["mean"], 1e-6)
    if model == "regressions":
        rows = plain.parameters.set_index(["lhs", "op", "rhs"])["est"]
        there = moved.parameters.set_index(["lhs", "op", "rhs"])
        slopes = rows["j1", "~", "q1"] + rows["j1", "~", "q2"]
        assert there["est"]["j1", "~1", ""] == pytest.approx(rows["j1", "~1", ""] + 1e6 * (1 - slopes), rel=1e-9)
        own = plain.vcov
        change = pd.Series({"j1 ~1": 1.0, "j1 ~ q1": -1e6, "a": -1e6})
        names = [name if name in own else "j1 ~ q2" for name in change.index]
        block = own.loc[names, names].to_numpy()
        error = np.sqrt(change.to_numpy() @ block @ change.to_numpy())
        assert there["se"]["j1", "~1", ""] == pytest.approx(error, rel=1e-7)


@pytest.mark.parametrize("model", ["factors", "covariate", "groups"])
@pytest.mark.parametrize("way", ["fiml", "fiml robust"])
def test_what_is_asked_after_a_fit_does_not_see_the_constant(model, way):
    plain, moved = fitted(model, way, 0.0), fitted(model, way, 1e6)
    data = [sample(True).assign(**{n: sample(True)[n] + s for n in [*ITEMS, "age"]}) for s in (0.0, 1e6)]
    for kind in ("normalized", "standardized"):
        tables = [r.residual_table(kind)["residual"] for r in (moved, plain)]
        assert_same(*tables, 1e-5)
    indices = [r.modification_indices(sort=False)["mi"] for r in (moved, plain)]
    assert_same(*indices, 1e-5)
    if model == "factors":
        assert_same(moved.factor_scores(), plain.factor_scores(), 1e-6)
        assert_same(moved.predict(data=data[1]) - 1e6, plain.predict(data=data[0]), 1e-6)
    if model == "groups":
        assert_same(moved.score_tests()["chisq"], plain.score_tests()["chisq"], 1e-5)


def test_bootstrap_and_comparison_do_not_see_the_constant():
    plain, moved = fitted("covariate", "fiml", 0.0), fitted("covariate", "fiml", 1e6)
    drawn = [sem.bootstrap(r, replicates=8, seed=3).replicates for r in (plain, moved)]
    own = [name for name in drawn[0] if "~1" not in name]
    assert_same(drawn[1][own], drawn[0][own], 1e-6)
    text = COVARIATE.replace("joy ~ age", "joy ~ 0*age")
    compared = []
    for shift, large in ((0.0, plain), (1e6, moved)):
        data = sample(True).assign(**{n: sample(True)[n] + shift for n in [*ITEMS, "age"]})
        compared.append(sem.compare(sem.fit(text, data, missing="fiml"), large)["chisq_diff"].to_numpy(dtype=float))
    assert_same(compared[1], compared[0], 1e-6)


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("parameterization", ["delta", "theta"])
def test_continuous_items_beside_ordered_ones_may_lie_anywhere(shift, parameterization):
    data = sample(False)
    moved = data.assign(**{name: data[name] + shift for name in ITEMS})
    options = {"ordered": ["o1", "o2", "o3"], "parameterization": parameterization}
    a, b = (sem.fit(ORDERED, rows, **options) for rows in (data, moved))
    for column in ("est", "se", "std_all"):
        assert_same(spread(b)[column], spread(a)[column])
    measures = a.fit_measures.index.difference(FROM_ZERO)
    assert_same(b.fit_measures[measures], a.fit_measures[measures])


def test_covariates_of_ordered_items_that_lie_too_far_away_are_named():
    data = sample(False).assign(age=lambda d: d["age"] + 1e6)
    with pytest.raises(errors.DataError, match=r"found 'age' \(mean 1e\+06\). Subtract a constant"):
        sem.fit(ORDERED + "f ~ age\n", data, ordered=["o1", "o2", "o3"])


def test_published_moments_may_have_any_mean():
    data = sample(False)[ITEMS]
    fits = []
    for shift in (0.0, 1e8):
        moments = sx.Moments(data.cov(), 300, data.mean() + shift)
        fits.append(sem.fit(CHAIN, moments=moments, meanstructure=True))
    assert_same(spread(fits[1])["se"], spread(fits[0])["se"])
    assert fits[1].fit_measures["chisq"] == pytest.approx(fits[0].fit_measures["chisq"], rel=1e-8)


def test_moments_that_follow_from_each_other_are_named():
    data = sample(False)
    with pytest.raises(errors.DataError, match=r"\['member ~1', 'member ~~ member'\]"):
        sem.fit(CHAIN + "joy ~ member\n", data, estimator="WLS", meanstructure=True)
    half = data.assign(member=np.arange(300) % 2)
    with pytest.raises(errors.DataError, match=r"do not vary: \['member ~~ member'\]"):
        sem.fit(CHAIN + "joy ~ member\n", half, estimator="DWLS")


@pytest.mark.parametrize("model", ["factors", "covariate", "regressions"])
@pytest.mark.parametrize("shift", [0.0, 3.0, 1e6])
def test_the_smallest_effect_that_is_found_does_not_depend_on_means(model, shift):
    bare = sem.sensitivity(fitted(model, "ML", 0.0), [300])["detectable"]
    with_means = sem.sensitivity(fitted(model, "means", shift), [300])["detectable"]
    assert_same(with_means, bare, 1e-5)
    assert bare.notna().sum() >= 3
