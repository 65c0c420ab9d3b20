"""What survey platforms say about each answer: previews and tests, spam, answers that were not finished."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import pandas as pd

from sexresearch.survey.spelling import folded

PREVIEWS = {"survey preview", "survey test", "preview", "test", "offline survey preview", "vorschau", "umfragevorschau"}
PREVIEWS |= {
    "survey preview spam",
    "offline survey preview spam",
    "test data",
    "pretest",
    "umfragetest",
    "aperçu de l'enquête",
    "vista previa de la encuesta",
}
# Qualtrics' numbers for these words, where an export holds codes: the bits 1, 2 and 8 of its response type.
PREVIEW_NUMBERS, SPAM_NUMBERS = {1.0, 2.0, 9.0, 17.0}, {8.0, 12.0, 40.0}
TESTER, EFS = "tester", {"lfdn", "dispcode", "discode"}  # EFS Survey and Unipark: 1 for a tester; what stands beside
IS_TEST = {"is_test_data", "is test data"}  # Alchemer
YES = {"1", "true", "yes", "ja", "wahr"}
MODE, SOSCI = "mode", {"questnnr", "case"}  # SoSci Survey: how an interview was started
STATUS = {"status", "response type", "distributionchannel", "distribution channel", "antworttyp", "_status"}
FINISHED = {"finished", "complete?", "completed", "abgeschlossen", "beendet", "terminé", "finalizado"}
SUBMITTED = {"submitdate", "date submitted", "datum abgeschickt", "abgabedatum", "completion time", "date soumission"}
SUBMITTED |= {"fertigstellungszeit", "heure de fin", "hora de finalización", "ora di completamento"}
REDCAP = {"record_id", "redcap_event_name", "redcap_survey_identifier", "redcap_repeat_instance"}
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]+)?")
PROGRESS = {"progress", "fortschritt"}
COMPANIONS = {"responseid", "response id", "recordeddate", "enddate", "startdate", "distributionchannel", "progress"}
COMPANIONS |= {"responseset", "finished", "recipientemail", "ipaddress", "v1"}
NOT_FINISHED = {"false", "0", "falsch", "no", "nein", "faux", "falso", "incomplete", "partial"}
PARTIAL = {"partial", "incomplete", "partially completed", "partial response", "disqualified", "over quota"}


@dataclass(frozen=True)
class MarkedRows:
    """Rows that the platform itself marks: the kind, the column that says so, and which rows."""

    check: str
    column: str
    rows: tuple[Hashable, ...]
    detail: str


def marked_rows(answers: pd.DataFrame) -> Iterator[MarkedRows]:
    """Previews, tests, spam and unfinished answers, by the columns that survey platforms add to an export.

    Qualtrics: Status ("Survey Preview", "Survey Test", …, or their numbers) and Finished; LimeSurvey: submitdate; EFS
    Survey and Unipark: tester; SoSci Survey: MODE; Alchemer: is_test_data. SurveyMonkey exports no previews.

    >>> frame = pd.DataFrame({"Status": ["Survey Preview", "IP Address"], "Finished": [True, False], "Q1": [5, 4]})
    >>> [(found.check, found.rows) for found in marked_rows(frame)]
    [('preview or test', (0,)), ('not finished', (1,))]
    """
    names = {column: folded(str(column)) for column in answers.columns}
    written_out = _limesurvey_in_words(answers)
    lime = _limesurvey(set(names.values()))
    redcap = len(REDCAP & set(names.values())) > 0
    qualtrics = len(COMPANIONS & set(names.values())) > 0
    unfinished: dict[Hashable, str] = {}
    for column, name in names.items():
        complete = redcap and name.endswith("_complete")
        testing = _marks_tests(name, set(names.values()))
        if name not in STATUS | FINISHED | SUBMITTED and not (complete or testing) and column != written_out:
            continue
        values = answers[column]
        if testing:
            yield from _rows_of_check("preview or test", values, str(column), values.map(_text).isin(PREVIEWS | YES))
            continue
        if name in STATUS:
            yield from _by_status(values, str(column), qualtrics)
        elif name in FINISHED and values.notna().any():
            _add(unfinished, values.map(_text).isin(NOT_FINISHED), str(column))
        elif column == written_out or (name in SUBMITTED and (values.notna().any() or lime)):
            _add(unfinished, values.isna(), str(column))
        elif complete:
            _add(unfinished, values.map(_text).isin({"0", "incomplete"}), str(column))
    if unfinished:
        columns = ", ".join(dict.fromkeys(unfinished.values()))
        detail = f"not finished or not submitted, by {columns}"
        yield MarkedRows("not finished", columns, tuple(row for row in answers.index if row in unfinished), detail)


def _marks_tests(name: str, names: set[str]) -> bool:
    """Whether a column says of each answer that it is a test, by what stands beside it."""
    return name in IS_TEST or (name == TESTER and bool(EFS & names)) or (name == MODE and names >= SOSCI)


def _rows_of_check(check: str, values: pd.Series, column: str, rows: pd.Series) -> Iterator[MarkedRows]:
    if rows.any():
        words = ", ".join(dict.fromkeys(f"'{text}'" for text in values[rows].map(str)))
        yield MarkedRows(check, column, tuple(values.index[rows]), f"{column} is {words}")


def _by_status(values: pd.Series, column: str, qualtrics: bool) -> Iterator[MarkedRows]:
    texts, numbers = values.map(_text), pd.to_numeric(values, errors="coerce")
    coded = qualtrics and bool(numbers.notna().any())
    kinds = {
        "preview or test": texts.isin(PREVIEWS) | (numbers.isin(PREVIEW_NUMBERS) & coded),
        "spam": texts.str.startswith("spam").astype(bool) | (numbers.isin(SPAM_NUMBERS) & coded),
        "not finished": texts.isin(PARTIAL),
    }
    for check, rows in kinds.items():
        yield from _rows_of_check(check, values, column, rows)


def _limesurvey_in_words(answers: pd.DataFrame) -> Hashable | None:
    """The column of the date of submission, second of LimeSurvey's own columns, whatever the language of its header.

    They are a whole number that never comes twice, a date or nothing, a page, and the code of a language.
    """
    if answers.shape[1] < 5 or not answers.columns.is_unique:
        return None
    number, date, page, language = (answers.iloc[:, place] for place in range(4))
    if not all(pd.api.types.is_numeric_dtype(column.dtype) for column in (number, page)) or not number.is_unique:
        return None
    dates, codes = date.dropna().map(str), language.dropna().map(str)
    coded = bool(len(codes)) and codes.str.fullmatch(LANGUAGE).all() and codes.nunique() <= 10
    dated = bool(len(dates)) and dates.str.fullmatch(r"\d{4}-\d{2}-\d{2}[ T].*").all()
    return answers.columns[1] if coded and dated and page.between(-1, 200).all() else None


def _limesurvey(names: set[str]) -> bool:
    return bool(names & {"lastpage", "startlanguage", "last page", "start language", "letzte seite"})


def _add(columns: dict[Hashable, str], rows: pd.Series, column: str) -> None:
    for row in rows.index[rows]:
        columns.setdefault(row, column)


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return folded(str(value)) if not pd.isna(value) else ""
