"""Nested models of two levels: chi-square differences, and what is nested in what."""

from pathlib import Path

import pandas as pd
import pytest

import sexresearch as sx

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
ANSWERS = Path(__file__).resolve().parent.parent / "reference" / "levels" / "items.csv"
FREE = "level: 1\n f =~ x1 + a*x2 + b*x3\nlevel: 2\n g =~ x1 + c*x2 + d*x3"
EQUAL = "level: 1\n f =~ x1 + a*x2 + b*x3\nlevel: 2\n g =~ x1 + a*x2 + b*x3"
PURE = EQUAL + "\n x1 ~~ 0*x1\n x2 ~~ 0*x2\n x3 ~~ 0*x3"
TURNED = "level: 1\n f =~ x3 + x2 + x1\nlevel: 2\n g =~ x2 + x1 + x3"
APART = "level: 1\n x1 ~ x2\n x2 ~ x3\nlevel: 2\n g =~ x1 + x2 + x3"
# lavaan 0.6-14's lavTestLRT of FREE and EQUAL, plain and by satorra.bentler.2001
PLAIN, SCALED = 11.317, 13.484
PRINTED = 5e-4  # three decimals
OFF = 0.03  # lavaan's scaling factor rests on moments off by 1e-3


def fits(*models: str, estimator: str = "ML", rows: int | None = None) -> list[sx.Results]:
    answers = pd.read_csv(ANSWERS)[:rows]
    return [sx.fit(model, answers, cluster="branch", estimator=estimator) for model in models]


def test_differences_equal_those_of_lavaan():
    row = sx.compare(*fits(FREE, EQUAL)).iloc[1]
    assert (row["df_diff"], row["relation"], row["method"]) == (2, "nested", "standard")
    assert row["chisq_diff"] == pytest.approx(PLAIN, abs=PRINTED)
    scaled = sx.compare(*fits(FREE, EQUAL, estimator="MLR")).iloc[1]
    assert scaled["method"] == "satorra_bentler_2001"
    assert scaled["chisq_diff"] == pytest.approx(SCALED, abs=OFF)


def test_covariances_between_clusters_may_be_singular():
    assert sx.compare(*fits(EQUAL, PURE))["relation"].iloc[1] == "nested"


def test_equivalent_and_unrelated_models_are_told_apart():
    assert sx.compare(*fits(FREE, TURNED))["relation"].iloc[1] == "equivalent"
    assert sx.compare(*fits(APART, EQUAL))["relation"].iloc[1] == "apart"


def test_models_of_other_rows_are_not_compared():
    (free,), (equal,) = fits(FREE), fits(EQUAL, rows=-3)
    assert "different data" in sx.compare(free, equal)["note"].iloc[1]
    one = sx.fit("f =~ x1 + x2 + x3", pd.read_csv(ANSWERS))
    assert sx.compare(free, one)["relation"].iloc[1] == "incomparable"
