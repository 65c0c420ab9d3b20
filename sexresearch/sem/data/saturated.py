"""Maximum-likelihood means and covariances of answers with gaps, by EM over the missing-data patterns.

Little & Rubin 2002, Statistical Analysis with Missing Data, section 11.2, doi 10.1002/9781119013563. Steps are
accelerated by squared extrapolation (Varadhan & Roland 2008, doi 10.1111/j.1467-9469.2007.00585.x).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.discrepancy import Block, invert
from sexresearch.sem.implied.structure import join_moments, split_moments

EM_TOLERANCE = 1e-11  # largest change of a standardized moment; chi-square then moves by less than 1e-8
MAX_STEPS = 5000


def saturated_moments(blocks: Sequence[Block], p: int, names: tuple[str, ...], where: str = "") -> tuple[Array, Array]:
    """Mean (p,) and covariance (p, p) that maximise the normal likelihood; DataError where they are not estimable."""
    seen = np.array([_seen(block, p) for block in blocks])
    pairs = (seen.T * [block.n for block in blocks]) @ seen
    never = [(names[i], names[j]) for i in range(p) for j in range(i) if pairs[i, j] == 0]
    if never:
        raise DataError(f"{where}no respondent answered both of these items: {never[:6]}; their covariance is unknown")
    mean, sd = _available(blocks, p)
    scaled = [_rescale(block, mean, sd, p) for block in blocks]
    omega = join_moments(np.zeros(p), np.eye(p))
    for _ in range(MAX_STEPS):
        once = _step(scaled, omega)
        twice = None if once is None else _step(scaled, once)
        if once is None or twice is None:
            break
        if np.abs(twice - once).max() < EM_TOLERANCE:
            return _unscale(twice, mean, sd)
        omega = _extrapolate(scaled, omega, once, twice)
    low = float(np.linalg.eigvalsh(split_moments(omega, True)[1])[0])
    raise DataError(
        f"{where}the means and covariances of these answers with gaps were not found in {MAX_STEPS} EM steps "
        f"(smallest eigenvalue of the correlations {low:.2g}): drop items that few respondents answered"
    )


def _seen(block: Block, p: int) -> Array:
    seen = np.zeros(p)
    seen[block.columns[:-1]] = 1.0
    return seen


def _available(blocks: Sequence[Block], p: int) -> tuple[Array, Array]:
    """Mean and standard deviation of each item over those who answered it."""
    n, first, second = np.zeros(p), np.zeros(p), np.zeros(p)
    for block in blocks:
        items = block.columns[:-1]
        n[items] += block.n
        first[items] += block.n * block.moment[:-1, -1]
        second[items] += block.n * np.diag(block.moment)[:-1]
    mean = first / n
    return mean, np.sqrt(np.maximum(second / n - mean**2, 1e-300))


def _rescale(block: Block, mean: Array, sd: Array, p: int) -> Block:
    """The block with items centred and scaled, so that tolerances have no units."""
    items = block.columns[:-1]
    change = np.eye(len(items) + 1)
    change[:-1, :-1] = np.diag(1.0 / sd[items])
    change[:-1, -1] = -mean[items] / sd[items]
    return Block(block.columns, block.n, change @ block.moment @ change.T)


def _unscale(omega: Array, mean: Array, sd: Array) -> tuple[Array, Array]:
    centre, cov = split_moments(omega, True)
    return mean + sd * centre, cov * np.outer(sd, sd)


def _step(blocks: Sequence[Block], omega: Array) -> Array | None:
    """One EM step: the expected moment matrix given what was answered; None where omega is not positive definite.

    Filling the gaps by regression adds up to Omega + Omega (sum_b n_b (V_b M_b V_b - V_b) / n) Omega, with V_b the
    inverse of the answered part of Omega, padded with zeros.
    """
    push, n = np.zeros_like(omega), 0.0
    for block in blocks:
        here = np.ix_(block.columns, block.columns)
        found = invert(omega[here])
        if found is None:
            return None
        V = found[0]
        push[here] += block.n * (V @ block.moment @ V - V)
        n += block.n
    return omega + omega @ (push / n) @ omega


def _extrapolate(blocks: Sequence[Block], old: Array, once: Array, twice: Array) -> Array:
    r, v = once - old, twice - 2 * once + old
    size = np.sqrt(np.vdot(v, v))
    step = -np.sqrt(np.vdot(r, r)) / size if size > 0 else -1.0
    if step >= -1.0:
        return twice
    jump = old - 2 * step * r + step**2 * v
    moved = _step(blocks, jump)
    return moved if moved is not None and _fit(blocks, moved) <= _fit(blocks, twice) else twice


def _fit(blocks: Sequence[Block], omega: Array) -> float:
    total = 0.0
    for block in blocks:
        found = invert(omega[np.ix_(block.columns, block.columns)])
        if found is None:
            return np.inf
        total += block.n * (found[1] + float(np.vdot(found[0], block.moment)))
    return total
