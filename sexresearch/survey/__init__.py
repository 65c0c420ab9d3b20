"""Questionnaires and their answers: instrument, survey files, screening."""

from sexresearch.survey.instrument import Instrument
from sexresearch.survey.parts import Construct, Field, Item, ResponseScale

__all__ = ["Construct", "Field", "Instrument", "Item", "ResponseScale"]
