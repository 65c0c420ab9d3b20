"""One model for every branch: the numbers of single fits, reasons where there are none, and partial pooling."""

import numpy as np
import pandas as pd
import pytest

from sexresearch.errors import DataError, ModelError, OptionError
from sexresearch.sem import Fitting, fit, fit_many
from sexresearch.sem.partial_pooling import partly_pooled

MODEL = "joy =~ a + b + c\nstay =~ d + e + f\nstay ~ s*joy"
CLOSE = 2e-5  # in standard errors: both stop at a Newton decrement of 1e-12


def answers(branches: int, size: int, seed: int = 1, spread: float = 0.2) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    slopes = 0.5 + spread * rng.normal(size=branches)
    branch = np.repeat(np.arange(branches), size)
    joy, shock = rng.normal(size=(2, len(branch)))
    stay = slopes[branch] * joy + shock
    frame = pd.DataFrame({x: (joy if x in "abc" else stay) + rng.normal(size=len(branch)) for x in "abcdef"})
    return frame.assign(branch=branch), slopes


@pytest.mark.parametrize("model", [MODEL, MODEL + " + x", MODEL + "\na ~ 1"])
def test_every_branch_has_the_numbers_of_its_own_fit(model):
    frame, _ = answers(12, 150)
    frame["x"] = np.random.default_rng(2).normal(size=len(frame)) + frame["d"]
    found = fit_many(model, frame, by="branch", effects=["s"]).set_index("branch")
    for branch, rows in frame.groupby("branch"):
        own = fit(model, rows)
        row = own.parameters.query("label == 's'").iloc[0]
        assert abs(found.loc[branch, "est"] - row["est"]) < CLOSE * row["se"]
        assert found.loc[branch, "se"] == pytest.approx(row["se"], rel=1e-4)
        for name in ("chisq", "rmsea", "cfi", "srmr"):
            assert found.loc[branch, name] == pytest.approx(own.fit_measures[name], rel=1e-4, abs=1e-5)
        assert found.loc[branch, "df"] == own.fit_measures["df"]
        assert found.loc[branch, "nobs"] == own.nobs


def test_branches_that_cannot_be_fitted_say_why(tmp_path):
    frame, _ = answers(8, 100)
    frame.loc[frame["branch"] == 2, "a"] = 1.0
    frame = frame[(frame["branch"] != 3) | (frame.index % 100 < 4)].copy()
    frame.loc[frame["branch"] == 4, "b"] = np.nan
    found = fit_many(MODEL, frame, by="branch", effects=["s"]).set_index("branch")
    assert found["converged"].sum() == 5
    assert "does not vary" in found.loc[2, "reason"]
    assert "too few" in found.loc[3, "reason"]
    assert "no complete rows" in found.loc[4, "reason"]
    assert found.loc[[2, 3, 4], "est"].isna().all()
    common = found.loc[[2, 3, 4], "pooled"]
    assert common.max() == common.min()
    assert common.between(0.2, 0.8).all()
    frame.to_parquet(tmp_path / "all.parquet")
    pd.testing.assert_frame_equal(found, fit_many(MODEL, tmp_path, by="branch", effects=["s"]).set_index("branch"))


def test_branches_with_a_negative_variance_say_which():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"branch": np.repeat(np.arange(30), 25), "joy": rng.normal(size=750)})
    for name, loading, spread in (("a", 1.0, 0.1), ("b", 0.5, 1.0), ("c", 0.3, 1.0), ("d", 0.4, 1.0)):
        frame[name] = loading * frame["joy"] + spread * rng.normal(size=750)
    model = "f =~ a + b + c; d ~ f"
    found = fit_many(model, frame, by="branch").set_index("branch")
    said = found[found["converged"]]["reason"]
    alone = {branch: fit(model, frame[frame["branch"] == branch]).inadmissible for branch in said.index}
    assert {branch for branch, text in said.items() if text} == {
        branch for branch, texts in alone.items() if any(text.startswith("negative variance") for text in texts)
    }
    assert said.str.startswith("negative variance (Heywood case): a ~~ a").any()


@pytest.mark.parametrize("model", ["f =~ a + b", "f =~ NA*a + b + c; d ~ f"])
def test_a_model_that_is_not_identified_is_refused(model):
    frame, _ = answers(8, 60)
    with pytest.raises(ModelError, match=r"moments|identified"):
        fit_many(model, frame, by="branch")


def test_small_branches_are_nearer_to_the_truth_when_pooled():
    frame, slopes = answers(300, 40, seed=3)
    found = fit_many(MODEL, frame, by="branch", effects=["s"])
    kept = found["converged"].to_numpy()
    alone, pooled = ((found[name][kept] - slopes[kept]) ** 2 for name in ("est", "pooled"))
    assert pooled.mean() < 0.75 * alone.mean()
    inside = np.abs(found["pooled"] - slopes)[kept] < 1.96 * found["pooled_se"][kept]
    assert 0.92 < inside.mean() < 0.98


def test_like_branches_are_pooled_whole_and_few_are_left_alone():
    alike = partly_pooled(np.full(9, 2.0), np.full(9, 0.5))
    assert alike.variance == 0.0
    assert np.allclose(alike.shares, 6 / 8)
    few = partly_pooled(np.array([0.0, 5.0, np.nan]), np.ones(3))
    assert few.estimates[:2].tolist() == [0.0, 5.0]
    assert np.isnan(few.common)


def test_what_fit_many_does_not_take_is_refused():
    frame, _ = answers(5, 50)
    with pytest.raises(OptionError, match="estimator='MLR'"):
        fit_many(MODEL, frame, by="branch", fitting=Fitting(estimator="MLR"))
    with pytest.raises(DataError, match="'town'"):
        fit_many(MODEL, frame, by="town")
    with pytest.raises(DataError, match="'a' holds text"):
        fit_many(MODEL, frame.assign(a="yes"), by="branch")
