"""Whatever pieces rows come in, a source gives the numbers that memory gives; sums are all that is kept of them."""

import pickle
import sys
import tracemalloc
import warnings
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from sexresearch.errors import DataError
from sexresearch.sem import FitWarning, fit
from sexresearch.sem.data import observed, pieces, sources, streamed_categories, totals
from sexresearch.sem.fit import results_of
from sexresearch.sem.fitting import Fitting, options_of
from sexresearch.sem.language.model import Model

pytestmark = pytest.mark.filterwarnings("ignore")

SAME = 1e-8  # relative: sums over pieces in another order
MODEL = "joy =~ a + b + c\nstay =~ d + e + f\nstay ~ joy"
WITH_X = MODEL + " + x"
N = 1200
BYTES = 12_000  # of answers at once, so that there are several pieces


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    branch = rng.integers(0, 40, N)
    joy, shock, x = rng.normal(size=(3, N))
    joy = joy + rng.normal(size=40)[branch] / 2
    stay = 0.6 * joy + 0.2 * x + shock
    frame = pd.DataFrame({name: (joy if name in "abc" else stay) + rng.normal(size=N) for name in "abcdef"})
    frame = frame.assign(x=x, branch=branch, brand=np.where(branch < 15, "no", "so"), w=rng.gamma(4, size=N))
    frame["a"] += 30
    for name in "bdx":
        frame.loc[rng.random(N) < 0.08, name] = np.nan
    frame.loc[rng.random(N) < 0.01, "brand"] = None
    return frame


def source_of(frame: pd.DataFrame, folder, seed: int) -> str:
    """The rows in files cut at random places."""
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.choice(np.arange(1, len(frame)), 6, replace=False))
    for number, rows in enumerate(np.split(np.arange(len(frame)), cuts)):
        table = pa.Table.from_pandas(frame.iloc[rows], preserve_index=False, schema=pa.Schema.from_pandas(frame))
        pq.write_table(table, folder / f"{number}.parquet", row_group_size=int(rng.integers(20, 200)))
    return str(folder)


def assert_same(whole, parts) -> None:
    for one, other in (
        (whole.parameters.select_dtypes("number"), parts.parameters.select_dtypes("number")),
        (whole.fit_measures, parts.fit_measures),
        (whole.vcov, parts.vcov),
    ):
        assert np.allclose(one, other, rtol=SAME, atol=SAME, equal_nan=True)
    assert list(whole.parameters["group"].astype(str)) == list(parts.parameters["group"].astype(str))
    assert whole.nobs == parts.nobs
    assert whole.problems == parts.problems


