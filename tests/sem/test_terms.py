"""Terms of a discrepancy: derivatives of every kind, sums of kinds, and a new one in one file and one line."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import ridge

from sexresearch.sem import bootstrap, fit
from sexresearch.sem.terms.kinds import KINDS

ROUNDING = 1e-9  # of a sum beside its parts
STEP = 1e-6  # of finite differences
FIRST, SECOND = 1e-7, 1e-5  # their errors, relative to the largest derivative
EQUATION = 1e-6  # of normal equations at the minimiser's tolerance
PAGE = Path(__file__).parents[2] / "docs" / "developer" / "terms.md"
MODEL = "f =~ a + b + c + d\nf ~ x\nd ~ x"
LEVELS = "level: 1\nfw =~ a + b + c + d\nfw ~ x\nlevel: 2\nfb =~ a + b + c + d\nfb ~ z"
ASKED = {
    "normal": {},
    "pairwise": {"missing": "pairwise", "estimator": "ML"},
    "fiml": {"missing": "fiml"},
    "least_squares": {"estimator": "GLS"},
    "ordinal_least_squares": {"ordered": ["a", "b", "c", "d"]},
    "two_level": {"cluster": "branch"},
}


def answers() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x = rng.normal(size=400)
    values = (rng.normal(size=400) + 0.5 * x)[:, None] + rng.normal(size=(400, 4))
    data = pd.DataFrame(np.digitize(values, [-1.0, 0.0, 1.0]).astype(float), columns=list("abcd")).assign(x=x)
    return data.assign(g=np.where(np.arange(400) % 3, "one", "two"))


def model_of(kind: str) -> str:
    return LEVELS if kind == "two_level" else MODEL


def with_gaps(kind: str) -> pd.DataFrame:
    data = answers()
    if kind in ("pairwise", "fiml"):
        data.loc[::7, "a"] = np.nan
        data.loc[3::11, "c"] = np.nan
    if kind == "two_level":
        rng = np.random.default_rng(4)
        branch = np.repeat(np.arange(80), [3, 4, 5, 8] * 20)
        z = rng.normal(size=80)
        data[list("abcd")] += (0.8 * rng.normal(size=80) + 0.5 * z)[branch][:, None]
        data = data.assign(branch=branch, z=z[branch], g=np.where(branch % 3, "one", "two"))
    return data


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_the_sum_of_its_groups_with_exact_derivatives(kind):
    fitted = fit(model_of(kind), with_gaps(kind), group="g", **ASKED[kind]).fitted
    assert fitted.options.kind == kind
    objective, theta = fitted.objective, fitted.theta * 1.1 + 0.01
    curve = objective.curve(theta)
    assert curve.value == pytest.approx(sum(term.value(theta) for term in objective.terms), rel=ROUNDING)
    steps = np.eye(len(theta)) * STEP
    slope = [(objective.value(theta + s) - objective.value(theta - s)) / (2 * STEP) for s in steps]
    assert curve.gradient == pytest.approx(slope, abs=FIRST * max(1.0, np.abs(slope).max()))
    bend = np.array([(objective.curve(theta + s).gradient - objective.curve(theta - s).gradient) for s in steps])
    bend /= 2 * STEP
    assert np.abs(curve.hessian() - bend).max() < SECOND * max(1.0, np.abs(bend).max())


@pytest.mark.parametrize("kind", KINDS)
def test_moments_their_labels_and_derivatives_stand_in_one_order(kind):
    fitted = fit(model_of(kind), with_gaps(kind), **ASKED[kind]).fitted
    theta = fitted.theta
    for number, point in enumerate(fitted.points):
        size = len(point.term.labels)
        assert point.moments.shape == (size,)
        assert kind == "two_level" or point.term.moment_covariance().dense().shape == (size, size)
        steps = np.eye(len(theta)) * STEP
        ends = [(point.term.at(theta + s).moments, point.term.at(theta - s).moments) for s in steps]
        slopes = np.array([(up - down) / (2 * STEP) for up, down in ends]).T
        assert point.jacobian == pytest.approx(slopes, abs=FIRST * np.abs(slopes).max())
        free = [row for row in fitted.table.group(number) if row.free >= 0]
        by_rows = point.jacobian_of(free, fitted.table.roles[number])
        assert by_rows == pytest.approx(point.jacobian[:, [row.free for row in free]], abs=ROUNDING)


def test_a_new_term_is_one_file_and_one_line(monkeypatch):
    data = answers()
    plain = fit("y ~ x1 + x2", data.rename(columns={"a": "y", "b": "x1", "c": "x2"}))
    monkeypatch.setitem(KINDS, "normal", ridge.penalised)
    results = fit("y ~ x1 + x2", data.rename(columns={"a": "y", "b": "x1", "c": "x2"}))
    table = results.parameters.set_index(["lhs", "op", "rhs"])["est"]
    slopes, variance = table[[("y", "~", "x1"), ("y", "~", "x2")]].to_numpy(), table["y", "~~", "y"]
    S = data[["a", "b", "c"]].cov(ddof=0).to_numpy()
    shrunk = np.linalg.solve(S[1:, 1:] + ridge.SIZE * variance * np.eye(2), S[1:, 0])
    assert slopes == pytest.approx(shrunk, abs=EQUATION)
    assert np.linalg.norm(slopes) < np.linalg.norm(plain.parameters["est"][:2])


@pytest.mark.filterwarnings("ignore:the model is saturated")
def test_all_that_is_asked_of_a_fit_holds_with_the_new_term(monkeypatch):
    data = answers().rename(columns={"a": "y", "b": "x1", "c": "x2"})
    plain = fit("y ~ x1 + x2", data)
    monkeypatch.setitem(KINDS, "normal", ridge.penalised)
    results = fit("y ~ x1 + x2", data)
    slopes, variance = results.fitted.theta[:2], results.fitted.theta[2]
    S = data[["y", "x1", "x2"]].cov(ddof=0).to_numpy()
    information = len(data) * (S[1:, 1:] / variance + ridge.SIZE * np.eye(2))
    assert results.vcov.iloc[:2, :2].to_numpy() == pytest.approx(np.linalg.inv(information), rel=EQUATION)
    unexplained = S[0, 0] - 2 * slopes @ S[1:, 0] + slopes @ S[1:, 1:] @ slopes
    least = S[0, 0] - S[1:, 0] @ np.linalg.solve(S[1:, 1:], S[1:, 0])
    chisq = len(data) * (np.log(variance / least) + unexplained / variance - 1)
    assert results.fit_measures["chisq"] == pytest.approx(chisq, rel=EQUATION)
    assert plain.fit_measures["chisq"] == 0
    for again in (pickle.loads(pickle.dumps(results)), copy.deepcopy(results), fit("y ~ x1 + x2", data)):
        assert again == results
        assert again.vcov.equals(results.vcov)
    assert results != plain
    drawn = bootstrap(results, 40, seed=1).replicates
    assert drawn.iloc[:, :2].mean().to_numpy() == pytest.approx(slopes, abs=3 * np.sqrt(results.vcov.iloc[0, 0] / 40))
    for options in ({"estimator": "MLR"}, {"group": "g"}, {"estimator": "MLM"}):
        other = fit("y ~ x1 + x2", data, **options)
        assert other.converged
        assert (other.parameters["se"][:2] > 0).all()


def test_the_page_shows_the_toy_term_as_it_is():
    assert Path(ridge.__file__).read_text(encoding="utf-8") in PAGE.read_text(encoding="utf-8")
    assert len(Path(ridge.__file__).read_text(encoding="utf-8").splitlines()) <= 42
