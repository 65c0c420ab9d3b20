"""Exploratory factors against factanal, psych, GPArotation and statsmodels: one answer; singular items refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import DataError, OptionError
from sexresearch.sem.rotation.extraction import extracted

FOLDER = Path(__file__).parents[1] / "reference" / "exploring"
ROTATED = 2e-4  # factanal stops at 1e-4 of a uniqueness, GPArotation at a gradient of 1e-6
RMSEA = 1e-4  # psych divides by n - 1 what is divided by n here
LOADINGS = pd.read_csv(FOLDER / "loadings.csv")
CORRELATIONS = pd.read_csv(FOLDER / "correlations.csv")
FITS = pd.read_csv(FOLDER / "fits.csv")
OPTIONS = {
    "none": {"rotation": "none"},
    "varimax": {"rotation": "varimax"},
    "varimax_raw": {"rotation": "varimax", "normalize": False},
    "quartimin": {"rotation": "quartimin"},
    "oblimin": {"rotation": "oblimin"},
    "oblimin_kaiser": {"rotation": "oblimin", "normalize": True},
    "promax": {"rotation": "promax"},
}


@pytest.fixture(scope="module")
def items():
    return pd.read_csv(FOLDER / "items.csv")


@pytest.fixture(scope="module")
def nine(items):
    return items.drop(columns="again")


def wide(found):
    return found.pivot_table(index="item", columns="factor", values="loading", sort=False).to_numpy()


@pytest.mark.parametrize("name", OPTIONS)
def test_patterns_and_correlations_are_those_of_the_references(nine, name):
    mine = wide(sx.explore(nine, factors=3, **OPTIONS[name]))
    theirs = wide(LOADINGS[LOADINGS["rotation"] == name])
    place = [int(np.abs(theirs.T @ mine[:, k]).argmax()) for k in range(3)]
    sign = np.sign([theirs[:, place[k]] @ mine[:, k] for k in range(3)])
    np.testing.assert_allclose(mine, theirs[:, place] * sign, atol=ROTATED)
    expected = np.eye(3)
    for row in CORRELATIONS[CORRELATIONS["rotation"] == name].itertuples():
        expected[row.a - 1, row.b - 1] = expected[row.b - 1, row.a - 1] = row.correlation
    expected = expected[np.ix_(place, place)] * np.outer(sign, sign)
    found = sx.factor_correlations(nine, factors=3, **OPTIONS[name])
    np.testing.assert_allclose(found["correlation"], expected[np.triu_indices(3, 1)], atol=ROTATED)


@pytest.mark.parametrize("factors", [1, 2, 3])
def test_fit_is_that_of_factanal_and_psych(nine, factors, assert_in_glossary):
    found = sx.factor_fit(nine, factors=factors)
    expected = FITS[(FITS["data"] == "nine") & (FITS["factors"] == factors)].set_index("what")["value"]
    assert found["chisq"][0] == pytest.approx(expected["chisq"], rel=ROTATED)
    assert found["df"][0] == expected["df"]
    assert found["rmsea"][0] == pytest.approx(expected["rmsea"], abs=RMSEA)
    assert_in_glossary(found)
    assert_in_glossary(sx.factor_correlations(nine, factors=factors))


@pytest.mark.parametrize(("data", "method"), [("nine", "ml"), ("items", "ml"), ("minres", "pa")])
def test_communalities_are_those_of_the_references(items, data, method):
    kept = items if data == "items" else items.drop(columns="again")
    found = sx.explore(kept, factors=3, method=method).drop_duplicates("item").set_index("item")["communality"]
    rows = FITS[(FITS["data"] == data) & (FITS["factors"] == 3) & (FITS["what"] == "communality")]
    expected = rows.drop_duplicates("item").set_index("item")["value"]
    np.testing.assert_allclose(found, expected[found.index], atol=5 * ROTATED)


def test_a_nearly_duplicated_item_has_one_answer_and_is_named(items):
    first = sx.explore(items, factors=3)
    for _ in range(3):
        pd.testing.assert_frame_equal(first, sx.explore(items, factors=3))
    assert sx.factor_fit(items, factors=3)["note"][0] == "explained whole (Heywood case): x1, again"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda d: d.assign(q=d["x1"]), "x1, q"),
        (lambda d: d.assign(q=d["x1"] + d["x2"]), "x1, x2, q"),
        (lambda d: d.assign(q=5 - 2 * d["x3"]), "x3, q"),
    ],
)
def test_items_that_follow_from_each_other_are_refused_by_name(nine, change, named):
    for call in (sx.explore, sx.factor_correlations, sx.factor_fit):
        with pytest.raises(DataError, match=f"the items {named} follow from each other"):
            call(change(nine), factors=3)


def test_an_item_everyone_answers_alike_is_refused_by_name(nine):
    with pytest.raises(DataError, match=r"\bq\b"):
        sx.explore(nine.assign(q=3.0), factors=2)


def test_unknown_options_are_refused_with_what_is_known(nine):
    with pytest.raises(OptionError, match="allowed: oblimin, quartimin, promax, varimax, none"):
        sx.explore(nine, factors=3, rotation="equamax")
    with pytest.raises(OptionError, match="power lies above 1"):
        sx.explore(nine, factors=3, rotation="promax", power=1)
    with pytest.raises(OptionError, match="normalize is True, False or None"):
        sx.explore(nine, factors=3, normalize="kaiser")
    with pytest.raises(OptionError, match="can hold 1 to 5 factors"):
        sx.factor_fit(nine, factors=[2, 6])


def test_the_gradient_is_zero_at_the_minimum(nine):
    R = np.corrcoef(nine.to_numpy().T)
    for method in ("ml", "pa"):
        assert extracted(R, 3, method).gradient < 1e-6


def test_statsmodels_finds_the_same_rotation(nine):
    """A second program: its gradient projection from the same unrotated loadings."""
    rotation = pytest.importorskip("statsmodels.multivariate.factor_rotation")
    A = wide(sx.explore(nine, factors=3, rotation="none"))
    theirs, _ = rotation.rotate_factors(A, "quartimin", tol=1e-8, max_tries=5000)
    mine = wide(sx.explore(nine, factors=3, rotation="quartimin"))
    place = [int(np.abs(theirs.T @ mine[:, k]).argmax()) for k in range(3)]
    np.testing.assert_allclose(np.abs(mine), np.abs(theirs[:, place]), atol=ROTATED)


@pytest.mark.parametrize("method", ["ml", "pa"])
def test_statsmodels_factor_finds_the_same_factors(nine, method):
    """The independent check of what `efa` and its view share: another program's extraction."""
    factor = pytest.importorskip("statsmodels.multivariate.factor")
    theirs = factor.Factor(nine.to_numpy(), n_factor=3, method=method, smc=True)
    fitted = theirs.fit(maxiter=5000, tol=1e-10) if method == "pa" else theirs.fit()
    A = wide(sx.explore(nine, factors=3, rotation="none", method=method))
    np.testing.assert_allclose(A @ A.T, fitted.loadings @ fitted.loadings.T, atol=1e-3)  # it stops its search early


