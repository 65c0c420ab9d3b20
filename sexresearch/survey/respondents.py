"""Indices of how each respondent answered: one row per respondent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError
from sexresearch.survey.calibration import SimulatedAnswers, draw
from sexresearch.survey.careless import (
    Floats,
    even_odd,
    like_pairs,
    long_string,
    pair_consistency,
    person_total,
    response_variability,
)
from sexresearch.survey.durations import durations
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.multivariate import mahalanobis, moments
from sexresearch.survey.styles import response_styles
from sexresearch.survey.survey import Survey

CATEGORIES = (3, 11)  # answers that a rating item offers: 0 to 10 at most
INDICES = ("longstring", "irv", "person_total", "synonyms", "antonyms", "even_odd")


@dataclass(frozen=True)
class RatingItems:
    """The rating items of a survey: answers as given and in one direction, their scales, who belongs together.

    lowest, highest (p,) : ends of the scales. reverse (p,) : which items are. constructs : places of the items of each.
    """

    names: tuple[str, ...]
    given: pd.DataFrame
    lowest: Floats
    highest: Floats
    reverse: np.ndarray
    constructs: tuple[tuple[int, ...], ...]

    @cached_property
    def answers(self) -> Floats:
        """(n, p) answers as given."""
        return self.given.to_numpy(dtype=float)

    @cached_property
    def varying(self) -> np.ndarray:
        """Places of the items whose answers vary, of which there are moments."""
        low, high = (self.given.agg(end).to_numpy(dtype=float) for end in ("min", "max"))
        return np.flatnonzero(low < high)

    @cached_property
    def moments(self) -> tuple[Floats, Floats] | None:
        """Mean and covariance of the varying items; None where they cannot be estimated."""
        return moments(self.answers[:, self.varying]) if len(self.varying) else None

    @cached_property
    def simulated(self) -> SimulatedAnswers | None:
        """Answers to the varying items as attentive and as careless respondents would give them."""
        if self.moments is None:
            return None
        return draw(self.answers[:, self.varying], *self.moments)

    @cached_property
    def pairs(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Psychometric synonyms and antonyms among the varying items, by their places among these."""
        if self.moments is None:
            return [], []
        sd = np.sqrt(self.moments[1].diagonal())
        correlations = self.moments[1] / np.outer(sd, sd)
        return like_pairs(correlations), like_pairs(correlations, sign=-1.0)

    def indices(self, given: Floats) -> dict[str, Floats]:
        """What answers (n, varying) as given say about who gave them, by name of the index."""
        ends = (self.lowest + self.highest)[self.varying]
        turned = np.where(self.reverse[self.varying], ends - given, given)
        place = {int(old): new for new, old in enumerate(self.varying)}
        own = [[place[item] for item in items if item in place] for items in self.constructs]
        synonyms, antonyms = self.pairs
        values = (
            *(long_string(given).astype(float), response_variability(given), person_total(given)),
            *(pair_consistency(given, synonyms), pair_consistency(given, antonyms), even_odd(turned, own)),
        )
        return dict(zip(INDICES, values, strict=True))


def rated(survey: Survey) -> RatingItems:
    """The rating items of a survey: whole answers on 3 to 11 points, by the instrument or, without one, by the answers.

    >>> rated(Survey.from_frame(pd.DataFrame({"sat1": [1, 5, 3], "age": [31, 62, 45]}))).names
    ('sat1',)
    """
    answers, instrument = survey.answers, survey.instrument
    if instrument is None:
        numbers = answers[list(survey.items)].astype(float)
        kept = _ratings(numbers.to_numpy())
        given = numbers.loc[:, kept]
        low, high = (given.agg(end).to_numpy(dtype=float) if kept.any() else np.zeros(0) for end in ("min", "max"))
        return RatingItems(tuple(given.columns), given, low, high, np.zeros(len(low), dtype=bool), ())
    items = [item for item in instrument.items if CATEGORIES[0] <= (item.scale.categories or 0) <= CATEGORIES[1]]
    names = tuple(item.name for item in items)
    lowest, highest = (np.array([getattr(i.scale, end) for i in items], dtype=float) for end in ("lowest", "highest"))
    reverse = np.array([item.reverse for item in items], dtype=bool)
    given = as_given(answers[list(names)].astype(float), instrument)
    place = {name: number for number, name in enumerate(names)}
    constructs = tuple(tuple(place[i.name] for i in c.items if i.name in place) for c in instrument.constructs)
    return RatingItems(names, given, lowest, highest, reverse, constructs)


