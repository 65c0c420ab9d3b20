"""Tables read by column and in pieces: Parquet, Arrow data sets, lazy tables; the same numbers as from memory."""

import pickle
from copy import deepcopy

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from sexresearch.errors import DataError
from sexresearch.sem import fit
from sexresearch.sem.data import observed, sources

pytestmark = pytest.mark.filterwarnings("ignore:.*dropped .listwise.")

SAME = 1e-8  # relative: sums over pieces in another order
MODEL = "joy =~ a + b + c\nstay =~ d + e + f\nstay ~ joy"


@pytest.fixture
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    joy, shock = rng.normal(size=(2, 900))
    stay = 0.6 * joy + shock
    columns = {x: (joy if x in "abc" else stay) + rng.normal(size=900) for x in "abcdef"}
    frame = pd.DataFrame(columns).assign(brand=np.where(rng.random(900) < 0.4, "north", "south"), branch=range(900))
    frame["branch"] %= 30
    frame.loc[rng.random(900) < 0.1, "b"] = np.nan
    return frame.assign(unused="text", likert=np.clip(np.round(frame["a"] + 3), 1, 5))


@pytest.fixture
def folder(answers, tmp_path):
    for number, rows in enumerate(np.array_split(np.arange(900), 7)):
        answers.iloc[rows].to_parquet(tmp_path / f"part{number}.parquet")
    return tmp_path


