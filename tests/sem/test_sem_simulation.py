"""Simulated answers: population moments as lavaan has them, and every option of a design recovered at large n."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from scipy.special import ndtr
from sem_samples import CHAIN, chain_sample

from sexresearch.errors import ModelError, OptionError
from sexresearch.sem import Design, fit, simulate
from sexresearch.sem.simulation.nonnormal import cubic, intermediate
from sexresearch.sem.simulation.population import ASSUMED, population_of
from sexresearch.sem.simulation.population_values import LOADING, PATH

LAVAAN = pd.read_csv(Path(__file__).parents[1] / "reference" / "planning" / "populations.csv", keep_default_na=False)
ROUNDING = 1e-7  # lavaan draws samples with these moments, exact to rounding
LARGE = 200_000
SAMPLING = 0.02  # 5 standard errors of a correlation or mean at that n, and more
TAILS = 0.25  # the same for the kurtosis of skewed answers
FACTORS = "f =~ 0.7*x1 + 0.8*x2 + 0.6*x3\n g =~ 0.9*y1 + 0.5*y2 + 0.7*y3\n g ~ 0.4*f"


@pytest.mark.parametrize("name", LAVAAN["name"].unique())
def test_populations_are_those_of_lavaan(name):
    told = LAVAAN[LAVAAN["name"] == name]
    found = population_of(told["model"].iloc[0], bool(told["standardized"].iloc[0]))
    cov = pd.DataFrame(found.covs[0], index=found.names, columns=found.names)
    mean = pd.Series(found.means[0], index=found.names)
    own = [cov.loc[a, b] if b else mean[a] for a, b in zip(told["a"], told["b"], strict=True)]
    assert np.array(own) == pytest.approx(told["value"].to_numpy(dtype=float), abs=ROUNDING)


def test_a_large_sample_has_the_moments_of_the_population():
    text = "x ~ 2*1\n m ~ 1*1 + 0.5*x\n y ~ 0.3*m + 0.2*x\n x ~~ 2*x"
    data, population = simulate(text, LARGE), population_of(text)
    assert data.cov().loc[list(population.names), list(population.names)].to_numpy() == pytest.approx(
        population.covs[0], abs=2.5 * SAMPLING
    )
    assert data[list(population.names)].mean().to_numpy() == pytest.approx(population.means[0], abs=SAMPLING)


def test_one_seed_one_sample():
    pd.testing.assert_frame_equal(simulate(FACTORS, 50, seed=3), simulate(FACTORS, 50, seed=3))
    assert not simulate(FACTORS, 50, seed=3).equals(simulate(FACTORS, 50, seed=4))


def test_a_fitted_model_is_a_population():
    results = fit(CHAIN, chain_sample())
    data = simulate(results, LARGE)
    implied = results.implied["cov"].loc[data.columns, data.columns]
    assert data.cov().to_numpy() == pytest.approx(implied.to_numpy(), abs=0.03)
    again = fit(CHAIN, data)
    gap = (again.parameters["est"] - results.parameters["est"]) / again.parameters["se"].where(lambda se: se > 0)
    assert gap.abs().max() < 4


def test_a_model_without_values_is_a_standardized_population_that_says_so():
    population = population_of("f =~ x1 + x2\n g =~ y1 + y2\n g ~ f")
    assert population.note == ASSUMED
    cov = pd.DataFrame(population.covs[0], index=population.names, columns=population.names)
    assert np.diag(cov) == pytest.approx(1.0)
    assert cov.loc["x1", "x2"] == pytest.approx(LOADING**2)
    assert cov.loc["x1", "y1"] == pytest.approx(LOADING**2 * PATH)


def test_a_path_without_a_value_is_named():
    with pytest.raises(ModelError, match=r"missing: y ~ m"):
        population_of("m ~ 0.3*x\n y ~ m")
    with pytest.raises(ModelError, match=r"\['y'\] explain more"):
        population_of("y ~ 0.9*x + 0.9*z\n x ~~ 0.5*z", standardized=True)


@pytest.mark.parametrize(("skewness", "kurtosis"), [(0.0, 0.0), (1.0, 2.0), (-0.8, 1.0), (2.0, 7.0), (0.0, -0.8)])
def test_a_cubic_has_the_shape_asked_for(skewness, kurtosis):
    b, c, d = cubic(skewness, kurtosis)
    z, weights = np.polynomial.hermite_e.hermegauss(40)
    y, weights = -c + z * (b + z * (c + z * d)), weights / weights.sum()
    moments = [float(weights @ y**k) for k in (1, 2, 3, 4)]
    assert moments == pytest.approx([0.0, 1.0, skewness, kurtosis + 3.0], abs=1e-6)


def test_impossible_shapes_are_refused():
    with pytest.raises(OptionError, match="at least about"):
        cubic(2.0, 0.0)
    with pytest.raises(OptionError, match="cannot correlate"):
        intermediate(np.array([[1.0, -0.9], [-0.9, 1.0]]), np.array([cubic(2.0, 7.0), cubic(2.0, 7.0)]))


def test_skewed_answers_keep_their_correlations():
    design = Design(skewness={"x1": 1.0, "y1": -1.0, "x2": 1.5}, kurtosis={"x1": 2.0, "y1": 2.0, "x2": 4.0})
    data, population = simulate(FACTORS, LARGE, design=design), population_of(FACTORS)
    sd = np.sqrt(np.diag(population.covs[0]))
    assert data.corr().to_numpy() == pytest.approx(population.covs[0] / np.outer(sd, sd), abs=SAMPLING)
    assert scipy.stats.skew(data) == pytest.approx([1.0, 1.5, 0.0, -1.0, 0.0, 0.0], abs=3 * SAMPLING)
    assert scipy.stats.kurtosis(data) == pytest.approx([2.0, 4.0, 0.0, 2.0, 0.0, 0.0], abs=TAILS)


def test_thresholds_make_categories():
    data = simulate(FACTORS, LARGE, design=Design(thresholds={"x1": [-1, 0, 1], "y1": [0.5]}))
    shares = data["x1"].value_counts(normalize=True).sort_index()
    assert shares.to_numpy() == pytest.approx(np.diff(ndtr([-np.inf, -1, 0, 1, np.inf])), abs=SAMPLING)
    assert sorted(data["y1"].unique()) == [1.0, 2.0]
    assert data["x2"].nunique() == LARGE


def test_thresholds_in_the_text_cut_a_response_of_variance_one():
    cut = "\n x1 | -1*t1 + 0*t2\n y1 | 0.5*t1"
    data = simulate(FACTORS + cut, LARGE)
    shares = data["x1"].value_counts(normalize=True).sort_index()
    assert shares.to_numpy() == pytest.approx([0.1587, 0.3413, 0.5000], abs=SAMPLING)  # lavaan's simulateData as well
    assert (data["y1"] == 2).mean() == pytest.approx(1 - ndtr(0.5), abs=SAMPLING)
    assert data["x2"].var() == pytest.approx(1 + 0.8**2, abs=SAMPLING)
    by_group = simulate("f =~ 0.7*x1 + 0.7*x2 + 0.7*x3\n x1 | c(-1, 1)*t1", LARGE)
    own = by_group.groupby("group")["x1"].mean() - 1
    assert own.to_numpy() == pytest.approx([ndtr(1), ndtr(-1)], abs=SAMPLING)
    with pytest.raises(ModelError, match="thresholds of 'x1' need rising values"):
        simulate(FACTORS + "\n x1 | 1*t1 + 0*t2", 10)
    with pytest.raises(OptionError, match="both the model and the design"):
        simulate(FACTORS + cut, 10, design=Design(thresholds=[0.0]))


def test_an_ordinal_fit_is_a_population():
    cuts = "".join(f"\n {name} | -1*t1 + 0*t2 + 1*t3" for name in ("x1", "x2", "x3", "y1", "y2", "y3"))
    model = "f =~ x1 + x2 + x3\n g =~ y1 + y2 + y3\n g ~ f"
    results = fit(model, simulate(FACTORS + cuts, 1000, standardized=True), ordered=True)
    again = fit(model, simulate(results, 50_000), ordered=True)
    assert (again.parameters["est"] - results.parameters["est"]).abs().max() < 2 * SAMPLING


def test_gaps_at_random_and_by_another_answer():
    completely = simulate(FACTORS, 50_000, design=Design(missing=0.2)).isna()
    assert completely.mean().to_numpy() == pytest.approx(np.full(6, 0.2), abs=SAMPLING)
    data = simulate(FACTORS, 50_000, design=Design(missing=0.2, missing_by="x1"))
    gaps = data.isna().drop(columns="x1")
    assert not data["x1"].isna().any()
    assert gaps.mean().to_numpy() == pytest.approx(np.full(5, 0.2), abs=SAMPLING)
    high = data["x1"] > data["x1"].quantile(0.9)
    assert gaps[high].mean().mean() == pytest.approx(0.4 * ndtr(scipy.stats.norm.ppf(0.9) + 0.41), abs=0.02)


def test_clusters_have_the_intraclass_correlation():
    data = simulate(FACTORS, 100_000, design=Design(clusters=2000, icc=0.15))
    between = data.groupby("cluster")["x1"].mean().var()
    within = data.groupby("cluster")["x1"].var().mean()
    size = 50
    icc = (between - within / size) / (between + within * (1 - 1 / size))
    assert icc == pytest.approx(0.15, abs=SAMPLING)
    assert data["cluster"].value_counts().eq(size).all()


def test_groups_have_their_own_values_and_sizes():
    text = "y ~ c(0.2, 0.5)*x\n y ~ c(0, 1)*1"
    data = simulate(text, 60_000, design=Design(groups={"north": 1, "south": 2}))
    assert data["group"].value_counts().to_dict() == {"south": 40_000, "north": 20_000}
    slopes = data.groupby("group")[["x", "y"]].apply(lambda part: np.polyfit(part["x"], part["y"], 1)[0])
    assert slopes.to_dict() == pytest.approx({"north": 0.2, "south": 0.5}, abs=SAMPLING)
    assert data.groupby("group")["y"].mean().to_dict() == pytest.approx({"north": 0.0, "south": 1.0}, abs=2 * SAMPLING)
    assert simulate(text, 10)["group"].tolist() == [1] * 5 + [2] * 5


def test_careless_respondents_are_marked():
    cuts = [-1, 0, 1]
    straight = simulate(FACTORS, 20_000, design=Design(thresholds=cuts, careless=0.1))
    items = straight.columns[:6]
    assert straight["careless"].mean() == pytest.approx(0.1, abs=SAMPLING)
    assert straight.loc[straight["careless"], items].nunique(axis=1).eq(1).all()
    random = simulate(FACTORS, 20_000, design=Design(thresholds=cuts, careless=0.5, careless_style="random"))
    own = random.loc[random["careless"], items]
    assert own["x1"].value_counts(normalize=True).to_numpy() == pytest.approx(np.full(4, 0.25), abs=0.03)
    assert abs(own.corr().to_numpy()[np.triu_indices(6, 1)]).max() < 0.05


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"missing": 1.2}, "missing is a share"),
        ({"missing": 0.6, "missing_by": "x1"}, "at most 0.5"),
        ({"icc": 0.1}, "clusters and icc go together"),
        ({"clusters": 1}, "clusters must be a whole number of at least 2"),
        ({"clusters": 10, "cluster_size": 5}, "leave one of them out"),
        ({"careless_style": "lazy"}, "allowed: straight, random"),
        ({"thresholds": [1, 0]}, "must rise"),
        ({"groups": {"a": 1}}, "2 or more labels"),
        ({"groups": ["a", "b"]}, "as in {'old': 0.6, 'new': 0.4}"),
        ({"missing": {"x1": 0.1}}, "missing is a share"),
        ({"thresholds": 3}, "must rise"),
        ({"skewness": {"x1": "much"}}, "skewness takes a number"),
    ],
)
def test_impossible_designs_are_refused(options, said):
    with pytest.raises(OptionError, match=said):
        Design(**options)


def test_wrong_calls_are_refused():
    with pytest.raises(OptionError, match=r"\['x9'\], which the model does not observe"):
        simulate(FACTORS, 10, design=Design(skewness={"x9": 1.0}))
    with pytest.raises(OptionError, match="clusters and icc go together"):
        simulate(FACTORS, 10, design=Design(clusters=10))
    with pytest.raises(OptionError, match="n must be a whole number"):
        simulate(FACTORS, 0)
    with pytest.raises(OptionError, match="rename the variable"):
        simulate("group ~ 0.3*x", 10)
    with pytest.raises(OptionError, match="speaks of 2 groups, the design of 3"):
        simulate("y ~ c(0.2, 0.5)*x", 10, design=Design(groups={"a": 1, "b": 1, "c": 1}))
