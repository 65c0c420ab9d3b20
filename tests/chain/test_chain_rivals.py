"""Rival views of the chain on the same answers: the table, its tests, equivalent models, and the sentence."""

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.views.chain_model import KINDS, supported
from sexresearch.chain.views.measured import InstrumentUnits
from sexresearch.chain.views.rivals import COLUMNS, criterion_weights, rival_text
from sexresearch.chain.views.view_verdicts import verdict
from sexresearch.errors import DataError, InstrumentError, OptionError

CLOSE = 1e-6  # relative: the same fits twice


@pytest.fixture(scope="module")
def demo():
    return sx.datasets.load("service_excellence_demo")


@pytest.fixture(scope="module")
def world():
    return sx.datasets.load("service_excellence_world")


@pytest.fixture(scope="module")
def rivals(demo):
    return sx.compare_rivals(demo).set_index("model")


def test_one_row_per_kind_in_columns_of_the_glossary(rivals, demo, assert_in_glossary):
    assert_in_glossary(rivals.reset_index())
    assert tuple(rivals.reset_index().columns) == COLUMNS
    assert set(rivals.index) == set(supported(InstrumentUnits(demo.instrument))) == set(KINDS)


def test_the_true_view_wins_and_the_weights_are_shares(rivals):
    assert rivals.index[0] == "full"
    assert rivals.bic.round(3).is_monotonic_increasing  # models that are equivalent differ by rounding only
    assert rivals.loc["full", "bic_weight"] > 0.999
    assert rivals[["aic_weight", "bic_weight"]].sum().tolist() == pytest.approx([1.0, 1.0])
    assert rivals.verdict.drop("full").str.startswith("fits worse than full").all()


def test_every_model_holds_the_same_items(demo, world):
    for survey in (demo, world):
        measured = InstrumentUnits(survey.instrument)
        texts = {kind: rival_text(measured, kind, list(KINDS)) for kind in KINDS}
        assert len({frozenset(sx.Model(text).observed) for text in texts.values()}) == 1


def test_a_rival_fits_as_lavaan_text_of_its_own(demo, rivals):
    text = rival_text(InstrumentUnits(demo.instrument), "direct", list(KINDS))
    assert "satisfaction ~~ excellence + delight + loyalty + success" in text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = sx.fit(text, demo)
    row = rivals.loc["direct"]
    assert row.chisq == pytest.approx(results.fit_measures["chisq"], rel=CLOSE)
    assert row.r2_loyalty == pytest.approx(results.r_squared["loyalty"], rel=CLOSE)
    paths = results.parameters.query("op == '~'").set_index(["rhs", "lhs"]).std_all
    assert row.excellence_to_loyalty == pytest.approx(paths["excellence", "loyalty"], rel=CLOSE)


def test_paths_a_view_does_not_have_are_missing(rivals):
    assert np.isnan(rivals.loc["core", "satisfaction_to_loyalty"])
    assert np.isnan(rivals.loc["reversed", "delight_to_loyalty"])
    assert rivals.loc["reversed", "loyalty_to_delight"] == pytest.approx(rivals.loc["core", "delight_to_loyalty"])


def test_the_chain_read_backwards_cannot_be_told_from_the_chain(rivals):
    assert (rivals.loc["core", "equivalent"], rivals.loc["reversed", "equivalent"]) == ("reversed", "core")
    assert rivals.drop(["core", "reversed"]).equivalent.eq("").all()
    assert rivals.loc["core", "chisq"] == pytest.approx(rivals.loc["reversed", "chisq"], rel=CLOSE)


def test_the_sentence_says_what_is_decided_and_what_is_not(rivals, demo):
    sentence = sx.rivals_sentence(rivals.reset_index())
    assert sentence.startswith("The data speak for full (BIC weight 1.00), against ")
    assert sentence.endswith("can decide between core and reversed, which imply the same moments.")
    tied = sx.rivals_sentence(sx.compare_rivals(demo, ["core", "reversed"]))
    assert tied.startswith("The data speak for core or reversed (BIC weight 1.00 together). No answers")
    turned = sx.rivals_sentence(sx.compare_rivals(demo, ["reversed", "core"]))
    assert turned.startswith("The data speak for reversed or core (BIC weight 1.00 together). No answers")


def test_views_that_are_not_nested_get_both_tests_of_vuong(world):
    table = sx.compare_rivals(world, ["core", "direct"]).set_index("model")
    assert table.loc["direct", "test"] == "vuong"
    assert table.loc["direct", "distinct_pvalue"] < 0.05
    assert table.loc["direct", "z"] < 0


