"""Tables read by column and in pieces: Parquet, Arrow data sets, lazy tables; the same numbers as from memory."""

import pickle
from copy import deepcopy

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from sexresearch.errors import DataError, OptionError
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
    rows_read = [text for text in parts.problems if "is read into memory" in text]
    assert (*whole.problems, *rows_read) == parts.problems
    assert bool(rows_read) == ("ordered" in options)  # beside items that are not
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


NEEDS_ROWS = {
    "missing='pairwise' of items that are not ordered": {"missing": "pairwise"},
    "bootstrapped errors": {"se": "bootstrap"},
    "another engine or method='sam'": {"method": "sam"},
}


@pytest.mark.parametrize("words", NEEDS_ROWS)
def test_that_rows_are_read_into_memory_is_said(folder, words):
    with pytest.warns(UserWarning, match="every row of the columns in use is read into memory") as heard:
        results = fit("joy =~ a + b + c + d", folder, **NEEDS_ROWS[words])
    assert [str(one.message).startswith(words) for one in heard].count(True) == 1
    assert sum(text.startswith(words) for text in results.problems) == 1


def every_reader(folder) -> dict:
    duckdb, polars, ibis = (pytest.importorskip(name) for name in ("duckdb", "polars", "ibis"))
    files = f"{folder}/*.parquet"
    return {
        "pyarrow": str(folder),
        "DuckDB": duckdb.connect().read_parquet(files),
        "polars": polars.scan_parquet(files),
        "Dask": pytest.importorskip("dask.dataframe").read_parquet(str(folder)),
        "Ibis": ibis.duckdb.connect().read_parquet(files),
    }


WRONG = {
    "nulls": (lambda frame: frame.assign(a=np.nan), {}, "'a' has no answers at all"),
    "text": (lambda frame: frame.assign(a="often"), {}, "'a' holds (text|string)"),
    "infinite": (lambda frame: frame.assign(a=frame["a"].where(frame.index != 5, np.inf)), {}, "'a' has infinite"),
    "weights": (lambda frame: frame.assign(w=-1.0), {"sampling_weights": "w"}, "'w' .* negative in"),
    "clusters": (lambda frame: frame.assign(w=np.nan), {"cluster": "w"}, "cluster column 'w' holds a single cluster"),
    "groups": (lambda frame: frame.assign(w=1), {"group": "w"}, "group column 'w' holds a single group"),
    "absent": (lambda frame: frame.drop(columns="c"), {}, "columns not in the data: 'c'"),
    "huge": (lambda frame: frame.assign(a=frame["a"] * 1e70), {}, "'a' has values of up to"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_bad_columns_are_named_whatever_reads_them(answers, tmp_path, wrong):
    change, options, words = WRONG[wrong]
    for number, rows in enumerate(np.array_split(np.arange(900), 3)):
        change(answers).iloc[rows].to_parquet(tmp_path / f"{number}.parquet")
    for source in every_reader(tmp_path).values():
        with pytest.raises(DataError, match=words):
            fit(MODEL, source, **options)


def test_bad_files_are_refused_whatever_reads_them(answers, tmp_path):
    halves = answers[:500], answers[500:]
    halves[0].to_parquet(tmp_path / "0.parquet")
    halves[1].drop(columns="a").to_parquet(tmp_path / "1.parquet")
    for source in every_reader(tmp_path).values():
        with pytest.raises(DataError, match=r"1\.parquet|'a'|column a|partition 2 of 2"):
            fit(MODEL, source)
    halves[1].to_parquet(tmp_path / "1.parquet")
    readers = every_reader(tmp_path)
    content = bytearray((tmp_path / "1.parquet").read_bytes())
    content[4 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4)
    (tmp_path / "1.parquet").write_bytes(content)
    for name, source in readers.items():
        words = {"pyarrow": r"1\.parquet is damaged", "Dask": "partition 2 of 2 cannot be read"}
        with pytest.raises(DataError, match=words.get(name, "cannot be read|did not answer")):
            fit(MODEL, source)
    for file in tmp_path.glob("*.parquet"):
        file.unlink()
    for name, source in readers.items():
        if name != "pyarrow":
            with pytest.raises(DataError, match=r"cannot be read|did not answer"):
                fit(MODEL, source)


def test_a_lazy_table_that_ends_early_says_where(answers, monkeypatch):
    polars = pytest.importorskip("polars")

    def broken(chosen):
        yield chosen.collect("pandas").to_native()[:300]
        raise OSError("the disk is gone")

    monkeypatch.setattr(sources, "_batches", broken)
    with pytest.raises(DataError, match=r"LazyFrame cannot be read beyond row 300 \(OSError\): the disk is gone"):
        fit(MODEL, polars.from_pandas(answers).lazy())


def test_a_type_of_a_warehouse_that_is_none_is_said_in_words(answers, tmp_path):
    ibis, duckdb = (pytest.importorskip(name) for name in ("ibis", "duckdb"))
    with duckdb.connect(f"{tmp_path}/base.duckdb") as base:
        base.execute("create view nothing as select null as a, * exclude (a) from answers")
        base.execute("create table kept as select * from nothing")
    table = ibis.duckdb.connect(f"{tmp_path}/base.duckdb", read_only=True).table("kept")
    with pytest.raises(DataError, match=r"'a' (has no answers|holds a type that Ibis does not know)"):
        fit(MODEL, table)


def test_text_in_a_number_column_of_one_file_alone(answers, tmp_path):
    answers[:500].to_parquet(tmp_path / "0.parquet")
    answers[500:].assign(a="often").to_parquet(tmp_path / "1.parquet")
    for source in every_reader(tmp_path).values():
        with pytest.raises(DataError, match=r"'a'|column a|often"):
            fit(MODEL, source)


def test_large_whole_numbers_have_the_moments_of_memory_whatever_reads_them(answers, tmp_path):
    large = {name: (answers[name].fillna(0) * 1e17).round().astype("int64") for name in "abcdef"}
    frame = answers.assign(**large)
    frame.to_parquet(tmp_path / "one.parquet")
    expected = fit(MODEL, frame).fit_measures
    for source in every_reader(tmp_path).values():
        assert np.allclose(expected, fit(MODEL, source).fit_measures, rtol=SAME, equal_nan=True)


def test_answers_of_a_source_are_not_kept_to_be_looked_at(answers, folder):
    results = fit(MODEL, folder)
    for question in (results.factor_scores, results.predict, results.coverage, results.patterns):
        with pytest.raises(OptionError, match=r"of a source were added up and are not kept: .* data="):
            question()
    part = answers[:50]
    assert np.allclose(
        results.factor_scores(data=part), fit(MODEL, answers).factor_scores(data=part), rtol=SAME, equal_nan=True
    )
