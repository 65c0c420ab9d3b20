"""Starting values that follow the units of the data: one-factor loadings, composite covariances, least squares.

Loadings come from a one-factor principal axis step on each latent's indicators, covariances of latents from Bartlett
weights less the errors, regressions by least squares from those covariances. Higher-order latents treat lower-order
latents as their indicators.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Structure, implied
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.matrices import exceeds, invert
from sexresearch.sem.terms.objective import Objective

DOUBLINGS = 12  # of the variances, before a start is given up
SMALLEST_SHARE = 0.05  # of a variance, left to a residual at the start


def starting_values(
    structures: Sequence[Structure],
    groups: Sequence[Sequence[Parameter]],
    moments: Sequence[tuple[Array, Array]],
    size: int,
) -> Array:
    """(q,) starting values from each group's structure, rows and (mean (p,), cov (p, p)); `start()` values win."""
    total, count = np.zeros(size), np.zeros(size)
    for structure, rows, (mean, cov) in zip(structures, groups, moments, strict=True):
        values = _group_start(structure, rows, mean, cov)
        np.add.at(total, structure.free, values)
        np.add.at(count, structure.free, 1.0)
    theta = _shared_intercepts(structures, total / np.maximum(count, 1.0), moments)
    for row in (row for rows in groups for row in rows if row.free >= 0 and row.is_guided):
        if not math.isnan(row.start):
            theta[row.free] = row.start
        theta[row.free] = min(max(theta[row.free], row.lower), row.upper)
    return theta


def widened(objective: Objective, start: Array, structures: Sequence[Structure]) -> Array:
    """The start, its free variances doubled until the implied covariances are positive definite."""
    start, variances = start.copy(), np.concatenate([s.variances for s in structures])
    for _ in range(DOUBLINGS):
        if np.isfinite(objective.value(start)):
            break
        start[variances] = 2.0 * np.abs(start[variances])
    return start


def _group_start(structure: Structure, rows: Sequence[Parameter], mean: Array, cov: Array) -> Array:
    B = structure.directed.copy()
    joint = _measure(structure, rows, B, cov)
    S = _regress(structure, rows, B, joint)
    values = np.where(structure.is_path, B[structure.row, structure.col], S[structure.row, structure.col])
    return _intercepts(structure, values, mean) if structure.has_means else values


def _loading_slots(structure: Structure, rows: Sequence[Parameter]) -> dict[int, list[tuple[int, float]]]:
    """Latent -> [(indicator, fixed loading or NaN)]."""
    place = {name: i for i, name in enumerate(structure.names)}
    found: dict[int, list[tuple[int, float]]] = {}
    for row in rows:
        if row.op == "=~":
            found.setdefault(place[row.lhs], []).append((place[row.rhs], row.value))
    return found


def _measure(structure: Structure, rows: Sequence[Parameter], B: Array, cov: Array) -> Array:
    """Fill loadings into B and return the (m, m) covariances of observed and latent variables they suggest."""
    m, p = len(structure.names), structure.p
    joint = np.zeros((m, m))
    joint[:p, :p] = cov
    known = set(range(p))
    waiting = _loading_slots(structure, rows)
    while waiting:
        ready = {f: items for f, items in waiting.items() if all(i in known for i, _ in items)} or waiting
        scale = np.zeros(m)
        for size in {len(items) for items in ready.values()}:  # latents of one size share the arithmetic
            latents = np.array([f for f, items in ready.items() if len(items) == size])
            slots = np.array([ready[f] for f in latents])
            index, fixed = slots[:, :, 0].astype(int), slots[:, :, 1]
            loading = _anchored(_principal_axes(joint, index), fixed, structure.symmetric[latents, latents] == 1.0)
            B[index, latents[:, None]] = loading
            scale[latents] = _median_share(joint[index, index], loading)
        _compose(joint, B, np.array(list(ready)), np.array(sorted(known)), scale)
        known |= set(ready)
        waiting = {f: items for f, items in waiting.items() if f not in ready}
    return joint


