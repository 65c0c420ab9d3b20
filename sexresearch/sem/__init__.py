"""Structural equation modelling, free of any service word.

The way of the data: syntax -> table -> sample -> structure -> discrepancy -> minimize -> inference -> results.
"""

from sexresearch.sem.compare import compare
from sexresearch.sem.crosscheck import crosscheck
from sexresearch.sem.fit import FitWarning, fit
from sexresearch.sem.model import Model
from sexresearch.sem.moments import Moments
from sexresearch.sem.results import Results

__all__ = ["FitWarning", "Model", "Moments", "Results", "compare", "crosscheck", "fit"]
