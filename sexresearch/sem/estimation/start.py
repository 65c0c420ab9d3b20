"""Starting values that follow the units of the data: one-factor loadings, composite covariances, least squares.

Loadings come from a one-factor principal axis step on each latent's indicators, covariances of latents from Bartlett
weights less the errors, regressions by least squares from those covariances. Higher-order latents treat lower-order
latents as their indicators.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.linalg import lapack

from sexresearch.frozen import read_only
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.exploratory_start import echelon, first_factors
from sexresearch.sem.implied.structure import Structure, implied
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.table import ParameterTable
from sexresearch.sem.matrices import exceeds, invert
from sexresearch.sem.rotation.extraction import Extraction
from sexresearch.sem.terms.objective import Objective

DOUBLINGS = 12  # of the variances, before a start is given up
SMALLEST_SHARE = 0.05  # of a variance, left to a residual at the start


def starting_values(
    structures: Sequence[Structure],
    table: ParameterTable,
    moments: Sequence[tuple[Array, Array]],
    extraction: Extraction = "ml",
) -> Array:
    """(q,) starting values from each group's structure, rows and (mean (p,), cov (p, p)); `start()` values win.

    `extraction` is how exploratory factors are found.
    """
    total, count = np.zeros(table.n_free), np.zeros(table.n_free)
    for number, (structure, (mean, cov)) in enumerate(zip(structures, moments, strict=True)):
        values = _group_start(structure, _layout(table, number, len(structure.names)), mean, cov, extraction)
        total += np.bincount(structure.free, values, table.n_free)
        count += np.bincount(structure.free, minlength=table.n_free)
    theta = total / np.maximum(count, 1.0)
    if any(structure.has_means for structure in structures):
        theta = _shared_intercepts(structures, theta, moments)
    for row in table.guided:
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


@dataclass(frozen=True)
class _Batch:
    """Latents with as many indicators: their numbers (f,), those of the indicators and fixed loadings (f, items).

    pairs (f, items, items) and own (f, items) are flat places of the indicators' covariances and variances; given (f,)
    tells which latents have a fixed loading, anchors (f,) where the first of each stands, flat among the loadings.
    """

    latents: Array
    items: Array
    fixed: Array
    pairs: Array
    own: Array
    given: Array
    anchors: Array

    @classmethod
    def of(cls, latents: Array, items: Array, fixed: Array, m: int) -> _Batch:
        """The batch among m variables."""
        is_given = ~np.isnan(fixed) & (fixed != 0)
        first = is_given.argmax(axis=1)  # the first item where none is fixed
        anchors = first + fixed.shape[1] * np.arange(len(fixed))
        pairs = items[:, :, None] * m + items[:, None, :]
        return cls(latents, items, fixed, pairs, items * (m + 1), is_given.any(axis=1), anchors)


@dataclass(frozen=True)
class _Layout:
    """What one group's rows say about the order of work, whatever the sample.

    steps : batches of latents whose indicators are known by then, all their latents, and the variables known before.
    causes : outcomes (o,) and what explains each (o, x), by number of causes.
    blocks : factors (k,) and items (p,) of exploratory blocks, with the places of their anchors among the items.
    """

    steps: tuple[tuple[tuple[_Batch, ...], Array, Array], ...]
    causes: tuple[tuple[Array, Array], ...]
    blocks: tuple[tuple[Array, Array, tuple[int, ...]], ...] = ()


@lru_cache(maxsize=256)
def _layout(table: ParameterTable, number: int, m: int) -> _Layout:
    rows, role = table.group(number), table.roles[number]
    place = {name: i for i, name in enumerate(role.observed + role.latent)}
    blocks = _blocks(table, number, place) if table.is_exploratory else ()
    return read_only(_Layout(_steps(rows, place, len(role.observed), m), _causes(rows, place), blocks))


def _blocks(
    table: ParameterTable, number: int, place: dict[str, int]
) -> tuple[tuple[Array, Array, tuple[int, ...]], ...]:
    zero = {(row.lhs, row.rhs) for row in table.group(number) if row.turned and row.op == "=~"}
    blocks = []
    for block in table.exploratory[number]:
        zeros = [sum((f, item) in zero for f in block.factors) for item in block.items]  # most of the first anchor
        order = sorted(range(len(zeros)), key=lambda i: -zeros[i])
        own = (np.array([place[name] for name in names]) for names in (block.factors, block.items))
        blocks.append((*own, tuple(order[: len(block.factors)])))
    return tuple(blocks)  # type: ignore[arg-type]


def _steps(
    rows: Sequence[Parameter], place: dict[str, int], p: int, m: int
) -> tuple[tuple[tuple[_Batch, ...], Array, Array], ...]:
    waiting: dict[int, list[tuple[int, float]]] = {}
    for row in rows:
        if row.op == "=~":
            waiting.setdefault(place[row.lhs], []).append((place[row.rhs], row.value))
    known, steps = set(range(p)), []
    while waiting:
        ready = {f: items for f, items in waiting.items() if all(i in known for i, _ in items)} or waiting
        batches = []
        for size in {len(items) for items in ready.values()}:
            latents = np.array([f for f, items in ready.items() if len(items) == size])
            slots = np.array([ready[f] for f in latents])
            batches.append(_Batch.of(latents, slots[:, :, 0].astype(int), slots[:, :, 1], m))
        steps.append((tuple(batches), np.array(list(ready)), np.array(sorted(known))))
        known |= set(ready)
        waiting = {f: items for f, items in waiting.items() if f not in ready}
    return tuple(steps)


def _causes(rows: Sequence[Parameter], place: dict[str, int]) -> tuple[tuple[Array, Array], ...]:
    causes: dict[int, list[int]] = {}
    for row in rows:
        if row.op == "~" and row.free >= 0:
            causes.setdefault(place[row.lhs], []).append(place[row.rhs])
    sizes = {len(own) for own in causes.values()}  # outcomes with as many causes share the arithmetic
    chosen = [[y for y, own in causes.items() if len(own) == size] for size in sizes]
    return tuple((np.array(outcomes), np.array([causes[y] for y in outcomes])) for outcomes in chosen)


def _group_start(structure: Structure, layout: _Layout, mean: Array, cov: Array, extraction: Extraction) -> Array:
    B = structure.directed.copy()
    joint = _measure(structure, layout, B, cov, extraction)
    S = _regress(structure, layout, B, joint)
    values = np.where(structure.is_path, B[structure.row, structure.col], S[structure.row, structure.col])
    return _intercepts(structure, values, mean) if structure.has_means else values


def _measure(structure: Structure, layout: _Layout, B: Array, cov: Array, extraction: Extraction) -> Array:
    """Fill loadings into B and return the (m, m) covariances of observed and latent variables they suggest."""
    m, p = len(structure.names), structure.p
    joint = np.zeros((m, m))
    joint[:p, :p] = cov
    for batches, latents, known in layout.steps:
        scale = np.zeros(m)
        for batch in batches:
            own = batch.latents
            loading = _anchored(_principal_axes(joint, batch), batch, structure.symmetric[own, own] == 1.0)
            B[batch.items, own[:, None]] = loading
            scale[own] = _median_share(joint.take(batch.own), loading)
        for factors, items, anchors in layout.blocks:
            if len(factors) > 1 and factors[0] in latents:
                cov = joint[items[:, None], items]
                B[items[:, None], factors] = echelon(first_factors(cov, len(factors), extraction), anchors)
                scale[factors] = 1.0
        _compose(joint, B, latents, known, scale)
    return joint


def _median_share(variance: Array, loading: Array) -> Array:
    """(latents,) median over each latent's indicators of variance / loading^2; 0 where no loading differs from 0."""
    tied = loading != 0
    if tied.all():
        shares, size = np.sort(variance / loading**2, axis=1), loading.shape[1]
        return np.asarray(0.5 * (shares[:, (size - 1) // 2] + shares[:, size // 2]))
    shares = np.sort(np.where(tied, variance / np.where(tied, loading, 1.0) ** 2, np.inf), axis=1)
    each, count = np.arange(len(shares)), tied.sum(axis=1)
    middle = 0.5 * (shares[each, np.maximum(count - 1, 0) // 2] + shares[each, count // 2])
    return np.where(count > 0, middle, 0.0)


def _principal_axes(joint: Array, batch: _Batch) -> Array:
    """(latents, items) loadings of a batch's indicators on their principal axis, communalities in three rounds."""
    number, size = batch.items.shape
    sd = _root(joint.take(batch.own))
    r = joint.take(batch.pairs)
    r /= sd[:, :, None] * sd[:, None, :]
    diagonal = r.reshape(number, -1)[:, :: size + 1]
    diagonal[...] = 0.0
    communality = np.minimum(np.maximum(np.abs(r).max(axis=2), 0.1), 0.9) if size > 1 else np.ones((number, 1))
    for _ in range(3):
        diagonal[...] = communality
        decomposed = [lapack.dsyev(own) for own in r]  # for matrices so small faster than all at once
        axes = np.array([vectors[:, -1] for _, vectors, _ in decomposed])
        loading = axes * np.sqrt(np.maximum([[values[-1]] for values, _, _ in decomposed], 0.05))
        communality = np.minimum(np.maximum(loading**2, 0.05), 0.95)
    return np.where(np.abs(loading) < 0.1, np.copysign(0.1, loading), loading) * sd


def _root(variance: Array) -> Array:
    """Standard deviations, 1 where a variable has no variance of its own yet."""
    return np.sqrt(np.where(variance > 0, variance, 1.0))


def _anchored(size: Array, batch: _Batch, standard: Array) -> Array:
    """(latents, items) loadings in the metric of each latent's first fixed loading, or of variance 1 (`standard`).

    Fixed loadings are kept.
    """
    anchor, fixed = size.take(batch.anchors), batch.fixed
    metric = np.where(batch.given & ~standard, fixed.take(batch.anchors) / anchor, np.sign(anchor))
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


def _regress(structure: Structure, layout: _Layout, B: Array, joint: Array) -> Array:
    """Fill regressions into B; return S with residual variances that leave every variable its variance."""
    last = len(joint) - structure.has_means
    for outcomes, xs in layout.causes:
        B[outcomes[:, None], xs] = 0.0
        target = joint[xs, outcomes[:, None]] - np.einsum("yxj,yj->yx", joint[xs, :last], B[outcomes, :last])
        cov = joint[xs[:, :, None], xs[:, None, :]]
        own = np.arange(xs.shape[1])
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
