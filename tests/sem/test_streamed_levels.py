"""Two levels from the sums of clusters: the numbers of rows in memory, without a row held."""

import numpy as np
import pandas as pd
import pytest

from sexresearch.errors import DataError, OptionError
from sexresearch.sem import bootstrap, compare, fit
from sexresearch.sem.data import observed, sources

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
    return frame


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


OPTIONS = [{}, {"estimator": "MLR"}, {"group": "brand", "group_equal": ["loadings"]}, {"fixed_x": False}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_sums_of_clusters_give_what_rows_give(answers, folder, no_rows, options):
    whole, parts = (fit(MODEL, data, cluster="branch", **options) for data in (answers, folder))
    for one, other in (
        (whole.parameters.select_dtypes("number"), parts.parameters.select_dtypes("number")),
        (whole.fit_measures, parts.fit_measures),
        (whole.vcov, parts.vcov),
        (whole.icc.select_dtypes("number"), parts.icc.select_dtypes("number")),
    ):
        assert np.allclose(one, other, rtol=SAME, atol=SAME, equal_nan=True)
    assert (whole.nobs, whole.problems) == (parts.nobs, parts.problems)


@pytest.mark.parametrize("seed", range(3))
def test_neither_order_nor_partition_matters(answers, tmp_path, no_rows, seed, monkeypatch):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", int(rng.integers(1, 300)))
    mixed = answers.iloc[rng.permutation(900)].reset_index(drop=True)
    for number, rows in enumerate(np.split(np.arange(900), np.sort(rng.choice(np.arange(1, 900), 4, replace=False)))):
        mixed.iloc[rows].to_parquet(tmp_path / f"{number}.parquet", row_group_size=int(rng.integers(20, 200)))
    whole, parts = (fit(MODEL, data, cluster="branch", estimator="MLR") for data in (mixed, tmp_path))
    for one, other in ((whole.fit_measures, parts.fit_measures), (whole.vcov, parts.vcov)):
        assert np.allclose(one, other, rtol=SAME, atol=SAME, equal_nan=True)


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
