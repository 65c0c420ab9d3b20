"""`align`: means of many groups whose items are not all alike, and which loadings and intercepts differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.invariance.alignment_loss import (
    SMOOTHING,
    AlignmentMinimum,
    aligned,
    component,
    pair_weights,
    placed_loss,
)
from sexresearch.chain.invariance.invariant_sets import invariant_set
from sexresearch.errors import ModelError, OptionError
from sexresearch.frozen import by_value
from sexresearch.sem import Results
from sexresearch.sem.view import Array, View, carried, view

MANY = 0.25  # share of parameters that may differ: Muthen & Asparouhov 2014
STEP = 1e-5


@by_value
@dataclass(frozen=True)
class Alignment:
    """What `align` found.

    Attributes
    ----------
    means : DataFrame
        construct, group, mean, se, variance: of each construct, in standard deviations of the first group.
    parameters : DataFrame
        construct, item, parameter ("loading" or "intercept"), group, value (aligned), se, average (of the groups that
        are alike), pvalue (of the difference), invariant.
    items : DataFrame
        construct, item, parameter, average, r_squared (share of the differences between groups that their means and
        variances explain), contribution (to the loss), differing (groups that are not alike).
    problems : tuple of str
        What gives reason to doubt the comparison; empty where nothing does.
    """

    means: pd.DataFrame
    parameters: pd.DataFrame
    items: pd.DataFrame
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Factor:
    """One construct: items, configural loadings and intercepts (g, p) of a factor of mean 0 and variance 1.

    slopes (2gp, q) : their derivatives by the parameters of the fit, loadings before intercepts.
    """

    name: str
    items: tuple[str, ...]
    loadings: Array
    intercepts: Array
    slopes: Array


@in_words
def align(results: Results | View) -> Alignment:
    """Which groups are higher on a construct, where some loadings and intercepts differ, and which ones do?

    Parameters
    ----------
    results : Results or View
        A configural fit with means: the same constructs in two groups or more, nothing held equal. Every item measures
        one construct.

    Returns
    -------
    Alignment
        Frames `means`, `parameters` and `items`, and `problems`.

    Raises
    ------
    ModelError
        The fit did not converge, holds parameters equal across groups, has items of two constructs or ordered items.
    OptionError
        `results` is not a fit of several groups.

    Notes
    -----
    Means and variances of the groups make a loss small that many small and few large differences of parameters have
    (Asparouhov & Muthen 2014, doi 10.1080/10705511.2014.919210): per item and pair of groups the fourth root of the
    squared difference. The first group's mean is 0 and its variance 1. Which groups are alike is told by their ad hoc
    procedure: from groups that do not differ pairwise (p above .01), those are left out, or let in, that differ from
    the average of the set (p below .001), until nothing changes. Errors by the delta method, through the loss. More
    than a quarter of parameters that differ makes the means doubtful (Muthen & Asparouhov 2014,
    doi 10.3389/fpsyg.2014.00978).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> brand = np.repeat(["a", "b", "c"], 400)
    >>> joy = rng.normal(size=1200) + 0.5 * (brand == "b")
    >>> data = pd.DataFrame({f"x{i}": joy + rng.normal(size=1200) for i in range(5)}).assign(brand=brand)
    >>> data["x0"] += 1.0 * (brand == "c")
    >>> from sexresearch.sem import fit
    >>> found = align(fit("joy =~ x0 + x1 + x2 + x3 + x4", data, group="brand"))
    >>> found.items.loc[found.items["differing"] != "", ["item", "parameter", "differing"]].values.tolist()
    [['x0', 'intercept', 'c']]
    """
    seen = view(results, "align")
    _refuse(seen)
    sizes = np.array([block.n for block in seen.blocks])
    tables = [_tables(seen, factor, aligned(factor.loadings, factor.intercepts, sizes)) for factor in _factors(seen)]
    frames = [pd.concat([table[k] for table in tables], ignore_index=True) for k in range(3)]
    notes = [note for table in tables for note in table[3]]
    return Alignment(frames[0], frames[1], frames[2], tuple(notes))


def _refuse(seen: View) -> None:
    if len(seen.groups) < 2:
        raise OptionError("align compares groups: fit the model with group='the column that holds them'")
    if seen.categories:
        items = ", ".join(sorted({row.lhs for row in seen.rows if row.op == "|"}))
        raise ModelError(
            f"align takes intercepts of items; the ordered items {items} have thresholds instead: fit them as numbers, "
            "or hold their thresholds equal step by step with invariance()"
        )
    if not all(block.has_means for block in seen.blocks):
        raise ModelError("align needs means: fit with meanstructure=True")
    home: dict[int, int] = {}
    for row in seen.rows:
        if row.free >= 0 and home.setdefault(row.free, row.group) != row.group:
            raise ModelError(f"align needs a configural fit; here '{row.name}' is held equal across groups")
    if any(row.efa for row in seen.rows):
        raise ModelError("align takes confirmatory constructs; every item loads on all factors of an efa() block")
    for item in {row.rhs for row in seen.rows if row.op == "=~"}:
        own = sorted({row.lhs for row in seen.rows if row.op == "=~" and row.rhs == item})
        if len(own) > 1:
            raise ModelError(f"align needs items of one construct each; {item!r} measures {' and '.join(own)}")
    if not seen.converged:
        raise ModelError("align needs a fit that converged")


def _factors(seen: View) -> list[_Factor]:
    """Every construct that items measure directly."""
    latent, out = set(seen.latents), []
    for name in seen.latents:
        items = [tuple(r.rhs for r in seen.rows if r.op == "=~" and r.lhs == name and r.group == g) for g in _all(seen)]
        if set(items[0]) & latent:
            raise ModelError(f"align takes constructs that items measure; {name!r} is measured by constructs")
        if any(set(own) != set(items[0]) for own in items):
            raise ModelError(f"align needs the same items in all groups; those of {name!r} differ")
        out.append(_factor(seen, name, items[0]))
    return out


def _all(seen: View) -> range:
    return range(len(seen.blocks))


def _factor(seen: View, name: str, items: tuple[str, ...]) -> _Factor:
    """Loadings and intercepts of a factor of mean 0 and variance 1, and their derivatives."""
    place = {(r.group, r.lhs, r.op, r.rhs): k for k, r in enumerate(seen.rows)}
    if any(row.op == "~" and row.lhs == name for row in seen.rows):
        raise ModelError(f"align takes constructs that nothing explains; something explains {name!r}")
    spread = np.array([place[g, name, "~~", name] for g in _all(seen)])
    level = np.array([place[g, name, "~1", ""] for g in _all(seen)])
    lam = np.array([[place[g, name, "=~", item] for item in items] for g in _all(seen)])
    nu = np.array([[place[g, item, "~1", ""] for item in items] for g in _all(seen)])

    def both(rows: Array) -> Array:
        L = rows[lam]
        return np.concatenate(
            [(L * np.sqrt(rows[spread])[:, None]).ravel(), (rows[nu] + L * rows[level][:, None]).ravel()]
        )

    if (seen.estimates[spread] <= 0).any():
        raise ModelError(f"align needs factor variances above 0; that of {name!r} is not")
    parts, slopes = both(seen.estimates), np.zeros((2 * lam.size, len(seen.theta)))
    for k in {*spread, *level, *lam.ravel(), *nu.ravel()}:
        free = seen.rows[k].free
        if free >= 0:
            step = np.zeros(len(seen.rows))
            step[k] = STEP
            slopes[:, free] += (both(seen.estimates + step) - both(seen.estimates - step)) / (2 * STEP)
    half = lam.size
    return _Factor(name, items, parts[:half].reshape(lam.shape), parts[half:].reshape(nu.shape), slopes)


def _in_first_units(point: Array, loadings: Array, intercepts: Array) -> Array:
    """Aligned loadings and intercepts, means and standard deviations, flat, in units of the first group."""
    g = len(loadings)
    s, a = np.exp(point[:g] - point[0]), point[g:] * np.exp(-point[0])
    L = loadings / s[:, None]
    return np.concatenate([L.ravel(), (intercepts - a[:, None] * L).ravel(), a, s])


def _uncertainty(factor: _Factor, aligned: AlignmentMinimum, sizes: Array, vcov: Array) -> Array:
    """(2gp + 2g,)^2 covariance of aligned parameters, means and standard deviations."""
    shape, weights = factor.loadings.shape, pair_weights(sizes)
    x0, t0 = aligned.point, np.concatenate([factor.loadings.ravel(), factor.intercepts.ravel()])

    def split(t: Array) -> tuple[Array, Array]:
        return t[: len(t) // 2].reshape(shape), t[len(t) // 2 :].reshape(shape)

    def slope(x: Array, t: Array) -> Array:
        return placed_loss(x, *split(t), weights, SMOOTHING[-1])[1]

    def derivative(f, at: Array) -> Array:  # type: ignore[no-untyped-def]
        return np.array([(f(at + e) - f(at - e)) / (2 * STEP) for e in STEP * np.eye(len(at))]).T

    H, mixed = derivative(lambda x: slope(x, t0), x0), derivative(lambda t: slope(x0, t), t0)
    dx = -np.linalg.pinv(H, rcond=1e-9) @ mixed
    by_x = derivative(lambda x: _in_first_units(x, *split(t0)), x0)
    J = derivative(lambda t: _in_first_units(x0, *split(t)), t0) + by_x @ dx
    return carried(J @ factor.slopes, vcov)


def _tables(
    seen: View, factor: _Factor, aligned: AlignmentMinimum
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, list[str]]:
    """The three tables of one construct, and what there is to say about it."""
    g, p = factor.loadings.shape
    sizes, labels = np.array([block.n for block in seen.blocks]), list(seen.groups)
    values = _in_first_units(aligned.point, factor.loadings, factor.intercepts)
    V = _uncertainty(factor, aligned, sizes, seen.vcov)
    se = np.sqrt(np.maximum(np.diag(V), 0.0))
    se[2 * g * p] = 0.0  # the first mean, which is held
    a, s = values[2 * g * p : 2 * g * p + g], values[2 * g * p + g :]
    means = pd.DataFrame({"construct": factor.name, "group": labels, "mean": a, "se": se[2 * g * p : 2 * g * p + g]})
    means["variance"] = s**2
    rows: list[tuple[object, ...]] = []
    items: list[tuple[Any, ...]] = []
    for kind, what in enumerate(("loading", "intercept")):
        for i, item in enumerate(factor.items):
            at = kind * g * p + np.arange(g) * p + i
            alike, average, pvalue = invariant_set(values[at], V[np.ix_(at, at)], sizes)
            numbers = zip(labels, values[at], se[at], pvalue, alike, strict=True)
            rows += [(factor.name, item, what, label, v, e, average, q, bool(ok)) for label, v, e, q, ok in numbers]
            explained = _explained(factor, i, what, average, items, (a, s))
            differing = ", ".join(str(label) for label, ok in zip(labels, alike, strict=True) if not ok)
            gap = _contribution(values[at], sizes)
            items.append((factor.name, item, what, average, explained, gap, differing))
    columns = ["construct", "item", "parameter", "group", "value", "se", "average", "pvalue", "invariant"]
    table = pd.DataFrame(rows, columns=columns)
    columns = ["construct", "item", "parameter", "average", "r_squared", "contribution", "differing"]
    return means, table, pd.DataFrame(items, columns=columns), _doubts(factor.name, table, aligned)


def _explained(
    factor: _Factor, i: int, what: str, average: float, items: Sequence[tuple[Any, ...]], turned: tuple[Array, Array]
) -> float:
    """R-squared of one parameter: what means and variances explain of its configural differences."""
    a, s = turned
    if what == "loading":
        own, left = factor.loadings[:, i], factor.loadings[:, i] - s * average
    else:
        loading = next(row[3] for row in items if row[1] == factor.items[i] and row[2] == "loading")
        own, left = factor.intercepts[:, i], factor.intercepts[:, i] - average - a * loading
    total = float(own.var())
    return float(np.clip(1.0 - left.var() / total, 0.0, 1.0)) if total > 0 else np.nan


def _contribution(values: Array, sizes: Array) -> float:
    first, second = np.triu_indices(len(values), 1)
    return float(
        (pair_weights(sizes)[first, second] * component(values[first] - values[second], SMOOTHING[-1])[0]).sum()
    )


def _doubts(name: str, table: pd.DataFrame, aligned: AlignmentMinimum) -> list[str]:
    share = 1.0 - table["invariant"].mean()
    notes = []
    if share > MANY:
        notes.append(
            f"{name}: {share:.0%} of loadings and intercepts differ, more than {MANY:.0%} (Muthén & Asparouhov 2014): "
            "means of the groups are doubtful"
        )
    if aligned.others:
        notes.append(f"{name}: {aligned.others} other minima of the loss are hardly higher: means are not unique")
    return notes
