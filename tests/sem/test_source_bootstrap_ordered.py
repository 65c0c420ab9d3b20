"""Whole clusters of ordered items drawn by their tables: the replicates that rows in memory give, in one reading."""

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from sem_samples import branch_answers_with_gaps

from sexresearch.errors import OptionError
from sexresearch.sem import bootstrap, fit
from sexresearch.sem.data import observed, pair_counter, pieces, sources
from sexresearch.sem.resampling import replicate_errors

pytestmark = pytest.mark.filterwarnings("ignore")

SAME = 1e-8  # relative: weights summed in another order; without weights counts are whole numbers, and equal
MODEL = "joy =~ a + b + c\nstay =~ d + e + f\nstay ~ joy"
ORDERED = {"ordered": True, "cluster": "branch"}
N = 900
OPTIONS = [
    {},
    {"missing": "pairwise"},
    {"group": "brand", "missing": "pairwise", "group_equal": ["loadings", "thresholds"]},
    {"group": "side"},
    {"sampling_weights": "w"},
    {"sampling_weights": "w", "missing": "pairwise", "group": "brand"},
    {"sampling_weights": "w", "estimator": "ULSMV", "group": "side"},
    {"estimator": "DWLS", "parameterization": "theta"},
]


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    frame, rng = branch_answers_with_gaps(N)
    return frame.assign(side=rng.integers(0, 2, N))  # of the same clusters


@pytest.fixture(autouse=True)
def _in_pieces(monkeypatch):
    monkeypatch.setattr(observed, "read_columns", _refused)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 150)
    monkeypatch.setattr(pieces, "AT_ONCE", 8000)


def _refused(*arguments):
    raise AssertionError("the source was read again, or rows into memory")


