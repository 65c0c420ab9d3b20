"""sexresearch: service excellence research, from a survey file to an answer about the ISO 23592 effect chain."""

from importlib import import_module
from types import ModuleType

from sexresearch import chain, datasets, errors, glossary, sem, standard, survey
from sexresearch.chain import (
    chain_model,
    compare_rivals,
    cross_loadings,
    effects,
    explore,
    factor_correlations,
    factor_fit,
    fornell_larcker,
    htmt,
    importance,
    invariance,
    latent_means,
    parallel_analysis,
    priorities,
    reliability,
    rivals_sentence,
    validity,
    what_if,
)
from sexresearch.glossary import table
from sexresearch.report import report
from sexresearch.sem import (
    Bootstrap,
    Design,
    Fitting,
    FitWarning,
    Model,
    Moments,
    Pooled,
    Power,
    Results,
    bootstrap,
    compare,
    crosscheck,
    dynamic_cutoffs,
    fit,
    growth,
    impute,
    merge_categories,
    monte_carlo,
    parameter_power,
    permutation_test,
    pool,
    power,
    rmsea_power,
    sensitivity,
    simulate,
)
from sexresearch.study import headline, reproduce
from sexresearch.survey import Construct, Instrument, Item, ResponseScale, Survey, read_survey, screen

__all__ = [
    "Bootstrap",
    "Construct",
    "Design",
    "FitWarning",
    "Fitting",
    "Instrument",
    "Item",
    "Model",
    "Moments",
    "Pooled",
    "Power",
    "ResponseScale",
    "Results",
    "Survey",
    "bootstrap",
    "chain",
    "chain_model",
    "compare",
    "compare_rivals",
    "cross_loadings",
    "crosscheck",
    "datasets",
    "dynamic_cutoffs",
    "effects",
    "errors",
    "explore",
    "factor_correlations",
    "factor_fit",
    "fit",
    "fornell_larcker",
    "glossary",
    "growth",
    "headline",
    "htmt",
    "importance",
    "impute",
    "invariance",
    "latent_means",
    "merge_categories",
    "monte_carlo",
    "parallel_analysis",
    "parameter_power",
    "permutation_test",
    "pool",
    "power",
    "priorities",
    "read_survey",
    "reliability",
    "report",
    "reproduce",
    "rivals_sentence",
    "rmsea_power",
    "screen",
    "sem",
    "sensitivity",
    "simulate",
    "standard",
    "survey",
    "table",
    "validity",
    "what_if",
]

ROOMS = ("plots",)  # rooms whose libraries take long to import are loaded when first used


def __getattr__(name: str) -> ModuleType:
    if name in ROOMS:
        return import_module(f"sexresearch.{name}")
    raise AttributeError(f"module 'sexresearch' has no attribute {name!r}")
