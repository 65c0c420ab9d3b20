"""What is asked of a fit later, or of several fits: the same from a source that was added up as from memory."""

import numpy as np
import pandas as pd
import pytest
from sem_samples import branch_answers

import sexresearch as sx
from sexresearch.sem.data import observed, pieces, sources

pytestmark = pytest.mark.filterwarnings("ignore")

SAME = 1e-8  # relative: sums over pieces in another order
ROUGH = 1e-6  # relative: a search that ends when it changes by less than this decides in either
MODEL = "joy =~ a + b + c\nstay =~ d + e + f\nstay ~ joy"
N = 900
OPTIONS = [
    {},
    {"cluster": "branch"},
    {"estimator": "MLM"},
    {"sampling_weights": "w", "cluster": "branch"},
    {"missing": "fiml", "estimator": "MLR"},
    {"group": "brand", "cluster": "branch"},
    {"ordered": True, "cluster": "branch"},
    {"ordered": True, "group": "brand"},
]
QUESTIONS = {
    "reliability": sx.reliability,
    "validity": sx.validity,
    "htmt": sx.htmt,
    "effects": lambda fitted: sx.effects(fitted, "joy", "stay"),
    "importance": lambda fitted: sx.importance(fitted, "stay", scale=(1, 5)),
    "modification indices": lambda fitted: fitted.modification_indices(sort=False),  # some are equal
    "residuals": lambda fitted: fitted.residual_table("normalized"),
    "standardized": lambda fitted: fitted.parameters,
}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return branch_answers(N).astype(dict.fromkeys("abcdef", "int8"))


@pytest.fixture
def path(answers, tmp_path, monkeypatch) -> str:
    answers.sample(frac=1, random_state=2).to_parquet(tmp_path / "answers.parquet", row_group_size=100)
    monkeypatch.setattr(pieces, "AT_ONCE", 2000)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 150)
    monkeypatch.setattr(observed, "read_columns", _refused)
    return str(tmp_path)


def _refused(*arguments):
    raise AssertionError("rows were read into memory")


def assert_same(one: pd.DataFrame, other: pd.DataFrame, within: float = SAME) -> None:
    assert one.shape == other.shape
    numbers = [frame.select_dtypes("number").to_numpy(dtype=float) for frame in (one, other)]
    assert np.allclose(*numbers, rtol=within, atol=within, equal_nan=True)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_later_questions_are_answered_as_from_memory(answers, path, options):
    shuffled = answers.sample(frac=1, random_state=2)
    whole, parts = (sx.fit(MODEL, data, **options) for data in (shuffled, path))
    for question in QUESTIONS.values():
        assert_same(question(whole), question(parts))


@pytest.mark.parametrize("options", [{"cluster": "branch"}, {"ordered": True}], ids=str)
def test_invariance_is_that_of_memory(answers, options, tmp_path):
    answers.to_parquet(tmp_path / "answers.parquet")
    tables = [sx.invariance(MODEL, data, group="brand", fitting=sx.Fitting(**options)) for data in (answers, tmp_path)]
    assert_same(*tables, ROUGH)
