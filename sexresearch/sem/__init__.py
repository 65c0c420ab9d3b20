"""Structural equation modelling, free of any service word.

The way of the data: syntax -> table -> sample -> structure -> discrepancy -> minimize -> inference -> results.
"""

from sexresearch.sem.bootstrap import bootstrap
from sexresearch.sem.bootstrap_table import Bootstrap
from sexresearch.sem.compare import compare
from sexresearch.sem.crosscheck import crosscheck
from sexresearch.sem.fit import FitWarning, fit
from sexresearch.sem.imputation import impute
from sexresearch.sem.model import Model
from sexresearch.sem.moments import Moments
from sexresearch.sem.monte_carlo import monte_carlo
from sexresearch.sem.pooled import Pooled, pool
from sexresearch.sem.results import Results

__all__ = [
    "Bootstrap",
    "FitWarning",
    "Model",
    "Moments",
    "Pooled",
    "Results",
    "bootstrap",
    "compare",
    "crosscheck",
    "fit",
    "impute",
    "monte_carlo",
    "pool",
]
