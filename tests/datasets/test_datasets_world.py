"""The synthetic world: files as the generator writes them, and the truth it was made from found again."""

import io

import numpy as np
import pandas as pd
import pytest

from sexresearch import datasets
from sexresearch.chain import chain_model
from sexresearch.datasets import bundled, world_population
from sexresearch.datasets import service_excellence_world as world
from sexresearch.datasets.survey_population import correlations_of
from sexresearch.sem import fit
from sexresearch.survey import screen

RECOVERY = 0.04  # of standardized paths at n = 2,400; their standard errors are 0.01 to 0.025
LARGE = 0.05  # of correlations of constructs at n = 2,400, of which 60 branches share a part: three standard errors
PARTS = ("", "_panel", "_employees", "_branches")


@pytest.fixture(scope="module")
def simulated():
    return world.generate()


@pytest.fixture(scope="module")
def survey():
    return datasets.load("service_excellence_world")


@pytest.fixture(scope="module")
def careful(survey):
    found = screen(survey)
    return survey.without(found[found.check == "one answer throughout"])


@pytest.mark.parametrize("part", PARTS)
def test_files_are_what_the_generator_writes_and_say_that_they_are_synthetic(simulated, part):
    name = f"service_excellence_world{part}"
    written = io.StringIO()
    simulated.files()[f"{name}.csv"].to_csv(written, index=False, lineterminator="\n")
    assert written.getvalue() == bundled.path(f"data/synthetic/{name}.csv").read_text(encoding="utf-8")
    codebook = bundled.path(f"data/synthetic/{name}.toml").read_text(encoding="utf-8")
    assert "SYNTHETIC" in codebook
    assert f"seed {world.SEED}" in codebook
    loaded = datasets.load(name)
    assert loaded.synthetic
    assert "synthetic" in loaded.caption
    assert loaded.extra == ()
    listed = datasets.list().set_index("name").loc[name]
    assert listed.n == loaded.n
    assert "SYNTHETIC" in listed.what


def test_branches_brands_and_parts_belong_together(survey):
    others = {part: datasets.load(f"service_excellence_world{part}").answers for part in PARTS[1:]}
    place = survey.answers.groupby("branch").brand.agg(["nunique", "first", "size"])
    assert len(place) == 60
    assert place["nunique"].eq(1).all()
    assert place["size"].between(34, 46).all()
    assert place["first"].value_counts().to_dict() == {"budget": 20, "comfort": 20, "premium": 20}
    for frame in others.values():
        assert (frame.groupby("branch").brand.first() == place["first"]).all()
    assert others["_panel"].groupby("branch").size().eq(10).all()
    assert others["_employees"].groupby("branch").size().between(6, 10).all()


def test_every_element_and_node_of_the_standard_is_measured_once(survey):
    nodes = [construct.node for construct in survey.instrument.constructs]
    assert len(set(nodes)) == len(nodes) == 20
    assert [node for node in nodes if node.startswith("7.")] == [
        f"7.{dimension}.{element}"
        for dimension, count in ((1, 2), (2, 2), (3, 3), (4, 2))
        for element in range(1, count + 1)
    ]
    assert {"L1", "L2", "L3", "L4", "valued", "exceeded", "delight", "satisfaction", "loyalty", "success"} <= set(nodes)


def test_gaps_are_as_described(survey, simulated):
    gaps = survey.answers[list(survey.items)].isna()
    last = gaps[list(world.LAST_BLOCK)].mean()
    others = gaps.drop(columns=[*world.LAST_BLOCK, *world.RECORDED]).mean()
    assert others.between(0.005, 0.03).all()
    assert last.between(0.03, 0.08).all()
    assert not gaps[list(world.RECORDED)].any(axis=None)
    dissatisfied = survey.answers.sat1 < 4
    assert gaps.remain[dissatisfied].mean() > 3 * gaps.remain[~dissatisfied].mean()
    older = survey.answers.age > survey.answers.age.median()
    assert gaps.vis1[older].mean() > gaps.vis1[~older].mean()
    left = simulated.panel[["remain_2", "remain_3"]].isna().mean()
    assert 0.1 < left.remain_2 < left.remain_3 < 0.5
    assert 0.01 < (simulated.careless != "").mean() < 0.035


def test_screening_finds_everyone_with_one_answer_throughout(survey, simulated):
    found = screen(survey)
    rows = found[found.check == "one answer throughout"].rows.item()
    assert set(rows) == set(simulated.careless.index[simulated.careless == "straight"])


def test_same_seed_same_world_other_seed_other_world():
    first, again, other = world.generate(3), world.generate(3), world.generate(4)
    for name, frame in first.files().items():
        pd.testing.assert_frame_equal(frame, again.files()[name])
    assert not first.customers.equals(other.customers)


def test_constructs_have_the_correlations_of_the_population(simulated):
    implied = correlations_of(("impression",), world_population.chain_paths())
    for one, two in [
        ("excellence", "loyalty"),
        ("culture", "vision"),
        ("delight", "satisfaction"),
        ("valued", "success"),
    ]:
        assert simulated.latents[one].corr(simulated.latents[two]) == pytest.approx(implied[one, two], abs=LARGE)


