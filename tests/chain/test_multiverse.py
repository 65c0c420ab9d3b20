"""One effect under many specifications: equal to fits of their own, all counted, the same however work is shared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample, with_gaps

import sexresearch as sx
from sexresearch.chain.robustness import universe
from sexresearch.errors import DataError, ModelError, OptionError

REFERENCE = Path(__file__).parents[1] / "reference"
LAVAANS_STOP = 2e-5  # lavaan ends its search earlier than we do; errors of FIML there come from finite differences
CHAIN_OF_THREE = """
    quality =~ qua1 + qua2 + qua3
    joy     =~ del1 + del2 + del3
    loyal   =~ loy1 + loy2 + loy3
    joy ~ quality
    loyal ~ joy + quality
"""


def answers(n: int = 300, effect: float = 0.6) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    joy = rng.normal(size=(n, 1))
    bond = effect * joy + rng.normal(size=(n, 1))
    parts = [pd.DataFrame(own + rng.normal(size=(n, 3))).add_prefix(name) for name, own in (("j", joy), ("b", bond))]
    return pd.concat(parts, axis=1)


TWO = "joy =~ j0 + j1 + j2; bond =~ b0 + b1 + b2; bond ~ joy"


def test_every_specification_equals_lavaans_fit_of_its_own():
    rows = pd.read_csv(REFERENCE / "multiverse.csv", keep_default_na=False)
    data = pd.read_csv(REFERENCE / "data" / "chain.csv")
    data.loc[::7, "qua2"] = np.nan
    data.loc[2::9, "del3"] = np.nan
    found = sx.multiverse(data, CHAIN_OF_THREE, estimators=["ML", "MLR", "MLM"], missing=["listwise", "fiml"])
    keys = ["estimator", "missing_answers", "left_out"]
    ours = found.specifications.assign(left_out=found.specifications["left_out"].str.replace(", ", " "))
    both = rows.rename(columns={"missing": "missing_answers"}).merge(ours, on=keys, suffixes=("_lavaan", ""))
    assert len(both) == len(rows) == 20
    assert found.n == 64 * 5  # MLM does not go with filled gaps
    for name in ("est", "se", "n"):
        np.testing.assert_allclose(both[name], both[f"{name}_lavaan"], rtol=LAVAANS_STOP, err_msg=name)


FITTINGS = [sx.Fitting(std_lv=True), sx.Fitting(cluster="branch"), sx.Fitting(meanstructure=True)]
FITTINGS += [sx.Fitting(sampling_weights="weight"), sx.Fitting(estimator="GLS")]


@pytest.mark.parametrize("fitting", FITTINGS)
def test_quick_and_careful_fits_agree(fitting):
    data = chain_sample()
    found = sx.multiverse(data, CHAIN, fitting=fitting, at_most=12).specifications
    for row in found.iloc[[0, 5, 11]].to_dict("records"):
        gone = [name for name in row["left_out"].split(", ") if name]
        model = universe.without_items(sx.Model(CHAIN), gone)
        alone = universe.whole_model(model, data, fitting, "listwise", [row["estimator"]])
        effect = universe.read_effect(alone.fits[row["estimator"]], "quality", "loyal")
        assert effect.est == pytest.approx(row["est"], rel=1e-6)
        assert effect.se == pytest.approx(row["se"], rel=1e-5)


def test_covariates_screenings_views_and_explicit_items_are_choices_too():
    data = chain_sample()
    found = sx.multiverse(
        data, CHAIN, "quality", "loyal",
        items={"joy": [["j1", "j2"], ["j1", "j2", "j3"]]}, estimators=["MLR"], covariates=["age", "member"],
        screening={"all": None, "first hundred out": range(100), "mask": data["age"] > 1},
        views={"no direct path": CHAIN.replace("+ c*quality", "").replace("indirect := a*b", "")},
    )  # fmt: skip
    frame = found.specifications
    assert found.n == found.possible == len(frame) == 2 * 3 * 4 * 2
    assert set(frame["covariates"]) == {"", "age", "member", "age, member"}
    assert frame.loc[frame["screening"] == "first hundred out", "n"].eq(300).all()
    assert frame["converged"].all()
    assert found.share_same_sign == 1.0
    assert "Robust" in found.sentence


def test_the_same_numbers_however_many_work():
    data = with_gaps(chain_sample(), ["q1", "j2"])
    one, two = (sx.multiverse(data, CHAIN, at_most=30, workers=k, null=19, seed=3) for k in (1, 2))
    assert one == two
    assert one.n == 30 < one.possible
    assert one.specifications.loc[0, ["left_out", "estimator"]].tolist() == ["", "ML"]
    assert not one.specifications[["missing_answers", "estimator", "left_out"]].duplicated().any()


def test_a_curve_without_effect_is_one_of_many_and_one_with_effect_is_not():
    none = sx.multiverse(answers(effect=0.0), TWO, items="all", null=99).null.set_index("statistic")
    some = sx.multiverse(answers(), TWO, null=39).null.set_index("statistic")
    assert none.loc["median", "pvalue"] > 0.05
    assert some.loc["median", "pvalue"] == some.loc["mean z", "pvalue"] == 1 / 40
    assert sx.multiverse(answers(), TWO, at_most=4).null.empty
    few = sx.multiverse(answers(), TWO, at_most=4, null=5).null
    assert few["pvalue"].isna().all()
    assert few["note"].str.contains("too few").all()


def test_what_does_not_converge_is_counted_and_shown():
    rng = np.random.default_rng(2)
    noise = pd.DataFrame(rng.normal(size=(40, 6)), columns=answers().columns)
    found = sx.multiverse(noise, TWO, items={"joy": [["j0", "j1"], ["j1", "j2"]]}, estimators=["ML"], at_most=8)
    lost = found.specifications[~found.specifications["converged"]]
    assert found.n == len(found.specifications) == 3
    assert (lost["reason"] != "").all()
    assert (lost["decision"] == "").all()
    assert found.n_converged == 3 - len(lost)
    assert found.share_same_sign <= found.n_converged / 3


def test_one_specification_is_a_multiverse_of_one():
    found = sx.multiverse(answers(), TWO, items="all", estimators=["ML"])
    assert (found.n, found.possible, found.share_same_decision) == (1, 1, 1.0)


def test_ordered_items_are_fitted_as_such():
    data = answers().apply(lambda own: pd.cut(own, [-9, -0.8, 0.4, 9], labels=False))
    found = sx.multiverse(data, TWO, items={"joy": [["j0", "j1"]]}, estimators=["MLR", "WLSMV"])
    est = found.specifications.set_index(["estimator", "left_out"])["est"]
    assert found.n == 4
    assert found.specifications["converged"].all()
    assert est["WLSMV", ""] == pytest.approx(est["MLR", ""], abs=0.1)


@pytest.mark.parametrize(("options", "error", "words"), [
    ({"items": "best"}, OptionError, "allowed: all, drop_one, drop_weakest, drop_two"),
    ({"items": {"joy": [["j0", "nosuch"]]}}, OptionError, "'nosuch' do not measure 'joy'; its items are j0, j1, j2"),
    ({"items": {"joy": [[]]}}, OptionError, "leaves 'joy' no item: keep at least 2"),
    ({"items": {"joy": [["j1"]]}}, OptionError, "one item, whose error nothing tells"),
    ({"items": {"fun": [["j0", "j1"]]}}, OptionError, "'fun' is no construct with items"),
    ({"estimators": []}, OptionError, "estimators names nothing"),
    ({"estimators": ["nosuch"]}, ModelError, "cannot be fitted in any way"),
    ({"screening": {"none left": range(300)}}, DataError, "leaves no row"),
    ({"screening": {"strange": [999]}}, DataError, "rows that are not in the data"),
    ({"covariates": ["j0"]}, OptionError, "j0 stand in the model already"),
    ({"covariates": ["nosuch"], "at_most": 1}, None, ""),
    ({"source": "bond", "target": "joy"}, ModelError, "no path of arrows leads from bond to joy"),
    ({"source": "fun"}, ModelError, "source 'fun' is not in the model"),
    ({"at_most": 0}, OptionError, "at_most must be a whole number of at least 1"),
    ({"workers": 0}, OptionError, "workers"),
])  # fmt: skip
def test_bad_input_is_refused_in_words(options, error, words):
    if error is None:
        assert sx.multiverse(answers(), TWO, **options).n == 1
        return
    with pytest.raises(error, match=words):
        sx.multiverse(answers(), TWO, **options)


def test_one_construct_has_no_effect_to_look_at():
    with pytest.raises(ModelError, match="no effect to look at"):
        sx.multiverse(answers(), "joy =~ j0 + j1 + j2")


def test_a_survey_is_fitted_with_and_without_those_whom_screening_finds():
    survey = sx.datasets.load("service_excellence_demo")
    model = "joy =~ val1 + val2 + val3; stay =~ remain + recommend + repurchase; stay ~ joy"
    found = sx.multiverse(survey, model, estimators=["MLR"], missing=["listwise"])
    n = found.specifications.groupby("screening")["n"].max()
    assert n["screened"] < n["everyone"]
    assert found.share_same_decision == 1.0
