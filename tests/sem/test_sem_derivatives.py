"""Every analytic derivative of the core equals a central finite difference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample, with_gaps

from sexresearch import sem
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.structure import implied, jacobian, vech_index
from sexresearch.sem.language.expression import variable
from sexresearch.sem.language.syntax import parse
from sexresearch.sem.terms.scores import casewise_scores, slot_matrix

STEP = 1e-5  # central differences: error of order STEP^2 from truncation, 1e-16 / STEP from rounding
FIRST = 1e-8  # what that leaves of a first derivative of size 1
SECOND = 1e-6  # a difference of gradients, relative to the largest entry

MODELS = {
    "chain": (CHAIN, {}),
    "means": (CHAIN + "\n loyal ~ age + member", {"meanstructure": True}),
    "second_order": ("q =~ q1+q2+q3 \n j =~ j1+j2+j3 \n l =~ l1+l2+l3 \n top =~ q + j + l \n q1 ~~ j1", {}),
    "feedback": ("f =~ j1+j2+j3 \n g =~ l1+l2+l3 \n f ~ g + age \n g ~ f + member", {"fixed_x": False}),
    "groups": (CHAIN, {"group": "brand", "group_equal": ("loadings", "intercepts")}),
    "gaps": (CHAIN, {"missing": "fiml"}),
    "uls": (CHAIN, {"estimator": "ULS", "meanstructure": True}),
    "gls": (CHAIN, {"estimator": "GLS"}),
    "wls": (CHAIN, {"estimator": "DWLS", "meanstructure": True}),
}


@pytest.fixture(params=MODELS)
def place(request: pytest.FixtureRequest) -> tuple[Fitted, np.ndarray]:
    """A fitted model and a point away from its optimum."""
    syntax, options = MODELS[request.param]
    data = with_gaps(chain_sample(), ["q1", "j2", "l3"]) if request.param == "gaps" else chain_sample()
    fitted = sem.fit(syntax, data, **options).fitted
    return fitted, fitted.theta * 1.07 + 0.013


def differences(function, theta: np.ndarray) -> np.ndarray:
    """Central differences of a function along every parameter, last axis."""
    steps = STEP * np.eye(len(theta))
    return np.stack([(function(theta + s) - function(theta - s)) / (2 * STEP) for s in steps], axis=-1)


def test_gradient(place: tuple[Fitted, np.ndarray]) -> None:
    fitted, theta = place
    gradient = fitted.objective.curve(theta).gradient
    expected = differences(fitted.objective.value, theta)
    assert np.abs(gradient - expected).max() < FIRST * max(1.0, np.abs(expected).max())


def test_hessian(place: tuple[Fitted, np.ndarray]) -> None:
    fitted, theta = place
    expected = differences(lambda t: fitted.objective.curve(t).gradient, theta)
    assert np.abs(fitted.objective.hessian(theta) - expected).max() < SECOND * max(1.0, np.abs(expected).max())


def test_moment_jacobian(place: tuple[Fitted, np.ndarray]) -> None:
    fitted, theta = place
    for structure in fitted.structures:
        i, j = vech_index(structure.p)

        def moments(t: np.ndarray, structure=structure, i=i, j=j) -> np.ndarray:
            state = implied(structure, t)
            return np.concatenate([state.mean if structure.has_means else [], state.cov[i, j]])

        ours = jacobian(implied(structure, theta)) @ slot_matrix(structure, len(theta))
        assert np.abs(ours - differences(moments, theta)).max() < 1e-8


def test_expected_information_is_the_mean_hessian_of_simulated_data() -> None:
    """At the truth and with the implied moments as data, Hessian and expected curvature are the same matrix."""
    fitted = sem.fit(CHAIN, chain_sample()).fitted
    state = fitted.states[0]
    exact = sem.Moments(
        pd.DataFrame(state.cov, index=fitted.samples[0].names, columns=fitted.samples[0].names),
        nobs=10**9,
    )
    again = sem.fit(CHAIN, moments=exact).fitted
    curve, hessian = again.objective.curve(again.theta).curvature, again.objective.hessian(again.theta)
    assert np.abs(curve - hessian).max() < 1e-7


def test_casewise_scores_sum_to_the_gradient() -> None:
    for missing in ("listwise", "fiml"):
        data = with_gaps(chain_sample(), ["q1", "l2"]) if missing == "fiml" else chain_sample()
        fitted = sem.fit(CHAIN, data, missing=missing, meanstructure=True).fitted
        theta = fitted.theta * 1.05 + 0.01
        state = implied(fitted.structures[0], theta)
        total = (casewise_scores(state, fitted.samples[0]) @ slot_matrix(state.structure, len(theta))).sum(axis=0)
        assert np.allclose(total, -fitted.n * fitted.objective.curve(theta).gradient, atol=1e-8)


@pytest.mark.parametrize(
    "text",
    ["a*b - c/a", "exp(a*b) + log(c)", "sqrt(a)^3 - 2^b", "-a^2 * (b - c)", "a^b", "tanh(a) + abs(-b)", "3/(a+b)/c"],
)
def test_expression_jets(text: str) -> None:
    expression = parse(f"f =~ x\n d := {text}").definitions[0].expression
    theta = np.array([0.7, 1.3, 2.1])

    def at(t: np.ndarray):
        return expression.jet({n: variable(t[i], i, 3) for i, n in enumerate("abc")}, 3)

    assert np.allclose(at(theta).gradient, differences(lambda t: np.array(at(t).value), theta), atol=1e-8)
    assert np.allclose(at(theta).hessian, differences(lambda t: at(t).gradient, theta), atol=1e-7)
