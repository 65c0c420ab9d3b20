"""Structural equation modelling, free of any service word.

The rooms in the way of the data: language (text, table) -> implied (moments, discrepancy) -> data -> estimation ->
inference -> after (questions asked of a fit) -> output (results) -> resampling, imputation, engines, simulation,
planning.
"""

from sexresearch.sem.data.merging import merge_categories
from sexresearch.sem.data.moments import Moments
from sexresearch.sem.data.sources import PARQUET_FILES
from sexresearch.sem.data.warehouse import table_named
from sexresearch.sem.engines.crosscheck import crosscheck
from sexresearch.sem.fit import FitWarning, fit
from sexresearch.sem.fit_many import fit_many
from sexresearch.sem.fitting import Fitting
from sexresearch.sem.growth import growth
from sexresearch.sem.imputation.impute import impute
from sexresearch.sem.imputation.pooled import Pooled, pool
from sexresearch.sem.language.model import Model
from sexresearch.sem.output.compare import compare
from sexresearch.sem.output.level_fit import level_fit
from sexresearch.sem.output.results import Results
from sexresearch.sem.partial_least_squares.by_seminr import PlsEstimates, pls_estimates
from sexresearch.sem.partial_least_squares.pls import pls
from sexresearch.sem.permutation import permutation_test
from sexresearch.sem.planning.analytic import parameter_power, rmsea_power, sensitivity
from sexresearch.sem.planning.curve import Power
from sexresearch.sem.planning.cutoffs import dynamic_cutoffs
from sexresearch.sem.planning.power import power
from sexresearch.sem.resampling.bootstrap import bootstrap
from sexresearch.sem.resampling.bootstrap_table import Bootstrap
from sexresearch.sem.resampling.monte_carlo import monte_carlo
from sexresearch.sem.resampling.profile_likelihood import profile_likelihood
from sexresearch.sem.rotation.method import Rotation
from sexresearch.sem.simulation.design import Design
from sexresearch.sem.simulation.simulate import simulate

__all__ = [
    "PARQUET_FILES",
    "Bootstrap",
    "Design",
    "FitWarning",
    "Fitting",
    "Model",
    "Moments",
    "PlsEstimates",
    "Pooled",
    "Power",
    "Results",
    "Rotation",
    "bootstrap",
    "compare",
    "crosscheck",
    "dynamic_cutoffs",
    "fit",
    "fit_many",
    "growth",
    "impute",
    "level_fit",
    "merge_categories",
    "monte_carlo",
    "parameter_power",
    "permutation_test",
    "pls",
    "pls_estimates",
    "pool",
    "power",
    "profile_likelihood",
    "rmsea_power",
    "sensitivity",
    "simulate",
    "table_named",
]