OPTIONS = [
    {},
    {"estimator": "MLR"},
    {"estimator": "MLM"},
    {"estimator": "GLS"},
    {"estimator": "MLR", "group": "brand", "group_equal": ["loadings"]},
    {"estimator": "MLR", "cluster": "branch"},
    {"missing": "fiml"},
    {"estimator": "WLSMV", "ordered": ["likert"], "missing": "listwise"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_folder_of_parquet_files_fits_as_the_frame(answers, folder, options):
    model = MODEL.replace("joy =~ a", "joy =~ likert + a") if "ordered" in options else MODEL
    whole, parts = fit(model, answers, **options), fit(model, folder, **options)
    tables = [results.parameters.select_dtypes("number") for results in (whole, parts)]
    assert np.allclose(*tables, rtol=SAME, atol=SAME, equal_nan=True)
    assert np.allclose(whole.fit_measures, parts.fit_measures, rtol=SAME, atol=SAME, equal_nan=True)
    assert whole.nobs == parts.nobs
    assert whole.problems == parts.problems
    assert list(whole.parameters["group"]) == list(parts.parameters["group"]) or "group" not in options


def test_every_kind_of_source_is_read(answers, folder):
    expected = fit(MODEL, answers).fit_measures["chisq"]
    one = folder / "all.pq"
    answers.to_parquet(one)
    for source in (str(one), one, ds.dataset(one)):
        assert fit(MODEL, source).fit_measures["chisq"] == pytest.approx(expected, rel=SAME)


def test_tables_of_duckdb_are_read(answers, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    file = tmp_path / "tracker.duckdb"
    with duckdb.connect(str(file)) as base:
        base.register("frame", answers)
        base.execute("create table answers as select * from frame")
        expected = fit(MODEL, answers, estimator="MLR").fit_measures["chisq_scaled"]
        found = fit(MODEL, base.table("answers"), estimator="MLR").fit_measures["chisq_scaled"]
        assert found == pytest.approx(expected, rel=SAME)
    found = fit(MODEL, f"duckdb://{file}#answers").fit_measures["chisq"]
    assert found == pytest.approx(fit(MODEL, answers).fit_measures["chisq"], rel=SAME)
    with pytest.raises(DataError, match="nowhere"):
        fit(MODEL, f"duckdb://{file}#nowhere")
    with pytest.raises(DataError, match="no DuckDB file"):
        fit(MODEL, "duckdb://absent.duckdb#answers")
    with pytest.raises(DataError, match="names no table"):
        fit(MODEL, f"duckdb://{file}")


def test_only_the_columns_in_use_are_read(folder, monkeypatch):
    seen = []
    real = sources.ArrowSource.pieces
    monkeypatch.setattr(sources.ArrowSource, "pieces", lambda self, names: seen.extend(names) or real(self, names))
    fit(MODEL, folder, group="brand")
    assert set(seen) == {*"abcdef", "brand"}


def test_what_is_wrong_with_a_source_is_said(answers, folder, tmp_path_factory):
    with pytest.raises(DataError, match="did you mean 'a'"):
        fit("joy =~ A + b + c", folder)
    with pytest.raises(DataError, match="neither a file nor a folder"):
        fit(MODEL, "absent.parquet")
    other = tmp_path_factory.mktemp("other")
    (other / "x.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match=r"x\.parquet"):
        fit(MODEL, other)
    (other / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="read_survey"):
        fit(MODEL, other / "x.csv")
    with pytest.raises(DataError, match="'unused' holds text"):
        fit("joy =~ a + b + unused", folder)
    answers.assign(c=answers["c"].astype(str)).to_parquet(folder / "part9.parquet")
    with pytest.raises(DataError, match=r"'c' is (large_)?string in .*part9"):
        fit(MODEL, folder)
    table = pq.read_table(folder / "part0.parquet").drop_columns(["c"])
    pq.write_table(table, folder / "part9.parquet")
    with pytest.raises(DataError, match=r"'c' is absent in .*part9"):
        fit(MODEL, folder)


def test_infinite_and_constant_columns_of_a_source_are_named(answers, tmp_path):
    answers.assign(c=np.inf).to_parquet(tmp_path / "one.parquet")
    with pytest.raises(DataError, match="'c'"):
        fit(MODEL, tmp_path)
    answers.assign(c=3.0).to_parquet(tmp_path / "one.parquet")
    with pytest.raises(DataError, match="'c'"):
        fit(MODEL, tmp_path)


def stored(results):
    return pickle.loads(pickle.dumps(results))


@pytest.mark.parametrize("options", [{}, {"group": "brand", "estimator": "MLM"}, {"cluster": "branch"}], ids=str)
def test_fits_of_sources_pickle_copy_and_compare(answers, folder, options):
    results = fit(MODEL, folder, **options)
    for again in (stored(results), deepcopy(results), fit(MODEL, folder, **options)):
        assert again == results
        assert again.vcov.equals(results.vcov)
    assert fit(MODEL, answers[answers["brand"] == "north"], **options | {"group": None}) != results


def test_what_a_stored_fit_of_a_handle_cannot_answer_is_said(answers):
    results = fit(MODEL, ds.dataset(pa.Table.from_pandas(answers)), estimator="MLM")
    again = stored(results)
    assert again == results
    assert again.fitted.theta.tolist() == results.fitted.theta.tolist()
    with pytest.raises(DataError, match="rows of the Arrow data set, which stayed with the process"):
        assert again.vcov is not None
    assert deepcopy(results).vcov.equals(results.vcov)


def test_a_stored_fit_of_a_duckdb_table_opens_the_table_again(answers, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "survey.duckdb"
    with duckdb.connect(str(path)) as base:
        base.register("frame", answers)
        base.execute("create table answers as select * from frame")
    results = fit(MODEL, f"duckdb://{path}#answers", estimator="MLM")
    assert stored(results).vcov.equals(results.vcov)


def test_a_damaged_row_group_names_its_file(answers, folder):
    file = folder / "part4.parquet"
    group = pq.ParquetFile(file).metadata.row_group(0)
    at = next(group.column(k) for k in range(group.num_columns) if group.column(k).path_in_schema == "d")
    content = bytearray(file.read_bytes())
    content[at.data_page_offset : at.data_page_offset + at.total_compressed_size // 2] = b"\xff" * (
        at.total_compressed_size // 2
    )
    file.write_bytes(content)
    for options in ({}, {"cluster": "branch"}, {"missing": "fiml"}):
        with pytest.raises(DataError, match=r"part4\.parquet is damaged"):
            fit(MODEL, folder, **options)


def test_integers_do_not_overflow_their_sums(answers, tmp_path):
    small = {name: (answers[name].fillna(0) * 20).round().clip(-120, 120).astype("int8") for name in "abc"}
    large = {name: (answers[name] * 1e17).round().astype("int64") for name in "def"}
    frame = answers.assign(**small, **large)
    frame.to_parquet(tmp_path / "one.parquet")
    for options in ({}, {"cluster": "branch"}):
        whole, parts = (fit(MODEL, data, **options).fit_measures for data in (frame, tmp_path))
        assert np.allclose(whole, parts, rtol=SAME, equal_nan=True)


def test_a_dask_table_is_read_a_partition_at_a_time(answers, monkeypatch):
    dd = pytest.importorskip("dask.dataframe")
    table = dd.from_pandas(answers.drop(columns="unused"), npartitions=5)
    monkeypatch.setattr(observed, "read_columns", _refused)
    for options in ({"cluster": "branch"}, {"missing": "fiml", "group": "brand"}):
        whole, parts = fit(MODEL, answers, **options), fit(MODEL, table, **options)
        assert np.allclose(whole.fit_measures, parts.fit_measures, rtol=SAME, equal_nan=True)
    broken = table.map_partitions(_broken, meta=table._meta)
    with pytest.raises(DataError, match=r"partition 3 of 5 cannot be read \(OSError\): the disk is gone"):
        fit(MODEL, broken)


def test_a_lazy_table_of_polars_is_read_in_batches(answers, folder, monkeypatch):
    polars = pytest.importorskip("polars")
    monkeypatch.setattr(observed, "read_columns", _refused)
    table = polars.scan_parquet(f"{folder}/*.parquet")
    whole, parts = (fit(MODEL, data, cluster="branch") for data in (answers, table))
    assert np.allclose(whole.fit_measures, parts.fit_measures, rtol=SAME, equal_nan=True)
    with pytest.raises(DataError, match="the LazyFrame cannot be read"):
        fit(MODEL, table.with_columns(polars.col("unused").cast(polars.Int64).alias("c")))


def _refused(*arguments):
    raise AssertionError("rows were read into memory")


def _broken(frame):
    if len(frame) and 360 in frame.index:
        raise OSError("the disk is gone")
    return frame
