"""A model fitted again to the same respondents or moments, with its text changed."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pandas as pd

from sexresearch.sem import Fitting, Model, Moments, Results
from sexresearch.sem.view import View, quiet_fit

SAM = "sam"
JOINTLY = "fitted again with measurement and paths estimated together (method='joint')"


def fitted_again(results: Results, fit: View, text: str) -> Results:
    """The model of that text, fitted as `results` was (one group); what was estimated in steps, in one."""
    options, block = results.options, fit.blocks[0]
    chosen: dict[str, Any] = {own.name: getattr(options, own.name) for own in fields(Fitting)}
    errors = None if options.se == "bootstrap" else options.se  # not thousands of fits for every fit again
    plain = options.estimator == "MLR" and options.observed_information == "h1"  # ML, made robust by clusters
    own = {"estimator": "ML" if plain else options.estimator, "ordered": options.ordered or None, "se": errors}
    fitting = Fitting(**chosen | own)
    if results.rows is not None:
        return quiet_fit(Model(text), results.rows, fitting)
    names = list(block.observed)
    cov = pd.DataFrame(block.cov * block.n / (block.n - 1), index=names, columns=names)
    mean = pd.Series(block.mean, index=names) if options.meanstructure or block.mean.any() else None
    return quiet_fit(Model(text), None, fitting, moments=Moments(cov, block.nobs, mean))


def jointly(results: Results, fit: View) -> tuple[Results, str]:
    """The fit to be compared with those made by `fitted_again`, and what is to be said of it."""
    return (fitted_again(results, fit, results.model.syntax), JOINTLY) if fit.engine == SAM else (results, "")
