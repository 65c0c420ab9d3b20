"""One replicate by the careful minimiser: any estimator, gaps, constraints; starts at the full-sample estimates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from sexresearch.errors import ModelError, SexresearchError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.constrained_minimum import ConstrainedSolution, minimize_within
from sexresearch.sem.estimation.constraints import restrictions
from sexresearch.sem.estimation.estimate import bounded, discrepancy_of, in_users_words, place
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.group_sample import group_sample
from sexresearch.sem.estimation.minimize import Solution, minimize
from sexresearch.sem.estimation.pivots import about_pivots, pivoted
from sexresearch.sem.estimation.restarts import trust_region, units
from sexresearch.sem.estimation.rotated import rotated_like
from sexresearch.sem.estimation.two_level_samples import samples_of_levels

FEW_STEPS = 12  # of scoring; nearly all replicates need fewer than 10
MOST_STEPS = 50  # of a trust region: who needs more is on the way to infinity
AGAIN = 30  # of scoring from the second start


def refit(fitted: Fitted, answers: Sequence[Answers]) -> Fitted:
    """The same model and options fitted to other rows; ModelError or DataError says why that fails."""
    if fitted.table.levels:
        return refit_samples(fitted, samples_of_levels(answers, fitted.table, fitted.options))
    parts = zip(answers, fitted.table.roles, strict=True)
    samples = (group_sample(own, roles, fitted.options, fitted.categories)[0] for own, roles in parts)
    return refit_samples(fitted, tuple(samples))


def refit_samples(fitted: Fitted, samples: tuple[Sample, ...]) -> Fitted:
    """The same, from samples that are already summed up; exploratory factors are turned to be like those of the fit."""
    if fitted.unrotated is not None:
        return rotated_like(refit_samples(fitted.unrotated, samples), fitted)
    structures = place(fitted.table, samples, bool(fitted.options.meanstructure))
    objective = discrepancy_of(structures, samples, fitted.table, fitted.options)
    fresh = replace(fitted, objective=objective)
    limits = restrictions(bounded(fitted.table, fitted.options), fitted.names)
    made = None if fitted.table.levels else pivoted(structures, samples, fitted.theta, limits, fitted.names)
    if made is None:
        return _minimized(fresh)
    inside = discrepancy_of(made, samples, fitted.table, fitted.options)
    near = fitted.constrained.solution.moved(about_pivots(made, fitted.theta))
    start = about_pivots(made, fitted.start)
    inner = replace(fresh, objective=inside, start=start, inner=None)
    inner = replace(inner, constrained=replace(fitted.constrained, solution=near))
    return in_users_words(fresh, _minimized(inner))


def _minimized(fresh: Fitted) -> Fitted:
    solution = _minimum(fresh)
    if not solution.solution.converged:
        raise ModelError(f"did not converge: {solution.solution.trouble}")
    return replace(fresh, constrained=solution)


def _minimum(fitted: Fitted) -> ConstrainedSolution:
    """From the full-sample estimates; from the first start of all where that leads nowhere."""
    limits = restrictions(bounded(fitted.table, fitted.options), fitted.names)
    starts = fitted.theta, fitted.start
    if not limits:
        return replace(fitted.constrained, solution=_unlimited(fitted, starts))
    first, second = (partial(minimize_within, fitted.objective, start, limits, fitted.names) for start in starts)
    solution = first()
    return solution if solution.solution.converged else second()


def _unlimited(fitted: Fitted, starts: tuple[Array, Array]) -> Solution:
    """By scoring where that soon gets there, else by a trust region, which follows curved ridges.

    Of 27 samples of 13 items on 250 respondents that were left by the batch, 200 steps of scoring solved 9, and 50 of
    a trust region 19. The others run along a ridge: covariances of the causes of a latent variable near singular, paths
    from them without bound. Most have a minimum far out there, or beyond the singular matrix, where paths have the
    other sign; the batch reaches it where paths can be free covariances (see `free_covariances`).
    """
    objective = fitted.objective
    solution = minimize(objective, starts[0], FEW_STEPS)
    if solution.converged:
        return solution
    covs = [term.start_moments()[1] for term in objective.groups]
    solution = trust_region(objective, starts[0], units(fitted.structures, covs, len(starts[0])).size, MOST_STEPS)
    return solution if solution.converged else minimize(objective, starts[1], AGAIN)


def error_text(error: Exception) -> str:
    """Why a refit failed, in words.

    >>> error_text(ModelError("did not converge in 200 steps")), error_text(FloatingPointError())
    ('did not converge in 200 steps', 'the arithmetic broke down')
    """
    return str(error) if isinstance(error, SexresearchError) else "the arithmetic broke down"


def reason(error: Exception) -> str:
    """The same for counting, without the numbers that would make every failure another one."""
    text = re.sub(r"\s*\([^()]*\)", "", error_text(error)).split(":")
    return re.sub(r"-?\d[\d.e+-]*", "#", ": ".join(part.strip() for part in text[:2]))


BROKEN = (SexresearchError, np.linalg.LinAlgError, FloatingPointError)
