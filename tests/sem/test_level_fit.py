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
OPTIONS = pd.read_csv(FOLDER / "level_fit_options.csv")
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
FOUR = "level: 1\nfw =~ y1 + y2 + y3 + y4\nlevel: 2\nfb =~ y1 + y2 + y3 + y4"
ASKED = {"mlr": {"estimator": "MLR"}, "groups": {"group": "region"}, "fiml": {"missing": "fiml"}}
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


def with_gaps(data: pd.DataFrame) -> pd.DataFrame:
    """Every seventh row lacks y2, every eleventh y3, as in level_fit_options.R."""
    row = np.arange(1, len(data) + 1)
    return data.assign(y2=data["y2"].where(row % 7 != 0), y3=data["y3"].where(row % 11 != 0))


@pytest.mark.parametrize("name", ASKED)
def test_scaled_tests_groups_and_gaps_are_those_of_lavaan(name):
    data = pd.read_csv(FOLDER / "uneven.csv")
    results = sx.fit(FOUR, with_gaps(data) if name == "fiml" else data, cluster="branch", **ASKED[name])
    theirs = OPTIONS[OPTIONS["case"] == name]
    groups = 2 if name == "groups" else 1
    for row, lavaans in zip(sx.level_fit(results).itertuples(), theirs.itertuples(), strict=True):
        assert row.df == lavaans.df
        assert row.chisq == pytest.approx(lavaans.chisq, abs=LAVAAN)
        excess, null = max(lavaans.chisq - lavaans.df, 0.0), lavaans.null_chisq - lavaans.null_df
        if not np.isnan(null):  # lavaan's search for unrelated variables with gaps did not converge within
            assert row.cfi == pytest.approx(1 - excess / max(null, excess), abs=INDEX)
        n = len(data) - 60 if row.level == 1 else 60
        assert row.rmsea == pytest.approx(np.sqrt(groups * excess / (lavaans.df * n)), abs=LAVAAN)
        if groups == 1:  # lavaan 0.6-14 weighs groups otherwise
            assert row.srmr == pytest.approx(lavaans.srmr, abs=SRMR)


def test_the_level_within_equal_clusters_is_a_model_of_n_less_j_rows():
    """In equal clusters the test within is that of the pooled covariances from N - J rows, and so is RMSEA."""
    data, items = pd.read_csv(FOLDER / "even.csv"), ["y1", "y2", "y3", "y4"]
    text = "fw =~ y1 + 1*y2 + 1*y3 + 1*y4\nfw ~~ 0.5*fw"
    results = sx.fit(f"level: 1\n{text}\nlevel: 2\nfb =~ y1 + y2 + y3 + y4", data, cluster="branch")
    within = sx.level_fit(results).iloc[0]
    apart = data[items] - data.groupby("branch")[items].transform("mean")
    n = len(data) - data["branch"].nunique()
    pooled = sx.fit(text, moments=sx.Moments(apart.T @ apart / (n - 1), nobs=n)).fit_measures
    assert within["n"] == n
    assert within["chisq"] == pytest.approx(pooled["chisq"], abs=1e-5)
    assert within["rmsea"] == pytest.approx(pooled["rmsea"], abs=1e-6)
    assert within["rmsea"] > 0.05


def test_the_level_between_is_that_of_a_published_example():
    """Pull request 632 of lavaan (2026), Demo.twolevel, 200 clusters: chi-square 6.656 on 4 df; RMSEA's n is J."""
    text = "level: 1\nfw =~ y1 + y2 + y3\nfw ~ x1 + x2 + x3\nlevel: 2\nfb =~ y1 + y2 + y3\nfb ~ w1 + w2"
    between = sx.level_fit(sx.fit(text, pd.read_csv(FOLDER / "demo.csv"), cluster="branch")).iloc[1]
    assert between["chisq"] == pytest.approx(6.656, abs=5e-4)
    assert (between["n"], between["df"]) == (200, 4)
    assert between["rmsea"] == pytest.approx(np.sqrt(2.656 / (4 * 200)), abs=1e-4)


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
