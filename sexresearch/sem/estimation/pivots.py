"""Regressions on variables whose means are far from 0: solved with paths from centred variables, told in the user's.

A slope b on a variable x with mean m and standard deviation s changes what the intercept does by m: beyond m / s = 1e4
or so the two cannot be told apart with sixteen digits. In the model whose paths multiply x - m instead they can, and it
is the same model where free intercepts make up for it: a' = a + b m (Cohen, Cohen, West & Aiken 2003, section 7.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.constraints import Namespace, Restriction
from sexresearch.sem.implied.structure import Structure, implied, jacobian

FAR = 100.0  # standard deviations from 0, from where slope and intercept share four digits or more
MADE_UP = 1e-7  # of the shift of the means, which free intercepts leave where they do not make up for it


def pivoted(
    structures: Sequence[Structure],
    samples: Sequence[Sample],
    theta: Array,
    limits: Sequence[Restriction],
    names: Namespace,
) -> tuple[Structure, ...] | None:
    """The structures with paths from centred variables; None where none is far from 0 or it would be another model.

    It would be where intercepts are fixed or equal so that they cannot make up for it, or appear in constraints.
    """
    far = [_far(structure, sample) for structure, sample in zip(structures, samples, strict=True)]
    if not any(own.any() for own in far):
        return None
    used = names.behind([name for r in limits for name in r.expression.names()])
    constrained = {names.free.get(name, -1) for name in used} | {int(name[1:]) for name in used if name.startswith("#")}
    if constrained & set(_intercepts(structures).tolist()):
        return None
    made = tuple(replace(s, pivot=np.where(own, s.shift[: s.p], 0.0)) for s, own in zip(structures, far, strict=True))
    generic = theta * np.random.default_rng(0).uniform(0.8, 1.25, len(theta))
    gap, design = _gap(made, generic)
    sd = np.sqrt(np.concatenate([np.diag(sample.cov) for sample in samples]))
    gap, design = gap / sd, design / sd[:, None]
    left = gap - design @ np.linalg.lstsq(design, gap, rcond=None)[0]
    return made if np.abs(left).max() <= MADE_UP * np.abs(gap).max() else None


def _far(structure: Structure, sample: Sample) -> Array:
    """(p,) which observed variables have paths to others and a mean far from 0."""
    p = structure.p
    if structure.origin is None:
        return np.zeros(p, dtype=bool)
    free = structure.col[structure.is_path]
    leaving = (structure.directed[:, :p] != 0).any(axis=0) | np.isin(np.arange(p), free)
    return leaving & (np.abs(structure.origin) > FAR * np.sqrt(np.diag(sample.cov)))


def _intercepts(structures: Sequence[Structure]) -> Array:
    """Numbers of the free parameters that are intercepts or means, in any group."""
    return np.unique(np.concatenate([s.free[s.is_path & (s.col == len(s.names) - 1)] for s in structures]))


def _gap(made: Sequence[Structure], theta: Array) -> tuple[Array, Array]:
    """How much higher means (of all groups) are without pivots, and what each intercept adds to them (means, k)."""
    numbers, gaps, designs = _intercepts(made), [], []
    for s in made:
        G, B = implied(s, theta).G[: s.p], s.directed.copy()
        row, col, free = s.paths
        B[row, col] = theta[free]
        own = s.is_path & (s.col == len(s.names) - 1)
        gaps.append(G @ (B @ (s.shift - s.lift)))
        designs.append(G[:, s.row[own]] @ np.equal(s.free[own][:, None], numbers).astype(float))
    return np.concatenate(gaps), np.vstack(designs)


def in_users_units(made: Sequence[Structure], theta: Array) -> Array:
    """(q,) the parameters of the model without pivots that implies the same moments."""
    gap, design = _gap(made, theta)
    out = theta.copy()
    out[_intercepts(made)] -= np.linalg.lstsq(design, gap, rcond=None)[0]
    return out


def about_pivots(made: Sequence[Structure], theta: Array) -> Array:
    """(q,) the parameters of the model with pivots that implies what `theta` does without."""
    gap, design = _gap(made, theta)
    out = theta.copy()
    out[_intercepts(made)] += np.linalg.lstsq(design, gap, rcond=None)[0]
    return out


def unit_jacobian(made: Sequence[Structure], theta: Array) -> Array:
    """(q, q) derivatives of `in_users_units` at theta (q,).

    Both models imply the same means, so that D_a da = D' dtheta - D dtheta, with D' and D their Jacobians.
    """
    q, numbers = len(theta), _intercepts(made)
    plain, scaled = tuple(replace(s, pivot=None) for s in made), in_users_units(made, theta)
    ahead = _mean_jacobian(made, theta, q) - _mean_jacobian(plain, scaled, q)
    out = np.eye(q)
    ahead[:, numbers] = 0.0
    out[numbers] += np.linalg.lstsq(_gap(made, theta)[1], ahead, rcond=None)[0]
    return out


def _mean_jacobian(structures: Sequence[Structure], theta: Array, q: int) -> Array:
    """(means, q) derivatives of the implied means of all groups."""
    parts = []
    for s in structures:
        slots = np.zeros((len(s.free), q))
        slots[np.arange(len(s.free)), s.free] = 1.0
        parts.append(jacobian(implied(s, theta))[: s.p] @ slots)
    return np.vstack(parts)
