"""Factor scores of a source, written a piece at a time: those of memory, and no file where something is wrong."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from sem_samples import branch_answers

import sexresearch as sx
from sexresearch.chain.measurement import score_file
from sexresearch.errors import DataError, OptionError, SexresearchError, WriteError
from sexresearch.sem.data import observed, sources

pytestmark = pytest.mark.filterwarnings("ignore")

SAME = 1e-8  # relative: a fit to sums over pieces in another order
MODEL = "joy =~ a + b + c\nstay =~ d + e + f\nstay ~ joy"
N = 900
OPTIONS = [
    {},
    {"estimator": "MLR", "missing": "fiml"},
    {"group": "brand", "cluster": "branch"},
    {"missing": "fiml", "group": "brand"},
    {"ordered": True},
    {"ordered": True, "group": "brand", "missing": "pairwise"},
]


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng, frame = np.random.default_rng(4), branch_answers(N)
    frame[["b", "d"]] = frame[["b", "d"]].mask(rng.random((N, 2)) < 0.1)
    frame.loc[:3, list("abcdef")] = np.nan  # nothing to score
    frame.loc[5, "brand"] = None
    return frame.assign(code=[f"r{k}" for k in range(N)], number=np.arange(N)[::-1])


@pytest.fixture(autouse=True)
def _in_small_pieces(monkeypatch):
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 150)
    monkeypatch.setattr(score_file, "ROWS_TOGETHER", 400)
    monkeypatch.setattr(observed, "read_columns", _refused)


def _refused(*arguments):
    raise AssertionError("rows were read into memory")


@pytest.fixture
def place(answers, tmp_path):
    (tmp_path / "answers").mkdir()
    for number, rows in enumerate(np.array_split(np.arange(N), 4)):
        answers.iloc[rows].to_parquet(tmp_path / f"answers/{number}.parquet", row_group_size=100)
    return tmp_path


def every_source(frame: pd.DataFrame, place):
    duckdb, polars, dd = (pytest.importorskip(name) for name in ("duckdb", "polars", "dask.dataframe"))
    with duckdb.connect(f"{place}/base.duckdb") as base:
        base.execute("create table answers as select * from frame")
    yield str(place / "answers")
    yield ds.dataset(pa.Table.from_pandas(frame))
    yield polars.from_pandas(frame).lazy()
    yield duckdb.from_df(frame)
    yield f"duckdb://{place}/base.duckdb#answers"
    yield dd.from_pandas(frame, npartitions=4)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_scores_of_a_source_are_those_of_memory(answers, place, options):
    expected = sx.fit(MODEL, answers, **options).factor_scores()
    fitted = sx.fit(MODEL, str(place / "answers"), **options)
    written = pd.read_parquet(sx.write_factor_scores(fitted, place / "new/scores.parquet"))
    assert list(written) == ["row", "joy", "stay"]
    assert written["row"].tolist() == list(range(N))
    pd.testing.assert_frame_equal(written.drop(columns="row"), expected, rtol=SAME, atol=SAME)
    assert expected["joy"].notna().sum() > N - 10
    assert pq.ParquetFile(place / "new/scores.parquet").num_row_groups <= 3  # small pieces are written together


@pytest.mark.parametrize("method", ["regression", "bartlett"])
def test_every_source_is_scored_beside_its_numbers(answers, place, method):
    fitted = sx.fit(MODEL, answers, missing="fiml", group="brand")
    expected = fitted.factor_scores(method, data=answers)
    for source in every_source(answers, place):
        path = sx.write_factor_scores(
            fitted, place / "scores.parquet", data=source, method=method, beside=["code", "number"]
        )
        written = pd.read_parquet(path)
        assert written["code"].tolist() == answers["code"].tolist()
        assert written["number"].tolist() == answers["number"].tolist()
        pd.testing.assert_frame_equal(written[["joy", "stay"]], expected, rtol=SAME, atol=SAME)
    other = sx.write_factor_scores(fitted, place / "memory.parquet", method=method)
    pd.testing.assert_frame_equal(pd.read_parquet(other)[["joy", "stay"]], expected, rtol=SAME, atol=SAME)


def test_products_are_made_of_their_columns(answers, place):
    model = MODEL + " + number + number:a"
    frame = answers.assign(number=answers["number"] / N)
    frame.to_parquet(place / "one.parquet")
    fitted = sx.fit(model, str(place / "one.parquet"))
    written = pd.read_parquet(sx.write_factor_scores(fitted, place / "scores.parquet"))
    expected = sx.fit(model, frame).factor_scores()
    pd.testing.assert_frame_equal(written.drop(columns="row"), expected, rtol=SAME, atol=SAME)


def test_a_partition_without_an_answer_is_scored_too(answers, place):
    frame = answers.assign(b=answers["b"].where(answers.index >= 300))
    parts = partitions(frame, lambda part: part.astype({"b": object}) if part["b"].isna().all() else part)
    fitted = sx.fit(MODEL, frame, missing="fiml")
    written = pd.read_parquet(sx.write_factor_scores(fitted, place / "scores.parquet", data=parts))
    pd.testing.assert_frame_equal(written[["joy", "stay"]], fitted.factor_scores(), rtol=SAME, atol=SAME)


def test_nothing_is_written_where_something_is_wrong(answers, place, monkeypatch):
    fitted = sx.fit(MODEL, str(place / "answers"), missing="fiml")
    out = place / "scores.parquet"
    out.write_text("there before")

    def untouched(error, match, call):
        with pytest.raises(error, match=match):
            call()
        assert out.read_text() == "there before"
        assert [path.name for path in place.iterdir() if path.name.endswith(".part")] == []

    late = partitions(answers, lambda part: part if part.index[0] < 600 else part.assign(number="eleven"))
    untouched(DataError, r"rows 601 to 900: .*eleven", lambda: _write(fitted, out, late, beside="number"))
    untouched(
        DataError, r"columns not in the data: \['a'\]", lambda: _write(fitted, out, _duck(answers.drop(columns="a")))
    )
    untouched(DataError, r"columns not in the data: \['id'\]", lambda: _write(fitted, out, beside="id"))
    untouched(DataError, "lies among the answers", lambda: _write(fitted, place / "answers/scores.parquet"))
    untouched(DataError, "latent variable too", lambda: _write(fitted, out, beside="joy"))
    untouched(WriteError, "it is a folder", lambda: _write(fitted, place / "answers/../answers"))
    (place / "answers/3.parquet").write_bytes(b"PAR1 and nothing else PAR1")
    untouched(DataError, r"3\.parquet", lambda: _write(fitted, out, str(place / "answers")))
    real, calls = type(fitted).factor_scores, []

    def interrupted(*arguments, **options):
        calls.append(1)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(type(fitted), "factor_scores", interrupted)
    untouched(KeyboardInterrupt, "", lambda: _write(fitted, out, _duck(answers)))


def _write(fitted, out, data=None, **options):
    return sx.write_factor_scores(fitted, out, data=data, **options)


def partitions(frame, changed):
    """A Dask frame of three partitions, whatever types they come in."""
    dd = pytest.importorskip("dask.dataframe")
    return dd.from_map(lambda first: changed(frame.iloc[first : first + 300]), [0, 300, 600], meta=frame.iloc[:0])


def _duck(frame):
    return pytest.importorskip("duckdb").from_df(frame)


def test_what_cannot_be_scored_in_pieces_is_refused_with_its_reason(answers, place):
    ibis, duckdb = (pytest.importorskip(name) for name in ("ibis", "duckdb"))
    with duckdb.connect(f"{place}/base.duckdb") as base:
        base.execute("create table answers as select * from answers")
    table = ibis.duckdb.connect(f"{place}/base.duckdb", read_only=True).table("answers")
    out, fitted = place / "scores.parquet", sx.fit(MODEL, table)
    for data in (None, table):
        with pytest.raises(OptionError, match=r"one for each respondent.*stay in the warehouse.*to_parquet"):
            _write(fitted, out, data)
    with pytest.raises(OptionError, match="stay in the warehouse"):
        fitted.factor_scores(data=table)
    levels = "level: 1\njoy =~ a + b + c\nlevel: 2\njoy =~ a + b + c\na ~~ 0.01*a"
    two = sx.fit(levels, answers, cluster="branch")
    with pytest.raises(OptionError, match="rest on all rows of a cluster"):
        _write(two, out, str(place / "answers"))
    written = pd.read_parquet(_write(two, out))
    pd.testing.assert_frame_equal(written.drop(columns="row"), two.factor_scores().reset_index(drop=True))
    with pytest.raises(OptionError, match="fitted to moments"):
        _write(sx.fit("joy =~ a + b + c", moments=sx.Moments(answers[list("abc")].cov(), 100)), out)


WRONG = [{"path": None}, {"path": 5}, {"beside": 5}, {"beside": [["code"]]}, {"data": 5}, {"data": "absent.parquet"}]
WRONG += [{"method": "guess"}, {"method": None}, {"results": None}, {"results": "fit"}]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_wrong_values_are_refused_in_words(answers, place, wrong):
    given = {"results": sx.fit(MODEL, answers), "path": place / "scores.parquet"} | wrong
    with pytest.raises(SexresearchError, match=r"\w+"):
        sx.write_factor_scores(given.pop("results"), given.pop("path"), **given)
