"""What may be seen of a fit: another engine's results, and a view filled by hand, answer the questions of the chain."""

import doctest
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample

import sexresearch as sx
from sexresearch.errors import OptionError
from sexresearch.sem.resampling.uncertainty import normal_draws
from sexresearch.sem.view import Parameter, Roles, View, ViewBlock, view

ENGINES_AGREE = 2e-5  # semopy's optimiser stops with a gradient of that order
ROUNDING, NEARLY = 1e-12, 1e-8  # of a covariance matrix, and what its root makes of it
SIMULATED = 0.015  # 5 standard errors of a variance from 200,000 draws
SCALE = (-10.0, 20.0)
PAGE = Path(__file__).parents[2] / "docs" / "developer" / "view.md"
QUESTIONS = {
    "reliability": sx.reliability,
    "standardized": lambda results: sx.reliability(results, standardized=True),
    "validity": sx.validity,
    "htmt": lambda results: sx.htmt(results, bootstrap=20),
    "fornell_larcker": sx.fornell_larcker,
    "cross_loadings": sx.cross_loadings,
    "effects": sx.effects,
    "monte_carlo": lambda results: sx.effects(results, interval="monte_carlo"),
    "importance": lambda results: sx.importance(results, "loyal", scale=SCALE),
    "what_if": lambda results: sx.what_if(results, {"joy": 5}, scale=SCALE),
}


@pytest.fixture(scope="module")
def native():
    return sx.fit(CHAIN, chain_sample())


@pytest.fixture(scope="module")
def other():
    return sx.fit(CHAIN, chain_sample(), engine="semopy")


def same(one, two, tolerance):
    assert list(one.columns) == list(two.columns)
    numbers = one.select_dtypes("number").columns
    np.testing.assert_allclose(one[numbers].astype(float), two[numbers].astype(float), rtol=tolerance, atol=tolerance)
    words = [name for name in one.columns if name not in {*numbers, "verdict", "note"}]
    pd.testing.assert_frame_equal(one[words], two[words])


@pytest.mark.parametrize("question", QUESTIONS)
def test_results_of_another_engine_answer_as_ours_do(question, native, other):
    same(QUESTIONS[question](native), QUESTIONS[question](other), ENGINES_AGREE)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_view_is_all_that_questions_see(question, native):
    """Made of plain parts, it answers to the last digit as the results themselves do."""
    seen = view(native, question)
    plain = View(**{name: getattr(seen, name) for name in View.__dataclass_fields__})
    pd.testing.assert_frame_equal(QUESTIONS[question](native), QUESTIONS[question](plain))


def test_what_another_engine_cannot_do_is_said(native, other):
    table = sx.effects(other, bootstrap=20)
    assert table["se"].isna().all()
    assert table["note"].str.contains("engine 'semopy' cannot estimate again on drawn samples").all()
    with pytest.raises(OptionError, match="engine 'semopy' cannot estimate again"):
        sx.bootstrap(other, replicates=20)
    bare = replace(view(native, "a test"), engine="partner", resampler=None, redrawer=None, gains=None)
    items = sx.cross_loadings(bare)
    assert items["mi"].isna().all()
    assert items["note"].str.contains("engine 'partner' has none").all()
    assert sx.htmt(bare, bootstrap=20)["note"].str.contains("engine 'partner' cannot estimate again").all()
    assert sx.htmt(bare)["value"].notna().all()


def test_a_view_filled_by_hand_answers_too():
    """An engine that knows nothing of ours: loadings .8 and .6 of standardized items, as a formula gives omega."""
    rows = tuple(
        Parameter(lhs, op, rhs, free=free, value=value)
        for lhs, op, rhs, free, value in (
            ("f", "=~", "a", 0, np.nan),
            ("f", "=~", "b", 1, np.nan),
            ("f", "~~", "f", -1, 1.0),
            ("a", "~~", "a", 2, np.nan),
            ("b", "~~", "b", 3, np.nan),
        )
    )
    theta, vcov = np.array([0.8, 0.6, 0.36, 0.64]), np.diag([0.01, 0.01, 0.0, 0.0])
    table = pd.DataFrame({"lhs": ["f", "f"], "op": "=~", "rhs": ["a", "b"], "std_all": [0.8, 0.6]})
    table = table.assign(group=pd.NA, ci_lower=[0.6, 0.4], ci_upper=[1.0, 0.8])
    block = ViewBlock(None, ("a", "b", "f"), Roles(("f",), ("a", "b"), (), ("f",), ("a", "b"), frozenset()), 100.0, 100,
                  np.zeros(2), np.array([[1.0, 0.48], [0.48, 1.0]]))  # fmt: skip
    estimates = np.array([0.8, 0.6, 1.0, 0.36, 0.64])
    found = sx.reliability(View("partner", (block,), rows, theta, vcov, estimates, table)).iloc[0]
    assert found["omega"] == pytest.approx(1.4**2 / (1.4**2 + 1.0), abs=1e-12)
    assert found["ave"] == pytest.approx(0.5, abs=1e-12)
    slope = 2 * 1.4 / (1.4**2 + 1.0) ** 2  # of omega by each loading
    half = found["omega_ci_upper"] - found["omega"]
    assert half == pytest.approx(1.959964 * slope * np.sqrt(0.02), rel=1e-6)


def test_a_seed_gives_the_same_draws_whatever_the_rounding(native):
    mean, cov = native.fitted.theta, native.vcov.to_numpy()
    noise = np.random.default_rng(2).normal(size=cov.shape)
    nearly = cov * (1.0 + ROUNDING * (noise + noise.T))
    one, two = (normal_draws(np.random.default_rng(1), mean, matrix, 1000) for matrix in (cov, nearly))
    np.testing.assert_allclose(one, two, atol=NEARLY)
    many = normal_draws(np.random.default_rng(1), mean, cov, 200_000)
    size = np.sqrt(np.outer(np.diag(cov), np.diag(cov)))
    np.testing.assert_allclose(np.cov(many.T) / size, cov / size, atol=SIMULATED)


def test_the_page_on_views_holds():
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert (found.failed, found.attempted > 10) == (0, True)


def test_old_spellings_are_understood_and_warn():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), columns=list("abcd"))
    data["brand"] = ["low", "high"] * 150
    with pytest.warns(DeprecationWarning, match=r"write fitting=sexresearch.Fitting\(estimator='MLR'\)"):
        old = sx.invariance("joy =~ a + b + c + d", data, group="brand", estimator="MLR")
    robust = sx.Fitting(estimator="MLR")
    pd.testing.assert_frame_equal(old, sx.invariance("joy =~ a + b + c + d", data, group="brand", fitting=robust))
    with pytest.raises(OptionError, match="say how to fit twice"):
        sx.invariance("joy =~ a + b + c + d", data, group="brand", estimator="MLR", fitting=robust)
    with pytest.raises(OptionError, match="fitting takes a Fitting"):
        sx.invariance("joy =~ a + b + c + d", data, group="brand", fitting="MLR")
    with pytest.raises(OptionError, match="meanstructure=False"):
        sx.latent_means("joy =~ a + b + c + d", data, group="brand", fitting=sx.Fitting(meanstructure=False))
