"""Which test and which indices are reported, by estimator; what makes a solution inadmissible."""

import warnings

import numpy as np
import pandas as pd
import pytest

from sexresearch.sem import FitWarning, Moments, fit, impute, pool
from sexresearch.sem.output.reported import reported

MODEL = "f =~ a + b + c\ng =~ d + e + h\ng ~ f"
ROBUST = ("chisq_scaled", "cfi_robust", "rmsea_robust")
SCALED = ("chisq_scaled", "cfi_scaled", "rmsea_scaled")
PLAIN = ("chisq", "cfi", "rmsea")


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(4)
    f = rng.standard_exponential((400, 1))
    g = 0.5 * f + rng.standard_exponential((400, 1))
    scores = np.hstack([f + rng.normal(size=(400, 3)), g + rng.normal(size=(400, 3))])
    return pd.DataFrame(scores, columns=list("abcdeh"))


@pytest.fixture(scope="module")
def coded(answers):
    return answers.apply(lambda column: pd.qcut(column, [0, 0.3, 0.6, 0.9, 1], labels=False) + 1)


@pytest.mark.parametrize(
    ("options", "keys", "test"),
    [
        ({}, PLAIN, ""),
        ({"estimator": "GLS"}, PLAIN, ""),
        ({"estimator": "MLM"}, ROBUST, "scaled (Satorra–Bentler)"),
        ({"estimator": "MLMV"}, ROBUST, "scaled and shifted (Asparouhov–Muthén)"),
        ({"estimator": "MLMVS"}, SCALED, "mean- and variance-adjusted (Satterthwaite)"),
        ({"estimator": "MLR"}, ROBUST, "scaled (Yuan–Bentler, Mplus variant)"),
        ({"estimator": "MLR", "missing": "fiml"}, ROBUST, "scaled (Yuan–Bentler, Mplus variant)"),
        ({"missing": "fiml"}, ("chisq", "cfi_robust", "rmsea_robust"), ""),
    ],
)
def test_every_estimator_reports_its_own_test_and_indices(answers, options, keys, test):
    results = fit(MODEL, answers, **options)
    found = reported(results)
    assert tuple(found[name].key for name in ("chisq", "cfi", "rmsea")) == keys
    assert found.test == test
    for measure in found.measures:
        np.testing.assert_equal(measure.value, results.fit_measures.get(measure.key, np.nan))
    assert found["rmsea_ci_upper"].key == "rmsea_ci_upper" + keys[2].removeprefix("rmsea")


@pytest.mark.parametrize(
    ("options", "keys", "test"),
    [
        ({"ordered": True}, ROBUST, "scaled and shifted (Asparouhov–Muthén)"),
        ({"ordered": True, "estimator": "WLSM"}, ROBUST, "scaled (Satorra–Bentler)"),
        ({"ordered": True, "estimator": "DWLS"}, PLAIN, ""),
        ({"ordered": ["a", "b"]}, SCALED, "scaled and shifted (Asparouhov–Muthén)"),  # no robust ones beside numbers
    ],
)
def test_ordered_items_report_robust_or_else_scaled_indices(coded, options, keys, test):
    found = reported(fit(MODEL, coded, **options))
    assert tuple(found[name].key for name in ("chisq", "cfi", "rmsea")) == keys
    assert found.test == test


def test_pooled_fits_report_by_the_same_rule(answers):
    gaps = answers.mask(np.random.default_rng(1).random(answers.shape) < 0.05)
    pooled = pool([fit(MODEL, made, estimator="MLR") for made in impute(gaps, m=2, seed=1)])
    found = reported(pooled)
    assert (found["chisq"].key, found["tli"].key) == ("chisq_scaled", "tli_robust")
    assert found.value("cfi") == pooled.fit_measures["cfi_robust"]


def test_what_is_missing_has_its_reason(answers):
    found = reported(fit("f =~ a + b + c", answers))
    assert np.isnan(found.value("pvalue"))
    assert "no degrees of freedom" in found["pvalue"].reason


def _moments(correlation):
    names = list("abcd")[: len(correlation)]
    return Moments(pd.DataFrame(correlation, index=names, columns=names), nobs=200)


HEYWOOD = [[1, 0.9, 0.5], [0.9, 1, 0.3], [0.5, 0.3, 1]]  # loading of a: sqrt(.9 .5 / .3) = 1.22
BEYOND = [[1, 0.5, 0.6, 0.6], [0.5, 1, 0.6, 0.6], [0.6, 0.6, 1, 0.5], [0.6, 0.6, 0.5, 1]]  # .6 / .5 = 1.2


@pytest.mark.parametrize(
    ("model", "correlation", "why"),
    [
        ("f =~ a + b + c", HEYWOOD, "negative variance"),
        ("f =~ a + b\ng =~ c + d", BEYOND, "latent variables is not positive definite"),
        ("f =~ 0.9*a + 0.9*b\na ~~ b\nf ~~ 1*f\na ~~ 0.1*a\nb ~~ 0.1*b", [[1, 0.5], [0.5, 1]], "residuals"),
    ],
)
def test_an_inadmissible_solution_is_said_to_be_one(model, correlation, why):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        results = fit(model, moments=_moments(correlation))
    assert results.converged
    assert any(why in reason for reason in results.inadmissible)
    assert set(results.inadmissible) <= set(results.problems)


def test_an_ordered_item_that_loads_beyond_one_is_inadmissible_too():
    rng = np.random.default_rng(3)
    scores = rng.multivariate_normal(np.zeros(3), HEYWOOD, size=1000)
    data = pd.DataFrame(np.digitize(scores, [-1.0, 0.0, 1.0]), columns=list("abc"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        results = fit("f =~ a + b + c", data, ordered=True)
    assert any("negative variance" in reason for reason in results.inadmissible)


def test_an_admissible_solution_gives_no_reason(answers):
    assert fit(MODEL, answers).inadmissible == ()
