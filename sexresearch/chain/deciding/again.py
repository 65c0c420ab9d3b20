"""A model fitted again to the same respondents or moments, with its text changed."""

from __future__ import annotations

import pandas as pd

from sexresearch.sem import Fitting, Model, Moments, Results
from sexresearch.sem.view import View, quiet_fit


def fitted_again(results: Results, fit: View, text: str) -> Results:
    """The model of that text, fitted as `results` was (one group, no ordered items)."""
    options, block = results.options, fit.blocks[0]
    fitting = Fitting(
        estimator=options.estimator, missing=options.missing, cluster=options.cluster,
        sampling_weights=options.sampling_weights, std_lv=options.std_lv, meanstructure=options.meanstructure,
        fixed_x=options.fixed_x, orthogonal=options.orthogonal, auto_cov_lv_x=options.auto_cov_lv_x,
        auto_cov_y=options.auto_cov_y, auto_var=options.auto_var, auto_fix_first=options.auto_fix_first,
        auto_fix_single=options.auto_fix_single,
    )  # fmt: skip
    if results.rows is not None:
        return quiet_fit(Model(text), results.rows, fitting)
    names = list(block.observed)
    cov = pd.DataFrame(block.cov * block.n / (block.n - 1), index=names, columns=names)
    mean = pd.Series(block.mean, index=names) if options.meanstructure else None
    return quiet_fit(Model(text), None, fitting, moments=Moments(cov, block.nobs, mean))
