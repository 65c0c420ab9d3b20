"""Many missing-data patterns at once give what each gives by itself."""

from __future__ import annotations

import numpy as np
import pytest

from sexresearch.errors import DataError
from sexresearch.sem.data.saturated import saturated_moments
from sexresearch.sem.implied.likelihood import deviance, inverses, likelihood_derivatives
from sexresearch.sem.implied.patterns import Derivatives, Pattern, Patterns
from sexresearch.sem.implied.structure import implied, join_moments
from sexresearch.sem.terms.scores import saturated_structure

ROUNDING = 1e-11  # relative; sums over patterns in another order, inverses at a variance inflation of up to 100
STATIONARY = 1e-9  # gradient per respondent in standardized moments, where EM has stopped at steps of 1e-11


def blocks_of(values: np.ndarray) -> tuple[Pattern, ...]:
    """One block per pattern of the rows (n, p), the constant last."""
    z = np.column_stack([values, np.ones(len(values))])
    kinds, numbers = np.unique(~np.isnan(z), axis=0, return_inverse=True)
    made = []
    for number, kind in enumerate(kinds):
        own = z[np.ravel(numbers) == number][:, kind]
        made.append(Pattern(np.flatnonzero(kind), float(len(own)), own.T @ own / len(own)))
    return tuple(made)


def answers(p: int, missing: float, n: int = 400) -> np.ndarray:
    """(n, p) correlated answers, each missing with probability `missing`; no row is empty."""
    rng = np.random.default_rng(p)
    values = rng.normal(size=(n, p)) + rng.normal(size=(n, 1)) + np.arange(p)
    gaps = rng.uniform(size=(n, p)) < missing
    gaps[gaps.all(axis=1), 0] = False
    return np.where(gaps, np.nan, values)


def assert_same(left: Derivatives, right: Derivatives) -> None:
    values = ([terms[0], *(derivative() for derivative in terms[1:])] for terms in (left, right))
    for a, b in zip(*values, strict=True):
        assert np.allclose(a, b, rtol=ROUNDING, atol=ROUNDING * np.abs(b).max())


@pytest.mark.parametrize(("p", "missing"), [(4, 0.1), (6, 0.5), (9, 0.2), (7, 0.8)])
def test_stacked_blocks_give_the_sum_over_blocks(p: int, missing: float) -> None:
    blocks = blocks_of(answers(p, missing))
    structure, moments = saturated_structure(p, np.arange(p) + 0.1, np.eye(p) + 0.9)
    state = implied(structure, moments)
    assert_same(likelihood_derivatives(state, Patterns.of(blocks)), likelihood_derivatives(state, blocks))
    assert deviance(state.omega, Patterns.of(blocks)) == pytest.approx(deviance(state.omega, blocks), rel=ROUNDING)


@pytest.mark.parametrize("left", [0.5, 0.06, 1e-3, 1e-6, 1e-9])  # of the last variable's variance, given the others
def test_inverses_hold_where_variables_nearly_depend_on_each_other(left: float) -> None:
    p = 6
    rng = np.random.default_rng(1)
    values = rng.normal(size=(60, p))
    values[:, -1] = values[:, :-1].sum(axis=1) + np.sqrt(left) * values[:, -1]
    omega = join_moments(np.zeros(p), np.cov(values.T))
    blocks = blocks_of(answers(p, 0.2, 100))
    stacked, single = inverses(omega, Patterns.of(blocks)), inverses(omega, blocks)
    assert stacked is not None
    assert single is not None
    for (columns, V, logdet), (same, expected, log) in zip(stacked, single, strict=True):
        part = omega[np.ix_(columns, columns)]
        assert (columns == same).all()
        assert logdet == pytest.approx(log, abs=1e-15 * np.linalg.cond(part) + ROUNDING)
        assert np.abs(V - expected).max() < (1e-15 * np.linalg.cond(part) + ROUNDING) * np.abs(expected).max()


def test_a_part_that_is_not_positive_definite_has_no_likelihood() -> None:
    blocks = blocks_of(answers(5, 0.3))
    omega = join_moments(np.zeros(5), np.eye(5) + np.diag([0, 0, 0, 0, -3.0]))
    assert inverses(omega, Patterns.of(blocks)) is None
    assert deviance(omega, Patterns.of(blocks)) == np.inf


def test_only_what_was_answered_must_be_positive_definite() -> None:
    """Two variables that nobody answered together may be related in any way."""
    values = answers(3, 0.0)
    values[:200, 0], values[200:, 1] = np.nan, np.nan
    values[::7, 2] = np.nan
    cov = np.array([[1.0, 2.0, 0.3], [2.0, 1.0, 0.3], [0.3, 0.3, 1.0]])
    blocks = blocks_of(values)
    omega = join_moments(np.zeros(3), cov)
    assert deviance(omega, Patterns.of(blocks)) == pytest.approx(deviance(omega, blocks), rel=ROUNDING)


@pytest.mark.parametrize("missing", [0.1, 0.5, 0.7])
def test_saturated_moments_are_where_the_likelihood_is_flat(missing: float) -> None:
    values = answers(5, missing)
    blocks = blocks_of(values)
    mean, cov = saturated_moments(blocks, 5, tuple("abcde"))
    structure, moments = saturated_structure(5, mean, cov)
    gradient = likelihood_derivatives(implied(structure, moments), Patterns.of(blocks))[1]()
    assert np.abs(gradient / len(values)).max() < STATIONARY


def test_a_likelihood_without_maximum_is_refused() -> None:
    """Few rows with many gaps: moments near a singular matrix explain them better and better."""
    with pytest.raises(DataError, match="no maximum"):
        saturated_moments(blocks_of(answers(6, 0.4, 12)), 6, tuple("abcdef"))
