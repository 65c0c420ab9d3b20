"""Structural after measurement: first what the items measure, one block at a time, then what leads to what.

Each block of the measurement model (latents that share items or residual covariances) is fitted on its own; blocks that
cannot be, such as latents with two items, are fitted together, or with the first other one where there is only one. The
covariances of the latent variables then follow from those of the items, V = M (S - Θ) M' with
M = (Λ' Θ^-1 Λ)^-1 Λ' Θ^-1 (local SAM; Rosseel & Loh 2022, doi 10.1037/met0000503), and the structural model is fitted
to them. Θ is multiplied by Fuller's factor where V would not be positive definite (Fuller 1987,
doi 10.1002/9780470316665). Standard errors of the structural part add what the measurement part is uncertain by:
I22^-1 + I22^-1 I21 V11 I12 I22^-1, with I the information of the whole model at these estimates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sexresearch.errors import DataError, ModelError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.moments import Moments
from sexresearch.sem.estimation.estimate import estimate
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.minimize import Solution
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.inference.vcov import vcov
from sexresearch.sem.language.model import Model
from sexresearch.sem.language.names import written
from sexresearch.sem.language.parameter import Parameter

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Parts:
    """blocks : latents measured together, with their items; structural : the variables that lead to each other."""

    blocks: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    items: frozenset[str]
    structural: tuple[str, ...]


def of_one_group(
    fitted: Fitted, data: pd.DataFrame | None, moments: object, requested: Options
) -> tuple[Fitted, Array]:
    """`fitted` at the estimates of local SAM, and their (q, q) covariance."""
    parts = _parts(fitted)
    options = replace(
        requested, auto_fix_first=False, auto_fix_single=False, meanstructure=fitted.options.meanstructure
    )
    given = moments if isinstance(moments, Moments) else None
    sub = [_block(fitted, latents, items, data, given, options) for latents, items in parts.blocks]
    theta, filled = _filled(fitted, sub)
    latent = _structure(fitted, parts, theta, filled, options)
    theta, filled = _filled(fitted, [*sub, latent])
    if not filled.all():
        lost = [row.name for row in fitted.table.rows if row.free >= 0 and not filled[row.free]]
        raise OptionError(f"method='sam' has no step for {', '.join(lost)}: use method='joint'")
    moved = moved_to(fitted, theta, all(part.constrained.solution.converged for part in (*sub, latent)))
    return moved, _errors(moved, sub, latent)


def moved_to(fitted: Fitted, theta: Array, done: bool) -> Fitted:
    """`fitted` with other estimates; `done`: whether every step that made them converged."""
    curve = fitted.objective.curve(theta)
    trouble = "" if done else "a step of method='sam' did not converge"
    solution = Solution(theta, curve.value, curve.gradient, np.inf, 0, done, trouble)
    return replace(fitted, constrained=replace(fitted.constrained, solution=solution), inner=None)


def _parts(fitted: Fitted) -> Parts:
    """Blocks of latents with items of their own, merged where they share an item or a residual covariance."""
    rows, latents = fitted.table.rows, fitted.table.roles[0].latent
    loads = [row for row in rows if row.op == "=~" and row.rhs not in latents and not _is_zero(row)]
    items = dict.fromkeys(row.rhs for row in loads)
    owner = {row.rhs: row.lhs for row in loads}
    home = {row.lhs: row.lhs for row in loads}

    def merge(a: str, b: str) -> None:
        old, new = home[b], home[a]
        for name, place in home.items():
            home[name] = new if place == old else place

    for row in loads:
        merge(owner[row.rhs], row.lhs)
    for row in rows:
        if row.op == "~~" and row.lhs in items and row.rhs in items and not _is_zero(row):
            merge(owner[row.lhs], owner[row.rhs])
        if row.op == "~" and (row.lhs in items or row.rhs in items):
            raise OptionError(f"method='sam' has no step for {row.name}, as an item is part of it: use method='joint'")
    groups = [tuple(name for name in home if home[name] == place) for place in dict.fromkeys(home.values())]
    short = [own for own in groups if _is_short(rows, own, [item for item in items if owner[item] in own])]
    if short and len(groups) > 1:  # too few items to be fitted alone: together, or with another block
        with_them = short if len(short) > 1 else [*short, next(own for own in groups if own not in short)]
        joined = tuple(name for own in with_them for name in own)
        groups = [own for own in groups if own not in with_them] + [joined]
    blocks = tuple((own, tuple(item for item in items if owner[item] in own)) for own in groups)
    names = dict.fromkeys(name for row in rows if row.op != "~1" for name in (row.lhs, row.rhs) if name)
    return Parts(blocks, frozenset(items), tuple(name for name in names if name not in items))


def _is_short(rows: Sequence[Parameter], latents: Sequence[str], items: Sequence[str]) -> bool:
    """Whether a block alone has more parameters than its items have covariances."""
    inside = {*latents, *items}
    free = {row.free for row in rows if row.op in ("=~", "~~") and {row.lhs, row.rhs} <= inside and row.free >= 0}
    variances = {row.free for row in rows if row.op == "~~" and {row.lhs, row.rhs} <= set(latents) and row.free >= 0}
    return len(free - variances) + len(latents) * (len(latents) + 1) // 2 > len(items) * (len(items) + 1) // 2


def _is_zero(row: Parameter) -> bool:
    return row.free < 0 and row.value == 0


def _block(
    fitted: Fitted,
    latents: Sequence[str],
    items: Sequence[str],
    data: pd.DataFrame | None,
    moments: Moments | None,
    options: Options,
) -> Fitted:
    """The measurement model of one block, alone."""
    inside = {*latents, *items}
    kept = [row for row in fitted.table.rows if row.lhs in inside and (row.rhs in inside or row.op == "~1")]
    lines = [line_of(row) for row in kept]
    spread = {row.lhs for row in kept if row.op == "~~" and row.lhs == row.rhs}
    lines += [f"{written(name)} ~~ {written(name)}" for name in latents if name not in spread]
    own = None if moments is None else _some(moments, items)
    block_fit, _ = estimate(Model("\n".join(lines)), None if data is None else data[[*items]], own, options)
    return block_fit


def _some(moments: Moments, names: Sequence[str]) -> Moments:
    mean = None if moments.mean is None else moments.mean.loc[[*names]]
    return Moments(moments.cov.loc[[*names], [*names]], moments.nobs, mean)


def line_of(row: Parameter, rhs: str = "") -> str:
    """A row of the table as model text: its fixed value, or its starting value left to the program."""
    fixed = row.free < 0
    if row.op == "~1":
        return f"{written(row.lhs)} ~ {f'{row.value!r}*' if fixed else ''}1"
    mark = f"{row.value!r}*" if fixed else f"{row.label}*" if row.label else ""
    return f"{written(row.lhs)} {row.op} {mark}{written(rhs or row.rhs)}"


def key_of(row: Parameter) -> Key:
    lhs, rhs = sorted((row.lhs, row.rhs)) if row.op == "~~" else (row.lhs, row.rhs)
    return lhs, row.op, rhs


def _filled(fitted: Fitted, parts: Sequence[Fitted]) -> tuple[Array, Array]:
    """(q,) estimates of the whole model from those of its parts, later parts over earlier ones; and which are there."""
    known: dict[Key, float] = {}
    for part in parts:
        known |= {key_of(row): value for row, value in zip(part.table.rows, row_estimates(part), strict=True)}
    theta, there = fitted.theta.copy(), np.zeros(len(fitted.theta), dtype=bool)
    for row in fitted.table.rows:
        if row.free >= 0 and key_of(row) in known:
            theta[row.free], there[row.free] = known[key_of(row)], True
    return theta, there


def _structure(fitted: Fitted, parts: Parts, theta: Array, filled: Array, options: Options) -> Fitted:
    """The structural model, fitted to the moments of the latent variables."""
    sample, rows = fitted.samples[0], fitted.table.rows
    measured = [name for own, _ in parts.blocks for name in own]
    plain = [name for name in parts.structural if name in sample.names]
    values = {key_of(row): row.value if row.free < 0 else theta[row.free] for row in rows}
    cov, mean = latent_moments(values, measured, plain, list(sample.names), sample.cov, sample.mean, sample.n)
    names = [*measured, *plain]
    kept = [
        line_of(row, names[0] if row.rhs in parts.items else "")
        for row in rows
        if row.lhs in parts.structural
        and row.lhs not in parts.items
        and not row.exogenous
        and not (row.op == "=~" and row.rhs in parts.items and not _is_zero(row))
        and not (row.op == "~1" and not options.meanstructure)
    ]
    frame = pd.DataFrame(cov * sample.n / (sample.n - 1.0), index=names, columns=names)
    given = pd.Series(mean, index=names) if options.meanstructure else None
    try:
        moments = Moments(frame, round(sample.n), given)
    except DataError as error:
        raise ModelError(f"method='sam': the latent variables have no proper covariances ({error})") from error
    inside = replace(options, missing="listwise", group=None, cluster=None, sampling_weights=None)
    structural_fit, _ = estimate(Model("\n".join(kept)), None, moments, inside)
    return structural_fit


def latent_moments(
    values: Mapping[Key, float],
    measured: Sequence[str],
    plain: Sequence[str],
    names: Sequence[str],
    cov: Array,
    mean: Array,
    n: float,
) -> tuple[Array, Array]:
    """Covariances (m, m) and means (m,) of measured latents, then plain variables, from the measurement's `values`."""
    m, k = len(measured), len(names)
    load, spread = np.zeros((k, m + len(plain))), np.zeros((k, k))
    start = np.array([values.get((name, "~1", ""), 0.0) for name in names])
    for i, item in enumerate(names):
        load[i, :m] = [values.get((latent, "=~", item), 0.0) for latent in measured]
        if item in plain:
            load[i, m + list(plain).index(item)], start[i] = 1.0, 0.0
            continue
        for j, other in enumerate(names):
            a, b = sorted((item, other))
            spread[i, j] = values.get((a, "~~", b), 0.0) if other not in plain else 0.0
    # by least squares in the metric of the residuals; those without any (single items, plain variables) are exact
    used = [i for i in range(k) if np.abs(load[i]).any()]
    load, spread, S = load[used], spread[np.ix_(used, used)], cov[np.ix_(used, used)]
    near = spread + 1e-9 * np.diag(np.where(np.diag(spread) > 0, 0.0, np.diag(S)))
    weighted = np.linalg.solve(near, load)
    M = np.linalg.solve(load.T @ weighted, weighted.T)
    total, noise = M @ S @ M.T, M @ spread @ M.T
    factor = _fuller(total, noise, n)
    return total - factor * noise, M @ (mean[used] - start[used])


