"""The bootstrap of models of two levels: whole clusters are drawn, and every replicate is a fit of its own."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import OptionError
from sexresearch.sem.resampling.draws import answers_behind

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
POPULATION = """
level: 1
 y ~ 0.3*m
level: 2
 m ~ 0.5*z
 y ~ 0.4*m + 0*z
 m ~~ 0.3*m
 y ~~ 0.2*y
"""
MODEL = "level: 1\n y ~ m\nlevel: 2\n m ~ a*z\n y ~ b*m + z\n indirect := a*b"
SAME = 1e-5  # two minimisers that start elsewhere
ALIKE = 0.25  # relative: spread over 60 replicates of 60 clusters against the standard error


@pytest.fixture(scope="module")
def fitted() -> sx.Results:
    return sx.fit(MODEL, sx.simulate(POPULATION, 600, seed=5, design=sx.Design(clusters=60)), cluster="cluster")


@pytest.fixture(scope="module")
def found(fitted) -> sx.Bootstrap:
    return sx.bootstrap(fitted, 60, seed=1)


def test_a_replicate_is_the_fit_to_the_clusters_drawn(fitted, found):
    (drawn,) = found.job.source.answers(0)
    names = fitted.fitted.samples[0].nested.names
    frame = pd.DataFrame(drawn.values, columns=list(names)).assign(cluster=drawn.clusters)
    assert frame["cluster"].nunique() == 60
    assert frame.groupby("cluster").size().eq(10).all()
    again = sx.fit(MODEL, frame, cluster="cluster")
    np.testing.assert_allclose(found.outcome.replicates[0].theta, again.fitted.theta, atol=SAME)


def test_replicates_of_answers_with_gaps_are_fits_too():
    text = "level: 1\n y ~ m\nlevel: 2\n y ~ m"
    data = sx.simulate(POPULATION, 200, seed=6, design=sx.Design(clusters=20, missing=0.1)).drop(columns="z")
    fitted = sx.fit(text, data, cluster="cluster", missing="fiml", fixed_x=False)
    found = sx.bootstrap(fitted, 2)
    (drawn,) = found.job.source.answers(0)
    frame = pd.DataFrame(drawn.values, columns=list(fitted.fitted.samples[0].nested.names)).assign(
        cluster=drawn.clusters
    )
    again = sx.fit(text, frame, cluster="cluster", missing="fiml", fixed_x=False)
    np.testing.assert_allclose(found.outcome.replicates[0].theta, again.fitted.theta, atol=SAME)


def test_replicates_spread_as_far_as_the_errors_say(fitted, found):
    spread = np.std([replicate.theta for replicate in found.outcome.replicates], axis=0, ddof=1)
    errors = np.sqrt(np.diag(fitted.vcov))
    assert np.mean(spread / errors) == pytest.approx(1, abs=ALIKE)
    row = found.intervals().query("lhs == 'indirect'").iloc[0]
    assert row["ci_lower"] < row["est"] < row["ci_upper"]


def test_effects_take_replicates_of_clusters(fitted):
    rows = sx.effects(fitted, "z", "y", bootstrap=10).query("effect == 'indirect'")
    assert rows["ci_lower"].notna().all()
    assert "for models of one level" in sx.effects(fitted, "z", "y", bootstrap=2, interval="bca")["note"].iloc[0]


def test_what_does_not_go_with_two_levels_is_refused_in_words(fitted, found):
    assert len(answers_behind(fitted.fitted)) == 1
    with pytest.raises(OptionError, match="'percentile' or 'bias_corrected'"):
        found.intervals("bca")
    for kind in ("parametric", "bollen-stine"):
        with pytest.raises(OptionError, match="knows neither clusters"):
            sx.bootstrap(fitted, 2, kind=kind)
    with pytest.raises(OptionError, match="draws its own clusters"):
        sx.bootstrap(fitted, 2, cluster=pd.Series([1]))