def test_nested_views_get_the_chi_square_difference(demo):
    """The full model without the path from delight, and with one that is not needed."""
    text = sx.chain_model(demo.instrument, "full").syntax
    changed = {
        "full": text,
        "less": text.replace("loyalty ~ delight + satisfaction", "loyalty ~ satisfaction\ndelight ~~ 0*success"),
        "more": text + "\nsuccess ~ delight",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits = {name: sx.fit(model, demo) for name, model in changed.items()}
    less, more = verdict("less", fits), verdict("more", fits)
    assert (less["test"], less["df_diff"], more["df_diff"]) == ("nested", 1, 1)
    assert less["verdict"].startswith("fits worse than full, of which it is a special case (chi-square difference ")
    assert more["verdict"].startswith("not shown to fit better than its special case full, and BIC prefers that one")
    assert less["chisq_diff"] == pytest.approx(
        fits["less"].fit_measures["chisq"] - fits["full"].fit_measures["chisq"], rel=CLOSE
    )


def test_robust_and_fiml_fits_can_be_compared(demo):
    few = demo.without(demo.answers.index[500:], because="few are left")
    robust = sx.Fitting(estimator="MLR", missing="fiml", cluster="branch")
    table = sx.compare_rivals(few, ["full", "core"], fitting=robust)
    assert table.verdict.tolist()[0] == "best of these by BIC"
    assert table.z.notna().tolist() == [False, True]
    assert table.note.str.contains("clusters").all()


def test_a_composite_that_cannot_be_an_effect_is_said_in_the_note(demo):
    table = sx.compare_rivals(demo, higher_order="composite").set_index("model")
    assert table.index[0] == "full"
    assert "use higher_order='factor'" in table.loc["reversed", "note"]
    assert table.loc["reversed", "verdict"] == "not compared"
    assert np.isnan(table.loc["reversed", "bic_weight"])
    assert table.drop("reversed").bic.notna().all()
    assert "reversed" not in sx.rivals_sentence(table.reset_index())


def test_a_view_can_be_set_beside_itself_with_excellence_made_in_the_other_way(world):
    table = sx.compare_rivals(world, ["full"], higher_order=["factor", "composite"]).set_index("model")
    assert set(table.index) == {"full (factor)", "full (composite)"}
    assert table.loc["full (composite)", "aic_weight"] > 0.999  # the population's
    assert table.test.iloc[1] == "vuong"
    assert table.distinct_pvalue.iloc[1] < 0.05


def without_excellence(survey):
    kept = tuple(c for c in survey.instrument.constructs if c.node in ("delight", "satisfaction", "loyalty"))
    return dataclasses.replace(survey, instrument=dataclasses.replace(survey.instrument, constructs=kept))


def test_what_cannot_be_compared_is_refused_by_name(demo):
    with pytest.raises(DataError, match="needs a Survey with an instrument"):
        sx.compare_rivals(demo.answers)
    for one in (["core"], "core"):
        with pytest.raises(OptionError, match="two or more chain models; found core"):
            sx.compare_rivals(demo, one)
    with pytest.raises(OptionError, match="kind 'cor' is not known; allowed: core"):
        sx.compare_rivals(demo, ["core", "cor"])
    with pytest.raises(OptionError, match="use missing 'listwise' or 'fiml'; found 'pairwise'"):
        sx.compare_rivals(demo, fitting=sx.Fitting(missing="pairwise"))
    with pytest.raises(OptionError, match="use estimator 'ML' or 'MLR'; found 'ULS'"):
        sx.compare_rivals(demo, fitting=sx.Fitting(estimator="ULS"))
    with pytest.raises(InstrumentError, match="lacks for kind 'core': excellence"):
        sx.compare_rivals(without_excellence(demo), ["core", "direct"])


def test_too_few_answers_are_a_note_and_not_an_error(demo):
    table = sx.compare_rivals(demo.without(demo.answers.index[20:], because="few are left"))
    assert table.note.str.startswith("not fitted: ").all()
    assert sx.rivals_sentence(table) == "The data decide nothing here: no model could be fitted."


def test_weights_are_the_closed_form():
    assert criterion_weights(np.array([0.0, 2 * np.log(3)])).tolist() == pytest.approx([0.75, 0.25])
    assert np.isnan(criterion_weights(np.full(2, np.nan))).all()


def test_the_table_prints(rivals):
    shown = str(sx.table(rivals.reset_index()[["model", "bic", "bic_weight", "r2_loyalty"]]))
    assert "BIC weight" in shown
    assert isinstance(rivals, pd.DataFrame)
