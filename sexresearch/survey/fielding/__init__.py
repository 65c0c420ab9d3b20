"""Fielding: one questionnaire, written for the platforms that ask it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from sexresearch.errors import OptionError
from sexresearch.survey.fielding.limesurvey_form import limesurvey
from sexresearch.survey.fielding.qualtrics_form import qualtrics
from sexresearch.survey.fielding.word import WORDS, word
from sexresearch.survey.fielding.xlsform import xlsform
from sexresearch.survey.parts import Construct, Field

FormKind = Literal["xlsform", "limesurvey", "qualtrics", "word"]
WRITERS: dict[str, tuple[str, Callable[[str, Sequence[Construct], Sequence[Field], str], bytes]]] = {
    "xlsform": (".xlsx", xlsform),
    "limesurvey": (".txt", limesurvey),
    "qualtrics": (".txt", qualtrics),
    "word": (".docx", word),
}


def form_content(
    path: str | Path,
    kind: str | None,
    language: str,
    title: str,
    constructs: Sequence[Construct],
    fields: Sequence[Field],
) -> bytes:
    """The content of the form that the suffix of `path`, or `kind` where two share a suffix, asks for.

    Raises OptionError for a suffix, kind or language that is not there, and for a kind under another suffix.
    """
    suffix = Path(path).suffix.lower()
    fitting = [name for name, (own, _) in WRITERS.items() if own == suffix]
    every = ", ".join(f"'{name}' ({own})" for name, (own, _) in WRITERS.items())
    if kind is None and len(fitting) > 1:
        raise OptionError(f"{Path(path).name}: say which form: kind={' or kind='.join(map(repr, fitting))}")
    if (kind is None and not fitting) or (kind is not None and kind not in WRITERS):
        raise OptionError(f"{Path(path).name}: no form of kind {kind or suffix!r}; there are {every}")
    chosen = kind or fitting[0]
    if suffix != WRITERS[chosen][0]:
        raise OptionError(f"{Path(path).name}: a form of kind '{chosen}' has the suffix {WRITERS[chosen][0]}")
    if language not in WORDS:
        raise OptionError(f"language {language!r} is not there; there are {', '.join(WORDS)}")
    return WRITERS[chosen][1](title, constructs, fields, language)
