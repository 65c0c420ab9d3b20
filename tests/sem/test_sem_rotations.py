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
from sexresearch.sem.rotation.rotate import like

DATA = Path(__file__).parents[1] / "reference" / "data"
BLOCK = 'efa("b")*f1 + efa("b")*f2 =~ exp1 + exp2 + exp3 + qua1 + qua2 + qua3'
INVARIANT = 1e-8  # what rotation leaves as it is, up to rounding
ONE_ANSWER = 1e-5  # two searches of one minimum, each from another start
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


@pytest.mark.parametrize("rotation", ["geomin", "oblimin", "varimax", "promax", "cf_parsimax"])
@pytest.mark.parametrize("estimator", ["ML", "ULS"])
def test_one_data_set_has_one_answer_whatever_the_order_of_items_and_the_starts(chain, rotation, estimator):
    items = [f"{name}{i}" for name in ("exp", "qua", "val") for i in (1, 2, 3)]
    rng = np.random.default_rng(11)

    def pattern(names, data, starts):
        asked = sx.Rotation(method=rotation, starts=starts)
        rows = sx.efa(data, 3, items=names, rotation=asked, estimator=estimator).parameters.query("op == '=~'")
        return rows.pivot_table(index="rhs", columns="lhs", values="std_all").loc[items].to_numpy()

    first = pattern(items, chain, 30)
    for starts in (20, 60, 100):
        again = pattern(list(rng.permutation(items)), chain.sample(frac=1, random_state=starts), starts)
        order, sign = like(again, first)
        np.testing.assert_allclose(again[:, order] * sign, first, atol=ONE_ANSWER)


def test_other_minima_of_a_rotation_that_are_hardly_worse_are_problems(chain):
    items = ["exp1", "exp2", "exp3", "qua1", "qua2", "qua3", "val1", "val2", "val3"]
    blocks = " + ".join(f'efa("b")*f{k}' for k in (1, 2, 3))
    with pytest.warns(sx.FitWarning, match="another minimum that is hardly worse"):
        results = sx.fit(
            f"{blocks} =~ {' + '.join(items)}\nexp1 ~~ exp2", chain, rotation=sx.Rotation(standardized=False)
        )
    (pattern,) = results.fitted.rotated
    best, second = pattern.rotation.minima[0].value, pattern.rotation.others[0][0]
    assert best < second < 1.01 * best


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
