"""Whole clusters of a source drawn by their sums: the replicates that rows in memory give, without another reading."""

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from sexresearch.errors import DataError, OptionError
from sexresearch.sem import bootstrap, fit
from sexresearch.sem.data import pieces

pytestmark = pytest.mark.filterwarnings("ignore")

SAME = 1e-7  # relative: two minimisations from sums in another order
MODEL = "joy =~ a + b + c\nstay =~ d + e + f\nstay ~ joy"
OPTIONS = [{}, {"group": "brand", "group_equal": ["loadings"]}, {"sampling_weights": "w"}, {"group": "side"}]


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    branch = rng.integers(0, 40, 900)
    joy, shock, x = rng.normal(size=(3, 900))
    joy = joy + rng.normal(size=40)[branch] / 2
    stay = 0.6 * joy + 0.2 * x + shock
    frame = pd.DataFrame({name: (joy if name in "abc" else stay) + rng.normal(size=900) for name in "abcdef"})
    frame.loc[rng.random(900) < 0.05, "b"] = np.nan
    side = np.where(rng.random(900) < 0.5, "left", "right")  # of the same clusters
    brand, w = np.where(branch < 15, "no", "so"), rng.gamma(4, size=900)
    return frame.assign(x=x, branch=branch, brand=brand, side=side, w=w)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_replicates_are_those_of_rows(answers, options, tmp_path, monkeypatch):
    answers.to_parquet(tmp_path / "one.parquet", row_group_size=100)
    model = MODEL + " + x"
    rows, sums = (fit(model, data, cluster="branch", **options) for data in (answers, tmp_path))
    assert sums.vcov is not None
    monkeypatch.setattr(pieces.Reader, "pieces", _refused)
    one, other = (bootstrap(results, 40, seed=3) for results in (rows, sums))
    pd.testing.assert_frame_equal(one.replicates, other.replicates, rtol=SAME)
    pd.testing.assert_frame_equal(one.intervals(), other.intervals(), rtol=SAME, atol=SAME)


def _refused(*arguments):
    raise AssertionError("the source was read again")


def test_errors_and_statistics_of_clusters_are_those_of_rows(answers, tmp_path):
    answers.to_parquet(tmp_path / "one.parquet")
    rows, sums = (fit(MODEL, data, cluster="branch", se="bootstrap") for data in (answers, tmp_path))
    assert np.allclose(rows.vcov, sums.vcov, rtol=SAME)
    rows, sums = (fit(MODEL, data, cluster="branch") for data in (answers, tmp_path))
    found = [bootstrap(results, 6, statistic=_sum_of_errors) for results in (rows, sums)]
    assert np.allclose(*(one.intervals()["se"] for one in found), rtol=SAME)


def _sum_of_errors(results) -> float:
    return float(results.parameters["se"].sum())


def test_what_needs_rows_is_refused_with_its_reason(answers, tmp_path):
    answers.to_parquet(tmp_path / "one.parquet")
    sums = fit(MODEL, tmp_path, cluster="branch")
    with pytest.raises(OptionError, match="'bca' needs each row's influence"):
        bootstrap(sums, 10).intervals("bca")
    with pytest.raises(OptionError, match="the clusters of the fit are drawn"):
        bootstrap(sums, 10, cluster="brand")
    for options in ({}, {"missing": "fiml", "cluster": "branch"}):
        with pytest.raises(OptionError, match="Whole clusters are drawn from their sums"):
            bootstrap(fit(MODEL, tmp_path, **options), 10)


def test_to_other_processes_go_sums_and_no_rows(answers, tmp_path):
    answers.to_parquet(tmp_path / "one.parquet")
    sums = fit(MODEL, tmp_path, cluster="branch", estimator="MLR")
    sent = pickle.loads(pickle.dumps(sums))
    pd.testing.assert_frame_equal(bootstrap(sent, 10).replicates, bootstrap(sums, 10).replicates)
    assert sent == sums
    assert sum(len(rows.values) for rows in sent.fitted.samples[0].again.chunks()) == sums.nobs  # of the file once more
    handle = fit(MODEL, ds.dataset(pa.Table.from_pandas(answers)), cluster="branch", estimator="MLR")
    sent = pickle.loads(pickle.dumps(handle))
    pd.testing.assert_frame_equal(bootstrap(sent, 10).replicates, bootstrap(handle, 10).replicates)
    with pytest.raises(DataError, match="stayed with the process"):
        next(sent.fitted.samples[0].again.chunks())
