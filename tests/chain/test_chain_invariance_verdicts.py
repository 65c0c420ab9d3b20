"""What the steps of invariance, and latent means, say: nothing holds on a model that does not fit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.invariance.rung import Rung
from sexresearch.chain.invariance.step_verdicts import StepIndices, judge_start, judge_step
from sexresearch.verdict import gravest

FOLDER = Path(__file__).parents[1] / "reference"
GROUPED = "visual =~ x1 + x2 + x3; verbal =~ x4 + x5 + x6; speed =~ x7 + x8 + x9"
SAME = 1e-12
NAN = float("nan")


def two_constructs(seed=1, n=500):
    """Two unrelated constructs of three items each, in two groups that do not differ."""
    rng = np.random.default_rng(seed)
    items = np.repeat(rng.normal(size=(n, 2)), 3, axis=1) + 0.5 * rng.normal(size=(n, 6))
    return pd.DataFrame(items, columns=list("abcdef")).assign(brand=np.tile(["low", "high"], n // 2))


def test_nothing_is_comparable_in_a_model_that_does_not_fit():
    table = sx.invariance("one =~ a + b + c + d + e + f", two_constructs(), group="brand")
    assert table["outcome"].eq("fails").all()
    assert table["verdict"].str.startswith("fails").all()
    assert "CFI .530 is below .90 (Bentler & Bonett 1980)" in table["verdict"][0]
    said = "not comparable because the configural model does not fit"
    assert table["verdict"][1:].str.contains(said).all()
    assert table["cfi_change"][1:].gt(-0.01).all()  # every step by itself costs nothing
    means = sx.latent_means("one =~ a + b + c + d + e + f", two_constructs(), group="brand")
    assert means["effect_size"].isna().all()
    assert means["outcome"].tolist() == ["not_computable"]
    assert means["note"].str.startswith(said).all()


def test_the_model_that_fits_holds_and_its_means_have_a_plain_note():
    table = sx.invariance("one =~ a + b + c; two =~ d + e + f", two_constructs(), group="brand")
    assert table["outcome"].eq("holds").all()
    means = sx.latent_means("one =~ a + b + c; two =~ d + e + f", two_constructs(), group="brand")
    assert means[["outcome", "note"]].drop_duplicates().to_numpy().tolist() == [["holds", ""]]


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (StepIndices(0.96, 0.05, 0.07, lower=0.02), "holds"),
        (StepIndices(0.94, 0.05, 0.07, lower=0.02), "doubtful"),
        (StepIndices(0.96, 0.09, 0.07, lower=0.07), "doubtful"),
        (StepIndices(0.89, 0.05, 0.07, lower=0.02), "fails"),
        (StepIndices(0.96, 0.12, 0.07, lower=0.07), "fails"),
        (StepIndices(0.96, 0.12, 0.07, lower=0.01), "doubtful"),  # few degrees of freedom: close fit is not excluded
        (StepIndices(0.96, 0.05, 0.11, lower=0.02), "fails"),
        (StepIndices(NAN, 0.05, 0.07, lower=0.02, missing="no baseline"), "not_computable"),
    ],
)
def test_the_first_step_has_two_lines(found, outcome):
    verdicts = judge_start(found)
    assert gravest(verdicts) == outcome
    assert all(verdict.source for verdict in verdicts)


def test_a_missing_change_passes_nothing():
    verdicts = judge_step("metric", 1000, StepIndices(NAN, 0.001, 0.001, missing="no baseline"))
    assert gravest(verdicts) == "not_computable"
    assert verdicts[0].reason == "no baseline"


def test_a_doubtful_step_is_carried_into_the_note_on_means():
    data = two_constructs()
    data[["a", "d"]] += 0.35 * np.random.default_rng(2).normal(size=(len(data), 1))
    model = "one =~ a + b + c; two =~ d + e + f"
    table = sx.invariance(model, data, group="brand")
    assert table["outcome"].tolist()[:3] == ["doubtful", "holds", "holds"]
    means = sx.latent_means(model, data, group="brand")
    assert means["outcome"].eq("doubtful").all()
    assert means["note"].str.startswith("the configural step is doubtful: RMSEA").all()
    assert means["effect_size"].notna().all()


def improper(n=60):
    rng = np.random.default_rng(4)
    items = 0.5 * rng.normal(size=(n, 1)) + rng.normal(size=(n, 4))
    return pd.DataFrame(items, columns=list("abcd")).assign(brand=np.tile(["low", "high"], n // 2))


def test_an_inadmissible_solution_passes_no_verdict():
    table = sx.invariance("joy =~ a + b + c + d", improper(), group="brand").set_index("step")
    assert table.loc["scalar", "outcome"] == "fails"
    assert "inadmissible solution: negative variance" in table.loc["scalar", "verdict"]
    means = sx.latent_means("joy =~ a + b + c + d", improper(), group="brand")
    assert means["outcome"].eq("not_computable").all()
    assert means["note"].str.contains("inadmissible solution").all()


def test_changes_from_an_inadmissible_solution_decide_nothing():
    with pytest.warns(sx.FitWarning, match="negative variance"):
        bad = sx.fit("joy =~ a + b + c + d", improper(), group="brand", group_equal=["loadings", "intercepts"])
    good = sx.fit("joy =~ a + b + c + d", improper(), group="brand", group_equal=["loadings"], meanstructure=True)
    assert bad.inadmissible
    assert not good.inadmissible
    assert Rung("strict", good, bad).outcome == "not_computable"


def test_a_configural_solution_that_is_inadmissible_makes_nothing_comparable():
    cov = pd.DataFrame([[1, 0.9, 0.5], [0.9, 1, 0.3], [0.5, 0.3, 1]], index=list("abc"), columns=list("abc"))
    moments = {name: sx.Moments(cov, 200, pd.Series(0.0, index=list("abc"))) for name in ("low", "high")}
    table = sx.invariance("joy =~ a + b + c", moments=moments)
    assert table["outcome"].eq("fails").all()
    assert table["verdict"][1:].str.contains("not comparable because the configural solution is inadmissible").all()


@pytest.mark.parametrize(
    ("data", "options", "ending"),
    [
        ("groups", {"group": "region", "fitting": sx.Fitting(estimator="MLR")}, "_robust"),
        ("missing", {"group": "brand", "fitting": sx.Fitting(missing="fiml")}, "_robust"),
        ("groups", {"group": "region"}, ""),
    ],
)
def test_changes_are_those_of_the_indices_the_estimator_calls_for(data, options, ending):
    table = sx.invariance(GROUPED, pd.read_csv(FOLDER / "data" / f"{data}.csv"), **options)
    for name in ("cfi", "rmsea"):
        np.testing.assert_allclose(table[f"{name}_change"][1:], table[f"{name}{ending}"].diff()[1:], atol=SAME)
    assert table["verdict"].str.contains("robust CFI").all() == bool(ending)


def test_cut_offs_that_were_not_made_for_an_estimator_are_said_to_be_so():
    codes = pd.read_csv(FOLDER / "measurement" / "ordered_groups.csv")
    table = sx.invariance(GROUPED, codes, group="region", fitting=sx.Fitting(ordered=True))
    assert table["verdict"].str.contains("by WLSMV models look better, Xia & Yang 2019").all()
    groups = pd.read_csv(FOLDER / "data" / "groups.csv")
    least = sx.invariance(GROUPED, groups, group="region", fitting=sx.Fitting(estimator="GLS"))
    assert least["verdict"].str.contains("a cut-off for maximum likelihood, not for GLS").all()


def test_means_that_the_text_holds_fixed_are_no_estimates():
    found = sx.latent_means("one =~ a + b + c; two =~ d + e + f; one ~ 0*1", two_constructs(), group="brand")
    row = found.set_index("construct").loc["one"]
    assert np.isnan(row["mean_difference"])
    assert (row["outcome"], row["note"]) == ("not_computable", row["note"])
    assert "holds these means fixed or equal" in row["note"]
    assert found.set_index("construct").loc["two", "note"] == ""


def test_a_small_group_has_no_outcome_but_a_reason():
    data = two_constructs()
    data.loc[:4, "brand"] = "tiny"
    table = sx.invariance("one =~ a + b + c; two =~ d + e + f", data, group="brand")
    assert table["outcome"].eq("not_computable").all()
    assert table["verdict"].str.contains("'tiny' holds 5").all()
