"""A model fitted again to the same respondents or moments, with its text changed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import pandas as pd

from sexresearch.sem import Fitting, Model, Moments, Results
from sexresearch.sem.view import View, quiet_fit, source_again

SAM = "sam"
JOINTLY = "fitted again with measurement and paths estimated together (method='joint')"


@dataclass(frozen=True)
class Again:
    """A fit (of one group), and models of other texts fitted as it was; what was estimated in steps, in one."""

    results: Results
    fit: View

    @cached_property
    def data(self) -> object | None:
        """The rows, or the source of which their sums were made, read once for all models; None for moments."""
        return source_again(self.results) if self.results.rows is None else self.results.rows

    @property
    def fitting(self) -> Fitting:
        """How models are fitted."""
        options = self.results.options
        chosen: dict[str, Any] = {own.name: getattr(options, own.name) for own in fields(Fitting)}
        errors = None if options.se == "bootstrap" else options.se  # not thousands of fits for every fit again
        plain = options.estimator == "MLR" and options.observed_information == "h1"  # ML, made robust by clusters
        own = {"estimator": "ML" if plain else options.estimator, "ordered": options.ordered or None, "se": errors}
        return Fitting(**chosen | own)

    def refit(self, text: str) -> Results:
        """The model of that text."""
        if self.data is not None:
            return quiet_fit(Model(text), self.data, self.fitting)
        block, names = self.fit.blocks[0], list(self.fit.blocks[0].observed)
        cov = pd.DataFrame(block.cov * block.n / (block.n - 1), index=names, columns=names)
        means = self.results.options.meanstructure or block.mean.any()
        mean = pd.Series(block.mean, index=names) if means else None
        return quiet_fit(Model(text), None, self.fitting, moments=Moments(cov, block.nobs, mean))

    def jointly(self) -> tuple[Results, str]:
        """The fit to be compared with those made here, and what is to be said of it."""
        return (self.refit(self.results.model.syntax), JOINTLY) if self.fit.engine == SAM else (self.results, "")