def replicates(monkeypatch, frame, source, count: int = 10, **options) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of rows in memory, and of a source that is read once."""
    rows, sums = (fit(MODEL, data, **ORDERED, **options) for data in (frame, source))
    with monkeypatch.context() as patched:
        patched.setattr(pieces.Reader, "pieces", _refused)
        one, other = (bootstrap(results, count, seed=3) for results in (rows, sums))
        pd.testing.assert_frame_equal(one.failures, other.failures)
        pd.testing.assert_frame_equal(one.intervals(), other.intervals(), rtol=SAME, atol=SAME)
    return one.replicates, other.replicates


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_replicates_are_those_of_rows(answers, options, tmp_path, monkeypatch):
    answers.to_parquet(tmp_path / "one.parquet", row_group_size=100)
    one, other = replicates(monkeypatch, answers, tmp_path, **options)
    pd.testing.assert_frame_equal(one, other, rtol=SAME, atol=SAME, check_exact="sampling_weights" not in options)


@pytest.mark.parametrize("seed", range(3))
def test_neither_order_nor_pieces_matter(answers, seed, tmp_path, monkeypatch):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", int(rng.integers(1, 300)))
    monkeypatch.setattr(pieces, "AT_ONCE", int(rng.integers(500, 20_000)))
    mixed = answers.sample(frac=1, random_state=seed).reset_index(drop=True)
    mixed.to_parquet(tmp_path / "one.parquet", row_group_size=int(rng.integers(20, 200)))
    one, other = replicates(monkeypatch, mixed, tmp_path, group="brand", missing="pairwise")
    pd.testing.assert_frame_equal(one, other, check_exact=True)


READERS = {
    "DuckDB": lambda table, file: pytest.importorskip("duckdb").connect().from_arrow(table),
    "polars": lambda table, file: pytest.importorskip("polars").from_arrow(table).lazy(),
    "Arrow": lambda table, file: ds.dataset(table),
    "Dask": lambda table, file: pytest.importorskip("dask.dataframe").read_parquet(file),
}


@pytest.mark.parametrize("reader", READERS)
def test_whatever_reads_the_source(answers, reader, tmp_path, monkeypatch):
    answers.to_parquet(tmp_path / "one.parquet", row_group_size=100)
    source = READERS[reader](pa.Table.from_pandas(answers, preserve_index=False), str(tmp_path / "one.parquet"))
    one, other = replicates(monkeypatch, answers, source)
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_samples_that_lack_a_category_fail_with_the_same_reason(answers, tmp_path, monkeypatch):
    frame = answers.assign(a=answers["a"].mask((answers["a"] == 1) & (answers["branch"] > 1), 2.0))
    frame.to_parquet(tmp_path / "one.parquet")
    one, other = replicates(monkeypatch, frame, tmp_path, count=20)
    assert len(one) < 20
    pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize("options", [{"group": "side"}, {"sampling_weights": "w", "missing": "pairwise"}], ids=str)
def test_errors_and_statistics_of_replicates_are_those_of_rows(answers, options, tmp_path, monkeypatch):
    monkeypatch.setattr(replicate_errors, "REPLICATES", 10)
    answers.to_parquet(tmp_path / "one.parquet")
    rows, sums = (fit(MODEL, data, se="bootstrap", **ORDERED, **options) for data in (answers, tmp_path))
    assert np.allclose(rows.vcov, sums.vcov, rtol=SAME, atol=SAME)
    rows, sums = (fit(MODEL, data, **ORDERED, **options) for data in (answers, tmp_path))
    monkeypatch.setattr(pieces.Reader, "pieces", _refused)
    found = [bootstrap(results, 4, statistic=_errors_and_test).replicates for results in (rows, sums)]
    pd.testing.assert_frame_equal(*found, rtol=SAME, atol=SAME)
    assert found[0][["errors", "chisq"]].gt(0).all(axis=None)


def _errors_and_test(results) -> dict[str, float]:
    return {"errors": float(results.parameters["se"].sum()), "chisq": results.fit_measures["chisq_scaled"]}


def test_what_tables_do_not_tell_is_refused_with_its_reason(answers, tmp_path, monkeypatch):
    answers.to_parquet(tmp_path / "one.parquet")
    with pytest.raises(OptionError, match=r"those of ordered items from their tables: fit .* with cluster="):
        bootstrap(fit(MODEL, tmp_path, ordered=True), 10)
    sums = fit(MODEL, tmp_path, **ORDERED)
    with pytest.raises(OptionError, match="'bca' needs each row's influence"):
        bootstrap(sums, 3).intervals("bca")
    with pytest.raises(OptionError, match="the clusters of the fit are drawn"):
        bootstrap(sums, 10, cluster="brand")
    monkeypatch.setattr(pair_counter, "LARGEST", 15_000)  # too few for tables of squared weights of every cluster
    weighted = {**ORDERED, "sampling_weights": "w"}
    with pytest.raises(OptionError, match=r"all pairs of these 6 items in 30 clusters take .* estimator='ULSMV'"):
        bootstrap(fit(MODEL, tmp_path, **weighted), 10)
    assert len(bootstrap(fit(MODEL, tmp_path, **weighted, estimator="ULSMV"), 3).replicates) == 3
    monkeypatch.setattr(pair_counter, "LARGEST", 2000)  # too few for any
    with pytest.raises(OptionError, match=r"in 30 clusters take .* GB, more than is held"):
        bootstrap(fit(MODEL, tmp_path, **ORDERED), 10)
    with pytest.raises(AssertionError, match="rows into memory"):  # with a warning
        fit(MODEL, tmp_path, **ORDERED, se="bootstrap")


def test_to_other_processes_go_tables_and_no_rows(answers, tmp_path, monkeypatch):
    answers.to_parquet(tmp_path / "one.parquet")
    sums = fit(MODEL, tmp_path, **ORDERED)
    sent = pickle.loads(pickle.dumps(sums))
    assert sent == sums
    monkeypatch.setattr(pieces.Reader, "pieces", _refused)
    one, other = bootstrap(sent, 10), bootstrap(sums, 10, workers=2)
    pd.testing.assert_frame_equal(one.replicates, other.replicates, check_exact=True)
