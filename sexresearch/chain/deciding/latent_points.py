"""Bartlett's factor scores in points from 0 to 100: as exact on average as the factor, but never shrunk towards it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sexresearch.chain.deciding.recipes import Recipes
from sexresearch.chain.investing.points import meters
from sexresearch.sem import Results
from sexresearch.sem.view import Array, row_values, view


def latent_points(results: Results, made: Recipes, names: Sequence[str]) -> Array:
    """(n, k) scores of latent variables, observed ones as they are; the mean is that of their items in points.

    A score f stands at mean + u (f - mean f), with u the points per unit of the latent variable (module `points`).
    """
    fit = view(results, "factor scores")
    rows = row_values(fit, fit.theta[None, :], fit.exogenous[None, :])
    means = np.zeros((1, sum(len(block.mean) for block in fit.blocks)))
    frame = made.answers.copy()
    if fit.groups and fit.options.group is not None:
        frame[fit.options.group] = np.concatenate([np.repeat([block.label], block.nobs) for block in fit.blocks])
    scores = results.factor_scores("bartlett", data=pd.DataFrame(frame))
    out = np.stack([made.points(name) for name in names], axis=1)
    for of_group, gauge, block in zip(made.parts, meters(fit, made.ends), fit.blocks, strict=True):
        units, part = gauge.read(rows, means).units[0], of_group.rows
        for j, name in enumerate(names):
            if name in scores:
                own, w = scores[name].to_numpy()[part], None if made.weights is None else made.weights[part]
                moved = units[block.names.index(name)] * (own - _mean(own, w))
                out[part, j] = _mean(out[part, j], w) + moved
    return out


def _mean(values: Array, weights: Array | None) -> float:
    """Of those that are not missing, by their weights."""
    known = np.isfinite(values)
    if not known.any():
        return float("nan")
    return float(np.average(values[known], weights=None if weights is None else weights[known]))
