"""Screening a survey before it is modelled: what in the answers can mislead an analysis."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError
from sexresearch.survey.alike import alike_labels
from sexresearch.survey.careless import long_string, response_variability
from sexresearch.survey.columns import BY_LABEL
from sexresearch.survey.exclusions import ORIGIN
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.platform import marked_rows
from sexresearch.survey.strangecodes import strange_codes
from sexresearch.survey.survey import Survey
from sexresearch.survey.wording import counted, listed

MUCH_MISSING = 0.10  # Bennett (2001): above it, analyses are likely to be biased
FEW_CATEGORIES = 5  # Rhemtulla et al. (2012): from five categories on, items can be treated as continuous
AT_THE_END = 0.15  # Terwee et al. (2007): floor or ceiling effect, share of respondents at one end
LONG_RUN = 0.5  # Curran (2016): one answer for half of the items or more
SHORTEST_RUN = 8  # our convention: shorter runs of one answer are common among attentive respondents
TELLING_ITEMS = 6  # our convention: on fewer items, equal answers are common among attentive respondents
ROWS_PER_ITEM = 5  # Bentler & Chou (1987): five per free parameter, of which a model has at least one per item


@dataclass(frozen=True)
class Finding:
    """One row of the screening table; `rows` are the labels of the rows to look at, `share` their part of all.

    >>> Finding("constant item", "sat1", detail="every answer is 7").rows
    ()
    """

    check: str
    where: str
    rows: tuple[Hashable, ...] = ()
    share: float = float("nan")
    detail: str = ""
    advice: str = ""


@in_words
def screen(survey: Survey) -> pd.DataFrame:
    """What in the answers can mislead an analysis.

    Parameters
    ----------
    survey : Survey
        Without an instrument, checks that need scales, constructs or fields are left out.

    Returns
    -------
    DataFrame
        One row per problem found: check, where (item, construct, field or scale), rows (labels of the rows to look at,
        a tuple that `Survey.without` takes; empty where a column is meant), share (of all rows), detail, advice.

    Raises
    ------
    DataError
        `survey` is no Survey.

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
    - labels alike: labels of a text column that differ only in case or kinds of blanks
    - repeated id: a value of a field of role id that an earlier row has

    Runs are judged on the answers as given, before reversed items were recoded, in the order of the questionnaire.

    Examples
    --------
    >>> screen(Survey.from_frame(pd.DataFrame({"sat1": [5, 5, 5], "sat2": [1, 2, 3]})))["check"].tolist()
    ['small sample', 'constant item']
    """
    if not isinstance(survey, Survey):
        found = type(survey).__name__
        raise DataError(f"screen takes a Survey: use read_survey(path) or Survey.from_frame(data); found {found}")
    answers = survey.answers
    items, instrument = answers[list(survey.items)], survey.instrument
    findings = [*_sample(items), *_constant(items), *_missing(items), *_no_answers(items)]
    findings += [*_marked(answers), *_labelled_codes(survey), *_codes(survey, items), *_alike(answers, instrument)]
    if instrument is not None:
        findings += [*_categories(items, instrument), *_ends(items, instrument), *_direction(items, instrument)]
        items = as_given(items, instrument)
        findings += [*_same_answers(items, instrument), *_repeated_ids(answers, instrument)]
    about = [field.name for field in instrument.fields if field.role != "id"] if instrument is not None else []
    findings += _repeated_answers(items, answers[about])
    table = pd.DataFrame(findings, columns=list(Finding.__annotations__))
    table.attrs[ORIGIN] = survey.origin
    return table


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
        if item.reverse
    }
    return items.assign(**turned)


def _about_rows(check: str, where: str, flags: pd.Series, detail: str, advice: str) -> Iterator[Finding]:
    if flags.any():
        yield Finding(check, where, tuple(flags.index[flags]), float(flags.mean()), detail, advice)


def _varies(values: pd.Series) -> bool:
    return bool(values.min() < values.max())


def _sample(items: pd.DataFrame) -> Iterator[Finding]:
    n, columns = int(items.notna().any(axis=1).sum()), items.shape[1]
    if n < ROWS_PER_ITEM * columns:
        detail = f"{counted(n, 'row')} with answers for {counted(columns, 'item')}"
        advice = f"at least {ROWS_PER_ITEM * columns} rows, or a smaller model"
        yield Finding("small sample", "survey", detail=detail, advice=advice)


def _constant(items: pd.DataFrame) -> Iterator[Finding]:
    for name, values in items.items():
        if not _varies(values):
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
    yield from _about_rows("no answers", "survey", empty, "no item is answered", "drop the rows")


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


def _same_answers(given: pd.DataFrame, instrument: Instrument) -> Iterator[Finding]:
    for scale in instrument.scales:
        names = [item.name for item in instrument.items if item.scale == scale]
        if len(names) < TELLING_ITEMS or not scale.whole:
            continue
        answers = given[names]
        runs = pd.Series(long_string(answers.to_numpy()), answers.index)
        variability = pd.Series(response_variability(answers.to_numpy()), answers.index)
        same = (variability == 0) & (answers.notna().sum(axis=1) >= TELLING_ITEMS)
        limit = max(SHORTEST_RUN, math.ceil(LONG_RUN * len(names)))
        advice = "drop only with a second sign of carelessness, such as the time taken"
        detail = f"one answer wherever one of {len(names)} items is answered"
        yield from _about_rows("one answer throughout", scale.name, same, detail, advice)
        detail = f"one answer to {limit} or more of {len(names)} items in a row"
        yield from _about_rows("long run of one answer", scale.name, (runs >= limit) & ~same, detail, advice)


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
        yield from _about_rows("code of no answer", name, rows, detail, advice)


def _alike(answers: pd.DataFrame, instrument: Instrument | None) -> Iterator[Finding]:
    for name, labels in alike_labels(answers, instrument):
        detail = f"{labels} differ only in case or blanks"
        yield Finding("labels alike", name, detail=detail, advice="write them alike if one group is meant")


def _repeated_ids(answers: pd.DataFrame, instrument: Instrument) -> Iterator[Finding]:
    for field in (field for field in instrument.fields if field.role == "id"):
        repeated = answers[field.name].duplicated() & answers[field.name].notna()
        values = listed(answers.loc[repeated, field.name].unique())
        detail = f"an earlier row has the same {field.name}: {values}"
        yield from _about_rows("repeated id", field.name, repeated, detail, "keep one row of each respondent")


def _repeated_answers(given: pd.DataFrame, fields: pd.DataFrame) -> Iterator[Finding]:
    telling = (given.notna().sum(axis=1) >= TELLING_ITEMS) & (response_variability(given.to_numpy(float)) > 0)
    repeated = telling & given.join(fields).duplicated()
    also = f" and in {counted(fields.shape[1], 'field')}" if fields.shape[1] else ""
    detail = f"equal to an earlier row in {counted(given.shape[1], 'item')}{also}"
    advice = "look whether the whole row came twice; drop those that did"
    yield from _about_rows("repeated answers", "survey", repeated, detail, advice)
