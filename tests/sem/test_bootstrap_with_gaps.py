"""Bootstrap of answers with gaps: patterns summed up by how often rows were drawn give the refits to those rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample, with_gaps

from sexresearch.errors import DataError
from sexresearch.sem import Results, bootstrap, fit
from sexresearch.sem.data.sample_of_rows import with_counts
from sexresearch.sem.data.weighted_patterns import PatternProducts
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.total_effects import causes_in_order, recursive_effects
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.inference.vcov import vcov
from sexresearch.sem.resampling.draws import RowResampler, resampled
from sexresearch.sem.resampling.many_fits import Batch, batch, fit_batch
from sexresearch.sem.resampling.row_values import exogenous_rows

SAME = 1e-6  # two minimisations of one likelihood, summed up in another order
WAYS = {
    "plain": (CHAIN, {}),
    "exogenous": (CHAIN + "joy ~ age + member\n l1 ~ age\n", {}),
    "groups": (CHAIN, {"group": "brand", "group_equal": ["loadings", "intercepts"]}),
    "weights": (CHAIN, {"sampling_weights": "weight"}),
    "constraint": (CHAIN + "a == b", {}),
    "bound": (CHAIN + "a > 0", {}),
}


SAME_IN_ERRORS = 1e-6  # standard errors; the batch stops where a step promises less
LINEAR = ("plain", "exogenous", "groups", "weights", "constraint")  # what many samples can be fitted to at once
DRAWN = range(12)


def together(fitted: Fitted, source: RowResampler) -> tuple[Batch, np.ndarray, np.ndarray]:
    """The engine, estimates of some replicates and values of their exogenous rows."""
    engine = batch(fitted, gaps=True)
    assert engine is not None
    moments = source.moments(DRAWN, [form.order for form in engine.forms], has_means=True)
    fixed = exogenous_rows(fitted, [form.order for form in engine.forms], [own.moment for own in moments])
    return engine, fit_batch(engine, moments), fixed


@pytest.fixture(scope="module")
def gaps() -> pd.DataFrame:
    return with_gaps(chain_sample(), ["q1", "j2", "l3"])


@pytest.mark.parametrize("way", WAYS)
def test_counts_give_the_refit_to_the_rows_drawn(way: str, gaps: pd.DataFrame) -> None:
    text, options = WAYS[way]
    fitted = fit(text, gaps, missing="fiml", **options).fitted
    rows, counted = resampled(fitted, 3, None), resampled(fitted, 3, None, bare=True)
    for number in range(3):
        old, new = rows.refitted(fitted, number), counted.refitted(fitted, number)
        assert new.theta == pytest.approx(old.theta, abs=SAME)
        assert row_estimates(new) == pytest.approx(row_estimates(old), abs=SAME, nan_ok=True)


@pytest.mark.parametrize("way", LINEAR)
def test_many_replicates_at_once_are_the_careful_ones(way: str, gaps: pd.DataFrame) -> None:
    text, options = WAYS[way]
    results = fit(text, gaps, missing="fiml", **options)
    fitted, source = results.fitted, resampled(results.fitted, 3, None, bare=True)
    _, theta, fixed = together(fitted, source)
    assert np.isfinite(theta).all()
    errors = np.sqrt(np.diag(vcov(fitted)))
    rows = [row.exogenous for row in fitted.table.rows]
    for number in (0, 5, 11):
        careful = source.refitted(fitted, number)
        assert np.abs((theta[number] - careful.theta) / errors).max() < SAME_IN_ERRORS
        assert fixed[number] == pytest.approx(row_estimates(careful)[rows], abs=SAME)


def test_a_group_without_gaps_stands_beside_one_with(gaps: pd.DataFrame) -> None:
    data = gaps.copy()
    north = data["brand"] == "north"
    data.loc[north] = chain_sample().loc[north]
    results = fit(CHAIN, data, missing="fiml", group="brand")
    source = resampled(results.fitted, 3, None, bare=True)
    engine, theta, _ = together(results.fitted, source)
    errors = np.sqrt(np.diag(vcov(results.fitted)))
    assert engine.patterns
    assert np.abs((theta[4] - source.refitted(results.fitted, 4).theta) / errors).max() < SAME_IN_ERRORS


def test_samples_are_only_taken_together_where_the_likelihood_fills_gaps(gaps: pd.DataFrame) -> None:
    fitted = fit(CHAIN, gaps, missing="fiml").fitted
    assert batch(fitted) is None
    assert batch(fit(CHAIN, gaps, missing="pairwise").fitted, gaps=True) is None
    assert batch(fit(CHAIN + "a > 0", gaps, missing="fiml").fitted, gaps=True) is None


def test_whole_clusters_are_counted_too(gaps: pd.DataFrame) -> None:
    fitted = fit(CHAIN, gaps, missing="fiml").fitted
    codes = [np.arange(len(gaps)) // 4]
    old = resampled(fitted, 3, codes).refitted(fitted, 0)
    assert resampled(fitted, 3, codes, bare=True).refitted(fitted, 0).theta == pytest.approx(old.theta, abs=SAME)


def test_replicates_of_a_statistic_are_those_without_one(gaps: pd.DataFrame) -> None:
    def path(found: Results) -> float:
        return float(found.parameters.set_index("label")["est"]["a"])

    results = fit(CHAIN, gaps, missing="fiml")
    plain, measured = bootstrap(results, 3), bootstrap(results, 3, statistic=path)
    fitted = resampled(results.fitted, plain.seed, None).refitted(results.fitted, 1)
    assert plain.replicates.loc[1, "a"] == pytest.approx(measured.replicates.loc[1, "statistic"], abs=SAME)
    assert plain.outcome.replicates[1].theta == pytest.approx(fitted.theta, abs=SAME)


@pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
def test_draws_that_hold_too_little_are_read_again_and_refused() -> None:
    rng = np.random.default_rng(2)
    items = pd.DataFrame(rng.normal(size=(60, 1)) + rng.normal(size=(60, 3)), columns=["x1", "x2", "x3"])
    items.loc[5:, "x2"] = np.nan
    fitted = fit("f =~ x1 + x2 + x3", items, missing="fiml").fitted
    counts = np.ones(60, dtype=int)
    assert with_counts(fitted.samples[0], counts) is not None
    assert with_counts(fitted.samples[0], np.where(np.arange(60) < 5, 0, counts)) is None
    source = resampled(fitted, 1, None, bare=True)
    poor = next(number for number in range(2000) if source.counts(number)[:5].sum() == 0)
    with pytest.raises(DataError, match="x2"):
        source.refitted(fitted, poor)


@pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
def test_draws_without_a_row_for_some_pair_are_not_fitted_at_once() -> None:
    rng = np.random.default_rng(2)
    items = pd.DataFrame(rng.normal(size=(60, 1)) + rng.normal(size=(60, 3)), columns=["x1", "x2", "x3"])
    items.loc[:39, "x2"] = np.nan
    items.loc[50:, "x3"] = np.nan
    fitted = fit("f =~ x1 + x2 + x3", items, missing="fiml").fitted
    products = PatternProducts(fitted.samples[0].answers.values)
    weights = np.ones((2, 60))
    weights[1, 40:50] = 0.0
    moment = products.weighed(weights, np.arange(4)).moment
    assert np.isfinite(moment[0]).all()
    assert np.isnan(moment[1]).all()


def test_effects_through_many_causes_are_those_of_the_inverse() -> None:
    linked = np.triu(np.ones((7, 7), dtype=bool), 1)  # the first variable has six causes
    paths = np.random.default_rng(1).normal(size=(5, 7, 7)) * linked
    order = causes_in_order(linked)
    assert order is not None
    expected = np.linalg.inv(np.eye(7) - paths)
    assert np.abs(recursive_effects(paths, order) - expected).max() < SAME


def test_a_variable_with_five_causes_is_bootstrapped_with_gaps(gaps: pd.DataFrame) -> None:
    names = ["q1", "q2", "q3", "j1", "j2"]
    results = fit(f"good =~ l1 + l2 + l3\ngood ~ {' + '.join(names)}", gaps, missing="fiml", fixed_x=False)
    drawn = bootstrap(results, 20, seed=1)
    assert np.isfinite(drawn.intervals()[["ci_lower", "ci_upper"]].to_numpy(float)).any()
