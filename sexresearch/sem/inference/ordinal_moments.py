"""Thresholds, correlations and slopes that a model with ordered variables implies, and what the sample adds to them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.ordinal.moment_layout import MomentLayout
from sexresearch.sem.terms.ordinal_least_squares import ordinal_point


def ordinal_moments(fitted: Fitted, number: int, less: bool) -> dict[str, pd.DataFrame | pd.Series]:
    """cov, mean, th and, with covariates, slopes of one group: implied, or (`less`) sample less implied."""
    at = ordinal_point(fitted.points[number])
    own, point = at.term.layout, at.model_point
    implied = _tables(own, point.moments, point.scale * point.shown[:, -1])
    if not less:
        return implied
    observed = _tables(own, at.term.observed, np.zeros(own.p))
    return {name: observed[name] - table for name, table in implied.items()}


def _tables(own: MomentLayout, moments: Array, responses: Array) -> dict[str, pd.DataFrame | pd.Series]:
    """`responses` (p,) are the means of the responses; those of continuous variables are moments themselves."""
    names, (items, numbers) = list(own.names), own.cuts
    mean = np.where(np.array(own.levels) > 0, responses, own.mean(moments))
    index = [f"{own.names[v]}|t{k + 1}" for v, k in zip(items, numbers, strict=True)]
    out: dict[str, pd.DataFrame | pd.Series] = {
        "cov": pd.DataFrame(own.cov(moments), index=names, columns=names),
        "mean": pd.Series(mean, index=names),
        "th": pd.Series(moments[: own.starts[0]], index=index, copy=True),
    }
    if own.x:
        slopes = moments[own.starts[1] : own.starts[2]].reshape(own.x, own.p).T
        out["slopes"] = pd.DataFrame(slopes, index=names, columns=list(own.covariates), copy=True)
    return out
