"""The same model by factors, composites and sums: their agreement, and a word on why they differ."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample, with_gaps

import sexresearch as sx
from sexresearch.errors import ModelError, OptionError

pytest.importorskip("seminr")
sm = pytest.importorskip("statsmodels.api")


@pytest.fixture(scope="module")
def found() -> sx.Concordance:
    return sx.concordance(chain_sample(), CHAIN)


def test_four_approaches_to_every_path(found):
    assert found.paths["approach"].tolist() == ["sem", "plsc", "pls", "sum_scores"] * 3
    assert found.paths["decision"].eq("positive").all()
    assert found.agreement["same_decision"].all()
    assert found.verdict.outcome == "holds"
    assert "quality by all" in found.sentence


def test_sums_are_those_of_statsmodels(found):
    data = chain_sample()
    sums = {name: data[[f"{name[0]}{k}" for k in (1, 2, 3)]].mean(axis=1) for name in ("quality", "joy", "loyal")}
    z = pd.DataFrame({name: (own - own.mean()) / own.std(ddof=0) for name, own in sums.items()})
    fitted = sm.OLS(z["loyal"], sm.add_constant(z[["joy", "quality"]])).fit(cov_type="HC3")
    own = found.paths[(found.paths["approach"] == "sum_scores") & (found.paths["effect"] == "loyal")].set_index("cause")
    for cause in ("joy", "quality"):
        assert own.loc[cause, "std_all"] == pytest.approx(fitted.params[cause], rel=1e-9)
        assert own.loc[cause, "ci_lower"] == pytest.approx(fitted.conf_int().loc[cause, 0], rel=1e-9)


def test_factors_are_those_of_the_fit_and_attenuation_is_named(found):
    own = sx.fit(CHAIN, chain_sample()).parameters.query("op == '~'").set_index(["rhs", "lhs"])["std_all"]
    seen = found.paths.query("approach == 'sem'").set_index(["cause", "effect"])["std_all"]
    assert seen["quality", "joy"] == pytest.approx(own["quality", "joy"], rel=1e-6)
    row = found.agreement.set_index("cause").loc["quality"].iloc[0]
    assert abs(row["std_expected"] - 0.48) < 0.02  # .58 times the root of both reliabilities
    assert "measurement error takes 0.58 to 0.48" in row["why"]


def test_overlapping_causes_are_named():
    rng = np.random.default_rng(4)
    a = rng.normal(size=(400, 1))
    b = a + 0.25 * rng.normal(size=(400, 1))
    out = 0.9 * a - 0.2 * b + 0.6 * rng.normal(size=(400, 1))
    parts = [own + 0.5 * rng.normal(size=(400, 3)) for own in (a, b, out)]
    data = pd.DataFrame(np.hstack(parts), columns=[f"{n}{k}" for n in "abo" for k in (1, 2, 3)])
    text = "; ".join(f"{n.upper()} =~ {n}1 + {n}2 + {n}3" for n in "abo") + "; O ~ A + B"
    assert sx.concordance(data, text).agreement["why"].str.contains("causes overlap").all()


def test_without_seminr_its_rows_are_missing_and_the_rest_stands(monkeypatch):
    monkeypatch.setitem(sys.modules, "seminr", None)
    rows = sx.concordance(chain_sample(), CHAIN).paths.set_index("approach")
    assert rows.loc[["plsc", "pls"], "std_all"].isna().all()
    assert rows.loc["pls", "note"].str.contains("seminr is not installed").all()
    assert rows.loc[["sem", "sum_scores"], "std_all"].notna().all()


FITTINGS = [sx.Fitting(missing="fiml"), sx.Fitting(cluster="branch", sampling_weights="weight")]


@pytest.mark.parametrize("fitting", FITTINGS)
def test_gaps_clusters_and_weights_are_heard_by_every_approach(fitting):
    data = with_gaps(chain_sample(), ["q1", "j2"]) if fitting.missing == "fiml" else chain_sample()
    assert sx.concordance(data, CHAIN, fitting=fitting).paths["std_all"].notna().all()


def test_constructs_measured_by_constructs_have_no_plsc_and_a_word_why():
    text = "q =~ q1 + q2 + q3; j =~ j1 + j2 + j3; all =~ q + j; loyal =~ l1 + l2 + l3; loyal ~ all"
    rows = sx.concordance(chain_sample(), text).paths.set_index("approach")
    assert "no consistent form" in rows.loc["plsc", "note"]
    assert rows.loc[["sem", "pls", "sum_scores"], "decision"].eq("positive").all()


def test_formative_constructs_weigh_by_regression():
    found = [sx.concordance(chain_sample(), CHAIN, formative=own).paths for own in ([], ["quality"])]
    one, other = (frame.loc[frame["approach"] == "pls", "std_all"].to_numpy() for frame in found)
    assert (one != other).any()


@pytest.mark.parametrize(("text", "options", "error", "words"), [
    ("quality =~ q1 + q2 + q3", {}, ModelError, "no path from one construct to another"),
    (CHAIN, {"target": "fun"}, ModelError, "target 'fun' is not in the model"),
    (CHAIN, {"formative": ["fun"]}, ModelError, "formative 'fun' is not in the model"),
    (CHAIN, {"level": 2.0}, OptionError, "level must lie between 0 and 1"),
])  # fmt: skip
def test_bad_input_is_refused_in_words(text, options, error, words):
    with pytest.raises(error, match=words):
        sx.concordance(chain_sample(), text, **options)
