"""The measures of a fit that did not converge: their names, and what needs no estimates."""

from __future__ import annotations

import math

import pandas as pd

from sexresearch.sem.estimation.baseline import baseline
from sexresearch.sem.estimation.degrees import degrees_of_freedom
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.fit_measures import fit_measures


def uncomputed_measures(fitted: Fitted) -> pd.Series:
    """Every measure missing but npar, df and ntotal."""
    measures = fit_measures(baseline(fitted.conditioned)) * math.nan
    measures["npar"] = fitted.table.n_free - fitted.constrained.n_equalities
    measures["df"] = degrees_of_freedom(fitted)
    measures["ntotal"] = sum(sample.nobs for sample in fitted.samples)
    return measures
