"""Exploratory factors and parallel analysis against psych and known structures."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx

FOLDER = Path(__file__).parents[1] / "reference"
ROTATED = 5e-4  # two minimisers of one criterion, each with its own stopping rule
SAME = 1e-12


@pytest.fixture(scope="module")
def chain():
    return pd.read_csv(FOLDER / "data" / "chain.csv")


def test_loadings_are_those_of_psych(chain, assert_in_glossary):
    found = sx.explore(chain, list(chain.columns[:9]), factors=3)
    mine = found.pivot_table(index="item", columns="factor", values="loading", sort=False)
    theirs = pd.read_csv(FOLDER / "measurement" / "factors.csv")
    expected = theirs.pivot_table(index="item", columns="factor", values="loading", sort=False).loc[mine.index]
    pairs = [int(np.argmax(np.abs(expected.to_numpy().T @ mine[factor].to_numpy()))) for factor in mine]
    np.testing.assert_allclose(mine, expected.iloc[:, pairs], atol=ROTATED)
    communality = theirs.drop_duplicates("item").set_index("item")["communality"]
    np.testing.assert_allclose(
        found.drop_duplicates("item").set_index("item")["communality"], communality, atol=ROTATED
    )
    assert_in_glossary(found)


def test_eigenvalues_are_those_of_the_correlations(chain, assert_in_glossary):
    found = sx.parallel_analysis(chain, list(chain.columns[:9]), replicates=50)
    expected = pd.read_csv(FOLDER / "measurement" / "eigenvalues.csv")["eigenvalue"]
    np.testing.assert_allclose(found["eigenvalue"], expected, atol=SAME)
    pd.testing.assert_frame_equal(found, sx.parallel_analysis(chain, list(chain.columns[:9]), replicates=50))
    assert_in_glossary(found)


def test_random_numbers_hold_no_factor_and_three_are_found_where_there_are_three():
    rng = np.random.default_rng(4)
    noise = pd.DataFrame(rng.normal(size=(400, 9)), columns=[f"x{i}" for i in range(9)])
    assert sx.parallel_analysis(noise, replicates=100)["kept"].sum() == 0
    made = noise + 1.5 * np.repeat(rng.normal(size=(400, 3)), 3, axis=1)
    assert sx.parallel_analysis(made, replicates=100)["kept"].sum() == 3


def test_a_survey_brings_its_own_items():
    survey = sx.datasets.load("service_excellence_demo")
    assert len(sx.parallel_analysis(survey, replicates=5)) == len(survey.items)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda d: sx.explore(d, factors=20), "1 to 12 factors; found factors=20"),
        (lambda d: sx.explore(d, factors=2, rotation="oblim"), "'oblim' is not known"),
        (lambda d: sx.explore(d, factors=2, method="minres"), "allowed: ml, pa"),
        (lambda d: sx.parallel_analysis(d, ["exp1"]), "two columns or more"),
        (lambda d: sx.parallel_analysis(d, percentile=0.95, replicates=1), "replicates must be a whole number"),
        (lambda d: sx.explore(d.head(10), factors=2), "10 complete rows for 18 items"),
        (lambda d: sx.explore(d, ["exp1", "expp"], factors=1), "expp"),
    ],
)
def test_wrong_questions_are_refused_in_words(chain, call, said):
    with pytest.raises(sx.errors.SexresearchError, match=said):
        call(chain)
