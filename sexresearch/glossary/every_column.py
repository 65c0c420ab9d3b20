"""Every table column once: name, printed header, decimals, meaning and source, by the room it comes from."""

from __future__ import annotations

from sexresearch.glossary.chain_columns import CHAIN
from sexresearch.glossary.column import Column
from sexresearch.glossary.decision_columns import DECISION
from sexresearch.glossary.kpi_columns import KPI
from sexresearch.glossary.level_columns import LEVELS
from sexresearch.glossary.model_columns import MODEL
from sexresearch.glossary.planning_columns import PLANNING
from sexresearch.glossary.respondent_columns import RESPONDENTS
from sexresearch.glossary.robustness_columns import ROBUSTNESS
from sexresearch.glossary.standard_columns import STANDARD
from sexresearch.glossary.study_columns import STUDY
from sexresearch.glossary.survey_columns import SURVEY

ANSWERED = {**CHAIN, **DECISION, **ROBUSTNESS}
PEOPLE = {**SURVEY, **RESPONDENTS, **KPI, **LEVELS}
COLUMNS: dict[str, Column] = {**MODEL, **PLANNING, **ANSWERED, **PEOPLE, **STANDARD, **STUDY}


def describe(name: str) -> Column:
    """The glossary entry of a column.

    Parameters
    ----------
    name : str
        A column of a result, or a fit measure.

    Returns
    -------
    Column
        Its header, meaning, decimals and source.

    Raises
    ------
    KeyError
        No result has such a column.

    Notes
    -----
    Every column that a result can have is listed; a test holds the list against the results.

    Examples
    --------
    >>> describe("est").meaning
    'estimate in the units of the data'
    """
    return COLUMNS[name]