@pytest.mark.parametrize("rotation", ["quartimin", "varimax"])
def test_explore_is_a_view_of_efa(nine, rotation):
    asked = sx.Rotation(method=rotation, row_weights="none")
    table = sx.factor_loadings(sx.efa(nine, 3, rotation=asked))
    theirs = table.pivot_table(index="item", columns="factor", values="loading", sort=False).to_numpy()
    mine = wide(sx.explore(nine, factors=3, rotation=rotation, normalize=False))
    place = [int(np.abs(theirs.T @ mine[:, k]).argmax()) for k in range(3)]
    np.testing.assert_allclose(np.abs(mine), np.abs(theirs[:, place]), atol=1e-6)


@pytest.mark.parametrize("seed", [6, 7, 33])
def test_a_search_over_loadings_ends_no_higher_than_one_over_uniquenesses(seed):
    """Small samples of 12 to 14 items with Heywood cases, of which two have lower minima than six starts find."""
    rng = np.random.default_rng(seed)
    n, p, k = int(rng.integers(30, 400)), int(rng.integers(6, 20)), int(rng.integers(1, 5))
    L = rng.normal(size=(p, k)) * (rng.random((p, k)) < 0.5) * 0.8
    data = pd.DataFrame(rng.normal(size=(n, k)) @ L.T + rng.normal(size=(n, p))).add_prefix("i")
    chisq = sx.factor_fit(data, factors=k)["chisq"][0]
    lowest = extracted(np.corrcoef(data.to_numpy().T), k, "ml").value
    assert chisq / (n - 1 - (2 * p + 5) / 6 - 2 * k / 3) <= lowest + 1e-7
