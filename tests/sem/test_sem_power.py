"""Simulated power: samples estimated as `fit` does, closed forms, one seed one result, failures shown."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr, ndtri
from sem_samples import CHAIN, chain_sample

from sexresearch.errors import ModelError, OptionError
from sexresearch.sem import (
    Design,
    Fitting,
    Model,
    Moments,
    dynamic_cutoffs,
    fit,
    parameter_power,
    power,
    sensitivity,
)
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.implied.structure import split_moments
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.planning.plan import plan_of
from sexresearch.sem.planning.power_samples import MomentSampler
from sexresearch.sem.planning.trials import Trials
from sexresearch.sem.planning.wanted import estimates, standard_errors, wanted_effects
from sexresearch.sem.resampling import run as running

FACTORS = "f =~ 0.7*x1 + 0.8*x2 + 0.6*x3\n g =~ 0.9*y1 + 0.5*y2 + 0.7*y3\n h =~ 0.8*z1 + 0.7*z2 + 0.6*z3\n"
PATHS = "g ~ a*0.4*f\n h ~ b*0.3*g + 0.1*f\n indirect := a*b"
CLEAN = FACTORS + PATHS
SIMPLE = "m ~ a*0.3*x\n y ~ b*0.3*m\n indirect := a*b"
WAYS = {
    "chain": FACTORS + PATHS,
    "means": FACTORS + PATHS + "\n x1 ~ 2*1",
    "exogenous": FACTORS + PATHS + "\n f ~ 0.2*age + 0.1*member",
    "groups": FACTORS + "g ~ c(a1, a2)*c(0.4, 0.2)*f\n h ~ b*c(0.3, 0.3)*g\n d := a1 - a2",
    "equality": FACTORS + PATHS + "\n a == b + 0.1",
    "paths": SIMPLE,
}
STOPPING = 1e-3  # of a standard error: samples stop at 1e-4, their noise is 1
RELATIVE = 1e-3  # of standard errors, which move with the estimates
MONTE_CARLO = 4  # standard errors of a simulated share


@pytest.mark.parametrize("way", WAYS)
def test_a_sample_is_estimated_as_fit_estimates_it(way):
    plan = plan_of(WAYS[way], standardized=way not in ("means", "groups"))
    wanted = wanted_effects(plan.fitted, None)
    sizes = tuple(plan.population.sizes(150))
    found = Trials(plan, wanted, Design(), Options(estimator="ML"), 5).of_size(150, 3, 1)
    assert found.failures == {}
    means = plan.fitted.structures[0].has_means
    for number in range(3):
        moments = {}
        source = MomentSampler(plan.fitted, sizes, 5)
        for (mean, cov), sample, n in zip(source.sample_moments([number]), plan.fitted.samples, sizes, strict=True):
            names = list(sample.names)
            frame = pd.DataFrame(cov[0] * n / (n - 1), index=names, columns=names)
            moments[sample.label] = Moments(frame, n, pd.Series(mean[0], index=names))
        again = fit(plan.model, moments=moments if len(moments) > 1 else moments[None], meanstructure=means)
        theta = again.fitted.theta[None]
        fixed = row_estimates(again.fitted)[[row.exogenous for row in again.fitted.table.rows]][None]
        se = standard_errors(again.fitted, wanted, theta, fixed, again.vcov.to_numpy()[None])[0]
        assert (found.est[number] - estimates(again.fitted, wanted, theta, fixed)[0]) / se == pytest.approx(
            np.zeros(len(se)), abs=STOPPING
        )
        assert found.se[number] == pytest.approx(se, rel=RELATIVE)
        shown = again.parameters.set_index(["lhs", "op", "rhs"])["se"]
        assert se[-1] == pytest.approx(shown.iloc[-1], rel=1e-6)


def test_drawn_moments_are_wishart():
    plan = plan_of("m ~ 0.5*x\n y ~ 0.4*m + 1*1\n x ~~ 2*x")
    n, count = 40, 4000
    (mean, cov), *_ = MomentSampler(plan.fitted, (n,), 1).sample_moments(range(count))
    sample = plan.fitted.samples[0]
    sigma = sample.cov
    assert cov.mean(axis=0) == pytest.approx(sigma * (n - 1) / n, abs=0.05)
    spread = (np.outer(np.diag(sigma), np.diag(sigma)) + sigma**2) * (n - 1) / n**2
    assert cov.var(axis=0) == pytest.approx(spread, rel=0.12)
    assert mean.mean(axis=0) == pytest.approx(sample.mean, abs=0.02)
    assert np.cov(mean.T) * n == pytest.approx(sigma, abs=0.15)


def test_orders_of_moments_put_the_constant_last():
    plan = plan_of("m ~ 0.5*x\n y ~ 0.4*m + 1*1\n x ~~ 2*x")
    source = MomentSampler(plan.fitted, (40,), 1)
    (moment, n, _), *_ = source.moments([0], [np.array([2, 0, 1, 3])], True)
    (_, cov), *_ = source.sample_moments([0])
    assert split_moments(moment[0], True)[1] == pytest.approx(cov[0][np.ix_([2, 0, 1], [2, 0, 1])])
    assert n.tolist() == [40.0]


def test_power_of_a_regression_is_that_of_its_z_test():
    found = power("y ~ 0.25*x", n=[60, 120, 240], replicates=4000, standardized=True).table
    se = np.sqrt((1 - 0.25**2) / found["n"])
    closed = ndtr(0.25 / se - ndtri(0.975)) + ndtr(-0.25 / se - ndtri(0.975))
    assert found["power"].to_numpy() == pytest.approx(closed.to_numpy(), abs=0.03)  # the test is a z, not a t
    assert (found["bias"].abs() < MONTE_CARLO * se / np.sqrt(4000)).all()
    assert found["coverage"].to_numpy() == pytest.approx(np.full(3, 0.945), abs=0.015)
    assert found["se_ratio"].to_numpy() == pytest.approx(np.ones(3), abs=0.05)


def test_without_an_effect_power_is_alpha():
    found = power("y ~ 0*x + 0.3*z", n=400, effects=["y ~ x"], replicates=4000, alpha=0.10).table.iloc[0]
    assert found["power"] == pytest.approx(0.10, abs=MONTE_CARLO * np.sqrt(0.09 / 4000) + 0.003)
    assert np.isnan(found["relative_bias"])


def test_rows_of_answers_and_moments_have_the_same_power():
    text = CLEAN
    moments = power(text, n=150, replicates=1000, standardized=True).table
    rows = power(text, n=150, replicates=100, standardized=True, fitting=Fitting(estimator="MLR")).table
    gap = (rows["power"] - moments["power"]) / np.hypot(rows["power_se"], moments["power_se"]).clip(lower=0.01)
    assert gap.abs().max() < MONTE_CARLO


def test_a_fitted_model_is_a_population():
    results = fit(CHAIN, chain_sample())
    found = power(results, n=[200, 400], effects=["a", "joy ~ quality", "indirect"], replicates=100)
    assert found.table["effect"].tolist()[:3] == ["a", "joy ~ quality", "indirect"]
    own = results.parameters.set_index("label")["est"]
    assert found.table["population"].tolist()[1:3] == pytest.approx([own["a"], own["indirect"]], abs=1e-6)


def test_a_model_without_values_says_what_is_assumed():
    found = power(Model("f =~ x1 + x2 + x3\n g =~ y1 + y2 + y3\n g ~ f"), n=[200, 400], replicates=50)
    assert found.table["population"].tolist() == pytest.approx([0.3, 0.3])
    assert found.table["note"].str.contains("are assumed").all()
    assert found.note


def test_one_seed_one_result():
    def found(n, workers=1, seed=1):
        return power(CLEAN, n=n, replicates=300, seed=seed, workers=workers, standardized=True).table

    one = found([150, 200])
    pd.testing.assert_frame_equal(one, found([150, 200], workers=2))
    pd.testing.assert_frame_equal(one[one["n"] == 200].reset_index(drop=True), found(200))
    assert not one["est"].equals(found([150, 200], seed=2)["est"])


def test_the_size_needed_lies_where_the_curve_crosses():
    found = power(SIMPLE, n=[50, 75, 100, 150], replicates=2000)
    needed = found.needed.set_index("effect")["needed"]
    exact = (ndtri(0.975) + ndtri(0.8)) ** 2 / 0.3**2  # unit variances: se = 1 / sqrt(n) for m ~ x
    assert needed["m ~ x"] == pytest.approx(exact, rel=0.08)
    few = power(SIMPLE, n=[300, 400], replicates=50).needed
    assert few["needed"].isna().all()
    assert few["note"].str.contains("at most 300").all()
    assert power("y ~ 0.01*x", n=[50], replicates=50).needed["note"].iloc[0].startswith("more than 50")


def test_failures_are_counted():
    weak = "f =~ 0.3*x1 + 0.3*x2 + 0.3*x3\n g =~ 0.3*y1 + 0.3*y2 + 0.3*y3\n g ~ 0.1*f"
    found = power(weak, n=[20], replicates=25, standardized=True)
    row = found.table.iloc[0]
    assert row["failed"] > 0
    assert row["replicates"] + row["failed"] == 25
    assert found.failures["replicates"].sum() <= row["failed"]
    assert row["improper"] > 0
    assert "lost" in repr(found)


def test_interrupting_keeps_what_is_done(monkeypatch):
    told, real = [], running.Job.chunk

    def chunk(self, numbers):
        told.append(numbers)
        if len(told) > 2:
            raise KeyboardInterrupt
        return real(self, numbers)

    monkeypatch.setattr(running.Job, "chunk", chunk)
    found = power(CLEAN, n=[150, 200], replicates=2000, standardized=True)
    assert 0 < found.table["replicates"].iloc[0] < 2000
    assert found.table["replicates"].iloc[-1] == 0
    assert set(found.failures["reason"]) == {"interrupted before it ran"}


def test_a_design_is_fitted_as_a_user_would():
    text = "y ~ c(a, b)*c(0.3, 0.5)*x"
    design = Design(missing=0.1, groups={"north": 1, "south": 1})
    found = power(text, n=[100], replicates=20, design=design, fitting=Fitting(missing="fiml")).table
    assert found["group"].tolist() == ["north", "south"]
    assert found["est"].to_numpy() == pytest.approx([0.3, 0.5], abs=0.15)
    clustered = power("y ~ 0.3*x", n=[400], replicates=20, design=Design(clusters=20, icc=0.3)).table
    plain = power("y ~ 0.3*x", n=[400], replicates=20).table
    assert clustered["est"].iloc[0] == pytest.approx(plain["est"].iloc[0], abs=0.1)


def test_ordered_items_are_fitted_as_such():
    names = [f"{letter}{i}" for letter in "xy" for i in (1, 2, 3)]
    cuts = "".join(f"\n {name} | -1*t1 + 0*t2 + 1*t3" for name in names)
    text = "f =~ 0.7*x1 + 0.8*x2 + 0.6*x3\n g =~ 0.9*y1 + 0.5*y2 + 0.7*y3\n g ~ 0.5*f" + cuts
    found = power(text, n=[400], replicates=60, standardized=True).table.iloc[0]
    assert found["bias"] == pytest.approx(0.0, abs=0.04)
    assert found["coverage"] > 0.85
    assert found["failed"] == 0
    continuous = power(
        text, n=[400], replicates=60, standardized=True, fitting=Fitting(ordered=[], estimator="MLR")
    ).table.iloc[0]
    assert continuous["est"] != found["est"]
    for call in (parameter_power, sensitivity, dynamic_cutoffs):
        with pytest.raises(OptionError, match="ordered categories"):
            call(text, n=400, standardized=True)


def test_another_model_can_be_fitted():
    found = power("m ~ 0.5*x\n y ~ 0.3*m + 0.3*x", n=[200], replicates=50, analysis="y ~ b*m").table
    assert found["population"].iloc[0] == pytest.approx(0.3 + 0.3 * 0.5 / 1.25)  # with what the path left out adds


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n": [10.5]}, "whole numbers"),
        ({"n": []}, "whole numbers"),
        ({"n": [5]}, "no more respondents than the 9 variables"),
        ({"n": [100], "effects": ["g ~ h"]}, "did you mean"),
        ({"n": [100], "effects": ["f =~ x1"]}, "nothing to test"),
        ({"n": [100], "effects": "a"}, "takes a list"),
        ({"n": [100], "replicates": 1}, "replicates must be"),
        ({"n": [100], "target": 1.5}, "target must lie"),
        ({"n": [100], "estimator": "mlx"}, "estimator 'mlx' is not known"),
    ],
)
def test_wrong_calls_are_refused(options, said):
    with pytest.raises(OptionError, match=said):
        power(CLEAN, **options)


def test_a_model_that_cannot_be_told_apart_is_refused():
    with pytest.raises(ModelError, match="not identified"):
        power("f =~ 0.7*x1 + 0.8*x2\n g =~ 0.7*y1 + 0.7*y2\n f ~~ 0*g\n x1 ~~ 0.1*y1", n=[100])


def test_power_at_a_fit_s_own_estimates_is_said_to_be_no_news():
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(120, 2)), columns=["x", "y"])
    results = fit("y ~ x", data, fixed_x=False)
    for notes in (
        parameter_power(results, n=[120, 200])["note"],
        power(results, n=[120, 200], replicates=5).table["note"],
    ):
        assert "restates the p value (Hoenig & Heisey 2001)" in notes[0]
        assert "estimates are taken for the truth" in notes[1]
    assert (parameter_power("y ~ 0.3*x", n=120)["note"] == "").all()
