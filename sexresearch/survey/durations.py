"""How long each respondent took, from what survey platforms record."""

from __future__ import annotations

import re

import pandas as pd

from sexresearch.errors import DataError
from sexresearch.survey.spelling import folded

# Columns of seconds, by platform: Qualtrics, LimeSurvey, SoSci, Unipark, and what a client writes.
SECONDS = {"duration (in seconds)", "dauer (in sekunden)", "duration__in_seconds_", "q_totalduration", "totalduration"}
SECONDS |= {"duración (en segundos)", "durée (en secondes)", "duration (seconds)", "duration_seconds", "seconds"}
SECONDS |= {"interviewtime", "interview time", "total time", "gesamtzeit", "time_sum", "duration", "dauer"}
SECONDS |= {"time taken", "time_taken", "completion_time_seconds", "response time", "elapsed seconds"}
MINUTES = {"duration (in minutes)", "dauer (in minuten)", "duration_minutes", "minutes"}
# Columns of start and end: Qualtrics, LimeSurvey, SurveyMonkey, Microsoft Forms, Kobo and ODK, others.
SPANS = (
    ("startdate", "enddate"),
    ("start date", "end date"),
    ("startdatum", "enddatum"),
    ("start time", "completion time"),
    ("startzeit", "fertigstellungszeit"),
    ("startdate", "datestamp"),
    ("date started", "date last action"),
    ("starttime", "endtime"),
    ("start", "end"),
    ("started", "lastdata"),
)
NUMBERED = re.compile(r"^interview ?time[. :].*|^duration \(in seconds\).*")


def durations(answers: pd.DataFrame, column: str | None = None) -> pd.Series | None:
    """Seconds that each respondent took, named by the columns they come from; None where no column tells.

    `column` names a column of seconds, or of times such as 0:04:31. Times of 0 and below are unknown.

    >>> frame = pd.DataFrame({"start": ["2026-01-05T10:00"] * 2, "end": ["2026-01-05T10:05", ""]})
    >>> durations(frame).tolist(), durations(frame).name
    ([300.0, nan], 'start, end')
    """
    if column is not None:
        if column not in answers.columns:
            raise DataError(f"there is no column '{column}' that could tell how long respondents took")
        seconds = _seconds(answers[column], 1.0)
        if not seconds.notna().any():
            raise DataError(f"the column '{column}' holds no durations above 0, in seconds or as 0:04:31")
        return seconds.rename(column)
    names: dict[str, str] = {}
    for name in answers.columns:
        names.setdefault(folded(str(name)), name)
    for known, unit in ((SECONDS, 1.0), (MINUTES, 60.0)):
        for text, name in names.items():
            if text in known or (unit == 1.0 and NUMBERED.match(text)):
                seconds = _seconds(answers[name], unit)
                if seconds.notna().any():
                    return seconds.rename(str(name))
    return _from_spans(answers, names)


def _from_spans(answers: pd.DataFrame, names: dict[str, str]) -> pd.Series | None:
    for first, last in SPANS:
        if first in names and last in names:
            begun, ended = (_moments(answers[names[text]]) for text in (first, last))
            took = (ended - begun).dt.total_seconds()
            if (took > 0).any():
                return took.where(took > 0).rename(f"{names[first]}, {names[last]}")
    return None


def _seconds(values: pd.Series, unit: float) -> pd.Series:
    if pd.api.types.is_timedelta64_dtype(values):
        numbers = values.dt.total_seconds()
    else:
        numbers = pd.to_numeric(values, errors="coerce").astype(float) * unit
        if not numbers.notna().any():
            numbers = pd.to_timedelta(values.astype(str), errors="coerce").dt.total_seconds()
    return numbers.where(numbers > 0)


def _moments(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        return pd.to_datetime(values, utc=True)
    if pd.api.types.is_numeric_dtype(values):
        return pd.Series(pd.NaT, values.index, dtype="datetime64[ns, UTC]")
    return pd.to_datetime(values.astype(str), errors="coerce", utc=True, format="mixed")