def _median_share(variance: Array, loading: Array) -> Array:
    """(latents,) median over each latent's indicators of variance / loading^2; 0 where no loading differs from 0."""
    tied = loading != 0
    shares = np.sort(np.where(tied, variance / np.where(tied, loading, 1.0) ** 2, np.inf), axis=1)
    each, count = np.arange(len(shares)), tied.sum(axis=1)
    middle = 0.5 * (shares[each, np.maximum(count - 1, 0) // 2] + shares[each, count // 2])
    return np.where(count > 0, middle, 0.0)


def _principal_axes(joint: Array, index: Array) -> Array:
    """(latents, items) loadings of the indicators `index` on their principal axis, communalities in three rounds."""
    size = index.shape[1]
    sd = _root(joint[index, index])
    r = joint[index[:, :, None], index[:, None, :]] / (sd[:, :, None] * sd[:, None, :])
    own = np.arange(size)
    r[:, own, own] = 0.0
    communality = np.minimum(np.maximum(np.abs(r).max(axis=2), 0.1), 0.9) if size > 1 else np.ones((len(index), 1))
    for _ in range(3):
        r[:, own, own] = communality
        values, vectors = np.linalg.eigh(r)
        loading = vectors[:, :, -1] * np.sqrt(np.maximum(values[:, -1:], 0.05))
        communality = np.minimum(np.maximum(loading**2, 0.05), 0.95)
    return np.where(np.abs(loading) < 0.1, np.copysign(0.1, loading), loading) * sd


def _root(variance: Array) -> Array:
    """Standard deviations, 1 where a variable has no variance of its own yet."""
    return np.sqrt(np.where(variance > 0, variance, 1.0))


def _anchored(size: Array, fixed: Array, standard: Array) -> Array:
    """(latents, items) loadings in the metric of each latent's first fixed loading, or of variance 1 (`standard`).

    `fixed` holds the fixed loadings, NaN where free; they are kept.
    """
    given = ~np.isnan(fixed) & (fixed != 0)
    each, first = np.arange(len(size)), given.argmax(axis=1)  # the first item where none is fixed
    anchor, marked = size[each, first], given[each, first] & ~standard
    metric = np.where(marked, fixed[each, first] / anchor, np.sign(anchor))
    return np.where(np.isnan(fixed), size * metric[:, None], fixed)


def _compose(joint: Array, B: Array, latents: Array, known: Array, scale: Array) -> None:
    """Add the covariances of `latents` to `joint`: Bartlett weights of their indicators, errors taken off.

    `scale` (m,) is the variance of each latent if its indicators had no errors.
    """
    L = B[known[:, None], latents]
    own = np.flatnonzero((L != 0).any(axis=1))
    inputs = known[own]
    L = L[own]
    S = joint[inputs[:, None], inputs]
    variance = S.diagonal()
    explained = np.minimum(np.maximum((L**2) @ (0.5 * scale[latents]), 0.05 * variance), 0.8 * variance)
    theta = variance - explained
    precision = L.T / theta
    inverse = invert(precision @ L)
    weights = (np.linalg.pinv(precision @ L) if inverse is None else inverse[0]) @ precision
    spread = weights @ S @ weights.T
    phi = spread - (weights * theta) @ weights.T
    joint[latents[:, None], latents] = _positive(phi, 0.2 * spread.diagonal())
    cross = weights @ joint[inputs[:, None], known]
    joint[latents[:, None], known] = cross
    joint[known[:, None], latents] = cross.T
    bare = latents[~L.any(axis=0)]  # without an indicator: any variance will do
    joint[bare, bare] = 1.0


def _positive(phi: Array, floor: Array) -> Array:
    """A covariance matrix near phi with variances at least `floor` and correlations at most .9 in size."""
    sd = _root(np.maximum(phi.diagonal(), floor))
    unit = sd[:, None] * sd
    r = np.minimum(np.maximum(phi / unit, -0.9), 0.9)
    r.flat[:: len(r) + 1] = 1.0
    if not exceeds(r, 0.05):
        values, vectors = np.linalg.eigh(r)
        r = (vectors * np.maximum(values, 0.05)) @ vectors.T
        d = np.sqrt(r.diagonal())
        r = r / (d[:, None] * d)
    return r * unit


def _regress(structure: Structure, rows: Sequence[Parameter], B: Array, joint: Array) -> Array:
    """Fill regressions into B; return S with residual variances that leave every variable its variance."""
    last = len(joint) - structure.has_means
    place = {name: i for i, name in enumerate(structure.names)}
    causes: dict[int, list[int]] = {}
    for row in rows:
        if row.op == "~" and row.free >= 0:
            causes.setdefault(place[row.lhs], []).append(place[row.rhs])
    for size in {len(found) for found in causes.values()}:  # outcomes with as many causes share the arithmetic
        outcomes = np.array([y for y, found in causes.items() if len(found) == size])
        xs = np.array([causes[y] for y in outcomes])
        B[outcomes[:, None], xs] = 0.0
        target = joint[xs, outcomes[:, None]] - np.einsum("yxj,yj->yx", joint[xs, :last], B[outcomes, :last])
        cov = joint[xs[:, :, None], xs[:, None, :]]
        own = np.arange(size)
        cov[:, own, own] *= 1.001  # a ridge, so that equal causes do no harm
        B[outcomes[:, None], xs] = np.linalg.solve(cov, target[:, :, None])[:, :, 0]
    return _residuals(structure, B[:last, :last], joint[:last, :last])


def _residuals(structure: Structure, paths: Array, joint: Array) -> Array:
    """(m, m) S: what the paths leave of each variance, and the covariances of variables that nothing explains."""
    S = structure.symmetric.copy()
    explained = np.einsum("ij,ij->i", paths @ joint, paths)
    variance = joint.diagonal()
    residual = np.maximum(variance - explained, SMALLEST_SHARE * np.where(variance > 0, variance, 1.0))
    row, col, _ = structure.covariances
    own = np.equal(row, col)
    S[row[own], row[own]] = residual[row[own]]
    endogenous = (paths != 0).any(axis=1)
    outer = ~own & ~endogenous[row] & ~endogenous[col]
    row, col = row[outer], col[outer]
    S[row, col] = S[col, row] = joint[row, col]
    return S


def _intercepts(structure: Structure, values: Array, mean: Array) -> Array:
    """Free intercepts and latent means by least squares on the sample means, the paths held as they are."""
    column = structure.is_path & (structure.col == len(structure.names) - 1)
    if not column.any():
        return values
    theta = values.copy()
    slots = np.arange(len(values))
    start = np.where(column, 0.0, theta)
    local = replace(structure, free=slots)
    base = implied(local, start)
    design = base.G[: structure.p, structure.row[column]]
    theta[column] = np.linalg.lstsq(design, mean - base.mean, rcond=None)[0]
    return theta


def _shared_intercepts(structures: Sequence[Structure], theta: Array, moments: Sequence[tuple[Array, Array]]) -> Array:
    """Intercepts and latent means that groups share, by least squares on the sample means of all groups together."""
    slots = [s.free[s.is_path & (s.col == len(s.names) - 1)] if s.has_means else s.free[:0] for s in structures]
    numbers, counts = np.unique(np.concatenate(slots), return_counts=True)
    if (counts < 2).all():
        return theta
    bare, rows, left = theta.copy(), [], []
    bare[numbers] = 0.0
    for s, own, (mean, cov) in zip(structures, slots, moments, strict=True):
        base, sd = implied(s, bare), np.sqrt(np.diag(cov))
        columns = s.row[s.is_path & (s.col == len(s.names) - 1)]
        design = base.G[: s.p, columns] @ np.equal(own[:, None], numbers).astype(float)
        rows.append(design / sd[:, None])
        left.append((mean - base.mean) / sd)
    bare[numbers] = np.linalg.lstsq(np.vstack(rows), np.concatenate(left), rcond=None)[0]
    return bare
