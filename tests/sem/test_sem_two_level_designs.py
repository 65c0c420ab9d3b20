"""Studies at two levels, simulated: answers of respondents in clusters, and the power of effects at either level."""

import numpy as np
import pytest

import sexresearch as sx
from sexresearch.errors import ModelError, OptionError

POPULATION = """
level: 1
 y ~ b1*0.3*m
 m ~~ 1*m
level: 2
 m ~ a*0.5*z
 y ~ b2*0.4*m + 0*z
 m ~~ 0.2*m
 y ~~ 0.15*y
 z ~ 3*1
 indirect := a*b2
"""
CLOSE = 0.02  # of moments over 2,000 clusters of 20: three standard errors
FACTORS = """
level: 1
 f =~ 0.8*x1 + 0.7*x2 + 0.6*x3
level: 2
 g =~ 0.8*x1 + 0.7*x2 + 0.6*x3
 g ~~ 0.2*g
 x1 ~~ 0.05*x1
 x2 ~~ 0.05*x2
 x3 ~~ 0.05*x3
"""
FREE = "level: 1\n f =~ x1 + x2 + x3\nlevel: 2\n g =~ x1 + x2 + x3"


def test_both_levels_have_the_moments_that_the_text_says():
    data = sx.simulate(POPULATION, 40_000, seed=3, design=sx.Design(clusters=2000))
    assert data.groupby("cluster").size().eq(20).all()
    assert data.groupby("cluster")["z"].nunique().eq(1).all()
    means = data.groupby("cluster")[["y", "m", "z"]].mean()
    inside = data - means.loc[data["cluster"]].assign(cluster=0).to_numpy()
    within = inside[["y", "m"]].cov() * 20 / 19
    assert within.loc["m", "m"] == pytest.approx(1, abs=CLOSE)
    assert within.loc["y", "m"] == pytest.approx(0.3, abs=CLOSE)
    assert within.loc["y", "y"] == pytest.approx(1.09, abs=CLOSE)
    between = means[["y", "m", "z"]].cov()
    assert between.loc["m", "z"] == pytest.approx(0.5, abs=3 * CLOSE)
    assert between.loc["y", "z"] == pytest.approx(0.2, abs=3 * CLOSE)
    assert between.loc["m", "m"] == pytest.approx(0.45 + 1 / 20, abs=2 * CLOSE)
    assert means.mean().round(1).tolist() == [0.6, 1.5, 3.0]


def test_clusters_come_by_number_or_by_size_and_answers_may_be_missing():
    assert sx.simulate(FACTORS, 100, design=sx.Design(cluster_size=5))["cluster"].nunique() == 20
    uneven = sx.simulate(FACTORS, 103, design=sx.Design(clusters=20)).groupby("cluster").size()
    assert (len(uneven), uneven.min(), uneven.max()) == (20, 5, 6)
    gaps = sx.simulate(POPULATION, 4000, design=sx.Design(clusters=50, missing=0.2)).isna().mean()
    assert gaps[["y", "m"]].round(1).tolist() == [0.2, 0.2]
    assert gaps["z"] == 0
    same = [sx.simulate(FACTORS, 50, seed=4, design=sx.Design(clusters=10)) for _ in range(2)]
    assert same[0].equals(same[1])


def test_groups_are_made_of_whole_clusters():
    text = "level: 1\n y ~~ c(1, 2)*y\nlevel: 2\n y ~ c(0, 4)*1\n y ~~ 0.1*y\n".replace("y ~~ c", "y ~ 0.5*x\n y ~~ c")
    data = sx.simulate(text, 6000, design=sx.Design(clusters=300, groups={"old": 1, "new": 2}))
    assert data.groupby("cluster")["group"].nunique().eq(1).all()
    assert data.groupby("group")["cluster"].nunique().to_dict() == {"new": 200, "old": 100}
    assert data.groupby("group")["y"].mean().round(0).to_dict() == {"new": 4, "old": 0}


@pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
def test_a_fitted_model_is_a_population_too():
    fitted = sx.fit(FREE, sx.simulate(FACTORS, 3000, seed=2, design=sx.Design(clusters=150)), cluster="cluster")
    drawn = sx.simulate(fitted, 40_000, design=sx.Design(clusters=4000))
    own = sx.fit(fitted.model, drawn, cluster="cluster")
    np.testing.assert_allclose(own.parameters["est"], fitted.parameters["est"], atol=0.1)


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
def test_power_tells_the_levels_apart(fitted):
    design = sx.Design(cluster_size=10)
    model = POPULATION
    if fitted:
        free = "level: 1\n y ~ b1*m\nlevel: 2\n m ~ a*z\n y ~ b2*m\n indirect := a*b2"
        model = sx.fit(free, sx.simulate(POPULATION, 2000, design=design), cluster="cluster")
    found = sx.power(model, 400, ["y ~ m", "m~z [level 2]", "indirect"], replicates=10, design=design).table
    assert found["effect"].tolist() == ["y ~ m [level 1]", "y ~ m [level 2]", "m ~ z [level 2]", "indirect"]
    if not fitted:
        assert found["population"].tolist() == pytest.approx([0.3, 0.4, 0.5, 0.2])
    powers = found.set_index("effect")["power"]
    assert powers["y ~ m [level 1]"] > powers["y ~ m [level 2]"]


@pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
def test_power_of_effects_that_groups_share():
    data = sx.simulate(POPULATION, 600, seed=3, design=sx.Design(clusters=60))
    data["region"] = np.where(data["cluster"] % 2, "north", "south")
    free = "level: 1\n y ~ b1*m\nlevel: 2\n m ~ a*z\n y ~ b2*m\n indirect := a*b2"
    fitted = sx.fit(free, data, cluster="cluster", group="region")
    found = sx.power(fitted, 1200, replicates=2, design=sx.Design(cluster_size=10)).table
    assert found["effect"].tolist() == [*["y ~ m [level 1]", "m ~ z [level 2]", "y ~ m [level 2]"] * 2, "indirect"]


def test_what_two_levels_cannot_draw_is_refused_in_words():
    for design, said in (
        (sx.Design(), "needs clusters"),
        (sx.Design(clusters=10, icc=0.1), "icc= is for models of one level"),
        (sx.Design(clusters=10, skewness=1.0), "skewness of a design are for models of one level"),
        (sx.Design(clusters=10, missing=0.1, missing_by="m"), "completely at random"),
        (sx.Design(clusters=60), "cannot fill 60 clusters"),
    ):
        with pytest.raises(OptionError, match=said):
            sx.simulate(POPULATION, 40, design=design)
    with pytest.raises(OptionError, match="write the variances of both levels"):
        sx.simulate(POPULATION, 40, standardized=True, design=sx.Design(clusters=10))
    with pytest.raises(ModelError, match="needs values"):
        sx.simulate("level: 1\n y ~ x\nlevel: 2\n y ~ x", 40, design=sx.Design(clusters=10))
    with pytest.raises(ModelError, match="not possible"):
        sx.simulate("level: 1\n y ~ 1*x\nlevel: 2\n y ~~ -1*y\n y ~ 0*z", 40, design=sx.Design(clusters=10))
    with pytest.raises(OptionError, match="no more clusters than the 3 variables"):
        sx.power(POPULATION, [20], replicates=2, design=sx.Design(cluster_size=10))
    with pytest.raises(OptionError, match="analysis= is for models of one level"):
        sx.power(POPULATION, [400], replicates=2, analysis=POPULATION, design=sx.Design(cluster_size=10))