OPTIONS = [
    {"estimator": "MLR", "cluster": "branch"},
    {"cluster": "branch", "group": "brand"},
    {"sampling_weights": "w"},
    {"sampling_weights": "w", "group": "brand", "group_equal": ["loadings", "intercepts"]},
    {"sampling_weights": "w", "cluster": "branch"},
    {"missing": "fiml"},
    {"missing": "fiml", "estimator": "MLR", "group": "brand"},
    {"missing": "fiml", "estimator": "MLR", "cluster": "branch"},
    {"missing": "fiml", "estimator": "MLR", "sampling_weights": "w"},
    {"missing": "fiml", "auxiliary": ["x"]},
    {"estimator": "MLF"},
    {"estimator": "ULS", "group": "brand"},
    {"estimator": "WLS"},
    {"estimator": "MLMV"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_pieces_give_what_memory_gives(answers, options, tmp_path, monkeypatch):
    monkeypatch.setattr(observed, "read_columns", _refused)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 150)
    monkeypatch.setattr(pieces, "AT_ONCE", BYTES)
    model = MODEL if "auxiliary" in options or options.get("estimator") in ("ULS", "WLS") else WITH_X
    assert_same(fit(model, answers, **options), fit(model, source_of(answers, tmp_path, 1), **options))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("options", [OPTIONS[0], OPTIONS[4], OPTIONS[6]], ids=str)
def test_neither_order_nor_partition_matters(answers, options, seed, tmp_path, monkeypatch):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", int(rng.integers(1, 400)))
    monkeypatch.setattr(pieces, "AT_ONCE", BYTES)
    mixed = answers.sample(frac=1, random_state=seed).reset_index(drop=True)
    assert_same(fit(MODEL, mixed, **options), fit(MODEL, source_of(mixed, tmp_path, seed), **options))


def _refused(*arguments):
    raise AssertionError("rows were read into memory")


WHOLE = [
    {"cluster": "branch"},
    {"cluster": "branch", "group": "brand", "sampling_weights": "w"},
    {"estimator": "MLM"},
    {"missing": "fiml"},
    {"estimator": "GLS", "group": "brand"},
]


@pytest.mark.parametrize(("dtype", "steps"), [("int8", 1), ("int64", 900), ("Int16", 900)])
@pytest.mark.parametrize("options", WHOLE, ids=str)
def test_whole_numbers_give_what_memory_gives(answers, options, dtype, steps, tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "AT_ONCE", BYTES // 4)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 150)
    scale = {name: (answers[name].fillna(answers[name].mean()) * steps).round().astype(dtype) for name in "abcdef"}
    frame = answers.assign(**scale)
    if dtype == "Int16":
        frame.loc[::9, "c"] = pd.NA
    assert_same(fit(MODEL, frame, **options), fit(MODEL, source_of(frame, tmp_path, 1), **options))


def test_a_piece_may_lack_a_pattern_of_answers_and_none_may_be_new(answers, tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "AT_ONCE", BYTES)
    frame = answers.dropna()
    last = frame[-300:].assign(b=np.nan)
    frame = pd.concat([frame[:-300], last], ignore_index=True)
    path = source_of(frame, tmp_path, 4)
    assert_same(fit(MODEL, frame, missing="fiml", cluster="branch"), fit(MODEL, path, missing="fiml", cluster="branch"))
    results = fit(MODEL, path, missing="fiml", cluster="branch")
    source_of(frame.assign(b=frame["c"], c=frame["b"]), tmp_path, 4)
    with pytest.raises(DataError, match=r"parquet changed since it was opened\. Fit a copy that stands still"):
        assert results.vcov is None
    results = fit(MODEL, path, missing="fiml", cluster="branch")
    monkeypatch.setattr(pieces.Reader, "rows", _swapped(pieces.Reader.rows))
    with pytest.raises(DataError, match="changed between two readings: as many rows"):
        assert results.vcov is None


def test_labels_that_a_fit_keeps_of_its_source_stay_as_they_were_read(answers, tmp_path, monkeypatch):
    path = source_of(answers, tmp_path, 3)
    results = fit(MODEL, path, missing="fiml", cluster="branch")
    reader = results.fitted.samples[0].again.reader
    with pytest.raises(TypeError, match="read-only"):
        reader.clusters.numbers["new"] = 9
    with pytest.raises(FrozenInstanceError):
        reader.groups.fractional = True
    assert pickle.loads(pickle.dumps(reader.clusters)) == reader.clusters
    frame, rows = pieces.Reader.frame, answers["branch"].iloc[0]
    monkeypatch.setattr(pieces.Reader, "frame", lambda self, part: frame(self, part).replace({"branch": {rows: -7}}))
    monkeypatch.setattr(pieces.Reader, "_columnar", lambda *_: None)
    with pytest.raises(DataError, match="changed between two readings"):
        assert results.vcov is None


def _swapped(rows):
    """What the reader reads, with the answers to b and c exchanged."""

    def swapped(self):
        for batch in rows(self):
            frame = batch.to_pandas()
            yield frame.assign(b=frame["c"], c=frame["b"])

    return swapped


def test_later_questions_are_answered_from_the_source(answers, tmp_path):
    path = source_of(answers, tmp_path, 3)
    one, other = (fit(MODEL, data, estimator="MLR", cluster="branch") for data in (answers, path))
    for question in ("modification_indices", "residual_table"):
        if hasattr(one, question):
            frames = [getattr(results, question)().select_dtypes("number") for results in (one, other)]
            assert np.allclose(*frames, rtol=SAME, atol=SAME, equal_nan=True)


def test_memory_does_not_grow_with_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 4096)
    monkeypatch.setattr(pieces, "AT_ONCE", 2**18)
    rng, peaks = np.random.default_rng(1), []
    for rows in (20_000, 80_000):
        joy = rng.normal(size=(rows, 1))
        frame = pd.DataFrame(joy + rng.normal(size=(rows, 6)), columns=list("abcdef"))
        frame["branch"] = rng.integers(0, 50, rows)
        file = tmp_path / f"{rows}.parquet"
        pq.write_table(pa.Table.from_pandas(frame), file, row_group_size=4096)
        tracemalloc.start()
        fit("joy =~ a + b + c + d + e + f", ds.dataset(file), estimator="MLR", cluster="branch")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]  # four times the rows


