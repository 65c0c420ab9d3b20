"""Little's test, Mardia's coefficients, Mahalanobis distances and indices of consistency against R and by hand."""

import numpy as np
import pandas as pd
import pytest

from sexresearch.sem.view import normal_moments
from sexresearch.survey.careless import even_odd, like_pairs, pair_consistency, person_total, row_correlation
from sexresearch.survey.multivariate import little_mcar, mahalanobis, mardia, moments, squared_distances
from sexresearch.survey.styles import net_agreement, response_styles

FOLDER = "tests/reference/screening"
R = 1e-8  # relative: R's values have 12 to 15 digits
EM = 1e-4  # relative: lavaan's EM stops where ours goes on by Newton steps
ITEMS = [f"x{number}" for number in range(1, 9)]


@pytest.fixture(scope="module")
def lavaan(root):
    return pd.read_csv(root / FOLDER / "values.csv").set_index("name")["value"]


def data(root, name):
    return pd.read_csv(root / f"tests/reference/data/{name}.csv")[ITEMS].to_numpy(dtype=float)


def test_little_equals_a_test_made_of_lavaan_s_moments(root, lavaan):
    found = little_mcar(data(root, "missing"))
    assert found.statistic == pytest.approx(lavaan["little_statistic"], rel=EM)
    assert found.pvalue == pytest.approx(lavaan["little_pvalue"], rel=EM * 10)
    assert (found.df, found.patterns) == (lavaan["little_df"], lavaan["little_patterns"])


def test_mardia_equals_psych(root, lavaan):
    found = mardia(data(root, "skewed"))
    for name in ("skewness", "chisq", "skewness_pvalue", "kurtosis", "z", "kurtosis_pvalue"):
        assert getattr(found, name) == pytest.approx(lavaan[name], rel=R * 100, abs=1e-12), name


def test_mahalanobis_equals_r(root):
    expected = pd.read_csv(root / FOLDER / "distances.csv")
    distance, pvalue = mahalanobis(data(root, "skewed"))
    np.testing.assert_allclose(distance, expected["d2"], rtol=R)
    np.testing.assert_allclose(pvalue, expected["pvalue"], rtol=R * 100)


def test_distances_with_gaps_are_those_over_what_was_answered():
    rng = np.random.default_rng(2)
    answers = rng.normal(size=(60, 5)) @ np.triu(np.ones((5, 5)))
    answers[rng.random(answers.shape) < 0.3] = np.nan
    mean, root = np.arange(5.0), rng.normal(size=(5, 9))
    cov = root @ root.T
    for row, found in zip(answers, squared_distances(answers, mean, cov), strict=True):
        seen = ~np.isnan(row)
        away = row[seen] - mean[seen]
        assert (
            np.isnan(found)
            if not seen.any()
            else found == pytest.approx(away @ np.linalg.solve(cov[np.ix_(seen, seen)], away))
        )


def test_little_holds_its_level_and_sees_what_depends():
    rng = np.random.default_rng(5)
    pvalues = []
    for _ in range(120):
        answers = rng.normal(size=(200, 1)) + rng.normal(size=(200, 3))
        answers[rng.random(answers.shape) < 0.15] = np.nan
        pvalues.append(little_mcar(answers).pvalue)
    assert 0.01 <= np.mean(np.array(pvalues) < 0.05) <= 0.11
    answers = rng.normal(size=(300, 1)) + rng.normal(size=(300, 3))
    answers[answers[:, 0] > 1, 1] = np.nan
    assert little_mcar(answers).pvalue < 1e-6


def test_mardia_of_normal_answers_is_as_expected():
    rng = np.random.default_rng(6)
    found = [mardia(rng.normal(size=(300, 4))) for _ in range(100)]
    assert np.mean([one.skewness_pvalue < 0.05 for one in found]) < 0.12
    assert abs(np.mean([one.z for one in found])) < 0.8  # it is a little low in small samples


@pytest.mark.parametrize(
    "answers",
    [
        np.zeros((5, 2)),
        np.full((9, 2), np.nan),
        np.column_stack([np.arange(9.0), np.arange(9.0)]),
        np.zeros((0, 3)),
        np.zeros((9, 0)),
        np.array([[1.0, 2.0]]),
        np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, 3.0], [np.nan, 4.0]]),
    ],
    ids=["constant", "all missing", "twice the same", "no rows", "no items", "one row", "never together"],
)
def test_what_has_no_moments_has_no_numbers(answers):
    assert moments(answers) is None
    assert little_mcar(answers) is None
    assert mardia(answers) is None
    distance, pvalue = mahalanobis(answers)
    assert np.isnan(distance).all()
    assert len(distance) == len(pvalue) == len(answers)


def test_moments_of_complete_answers_are_plain():
    answers = np.random.default_rng(1).normal(size=(50, 3))
    mean, cov = normal_moments(answers)
    np.testing.assert_allclose(mean, answers.mean(axis=0), atol=1e-10)
    np.testing.assert_allclose(cov, np.cov(answers.T, bias=True), atol=1e-10)


def test_correlations_within_rows_are_those_of_numpy():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 40, 6))
    x[rng.random(x.shape) < 0.2] = np.nan
    for a, b, found in zip(x, y, row_correlation(x, y), strict=True):
        seen = ~np.isnan(a)
        assert np.isnan(found) if seen.sum() < 3 else found == pytest.approx(np.corrcoef(a[seen], b[seen])[0, 1])


def test_indices_of_consistency_by_hand():
    answers = np.array([[1, 2, 5, 6, 3, 3], [6, 1, 2, 7, 1, 4]], dtype=float)
    centre = answers.mean(axis=0)
    assert person_total(answers) == pytest.approx([np.corrcoef(row, centre)[0, 1] for row in answers])
    pairs = [(0, 1), (2, 3), (4, 5)]
    r = np.array([np.corrcoef(row[::2], row[1::2])[0, 1] for row in answers])
    assert pair_consistency(answers, pairs) == pytest.approx(r)
    assert even_odd(answers, pairs) == pytest.approx(np.maximum(2 * r / (1 + r), -1))
    assert np.isnan(even_odd(answers, pairs[:2])).all()
    correlations = np.array([[1, 0.61, -0.7], [0.61, 1, 0.2], [-0.7, 0.2, 1]])
    assert like_pairs(correlations) == [(0, 1)]
    assert like_pairs(correlations, sign=-1.0) == [(0, 2)]


def test_styles_by_hand():
    ends = np.full(4, 1.0), np.full(4, 5.0)
    found = response_styles(np.array([[5.0, 4.0, 3.0, 1.0], [np.nan] * 4]), *ends)
    assert (found.agreeing[0], found.disagreeing[0], found.extreme[0], found.middle[0]) == (0.5, 0.25, 0.5, 0.25)
    assert np.isnan(found.agreeing[1])
    assert net_agreement(np.array([[5.0, 5.0, 1.0, 1.0]]), *ends, [([0], [1]), ([2], [3])]).tolist() == [0.0]
