"""Two levels from the sums of clusters: the numbers of rows in memory, without a row held."""

import numpy as np
import pandas as pd
import pytest

from sexresearch import reliability
from sexresearch.errors import DataError, OptionError
from sexresearch.sem import bootstrap, compare, fit
from sexresearch.sem.data import observed, pieces, sources

pytestmark = pytest.mark.filterwarnings("ignore")

SAME = 1e-8  # relative: one minimum from sums in another order
MODEL = """level: 1
joy =~ a + b + c
joy ~ x
level: 2
joy =~ a + b + c
joy ~ z"""


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    branch = rng.integers(0, 60, 900)
    z, own = rng.normal(size=(2, 60))
    x = rng.normal(size=900) + 5
    joy = 0.5 * x + rng.normal(size=900) + (0.6 * z + 0.7 * own)[branch]
    items = {name: joy + rng.normal(size=900) + 0.3 * rng.normal(size=60)[branch] for name in "abc"}
    frame = pd.DataFrame(items).assign(x=x, z=z[branch], branch=branch, brand=np.where(branch < 25, "no", "so"))
    frame.loc[rng.random(900) < 0.05, "b"] = np.nan
    weights = np.where(rng.random(900) < 0.1, 0.0, rng.uniform(0.2, 4.0, 900))
    return frame.assign(w=weights, v=1 + branch % 3)


@pytest.fixture
def folder(answers, tmp_path):
    for number, rows in enumerate(np.array_split(np.arange(900), 4)):
        answers.iloc[rows].to_parquet(tmp_path / f"{number}.parquet", row_group_size=90)
    return tmp_path


@pytest.fixture
def no_rows(monkeypatch):
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 100)
    monkeypatch.setattr(observed, "read_columns", _refused)


def _refused(*arguments):
    raise AssertionError("rows were read into memory")


OPTIONS = [
    {},
    {"estimator": "ML", "se": "standard"},
    {"estimator": "MLR"},
    {"group": "brand", "group_equal": ["loadings"]},
    {"fixed_x": False},
]
WEIGHTS = [{}, {"sampling_weights": "w"}, {"cluster_weights": "v"}, {"sampling_weights": "w", "cluster_weights": "v"}]


