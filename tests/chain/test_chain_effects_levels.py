"""Effects at two levels: 2-1-1, 2-2-1 and 1-1-1 designs, differences between levels, what reaches nothing."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import ModelError

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
SAME = 1e-9  # both from the same estimates and their covariance
RELATIVE = 1e-6  # derivatives by formula against those of the definitions
POPULATION = """
level: 1
 m ~ 0.4*x
 y ~ 0.3*m + 0.2*x + 0.1*u
level: 2
 w ~ 0.4*z
 x ~~ 0.3*x
 m ~ 0.5*z + 0.2*x
 y ~ 0.4*m + 0.3*w
 m ~~ 0.2*m
 y ~~ 0.1*y
"""
MODEL = """
level: 1
 m ~ a1*x
 y ~ b1*m + x + u
level: 2
 w ~ c*z
 m ~ a2*z + d2*x
 y ~ b2*m + e*w + x
 two_one_one := a2*b2
 two_two_one := c*e
 one_one_one := a1*b1
 between := d2*b2
 added := d2*b2 - a1*b1
"""


def data(groups: bool = False) -> pd.DataFrame:
    frame = sx.simulate(POPULATION, 1600, seed=7, design=sx.Design(clusters=80))
    return frame.assign(brand=np.where(frame["cluster"] % 2, "low", "high")) if groups else frame


@pytest.fixture(scope="module")
def results() -> sx.Results:
    return sx.fit(MODEL, data(), cluster="cluster")


@pytest.mark.parametrize(
    ("source", "path", "level", "name"),
    [
        ("z", "z → m → y", 2, "two_one_one"),
        ("z", "z → w → y", 2, "two_two_one"),
        ("x", "x → m → y", 1, "one_one_one"),
        ("x", "x → m → y", 2, "between"),
        ("x", "x → m → y", "2 − 1", "added"),
    ],
)
def test_indirect_effects_equal_their_definitions(results, source, path, level, name):
    rows = sx.effects(results, source, "y")
    found = rows[(rows["path"] == path) & (rows["effect"] == "indirect") & (rows["level"] == level)].iloc[0]
    defined = results.parameters.set_index("lhs").loc[name]
    assert found["est"] == pytest.approx(defined["est"], rel=SAME)
    assert found["se"] == pytest.approx(defined["se"], rel=RELATIVE)
    if level != "2 − 1":
        assert found["std_all"] == pytest.approx(defined["std_all"], rel=SAME)
    else:
        assert np.isnan(found["std_all"])  # each level has its own unit


def test_what_holds_at_one_level_is_told_there_alone(results):
    assert set(sx.effects(results, "z", "y")["level"]) == {2}
    assert set(sx.effects(results, "u", "y")["level"]) == {1}
    with pytest.raises(ModelError, match="'z' is at level 2 alone and 'u' is at level 1 alone"):
        sx.effects(results, "z", "u")
    every = sx.effects(results)
    assert set(zip(every["source"], every["target"], strict=True)) == {("x", "y"), ("u", "y"), ("z", "y")}


def test_groups_are_compared_at_the_same_level():
    found = sx.fit("level: 1\n y ~ m\nlevel: 2\n y ~ m", data(True), cluster="cluster", group="brand")
    rows = sx.effects(found, "m", "y").query("effect == 'direct'")
    parts = list(zip(rows["group"], rows["level"], strict=True))
    one, other = rows["group"].unique()[:2]
    assert parts[:4] == [(one, 1), (one, 2), (other, 1), (other, 2)]
    assert set(parts[4:]) == {(one, "2 − 1"), (other, "2 − 1"), (f"{other} − {one}", 1), (f"{other} − {one}", 2)}
    at = dict(zip(parts, rows["est"], strict=True))
    assert at[f"{other} − {one}", 2] == pytest.approx(at[other, 2] - at[one, 2])


def test_a_model_of_one_level_has_no_column_of_levels():
    assert "level" not in sx.effects(sx.fit("m ~ x; y ~ m", data())).columns
