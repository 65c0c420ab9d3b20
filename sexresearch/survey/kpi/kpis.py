"""`kpis`: the figures that managers follow, with intervals, for all and by segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, OptionError
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.kpi.columns_needed import KpiMeasure, measures_of
from sexresearch.survey.kpi.estimates import (
    Estimate,
    Floats,
    mean_estimate,
    net_promoter_score,
    share_estimate,
    unknown,
    weighted_mean,
)
from sexresearch.survey.kpi.from_source import figures_of_source
from sexresearch.survey.kpi.segments import ALL, design_columns, refuse_many, texts_of, weight_problem
from sexresearch.survey.survey import Survey

MOST_SEGMENTS = 200
KINDS = {"nps": net_promoter_score, "share": share_estimate, "mean": mean_estimate}
COLUMNS = ["kpi", "item", "segment", "est", "ci_lower", "ci_upper", "n", "n_effective", "design_effect", "unit", "note"]


@dataclass(frozen=True)
class SampleDesign:
    """How respondents were sampled: weights and codes of clusters of all rows; None where there are none."""

    weights: Floats | None
    clusters: np.ndarray | None
    problem: str = ""


@in_words
def kpis(
    survey: Survey | object,
    by: str | Sequence[str] | None = None,
    *,
    recommend: str | None = None,
    satisfaction: str | Sequence[str] | None = None,
    effort: str | None = None,
    delight: str | Sequence[str] | None = None,
    churn: str | None = None,
    retained: str | None = None,
    amounts: str | Sequence[str] | None = None,
    level: float = 0.95,
    instrument: Instrument | None = None,
) -> pd.DataFrame:
    """The figures that managers follow, with intervals: NPS, top-2-box, CES, delight rate, churn, amounts.

    Parameters
    ----------
    survey : Survey, or the path of Parquet files, an Arrow data set, a lazy table
        Weights and clusters are taken from the fields that the instrument gives these roles. What `fit` reads in pieces
        is read so here, once: the columns behind the figures and those that the instrument names. An Ibis table is
        asked for its different answers and for sums by segment and cluster; no answer leaves the warehouse.
    by : str or sequence of str, optional
        Column of the segments, such as a brand or a wave; of several columns, every combination that occurs.
    recommend : str, optional
        Item of the NPS. Default: the item on 0 to 10 whose wording asks for a recommendation.
    satisfaction : str or sequence of str, optional
        Items of the boxes and means. Default: those of the construct at the node satisfaction.
    effort : str, optional
        Item of the customer effort score. Default: the one whose wording asks for effort.
    delight : str or sequence of str, optional
        Items of the delight rate. Default: those of the construct at the node delight, or of its routes.
    churn : str, optional
        Column that says who left: 1 or yes. Default: a record whose name or wording says so.
    retained : str, optional
        Column that says who stayed, in the place of `churn`.
    amounts : str or sequence of str, optional
        Columns of money, visits and the like. Default: the numbers among the items at the node success.
    level : float
        Coverage of the limits, between 0 and 1.
    instrument : Instrument, optional
        Of a table that is read in pieces: scales, weights and clusters. A survey has its own.

    Returns
    -------
    DataFrame
        One row per figure and segment, "all" first: kpi, item (the columns behind it), segment, est, ci_lower,
        ci_upper, n (answers), n_effective, design_effect, unit, note (why something is missing). A figure that cannot
        be computed is a row without numbers.

    Raises
    ------
    DataError
        `survey` is no Survey and no such table, or has no column of that name.
    OptionError
        `level` is no share, the segments are too many, or a column of an Ibis table holds more than 200 different
        answers of which more is asked than their mean.

    Notes
    -----
    NPS: share of 9 and 10 less share of 0 to 6, in points, variance (p + d - (p - d)²)/n; Rocks (2016),
    doi:10.1080/00031305.2016.1198124. Shares: Wilson's interval (1927), recommended by Brown, Cai & DasGupta (2001),
    doi:10.1214/ss/1009213286. Means and amounts: t interval, in the units of the answers. Delight rate: respondents
    whose mean answer to the items of delight is at most one point below the highest. Weights: n_effective is Kish's
    (1965), Survey Sampling. Clusters: n over the design effect, by the spread between clusters, on t with one degree of
    freedom less than clusters. Items that are reversed count as recoded. Segments come in the order of their numbers,
    named ones as they first appear; in a warehouse, which has no first row, in the order of their names.

    Examples
    --------
    >>> survey = Survey.from_frame(pd.DataFrame({"nps": [10, 9, 9, 8, 3], "city": ["Oslo", "Bern"] * 2 + ["Oslo"]}))
    >>> kpis(survey, recommend="nps").loc[[0], ["kpi", "est", "n"]].to_numpy().tolist()
    [['NPS', 40.0, 5]]
    """
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1; found {level!r}")

    def measures(part: Survey) -> list[KpiMeasure]:
        several = _several(satisfaction), _several(delight), _several(amounts)
        return measures_of(part, recommend, effort, (churn, retained), *several)

    if isinstance(survey, Survey):
        if instrument is not None:
            raise OptionError("a survey has its instrument: leave instrument= out")
        design, segments = design_of(survey), _segments(survey, by)
        estimates = [
            (measure, name, _estimate(measure, places, design, level))
            for measure in measures(survey)
            for name, places in segments
        ]
    else:
        figures = figures_of_source(survey, instrument, _several(by) or [], measures)
        estimates = [
            (measure, name, unknown(why) if mean is None else KINDS[measure.kind](mean, level))
            for measure, name, mean, why in figures
        ]
    rows = [_row(measure, name, estimate) for measure, name, estimate in estimates]
    frame = pd.DataFrame(rows, columns=[*COLUMNS[:9], "note", "unit"])
    return frame[COLUMNS]


def _several(names: str | Sequence[str] | None) -> list[str] | None:
    return [names] if isinstance(names, str) else None if names is None else list(names)


def design_of(survey: Survey) -> SampleDesign:
    """The weights and clusters of a survey, by the roles of its fields.

    >>> design_of(Survey.from_frame(pd.DataFrame({"a": [1]}))).weights is None
    True
    """
    columns = design_columns(survey.instrument)
    weights = clusters = None
    problem = ""
    if "weight" in columns:
        weights = pd.to_numeric(survey.answers[columns["weight"]], errors="coerce").to_numpy(dtype=float)
        problem = weight_problem(columns["weight"], bool((weights < 0).any()), bool((weights > 0).any()))
    if "cluster" in columns:
        clusters = pd.factorize(survey.answers[columns["cluster"]])[0]
    return SampleDesign(weights, clusters, problem)


def _segments(survey: Survey, by: str | Sequence[str] | None) -> list[tuple[str, np.ndarray]]:
    """Names of the segments with the places of their rows; all rows first."""
    everyone = (ALL, np.arange(survey.n))
    names = _several(by) or []
    if not names:
        return [everyone]
    answers = survey.answers
    absent = [name for name in names if name not in answers.columns]
    if absent:
        raise DataError(
            f"by: {survey.source.name} has no column '{absent[0]}'; it has {', '.join(map(str, answers.columns))}"
        )
    texts, order = texts_of(answers, names)
    keys = texts.agg(", ".join, axis=1)
    refuse_many(names, keys.nunique(), MOST_SEGMENTS)
    places = (
        pd.concat([order.add_prefix("n"), texts], axis=1)
        .drop_duplicates(names)
        .sort_values([f"n{name}" for name in names], kind="stable")
    )
    listed = list(dict.fromkeys(keys.loc[places.index]))
    return [everyone, *((key, np.flatnonzero(keys.to_numpy() == key)) for key in listed)]


def _row(measure: KpiMeasure, segment: str, estimate: Estimate) -> tuple[object, ...]:
    note = "; ".join(dict.fromkeys(part for part in (measure.note, estimate.note) if part))
    limits = estimate.est, estimate.ci_lower, estimate.ci_upper
    sizes = estimate.n, estimate.n_effective, estimate.design_effect
    return (measure.kpi, measure.item, segment, *limits, *sizes, note, measure.unit)


def _estimate(measure: KpiMeasure, places: np.ndarray, design: SampleDesign, level: float) -> Estimate:
    if measure.answers is None or design.problem:
        return unknown("" if measure.answers is None else design.problem)
    values = measure.answers.to_numpy(dtype=float)[places]
    weights = None if design.weights is None else design.weights[places]
    clusters = None if design.clusters is None else design.clusters[places]
    kept = ~np.isnan(values)
    if weights is not None:
        kept &= weights > 0
    if clusters is not None:
        kept &= clusters >= 0
    if not kept.any():
        why = "no answer" if np.isnan(values).all() else "no answer with a weight above 0 and a cluster"
        return unknown(why)
    own = [None if part is None else part[kept] for part in (weights, clusters)]
    return KINDS[measure.kind](weighted_mean(values[kept], own[0], own[1]), level)
