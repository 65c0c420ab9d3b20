"""Chain models: the text made of an instrument, what it lacks, and the fits it gives."""

import warnings

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.views.chain_model import KINDS, supported
from sexresearch.chain.views.measured import InstrumentUnits
from sexresearch.datasets import service_excellence_demo as demo
from sexresearch.errors import InstrumentError, OptionError
from sexresearch.standard.nodes import node_key
from sexresearch.survey import Construct, Instrument, Item, ResponseScale

SAME = 1e-6  # of chi-squares: two texts of one model
TEN = ResponseScale("ten", 1, 10)


def construct(name: str, node: str, items: int = 3) -> Construct:
    return Construct(name, name, tuple(Item(f"{name}_{i}", name, TEN) for i in range(items)), node=node)


def instrument(*nodes: str) -> Instrument:
    return Instrument(tuple(construct(f"c{number}", node) for number, node in enumerate(nodes)), title="toy")


def lines(model: sx.Model) -> list[str]:
    return [line for line in model.syntax.splitlines() if line and not line.startswith("#")]


def fitted(model, survey, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sx.fit(model, survey, **options)


@pytest.fixture(scope="module")
def world():
    return sx.datasets.load("service_excellence_world")


@pytest.fixture(scope="module")
def demo_survey():
    return sx.datasets.load("service_excellence_demo")


def test_full_model_of_the_world_goes_from_elements_to_success(world):
    text = lines(sx.chain_model(world.instrument, "full"))
    assert text[:2] == ["vision =~ vis1 + vis2", "management =~ man1 + man2"]
    assert "creating_experiences =~ understanding + design + innovation" in text
    assert "excellence =~ leadership_strategy + culture_engagement + creating_experiences + operations" in text
    assert text[text.index("experience ~ excellence") :] == [
        "experience ~ excellence",
        "core ~ excellence",
        "feedback ~ excellence",
        "valued ~ experience",
        "exceeded ~ experience",
        "delight ~ valued + exceeded",
        "satisfaction ~ core + feedback",
        "loyalty ~ delight + satisfaction",
        "success ~ loyalty",
    ]


def test_text_is_commented_and_begins_with_its_claim(world):
    for kind in KINDS:
        first, *others = sx.chain_model(world.instrument, kind).syntax.splitlines()
        assert first.startswith(f"# {kind.replace('_', ' ')}: ")
        assert "# measurement" in others
        assert "# effect chain" in others


def test_full_model_of_the_demo_is_its_population_model(demo_survey):
    ours = fitted(sx.chain_model(demo_survey.instrument, "full"), demo_survey)
    known = fitted(demo.model_text(), demo_survey)
    assert ours.fit_measures["df"] == known.fit_measures["df"]
    assert ours.fit_measures["chisq"] == pytest.approx(known.fit_measures["chisq"], abs=SAME * 100)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("higher_order", ["factor", "composite"])
@pytest.mark.parametrize("name", ["service_excellence_world", "service_excellence_demo"])
def test_every_kind_can_be_fitted(name, higher_order, kind):
    survey = sx.datasets.load(name)
    if (kind, higher_order) == ("reversed", "composite"):
        with pytest.raises(OptionError, match=r"'reversed' makes excellence an effect.*higher_order='factor'"):
            sx.chain_model(survey.instrument, kind, higher_order=higher_order)
        return
    results = fitted(sx.chain_model(survey.instrument, kind, higher_order=higher_order), survey)
    assert results.converged
    assert [problem for problem in results.problems if "dropped" not in problem] == []


def both_orders(world, kind):
    orders = ("factor", "composite")
    fits = [fitted(sx.chain_model(world.instrument, kind, higher_order=order), world) for order in orders]
    return sx.compare(*fits, names=orders).set_index("model")


def test_with_one_effect_the_second_order_factor_is_nested_in_the_composite(world):
    """The composite leaves the elements free among themselves and free in their weights."""
    table = both_orders(world, "core")
    assert table.loc["factor", "note"] == "factor is nested in composite"
    assert table.loc["factor", "pvalue"] < 0.05


def test_with_several_effects_neither_is_nested_and_the_true_composite_has_the_better_criteria(world):
    table = both_orders(world, "full")
    assert "factor is not nested in composite" in table.loc["factor", "note"]
    assert table.loc["composite", "aic"] < table.loc["factor", "aic"] - 10


def test_a_composite_is_scaled_by_its_first_effect_and_has_no_rest(demo_survey):
    text = lines(sx.chain_model(demo_survey.instrument, "direct", higher_order="composite"))
    assert "excellence ~ core + feedback + individual + surprising" in text
    assert "excellence ~~ 0*excellence" in text
    assert text[-4:] == ["delight ~ 1*excellence", "loyalty ~ excellence", "success ~ loyalty", "delight ~~ 0*success"]


def test_pyramid_leads_level_by_level(world, demo_survey):
    own = lines(sx.chain_model(world.instrument, "pyramid"))
    assert own[-6:] == [
        "satisfaction ~ core + feedback",
        "valued ~ individual",
        "exceeded ~ surprising",
        "delight ~ valued + exceeded",
        "loyalty ~ delight + satisfaction",
        "success ~ loyalty",
    ]
    assert "delight ~ individual + surprising" in lines(sx.chain_model(demo_survey.instrument, "pyramid"))


def test_what_is_lacking_is_named_with_the_kinds_that_are_supported():
    with pytest.raises(InstrumentError, match=r"toy lacks for kind 'core': delight \(node 'delight', or both") as found:
        sx.chain_model(instrument("excellence", "loyalty", "satisfaction", "L1"), "core")
    assert str(found.value).endswith("It supports satisfaction_only, direct")
    with pytest.raises(InstrumentError, match=r"as in chain_model\(survey.instrument\); found Survey"):
        sx.chain_model(sx.datasets.load("service_excellence_demo"))
    with pytest.raises(InstrumentError, match="supports none of the kinds"):
        sx.chain_model(instrument("", "weather"), "direct")


def test_a_chain_without_success_ends_at_loyalty_and_says_so():
    model = sx.chain_model(instrument("excellence", "delight", "loyalty"), "core")
    assert lines(model)[-2:] == ["c1 ~ c0", "c2 ~ c1"]
    assert "# success: not measured by this instrument, so the chain ends at loyalty" in model.syntax


def test_dimensions_may_be_measured_as_such_or_by_one_element():
    text = lines(sx.chain_model(instrument("7.1", "7.2.1", "7.3.1", "7.3.2", "delight", "loyalty"), "core"))
    assert "creating_experiences =~ c2 + c3" in text
    assert "excellence =~ c0 + c1 + creating_experiences" in text


def test_two_constructs_of_one_node_are_refused():
    with pytest.raises(InstrumentError, match="'c0' and 'c1' both have the node 'delight'"):
        sx.chain_model(instrument("delight", "customer_delight", "loyalty"), "core")


def test_a_name_the_model_needs_must_be_free():
    taken = Instrument(
        (construct("excellence", ""), construct("a", "L1"), construct("b", "L2"), construct("c", "loyalty"))
    )
    with pytest.raises(InstrumentError, match="needs the name 'excellence' for a latent variable of its own"):
        sx.chain_model(taken, "direct")


def test_unknown_options_list_the_known_ones(world):
    with pytest.raises(OptionError, match="kind 'cor' is not known; allowed: core, full, pyramid"):
        sx.chain_model(world.instrument, "cor")
    with pytest.raises(OptionError, match="higher_order 'pls' is not known; allowed: factor, composite"):
        sx.chain_model(world.instrument, "core", higher_order="pls")


def test_nodes_are_found_by_identifier_or_title():
    assert [node_key(node) for node in ("Loyalty", "customer loyalty", "L4", "7.3", "7.4.2", "")] == [
        "loyalty",
        "loyalty",
        "L4",
        "7.3",
        "7.4.2",
        "",
    ]


@pytest.mark.parametrize("name", ["acsi_2015", "mobi_ecsi", "corp_rep2"])
def test_public_surveys_support_what_they_measure(name, root):
    measured = InstrumentUnits(sx.Instrument.from_toml(root / "data" / "raw" / f"{name}.toml"))
    assert supported(measured) == ("satisfaction_only",)


def test_satisfaction_only_on_acsi_goes_from_quality_to_loyalty(root):
    model = sx.chain_model(sx.Instrument.from_toml(root / "data" / "raw" / "acsi_2015.toml"), "satisfaction_only")
    assert lines(model)[-2:] == ["Satisfaction ~ Quality", "Loyalty ~ Satisfaction"]
    assert sx.fit(model, moments=sx.datasets.load("acsi_2015_moments")).converged


def test_a_composite_of_constructs_of_one_item_each_equals_the_regression_on_these_items():
    rng = np.random.default_rng(5)
    items = pd.DataFrame(rng.normal(size=(400, 4)) + rng.normal(size=(400, 1)), columns=["a1", "b1", "c1", "d1"])
    joy = items.sum(axis=1) + rng.normal(size=400)
    data = items.assign(joy=joy, stay=joy + rng.normal(size=400))
    nodes = zip(data.columns, ["L1", "L2", "L3", "L4", "delight", "loyalty"], strict=True)
    scale = sx.ResponseScale("any", -20, 20, whole=False)
    parts = [sx.Construct(f"{name}_", name, (sx.Item(name, name, scale),), node=node) for name, node in nodes]
    model = sx.chain_model(sx.Instrument(tuple(parts)), "core", higher_order="composite")
    found = sx.fit(model, data)
    plain = sx.fit("joy ~ a1 + b1 + c1 + d1; stay ~ joy", data)
    assert not found.inadmissible
    assert np.isclose(found.fit_measures["chisq"], plain.fit_measures["chisq"], atol=1e-4)
