"""Rows left out before a fit, by the rules of the study."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd

from sexresearch.errors import StudyError
from sexresearch.study.study_file.study_keys import nearest
from sexresearch.study.study_file.study_parts import Cleaning
from sexresearch.survey import Survey, screen


def cleaned(survey: Survey, cleaning: Cleaning) -> Survey:
    """The survey without the rows that the rules leave out, which its exclusions tell."""
    why = cleaning.because
    for name, wanted in cleaning.keep:
        shown = ", ".join(map(str, wanted))
        survey = _without(survey, _others(survey, name, wanted), f"{name} is not {shown}: {why}")
    if cleaning.checks:
        findings = screen(survey)
        for check in cleaning.checks:
            if not (findings["check"] == check).any():
                seen = list(dict.fromkeys(findings["check"]))
                text = nearest(check, seen) if seen else "it found nothing"
                raise StudyError(f"cleaning: screening found no '{check}'; {text}")
            rows = [row for rows in findings.loc[findings["check"] == check, "rows"] for row in rows]
            survey = _without(survey, rows, f"{check}: {why}")
    return _without(survey, list(cleaning.rows), why)


def _without(survey: Survey, rows: list[Hashable], why: str) -> Survey:
    return survey.without(rows, because=why) if rows else survey


def _others(survey: Survey, name: str, wanted: tuple[object, ...]) -> list[Hashable]:
    """Labels of the rows whose answer is none of those wanted; StudyError where no row has one of them."""
    answers = survey.answers
    if name not in answers:
        raise StudyError(f"cleaning: keep names the column '{name}'; {nearest(name, list(map(str, answers.columns)))}")
    texts = answers[name].map(_text)
    kept = texts.isin({_text(value) for value in wanted})
    if not kept.any():
        there = ", ".join(sorted(set(texts[answers[name].notna()]))[:10])
        raise StudyError(f"cleaning: no row has {name} {', '.join(map(str, wanted))}; its answers are {there}")
    return answers.index[~kept].tolist()


def _text(value: object) -> str:
    """An answer as text, whole numbers without a point, so that 1 and 1.0 are the same answer."""
    whole = isinstance(value, float) and pd.notna(value) and value.is_integer()
    return str(int(value)) if whole else str(value)  # type: ignore[call-overload]
