"""sexresearch: service excellence research, from a survey file to an answer about the ISO 23592 effect chain."""

from importlib import import_module
from types import ModuleType

from sexresearch import errors, glossary, sem, standard, survey
from sexresearch.glossary import table
from sexresearch.sem import FitWarning, Model, Moments, Results, fit
from sexresearch.survey import Construct, Instrument, Item, ResponseScale, Survey, read_survey

__all__ = [
    "Construct",
    "FitWarning",
    "Instrument",
    "Item",
    "Model",
    "Moments",
    "ResponseScale",
    "Results",
    "Survey",
    "errors",
    "fit",
    "glossary",
    "read_survey",
    "sem",
    "standard",
    "survey",
    "table",
]

ON_DEMAND = ("plots",)  # rooms whose libraries take long to import: loaded when first used


def __getattr__(name: str) -> ModuleType:
    if name in ON_DEMAND:
        return import_module(f"sexresearch.{name}")
    raise AttributeError(f"module 'sexresearch' has no attribute {name!r}")