def _fuller(total: Array, noise: Array, n: float) -> float:
    """1, or what keeps the difference positive definite: the least root of |total - l noise| less 1 / (n - 1)."""
    half = np.linalg.cholesky(total)
    inside = np.linalg.solve(half, np.linalg.solve(half, noise).T)
    largest = float(np.linalg.eigvalsh((inside + inside.T) / 2.0)[-1])
    least = 1.0 / largest if largest > 0 else np.inf
    return 1.0 if least >= 1.0 + 1.0 / (n - 1.0) else least - 1.0 / (n - 1.0)


def _errors(moved: Fitted, sub: Sequence[Fitted], latent: Fitted) -> Array:
    """(q, q) covariance of the estimates of both steps; NaN where se is "none" or a step did not converge."""
    q = len(moved.theta)
    if moved.options.se == "none" or not moved.constrained.solution.converged:
        return np.full((q, q), np.nan)
    place = {key_of(row): row.free for row in moved.table.rows if row.free >= 0}
    second = sorted({place[key_of(row)] for row in latent.table.rows if row.free >= 0 and key_of(row) in place})
    first = [i for i in range(q) if i not in second]
    V = np.zeros((q, q))
    for part in sub:
        own = vcov(part)
        pairs = {place[key_of(r)]: r.free for r in part.table.rows if r.free >= 0 and place.get(key_of(r), -1) in first}
        V[np.ix_([*pairs], [*pairs])] = own[np.ix_([*pairs.values()], [*pairs.values()])]
    info = moved.information
    inverse = np.linalg.inv(info[np.ix_(second, second)])
    carry = -inverse @ info[np.ix_(second, first)]
    V1 = V[np.ix_(first, first)]
    V[np.ix_(second, first)] = carry @ V1
    V[np.ix_(first, second)] = V1 @ carry.T
    V[np.ix_(second, second)] = inverse + carry @ V1 @ carry.T
    return V
