"""Ordered variables that explain ordered variables: lavaan's values, exact derivatives, two parameterizations."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from reference_cases import FOLDER, parameter_values, read_data

from sexresearch import sem
from sexresearch.sem.inference.vcov import vcov

SOLVED = 2e-5  # absolute, relative above 1: lavaan's minimiser stops where the discrepancy hardly changes
SAME = 1e-6  # one model in two parameterizations
STEP, FIRST, SECOND = 1e-5, 1e-8, 1e-7  # of finite differences, and what they leave
DATA, ORDERED = read_data("mediators"), ["u1", "u2", "u3"]
ANSWERS = pd.read_csv(FOLDER / "ordered_mediators.csv", keep_default_na=False, na_values=["NA"])
DIRECT = "u1 + u2 ~ x1 + x2 + x3\nu3 ~ u1 + u2 + x2"
SCALED = "u1 ~ x1 + x2\nu2 ~ u1 + x1 + x3\nu3 ~ u2 + x2"
EQUAL = {"group": "site", "group_equal": ("thresholds", "regressions")}
CASES: dict[str, tuple[str, dict[str, object]]] = {
    "direct": (DIRECT, {}),
    "direct_groups": (DIRECT, {"group": "site"}),
    "chain": ("u1 ~ x1 + x2\nu2 ~ a*u1 + x1 + x3\nu3 ~ b*u2 + x2\nab := a*b", {}),
    "scaled": (SCALED, EQUAL),
}
FITS = list(ANSWERS[["case", "parameterization"]].drop_duplicates().itertuples(index=False, name=None))
LATENT = "f =~ u1 + u2 + x3\nu3 ~ u1 + f\nf ~ x1"  # a response explains beside the latent variable it shows


def fit(text: str, data: pd.DataFrame = DATA, **options: object) -> sem.Results:
    """A fit whose warnings are not the subject."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(text, data, ordered=ORDERED, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("case", "parameterization"), FITS)
def test_estimates_errors_and_tests_are_lavaans(case: str, parameterization: str) -> None:
    text, options = CASES[case]
    results = fit(text, parameterization=parameterization, **options)
    known = parameter_values(results.parameters)
    known |= {("measure", str(k).replace("_", ".")): v for k, v in results.fit_measures.items()}
    keys = [key if isinstance(key, tuple) else ("", key) for key in results.r_squared.index]
    squares = zip(keys, results.r_squared, strict=True)
    known |= {("r_squared", f"{name} {group}"): value for (group, name), value in squares}
    rows = ANSWERS[(ANSWERS["case"] == case) & (ANSWERS["parameterization"] == parameterization)]
    assert {"est", "measure"} <= set(rows["kind"])
    for kind, name, value in rows[["kind", "name", "value"]].itertuples(index=False, name=None):
        if (kind, name) in known and not np.isnan(value) and not (kind == "se" and value == 0):
            assert known[kind, name] == pytest.approx(value, abs=SOLVED, rel=SOLVED), (kind, name)


@pytest.mark.parametrize("text", [*(text for text, _ in CASES.values()), LATENT])
def test_both_parameterizations_are_one_model(text: str) -> None:
    delta, theta = (fit(text, parameterization=kind) for kind in ("delta", "theta"))
    for name in ("chisq", "chisq_scaled", "srmr"):
        assert delta.fit_measures[name] == pytest.approx(theta.fit_measures[name], rel=SAME, abs=SAME)
    assert np.allclose(delta.r_squared, theta.r_squared, atol=SAME)
    left, right = (r.parameters.query("op in ['~', ':=', '=~']") for r in (delta, theta))
    assert np.allclose(left["std_all"], right["std_all"], atol=SAME)
    left, right = (r.modification_indices().query("op == '~'").sort_values(["lhs", "rhs"]) for r in (delta, theta))
    assert np.allclose(left["mi"], right["mi"], rtol=SAME, atol=SAME)


@pytest.mark.parametrize(("text", "options"), [*CASES.values(), (LATENT, {})])
def test_first_and_second_derivatives_are_exact(text: str, options: dict[str, object]) -> None:
    results = fit(text, **options)
    term = results.fitted.objective.groups[-1]
    at = results.fitted.theta + 0.03 * np.cos(np.arange(len(results.fitted.theta)))
    curve, steps = term.curve(at), STEP * np.eye(len(at))
    slope = np.array([(term.value(at + s) - term.value(at - s)) / (2 * STEP) for s in steps])
    bend = np.array([(term.curve(at + s).gradient - term.curve(at - s).gradient) / (2 * STEP) for s in steps])
    assert np.allclose(curve.gradient, slope, atol=FIRST)
    assert np.allclose(curve.hessian(), bend, atol=SECOND)


def test_responses_have_the_variance_that_their_scale_says() -> None:
    results = fit(SCALED, **EQUAL)
    rows = results.parameters
    scale = rows[(rows["op"] == "~*~") & (rows["group"] == "south")]["est"].to_numpy()
    cov = results.fitted.points[1].state.cov
    given = cov[:3, :3] - cov[:3, 3:] @ np.linalg.solve(cov[3:, 3:], cov[3:, :3])
    assert np.allclose(np.diag(given), scale**-2.0, atol=SAME)


def test_weights_clusters_and_a_bootstrap_go_with_mediators() -> None:
    rng = np.random.default_rng(2)
    data = DATA.assign(w=rng.uniform(0.5, 2.0, len(DATA)), branch=rng.integers(0, 60, len(DATA)))
    results = fit(CASES["chain"][0], data, sampling_weights="w", cluster="branch")
    assert np.isfinite(vcov(results.fitted)).all()
    drawn = sem.bootstrap(results, replicates=30, seed=3)
    assert drawn.replicates.notna().all(axis=None)