def _ratings(values: Floats) -> np.ndarray:
    """Which columns (n, p) hold three or more whole answers from 0 to 10 and nothing else."""
    seen = ~np.isnan(values)
    points = range(CATEGORIES[1])
    there = np.array([(values == point).any(axis=0) for point in points]).sum(axis=0)
    others = (seen & ~np.isin(values, list(points))).any(axis=0)
    return (there >= CATEGORIES[0]) & ~others


def as_given(items: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Item answers as the respondents gave them: the recoding of reversed items undone.

    >>> from sexresearch.survey import Construct, Item, ResponseScale
    >>> reversed_item = Item("sat1", "Not satisfied?", ResponseScale("ten", 1, 10), reverse=True)
    >>> instrument = Instrument((Construct("sat", "Satisfaction", (reversed_item,)),))
    >>> as_given(pd.DataFrame({"sat1": [10.0, 8.0]}), instrument)["sat1"].tolist()
    [1.0, 3.0]
    """
    turned = {
        item.name: item.scale.lowest + item.scale.highest - items[item.name]
        for item in instrument.items
        if item.reverse and item.name in items.columns
    }
    return items.assign(**turned)


@in_words
def response_indices(survey: Survey, duration: str | None = None) -> pd.DataFrame:
    """How each respondent answered the rating items: time, runs, consistency, distance, use of the scale.

    Parameters
    ----------
    survey : Survey
        Without an instrument, numeric columns of whole answers from 0 to 10 are taken for rating items.
    duration : str, optional
        Column of the seconds that respondents took. Default: what the survey platform recorded, where it did.

    Returns
    -------
    DataFrame
        One row per respondent, under the survey's labels: duration (seconds), speed_index (median of all durations over
        the own one), longstring, irv, person_total, synonyms, antonyms, even_odd, d2, d2_pvalue, agreeing, disagreeing,
        extreme, middle. Missing where an index cannot be had: no durations, fewer than three pairs of items that
        correlate beyond .60, of constructs with several items, or of answers, or answers without variance.

    Raises
    ------
    DataError
        `survey` is no Survey, or it has no such column of durations.

    Notes
    -----
    All are of answers as given, before reversed items were recoded; even_odd alone is of recoded ones. speed_index:
    Leiner (2019), doi:10.18148/srm/2019.v13i3.7403. longstring: longest run of one answer, Johnson (2005),
    doi:10.1016/j.jrp.2004.09.009. irv: standard deviation of the own answers, Dunn et al. (2018),
    doi:10.1007/s10869-016-9479-0. person_total, synonyms, antonyms, even_odd: correlations within the respondent, Meade
    & Craig (2012), doi:10.1037/a0028085, and Curran (2016), doi:10.1016/j.jesp.2015.07.006. d2: Mahalanobis distance
    from the mean of all, its p by chi-square on as many degrees of freedom as answers. agreeing, disagreeing, extreme,
    middle: shares of the answers, Baumgartner & Steenkamp (2001), doi:10.1509/jmkr.38.2.143.18840.

    Examples
    --------
    >>> survey = Survey.from_frame(pd.DataFrame({"a": [1, 5, 3], "b": [2, 5, 3], "c": [1, 5, 4]}))
    >>> response_indices(survey)["longstring"].tolist()
    [1.0, 3.0, 2.0]
    """
    if not isinstance(survey, Survey):
        raise DataError(f"response_indices takes a Survey; found {type(survey).__name__}")
    return indices_of(rated(survey), seconds_of(survey, duration))


def seconds_of(survey: Survey, column: str | None) -> pd.Series:
    """Seconds that each respondent took, named by where they come from; NaN throughout where nothing tells."""
    answers = survey.answers
    items = list(survey.items) if column is None and survey.instrument is not None else []
    seconds = durations(answers.drop(columns=items), column)
    return pd.Series(np.nan, answers.index, name="") if seconds is None else seconds


def indices_of(items: RatingItems, seconds: pd.Series) -> pd.DataFrame:
    """The indices of each respondent from rating items and durations."""
    own = items.answers[:, items.varying]
    styles = response_styles(items.answers, items.lowest, items.highest)
    distance, pvalue = mahalanobis(own, items.moments)
    columns: dict[str, object] = {"duration": seconds.to_numpy(dtype=float)}
    columns["speed_index"] = (seconds.median() / seconds).to_numpy(dtype=float)
    indices = items.indices(own) | {"longstring": long_string(items.answers).astype(float)}
    indices["irv"] = response_variability(items.answers)
    columns |= indices | {"d2": distance, "d2_pvalue": pvalue}
    columns |= {name: getattr(styles, name) for name in ("agreeing", "disagreeing", "extreme", "middle")}
    return pd.DataFrame(columns, index=items.given.index)
