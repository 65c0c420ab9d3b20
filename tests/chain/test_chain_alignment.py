"""`align`: planted differences are found and named, means recovered; the loss; words for what cannot be aligned."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.invariance.alignment_loss import loss, pair_weights
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
            "ordered items",
        ),
    ],
)
def test_what_cannot_be_aligned_is_refused_in_words(call, error, said):
    data = answers(4)
    with pytest.raises(error, match=said):
        sx.align(call(data))
