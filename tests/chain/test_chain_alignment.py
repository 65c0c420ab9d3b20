"""`align`: planted differences are found and named, means recovered; the loss; words for what cannot be aligned."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.invariance.alignment_loss import aligned, loss, pair_weights
from sexresearch.errors import ModelError, OptionError

ITEMS = [f"x{i}" for i in range(1, 6)]
TEXT = f"joy =~ {' + '.join(ITEMS)}"
MEANS = np.array([0.0, 0.4, -0.3, 0.8, 0.2])
NEAR = 0.2  # three standard errors of a mean of 500 respondents, and what alignment adds


def answers(seed, planted=True):
    rng = np.random.default_rng(seed)
    parts = []
    for k, mean in enumerate(MEANS):
        f = rng.normal(mean, 1.0 + 0.1 * k, 500)
        loadings, intercepts = np.full(5, 1.0), np.zeros(5)
        if planted and k == 1:
            intercepts[0] = 0.8
        if planted and k == 3:
            loadings[2] = 0.5
        values = intercepts + f[:, None] * loadings + 0.8 * rng.normal(size=(500, 5))
        parts.append(pd.DataFrame(values, columns=ITEMS).assign(brand="abcde"[k]))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def found():
    return sx.align(sx.fit(TEXT, answers(1), group="brand"))


def test_planted_differences_are_named(found, assert_in_glossary):
    differing = found.items[found.items["differing"] != ""]
    named = set(zip(differing["item"], differing["parameter"], differing["differing"], strict=True))
    assert named == {("x1", "intercept", "b"), ("x3", "loading", "d")}
    for frame in (found.means, found.parameters, found.items):
        assert_in_glossary(frame)


def test_means_and_variances_are_recovered(found):
    np.testing.assert_allclose(found.means["mean"], MEANS, atol=NEAR)
    np.testing.assert_allclose(np.sqrt(found.means["variance"]), 1.0 + 0.1 * np.arange(5), atol=NEAR)
    assert found.means["se"].iloc[0] == 0
    assert (found.means["se"].iloc[1:] < NEAR).all()


def test_units_of_the_configural_fit_do_not_matter(found):
    other = sx.align(sx.fit(TEXT, answers(1), group="brand", std_lv=True))
    np.testing.assert_allclose(found.parameters["value"], other.parameters["value"], atol=1e-4)
    np.testing.assert_allclose(found.parameters["se"], other.parameters["se"], atol=1e-4)


def test_where_all_is_alike_alignment_is_the_scalar_model():
    data = answers(2, planted=False)
    aligned = sx.align(sx.fit(TEXT, data, group="brand"))
    scalar = sx.fit(TEXT, data, group="brand", group_equal=["loadings", "intercepts"], std_lv=True).parameters
    means = scalar[(scalar["op"] == "~1") & (scalar["lhs"] == "joy")]["est"]
    assert aligned.parameters["invariant"].all()
    np.testing.assert_allclose(aligned.means["mean"], means, atol=0.05)


def smoothed(monkeypatch, last):
    """Let differences be smoothed by no less than `last`, as the reference did."""
    monkeypatch.setattr(sys.modules[aligned.__module__], "SMOOTHING", (0.1, 0.01, last))


def means_and_variances(loadings, intercepts):
    """Of the groups, in units of the first one; all weigh the same."""
    point, g = aligned(loadings, intercepts, np.ones(len(loadings))).point, len(loadings)
    return point[g:] * np.exp(-point[0]), np.exp(2 * (point[:g] - point[0]))


@pytest.mark.parametrize(("smoothing", "near"), [(1e-3, 0.015), (1e-4, 0.003), (1e-6, 0.0002)])
def test_the_published_design_of_the_simulations_is_recovered(monkeypatch, smoothing, near):
    """Asparouhov & Muthen 2014, doi 10.1080/10705511.2014.919210: three groups, two parameters of each differ."""
    loadings, intercepts = np.ones((3, 5)), np.zeros((3, 5))
    loadings[0, 2], loadings[1, 4], loadings[2, 3] = 1.4, 0.5, 0.3
    intercepts[0, 4], intercepts[1, 0], intercepts[2, 1] = 0.5, -0.5, -0.5
    mean, variance = np.array([0.0, 0.3, 0.8]), np.array([1.0, 1.5, 1.2])
    smoothed(monkeypatch, smoothing)
    found = means_and_variances(loadings * np.sqrt(variance)[:, None], intercepts + mean[:, None] * loadings)
    np.testing.assert_allclose(found[0], mean, atol=near)
    np.testing.assert_allclose(found[1], variance, atol=near)


def test_the_published_linking_of_two_studies_is_found(monkeypatch):
    """Example 4 of sirt's help page of invariance.alignment prints means -0.207 and 0.207, standard deviations 1."""
    data = pd.read_csv(Path(__file__).parents[1] / "reference" / "alignment" / "linking.csv").to_numpy().T
    smoothed(monkeypatch, 0.01)  # sirt's own until version 3.5
    mean, variance = means_and_variances(np.ones_like(data), data)
    assert mean[1] - mean[0] == pytest.approx(0.414, abs=0.001)  # two means of three decimals
    assert variance[1] == pytest.approx(1.0, abs=0.001)


def test_published_aligned_parameters_stay_where_they_are():
    """Neuroticism at three waves, aligned by sirt: printed in ex_MIDUS_growth of github.com/marklhc/awc-growth-supp."""
    loadings = np.array([[0.443, 0.786, 0.767, 0.321], [0.446, 0.798, 0.737, 0.356], [0.462, 0.774, 0.753, 0.359]])
    intercepts = np.array([[2.400, 2.618, 2.236, 2.110], [2.317, 2.630, 2.206, 2.279], [2.208, 2.617, 2.251, 2.236]])
    mean, variance = means_and_variances(loadings, intercepts)
    np.testing.assert_allclose(mean, 0.0, atol=0.002)  # printed with three decimals
    np.testing.assert_allclose(variance, 1.0, atol=0.004)


def test_the_gradient_of_the_loss_is_that_of_differences():
    rng = np.random.default_rng(3)
    loadings, intercepts, point = rng.normal(1, 0.1, (4, 5)), rng.normal(size=(4, 5)), rng.normal(size=8) / 5
    parts = (loadings, intercepts, pair_weights(np.array([100.0, 200, 300, 150])), 0.01)
    steps = 1e-6 * np.eye(8)
    slopes = [(loss(point + e, *parts)[0] - loss(point - e, *parts)[0]) / 2e-6 for e in steps]
    np.testing.assert_allclose(loss(point, *parts)[1], slopes, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda d: sx.fit(TEXT, d), OptionError, "compares groups"),
        (
            lambda d: sx.fit(TEXT, d, group="brand", group_equal=["loadings"]),
            ModelError,
            "configural fit; .*held equal",
        ),
        (
            lambda d: sx.fit("f =~ x1 + x2 + x3\ng =~ x3 + x4 + x5", d, group="brand"),
            ModelError,
            "'x3' measures f and g",
        ),
        (lambda d: sx.efa(d, 1, group="brand"), ModelError, r"efa\(\) block"),
        (
            lambda d: sx.fit(TEXT, d.assign(**d[ITEMS].round().clip(-1, 1)), group="brand", ordered=True),
            ModelError,
            r"the ordered items x1, x2, x3, x4, x5 have thresholds",
        ),
    ],
)
def test_what_cannot_be_aligned_is_refused_in_words(call, error, said):
    data = answers(4)
    with pytest.raises(error, match=said):
        sx.align(call(data))
