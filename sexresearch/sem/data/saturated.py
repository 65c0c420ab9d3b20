"""Maximum-likelihood means and covariances of answers with gaps, by EM and Newton steps over the missing-data patterns.

Little & Rubin 2002, Statistical Analysis with Missing Data, section 11.2, doi 10.1002/9781119013563. Steps are
accelerated by squared extrapolation (Varadhan & Roland 2008, doi 10.1111/j.1467-9469.2007.00585.x).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import lapack

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.patterns import (
    Pattern,
    PatternInverses,
    Patterns,
    Stack,
    moment_derivatives,
    steady_inverse,
    triangle,
)
from sexresearch.sem.implied.structure import split_moments

EM_TOLERANCE = 1e-11  # largest change of a standardized moment; chi-square then moves by less than 1e-8
LAST_STEP = 1e-7  # largest Newton step, in the same units; what it leaves is of the order of its square
MAX_ROUNDS = 1000
EM_FIRST = 4  # steps of EM before Newton steps are tried
NEAR = 0.05  # size of an EM step below which they are tried at once


@dataclass(frozen=True)
class _Point:
    """A moment matrix (P, P), its deviance, and the moment matrix that an EM step leads to."""

    omega: Array
    deviance: float
    ahead: Array
    known: list[PatternInverses]

    @property
    def step(self) -> Array:
        return self.ahead - self.omega


def saturated_moments(
    blocks: Sequence[Pattern], p: int, names: tuple[str, ...], where: str = ""
) -> tuple[Array, Array]:
    """Mean (p,) and covariance (p, p) that maximise the normal likelihood; DataError where they are not estimable."""
    patterns = Patterns.of(blocks)
    n = patterns.summed([np.ones_like(stack.moment) for stack in patterns.stacks])
    never = [(names[i], names[j]) for i in range(p) for j in range(i) if n[i, j] == 0]
    if never:
        raise DataError(f"{where}no respondent answered both of these items: {never[:6]}; their covariance is unknown")
    mean, sd = _available(patterns, n.diagonal()[:-1])
    flat = [name for name, scale in zip(names, sd, strict=True) if not scale > 0]
    if flat:
        raise DataError(f"{where}no variance in {flat}: every answer is the same; drop these items or this group")
    scaled = replace(patterns, stacks=tuple(_rescaled(stack, mean, sd) for stack in patterns.stacks))
    maximum = _maximum(scaled, n)
    if maximum is None:
        raise DataError(
            f"{where}the likelihood of these answers with gaps has no maximum that could be found, so that their means "
            "and covariances are unknown: drop items that few respondents answered"
        )
    centre, cov = split_moments(maximum, True)
    return mean + sd * centre, cov * np.outer(sd, sd)


def _available(patterns: Patterns, n: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each item over the n (p,) who answered it."""
    total = patterns.summed([stack.moment for stack in patterns.stacks])
    mean = total[:-1, -1] / n
    return mean, np.sqrt(np.maximum(total.diagonal()[:-1] / n - mean**2, 0.0))


def _rescaled(stack: Stack, mean: Array, sd: Array) -> Stack:
    """The stack with items centred and scaled, so that tolerances have no units."""
    items = stack.columns[:, :-1]
    change = np.zeros(stack.moment.shape)
    change[:, np.arange(items.shape[1]), np.arange(items.shape[1])] = 1.0 / sd[items]
    change[:, :-1, -1] = -mean[items] / sd[items]
    change[:, -1, -1] = 1.0
    return replace(stack, moment=change @ stack.moment @ change.transpose(0, 2, 1))


def _maximum(patterns: Patterns, n: Array) -> Array | None:
    """(P, P) the moments of highest likelihood, by Newton steps where it bends the right way, by EM elsewhere.

    n (P, P) answered each pair of items; where the moments of these fit together, they are the start.
    """
    pairs = patterns.summed([stack.moment for stack in patterns.stacks]) / n
    point = _point(patterns, np.eye(patterns.size) if steady_inverse(pairs) is None else pairs)
    for number in range(MAX_ROUNDS):
        if point is None:
            return None
        size = np.abs(point.step).max()
        if size < EM_TOLERANCE:
            return point.ahead
        if number < EM_FIRST and size > NEAR:
            point = _point(patterns, point.ahead)
            continue
        step = _newton_step(patterns, point)
        if step is not None and np.abs(step).max() < LAST_STEP:
            return point.omega + step
        ahead = None if step is None else _point(patterns, point.omega + step)
        point = ahead if ahead is not None and ahead.deviance < point.deviance else _accelerated(patterns, point)
    return None


def _newton_step(patterns: Patterns, point: _Point) -> Array | None:
    """(P, P) minus the inverse Hessian of the deviance times its gradient; None where it is not convex."""
    gradient, hessian = moment_derivatives(patterns, point.known)
    _, step, info = lapack.dposv(hessian, gradient, lower=1)
    return None if info else np.append(-step, 0.0)[triangle(patterns.size).place]


def _point(patterns: Patterns, omega: Array) -> _Point | None:
    """Deviance and one EM step: the expected moment matrix given what was answered; None outside of the likelihood.

    Filling the gaps by regression adds up to Omega + Omega (sum_b n_b (V_b M_b V_b - V_b) / n) Omega, with V_b the
    inverse of the answered part of Omega, padded with zeros.
    """
    known = patterns.known(omega)
    if known is None:
        return None
    push = patterns.summed([own.middle - own.inverse for own in known]) / patterns.n.sum()
    deviance = sum(float(own.stack.n @ own.deviance) for own in known)
    return _Point(omega, deviance, omega + omega @ push @ omega, known)


def _accelerated(patterns: Patterns, old: _Point) -> _Point | None:
    """The point after a squared extrapolation of two EM steps, if no worse than one step; after two otherwise."""
    once = _point(patterns, old.ahead)
    if once is None:
        return None
    bend = once.step - old.step
    size = np.sqrt(np.vdot(bend, bend))
    length = np.sqrt(np.vdot(old.step, old.step)) / size if size > 0 else 1.0
    if length > 1.0:
        jump = _point(patterns, old.omega + 2 * length * old.step + length**2 * bend)
        moved = None if jump is None else _point(patterns, jump.ahead)
        if moved is not None and moved.deviance <= once.deviance:
            return moved
    return _point(patterns, once.ahead)
