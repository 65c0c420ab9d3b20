"""Weights at two levels beside missing answers, against the weighted likelihood of every cluster written out.

Given the cluster's part u, every row's likelihood of what it answers has the power of its weight; the integral over u
has a closed form (Asparouhov 2006, doi 10.1080/03610920500476598).
"""

import numpy as np
import pandas as pd
import pytest

from sexresearch import sem

FULL = "y1 ~~ y1 + y2 + y3\ny2 ~~ y2 + y3\ny3 ~~ y3"
MODEL = f"level: 1\n{FULL}\nlevel: 2\n{FULL}\ny1 + y2 + y3 ~~ z\nz ~~ z\ny1 + y2 + y3 + z ~ 1"
CHAIN = "level: 1\nfw =~ y1 + y2 + y3\nlevel: 2\nfb =~ y1 + y2 + y3\nfb ~ z"
WEIGHTS = [{"sampling_weights": "w"}, {"cluster_weights": "v"}, {"sampling_weights": "w", "cluster_weights": "v"}]
BOTH = {"cluster": "branch", "sampling_weights": "w", "cluster_weights": "v"}
SAME, NEAR = 1e-8, 1e-6  # relative: one number told twice; the ends of two searches
STEP, STEP_ERROR = 1e-4, 1e-5  # of derivatives by differences, and their relative error
pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")


def answers(seed: int = 3, clusters: int = 40) -> pd.DataFrame:
    """Some answers are missing, of some clusters z is."""
    rng = np.random.default_rng(seed)
    branch = np.repeat(np.arange(clusters), rng.integers(4, 9, clusters))
    part = rng.multivariate_normal([1.0, 2.0, 2.5], 0.3 + 0.2 * np.eye(3), clusters)
    values = part[branch] + rng.multivariate_normal(np.zeros(3), 0.4 + 0.6 * np.eye(3), len(branch))
    values[rng.random(values.shape) < 0.2] = np.nan
    z = np.where(np.arange(clusters) % 9, 0.5 * part[:, 0] + rng.normal(size=clusters), np.nan)
    frame = pd.DataFrame(values, columns=["y1", "y2", "y3"])
    return frame.assign(z=z[branch], branch=branch, w=rng.uniform(0.3, 3.0, len(branch)), v=1.0 + branch % 3)


def parts(data: pd.DataFrame, weights: dict[str, str]) -> list[tuple[np.ndarray, np.ndarray, float, float]]:
    """Of every cluster: answers, weights within it that sum to its size, its value of z, its weight."""
    found = []
    for _, own in data[data[["y1", "y2", "y3"]].notna().any(axis=1)].groupby("branch"):
        within = own["w"].to_numpy() if "sampling_weights" in weights else np.ones(len(own))
        above = own["v"].iloc[0] if "cluster_weights" in weights else 1.0
        found.append((own[["y1", "y2", "y3"]].to_numpy(), within * len(own) / within.sum(), own["z"].iloc[0], above))
    scale = sum(len(y) for y, _, _, _ in found) / sum(above * len(y) for y, _, _, above in found)
    return [(y, within, z, above * scale) for y, within, z, above in found]


