"""`efa` and `factor_loadings`: an ordinary fit, second programs, verdicts, and words for what cannot be."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import DataError, OptionError, SexresearchError

FOLDER = Path(__file__).parents[1] / "reference"
SECOND = 1e-3  # statsmodels stops its likelihood and its rotation early
SAME = 1e-6


@pytest.fixture(scope="module")
def nine():
    return pd.read_csv(FOLDER / "exploring" / "items.csv").drop(columns="again")


def wide(results):
    found = sx.factor_loadings(results)
    return found.pivot_table(index="item", columns="factor", values="loading", sort=False)


def matched(mine, theirs):
    place = [int(np.abs(theirs.T @ mine[:, k]).argmax()) for k in range(mine.shape[1])]
    return theirs[:, place] * np.sign([theirs[:, j] @ mine[:, k] for k, j in enumerate(place)])


def test_efa_is_the_fit_of_its_block(nine):
    blocks = " + ".join(f'efa("efa")*f{k}' for k in (1, 2, 3))
    plain = sx.fit(f"{blocks} =~ {' + '.join(nine)}", nine)
    pd.testing.assert_frame_equal(plain.parameters, sx.efa(nine, 3).parameters, atol=SAME, check_exact=False)


@pytest.mark.parametrize("rotation", ["quartimin", "varimax", "none"])
def test_explore_sees_what_efa_fits(nine, rotation):
    """The likelihood over uniquenesses, and over loadings: one maximum, one rotation."""
    mine = wide(sx.efa(nine, 3, rotation=sx.Rotation(method=rotation, row_weights="none")))
    seen = sx.explore(nine, factors=3, rotation=rotation, normalize=False)
    theirs = seen.pivot_table(index="item", columns="factor", values="loading", sort=False).to_numpy()
    if rotation == "none":  # echelon form and principal axes
        np.testing.assert_allclose(mine @ mine.T, theirs @ theirs.T, atol=SECOND)
    else:
        np.testing.assert_allclose(mine, matched(mine.to_numpy(), theirs), atol=SECOND)


def test_statsmodels_factor_finds_the_same_pattern(nine):
    factor = pytest.importorskip("statsmodels.multivariate.factor")
    found = factor.Factor(nine.to_numpy(), n_factor=3, method="ml").fit()
    found.rotate("oblimin")
    mine = wide(sx.efa(nine, 3, rotation="quartimin")).to_numpy()
    np.testing.assert_allclose(mine, matched(mine, np.asarray(found.loadings)), atol=SECOND)


def test_structure_is_pattern_times_correlations(nine, assert_in_glossary):
    results = sx.efa(nine, 3)
    found = sx.factor_loadings(results)
    rows = results.parameters
    phi = np.eye(3)
    for row in rows[(rows["op"] == "~~") & rows["lhs"].str.startswith("f")].itertuples():
        i, j = int(row.lhs[1]) - 1, int(row.rhs[1]) - 1
        phi[i, j] = phi[j, i] = row.est
    structure = found.pivot_table(index="item", columns="factor", values="structure", sort=False)
    np.testing.assert_allclose(structure, wide(results).to_numpy() @ phi, atol=SAME)
    assert (found.groupby("item")["primary"].sum() == 1).all()
    assert_in_glossary(found)


def test_verdicts_tell_clean_items_from_cross_loading_and_stray_ones():
    rng = np.random.default_rng(5)
    f = rng.normal(size=(800, 2))
    both, stray = f.sum(axis=1) * 0.6 + 0.6 * rng.normal(size=800), rng.normal(size=800)
    clean = {f"{'ab'[k]}{i}": f[:, k] + 0.7 * rng.normal(size=800) for k in (0, 1) for i in range(4)}
    found = sx.factor_loadings(sx.efa(pd.DataFrame(clean).assign(both=both, stray=stray), 2))
    outcome = found.drop_duplicates("item").set_index("item")["outcome"]
    assert (outcome.drop(["both", "stray"]) == "holds").all()
    assert outcome[["both", "stray"]].tolist() == ["doubtful", "fails"]
    assert "too (" in found[found["item"] == "both"]["note"].iloc[0]


def test_groups_keep_the_order_and_sign_of_the_first():
    data = pd.read_csv(FOLDER / "data" / "groups.csv")
    items = [f"x{i}" for i in range(1, 10)]
    found = sx.factor_loadings(sx.efa(data, 2, items=items, group="region", bounds=None))
    patterns = [
        rows.pivot_table(index="item", columns="factor", values="loading") for _, rows in found.groupby("group")
    ]
    for pattern in patterns[1:]:
        alike = np.diag(pattern.T @ patterns[0])
        assert (alike > 0).all()
    alike = sx.efa(data, 2, items=items, group="region", group_equal=["loadings"])
    loads = alike.parameters.query("op == '=~'").groupby(["lhs", "rhs"])["est"]
    assert loads.nunique().max() == 1


def test_ordered_and_incomplete_answers_are_fitted_as_ever():
    likert = pd.read_csv(FOLDER / "data" / "likert.csv")[[f"q{i}" for i in range(1, 10)]]
    assert sx.efa(likert, 2, ordered=True).options.estimator == "WLSMV"
    gaps = pd.read_csv(FOLDER / "data" / "missing.csv")
    assert sx.efa(gaps, 2, items=[f"x{i}" for i in range(1, 10)], missing="fiml", estimator="MLR").nobs > 300


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda d: sx.efa(d, 6), OptionError, "9 items can hold 1 to 5 factors; found factors=6"),
        (lambda d: sx.efa(d, 0), OptionError, "found factors=0"),
        (lambda d: sx.efa(d, 2, items=["x1", "x1", "x2"]), OptionError, "each once; found .'x1'"),
        (lambda d: sx.efa(d, 2, items=["x1", "x2", "x3", "x4", "x5", "y"]), DataError, "y"),
        (lambda d: sx.efa(d.assign(flat=2.0), 2), SexresearchError, "flat"),
        (lambda d: sx.efa(d, 2, rotation="oblmin"), OptionError, "did you mean 'oblimin'"),
        (lambda d: sx.efa(factors=2), OptionError, "give either data or moments=, not neither"),
        (lambda d: sx.factor_loadings(sx.fit("f =~ x1 + x2 + x3", d)), OptionError, "needs exploratory factors"),
        (lambda d: sx.factor_loadings(sx.efa(d, 2), "f3"), OptionError, "'f3' is not one of .* f1, f2"),
        (lambda d: sx.fit('efa("b")*f =~ x1 + x2 + x3 + x4', d, engine="semopy"), OptionError, "does not know explora"),
    ],
)
def test_wrong_questions_are_refused_in_words(nine, call, error, said):
    with pytest.raises(error, match=said):
        call(nine)


def test_moments_are_enough(nine):
    from_moments = sx.efa(factors=3, moments=sx.Moments.of(nine))
    np.testing.assert_allclose(from_moments.parameters["est"], sx.efa(nine, 3).parameters["est"], atol=1e-5)


def test_one_factor_is_not_rotated(nine):
    one = sx.efa(nine, 1, rotation="varimax")
    plain = sx.fit(f"f1 =~ {' + '.join(nine)}", nine, std_lv=True)
    np.testing.assert_allclose(one.parameters["se"], plain.parameters["se"], atol=SAME)


def test_how_many_factors_tells_eigenvalues_and_fit_in_one_table(nine, assert_in_glossary):
    found = sx.how_many_factors(nine, replicates=50, most=4)
    assert found["kept"].sum() == 3
    assert found["df"].tolist() == [27, 19, 12, 6]
    assert found["chisq"][2] == pytest.approx(sx.efa(nine, 3).fit_measures["chisq"], abs=SAME)
    assert found["pvalue"][2] > 0.05 > found["pvalue"][1]
    assert_in_glossary(found)
    with pytest.raises(OptionError, match="1 to 5 factors; found most=6"):
        sx.how_many_factors(nine, replicates=2, most=6)
