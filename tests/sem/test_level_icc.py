"""ICC(1), ICC(2) and design effects of a fit of two levels: by lavaan, by analysis of variance; one level has none."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sexresearch import sem

FOLDER = Path(__file__).parents[1] / "reference" / "levels"
LAVAAN = 1e-5  # absolute: lavaan's model without restrictions stops a little short of its maximum
EM = 2e-3  # absolute: what lavInspect shows is found by EM, which stops sooner still
CLOSED = 1e-7  # absolute: a maximum against its closed form
TEXTS = {
    "plain": "level: 1\nfw =~ y1 + y2 + y3 + y4\nlevel: 2\nfb =~ y1 + y2 + y3 + y4",
    "covariates": "level: 1\nfw =~ y1 + y2 + y3 + y4\nfw ~ x\nlevel: 2\nfb =~ y1 + y2 + y3 + y4\nfb ~ w",
}
VALUES = pd.read_csv(FOLDER / "icc.csv")
pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")


def fitted(data: str, model: str, **options) -> sem.Results:
    return sem.fit(TEXTS[model], pd.read_csv(FOLDER / f"{data}.csv"), cluster="branch", **options)


@pytest.mark.parametrize("data", ["uneven", "even", "many", "few"])
@pytest.mark.parametrize("model", TEXTS)
def test_shares_between_clusters_are_lavaans(data, model):
    found, theirs = fitted(data, model).icc, VALUES.query("data == @data and model == @model")
    assert found["variable"].tolist() == theirs["variable"].tolist()
    assert found["icc1"].to_numpy() == pytest.approx(theirs["icc"].to_numpy(), abs=LAVAAN)
    assert found["icc1"].to_numpy() == pytest.approx(theirs["em"].to_numpy(), abs=EM)


def test_clusters_of_one_size_have_a_closed_form():
    """Mean squares between and within; the maximum of the likelihood divides the first by the clusters."""
    data = pd.read_csv(FOLDER / "even.csv")
    found = fitted("even", "plain").icc.set_index("variable").loc["y2"]
    groups, m = data.groupby("branch")["y2"], 10
    within = ((data["y2"] - groups.transform("mean")) ** 2).sum() / (len(data) - groups.ngroups)
    between = groups.mean().var(ddof=0) - within / m
    icc = between / (between + within)
    assert found["icc1"] == pytest.approx(icc, abs=CLOSED)
    assert found["icc2"] == pytest.approx(between / (between + within / m), abs=CLOSED)
    assert found["design_effect"] == pytest.approx(1 + (m - 1) * icc, abs=10 * CLOSED)


def test_groups_stand_apart_and_one_level_has_none():
    results = fitted("uneven", "plain", group="region")
    frame = results.icc
    assert tuple(frame["group"].unique()) == results.groups
    own = pd.read_csv(FOLDER / "uneven.csv").query("region == 'north'")
    alone = sem.fit(TEXTS["plain"], own, cluster="branch").icc
    assert frame.query("group == 'north'")["icc1"].to_numpy() == pytest.approx(alone["icc1"].to_numpy(), abs=LAVAAN)
    flat = sem.fit("f =~ y1 + y2 + y3", own).icc
    assert flat.empty
    assert list(flat.columns) == list(frame.columns)
    assert np.isfinite(frame[["icc1", "icc2", "design_effect"]].to_numpy(dtype=float)).all()
