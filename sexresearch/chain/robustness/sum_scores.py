"""Paths between sums of items: what is found by regression, and what a factor model expects it to find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.chain.investing.importance import items_of
from sexresearch.chain.paths.arrows import is_drawn
from sexresearch.extras import extra
from sexresearch.sem.view import Array, View, matrices


@dataclass(frozen=True)
class ScoreRegression:
    """Standardized paths by (cause, effect): estimate and limits."""

    est: Mapping[tuple[str, str], float]
    limits: Mapping[tuple[str, str], tuple[float, float]]


def structural_paths(fit: View) -> list[tuple[str, str]]:
    """Cause and effect of every regression that is drawn."""
    return [(row.rhs, row.lhs) for row in fit.by_block[0] if row.op == "~" and is_drawn(row)]


def recipe(fit: View, name: str, above: tuple[str, ...] = ()) -> list[str]:
    """The items that stand for a construct: its own, else those of what shows it, else those of what makes it up."""
    if name in fit.observed:
        return [name]
    own = items_of(fit, 0, name)
    if own or name in above:
        return own
    shown = [row.rhs for row in fit.by_block[0] if row.op == "=~" and row.lhs == name and is_drawn(row)]
    parts = shown or [cause for cause, effect in structural_paths(fit) if effect == name]
    return list(dict.fromkeys(item for part in parts for item in recipe(fit, part, (*above, name))))


def weights(fit: View, names: Sequence[str]) -> Array:
    """(p, k) what each item counts in the sums: 1, or -1 where it loads negatively."""
    block = fit.blocks[0]
    turned = {row.rhs for row, value in zip(fit.rows, fit.estimates, strict=True) if row.op == "=~" and value < 0}
    out = np.zeros((len(block.observed), len(names)))
    for k, name in enumerate(names):
        for item in recipe(fit, name):
            sign = -1.0 if item in turned and item != name else 1.0
            out[block.observed.index(item), k] = sign / len(recipe(fit, name))
    return out


def expected(fit: View, names: Sequence[str]) -> dict[tuple[str, str], float]:
    """The standardized paths between sums, were the answers exactly as the model says."""
    W, p = weights(fit, names), len(fit.blocks[0].mean)
    C = W.T @ matrices(fit.places[0], fit.estimates[None, :]).C[0][:p, :p] @ W
    sd = np.sqrt(np.diag(C))
    return _solved(C / np.outer(sd, sd), names, structural_paths(fit))


def _solved(R: Array, names: Sequence[str], paths: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
    out: dict[tuple[str, str], float] = {}
    for effect in dict.fromkeys(effect for _, effect in paths):
        causes = [cause for cause, other in paths if other == effect]
        own = [names.index(cause) for cause in causes]
        b = np.linalg.lstsq(R[np.ix_(own, own)], R[own, names.index(effect)], rcond=None)[0]
        out |= {(cause, effect): float(value) for cause, value in zip(causes, b, strict=True)}
    return out


def regressed(fit: View, names: Sequence[str], level: float) -> ScoreRegression:
    """By least squares of statsmodels, errors by HC3 or clusters; rows count by their weights."""
    with extra("engines"):
        import statsmodels.api as sm

    block = fit.blocks[0]
    scores = _scores(np.asarray(block.answers, dtype=float), weights(fit, names))
    w = np.ones(len(scores)) if block.weights is None else block.weights
    est, limits = {}, {}
    paths = structural_paths(fit)
    for effect in dict.fromkeys(effect for _, effect in paths):
        causes = [cause for cause, other in paths if other == effect]
        used = [names.index(name) for name in (effect, *causes)]
        kept = np.isfinite(scores[:, used]).all(axis=1) & (w > 0)
        z = _standardized(scores[kept][:, used], w[kept])
        model = sm.WLS(z[:, 0], sm.add_constant(z[:, 1:]), weights=w[kept])
        if block.clusters is None:
            regression = model.fit(cov_type="HC3")
        else:
            regression = model.fit(cov_type="cluster", cov_kwds={"groups": block.clusters[kept]})
        ends = regression.conf_int(alpha=1 - level)
        for k, cause in enumerate(causes, start=1):
            est[cause, effect] = float(regression.params[k])
            limits[cause, effect] = float(ends[k][0]), float(ends[k][1])
    return ScoreRegression(est, limits)


def _scores(answers: Array, W: Array) -> Array:
    """(n, k) means of the items that were answered; NaN where none was."""
    seen = np.isfinite(answers)
    share = seen.astype(float) @ np.abs(W)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(share > 0, (np.where(seen, answers, 0.0) @ W) / share, np.nan)


def _standardized(values: Array, w: Array) -> Array:
    mean = np.average(values, axis=0, weights=w)
    return np.asarray((values - mean) / np.sqrt(np.average((values - mean) ** 2, axis=0, weights=w)))
