"""Columns that an instrument names by their question text, or by the last part of a grouped name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from sexresearch.survey.parts import Field, Item
from sexresearch.survey.spelling import folded

INSIDE = re.compile(r"[^\[\]]+\[([^\[\]]+)\]")
NOT_ALLOWED = (r"[^A-Za-z0-9]", r"[^A-Za-z0-9_]", r"[^A-Za-z0-9_.\-]")  # of LimeSurvey, Qualtrics, XLSForm
Parts = Mapping[str, Item | Field]


def found_by_text(
    parts: Parts, headers: Sequence[str], texts: Mapping[str, str], wordings: Mapping[str, Sequence[str]] | None = None
) -> tuple[dict[str, Item | Field], list[str]]:
    """The parts under the headers of the file, and notes on those that another name led to.

    A part whose own header is absent belongs to the one free column whose question text it names, or whose name
    ends with it behind a slash, as Kobo and ODK write groups, or in brackets, as LimeSurvey writes arrays; signs
    that a platform does not allow in names do not matter, nor does case. Failing that, it belongs to the one free
    column that is called by its wording; `wordings` are those of every part, by its name, in all languages.

    >>> part = Field("How old are you?")
    >>> list(found_by_text({part.name: part}, ["Q7"], {"Q7": "How old are you?"})[0])
    ['Q7']
    """
    free = [header for header in dict.fromkeys(headers) if header and header not in parts]
    there = set(headers)
    names = [(folded(other), header) for header in free for other in {header, *_other_names(header, texts)}]
    times = Counter(name for name, _ in names)
    by_name = {name: header for name, header in names if times[name] == 1}
    exact = {_last(header): header for header in free}
    by_header, notes = {}, []
    for header, part in parts.items():
        questions = (wordings or {}).get(part.name, ())
        known = [by_name.get(folded(text), "") for text in (header, *questions)]
        other = "" if header in there else known[0] or _as_allowed(header, exact) or next(filter(None, known[1:]), "")
        if other and other not in by_header:
            notes.append(f"'{header}' is read from the column '{other}'")
        by_header[other if other and other not in by_header else header] = part
    return by_header, notes


def _other_names(header: str, texts: Mapping[str, str]) -> set[str]:
    names = {texts[header]} if texts.get(header) else set()
    last = _last(header)
    return names | ({last} if last != header else set())


def _last(header: str) -> str:
    last = header.rsplit("/", 1)[1] if "/" in header[:-1] else header
    inside = INSIDE.fullmatch(last)
    return inside.group(1) if inside else last


def _as_allowed(header: str, columns: Mapping[str, str]) -> str:
    """The column that has this name without the signs that a platform does not allow."""
    names = (re.sub(signs, "", header) for signs in NOT_ALLOWED)
    return next((columns[name] for name in names if name != header and name in columns), "")
