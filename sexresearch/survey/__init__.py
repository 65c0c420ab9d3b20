"""Questionnaires and their answers: instrument, survey files, screening."""

from sexresearch.survey.bank import instrument
from sexresearch.survey.drafting.draft import Draft, draft_instrument
from sexresearch.survey.exclusions import Exclusion
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.kpi.kpis import kpis
from sexresearch.survey.kpi.links import kpi_correlations
from sexresearch.survey.levels.join import join_sources
from sexresearch.survey.levels.joined_people import Joined
from sexresearch.survey.parts import Construct, Field, Item, ResponseScale
from sexresearch.survey.reading import read_survey
from sexresearch.survey.respondents import response_indices
from sexresearch.survey.screening import screen
from sexresearch.survey.survey import Survey, SurveyFile
from sexresearch.survey.translations import Translation
from sexresearch.survey.waves import join_waves

__all__ = [
    "Construct",
    "Draft",
    "Exclusion",
    "Field",
    "Instrument",
    "Item",
    "Joined",
    "ResponseScale",
    "Survey",
    "SurveyFile",
    "Translation",
    "draft_instrument",
    "instrument",
    "join_sources",
    "join_waves",
    "kpi_correlations",
    "kpis",
    "read_survey",
    "response_indices",
    "screen",
]
