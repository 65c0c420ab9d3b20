"""Starting values that follow the units of the data: one-factor loadings, composite covariances, least squares.

Loadings come from a one-factor principal axis step on each latent's indicators, covariances of latents from Bartlett
weights less the errors, regressions by least squares from those covariances. Higher-order latents treat lower-order
latents as their indicators.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Structure, implied
from sexresearch.sem.language.parameter import Parameter

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
    theta = total / np.maximum(count, 1.0)
    for row in (row for rows in groups for row in rows if row.free >= 0):
        if not np.isnan(row.start):
            theta[row.free] = row.start
        theta[row.free] = min(max(theta[row.free], row.lower), row.upper)
    return theta


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
    standard = {i for i in waiting if structure.symmetric[i, i] == 1.0}
    while waiting:
        ready = {f: items for f, items in waiting.items() if all(i in known for i, _ in items)} or waiting
        for f, axis in _principal_axes(joint, {f: [i for i, _ in items] for f, items in ready.items()}).items():
            index, fixed = (np.array(part) for part in zip(*ready[f], strict=True))
            B[index, f] = np.where(np.isnan(fixed), _anchored(axis, fixed, f in standard), fixed)
        _compose(joint, B, np.array(list(ready)), np.array(sorted(known)))
        known |= set(ready)
        waiting = {f: items for f, items in waiting.items() if f not in ready}
    return joint


def _principal_axes(joint: Array, items: dict[int, list[int]]) -> dict[int, Array]:
    """Latent -> (items,) loadings on the principal axis of its indicators; latents of one size share the arithmetic."""
    found: dict[int, Array] = {}
    for size in {len(index) for index in items.values()}:
        latents = [f for f, index in items.items() if len(index) == size]
        index = np.array([items[f] for f in latents])
        sd = np.sqrt(np.maximum(joint[index, index], 1e-300))
        r = joint[index[:, :, None], index[:, None, :]] / (sd[:, :, None] * sd[:, None, :])
        own = np.arange(size)
        r[:, own, own] = 0.0
        communality = np.clip(np.abs(r).max(axis=2), 0.1, 0.9) if size > 1 else np.ones((len(latents), 1))
        for _ in range(3):
            r[:, own, own] = communality
            values, vectors = np.linalg.eigh(r)
            loading = vectors[:, :, -1] * np.sqrt(np.maximum(values[:, -1:], 0.05))
            communality = np.clip(loading**2, 0.05, 0.95)
        sized = np.where(np.abs(loading) < 0.1, np.copysign(0.1, loading), loading) * sd
        found |= dict(zip(latents, sized, strict=True))
    return found


def _anchored(size: Array, fixed: Array, standard: bool) -> Array:
    """(items,) loadings in the metric of the first loading that is fixed (items,), or of a latent with variance 1."""
    anchor = int(np.argmax(np.abs(np.nan_to_num(fixed)) > 0))  # the first item where none is fixed
    value = fixed[anchor]
    if standard or np.isnan(value) or value == 0:
        return size * np.sign(size[anchor])
    return size / size[anchor] * value


def _compose(joint: Array, B: Array, latents: Array, known: Array) -> None:
    """Add the covariances of `latents` to `joint`: Bartlett weights of their indicators, errors taken off."""
    L = B[np.ix_(known, latents)]
    own = np.flatnonzero(np.any(L != 0, axis=1))
    inputs = known[own]
    L = L[own]
    S = joint[np.ix_(inputs, inputs)]
    variance = np.diag(S)
    scale = np.array(
        [np.median((variance / np.maximum(L[:, k] ** 2, 1e-300))[L[:, k] != 0]) for k in range(L.shape[1])]
    )
    explained = np.clip((L**2) @ (0.5 * scale), 0.05 * variance, 0.8 * variance)
    theta = variance - explained
    weights = np.linalg.pinv((L.T / theta) @ L) @ (L.T / theta)
    phi = weights @ (S - np.diag(theta)) @ weights.T
    joint[np.ix_(latents, latents)] = _positive(phi, 0.2 * np.diag(weights @ S @ weights.T))
    cross = weights @ joint[np.ix_(inputs, known)]
    joint[np.ix_(latents, known)] = cross
    joint[np.ix_(known, latents)] = cross.T


def _positive(phi: Array, floor: Array) -> Array:
    """A covariance matrix near phi with variances at least `floor` and correlations at most .9 in size."""
    sd = np.sqrt(np.maximum(np.diag(phi), np.maximum(floor, 1e-300)))
    r = np.clip(phi / np.outer(sd, sd), -0.9, 0.9)
    np.fill_diagonal(r, 1.0)
    values, vectors = np.linalg.eigh(r)
    if values[0] < 0.05:
        r = (vectors * np.maximum(values, 0.05)) @ vectors.T
        d = np.sqrt(np.diag(r))
        r = r / np.outer(d, d)
    return r * np.outer(sd, sd)


def _regress(structure: Structure, rows: Sequence[Parameter], B: Array, joint: Array) -> Array:
    """Fill regressions into B; return S with residual variances that leave every variable its variance."""
    S = structure.symmetric.copy()
    place = {name: i for i, name in enumerate(structure.names)}
    causes: dict[int, list[int]] = {}
    for row in rows:
        if row.op == "~" and row.free >= 0:
            causes.setdefault(place[row.lhs], []).append(place[row.rhs])
    for y, found in causes.items():
        xs = np.array(found)
        fixed = np.array([j for j in np.flatnonzero(B[y]) if j not in found and structure.names[j] != "1"], dtype=int)
        target = joint[xs, y] - joint[np.ix_(xs, fixed)] @ B[y, fixed]
        cov = joint[np.ix_(xs, xs)]
        ridge = 1e-3 * np.diag(np.diag(cov)) + 1e-300 * np.eye(len(xs))
        B[y, xs] = np.linalg.lstsq(cov + ridge, target, rcond=None)[0]
    last = len(joint) - structure.has_means
    paths = B[:last, :last]
    explained = np.einsum("ij,jk,ik->i", paths, joint[:last, :last], paths)
    variance = np.maximum(np.diag(joint)[:last], 1e-300)
    residual = np.maximum(variance - explained, SMALLEST_SHARE * variance)
    free = {
        (int(i), int(j)) for i, j, path in zip(structure.row, structure.col, structure.is_path, strict=True) if not path
    }
    for i, j in free:
        if i == j:
            S[i, i] = residual[i]
        elif not paths[i].any() and not paths[j].any():
            S[i, j] = S[j, i] = joint[i, j]
    return S


def _intercepts(structure: Structure, values: Array, mean: Array) -> Array:
    """Free intercepts and latent means by least squares on the sample means, the paths held as they are."""
    column = structure.is_path & (structure.col == len(structure.names) - 1)
    if not column.any():
        return values
    theta = values.copy()
    slots = np.arange(len(values))
    start = np.where(column, 0.0, theta)
    local = Structure(**{**structure.__dict__, "free": slots})
    base = implied(local, start)
    design = base.G[: structure.p, structure.row[column]]
    theta[column] = np.linalg.lstsq(design, mean - base.mean, rcond=None)[0]
    return theta
