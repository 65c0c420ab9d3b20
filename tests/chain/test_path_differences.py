"""Paths compared between groups: lavaan's own difference, planted ones, and reasons where nothing may be compared."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import OptionError

FOLDER = Path(__file__).parents[1] / "reference"
SAME = 2e-5  # lavaan stops its iterations that far from the minimum
MODEL = "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9\nspeed ~ visual"


def two_regions():
    data = pd.read_csv(FOLDER / "data" / "groups.csv")
    return data[data["region"].isin(data["region"].unique()[:2])]


def planted(slopes, seed=3, rows=500):
    """Answers of groups whose path from joy to stay is planted."""
    rng = np.random.default_rng(seed)
    parts = []
    for label, slope in slopes.items():
        joy = rng.normal(size=rows)
        stay = slope * joy + rng.normal(size=rows)
        items = np.column_stack([joy] * 3 + [stay] * 3) + 0.6 * rng.normal(size=(rows, 6))
        parts.append(pd.DataFrame(items, columns=["j1", "j2", "j3", "s1", "s2", "s3"]).assign(brand=label))
    return pd.concat(parts, ignore_index=True)


PLANTED = "joy =~ j1 + j2 + j3\nstay =~ s1 + s2 + s3\nstay ~ joy"


@pytest.mark.parametrize("row", pd.read_csv(FOLDER / "measurement" / "path_differences.csv").to_dict("records"))
def test_the_difference_is_that_of_lavaan(row):
    found = sx.path_differences(MODEL, two_regions(), group="region", fitting=sx.Fitting(estimator=row["estimator"]))
    mine = found.iloc[0]
    assert mine["path_difference"] == pytest.approx(row["est"], rel=SAME)
    for name, theirs in (("se", "se"), ("pvalue", "pvalue"), ("ci_lower", "ci.lower"), ("ci_upper", "ci.upper")):
        assert mine[name] == pytest.approx(row[theirs], rel=10 * SAME), name


def test_planted_differences_are_found_and_the_others_are_ties(assert_in_glossary):
    found = sx.path_differences(PLANTED, planted({"a": 0.4, "b": 0.4, "c": 1.0}), group="brand").set_index("group")
    assert found["outcome"].to_dict() == {"b": "doubtful", "c": "holds"}
    assert found.loc["c", "est"] > found.loc["c", "est_against"]
    assert (found["pvalue_holm"] >= found["pvalue"]).all()
    assert_in_glossary(found.reset_index())


def test_a_group_with_more_variance_has_no_stronger_path_for_that():
    data = planted({"a": 0.6, "b": 0.6}, rows=2000)
    data.loc[data["brand"] == "b", [name for name in data if name != "brand"]] *= 3.0
    found = sx.path_differences(PLANTED, data, group="brand").iloc[0]
    assert abs(found["path_difference"]) < 3 * found["se"] < 0.2


def test_loadings_that_differ_are_set_free_or_forbid_the_comparison():
    data = planted({"a": 0.6, "b": 0.6})
    other = data["brand"] == "b"
    data.loc[other, "j2"] = 0.2 * data.loc[other, "j2"] + np.random.default_rng(1).normal(size=other.sum())
    refused = sx.path_differences(PLANTED, data, group="brand").iloc[0]
    assert refused["outcome"] == "not_computable"
    assert np.isnan(refused["path_difference"])
    assert "metric" in refused["note"]
    assert sx.path_differences(PLANTED, data, group="brand", partial=True)["step"].item() == "partial metric"


def test_a_model_without_paths_is_refused():
    with pytest.raises(OptionError, match="no '~'"):
        sx.path_differences("joy =~ j1 + j2 + j3", planted({"a": 0.5, "b": 0.5}), group="brand")
