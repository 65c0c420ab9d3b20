"""Exploratory blocks: one answer, the unrotated fit, errors through the rotation, words where nothing can be turned."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import ModelError, ModelSyntaxError, OptionError
from sexresearch.sem.estimation.rotated import _turned, _turns
from sexresearch.sem.inference.vcov import vcov

DATA = Path(__file__).parents[1] / "reference" / "data"
BLOCK = 'efa("b")*f1 + efa("b")*f2 =~ exp1 + exp2 + exp3 + qua1 + qua2 + qua3'
INVARIANT = 1e-8  # what rotation leaves as it is, up to rounding
DIFFERENCES = 1e-6  # of errors by central differences of the rotation itself


@pytest.fixture(scope="module")
def chain():
    return pd.read_csv(DATA / "chain.csv")


@pytest.mark.parametrize("rotation", ["geomin", "oblimin", "promax", "varimax", "bigeomin", "cf_facparsim"])
def test_fit_is_that_of_the_unrotated_factors(chain, rotation):
    plain, turned = (sx.fit(BLOCK, chain, rotation=r) for r in ("none", rotation))
    pd.testing.assert_series_equal(plain.fit_measures, turned.fit_measures, atol=INVARIANT, check_exact=False)
    np.testing.assert_allclose(plain.implied["cov"], turned.implied["cov"], atol=INVARIANT)
    np.testing.assert_allclose(plain.r_squared, turned.r_squared, atol=INVARIANT)


@pytest.mark.parametrize("rotation", ["geomin", "promax", "varimax", "quartimin"])
def test_errors_are_those_of_the_rotation_by_differences(chain, rotation):
    text = BLOCK + "\nloy =~ loy1 + loy2 + loy3\nloy ~ f1 + f2"
    found = sx.fit(text, chain, rotation=rotation).fitted
    bare, size = found.unrotated, 1e-5

    def turned(theta):
        moved = replace(bare.constrained, solution=bare.constrained.solution.moved(theta))
        fitted = replace(bare, constrained=moved)
        return _turned(fitted, found.table, _turns(fitted, found.table)).theta

    J = np.array([turned(bare.theta + e) - turned(bare.theta - e) for e in size * np.eye(len(bare.theta))]).T / 2 / size
    np.testing.assert_allclose(vcov(found), J @ vcov(bare) @ J.T, atol=DIFFERENCES)


def test_one_data_set_has_one_answer_whatever_the_order_of_rows(chain):
    first, again = sx.fit(BLOCK, chain), sx.fit(BLOCK, chain.iloc[::-1])
    np.testing.assert_allclose(first.parameters["est"], again.parameters["est"], atol=1e-6)


def test_a_target_is_met_by_names_in_any_order(chain):
    items, k = [f"exp{i}" for i in (1, 2, 3)] + [f"qua{i}" for i in (1, 2, 3)], 2
    target = pd.DataFrame(np.nan, index=items, columns=["f1", "f2"])
    target.loc[items[:3], "f1"] = target.loc[items[3:], "f2"] = 0.0
    found = sx.fit(BLOCK, chain, rotation=sx.Rotation(method="target", target=target))
    same = sx.fit(BLOCK, chain, rotation=sx.Rotation(method="target", target=target.iloc[::-1, ::-1]))
    np.testing.assert_allclose(found.parameters["est"], same.parameters["est"], atol=INVARIANT)
    loadings = found.parameters.query("op == '=~'")["est"].to_numpy().reshape(k, 6)
    assert np.abs(loadings[0, :3]).max() < 0.15 < 0.5 < np.abs(loadings[1, :3]).min()


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (BLOCK + "\nloy =~ loy1 + loy2 + loy3\nloy ~ f1", ModelError, "fixes 'loy ~ f2', which rotation of .* f1, f2"),
        (BLOCK + "\nf1 =~ loy1", ModelError, "'f1' is in the block 'b', and in no block in line 2"),
        ('efa("b")*f1 =~ exp1 + exp2 + exp3\nefa("b")*f2 =~ exp1 + exp2', ModelError, "exp3 .* no loading on .* 'f2'"),
        ('efa("b")*f1 + efa("b")*f2 =~ 1*exp1 + exp2 + exp3 + qua1 + qua2', ModelError, "'f1 =~ exp1' is fixed to 1"),
        (BLOCK + "\nf1 ~~ 2*f1", ModelError, "'f1 ~~ f1' cannot be held"),
        ('efa("b")*f1 + efa("c")*f1 =~ exp1 + exp2 + exp3', ModelSyntaxError, "'f1' in two blocks"),
        ('efa("b")*f1 + efa("b")*f2 =~ exp1 + exp2 + exp3', ModelError, "df = -2"),
        ('efa("b")*f1 ~ exp1', ModelSyntaxError, "a block of exploratory factors is measured by items"),
        ("efa(b)*f1 =~ exp1 + exp2", ModelSyntaxError, "the name of the block in quotes"),
        ('f1 =~ efa("b")*exp1 + exp2', ModelSyntaxError, "before factors on the left"),
        (BLOCK.replace("exp1 ", "u*exp1 ").replace("exp2", "u*exp2"), ModelError, "share labels"),
    ],
)
def test_models_that_cannot_be_turned_are_refused_by_name(chain, text, error, said):
    with pytest.raises(error, match=said):
        sx.fit(text, chain)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: "geomim", "'geomim' is not known .did you mean 'geomin'"),
        (lambda: sx.Rotation(method="target"), "needs target="),
        (lambda: sx.Rotation(method="geomin", target=np.zeros((6, 2))), "takes no target"),
        (lambda: sx.Rotation(method="target", target=np.zeros((5, 2))), "is 5 x 2; it takes 6 items"),
        (lambda: sx.Rotation(method="varimax", orthogonal=False), "its oblique kin is 'cf_varimax'"),
        (lambda: sx.Rotation(epsilon=0.0), "epsilon of a rotation lies above 0"),
        (lambda: sx.Rotation(row_weights="kiaser"), "'none' or 'kaiser'"),
        (lambda: sx.Rotation(starts=0), "starts of a rotation is 1 to"),
    ],
)
def test_rotations_that_are_none_are_refused_in_words(chain, asked, said):
    with pytest.raises(OptionError, match=said):
        sx.fit(BLOCK, chain, rotation=asked())