@pytest.mark.parametrize("weights", WEIGHTS, ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_sums_of_clusters_give_what_rows_give(answers, folder, no_rows, options, weights):
    assert_same(*(fit(MODEL, data, cluster="branch", **options, **weights) for data in (answers, folder)))


def assert_same(whole, parts):
    for one, other in (
        (whole.parameters.select_dtypes("number"), parts.parameters.select_dtypes("number")),
        (whole.fit_measures, parts.fit_measures),
        (whole.vcov, parts.vcov),
        (whole.icc.select_dtypes("number"), parts.icc.select_dtypes("number")),
        tuple(reliability(results).select_dtypes("number") for results in (whole, parts)),
    ):
        assert np.allclose(one, other, rtol=SAME, atol=SAME, equal_nan=True)
    assert (whole.nobs, whole.problems) == (parts.nobs, parts.problems)


@pytest.mark.parametrize("weights", WEIGHTS[1:], ids=str)
def test_every_reader_gives_weighted_clusters_alike(answers, folder, no_rows, weights):
    duckdb, polars = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    files, whole = f"{folder}/*.parquet", fit(MODEL, answers, cluster="branch", group="brand", **weights)
    with duckdb.connect() as base:
        for source in (base.read_parquet(files), polars.scan_parquet(files), str(folder)):
            assert_same(whole, fit(MODEL, source, cluster="branch", group="brand", **weights))


def test_weights_of_a_dask_table(answers, no_rows):
    table = pytest.importorskip("dask.dataframe").from_pandas(answers, npartitions=5)
    assert_same(*(fit(MODEL, data, cluster="branch", **WEIGHTS[3]) for data in (answers, table)))


@pytest.mark.parametrize("rows", [1, 7, 60, 400, 5000])
def test_weights_in_pieces_of_any_size(answers, folder, no_rows, monkeypatch, rows):
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", rows)
    monkeypatch.setattr(pieces, "FOR_SQUARES", 1)
    monkeypatch.setattr(pieces, "ROWS_OF_A_CLUSTER", 0)  # so that pieces are added up as they are read
    assert_same(*(fit(MODEL, data, cluster="branch", **WEIGHTS[3]) for data in (answers, folder)))


CHANGES = {
    "one weight in each cluster": (lambda f: f.assign(w=1.0 + f["branch"] % 4), "they change nothing"),
    "few rows count": (lambda f: f.assign(w=np.where(f["branch"].duplicated(), 1.0, 100.0)), "so uneven that"),
    "few clusters count": (lambda f: f.assign(v=np.where(f["branch"] % 20 == 0, 50, 1)), "so uneven that"),
    "weights of rows that are dropped": (lambda f: f.assign(w=f["w"].where(f["b"].notna(), -1.0)), "dropped"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_noticed_of_weights_is_noticed_of_sums(answers, tmp_path, no_rows, change):
    changed, words = CHANGES[change]
    frame = changed(answers)
    frame.to_parquet(tmp_path / "answers.parquet", row_group_size=90)
    whole, parts = (fit(MODEL, data, cluster="branch", **WEIGHTS[3]) for data in (frame, tmp_path))
    assert any(words in problem for problem in parts.problems)
    assert_same(whole, parts)


WRONG = {
    "all of a cluster 0": lambda f: f.assign(w=f["w"].where(f["branch"] != 30, 0.0)),
    "all 0": lambda f: f.assign(w=0.0),
    "missing": lambda f: f.assign(w=f["w"].where(f.index % 50 > 0)),
    "negative": lambda f: f.assign(w=f["w"].where(f.index % 50 > 0, -1.0)),
    "infinite": lambda f: f.assign(w=f["w"].where(f.index % 50 > 0, np.inf)),
    "one row": lambda f: f.assign(w=(f.index == 5) * 1e9 + 1.0, branch=np.where(f.index < 600, 0, f["branch"] + 1)),
    "clusters vary": lambda f: f.assign(v=f["w"] + 1),
    "a cluster of 0": lambda f: f.assign(v=f["v"].where(f["branch"] > 3, 0)),
    "clusters missing": lambda f: f.assign(v=f["v"].where(f["branch"] > 3)),
    "clusters negative": lambda f: f.assign(v=-f["v"]),
    "one cluster": lambda f: f.assign(v=f["v"].where(f["branch"] != 3, 1e9)),
    "text": lambda f: f.assign(w="much"),
    "text of clusters": lambda f: f.assign(v="much"),
}


@pytest.mark.parametrize("change", WRONG)
def test_weights_that_cannot_be_used_are_refused_in_the_same_words(answers, tmp_path, no_rows, change):
    frame, words = WRONG[change](answers).drop(columns="brand"), []
    frame = frame.assign(brand=np.where(frame["branch"] < 25, "no", "so"))
    frame.to_parquet(tmp_path / "answers.parquet", row_group_size=90)
    for data in (frame, tmp_path):
        with pytest.raises(DataError) as refused:
            fit(MODEL, data, cluster="branch", group="brand", **WEIGHTS[3])
        words.append(str(refused.value))
    assert words[0] == words[1]


@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_weights_whose_squares_are_no_numbers_are_scaled_as_others(answers, tmp_path, no_rows, scale):
    file = tmp_path / "answers.parquet"
    answers.assign(w=answers["w"] * scale).to_parquet(file)
    whole, parts = (fit(MODEL, data, cluster="branch", **WEIGHTS[3]) for data in (answers, file))
    assert_same(whole, parts)
    whole, parts = (fit("joy =~ a + b + c + x", data, sampling_weights="w") for data in (answers, file))
    assert np.allclose(whole.fit_measures, parts.fit_measures, rtol=SAME, equal_nan=True)
    assert whole.problems == parts.problems


def test_gaps_beside_weights_take_the_rows(answers, folder):
    options = {"cluster": "branch", "missing": "fiml", **WEIGHTS[3]}
    whole, parts = (fit(MODEL, data, **options) for data in (answers, folder))
    assert np.allclose(whole.fit_measures, parts.fit_measures, rtol=SAME, equal_nan=True)
    assert any("every row of the columns in use is read into memory" in text for text in parts.problems)


@pytest.mark.parametrize("seed", range(3))
def test_neither_order_nor_partition_matters(answers, tmp_path, no_rows, seed, monkeypatch):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", int(rng.integers(1, 300)))
    mixed = answers.iloc[rng.permutation(900)].reset_index(drop=True)
    for number, rows in enumerate(np.split(np.arange(900), np.sort(rng.choice(np.arange(1, 900), 4, replace=False)))):
        mixed.iloc[rows].to_parquet(tmp_path / f"{number}.parquet", row_group_size=int(rng.integers(20, 200)))
    for weights in WEIGHTS:
        assert_same(*(fit(MODEL, d, cluster="branch", estimator="MLR", **weights) for d in (mixed, tmp_path)))


def test_clusters_of_a_single_row_are_noticed(answers, tmp_path, no_rows):
    frame = answers.copy()
    frame.loc[[3, 7], "branch"] = [100, 101]
    frame.loc[[3, 7], "b"] = 5.0
    frame.to_parquet(tmp_path / "answers.parquet", row_group_size=90)
    whole, parts = (fit(MODEL, data, cluster="branch") for data in (frame, tmp_path))
    assert any("hold a single row" in problem for problem in whole.problems)
    assert parts.problems == whole.problems


def test_nested_models_of_a_source_are_compared(answers, folder, no_rows):
    free, tied = MODEL, MODEL.replace("joy ~ z", "joy ~ 0*z")
    tables = [compare(*(fit(text, data, cluster="branch") for text in (free, tied))) for data in (answers, folder)]
    pd.testing.assert_frame_equal(*tables, rtol=1e-6)


def test_variables_at_the_wrong_level_are_named(answers, folder, no_rows):
    with pytest.raises(DataError, match=r"'x' \(in 60 clusters\)"):
        fit(MODEL.replace("joy ~ x\n", "").replace("joy ~ z", "joy ~ x"), folder, cluster="branch")
    with pytest.raises(DataError, match="'z'; name them at level 2 alone"):
        fit(MODEL.replace("\njoy ~ z", "").replace("joy ~ x", "joy ~ z"), folder, cluster="branch")
    for number, rows in enumerate(np.array_split(np.arange(900), 4)):
        answers.iloc[rows].assign(half=rows % 2).to_parquet(folder / f"{number}.parquet")
    with pytest.raises(DataError, match="cuts through"):
        fit(MODEL, folder, cluster="branch", group="half")


def test_rows_are_not_drawn_from_sums(folder, no_rows):
    with pytest.raises(OptionError, match="rows of a source were added up"):
        bootstrap(fit(MODEL, folder, cluster="branch"), 10)