def test_composites_explain_themselves():
    implied = correlations_of(("impression",), world_population.impression_paths())
    for name, weights in list(world_population.composite_paths().items())[:4]:
        explained = sum(a * b * implied[x, y] for x, a in weights.items() for y, b in weights.items())
        assert explained == pytest.approx(1.0), name


def test_total_effects_are_the_population_regressed():
    """A total effect is a path times what follows; excellence reaches loyalty by delight and by satisfaction."""
    effects = world.total_effects("loyalty")
    delight = 0.80 * (0.75 * 0.45 + 0.70 * 0.35) * 0.45
    satisfaction = (0.75 * 0.50 + 0.70 * 0.32) * 0.30
    assert effects["excellence"] == pytest.approx(delight + satisfaction)
    assert [effects[decoy] for decoy in world_population.DECOYS] == [0.0, 0.0]
    assert "success" not in effects


def test_the_population_and_the_truth_are_shown_in_columns_of_the_glossary(assert_in_glossary):
    assert_in_glossary(world.population())
    assert_in_glossary(world.truth())
    assert world.population().groupby("level").size().gt(30).all()


def test_the_true_model_recovers_its_population(careful):
    model = chain_model(careful.instrument, "full", higher_order="composite")
    results = fit(model, careful.answers.dropna())
    assert results.fit_measures["cfi"] > 0.99
    both = world.population().query("level == 1").merge(results.parameters, on=["lhs", "op", "rhs"])
    paths = both[~both.lhs.isin(world_population.DIMENSIONS.values())]
    assert len(paths) == 18
    assert (paths.std_all - paths.population).abs().max() < RECOVERY
    weights = both[both.lhs.isin(world_population.DIMENSIONS.values())].set_index("rhs")
    small = weights.z.abs() < 1.96
    assert sorted(small.index[small]) == sorted(world_population.DECOYS)


def test_one_item_is_too_high_in_one_brand(careful):
    """Beside its construct, val2 differs between brands; val1 and val3 do not."""
    item, brand, _ = world_population.NON_INVARIANT
    answers = careful.answers
    rest = answers[["val1", "val3"]].mean(axis=1)
    gap = (answers[item] - rest).groupby(answers.brand).mean()
    assert gap[brand] - gap.drop(brand).mean() > 0.7
    assert abs(gap["budget"] - gap["comfort"]) < 0.15
    between = (answers.val1 - answers.val3).groupby(answers.brand).mean()
    assert np.ptp(between) < 0.25


def test_surprise_strengthens_the_link_from_exceeded_to_delight(simulated, careful):
    """Seen in the latent variables themselves, and, weaker for the items' error, in averages of items."""
    latents = simulated.latents[["valued", "exceeded", "surprise", "delight"]]
    answers = careful.answers
    averages = pd.DataFrame({name: answers[list(careful.items_of(name))].mean(axis=1) for name in latents}).dropna()
    for rows, least in ((latents, 0.07), (averages, 0.03)):
        scores = (rows - rows.mean()) / rows.std()
        causes = np.column_stack([scores.valued, scores.exceeded, scores.surprise, scores.exceeded * scores.surprise])
        slopes = np.linalg.lstsq(np.column_stack([causes, np.ones(len(scores))]), scores.delight, rcond=None)[0]
        assert least < slopes[3] < 0.15
        assert abs(slopes[2]) < 0.06  # surprise itself does not delight


def test_in_the_panel_delight_makes_loyal_later_and_loyalty_does_not_delight():
    panel = datasets.load("service_excellence_world_panel")
    lines = [
        f"{construct.name} =~ {' + '.join(item.name for item in construct.items)}"
        for construct in panel.instrument.constructs
        if construct.name[-1] in "12"
    ]
    lines += ["loyalty_2 ~ loyalty_1 + delight_1 + satisfaction_1", "delight_2 ~ delight_1 + loyalty_1"]
    lines += ["satisfaction_2 ~ satisfaction_1"]
    parameters = fit("\n".join(lines), panel, missing="fiml").parameters.set_index(["lhs", "op", "rhs"])
    assert parameters.loc[("loyalty_2", "~", "delight_1"), "z"] > 2.5
    assert abs(parameters.loc[("delight_2", "~", "loyalty_1"), "z"]) < 1.96


def test_between_branches_engaged_staff_goes_with_excellence_and_success(survey):
    staff = datasets.load("service_excellence_world_employees").answers.groupby("branch")
    customers = survey.answers.groupby("branch")
    records = datasets.load("service_excellence_world_branches").answers.set_index("branch")
    engaged = staff[["vigor", "dedication", "absorption"]].mean().mean(axis=1)
    culture = customers[["cul1", "cul2", "des1", "des2"]].mean().mean(axis=1)
    assert engaged.corr(culture) > 0.1
    assert records.growth.corr(records.retention) > 0.4
