"""Structural after measurement against lavaan's sam(); what it leaves as it is, and what it cannot fit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import OptionError

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
REFERENCE = Path(__file__).resolve().parent.parent / "reference"
VALUES = pd.read_csv(REFERENCE / "sam.csv", keep_default_na=False)
ESTIMATES, ERRORS = 1e-5, 1e-4  # lavaan's stopping error; the same carried into the errors
GAPS = 1e-4  # where lavaan's EM algorithm for the moments of answers with gaps ends
ITEMS = "quality =~ qua1 + qua2 + qua3; joy =~ del1 + del2 + del3; loyal =~ loy1 + loy2 + loy3;"
MODELS = {
    "chain": ITEMS + "joy ~ quality; loyal ~ joy + quality",
    "restricted": ITEMS + "joy ~ quality; loyal ~ joy",
    "residuals": "quality =~ qua1 + qua2 + qua3 + val1 + val2; val1 ~~ val2; joy =~ del1 + del2 + del3; joy ~ quality",
    "observed": ITEMS + "joy ~ quality; loyal ~ joy + sat1; sat2 ~ loyal",
}
WAYS = {
    **{name: (name, {}) for name in MODELS},
    "means": ("chain", {"meanstructure": True}),
    "gaps": ("chain", {"missing": "fiml"}),
    "groups": ("chain", {"group": "half"}),
}


def chain() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "chain.csv")


def with_halves(gaps: bool = False) -> pd.DataFrame:
    data = chain().assign(half=["odd", "even"] * 200)
    if gaps:
        data.loc[::7, "del2"], data.loc[::5, "qua2"] = np.nan, np.nan
    return data


@pytest.mark.parametrize("name", WAYS)
def test_estimates_and_errors_equal_those_of_lavaan(name):
    text, options = WAYS[name]
    rows = sx.fit(MODELS[text], with_halves(name == "gaps"), method="sam", **options).parameters
    rows = rows.assign(group=rows["group"].fillna(""))
    both = VALUES[VALUES["model"] == name].merge(rows, on=["lhs", "op", "rhs", "group"], suffixes=("_lavaan", ""))
    assert len(both) == (VALUES["model"] == name).sum()
    np.testing.assert_allclose(both["est"], both["est_lavaan"], rtol=GAPS if name == "gaps" else ESTIMATES)
    np.testing.assert_allclose(both["se"], both["se_lavaan"], rtol=ERRORS)


def test_the_measurement_is_that_of_each_block_alone():
    together = sx.fit(MODELS["chain"], chain(), method="sam").parameters
    alone = sx.fit("joy =~ del1 + del2 + del3", chain()).parameters
    own = together[(together["op"] == "=~") & (together["lhs"] == "joy")]
    wanted = alone[alone["op"] == "=~"]
    np.testing.assert_allclose(own[["est", "se"]], wanted[["est", "se"]], rtol=1e-6)


def test_moments_give_what_the_answers_give():
    names = [f"{stem}{i}" for stem in ("qua", "del", "loy") for i in (1, 2, 3)]
    data = chain()[names]
    one = sx.fit(MODELS["chain"], data, method="sam").parameters
    other = sx.fit(MODELS["chain"], moments=sx.Moments(data.cov(), len(data)), method="sam").parameters
    np.testing.assert_allclose(one[["est", "se"]], other[["est", "se"]], rtol=1e-6)


def test_constructs_of_two_items_are_measured_together_and_effects_follow():
    survey = sx.datasets.load("service_excellence_world")
    model = sx.chain_model(survey.instrument, "full", higher_order="composite")
    two, joint = (sx.fit(model, survey, method=method) for method in ("sam", "joint"))
    assert two.converged
    one, other = (sx.effects(r, "culture", "loyalty").query("effect == 'total'").iloc[0] for r in (two, joint))
    assert one["std_all"] == pytest.approx(other["std_all"], abs=other["se"])
    assert one["se"] == pytest.approx(other["se"], rel=0.1)


def test_errors_hold_what_repeated_samples_show():
    text, estimates, errors = MODELS["restricted"], [], []
    truth = (
        "quality =~ 1*qua1 + .8*qua2 + .7*qua3; joy =~ 1*del1 + .9*del2 + .8*del3; loyal =~ 1*loy1 + .9*loy2 + .8*loy3"
    )
    truth += "; joy ~ .5*quality; loyal ~ .6*joy"
    for seed in range(60):
        rows = sx.fit(text, sx.simulate(truth, 200, seed=seed), method="sam").parameters.query("op == '~'")
        estimates.append(rows["est"].to_numpy())
        errors.append(rows["se"].to_numpy())
    np.testing.assert_allclose(np.mean(errors, axis=0), np.std(estimates, axis=0, ddof=1), rtol=0.3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"estimator": "MLR"}, "found estimator 'MLR'"),
        ({"std_lv": True}, "needs markers"),
        ({"group": "brand", "group_equal": ["loadings"]}, "groups share parameters"),
        ({"cluster": "brand"}, "it has no clusters"),
        ({"sampling_weights": "sat1"}, "it has no sampling weights"),
        ({"se": "robust_sem"}, "found se='robust_sem'"),
        ({"estimator": "GLS"}, "found estimator 'GLS'"),
        ({"missing": "fiml", "auxiliary": ["sat1"]}, "no auxiliary variables"),
        ({"bounds": "pos_var"}, "no constraints"),
        ({"ordered": ["qua1"]}, "no ordered variables"),
        ({"engine": "semopy"}, "engine='native'; found engine 'semopy'"),
        ({"method": "two_step"}, "method 'two_step' is not known"),
    ],
)
def test_what_it_cannot_fit_is_said(options, said):
    data = chain().assign(brand=["a", "b"] * 200)
    data["qua1"] = data["qua1"].round().clip(4, 7) if "ordered" in options else data["qua1"]
    with pytest.raises(OptionError, match=said):
        sx.fit(MODELS["chain"], data, **({"method": "sam"} | options))


@pytest.mark.parametrize("text", ["y ~ x", ITEMS + "joy ~ quality; loyal ~ qua1"])
def test_models_without_two_steps_are_refused(text):
    data = chain().assign(x=chain()["sat1"], y=chain()["sat2"])
    with pytest.raises(OptionError, match="method='sam'"):
        sx.fit(text, data, method="sam")
