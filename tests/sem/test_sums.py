"""Sums of complete answers: added, moved, weighed and clustered, and the robust numbers that follow from them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sexresearch.errors import DataError, OptionError
from sexresearch.sem import Moments, fit
from sexresearch.sem.data.sums import Sums
from sexresearch.sem.terms import moment_covariance as gamma
from sexresearch.sem.terms.scores import casewise_scores, cluster_sums, scores_by_products

ROUNDING = 1e-9  # relative, of sums over a few hundred rows in another order
LAST_DIGITS = 1e-12  # beside the size of what is added, of sums over a thousand rows in another order
NAMES = ("a", "b", "c", "x")


def rows(n: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    return rng.gamma(2.0, size=(n, 4)) + 3.0, rng.uniform(0.5, 2.0, n), rng.integers(0, 40, n)


def test_sums_of_parts_add_up_whatever_their_centre_and_order():
    values, weights, _ = rows()
    whole = Sums.of(values, NAMES, weights=weights)
    one = Sums.of(values[:100], NAMES, weights=weights[:100])
    two = Sums.of(values[100:][:, [2, 0, 3, 1]], ("c", "a", "x", "b"), weights=weights[100:])
    both = (one + two).about(whole.centre)
    assert both.products == pytest.approx(whole.products, rel=ROUNDING, abs=ROUNDING)
    assert both.cov == pytest.approx(np.cov(values.T, ddof=0, aweights=weights), rel=ROUNDING)
    assert (both.nobs, both.n) == (300, pytest.approx(weights.sum()))


@pytest.mark.parametrize("items", [1, 2, 5, 12, 13, 24, 44])
@pytest.mark.parametrize("beside", ["nothing", "weights", "clusters", "both"])
def test_sums_of_products_of_four_are_those_of_single_rows_and_symmetric(items, beside):
    """44 items have more pairs than are kept by place; 1100 rows are a whole stretch and a part of one."""
    rng = np.random.default_rng(items)
    values, weights, clusters = (
        rng.gamma(2.0, size=(1100, items)) + 3.0,
        rng.uniform(0.5, 2.0, 1100),
        np.arange(1100) % 40,
    )
    weights = weights if beside in ("weights", "both") else None
    clusters = clusters if beside in ("clusters", "both") else None
    sums = Sums.of(values, tuple(f"x{k}" for k in range(items)), weights=weights, clusters=clusters)
    z = np.column_stack([np.ones(1100), values - values.mean(axis=0)])
    i, j = np.triu_indices(items + 1)
    terms = z[:, i] * z[:, j] * (1.0 if weights is None else weights[:, None])
    assert sums.plain == pytest.approx(terms.sum(axis=0), abs=LAST_DIGITS * np.abs(terms).sum(axis=0).max())
    terms = terms if clusters is None else cluster_sums(terms, clusters)
    wanted, scale = terms.T @ terms, np.sqrt((terms**2).sum(axis=0))
    assert np.abs((sums.products - wanted) / np.outer(scale, scale)).max() < LAST_DIGITS
    assert np.array_equal(sums.products, sums.products.T)


def test_sums_of_other_items_are_refused_by_name():
    values, *_ = rows()
    with pytest.raises(DataError, match="'z'"):
        Sums.of(values, NAMES) + Sums.of(values, ("a", "b", "c", "z"))


@pytest.mark.parametrize("beside", ["nothing", "weights", "clusters", "both"])
@pytest.mark.parametrize("means", [True, False])
def test_scores_and_gamma_by_sums_equal_those_by_rows(beside, means):
    values, weights, clusters = rows()
    data = pd.DataFrame(values, columns=list(NAMES)).assign(w=weights, branch=clusters)
    asked = {"sampling_weights": "w"} if beside in ("weights", "both") else {}
    asked |= {"cluster": "branch"} if beside in ("clusters", "both") else {"meanstructure": means}
    fitted = fit("f =~ a + b + c\nf ~ x", data, estimator="MLR", **asked).fitted
    (sample,), (state,) = fitted.samples, fitted.states
    by_rows = casewise_scores(state, sample)
    codes = sample.answers.clusters
    by_rows = by_rows if codes is None else cluster_sums(by_rows, codes)
    L = scores_by_products(state, sample)
    found, wanted = L.T @ sample.sums.products @ L, by_rows.T @ by_rows
    assert found == pytest.approx(wanted, rel=ROUNDING, abs=ROUNDING * np.abs(wanted).max())
    for fixed in (0, 1):
        terms = gamma.moment_terms(sample, means, fixed) * sample.weights[:, None]
        terms = terms if codes is None else cluster_sums(terms, codes)
        A = gamma.moments_by_products(sample, means, fixed)
        found, wanted = A.T @ sample.sums.products @ A, terms.T @ terms
        assert found == pytest.approx(wanted, rel=ROUNDING, abs=ROUNDING * np.abs(wanted).max())


MODEL = "f =~ a + b + c + x"
ESTIMATORS = ("ML", "MLR", "MLM", "MLMV", "MLF", "GLS", "ULSMV", "WLS", "DWLS")


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_moments_of_parts_fit_like_their_rows(estimator):
    data = pd.DataFrame(rows()[0], columns=list(NAMES))
    parts = Moments.of(data[:120]) + Moments.of(data[120:])
    by_rows, by_sums = (fit(MODEL, **given, estimator=estimator) for given in ({"data": data}, {"moments": parts}))
    tables = [results.parameters.select_dtypes("number") for results in (by_rows, by_sums)]
    assert np.allclose(*tables, rtol=ROUNDING, atol=ROUNDING, equal_nan=True)
    assert np.allclose(by_rows.fit_measures, by_sums.fit_measures, rtol=ROUNDING, atol=ROUNDING, equal_nan=True)
    residuals = [results.residual_table("normalized")["residual"] for results in (by_rows, by_sums)]
    assert np.allclose(*residuals, rtol=ROUNDING, atol=1e-7, equal_nan=True)


def test_moments_of_groups_and_of_clusters_fit_like_their_rows():
    values, _, clusters = rows()
    data = pd.DataFrame(values, columns=list(NAMES)).assign(site=np.where(values[:, 0] > 5, "north", "south"))
    parts = {site: Moments.of(part) for site, part in data.groupby("site", sort=False)}
    by_rows = fit(MODEL, data, group="site", group_equal=["loadings"], estimator="MLR")
    by_sums = fit(MODEL, moments=parts, group_equal=["loadings"], estimator="MLR")
    assert np.allclose(by_rows.fit_measures, by_sums.fit_measures, rtol=ROUNDING, equal_nan=True)
    data = data.assign(branch=clusters)
    by_rows = fit(MODEL, data, cluster="branch", estimator="MLR")
    by_sums = fit(MODEL, moments=Moments.of(data, list(NAMES), cluster="branch"), estimator="MLR", meanstructure=True)
    assert np.allclose(by_rows.parameters["se"], by_sums.parameters["se"], rtol=ROUNDING)


def test_what_moments_cannot_carry_is_refused_in_words():
    data = pd.DataFrame(rows()[0], columns=list(NAMES))
    with_sums = Moments.of(data)
    plain = Moments(with_sums.cov, with_sums.nobs)
    with pytest.raises(OptionError, match=r"Moments\.of\(data\) keeps"):
        fit(MODEL, moments=plain, estimator="MLR")
    with pytest.raises(OptionError, match="needs the respondents' answers"):
        fit(MODEL, moments=with_sums, se="bootstrap")
    with pytest.raises(DataError, match=r"Moments\.of"):
        plain + with_sums
    with pytest.raises(DataError, match="only in one of them"):
        Moments(with_sums.cov, 300, sums=Moments.of(data[["a", "b"]]).sums)


def test_arrow_tables_are_data():
    data = pd.DataFrame(rows()[0], columns=list(NAMES))
    expected = fit(MODEL, data).fit_measures["chisq"]
    assert fit(MODEL, pa.Table.from_pandas(data)).fit_measures["chisq"] == pytest.approx(expected, rel=ROUNDING)
