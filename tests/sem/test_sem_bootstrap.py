"""Bootstrap: replicates equal refits, one seed one result, failures shown, intervals as scipy and lavaan have them."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from sem_samples import CHAIN, chain_sample, with_gaps

from sexresearch.errors import DataError, ModelError, OptionError
from sexresearch.sem import Moments, bootstrap, fit, monte_carlo
from sexresearch.sem.implied.factor_gradient import factor_form, gradient
from sexresearch.sem.implied.implied_moments import collect
from sexresearch.sem.implied.structure import implied
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.resampling import many_fits as batching
from sexresearch.sem.resampling.draws import resampled
from sexresearch.sem.resampling.intervals import acceleration, influence, limits
from sexresearch.sem.resampling.many_fits import batch
from sexresearch.sem.resampling.row_values import SCALES, values
from sexresearch.sem.resampling.run import Job

LAVAAN = Path(__file__).parents[1] / "reference" / "bootstrap"
DRAWN = 2000  # replicates by lavaan
REFIT = 1e-3  # of a standard error: replicates stop at 1e-4, their noise is 1
SAME = 1e-6  # of a standard error: another batch size changes the last digits of a sum
ROUNDING = 1e-9  # the same formula in another order
SLOPE = "q2 ~ q1"
TIED = CHAIN + "q1 ~~ j1\n joy ~ age + member\n l1 ~ age\n"
WAYS = {
    "plain": (CHAIN, {}),
    "means": (CHAIN, {"meanstructure": True}),
    "exogenous": (TIED, {}),
    "exogenous and means": (TIED, {"meanstructure": True}),
    "groups": (CHAIN, {"group": "brand", "group_equal": ["loadings", "intercepts"]}),
    "equality": (CHAIN + "a == b", {}),
    "paths": ("j1 ~ q1 + q2\n l1 ~ j1 + q1\n l2 ~~ l1", {}),
    "second order": ("a =~ q1+q2+q3\n b =~ j1+j2+j3\n c =~ l1+l2+l3\n g =~ a+b+c", {"std_lv": True}),
    "single item": ("f =~ 1*q1\n q1 ~~ 0*q1\n g =~ j1+j2+j3\n g ~ f", {}),
}


@pytest.fixture(scope="module")
def sample():
    return chain_sample()


@pytest.fixture(scope="module")
def results(sample):
    return fit(CHAIN, sample)


@pytest.fixture(scope="module")
def found(results):
    return bootstrap(results, 2000)


def se_of(results):
    return np.sqrt(np.diag(results.vcov))


@pytest.mark.parametrize("way", WAYS)
def test_the_gradient_in_factor_form_is_the_gradient(way, sample):
    text, options = WAYS[way]
    fitted = fit(text, sample, **options).fitted
    theta = fitted.theta * (1 + 0.03 * np.sin(np.arange(len(fitted.theta))))
    total = np.zeros(len(theta))
    for structure, own in zip(fitted.structures, fitted.samples, strict=True):
        form = factor_form(implied(replace(structure, origin=None), fitted.theta))  # it takes moments about 0
        moment = own.about(np.zeros(structure.p)).blocks[0].moment[np.ix_(form.order, form.order)]
        slots = gradient(form, theta[structure.free][None], moment[None])[0]
        total += collect(structure, slots, len(theta)) * own.n / fitted.n
    assert total == pytest.approx(fitted.objective.curve(theta).gradient, abs=ROUNDING)


@pytest.mark.parametrize("way", WAYS)
def test_replicates_equal_fits_to_the_rows_drawn(way, sample):
    text, options = WAYS[way]
    results = fit(text, sample, **options)
    assert batch(results.fitted) is not None
    boot = bootstrap(results, 3, seed=5)
    source = resampled(results.fitted, 5, None)
    for number in boot.replicates.index:
        rows = np.concatenate([answers.index for answers in source.answers(number)])
        again = fit(text, sample.loc[rows].reset_index(drop=True), **options)
        names = again.vcov.columns
        gap = (boot.replicates.loc[number, names] - again.fitted.theta) / se_of(results)
        assert np.abs(gap).max() < REFIT
    for scale in SCALES:
        theta, fixed = boot._arrays
        last = again.parameters[scale].to_numpy(dtype=float)
        assert values(results.fitted, theta, fixed, scale)[-1] == pytest.approx(last, abs=1e-3)


@pytest.mark.parametrize("way", WAYS)
def test_values_at_the_estimates_are_the_parameter_table(way, sample):
    text, options = WAYS[way]
    results = fit(text, sample, **options)
    fixed = row_estimates(results.fitted)[[row.exogenous for row in results.fitted.table.rows]]
    for scale in SCALES:
        own = values(results.fitted, results.fitted.theta[None], fixed[None], scale)[0]
        assert own == pytest.approx(results.parameters[scale].to_numpy(dtype=float), abs=ROUNDING, nan_ok=True)


def test_one_seed_one_result(results, monkeypatch):
    one = bootstrap(results, 300, workers=1).replicates
    pd.testing.assert_frame_equal(one, bootstrap(results, 300, workers=2).replicates)
    assert not np.allclose(one, bootstrap(results, 300, seed=2).replicates)
    monkeypatch.setattr(batching, "NUMBERS_AT_ONCE", 81 * 37)
    gaps = (one - bootstrap(results, 300, workers=2).replicates)[results.vcov.columns] / se_of(results)
    assert np.abs(gaps.to_numpy()).max() < SAME


def test_streams_of_neighbours_are_unrelated(results):
    counts = np.array([resampled(results.fitted, 1, None).counts(number) for number in range(200)])
    r = np.corrcoef(counts)[np.triu_indices(200, 1)]
    assert abs(r.mean()) < 4 / math.sqrt(len(r) * counts.shape[1])
    assert r.std() == pytest.approx(1 / math.sqrt(counts.shape[1]), rel=0.05)


def test_standard_errors_are_those_of_lavaan():
    answers = pd.read_csv(LAVAAN / "sample.csv")
    lavaan = pd.read_csv(LAVAAN / "bootstrap.csv", index_col="name")
    results = fit((LAVAAN / "model.txt").read_text(), answers)
    own = bootstrap(results, 5000, seed=3).intervals()
    own.index = (own["lhs"] + " " + own["op"] + " " + own["rhs"]).to_list()
    reference = lavaan.drop(index="bollen_stine_p")
    reference = reference[reference["se"] > 0]
    own = own.loc[reference.index]
    noise = 4 * math.sqrt(1 / DRAWN / 2 + 1 / 5000 / 2)  # relative error of two standard deviations
    assert own["se"].to_numpy() == pytest.approx(reference["se"].to_numpy(), rel=noise)
    for side in ("ci_lower", "ci_upper"):  # a 2.5 % quantile of R normal draws has an error of 2.67 / sqrt(R) sd
        error = 2.67 * math.sqrt(1 / DRAWN + 1 / 5000)
        assert (np.abs(own[side] - reference[side]) / reference["se"]).max() < 4 * error


def test_bollen_stine_p_is_that_of_lavaan():
    answers = pd.read_csv(LAVAAN / "sample.csv")
    lavaan = float(pd.read_csv(LAVAAN / "bootstrap.csv", index_col="name").loc["bollen_stine_p", "est"])
    found = bootstrap(fit((LAVAAN / "model.txt").read_text(), answers), 5000, kind="bollen-stine")
    assert found.pvalue == pytest.approx(lavaan, abs=4 * math.sqrt(lavaan * (1 - lavaan) * (1 / DRAWN + 1 / 5000)))
    assert f"p {found.pvalue:.3f}" in repr(found)


@pytest.mark.parametrize("way", ["plain", "exogenous", "exogenous and means", "groups"])
def test_the_quick_chi_square_is_the_careful_one(way, sample):
    text, options = WAYS[way]
    results = fit(text, sample, **options)
    quick = bootstrap(results, 4, kind="bollen-stine")
    careful = bootstrap(results, 4, kind="bollen-stine", statistic=lambda r: r.fit_measures[["chisq", "df"]])
    tests = [replicate.measured["chisq"] for replicate in quick.outcome.replicates]
    assert tests == pytest.approx(careful.replicates["chisq"].to_numpy(), abs=1e-4)
    assert quick.pvalue == careful.pvalue


def test_standard_errors_agree_with_theory(sample, results, found):
    robust = se_of(fit(CHAIN, sample, estimator="MLM"))
    drawn = found.replicates[results.vcov.columns].std()
    assert drawn.to_numpy() == pytest.approx(robust, rel=0.15)  # 6 % Monte-Carlo error, the rest small-sample
    normal = bootstrap(results, 2000, kind="parametric").replicates[results.vcov.columns].std()
    assert normal.to_numpy() == pytest.approx(se_of(results), rel=0.15)


def test_limits_are_those_of_scipy():
    x = np.random.default_rng(3).exponential(size=60)
    reference = scipy.stats.bootstrap((x,), np.var, n_resamples=2000, method="BCa", rng=np.random.default_rng(1))
    left_out = np.array([np.var(np.delete(x, i)) for i in range(60)])
    speed = float(acceleration((left_out.mean() - left_out)[:, None])[0])
    own = limits(reference.bootstrap_distribution, float(np.var(x)), 0.95, "bca", speed)
    assert own == pytest.approx(list(reference.confidence_interval), rel=1e-12)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_intervals_of_a_variance_are_those_of_scipy(method):
    x = np.random.default_rng(3).exponential(size=200)
    data = pd.DataFrame({"x": x, "y": x + np.random.default_rng(4).normal(size=200)})
    frame = bootstrap(fit("y ~~ y\n x ~~ x\n x ~~ y", data), 5000).intervals(method)
    own = frame.query("lhs == 'x' and rhs == 'x'")[["ci_lower", "ci_upper"]].to_numpy()[0]
    kind = {"percentile": "percentile", "bca": "BCa"}[method]
    rng = np.random.default_rng(1)
    reference = scipy.stats.bootstrap((x,), np.var, n_resamples=5000, method=kind, rng=rng, vectorized=True, axis=-1)
    error = 4 * math.sqrt(2) * 0.05 * reference.standard_error  # of quantiles in a skewed tail, and of z0
    assert own == pytest.approx(list(reference.confidence_interval), abs=error)


def test_influence_of_statistics_agrees_with_that_of_parameters(sample):
    small = sample.head(80)[["q1", "q2"]]
    found = bootstrap(fit(SLOPE, small), 200, statistic=lambda r: r.fitted.theta[0])
    frame = found.intervals("bca").query("op != '~~'").set_index("rhs")
    columns = ["est", "se", "ci_lower", "ci_upper"]
    own, stated = (frame.loc[name, columns].to_numpy(dtype=float) for name in ("q1", "statistic"))
    assert own == pytest.approx(stated, abs=0.1 * stated[1])


def test_intervals_hold_every_parameter_definition_and_statistic(found, results):
    frame = found.intervals("bias_corrected", level=0.9)
    assert list(frame.columns[:6]) == ["lhs", "op", "rhs", "label", "group", "level"]
    assert len(frame) == len(results.parameters)
    free = frame[frame["se"] > 0]
    assert (free["ci_lower"] < free["est"]).all()
    assert (free["ci_upper"] > free["est"]).all()
    fixed = frame[frame["se"] == 0]
    assert (fixed["ci_lower"] == fixed["est"]).all()
    standardized = found.intervals(scale="std_all")
    assert standardized["std_all"].tolist() == pytest.approx(results.parameters["std_all"].tolist())
    wide = found.intervals("bias_corrected", level=0.99)
    assert (wide["ci_lower"] <= frame["ci_lower"]).all()


def test_failed_replicates_are_counted_with_their_reasons():
    noise = pd.DataFrame(
        np.random.default_rng(8).normal(size=(14, 9)), columns=[f"{c}{i}" for c in "qjl" for i in (1, 2, 3)]
    )
    noise[["q1", "q2", "q3"]] += np.random.default_rng(1).normal(size=(14, 1))
    results = fit("quality =~ q1 + q2 + q3\n j1 ~ quality\n j2 ~ quality", noise)
    found = bootstrap(results, 16)
    assert 0 < found.failed < 16
    assert len(found.replicates) + found.failed == 16
    assert found.failures["replicates"].sum() == found.failed
    assert found.failures["reason"].str.len().min() > 0
    assert not found.failures["reason"].str.contains("[0-9]", regex=True).any()
    assert str(found.failures["reason"].iloc[0]) in repr(found)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interruption_keeps_what_is_done(results, monkeypatch, workers):
    whole = Job.chunk

    def interrupted(self, numbers):
        if numbers[0] >= 1024:
            raise KeyboardInterrupt
        return whole(self, numbers)

    monkeypatch.setattr(Job, "chunk", interrupted)
    found = bootstrap(results, 3000, workers=workers)
    assert found.replicates.index.tolist() == list(range(1024))
    assert found.failed == 0
    assert found.failures.to_numpy().tolist() == [["interrupted before it ran", 3000 - 1024]]
    assert "1024 of 3000" in repr(found)
    found.intervals()


def test_pipes_see_no_progress_bar(results, capfd):
    bootstrap(results, 50)
    assert capfd.readouterr() == ("", "")


def test_whole_clusters_are_drawn(sample):
    rng = np.random.default_rng(2)
    data = sample.assign(q1=sample["q1"] + rng.normal(size=40)[sample["branch"]])
    data["q2"] += rng.normal(size=40)[sample["branch"]]
    fitted = fit(SLOPE, data, cluster="branch")
    source = resampled(fitted.fitted, 1, [a.clusters for a in [fitted.fitted.samples[0].answers]])
    assert pd.DataFrame({"b": data["branch"], "w": source.counts(0)}).groupby("b")["w"].nunique().max() == 1
    own, given = bootstrap(fitted, 1500), bootstrap(fit(SLOPE, data), 1500, cluster=data["branch"])
    slopes = [frame.replicates["q2 ~ q1"].to_numpy() for frame in (own, given)]
    assert slopes[0] == pytest.approx(slopes[1], abs=REFIT)
    assert own.replicates.std().to_numpy() == pytest.approx(se_of(fitted), rel=0.2)
    assert own.intervals("bca")["ci_lower"].notna().all()


def test_sampling_weights_stay_with_their_rows(sample):
    weighted = fit(SLOPE, sample, sampling_weights="weight")
    drawn = bootstrap(weighted, 1500).replicates[weighted.vcov.columns].std()
    assert drawn.to_numpy() == pytest.approx(se_of(weighted), rel=0.12)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (CHAIN, {"missing": "fiml"}),
        (CHAIN, {"estimator": "DWLS"}),
        (CHAIN, {"estimator": "ULS"}),
        (CHAIN + "a*b < 0.9\n a > 0", {}),
        (CHAIN, {"missing": "pairwise"}),
    ],
)
def test_the_careful_way_serves_all_other_fits(text, options, sample):
    gaps = with_gaps(sample, ["q1", "j2"]) if "missing" in options else sample
    results = fit(text, gaps, **options)
    assert batch(results.fitted) is None
    found = bootstrap(results, 24)
    assert len(found.replicates) == 24
    theory = fit(CHAIN, sample, estimator="MLM").parameters.query("op == '~' or op == ':='")["se"].to_numpy()
    drawn = found.intervals().query("op == '~' or op == ':='")["se"].to_numpy()
    assert np.median(drawn / theory) == pytest.approx(1, abs=0.3)
    assert found.intervals("bca").loc[lambda f: f["se"] > 0, "ci_lower"].notna().all()


def test_moments_have_a_parametric_bootstrap_only(sample):
    items = sample[["q1", "q2", "q3", "j1"]]
    results = fit("f =~ q1 + q2 + q3 + j1", moments=Moments(items.cov(), len(items)))
    assert bootstrap(results, 50, kind="parametric").failed == 0
    with pytest.raises(OptionError, match="moments hold no rows"):
        bootstrap(results, 50)


def test_standard_errors_by_bootstrap(sample):
    results = fit(CHAIN, sample, se="bootstrap")
    assert results.parameters["se"].iloc[1] > 0
    drawn = bootstrap(results, 1000, seed=1).replicates[results.vcov.columns].cov()
    assert results.vcov.to_numpy() == pytest.approx(drawn.to_numpy())
    moments = Moments(sample[["q1", "q2"]].cov(), 400)
    with pytest.raises(OptionError, match="respondents' answers"):
        fit(SLOPE, moments=moments, se="bootstrap")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "wild"}, "'wild' is not known"),
        ({"replicates": 0}, "replicates must be a whole number"),
        ({"replicates": 10.5}, "replicates must be a whole number"),
        ({"seed": -1}, "seed must be"),
        ({"workers": -2}, "workers must be"),
        ({"cluster": "branch"}, "takes the column itself"),
        ({"kind": "bollen-stine", "cluster": pd.Series(np.arange(400))}, "knows neither clusters"),
    ],
)
def test_unknown_options_are_named(results, options, message):
    with pytest.raises(OptionError, match=message):
        bootstrap(results, **{"replicates": 10, **options})


def test_bad_clusters_statistics_and_questions(sample, results, found):
    with pytest.raises(DataError, match="row labels"):
        bootstrap(results, 10, cluster=pd.Series([1, 2, 3]))
    with pytest.raises(DataError, match="5 rows of the fit have no cluster"):
        bootstrap(results, 10, cluster=sample["brand"].mask(sample.index < 5))
    with pytest.raises(ModelError, match="raised KeyError"):
        bootstrap(results, 10, statistic=lambda r: r.r_squared["absent"])
    with pytest.raises(OptionError, match="bollen-stine"):
        _ = found.pvalue
    with pytest.raises(OptionError, match="'exact' is not known"):
        found.intervals("exact")
    with pytest.raises(OptionError, match="scale 'std'"):
        found.intervals(scale="std")
    with pytest.raises(OptionError, match="level must lie"):
        found.intervals(level=95)
    with pytest.raises(OptionError, match="'bca' needs kind='nonparametric'"):
        bootstrap(results, 10, kind="parametric").intervals("bca")
    with pytest.raises(OptionError, match="saturated"):
        bootstrap(fit(SLOPE, sample), 10, kind="bollen-stine")
    with pytest.raises(OptionError, match="needs the Results"):
        bootstrap(sample, 10)


def test_replicates_without_a_value_are_left_out_and_counted(sample):
    found = bootstrap(fit(CHAIN + "root := sqrt(a - 0.5)\n", sample), 200)
    row = found.intervals().iloc[-1]
    assert row["note"].endswith("of 200 replicates have no value")
    assert math.isfinite(row["ci_lower"])


def test_one_sided_replicates_have_no_corrected_limits():
    assert np.isnan(limits(np.arange(1.0, 50.0), 0.0, 0.95, "bias_corrected")).all()
    assert np.isfinite(limits(np.arange(1.0, 50.0), 0.0, 0.95, "percentile")).all()


def test_monte_carlo_limits_keep_the_skew_of_a_product(sample, results):
    row = monte_carlo(results).iloc[0]
    delta = results.parameters.iloc[-1]
    assert row["se"] == pytest.approx(delta["se"], rel=0.03)
    assert row["ci_upper"] - row["est"] > row["est"] - row["ci_lower"]
    pd.testing.assert_frame_equal(monte_carlo(results), monte_carlo(results))
    plain = monte_carlo(fit(CHAIN + "total := c + 0.5", sample)).iloc[-1]
    half = 1.96 * plain["se"]
    assert [plain["ci_lower"], plain["ci_upper"]] == pytest.approx(
        [plain["est"] - half, plain["est"] + half], abs=0.005
    )
    gone = monte_carlo(fit(CHAIN + "root := sqrt(c - 0.2)\n", sample.assign(l1=sample["l1"] + 0.1 * sample["q1"])))
    assert gone["note"].iloc[-1].endswith("of 20000 draws have no value")


def test_monte_carlo_refuses_what_it_cannot_do(sample, results):
    with pytest.raises(OptionError, match="defines no parameter"):
        monte_carlo(fit(SLOPE, sample))
    with pytest.raises(OptionError, match="no standard errors"):
        monte_carlo(fit(CHAIN, sample, se="none"))
    with pytest.raises(OptionError, match="draws must be"):
        monte_carlo(results, draws=1)
    with pytest.raises(OptionError, match="level must lie"):
        monte_carlo(results, level=2)


@pytest.mark.parametrize("parameterization", ["delta", "theta"])
@pytest.mark.parametrize("more", ["", "\nloyal ~ age"])
def test_standardized_values_of_ordered_items_are_those_of_the_table(parameterization, more):
    sample = chain_sample()
    items = [f"{letter}{i}" for letter in "qjl" for i in (1, 2, 3)]
    sample[items] = np.clip(np.rint(sample[items] - sample[items].mean()), -2, 2)
    fitted = fit(CHAIN + more, sample, ordered=items, parameterization=parameterization, group="brand").fitted
    outside = row_estimates(fitted)[None, [row.exogenous for row in fitted.table.rows]]
    frame = fit(CHAIN + more, sample, ordered=items, parameterization=parameterization, group="brand").parameters
    shown = [not (i < len(fitted.table.rows) and fitted.table.rows[i].derived) for i in range(len(frame))]
    found = values(fitted, fitted.theta[None, :], outside, "std_all")[0]
    np.testing.assert_allclose(found[shown], frame["std_all"].to_numpy()[shown], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("ordered", "more"),
    [(["j1", "j2", "j3", "l1"], ""), (["j1", "j2"], ""), (["j1", "j2", "j3"], "\njoy ~ q1")],
    ids=["ordered", "mixed", "given a covariate"],
)
def test_influence_of_ordered_items_squares_to_their_covariance_matrix(ordered, more):
    """In lavaan the matrix has n - 1 in the place of n."""
    data = chain_sample()[["j1", "j2", "j3", "l1", "q1"]]
    data[ordered] = np.clip(np.rint(data[ordered] - data[ordered].mean()), -1, 1)
    results = fit("joy =~ j1 + j2 + j3 + l1" + more, data, ordered=ordered)
    moves = influence(results.fitted)[:, : len(results.vcov)]
    np.testing.assert_allclose(moves.sum(axis=0), 0, atol=1e-6)  # scores at the maximum, to how near it is found
    n = results.nobs
    np.testing.assert_allclose(moves.T @ moves * n / (n - 1), results.vcov, rtol=1e-6, atol=1e-9)


def test_bca_limits_of_ordered_items_have_the_acceleration_of_leaving_one_out():
    items = chain_sample()[["j1", "j2", "j3", "l1"]].iloc[:150]
    codes = np.clip(np.rint(items - items.mean() + 1.0), -1, 1)  # skewed, so that there is some acceleration
    results = fit("joy =~ j1 + j2 + j3 + l1", codes, ordered=True)
    second = bootstrap(results, 60, statistic=lambda r: r.parameters["est"].iloc[1]).intervals("bca")
    assert second["ci_lower"].iloc[1] == pytest.approx(second["ci_lower"].iloc[-1], abs=0.1 * second["se"].iloc[1])
    assert second["ci_upper"].iloc[1] == pytest.approx(second["ci_upper"].iloc[-1], abs=0.1 * second["se"].iloc[1])
