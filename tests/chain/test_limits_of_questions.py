"""Every question has its standard errors and limits from one value, `Draws`: delta method, Monte-Carlo, bootstrap."""

import ast

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample
from test_architecture import TREES, names_in

import sexresearch as sx
from sexresearch.errors import OptionError
from sexresearch.sem.view import draws, estimated, view, with_beside

SCALE = (-10.0, 20.0)
WIDTHS = 0.25  # relative: standard error of a quantile of 400 replicates is 8 % of the half width, and answers are few
SIMULATED = 0.08  # relative: the same of 20,000 draws is 1 %; functions are not quite linear
EXACT = 1e-9
SAME_MODEL = 1e-4  # the optimiser stops on the way from other starts
GROUPED = "joy =~ q1 + q2 + q3\nstay =~ l1 + l2 + l3\nstay ~ joy"
WAYS = {
    "sexresearch.chain.paths.effects": {"draws", "uncertain"},
    "sexresearch.chain.investing.points": {"draws", "estimated"},  # importance, what_if
    "sexresearch.chain.measurement.reliability": {"draws", "estimated"},
    "sexresearch.chain.measurement.htmt": {"redrawn", "estimated"},
    "sexresearch.chain.invariance.latent_means": {"draws", "estimated"},
    "sexresearch.chain.invariance.path_differences": {"draws", "estimated"},
}
OWN_WAYS = {"delta_variances", "carried", "ndtri", "quantile", "nanquantile", "normal_draws"}


def grouped() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    joy, brand = rng.normal(size=800), np.repeat(["low", "high"], 400)
    joy += 0.4 * (brand == "high")
    stay = np.where(brand == "high", 0.8, 0.4) * joy + rng.normal(size=800)
    items = np.column_stack([joy] * 3 + [stay] * 3) + 0.6 * rng.normal(size=(800, 6))
    return pd.DataFrame(items, columns=["q1", "q2", "q3", "l1", "l2", "l3"]).assign(brand=brand)


@pytest.fixture(scope="module")
def chain():
    return sx.fit(CHAIN, chain_sample())


def questions(chain):
    data = grouped()
    means = GROUPED.removesuffix("\nstay ~ joy")
    return {
        "reliability": ("omega", lambda **how: sx.reliability(chain, **how)),
        "ave": ("ave", lambda **how: sx.reliability(chain, **how)),
        "importance": ("importance", lambda **how: sx.importance(chain, "loyal", SCALE, **how)),
        "performance": ("performance", lambda **how: sx.importance(chain, "loyal", SCALE, **how)),
        "what_if": ("change", lambda **how: sx.what_if(chain, {"joy": 5}, SCALE, **how)),
        "latent_means": ("", lambda **how: sx.latent_means(means, data, group="brand", **how)),
        "path_differences": ("", lambda **how: sx.path_differences(GROUPED, data, group="brand", **how)),
    }


QUESTIONS = list(questions(None))


def widths(frame: pd.DataFrame, name: str) -> np.ndarray:
    low, high = (frame[f"{name}_{end}".strip("_")].to_numpy(float) for end in ("ci_lower", "ci_upper"))
    return high - low


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    ("how", "tolerance"), [({"interval": "monte_carlo", "seed": 2}, SIMULATED), ({"bootstrap": 400}, WIDTHS)]
)
def test_the_three_ways_agree_where_functions_are_nearly_linear(question, how, tolerance, chain):
    name, ask = questions(chain)[question]
    delta, sampled = widths(ask(), name), widths(ask(**how), name)
    assert np.array_equal(np.isnan(delta), np.isnan(sampled))
    assert np.isfinite(delta).any()
    np.testing.assert_allclose(sampled, delta, rtol=tolerance, atol=1e-12)  # 0 where a change is given


