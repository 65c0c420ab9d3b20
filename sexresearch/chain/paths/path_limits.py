"""Confidence limits of standardized paths, for figures that print them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sexresearch.chain.paths.arrows import ends
from sexresearch.chain.paths.routes import Route, route_slopes, route_values
from sexresearch.sem import Results
from sexresearch.sem.view import View, draws, uncertain, view

LIMITS = ["std_all_ci_lower", "std_all_ci_upper"]


def path_limits(results: Results | View, level: float = 0.95) -> pd.DataFrame:
    """The parameters of a fit with std_all_ci_lower and std_all_ci_upper beside every loading and regression.

    By the delta method, as in `effects`; missing for other rows, and where the fit has no standard errors.

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> x, e, u = np.random.default_rng(1).normal(size=(3, 200))
    >>> results = fit("m ~ x; y ~ m", pd.DataFrame({"x": x, "m": x + e, "y": x + e + u}))
    >>> path_limits(results)[["lhs", "std_all_ci_lower"]].head(1).round(1).to_numpy().tolist()
    [['m', 0.7]]
    """
    fit = view(results, "path_limits", levels=True)
    rows = fit.parameters.copy()
    rows[LIMITS] = np.nan
    modelled = [row for row in fit.rows if row.lhs not in fit.options.auxiliary]  # as in `parameters`
    kept = [(i, row) for i, row in enumerate(modelled) if row.op in ("=~", "~")]
    if not kept:
        return rows
    routes = []
    for _, row in kept:
        cause, effect = (fit.blocks[row.group].names.index(name) for name in ends(row))
        routes.append(Route(row.group, cause, effect))
    at = draws(fit, "delta", 0, 0, level)
    direct = np.arange(len(routes)) * 2
    est = route_values(fit, routes, *at.point)[1][0, direct]
    slopes = route_slopes(fit, routes)[1][direct]
    limits = uncertain(at, est, slopes, est[None, :])
    rows.loc[[i for i, _ in kept], LIMITS] = limits[["ci_lower", "ci_upper"]].to_numpy()
    return rows