def test_a_table_that_changes_between_two_readings_is_refused(answers, tmp_path, monkeypatch):
    path = source_of(answers, tmp_path, 2)
    real, calls = pieces.Reader.pieces, []

    def shrinking(self):
        calls.append(1)
        found = list(real(self))
        yield from found if len(calls) == 1 else found[1:]

    monkeypatch.setattr(pieces.Reader, "pieces", shrinking)
    with pytest.raises(DataError, match="changed between two readings"):
        assert fit(MODEL, path, estimator="MLM").vcov is None


@pytest.mark.parametrize("options", [{"estimator": "MLM"}, {"estimator": "MLR", "missing": "fiml"}], ids=str)
def test_other_answers_of_as_many_rows_are_refused_too(answers, tmp_path, options, monkeypatch):
    path = source_of(answers, tmp_path, 2)
    real, calls = pieces.Reader.pieces, []

    def other(self):
        calls.append(1)
        found = list(real(self))
        yield from found if len(calls) == 1 else [replace(piece, answers=piece.answers[::-1] + 1) for piece in found]

    monkeypatch.setattr(pieces.Reader, "pieces", other)
    with pytest.raises(DataError, match="changed between two readings"):
        assert fit(MODEL, path, **options).vcov is None
    monkeypatch.setattr(pieces.Reader, "pieces", lambda self: iter([*real(self)][::-1]))
    assert fit(MODEL, path, **options).vcov is not None  # in another order they are the same


def test_the_cost_of_a_pattern_for_every_row_is_said_first(tmp_path, monkeypatch):
    rng = np.random.default_rng(2)
    values = rng.normal(size=(3000, 1)) + rng.normal(size=(3000, 14))
    values[rng.random(values.shape) < 0.5] = np.nan
    frame = pd.DataFrame(values, columns=[f"x{k}" for k in range(14)])
    frame.to_parquet(tmp_path / "gaps.parquet")
    model = "joy =~ " + " + ".join(frame.columns)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        results = fit(model, tmp_path, missing="fiml")
    texts = [str(warning.message) for warning in heard]
    assert texts[0] in results.problems
    assert sorted(texts) == sorted(results.problems)  # each once
    assert {(warning.category, warning.filename) for warning in heard} == {(FitWarning, __file__)}
    assert texts[0].endswith("or a random part of the rows")
    in_memory = results_of(Model(model), frame, options_of(Fitting(missing="fiml"), None, (), ()))
    assert in_memory.problems == results.problems

    def expensive(*arguments):
        raise MemoryError

    monkeypatch.setattr(sys.modules["sexresearch.sem.fit"], "estimate", expensive)
    with pytest.warns(FitWarning, match="patterns of missing answers in 3000 rows"), pytest.raises(MemoryError):
        fit(model, tmp_path, missing="fiml")


def test_sums_that_are_no_smaller_than_rows_are_said_before_rows_are_read(answers, tmp_path, monkeypatch):
    for ordered, module in ((False, totals), (True, streamed_categories)):
        monkeypatch.setattr(module, "LARGEST", 10_000)
        data = answers if not ordered else answers.assign(**{name: (answers[name] > 0) * 1.0 for name in "bcdef"})
        data = data.assign(a=(answers["a"] > 30) * 1.0) if ordered else data
        path = source_of(data.assign(branch=range(N)), tmp_path, 5)
        with pytest.warns(UserWarning, match=r"clusters .* would take more than 1 GB, so that every row .* is read"):
            found = fit(MODEL, path, cluster="branch", ordered=ordered)
        assert found.fitted.samples[0].answers is not None


def test_what_is_wrong_is_said_with_rows_and_column(answers, tmp_path):
    for column, value, words in (
        ("w", -1.0, "negative in 1 rows"),
        ("a", np.inf, "'a' has infinite values"),
        ("branch", 7, "holds a single cluster"),
        ("brand", "no", "holds a single group"),
    ):
        frame = answers.dropna().copy()
        if column in ("w", "a"):
            frame.loc[frame.index[3], column] = value
        else:
            frame[column] = value
        frame.to_parquet(tmp_path / "one.parquet")
        own = {"sampling_weights": "w"} if column == "w" else {"cluster": "branch"} if column == "branch" else {}
        own |= {"group": "brand"} if column == "brand" else {}
        with pytest.raises(DataError, match=words):
            fit(MODEL, tmp_path, **own)
    pq.write_table(pa.Table.from_pandas(answers.assign(a=None)), tmp_path / "one.parquet")
    with pytest.raises(DataError, match="'a' has no answers at all"):
        fit(MODEL, tmp_path)
