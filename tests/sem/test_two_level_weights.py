"""Weights of respondents and of clusters at two levels, against the weighted likelihood of every cluster written out.

lavaan refuses them. Given the cluster's part u, every respondent's likelihood has the power of its weight; the integral
over u is that of a normal density and has a closed form, which is written out here without any of the sums that the fit
uses (Asparouhov 2006, doi 10.1080/03610920500476598).
"""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch import errors, sem

MODEL = "level: 1\ny1 ~~ y1 + y2\ny2 ~~ y2\nlevel: 2\ny1 ~~ y1 + y2 + z\ny2 ~~ y2 + z\nz ~~ z\ny1 ~ 1\ny2 ~ 1\nz ~ 1"
CHAIN = "level: 1\nfw =~ y1 + y2 + y3\nlevel: 2\nfb =~ y1 + y2 + y3\nfb ~ z"
WEIGHTS = [{"sampling_weights": "w"}, {"cluster_weights": "v"}, {"sampling_weights": "w", "cluster_weights": "v"}]
SAME = 1e-8  # relative: two ways to one number
STEP, STEP_ERROR = 1e-4, 1e-5  # of derivatives by differences, and their relative error
pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")


def answers(seed: int = 3, clusters: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    branch = np.repeat(np.arange(clusters), rng.integers(4, 9, clusters))
    part = rng.multivariate_normal([1.0, 2.0, 2.5], 0.3 + 0.2 * np.eye(3), clusters)
    own = rng.multivariate_normal(np.zeros(3), 0.4 + 0.6 * np.eye(3), len(branch))
    frame = pd.DataFrame(part[branch] + own, columns=["y1", "y2", "y3"])
    z = 0.5 * part[:, 0] + rng.normal(size=clusters)
    weight = rng.uniform(0.3, 3.0, len(branch))
    return frame.assign(z=z[branch], branch=branch, w=weight, v=1.0 + branch % 3)


def parts(data: pd.DataFrame, weights: dict[str, str]) -> list[tuple[np.ndarray, np.ndarray, float, float]]:
    """Of every cluster: answers, weights within it that sum to its size, its value of z, its weight."""
    found = []
    for _, own in data.groupby("branch"):
        within = own[weights["sampling_weights"]].to_numpy() if "sampling_weights" in weights else np.ones(len(own))
        above = own[weights["cluster_weights"]].iloc[0] if "cluster_weights" in weights else 1.0
        found.append((own[["y1", "y2"]].to_numpy(), within * len(own) / within.sum(), own["z"].iloc[0], above))
    scale = len(data) / sum(above * len(y) for y, _, _, above in found)
    return [(y, within, z, above * scale) for y, within, z, above in found]


def log_likelihoods(theta: np.ndarray, clusters: list) -> np.ndarray:
    """Of every cluster, at the parameters of MODEL in the order of its table."""
    w11, w12, w22, b11, b12, b1z, b22, b2z, bzz, m1, m2, mz = theta
    W, B = np.array([[w11, w12], [w12, w22]]), np.array([[b11, b12], [b12, b22]])
    cross, mean = np.array([b1z, b2z]), np.array([m1, m2])
    C = B - np.outer(cross, cross) / bzz  # of the clusters' parts, given z
    inverse, given = np.linalg.inv(W), np.linalg.inv(C)
    out = []
    for y, weight, z, above in clusters:
        centre = mean + cross / bzz * (z - mz)
        A = weight.sum() * inverse + given
        b = inverse @ (weight @ y) + given @ centre
        square = np.einsum("i,ia,ab,ib->", weight, y, inverse, y) + centre @ given @ centre - b @ np.linalg.solve(A, b)
        logs = weight.sum() * np.linalg.slogdet(2 * np.pi * W)[1] + np.linalg.slogdet(2 * np.pi * C)[1]
        logs += np.log(2 * np.pi * bzz) + (z - mz) ** 2 / bzz - np.linalg.slogdet(2 * np.pi * np.linalg.inv(A))[1]
        out.append(-0.5 * above * (logs + square))
    return np.array(out)


def slopes(theta: np.ndarray, clusters: list) -> np.ndarray:
    """(clusters, parameters) derivatives by central differences."""
    steps = STEP * np.eye(len(theta))
    pairs = [(log_likelihoods(theta + s, clusters), log_likelihoods(theta - s, clusters)) for s in steps]
    return np.stack([(up - down) / (2 * STEP) for up, down in pairs], axis=1)


@pytest.fixture(scope="module", params=WEIGHTS, ids=["respondents", "clusters", "both"])
def weighted(request) -> tuple[sem.Results, np.ndarray, list]:
    data = answers()
    results = sem.fit(MODEL, data, cluster="branch", **request.param)
    free = results.parameters["se"] > 0
    return results, results.parameters.loc[free, "est"].to_numpy(), parts(data, request.param)


def test_the_likelihood_is_the_weighted_one_and_has_its_maximum_there(weighted):
    results, theta, clusters = weighted
    assert results.fit_measures["logl"] == pytest.approx(log_likelihoods(theta, clusters).sum(), rel=SAME)
    assert np.abs(slopes(theta, clusters).sum(axis=0)).max() < STEP_ERROR * results.nobs


def test_errors_are_the_sandwich_of_the_clusters_slopes(weighted):
    results, theta, clusters = weighted
    each = slopes(theta, clusters)
    around = [theta + sign * STEP * step for step in np.eye(len(theta)) for sign in (1, -1)]
    totals = [slopes(point, clusters).sum(axis=0) for point in around]
    bread = np.linalg.inv([-(up - down) / (2 * STEP) for up, down in zip(totals[::2], totals[1::2], strict=True)])
    errors_ = np.sqrt(np.diag(bread @ each.T @ each @ bread))
    table = results.parameters
    assert table.loc[table["se"] > 0, "se"].to_numpy() == pytest.approx(errors_, rel=100 * STEP_ERROR)
    assert results.options.estimator == "MLR"


def test_a_cluster_of_weight_two_counts_as_two_clusters():
    data = answers().assign(v=lambda frame: 1.0 + frame["branch"] % 2)
    twice = pd.concat([data, data[data["v"] == 2].assign(branch=lambda frame: frame["branch"] + 1000)])
    one = sem.fit(CHAIN, data, cluster="branch", cluster_weights="v").parameters["est"]
    two = sem.fit(CHAIN, twice, cluster="branch").parameters["est"]
    assert one.to_numpy() == pytest.approx(two.to_numpy(), rel=1e-6)  # two searches end within this of each other


def test_equal_weights_change_nothing_and_are_scaled():
    data = answers().assign(w=7.0, v=0.2)
    plain = sem.fit(CHAIN, data, cluster="branch", estimator="MLR")
    equal = sem.fit(CHAIN, data, cluster="branch", sampling_weights="w", cluster_weights="v")
    for column in ("est", "se"):
        assert equal.parameters[column].to_numpy() == pytest.approx(plain.parameters[column].to_numpy(), rel=SAME)
    assert equal.fit_measures.to_numpy() == pytest.approx(plain.fit_measures.to_numpy(), rel=SAME, nan_ok=True)
    assert any("they change nothing" in text for text in equal.problems)


BOTH = {"cluster": "branch", "sampling_weights": "w", "cluster_weights": "v"}
NEAR = 1e-6  # relative: two searches end within this of each other


def test_groups_are_weighted_as_each_would_be_alone():
    data = answers().assign(region=lambda frame: np.where(frame["branch"] % 2, "north", "south"))
    together = sem.fit(CHAIN, data, group="region", **BOTH).parameters
    for region, own in data.groupby("region"):
        alone = sem.fit(CHAIN, own, **BOTH).parameters
        for column in ("est", "se"):
            rows = together.loc[together["group"] == region, column].to_numpy()
            assert rows == pytest.approx(alone[column].to_numpy(), rel=NEAR, abs=NEAR)


def test_weights_are_those_of_the_rows_that_take_part():
    data = answers()
    data.loc[data.index % 7 == 0, "y2"] = np.nan
    dropped = sem.fit(CHAIN, data, **BOTH).parameters["est"].to_numpy()
    assert dropped == pytest.approx(sem.fit(CHAIN, data.dropna(), **BOTH).parameters["est"].to_numpy(), rel=NEAR)


def test_fixed_covariates_change_no_path():
    fixed, free = (sem.fit(CHAIN, answers(), fixed_x=x, **BOTH) for x in (True, False))
    paths = [r.parameters.query("op in ('~', '=~')")[["est", "se"]].to_numpy() for r in (fixed, free)]
    assert paths[0] == pytest.approx(paths[1], rel=1e-3)  # errors: the other model has more scores


def test_weights_undo_a_draw_that_depends_on_the_answers():
    """Unhappy respondents answer three times as often; their weights bring the mean back, which is 1 in truth."""
    rng = np.random.default_rng(11)
    branch = np.repeat(np.arange(400), 40)
    part = rng.normal(0.0, 0.6, (400, 1))[branch]
    frame = pd.DataFrame(1.0 + part + rng.normal(size=(len(branch), 3)), columns=["y1", "y2", "y3"])
    unhappy = frame["y1"] - part[:, 0] < 1.0
    frame = frame.assign(z=rng.normal(size=400)[branch], branch=branch, w=np.where(unhappy, 1.0, 3.0))
    drawn = frame[rng.random(len(frame)) < np.where(unhappy, 0.6, 0.2)]
    model = "level: 1\ny1 ~~ y1\nlevel: 2\ny1 ~~ y1\ny1 ~ 1"
    means = [
        sem.fit(model, drawn, cluster="branch", **weights).parameters.query("op == '~1'")["est"].iloc[-1]
        for weights in ({}, {"sampling_weights": "w"})
    ]
    assert means[0] < 0.75
    assert means[1] == pytest.approx(1.0, abs=0.1)  # three standard errors


def test_what_was_weighted_is_told():
    results = sem.fit(CHAIN, answers(), cluster="branch", sampling_weights="w", cluster_weights="v")
    text = sx.write_up(results).methods
    assert "weighted within their cluster by w (Asparouhov, 2006)" in text
    assert "Clusters were weighted by v" in text
    assert "asparouhov2006" in results.bibliography
    with pytest.raises(errors.OptionError, match="no weights at two levels"):
        results.to_lavaan()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"cluster_weights": "w"}, "cluster weights 'w' vary within 60 of 60 clusters"),
        ({"cluster_weights": "none"}, "cluster weights 'none' are 0 in 1 of 60 clusters"),
        ({"sampling_weights": "empty"}, "all zero in 1 of 60 clusters"),
        ({"cluster_weights": "one"}, "the cluster of row 0 has 99.*so that the other 59 clusters hardly count"),
        ({"cluster_weights": "gap"}, "cluster weights 'gap' must be numbers"),
        ({"cluster_weights": "absent"}, "columns not in the data: 'absent'"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(options, text):
    data = answers().assign(none=lambda f: (f["branch"] > 0) * 1.0, empty=lambda f: f["w"] * (f["branch"] > 0))
    data["gap"] = data["v"].where(data["branch"] > 0)
    data["one"] = np.where(data["branch"] == 0, 1e6, 1.0)
    with pytest.raises(errors.SexresearchError, match=text):
        sem.fit(CHAIN, data, cluster="branch", **options)


def test_weights_of_clusters_need_two_levels():
    with pytest.raises(errors.OptionError, match="needs a model of two levels"):
        sem.fit("f =~ y1 + y2 + y3", answers(), cluster="branch", cluster_weights="v")


def test_clusters_of_a_group_that_count_twice_count_as_if_they_were_there_twice():
    """Weights of clusters have one scale for all groups."""
    data = answers().assign(region=lambda frame: np.where(frame["branch"] % 2, "north", "south"))
    data["v"] = np.where(data["region"] == "north", 2.0, 1.0)
    again = data[data["region"] == "north"].assign(branch=lambda frame: frame["branch"] + 1000)
    options = {"cluster": "branch", "group": "region", "group_equal": ["loadings"]}
    weighed = sx.fit(CHAIN, data, cluster_weights="v", **options)
    twice = sx.fit(CHAIN, pd.concat([data, again]), **options)
    np.testing.assert_allclose(weighed.parameters["est"], twice.parameters["est"], rtol=1e-5, atol=1e-6)