def padded_inverses(cov: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows, 3, 3) inverses of the answered part of a covariance matrix, and log determinants of 2 pi times it."""
    kinds, code = np.unique(seen, axis=0, return_inverse=True)
    V, logs = np.zeros((len(kinds), 3, 3)), np.zeros(len(kinds))
    for k, kind in enumerate(kinds):
        own = cov[np.ix_(kind, kind)]
        V[k][np.ix_(kind, kind)], logs[k] = np.linalg.inv(own), np.linalg.slogdet(2 * np.pi * own)[1]
    return V[code.ravel()], logs[code.ravel()]


def log_likelihoods(within: np.ndarray, between: np.ndarray, mean: np.ndarray, clusters: list) -> np.ndarray:
    """Of every cluster, at covariances within (3, 3) and between (4, 4), z last, and means (4,)."""
    rows, weight = np.concatenate([y for y, *_ in clusters]), np.concatenate([w for _, w, *_ in clusters])
    starts = np.cumsum([0, *(len(y) for y, *_ in clusters[:-1])])
    z, above = np.array([[z, v] for *_, z, v in clusters]).T
    (V, logs), x = padded_inverses(within, ~np.isnan(rows)), np.nan_to_num(rows)
    V = V * weight[:, None, None]
    toward = np.einsum("nab,nb->na", V, x)
    A, b = np.add.reduceat(V, starts), np.add.reduceat(toward, starts)
    square = np.add.reduceat(weight * logs + (toward * x).sum(axis=1), starts)
    known, slope = ~np.isnan(z), between[:3, 3] / between[3, 3]
    C = between[:3, :3] - np.where(known[:, None, None], np.outer(slope, between[:3, 3]), 0.0)
    gap = np.where(known, z - mean[3], 0.0)
    centre = mean[:3] + gap[:, None] * slope
    square += np.where(known, np.log(2 * np.pi * between[3, 3]) + gap**2 / between[3, 3], 0.0)
    prior = np.linalg.inv(C)
    pulled = np.einsum("jab,jb->ja", prior, centre)
    A, b, square = A + prior, b + pulled, square + (pulled * centre).sum(axis=1)
    square += np.linalg.slogdet(C)[1] + np.linalg.slogdet(A)[1]
    return -0.5 * above * (square - (b * np.linalg.solve(A, b[..., None])[..., 0]).sum(axis=1))


def at(theta: np.ndarray, clusters: list) -> np.ndarray:
    """The same at the parameters of MODEL in the order of its table."""
    w, b, mean = np.zeros((3, 3)), np.zeros((4, 4)), theta[16:20]
    for cov, places, values in (
        (w, ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)), theta[:6]),
        (b, ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2), (0, 3), (1, 3), (2, 3), (3, 3)), theta[6:16]),
    ):
        for (i, j), value in zip(places, values, strict=True):
            cov[i, j] = cov[j, i] = value
    return log_likelihoods(w, b, mean, clusters)


def slopes(theta: np.ndarray, clusters: list) -> np.ndarray:
    """(clusters, parameters) derivatives by central differences."""
    steps = STEP * np.eye(len(theta))
    return np.stack([(at(theta + s, clusters) - at(theta - s, clusters)) / (2 * STEP) for s in steps], axis=1)


@pytest.mark.parametrize("weights", WEIGHTS, ids=["respondents", "clusters", "both"])
def test_likelihood_and_maximum_are_those_of_the_weighted_likelihood(weights):
    data = answers()
    results = sem.fit(MODEL, data, cluster="branch", missing="fiml", **weights)
    table, clusters = results.parameters, parts(data, weights)
    free = table["se"] > 0
    theta = table.loc[free, "est"].to_numpy()
    assert results.fit_measures["logl"] == pytest.approx(at(theta, clusters).sum(), rel=SAME)
    each = slopes(theta, clusters)
    assert np.abs(each.sum(axis=0)).max() < STEP_ERROR * results.nobs
    if len(weights) == 2:
        assert table.loc[free, "se"].to_numpy() == pytest.approx(sandwich(theta, clusters), rel=100 * STEP_ERROR)


def sandwich(theta: np.ndarray, clusters: list) -> np.ndarray:
    """(parameters,) errors from the slopes of the clusters, and second differences of their sum."""
    each = slopes(theta, clusters)
    around = [theta + sign * STEP * step for step in np.eye(len(theta)) for sign in (1, -1)]
    totals = [slopes(point, clusters).sum(axis=0) for point in around]
    bread = np.linalg.inv([-(up - down) / (2 * STEP) for up, down in zip(totals[::2], totals[1::2], strict=True)])
    return np.sqrt(np.diag(bread @ each.T @ each @ bread))


def test_gradient_is_that_of_the_weighted_likelihood_of_a_model():
    found = sem.fit(CHAIN, answers(), missing="fiml", fixed_x=False, **BOTH).fitted
    theta = found.theta * 1.05
    steps = np.eye(len(theta)) * 1e-6
    slope = [(found.objective.value(theta + s) - found.objective.value(theta - s)) / 2e-6 for s in steps]
    assert found.objective.curve(theta).gradient == pytest.approx(slope, abs=1e-7)
    point = found.objective.at(theta)[0]
    assert -point.cluster_scores.sum(axis=0) / found.n == pytest.approx(slope, abs=1e-7)


def test_complete_answers_weigh_as_they_do_without_gaps():
    data = answers().dropna()
    listwise, fiml = (sem.fit(CHAIN, data, missing=missing, **BOTH) for missing in ("listwise", "fiml"))
    for column in ("est", "se"):
        ours, theirs = (r.parameters[column].to_numpy() for r in (fiml, listwise))
        assert ours == pytest.approx(theirs, rel=NEAR, abs=NEAR)


def test_groups_are_weighted_as_each_would_be_alone():
    data = answers().assign(region=lambda frame: np.where(frame["branch"] % 2, "north", "south"))
    options = {"missing": "fiml", "fixed_x": False, **BOTH}
    together = sem.fit(CHAIN, data, group="region", **options).parameters
    for region, own in data.groupby("region"):
        alone = sem.fit(CHAIN, own, **options).parameters
        for column in ("est", "se"):
            rows = together.loc[together["group"] == region, column].to_numpy()
            assert rows == pytest.approx(alone[column].to_numpy(), rel=20 * NEAR, abs=20 * NEAR)


def test_equal_weights_change_nothing_and_a_cluster_of_weight_two_is_two():
    data, options = answers(), {"missing": "fiml", "fixed_x": False}
    plain = sem.fit(CHAIN, data, cluster="branch", estimator="MLR", **options)
    equal = sem.fit(CHAIN, data.assign(w=7.0, v=0.2), **BOTH, **options)
    for column in ("est", "se"):
        assert equal.parameters[column].to_numpy() == pytest.approx(plain.parameters[column].to_numpy(), rel=NEAR)
    data = data.assign(v=lambda frame: 1.0 + frame["branch"] % 2)
    twice = pd.concat([data, data[data["v"] == 2].assign(branch=lambda frame: frame["branch"] + 1000)])
    one = sem.fit(CHAIN, data, cluster="branch", cluster_weights="v", **options).parameters["est"]
    two = sem.fit(CHAIN, twice, cluster="branch", **options).parameters["est"]
    assert one.to_numpy() == pytest.approx(two.to_numpy(), rel=20 * NEAR)


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_scores_of_clusters_use_the_weights(missing):
    """The maximum over the cluster's part of its weighted log-likelihood: a row of weight 2 counts as two rows."""
    data = answers().dropna() if missing == "listwise" else answers()
    data["w"] = 1.0 + data.index % 2
    found = sem.fit(CHAIN, data, cluster="branch", sampling_weights="w", missing=missing, fixed_x=False)
    scores = found.factor_scores()
    within, between = found.fitted.states
    own = data[(data["branch"] == 7) & data[["y1", "y2", "y3"]].notna().any(axis=1)]
    weight = own["w"].to_numpy() * len(own) / own["w"].sum()
    A, r = np.zeros((3, 3)), np.zeros(3)
    for row, w in zip(own[["y1", "y2", "y3"]].to_numpy(), weight, strict=True):
        seen = ~np.isnan(row)
        V = np.zeros((3, 3))
        V[np.ix_(seen, seen)] = np.linalg.inv(within.cov[np.ix_(seen, seen)])
        A, r = A + w * V, r + w * V @ np.nan_to_num(row - between.mean[:3])
    # The cluster's mean as one answer of covariance A^-1 beside z
    joint = between.cov.copy()
    joint[:3, :3] += np.linalg.inv(A)
    gap = np.append(np.linalg.solve(A, r), own["z"].iloc[0] - between.mean[3])
    expected = between.C[4, -1] + between.all_cov[4, :4] @ np.linalg.solve(joint, gap)
    assert scores.loc[own.index, "fb"].to_numpy() == pytest.approx(expected, abs=1e-8)


def test_uneven_weights_of_clusters_are_said():
    data = answers().dropna()
    data["v"] = np.where(data["branch"] == 7, 300.0, 1.0)
    said = r"cluster weights 'v' are so uneven that \d+ clusters tell as much as 1\.\d"
    with pytest.warns(sem.FitWarning, match=said):
        sem.fit(CHAIN, data, cluster="branch", cluster_weights="v")
