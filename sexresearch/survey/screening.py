"""Screening a survey before it is modelled: what in the answers can mislead an analysis."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError
from sexresearch.survey.alike import alike_labels
from sexresearch.survey.careless import long_string, response_variability
from sexresearch.survey.columns import BY_LABEL
from sexresearch.survey.distribution import missing_at_random, shape, styles
from sexresearch.survey.exclusions import ORIGIN
from sexresearch.survey.finding import Finding, about_rows
from sexresearch.survey.inattention import inconsistent, little_variation, speeding, twins
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.junk import junk_texts
from sexresearch.survey.platform import marked_rows
from sexresearch.survey.respondents import as_given, indices_of, rated, seconds_of
from sexresearch.survey.strangecodes import strange_codes
from sexresearch.survey.survey import Survey
from sexresearch.survey.wording import counted, listed

MUCH_MISSING = 0.10  # Bennett (2001): above it, analyses are likely to be biased
FEW_CATEGORIES = 5  # Rhemtulla et al. (2012): from five categories on, items can be treated as continuous
AT_THE_END = 0.15  # Terwee et al. (2007): floor or ceiling effect, share of respondents at one end
LONG_RUN = 0.5  # Curran (2016): one answer for half of the items or more
SHORTEST_RUN = 8  # our convention: shorter runs of one answer are common among attentive respondents
TELLING_ITEMS = 6  # our convention: on fewer items, equal answers are common among attentive respondents
RUNS = {"one answer throughout", "long run of one answer", "repeated answers"}
ROWS_PER_ITEM = 5  # Bentler & Chou (1987): five per free parameter, of which a model has at least one per item


@in_words
def screen(survey: Survey, duration: str | None = None) -> pd.DataFrame:
    """What in the answers can mislead an analysis.

    Parameters
    ----------
    survey : Survey
        Without an instrument, checks that need scales, constructs or fields are left out.
    duration : str, optional
        Column of the seconds that respondents took. Default: what the survey platform recorded, where it did.

    Returns
    -------
    DataFrame
        One row per problem found: check, where (item, construct, field or scale), rows (labels of the rows to look at,
        a tuple that `Survey.without` takes; empty where a column is meant), share (of all rows), detail, advice.

    Raises
    ------
    DataError
        `survey` is no Survey, or it has no such column of durations.

    Notes
    -----
    - small sample: fewer than 5 rows per item; Bentler & Chou (1987), doi:10.1177/0049124187016001004
    - constant item: every answer is the same, or there is none; it has no variance to explain
    - missing answers: more than 10 % of an item; Bennett (2001), doi:10.1111/j.1467-842X.2001.tb00294.x
    - few categories: fewer than 5 in use of 5 or more; Rhemtulla, Brosseau-Liard & Savalei (2012),
      doi:10.1037/a0029315
    - floor, ceiling: more than 15 % give the lowest (highest) answer to every item of a construct of several
      items; Terwee et al. (2007), doi:10.1016/j.jclinepi.2006.03.012
    - against its construct: an item falls as the mean of the construct's other items rises; Churchill (1979),
      doi:10.2307/3150876
    - no answers: a row without any item answered
    - one answer throughout: no variance over 6 or more items of one scale; Dunn et al. (2018),
      doi:10.1007/s10869-016-9479-0
    - long run of one answer: over half of the items of one scale, at least 8; Johnson (2005),
      doi:10.1016/j.jrp.2004.09.009; the half is from Curran (2016), doi:10.1016/j.jesp.2015.07.006
    - repeated answers: 6 or more answers, not all alike, equal to those of an earlier row, as are all fields but
      the ids; Kuriakose & Robbins (2016), doi:10.3233/SJI-160978
    - preview or test, spam, not finished: rows that the columns of the survey platform so mark (Qualtrics, LimeSurvey)
    - code of no answer: a code such as 99 or -99 that nothing declares and that lies apart from the other answers, or
      one that only the label in the file says is none (it is missing already)
    - junk text: keyboard runs, one letter again and again, "test" and the like in columns of texts
    - labels alike: labels of a text column that differ only in case or kinds of blanks
    - repeated id: a value of a field of role id that an earlier row has, of the same wave
    - missing answers depend on others: Little's test at the 5 % level; Little (1988),
      doi:10.1080/01621459.1988.10478722
    - not normal: Mardia's kurtosis more than 5 standard errors away; Mardia (1970), doi:10.1093/biomet/57.3.519;
      Bentler (2005), EQS 6 manual
    - acquiescence: statements and their opposites are agreed with alike, by more than a tenth of half a scale; extreme
      answers: more than a tenth of all answer nearly only at both ends; Baumgartner & Steenkamp (2001),
      doi:10.1509/jmkr.38.2.143.18840
    - speeding: under 2 seconds per item, Huang et al. (2012), doi:10.1007/s10869-011-9231-8; or under half of the
      median, Leiner (2019), doi:10.18148/srm/2019.v13i3.7403, and over 2 robust standard deviations below it
    - outlying answers: Mahalanobis D² beyond what is expected of any respondent (Bonferroni, 5 %); beyond a simulated
      cut-off where that one would find too few of those who answer at random, or over 5 % of all
    - person-total correlation, psychometric synonyms, psychometric antonyms, even-odd consistency: Meade & Craig
      (2012), doi:10.1037/a0028085; Curran (2016)
    - little variation: answers that hardly differ from each other; Dunn et al. (2018)
    - near duplicate: answers that differ from an earlier row's in up to 15 % of the items, or fewer where attentive
      respondents would be that alike; Kuriakose & Robbins (2016)

    Runs are judged on the answers as given, before reversed items were recoded, in the order of the questionnaire.
    Cut-offs of consistency, variation and likeness come from answers simulated from the survey's own means and
    covariances: 0.5 % of attentive respondents are beyond them. A check that would find less than half of those who
    answer at random (nearly throughout the same, for variation) says nothing. `response_indices` has the numbers.
    Of careless answers planted in simulated surveys, the questionnaires "customer-core" and "employee" show nearly all
    at under 5 % false alarms, the ten questions of "pulse" 96 % at 1.4 %: all who give one answer throughout or speed,
    all copies with one answer changed, four of five who answer at random. Without the time taken it is less.

    Examples
    --------
    >>> screen(Survey.from_frame(pd.DataFrame({"sat1": [5, 5, 5], "sat2": [1, 2, 3]})))["check"].tolist()
    ['small sample', 'constant item']
    """
    if not isinstance(survey, Survey):
        kind = type(survey).__name__
        raise DataError(f"screen takes a Survey: use read_survey(path) or Survey.from_frame(data); found {kind}")
    answers = survey.answers
    items, instrument = answers[list(survey.items)], survey.instrument
    findings = [*_sample(items), *_constant(items), *_missing(items), *_no_answers(items)]
    findings += [
        *_marked(answers),
        *_labelled_codes(survey),
        *_codes(survey, items),
        *_alike(answers, instrument),
        *_junk(answers, instrument),
    ]
    if instrument is not None:
        findings += [*_categories(items, instrument), *_ends(items, instrument), *_direction(items, instrument)]
        items = as_given(items, instrument)
        findings += _repeated_ids(answers, instrument, survey.waves)
    for scale, names in _scales(survey):
        findings += _same_answers(items[names], scale)
    about = [field.name for field in instrument.fields if field.role != "id"] if instrument is not None else []
    findings += _repeated_answers(items, answers[about])
    findings += _respondents(survey, duration, {row for kind in findings for row in kind.rows if kind.check in RUNS})
    table = pd.DataFrame(findings, columns=list(Finding.__annotations__))
    table.attrs[ORIGIN] = survey.origin
    return table


def _respondents(survey: Survey, duration: str | None, known: set[Hashable]) -> Iterator[Finding]:
    """What the rating items and the durations tell about respondents; `known` are found by other checks already."""
    items, seconds = rated(survey), seconds_of(survey, duration)
    indices = indices_of(items, seconds)
    yield from missing_at_random(survey.answers[list(survey.items)], items)
    yield from (*shape(items), *styles(items, indices), *speeding(items, indices, str(seconds.name)))
    yield from (*inconsistent(items, indices), *little_variation(items, indices, known), *twins(items, known))


def _junk(answers: pd.DataFrame, instrument: Instrument | None) -> Iterator[Finding]:
    fields = {field.name for field in instrument.fields if field.role != "other"} if instrument is not None else set()
    for name, rows in junk_texts(answers.drop(columns=list(fields))):
        texts = listed(f"'{text}'" for text in answers.loc[rows, name].unique())
        yield from about_rows(
            "junk text", name, rows, f"texts that answer nothing: {texts}", "read the rows; drop tests"
        )


def _varies(values: pd.Series) -> bool:
    return bool(values.min() < values.max())


def _sample(items: pd.DataFrame) -> Iterator[Finding]:
    n, columns = int(items.notna().any(axis=1).sum()), items.shape[1]
    if n < ROWS_PER_ITEM * columns:
        detail = f"{counted(n, 'row')} with answers for {counted(columns, 'item')}"
        advice = f"at least {ROWS_PER_ITEM * columns} rows, or a smaller model"
        yield Finding("small sample", "survey", detail=detail, advice=advice)


def _constant(items: pd.DataFrame) -> Iterator[Finding]:
    low, high = (items.agg(end).to_numpy(dtype=float) if items.shape[1] else np.zeros(0) for end in ("min", "max"))
    for name, varies in zip(items.columns, low < high, strict=True):
        if not varies:
            values = items[name]
            detail = f"every answer is {values.dropna().iloc[0]:g}" if values.notna().any() else "no answer at all"
            yield Finding("constant item", str(name), detail=detail, advice="leave the item out of the model")


def _missing(items: pd.DataFrame) -> Iterator[Finding]:
    missing = items.isna()
    for name, share in missing.mean().items():
        if MUCH_MISSING < share < 1:
            detail = f"{counted(int(missing[name].sum()), 'answer')} missing"
            advice = 'ask why; estimate with missing="fiml" rather than drop the rows'
            yield Finding("missing answers", str(name), share=share, detail=detail, advice=advice)


def _no_answers(items: pd.DataFrame) -> Iterator[Finding]:
    empty = items.isna().all(axis=1) & bool(len(items.columns))
    yield from about_rows("no answers", "survey", empty, "no item is answered", "drop the rows")


def _categories(items: pd.DataFrame, instrument: Instrument) -> Iterator[Finding]:
    for item in instrument.items:
        used, offered = items[item.name].nunique(), item.scale.categories or 0
        if 1 < used < FEW_CATEGORIES <= offered:
            detail = f"{used} of {offered} categories are in use"
            yield Finding("few categories", item.name, detail=detail, advice="treat the item as ordered")


def _ends(items: pd.DataFrame, instrument: Instrument) -> Iterator[Finding]:
    for construct in (construct for construct in instrument.constructs if len(construct.items) > 1):
        for check, side in (("floor", "lowest"), ("ceiling", "highest")):
            ends = [getattr(item.scale, side) for item in construct.items]
            share = float((items[[item.name for item in construct.items]] == ends).all(axis=1).mean())
            if share > AT_THE_END:
                detail = f"{share:.0%} give the {side} answer to all its items"
                advice = "differences beyond that end are not measured: use a robust estimator"
                yield Finding(check, construct.name, share=share, detail=detail, advice=advice)


def _direction(items: pd.DataFrame, instrument: Instrument) -> Iterator[Finding]:
    for construct in (construct for construct in instrument.constructs if len(construct.items) > 1):
        names = [item.name for item in construct.items if _varies(items[item.name])]
        for name in names:
            others = items[[other for other in names if other != name]].mean(axis=1)
            correlation = items[name].corr(others) if _varies(others) else 0.0
            if correlation < 0:
                detail = f"correlation {correlation:.2f} with the other items of {construct.name}"
                advice = "check whether the item is reversed, or was recoded before already"
                yield Finding("against its construct", name, detail=detail, advice=advice)


def _scales(survey: Survey) -> Iterator[tuple[str, list[str]]]:
    """Name of each scale of whole answers, and its items; without an instrument, by the highest answer that occurs."""
    if survey.instrument is not None:
        for scale in (scale for scale in survey.instrument.scales if scale.whole):
            yield scale.name, [item.name for item in survey.instrument.items if item.scale == scale]
        return
    items = rated(survey)
    for highest in np.unique(items.highest):
        names = [name for name, end in zip(items.names, items.highest, strict=True) if end == highest]
        yield f"items up to {highest:g}", names


def _same_answers(given: pd.DataFrame, scale: str) -> Iterator[Finding]:
    answers, items = given.to_numpy(dtype=float), given.shape[1]
    if items < TELLING_ITEMS:
        return
    runs = pd.Series(long_string(answers), given.index)
    variability = pd.Series(response_variability(answers), given.index)
    same = (variability == 0) & (given.notna().sum(axis=1) >= TELLING_ITEMS)
    limit = max(SHORTEST_RUN, math.ceil(LONG_RUN * items))
    advice = "drop only with a second sign of carelessness, such as the time taken"
    detail = f"one answer wherever one of {items} items is answered"
    yield from about_rows("one answer throughout", scale, same, detail, advice)
    detail = f"one answer to {limit} or more of {items} items in a row"
    yield from about_rows("long run of one answer", scale, (runs >= limit) & ~same, detail, advice)


def _marked(answers: pd.DataFrame) -> Iterator[Finding]:
    for mark in marked_rows(answers):
        advice = "look at how far they got; they are counted" if mark.check == "not finished" else "drop the rows"
        yield Finding(mark.check, mark.column, mark.rows, len(mark.rows) / len(answers), mark.detail, advice)


def _labelled_codes(survey: Survey) -> Iterator[Finding]:
    for none in (none for none in survey.no_answers if none.because == BY_LABEL):
        detail = f"{none.answer} counts as no answer by its label in the file: {counted(none.times, 'answer')}"
        advice = "declare it in the codebook, as missing of its scale"
        yield Finding("code of no answer", none.column, share=none.times / survey.n, detail=detail, advice=advice)


def _codes(survey: Survey, items: pd.DataFrame) -> Iterator[Finding]:
    rated = {item.name for item in survey.instrument.items if item.scale.whole} if survey.instrument else set()
    for name, code, rows in strange_codes(items.drop(columns=list(rated))):
        detail = f"{counted(int(rows.sum()), 'answer')} of {code:g}, apart from all others: is it a code of no answer?"
        advice = f"if so, declare it: missing = [{code:g}]"
        yield from about_rows("code of no answer", name, rows, detail, advice)


def _alike(answers: pd.DataFrame, instrument: Instrument | None) -> Iterator[Finding]:
    for name, labels in alike_labels(answers, instrument):
        detail = f"{labels} differ only in case or blanks"
        yield Finding("labels alike", name, detail=detail, advice="write them alike if one group is meant")


def _repeated_ids(answers: pd.DataFrame, instrument: Instrument, waves: str) -> Iterator[Finding]:
    """Rows with the id of an earlier one; of the same wave, as numbers begin anew and panels answer again."""
    for field in (field for field in instrument.fields if field.role == "id"):
        repeated = answers.duplicated([field.name, *filter(None, [waves])]) & answers[field.name].notna()
        values = listed(answers.loc[repeated, field.name].unique())
        detail = f"an earlier row has the same {field.name}: {values}"
        yield from about_rows("repeated id", field.name, repeated, detail, "keep one row of each respondent")


def _repeated_answers(given: pd.DataFrame, fields: pd.DataFrame) -> Iterator[Finding]:
    telling = (given.notna().sum(axis=1) >= TELLING_ITEMS) & (response_variability(given.to_numpy(float)) > 0)
    repeated = telling & given.join(fields).duplicated()
    also = f" and in {counted(fields.shape[1], 'field')}" if fields.shape[1] else ""
    detail = f"equal to an earlier row in {counted(given.shape[1], 'item')}{also}"
    advice = "look whether the whole row came twice; drop those that did"
    yield from about_rows("repeated answers", "survey", repeated, detail, advice)
