"""Fit measures where there is nothing to divide by: saturated models, empty baselines, exact fit; GFI beside gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from reference_cases import fitted, read_data, stored

from sexresearch import sem
from sexresearch.sem.inference import incremental_indices as index
from sexresearch.sem.inference.goodness_of_fit import agfi, critical_n, gfi, mfi, pgfi
from sexresearch.sem.inference.root_mean_square_residuals import root_mean_square

INCREMENTAL = ("cfi", "tli", "nnfi", "rfi", "nfi", "pnfi", "ifi", "rni")
NAMES = list("abcd")
LOADINGS = np.array([1.0, 0.8, 0.7, 0.9])
ROUNDING = 1e-9  # absolute: measures of a fit that is exact
FORMULA = 1e-10  # relative: the same formula in another order


def moments(cov: np.ndarray, n: float) -> sem.Moments:
    return sem.Moments(pd.DataFrame(cov, index=NAMES, columns=NAMES), nobs=int(n))


@pytest.mark.parametrize("noise", [0.0, 1e-16, 1e-13, 1e-9])
def test_rounding_error_is_never_divided_by_itself(noise):
    assert index.cfi(noise, 0, 0.4, 1) == 1.0
    assert index.tli(noise, 0, 0.4, 1) == 1.0
    assert np.isnan(index.nfi(noise, 0, noise))
    assert np.isnan(index.pnfi(noise, 1, noise, 3))
    assert np.isnan(index.rfi(noise, 1, noise, 3))
    assert np.isnan(index.ifi(noise, 0, noise))
    assert np.isnan(index.rni(noise, 0, 3 + noise, 3))


@pytest.mark.parametrize("estimator", ["ML", "MLM", "MLR", "GLS", "ULS", "WLS", "DWLS"])
def test_a_saturated_model_beside_a_weak_baseline_fits(estimator):
    found = sem.fit("x5 ~ age", read_data("groups"), estimator=estimator).fit_measures
    assert found["baseline_chisq"] < found["baseline_df"]
    assert np.allclose(found[["cfi", "tli", "rfi", "nfi", "ifi", "rni"]], 1.0)
    assert found["pnfi"] == 0.0


def test_what_an_empty_baseline_leaves_open_is_missing_with_its_reason():
    results = fitted("ordered_regression")  # the baseline keeps the slopes: nothing is left to explain
    assert results.fit_measures["baseline_df"] == 0
    for name in ("nfi", "pnfi", "ifi", "rni", "nfi_scaled"):
        assert np.isnan(results.fit_measures[name])
        assert "no degrees of freedom" in results.reasons[name]


def test_every_missing_measure_has_a_reason():
    for name in ("one_variable", "one_variable_fixed", "weak_regression_mlm", "ordered_regression", "fiml_path"):
        results = fitted(name)
        assert set(results.reasons) == set(results.fit_measures.index[results.fit_measures.isna()])


@pytest.mark.parametrize("n", [50.0, 1e3, 1e7])
@pytest.mark.parametrize("estimator", ["ML", "GLS", "ULS"])
def test_an_exact_fit_is_exact_at_every_size(n, estimator):
    cov = np.outer(LOADINGS, LOADINGS) + np.diag([0.5, 0.6, 0.7, 0.4])
    results = sem.fit("f =~ a + b + c + d", moments=moments(cov, n), estimator=estimator)
    found = results.fit_measures
    assert found["chisq"] == pytest.approx(0.0, abs=ROUNDING)
    assert found["cfi"] == 1.0
    assert found["srmr"] == pytest.approx(0.0, abs=ROUNDING)
    assert found["gfi"] == pytest.approx(1.0)
    assert np.isnan(found["cn_05"])
    assert "fits exactly" in results.reasons["cn_05"]


def test_variables_without_any_relation_leave_nothing_to_explain():
    results = sem.fit("a ~~ b\nc ~~ c\nd ~~ d", moments=moments(np.eye(4), 1000))
    found = results.fit_measures
    assert found["cfi"] == 1.0
    assert found[["nfi", "pnfi", "rfi"]].isna().all()
    assert "fits exactly" in results.reasons["nfi"]


def test_gfi_of_a_saturated_model_is_1_whatever_is_missing():
    """lavaan 0.6-14 holds the fit against pairwise moments here, which no maximum of the likelihood reproduces."""
    theirs = stored("fiml_mlr_saturated", "fit_measures").set_index("name")["value"]
    assert theirs["chisq"] == pytest.approx(0.0, abs=ROUNDING)
    assert theirs["gfi"] < 0.9999
    found = fitted("fiml_mlr_saturated").fit_measures
    assert found["gfi"] == pytest.approx(1.0, abs=ROUNDING)
    assert found["agfi"] == pytest.approx(1.0, abs=ROUNDING)


def test_gfi_beside_gaps_follows_its_formula():
    """1 - r'Wr / s'Ws, s the moments by EM, r what the model leaves of them, W their normal-theory weight."""
    results = fitted("fiml")
    sample, state = results.fitted.samples[0], results.fitted.states[0]
    V = np.linalg.inv(state.cov)

    def squares(mean: np.ndarray, cov: np.ndarray) -> float:
        return float(mean @ V @ mean + 0.5 * np.trace(V @ cov @ V @ cov))

    left = squares(sample.mean - state.mean, sample.cov - state.cov)
    assert results.fit_measures["gfi"] == pytest.approx(1.0 - left / squares(sample.mean, sample.cov))


def test_gfi_and_srmr_of_a_fit_are_their_formulas_by_hand():
    """One factor behind four variables: moments by hand, W of the normal likelihood at the implied covariances."""
    cov = np.outer(LOADINGS, LOADINGS) + np.diag([0.5, 0.6, 0.7, 0.8])
    cov[0, 1] = cov[1, 0] = cov[0, 1] + 0.2  # which one factor does not explain
    results = sem.fit("f =~ a + b + c + d", moments=moments(cov, 300))
    S, model = results.fitted.samples[0].cov, results.implied["cov"].to_numpy()
    V, p, df = np.linalg.inv(model), len(S), results.fit_measures["df"]
    half = np.tril_indices(p)
    unexplained, whole = (np.trace(V @ M @ V @ M) for M in (S - model, S))
    share, count = 1.0 - unexplained / whole, p * (p + 1) // 2
    sd = np.sqrt(np.diag(S))
    gaps = ((S - model) / np.outer(sd, sd))[half]
    for name, value in {
        "gfi": share,
        "agfi": 1.0 - count / df * (1.0 - share),
        "pgfi": df / count * share,
        "srmr": np.sqrt(np.mean(gaps**2)),
        "rmr": np.sqrt(np.mean((S - model)[half] ** 2)),
    }.items():
        assert results.fit_measures[name] == pytest.approx(value, rel=FORMULA)


def test_numbers_without_a_fit_are_those_of_closed_form():
    """Two variables fitted as unrelated: V = I, so that GFI = 1 - 2 r^2 / (2 + 2 r^2) and SRMR = r / sqrt(3)."""
    r = 0.3
    assert gfi(2 * r**2, 2 + 2 * r**2) == pytest.approx(1.0 / (1.0 + r**2))
    assert root_mean_square(np.array([0.0, r, 0.0]), 3) == pytest.approx(r / np.sqrt(3.0))
    assert agfi(0.9, 0, 3) == 1.0
    assert pgfi(0.9, 1, 3) == pytest.approx(0.3)
    assert np.isnan(critical_n(0.0, 1, 100, 0.05))
    assert mfi(1.0, 1, 100) == 1.0
    known = sem.Moments(pd.DataFrame([[1, r], [r, 1]], list("ab"), list("ab")), nobs=100)
    found = sem.fit("a ~~ 0*b", moments=known).fit_measures
    assert found["gfi"] == pytest.approx(1.0 / (1.0 + r**2))
    assert found["srmr"] == pytest.approx(r / np.sqrt(3.0))