@pytest.mark.parametrize("interval", ["percentile", "bias_corrected", "bca"])
def test_bootstrap_limits_of_omega_are_those_of_a_defined_parameter(interval):
    """Omega of three items with unit variance of the construct, by hand: (sum l)^2 / ((sum l)^2 + sum of residuals)."""
    parts = "\n".join(f"{name} ~~ t{name}*{name}" for name in ("q1", "q2", "q3"))
    model = f"joy =~ a*q1 + b*q2 + c*q3\n{parts}\nomega := (a+b+c)^2 / ((a+b+c)^2 + tq1 + tq2 + tq3)"
    results = sx.fit(model, grouped(), std_lv=True)
    row = sx.reliability(results, bootstrap=100, seed=3, interval=interval).iloc[0]
    drawn = sx.bootstrap(results, 100, seed=3).intervals(interval).query("op == ':='").iloc[0]
    own = row[["omega", "omega_ci_lower", "omega_ci_upper"]].astype(float)
    tolerance = {"rel": 1e-5 if interval == "bca" else EXACT}  # steps of the acceleration are a share of errors
    assert own.tolist() == pytest.approx(drawn[["est", "ci_lower", "ci_upper"]].astype(float).tolist(), **tolerance)


def test_bootstrap_limits_of_latent_means_are_quantiles_of_refits():
    """The difference in units of the first group: the mean of the second, where the first has mean 0, variance 1."""
    data, model = grouped(), "joy =~ q1 + q2 + q3"
    row = sx.latent_means(model, data, group="brand", bootstrap=100, seed=5).iloc[0]
    strict = sx.fit(
        "joy =~ NA*q1 + q2 + q3\njoy ~ c(0, NA)*1\njoy ~~ c(1, NA)*joy",
        data,
        group="brand",
        group_equal=["loadings", "intercepts"],
        meanstructure=True,
    )
    means = sx.bootstrap(strict, 100, seed=5).replicates["joy ~1 [group 2]"]
    own = strict.parameters.query("op == '~1' and lhs == 'joy' and group == 'high'")["est"].item()
    assert row["mean_difference"] == pytest.approx(own, rel=SAME_MODEL)
    assert row["se"] == pytest.approx(means.std(ddof=1), rel=SAME_MODEL)


@pytest.mark.parametrize("question", QUESTIONS)
def test_options_of_limits_are_refused_in_the_same_words(question, chain):
    _, ask = questions(chain)[question]
    with pytest.raises(OptionError, match="allowed: delta, monte_carlo, percentile"):
        ask(interval="exact")
    with pytest.raises(OptionError, match="needs bootstrap replicates"):
        ask(interval="bca")
    with pytest.raises(OptionError, match="makes no use of bootstrap"):
        ask(interval="delta", bootstrap=50)


def test_what_has_no_limits_says_why(chain):
    silent = sx.fit(CHAIN, chain_sample(), se="none")
    for frame in (sx.reliability(silent), sx.importance(silent, "loyal", SCALE), sx.what_if(silent, {"joy": 5}, SCALE)):
        assert frame["note"].str.contains("no standard errors").all()
    semopy = sx.fit(CHAIN, chain_sample(), engine="semopy")
    assert sx.reliability(semopy, bootstrap=20)["note"].str.contains("cannot estimate again").all()


def test_what_stands_beside_the_estimates_varies_independently_of_them(chain):
    fit = view(chain, "this")
    for how in (("delta", 0), ("monte_carlo", 0)):
        at = with_beside(draws(fit, *how, 1, 0.95), np.array([2.0]), np.array([[0.09]]), 1)
        frame = estimated(at, lambda x, y: np.stack([x[:, 0], y[:, -1], x[:, 0] + y[:, -1]], axis=1))
        se = frame["se"].to_numpy()
        assert se[1] == pytest.approx(0.3, rel=SIMULATED)
        assert se[2] == pytest.approx(np.hypot(se[0], 0.3), rel=SIMULATED)


def test_no_question_has_a_way_of_its_own():
    for module, way in WAYS.items():
        names = set(names_in(TREES[module]))
        imported = {a.name for n in ast.walk(TREES[module]) if isinstance(n, ast.ImportFrom) for a in n.names}
        assert way <= imported & names, module
        assert not OWN_WAYS & (imported | names), f"{module}: {OWN_WAYS & (imported | names)}"
