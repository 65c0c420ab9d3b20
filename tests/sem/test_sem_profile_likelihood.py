"""Limits of the likelihood against closed forms, direct root finding, and models held at what was found."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq, minimize_scalar

import sexresearch as sx
from sexresearch.errors import OptionError

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
QUANTILE = 3.841458820694124  # of chi-square, one degree of freedom, 95 %
TOLERANCE = 2e-6  # relative: limits are found to 1e-6 of a standard error
HELD = 1e-4  # of the chi-square difference: what that much of a limit changes, and more


@pytest.fixture(scope="module")
def chain() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x = rng.normal(size=80)
    m = 0.4 * x + rng.normal(size=80)
    return pd.DataFrame({"x": x, "m": m, "y": 0.4 * m + rng.normal(size=80)})


def limits(text: str, data: pd.DataFrame, level: float = 0.95, **options: object) -> np.ndarray:
    found = sx.profile_likelihood(sx.fit(text, data, **options), level)
    return found[["ci_lower", "ci_upper"]].to_numpy()


def test_mean_variance_and_its_root_have_closed_forms(chain):
    y = chain["y"].to_numpy()
    n, s2 = len(y), y.var()
    found = limits("y ~~ v*y\ny ~ m*1\nmean := m\nvariance := v\nspread := sqrt(v)", chain)

    def fall(v: float) -> float:
        return n * (np.log(v / s2) + s2 / v - 1) - QUANTILE

    reach = np.sqrt(s2 * np.expm1(QUANTILE / n))
    variance = [brentq(fall, s2 / 5, s2, xtol=1e-13), brentq(fall, s2, 5 * s2, xtol=1e-13)]
    wanted = [[y.mean() - reach, y.mean() + reach], variance, np.sqrt(variance)]
    assert found == pytest.approx(np.array(wanted), rel=TOLERANCE)


def test_a_product_of_regressions_as_by_direct_root_finding(chain):
    x, m, y = (chain[name] - chain[name].mean() for name in "xmy")
    a, b, n = x @ m / (x @ x), m @ y / (m @ m), len(x)

    def fall(first: float, value: float) -> float:
        rest = (m - first * x) @ (m - first * x), (y - value / first * m) @ (y - value / first * m)
        best = (m - a * x) @ (m - a * x), (y - b * m) @ (y - b * m)
        return n * (np.log(rest[0] / best[0]) + np.log(rest[1] / best[1]))

    def excess(value: float) -> float:
        at = minimize_scalar(fall, bounds=(0.02, 2), args=(value,), method="bounded", options={"xatol": 1e-11})
        return at.fun - QUANTILE

    wanted = [brentq(excess, 0.03, a * b, xtol=1e-10), brentq(excess, a * b, 1.0, xtol=1e-10)]
    found = limits("m ~ a*x; y ~ b*m; indirect := a*b", chain)[0]
    assert found == pytest.approx(wanted, rel=TOLERANCE)
    assert found[1] - a * b > a * b - found[0]


def test_reparameterized_limits_are_the_same(chain):
    found = limits("m ~ a*x\nlog_a := exp(a)\nplain := a", chain)
    assert found[0] == pytest.approx(np.exp(found[1]), rel=TOLERANCE)


TWO_LEVELS = """level: 1
m ~ a1*x
y ~ b1*m
level: 2
m ~ a2*x + c2*z
y ~ b2*m + x
between := a2*b2
across := c2*b2
"""
DRAWN = "level: 1\nm ~ .3*x\ny ~ .4*m\nlevel: 2\nx ~~ .3*x\nm ~ .3*x + .5*z\ny ~ .5*m\nm ~~ .2*m\ny ~~ .2*y"


@pytest.mark.parametrize("options", [{}, {"missing": "fiml"}, {"group": "region"}], ids=["listwise", "fiml", "groups"])
def test_two_levels_held_at_a_limit_have_fallen_by_the_quantile(options):
    data = sx.simulate(DRAWN, 420, seed=4, design=sx.Design(clusters=60))  # from 50 on, minima are not doubted
    data["region"] = np.where(data["cluster"] % 2, "north", "south")
    text = TWO_LEVELS
    if "missing" in options:
        data.loc[::9, "y"] = np.nan
    if "group" in options:
        for name in ("a1", "b1", "a2", "b2", "c2"):
            text = text.replace(f"{name}*x", f"c({name}, {name})*x").replace(f"{name}*m", f"c({name}, {name})*m")
            text = text.replace(f"{name}*z", f"c({name}, {name})*z")
    best = sx.fit(text, data, cluster="cluster", **options)
    found = sx.profile_likelihood(best)
    assert (found["note"] == "").all()
    for row in found.itertuples():
        assert row.ci_lower < row.est < row.ci_upper
        for value in (row.ci_lower, row.ci_upper):
            held = sx.fit(f"{text}{row.lhs} == {value!r}", data, cluster="cluster", **options)
            fall = held.fit_measures["chisq"] - best.fit_measures["chisq"]
            assert fall == pytest.approx(QUANTILE, abs=HELD)


def test_narrower_levels_lie_within_and_constraints_are_kept(chain):
    text = "m ~ a*x; y ~ b*m; indirect := a*b; a == b"
    wide, narrow = limits(text, chain)[0], limits(text, chain, 0.8)[0]
    assert wide[0] < narrow[0] < narrow[1] < wide[1]
    assert wide[0] >= 0  # a square


def test_a_side_without_limit_says_so_and_a_constant_too(chain):
    found = sx.profile_likelihood(sx.fit("m ~ a*x; share := 1/(a - .35); two := 2 + 0*a", chain))
    assert found["note"].str.len().gt(0).all()
    assert found.loc[1, "note"] == "it does not vary"
    missing = found.loc[0, ["ci_lower", "ci_upper"]].isna()
    assert missing.any()
    assert [f"no {side} limit: " in found.loc[0, "note"] for side in ("lower", "upper")] == missing.tolist()


def test_a_model_without_estimates_on_the_way_is_not_called_a_flat_likelihood(chain, monkeypatch):
    results = sx.fit("m ~ a*x; half := a/2", chain, bounds="pos.var")
    module = "sexresearch.sem.resampling.profile_likelihood"
    monkeypatch.setattr(f"{module}._by_newton", lambda *_: float("nan"))
    monkeypatch.setattr(f"{module}._excess", lambda *_: lambda value: float("nan"))
    note = sx.profile_likelihood(results).loc[0, "note"]
    assert note.count("have no estimates that converge") == 2
    monkeypatch.setattr(f"{module}._excess", lambda *_: lambda value: 1.0 if abs(value) > 0.4 else float("nan"))
    assert sx.profile_likelihood(results)[["ci_lower", "ci_upper"]].isna().all().all()
    monkeypatch.setattr(f"{module}._excess", lambda *_: lambda value: -1.0)
    assert sx.profile_likelihood(results).loc[0, "note"].count("the likelihood does not fall enough") == 2


def test_what_has_no_such_limits_is_refused(chain):
    with pytest.raises(OptionError, match="defines no parameter"):
        sx.profile_likelihood(sx.fit("m ~ x", chain))
    text = "m ~ a*x; twice := 2*a"
    for options in ({"estimator": "MLR"}, {"estimator": "MLM"}):
        with pytest.raises(OptionError, match="use monte_carlo"):
            sx.profile_likelihood(sx.fit(text, chain, **options))
    with pytest.raises(OptionError, match="estimator 'ULS' has none"):
        sx.profile_likelihood(sx.fit(text, chain, estimator="ULS"))
    weighted = sx.fit(text, chain.assign(w=1.0), sampling_weights="w", se="standard")
    with pytest.raises(OptionError, match="no likelihood: use monte_carlo"):
        sx.profile_likelihood(weighted)
    with pytest.raises(OptionError, match="no standard errors"):
        sx.profile_likelihood(sx.fit(text, chain, se="none"))
    with pytest.raises(OptionError, match="level must lie"):
        sx.profile_likelihood(sx.fit(text, chain), level=1)
