"""Sums of complete answers: added, moved, weighed and clustered, and the robust numbers that follow from them."""

import numpy as np
import pandas as pd
import pytest

from sexresearch.errors import DataError
from sexresearch.sem import fit
from sexresearch.sem.data.sums import Sums
from sexresearch.sem.terms import moment_covariance as gamma
from sexresearch.sem.terms.scores import casewise_scores, cluster_sums, scores_by_products

ROUNDING = 1e-9  # relative, of sums over a few hundred rows in another order
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
