"""Models of two levels: what they are told apart by, and what wrong input is told."""

import numpy as np
import pandas as pd
import pytest

from sexresearch import errors, sem

MODEL = "level: 1\nfw =~ y1 + y2 + y3\nfw ~ x\nlevel: 2\nfb =~ y1 + y2 + y3\nfb ~ w"
SAME = 1e-8  # relative: two ways to one maximum
STEP_ERROR = 1e-5  # relative: of second derivatives by differences
pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")


def answers(seed: int = 5, clusters: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    branch = np.repeat(np.arange(clusters), rng.integers(4, 9, clusters))
    w, n = rng.normal(size=clusters), len(branch)
    x = rng.normal(size=n)
    factor = 0.5 * x + rng.normal(size=n) + (0.6 * w + 0.8 * rng.normal(size=clusters))[branch]
    items = (
        factor[:, None] * [1.0, 0.8, 1.2] + 0.7 * rng.normal(size=(n, 3)) + 0.3 * rng.normal(size=(clusters, 3))[branch]
    )
    frame = pd.DataFrame(items + np.array([3.0, 4.0, 5.0]), columns=["y1", "y2", "y3"])
    return frame.assign(x=x, w=w[branch], branch=branch, region=np.where(branch % 2, "north", "south"))


def with_gaps(data: pd.DataFrame) -> pd.DataFrame:
    rng, data = np.random.default_rng(8), data.copy()
    for name in ("y1", "y2", "y3"):
        data.loc[rng.random(len(data)) < 0.2, name] = np.nan
    return data


@pytest.fixture(scope="module")
def results() -> sem.Results:
    return sem.fit(MODEL, answers(), cluster="branch")


def test_tables_tell_the_levels_apart(results):
    table = results.parameters
    assert table["level"].dropna().unique().tolist() == [1, 2]
    assert results.nobs == len(answers()) == results.fit_measures["ntotal"]
    assert results.r_squared.index.names == ["level", "variable"]
    assert set(results.implied) == {1, 2}
    assert results.implied[2]["cov"].columns.tolist() == ["y1", "y2", "y3", "w"]
    text = repr(results.summary())
    assert "Latent variables — level 1" in text
    assert "Regressions — level 2" in text
    measures = results.fit_measures
    assert measures["srmr"] == pytest.approx(measures["srmr_within"] + measures["srmr_between"])
    assert measures.notna().all()


def test_a_model_that_restricts_nothing_reaches_the_unrestricted_maximum():
    pairs = "y1 ~~ y2 + y3\ny2 ~~ y3"
    found = sem.fit(f"level: 1\n{pairs}\nlevel: 2\n{pairs}", answers(), cluster="branch")
    assert found.fit_measures["df"] == 0
    assert found.fitted.log_likelihood == pytest.approx(found.fitted.saturated_log_likelihood, rel=SAME)


def test_units_and_order_of_rows_do_not_matter(results):
    data = answers()
    scaled = data.assign(y2=data["y2"] * 1000 + 2e5, w=data["w"] / 50 + 7).sample(frac=1, random_state=1)
    other = sem.fit(MODEL, scaled, cluster="branch")
    assert other.fit_measures["chisq"] == pytest.approx(results.fit_measures["chisq"], rel=1e-6)
    ours, theirs = (r.parameters.query("op != '~1'")["std_all"].to_numpy() for r in (results, other))
    assert theirs == pytest.approx(ours, rel=1e-5, abs=1e-5)


def test_gaps_that_are_none_change_nothing(results):
    data = answers()
    lost = pd.concat([data, data.iloc[[0]].assign(y1=np.nan, y2=np.nan, y3=np.nan)])
    whole = sem.fit(MODEL, data, cluster="branch", missing="fiml")
    assert whole.fit_measures["chisq"] == pytest.approx(results.fit_measures["chisq"], rel=SAME)
    assert sem.fit(MODEL, lost, cluster="branch", missing="fiml").converged


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_incomplete_answers_are_all_used(estimator):
    data = with_gaps(answers())
    found = sem.fit(MODEL, data, cluster="branch", missing="fiml", estimator=estimator)
    assert found.converged
    assert found.nobs > len(data.dropna())
    objective, theta = found.fitted.objective, found.fitted.theta * 1.05
    steps = np.eye(len(theta)) * 1e-6
    slope = [(objective.value(theta + s) - objective.value(theta - s)) / 2e-6 for s in steps]
    assert objective.curve(theta).gradient == pytest.approx(slope, abs=1e-7)
    assert (found.parameters.query("se > 0")["se"] < 1.0).all()


def test_scores_of_clusters_sum_to_the_gradient():
    for missing, data in (("listwise", answers()), ("fiml", with_gaps(answers()))):
        fitted = sem.fit(MODEL, data, cluster="branch", missing=missing).fitted
        point = fitted.objective.at(fitted.theta * 1.1)[0]
        slope = fitted.objective.curve(fitted.theta * 1.1).gradient * fitted.n
        assert -point.cluster_scores.sum(axis=0) == pytest.approx(slope, abs=1e-6 * np.abs(slope).max())


def test_groups_fit_as_they_do_apart():
    data = answers()
    together = sem.fit(MODEL, data, cluster="branch", group="region")
    apart = [sem.fit(MODEL, part, cluster="branch") for _, part in data.groupby("region", sort=False)]
    assert together.fit_measures["chisq"] == pytest.approx(sum(r.fit_measures["chisq"] for r in apart), rel=1e-6)
    assert together.groups == tuple(data["region"].unique())
    assert set(together.implied) == {(label, level) for label in together.groups for level in (1, 2)}


def test_group_equal_holds_equal_within_each_level():
    found = sem.fit(MODEL, answers(), cluster="branch", group="region", group_equal=["loadings", "intercepts"])
    table = found.parameters.query("op == '=~'")
    assert table.groupby(["level", "rhs"])["est"].nunique().max() == 1
    means = found.parameters.query("op == '~1' and lhs in ['fw', 'fb'] and se > 0")
    assert means[["lhs", "level"]].to_numpy().tolist() == [["fb", 2]]


def wrong(**changes):
    return answers().assign(**changes)


BAD = {
    "varies": (wrong(w=np.arange(len(answers()))), {}, "level 2 alone vary within clusters: 'w'"),
    "still": (wrong(x=answers()["w"]), {}, "do not vary within any cluster: 'x'; name them at level 2"),
    "single": (wrong(branch=np.arange(len(answers()))), {}, "every cluster holds a single row"),
    "one": (wrong(branch=1), {}, "single cluster|holds"),
    "crossing": (wrong(region=np.where(np.arange(len(answers())) % 2, "a", "b")), {"group": "region"}, "cuts through"),
    "few": (answers(clusters=4), {}, "4 clusters for 4 variables at level 2"),
    "none": (wrong(branch=np.nan), {}, "no row has a cluster in 'branch': name the column"),
    "none, fiml": (wrong(branch=np.nan), {"missing": "fiml"}, "no row has a cluster in 'branch': name the column"),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_data_are_named(case):
    data, options, message = BAD[case]
    with pytest.raises(errors.DataError, match=message):
        sem.fit(MODEL, data, cluster="branch", **options)


def test_options_that_do_not_go_with_levels_are_named():
    data = answers()
    with pytest.raises(errors.OptionError, match="name the column of the clusters"):
        sem.fit(MODEL, data)
    for options in ({"estimator": "WLS"}, {"ordered": ["y1"]}, {"missing": "pairwise"}):
        with pytest.raises(errors.OptionError, match=f"do not go with {next(iter(options))}"):
            sem.fit(MODEL, data, cluster="branch", **options)
    with pytest.raises(errors.OptionError, match="need the respondents' answers"):
        sem.fit(MODEL, moments=sem.Moments(data[["y1", "y2"]].cov(), 100))


def test_questions_of_one_level_refuse_two(results):
    for ask in (results.modification_indices, results.residual_table, results.score_tests):
        with pytest.raises(errors.OptionError, match="one level"):
            ask()


def test_gaps_in_the_cluster_column_and_few_clusters_are_said():
    data = answers(clusters=9)
    data.loc[3, "branch"] = np.nan
    problems = " ".join(sem.fit(MODEL, data, cluster="branch").problems)
    assert "1 rows have no cluster in 'branch'" in problems
    assert "parameters at level 2 but only 9 clusters" in problems


def test_a_variable_of_both_levels_that_is_alike_in_all_clusters_is_named():
    data = answers()
    data["y2"] -= data.groupby("branch")["y2"].transform("mean")
    problems = sem.fit(MODEL, data, cluster="branch").problems
    assert any(text.startswith("'y2' varies no more between clusters") for text in problems)
    assert not any("varies no more" in text for text in sem.fit(MODEL, answers(), cluster="branch").problems)


def test_factor_scores_are_what_all_answers_of_a_cluster_lead_to_expect(results):
    """Held against the joint normal distribution of factors and answers of one cluster, written out."""
    data, fitted = answers(), results.fitted
    scores = results.factor_scores()
    within, between = fitted.states
    rows = data[data["branch"] == 7]
    n, items = len(rows), 3
    y = np.column_stack([rows[["y1", "y2", "y3", "x"]].to_numpy() - within.mean - np.append(between.mean[:items], 0)])
    shared = np.zeros((4, 4))
    shared[:items, :items] = between.cov[:items, :items]
    across = np.kron(np.ones((n, 1)), np.append(between.cov[:items, 3], 0)[:, None])
    own = np.kron(np.eye(n), within.cov) + np.kron(np.ones((n, n)), shared)
    together = np.block([[own, across], [across.T, between.cov[3:, 3:]]])
    gap = np.linalg.solve(together, np.append(y.ravel(), rows["w"].iloc[0] - between.mean[3]))
    to_cluster = np.append(np.tile(np.append(between.all_cov[4, :items], 0), n), between.all_cov[4, 3])
    expected = between.C[4, -1] + to_cluster @ gap
    assert scores.loc[rows.index, "fb"].to_numpy() == pytest.approx(expected, abs=1e-9)
    to_row = np.zeros(len(gap))
    to_row[:4] = within.all_cov[4, :4]
    assert scores.loc[rows.index[0], "fw"] == pytest.approx(within.C[4, -1] + to_row @ gap, abs=1e-9)


def test_factor_scores_of_incomplete_and_of_other_rows():
    data = with_gaps(answers())
    found = sem.fit(MODEL, data, cluster="branch", missing="fiml")
    scores = found.factor_scores()
    silent = data[["y1", "y2", "y3"]].isna().all(axis=1)
    assert scores["fb"].notna().all()
    assert scores.index.equals(data.index)
    other = found.factor_scores(data=answers(seed=6, clusters=9))
    assert other.notna().all().all()
    assert len(silent) == len(scores)
    with pytest.raises(errors.OptionError, match="bartlett"):
        found.factor_scores("bartlett")


SLOPES = ("s | y1 ~ x", "s | y1 ON x", 'y1 ~ rv("s")*x', "y1 ~ x + (x | branch)", "y1 ~ (1 + x | branch)")


@pytest.mark.parametrize("text", SLOPES)
def test_random_slopes_are_refused_with_the_reason_and_the_alternative(text):
    with pytest.raises(errors.ModelSyntaxError, match=r"random slopes.*changes from row to row.*both levels.*MixedLM"):
        sem.fit(f"level: 1\n{text}\nlevel: 2\ny1 ~ w", answers(), cluster="branch")


def test_ordered_items_at_two_levels_are_refused_with_the_reason_and_the_alternative():
    data = answers()
    data["y1"] = pd.qcut(data["y1"], 4, labels=False)
    with pytest.raises(errors.OptionError, match=r"integrals over the factors of both.*MLR.*WLSMV"):
        sem.fit(MODEL, data, cluster="branch", ordered=["y1"])


def test_the_likelihood_of_gaps_is_that_of_every_cluster_written_out():
    """The density of all answers of a cluster as one normal vector."""
    found = sem.fit(MODEL, with_gaps(answers()), cluster="branch", missing="fiml").fitted
    nested, (within, between) = found.samples[0].nested, found.states
    w, b, seen = nested.data.within, nested.data.between, nested.answers
    p, total = len(nested.names), 0.0
    for code in np.unique(seen.clusters):
        rows = seen.values[seen.clusters == code]  # noqa: PD011
        n, shared, mean = len(rows), np.zeros((p, p)), np.zeros(p)
        mean[w] += within.mean
        mean[b] += between.mean
        shared[np.ix_(b, b)] = between.cov
        own = np.zeros((p, p))
        own[np.ix_(w, w)] = within.cov
        cov = np.kron(np.eye(n), own) + np.kron(np.ones((n, n)), shared)
        known = ~np.isnan(rows)
        known[1:, [k for k in b if k not in w]] = False  # a variable of the cluster is answered once
        gap, known = (rows - mean).ravel(), known.ravel()
        root = np.linalg.cholesky(cov[np.ix_(known, known)])
        e = np.linalg.solve(root, gap[known])
        total -= 0.5 * (known.sum() * np.log(2 * np.pi) + e @ e) + np.log(np.diag(root)).sum()
    assert total == pytest.approx(found.log_likelihood + nested.given, abs=1e-6)
