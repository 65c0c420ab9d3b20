"""One kernel: single fits, replicates, draws, power and permutation go through the same functions of sem/implied."""

from dataclasses import replace

import numpy as np
import pytest
from sem_samples import CHAIN, chain_sample
from test_architecture import TREES, own_imports

import sexresearch as sx
from sexresearch.sem.implied import factor_gradient, stacked, structure
from sexresearch.sem.implied.structure import implied
from sexresearch.sem.resampling import path_matrices, row_values
from sexresearch.sem.resampling.many_fits import batch

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
ROUNDING = 1e-9  # the same sums in another order
MODELS = {
    "factors": (CHAIN, {}),
    "means": (CHAIN, {"meanstructure": True}),
    "groups": (CHAIN, {"group": "brand", "group_equal": ["loadings"]}),
    "paths alone": ("l1 ~ j1 + q1\nj1 ~ q1\nl2 ~ l1", {"meanstructure": True, "fixed_x": False}),
    "a loop": ("l1 ~ j1 + q1\nj1 ~ l1 + q2", {"fixed_x": False}),
}


@pytest.fixture(params=MODELS)
def results(request):
    text, options = MODELS[request.param]
    return sx.fit(text, chain_sample(), **options)


def nearby(theta: np.ndarray) -> np.ndarray:
    """(5, q) the estimates and four vectors around them."""
    rng = np.random.default_rng(1)
    return theta + np.vstack([np.zeros((1, len(theta))), 0.02 * rng.normal(size=(4, len(theta)))])


def close(one: np.ndarray, other: np.ndarray) -> None:
    np.testing.assert_allclose(one, other, rtol=ROUNDING, atol=ROUNDING)


def test_many_vectors_have_the_moments_of_each_alone(results):
    """By the stacks behind replicates' errors, by factor models of replicates, and by the matrices of questions."""
    fitted = results.fitted
    theta = nearby(fitted.theta)
    rows = row_values.row_values(fitted, theta, np.zeros((len(theta), 0)))
    for group, own in enumerate(fitted.structures):
        alone = [implied(replace(own, origin=None), vector) for vector in theta]
        G, C = stacked.reduced(*stacked.path_and_residual_stacks(own, theta[:, own.free]))
        seen = path_matrices.matrices(row_values.places_of(fitted, group), rows)
        form, m = factor_gradient.factor_form(alone[0]), seen.G.shape[1]
        moments = factor_gradient.omega(form, theta[:, own.free])
        for number, state in enumerate(alone):
            close(G[number], state.G)
            close(C[number], state.C)
            close(seen.C[number], state.all_cov[:m, :m])
            close(moments[number], state.omega[np.ix_(form.order, form.order)])


@pytest.mark.parametrize("name", ["factors", "means", "groups", "paths alone"])
def test_the_gradient_of_a_batch_is_that_of_single_fits(name):
    text, options = MODELS[name]
    fitted = sx.fit(text, chain_sample(), **options).fitted
    model = batch(fitted)
    assert model is not None
    for theta in nearby(fitted.theta):
        total = np.zeros(len(theta))
        for form, sample, share in zip(model.forms, fitted.samples, fitted.shares, strict=True):
            moment = sample.cov + np.outer(sample.mean, sample.mean) if form.structure.has_means else sample.cov
            if form.structure.has_means:
                moment = np.block([[moment, sample.mean[:, None]], [sample.mean, 1.0]])
            own = moment[np.ix_(form.order, form.order)]
            slots = factor_gradient.gradient(form, theta[None, form.structure.free], own[None])[0]
            np.add.at(total, form.structure.free, share * slots)
        np.testing.assert_allclose(total, fitted.objective.curve(theta).gradient, rtol=1e-6, atol=1e-8)


def test_one_vector_of_many_standardized_is_the_table(results):
    fitted = results.fitted
    many = row_values.values(fitted, nearby(fitted.theta), np.zeros((5, 0)), "std_all")
    table = results.parameters[results.parameters["op"] != ":="]
    close(many[0, : len(table)], table["std_all"].to_numpy())


class Calls(dict):
    """How many parameter vectors at a time each function was called with, by its name."""

    def counted(self, monkeypatch, module, name):
        own = getattr(module, name)

        def spy(*given):
            self.setdefault(name, []).append(np.ndim(given[-1]))
            return own(*given)

        monkeypatch.setattr(module, name, spy)


def test_who_draws_again_and_who_fits_once_call_the_kernel(monkeypatch):
    data, calls = chain_sample(), Calls()
    for module, name in ((structure, "total_effects"), (factor_gradient, "factored"), (path_matrices, "total_effects")):
        calls.counted(monkeypatch, module, name)

    def used(name, question):
        calls.clear()
        question()
        return len(calls.get(name, []))

    results = sx.fit(CHAIN, data)
    questions = {
        "fit": lambda: sx.fit(CHAIN, data),
        "bootstrap": lambda: sx.bootstrap(results, 20, seed=1),
        "power": lambda: sx.power("y ~ 0.3*x", n=[50], replicates=20),
        "permutation": lambda: sx.permutation_test(CHAIN, data, group="brand", replicates=19),
        "monte carlo": lambda: sx.effects(results, interval="monte_carlo"),
        "delta": lambda: sx.reliability(results),
    }
    once, many = ("fit", "delta", "monte carlo"), ("bootstrap", "power", "permutation")
    assert all(used("total_effects", questions[name]) for name in once)
    assert all(used("factored", questions[name]) for name in many)


def test_nobody_else_knows_the_formulas():
    """Who needs implied moments or their derivatives imports them of sem/implied."""
    home = "sexresearch.sem.implied"
    users = {module for module, tree in TREES.items() if any(name.startswith(home) for name in own_imports(tree.body))}
    needed = {
        "terms.normal",
        "terms.continuous",
        "resampling.many_fits",
        "resampling.sampled",
        "resampling.many_errors",
    }
    needed |= {"resampling.path_matrices", "resampling.row_values", "simulation.population", "planning.one_parameter"}
    assert {f"sexresearch.sem.{name}" for name in needed} <= users
