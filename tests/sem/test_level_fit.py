"""Fit of each level by itself, against partially saturated models of lavaan: tests/reference/levels/level_fit.R."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import OptionError

FOLDER = Path(__file__).parents[1] / "reference" / "levels"
VALUES = pd.read_csv(FOLDER / "level_fit.csv")
LAVAAN = 2e-3  # absolute, of chi-squares up to several hundred: lavaan's searches stop a little short of their maxima
INDEX = 1e-4  # of indices made of these
SRMR = 1e-3  # lavaan finds the moments without restrictions by EM, which stops sooner still; see also polished values
SIX = "y1 + y2 + y3 + y4 + y5 + y6"
TEXTS = {
    "one_factor": f"level: 1\nfw =~ {SIX}\nlevel: 2\nfb =~ {SIX}",
    "two_factors": (
        "level: 1\nfw =~ y1 + y2 + y3\ngw =~ y4 + y5 + y6\ngw ~ fw\n"
        "level: 2\nfb =~ y1 + y2 + y3\ngb =~ y4 + y5 + y6\ngb ~ fb"
    ),
    "of_clusters": "level: 1\nfw =~ y1 + y2 + y3 + y4\nlevel: 2\nfb =~ y1 + y2 + y3 + y4 + k\nw ~~ w\nfb ~~ w",
    "few": "level: 1\nfw =~ y1 + 1*y2 + 1*y3 + 1*y4\nlevel: 2\nfb =~ y1 + 1*y2 + 1*y3 + 1*y4",
}
pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")


def fitted(name: str, **options) -> sx.Results:
    data = pd.read_csv(FOLDER / f"{VALUES.set_index('case').loc[name, 'data'].iloc[0]}.csv")
    return sx.fit(TEXTS[name], data, cluster="branch", **options)


@pytest.mark.parametrize("name", TEXTS)
def test_tests_and_indices_are_those_of_lavaans_partially_saturated_models(name):
    results = fitted(name)
    clusters = results.rows["branch"].nunique()
    for row, theirs in zip(
        sx.level_fit(results).itertuples(), VALUES[VALUES["case"] == name].itertuples(), strict=True
    ):
        chisq, null = 2 * (theirs.free_logl - theirs.logl), 2 * (theirs.free_logl - theirs.null_logl)
        n = results.nobs - clusters if row.level == 1 else clusters
        assert (row.level, row.n, row.df) == (theirs.level, n, theirs.df)
        assert row.chisq == pytest.approx(chisq, abs=LAVAAN)
        excess = max(chisq - theirs.df, 0.0)
        assert row.rmsea == pytest.approx(np.sqrt(excess / (theirs.df * n)), abs=10 * INDEX)
        assert row.cfi == pytest.approx(1 - excess / max(null - theirs.null_df, excess), abs=INDEX)
        base = null / theirs.null_df
        assert row.tli == pytest.approx((base - chisq / theirs.df) / (base - 1), abs=INDEX)
        assert row.srmr == pytest.approx(theirs.srmr, abs=SRMR)


def test_a_wrong_level_is_told_from_a_right_one():
    right = sx.level_fit(fitted("two_factors")).set_index("level")
    crossed = "level: 1\nfw =~ y1 + y2 + y3 + y4 + y5 + y6\nlevel: 2\nfb =~ y1 + y2 + y3\ngb =~ y4 + y5 + y6\ngb ~ fb"
    mixed = sx.level_fit(sx.fit(crossed, fitted("two_factors").rows, cluster="branch")).set_index("level")
    assert mixed.loc[2, "chisq"] == pytest.approx(right.loc[2, "chisq"], abs=1e-5)
    assert mixed.loc[1, "df"] == right.loc[1, "df"] + 1


@pytest.mark.parametrize("options", [{"estimator": "MLR"}, {"group": "region"}, {"missing": "fiml"}])
def test_levels_are_judged_beside_every_option(options):
    results = fitted("of_clusters", **options)
    frame = sx.level_fit(results)
    assert frame[["chisq", "cfi", "rmsea", "srmr"]].notna().all(axis=None)
    plain = sx.level_fit(fitted("of_clusters"))
    if options == {"missing": "fiml"}:
        assert frame["chisq"].to_numpy() == pytest.approx(plain["chisq"].to_numpy(), abs=1e-5)
    if "group" in options:
        assert (frame["df"] == 2 * plain["df"]).all()
    if "estimator" in options:
        assert (frame["chisq"] != plain["chisq"]).all()


def test_what_ties_both_levels_is_said_and_not_tested():
    text = "level: 1\nf =~ y1 + a*y2 + b*y3 + c*y4\nlevel: 2\ng =~ y1 + a*y2 + d*y3 + e*y4\nd == b"
    frame = sx.level_fit(sx.fit(text, pd.read_csv(FOLDER / "uneven.csv"), cluster="branch"))
    plain = sx.level_fit(
        sx.fit(re.sub(r"\b[a-e]\*|\nd == b", "", text), pd.read_csv(FOLDER / "uneven.csv"), cluster="branch")
    )
    assert frame["chisq"].to_numpy() == pytest.approx(plain["chisq"].to_numpy(), abs=1e-5)
    assert (
        frame["note"] == "1 parameter is shared across levels, which is not tested; 1 constraints are left out"
    ).all()
    one = sx.fit("f =~ y1 + y2 + y3 + y4", pd.read_csv(FOLDER / "uneven.csv"))
    with pytest.raises(OptionError, match="takes models of two levels"):
        sx.level_fit(one)
