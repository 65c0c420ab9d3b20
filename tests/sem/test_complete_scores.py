"""Sums over complete rows that robust statistics are made of: those of casewise scores, a stretch of rows at a time."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from sexresearch.sem import fit
from sexresearch.sem.language.model import Model
from sexresearch.sem.terms.complete_scores import ROWS, summed_score_lengths, summed_score_products
from sexresearch.sem.terms.scores import MANY_ITEMS, casewise_scores

ROUNDING = 1e-10  # beside the size of what is added, of sums over rows in another order
LAST_STEP = 1e-7  # of two searches for one minimum, which end within rounding of it
SMALL = 0.2  # of what the scores of all rows would take, were they kept
MODELS = {
    "factors": "f =~ a + b + c\ng =~ d + e\ng ~ f\n",
    "two equal loadings, correlated errors": "f =~ a + k*b + k*c\ng =~ d + e\nf ~~ g\nb ~~ d\n",
    "a covariate that is given": "f =~ a + b + c\nd ~ f + e\n",
    "paths alone": "a ~ b + c\nb ~ d\nd ~ e\n",
    "paths in a loop": "a ~ b + d\nb ~ a + c\nc ~~ d + e\nd ~~ e\n",
}


def answers(n: int = 2 * ROWS + 700) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    shared = rng.gamma(2.0, size=(n, 1))
    shared = shared + np.repeat(rng.gamma(1.5, size=(n, 2)), [3, 2], axis=1)
    data = pd.DataFrame(shared + rng.gamma(1.5, size=(n, 5)) + 4.0, columns=list("abcde"))
    data["w"] = rng.uniform(0.4, 2.0, n)
    return data


@pytest.mark.parametrize("text", MODELS.values(), ids=list(MODELS))
@pytest.mark.parametrize("means", [False, True])
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("rows", ["many", "few"])
def test_sums_are_those_of_single_rows(text, means, weights, rows):
    """The fit itself, its baseline model, and the saturated model, at parameters that are no minimum as well."""
    data = answers() if rows == "many" else answers(90)
    fitted = fit(text, data, estimator="MLR", meanstructure=means, sampling_weights=weights).fitted
    sample, saturated = fitted.samples[0], fitted.saturated[0]
    states = [fitted.states[0], saturated.state, *fitted.states_at(1.01 * fitted.theta)]
    for state in states:
        scores = casewise_scores(state, sample)
        scale = np.sqrt((scores**2).sum(axis=0))
        gap = summed_score_products(state, sample) - scores.T @ scores
        assert np.abs(gap / np.outer(scale, scale)).max() < ROUNDING
    scores = casewise_scores(saturated.state, sample)
    wanted = np.trace(np.linalg.solve(saturated.information, scores.T @ scores))
    lengths = summed_score_lengths(sample, means, fitted.n_fixed(0)) / sample.n
    assert lengths == pytest.approx(wanted, rel=ROUNDING)
    assert saturated.trace == pytest.approx(float(np.vdot(saturated.inverse, saturated.products)), rel=ROUNDING)


def test_a_matrix_that_is_no_covariance_has_no_scores():
    fitted = fit(MODELS["factors"], answers(90), estimator="MLR").fitted
    state = fitted.states_at(-fitted.theta)[0]
    assert state.inverse is None
    assert np.isnan(summed_score_products(state, fitted.samples[0])).all()


def test_scores_of_rows_are_not_kept():
    """24 items have 300 covariances; tables of all rows would take as many numbers for each of them."""
    rng = np.random.default_rng(1)
    n, names = 40_000, [f"x{k}" for k in range(24)]
    data = pd.DataFrame(rng.normal(size=(n, 1)) + rng.normal(size=(n, 24)), columns=names)
    results = fit(Model("f =~ " + " + ".join(names)), data, estimator="MLR")
    tracemalloc.start()
    assert results.parameters["se"].notna().all()
    assert np.isfinite(results.fit_measures["chisq_scaled"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < SMALL * 8 * n * 300


@pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
@pytest.mark.parametrize(("estimator", "weights"), [("MLR", None), ("MLR", "w"), ("MLF", None)])
@pytest.mark.parametrize("group", [None, "group"])
def test_a_source_of_many_items_is_read_again_and_gives_the_numbers_of_its_rows(tmp_path, estimator, group, weights):
    rng = np.random.default_rng(5)
    names = [f"x{k}" for k in range(MANY_ITEMS + 2)]
    data = pd.DataFrame(rng.gamma(2.0, size=(900, 1)) + rng.gamma(1.5, size=(900, len(names))), columns=names)
    data["w"], data["group"] = rng.uniform(0.4, 2.0, 900), np.where(np.arange(900) < 500, "a", "b")
    data.iloc[3::50, 0] = np.nan  # rows that are left out
    data.to_parquet(tmp_path / "answers.parquet", row_group_size=200)
    text = f"f =~ {' + '.join(names[:8])}\ng =~ {' + '.join(names[8:-1])}\ng ~ f + {names[-1]}\n"
    options = {"estimator": estimator, "group": group, "sampling_weights": weights}
    memory, source = (fit(text, rows, **options) for rows in (data, tmp_path / "answers.parquet"))
    assert source.rows is None
    assert source.nobs == memory.nobs == 900 - 18
    for one, other in ((memory.parameters, source.parameters), (memory.fit_measures, source.fit_measures)):
        one, other = (table.select_dtypes(float) if table.ndim == 2 else table for table in (one, other))
        np.testing.assert_allclose(other, one, rtol=LAST_STEP, atol=LAST_STEP)
    assert "sums" not in source.fitted.samples[0].__dict__
