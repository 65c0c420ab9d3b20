"""Columns that an instrument names by their question text, or by the last part of a grouped name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sexresearch.survey.parts import Field, Item
from sexresearch.survey.spelling import folded

Parts = Mapping[str, Item | Field]


def found_by_text(
    parts: Parts, headers: Sequence[str], texts: Mapping[str, str]
) -> tuple[dict[str, Item | Field], list[str]]:
    """The parts under the headers of the file, and notes on those that another name led to.

    A part whose own header is absent belongs to the one free column whose question text it names, or whose name
    ends with it behind a slash, as Kobo and ODK write groups.

    >>> part = Field("How old are you?")
    >>> list(found_by_text({part.name: part}, ["Q7"], {"Q7": "How old are you?"})[0])
    ['Q7']
    """
    free = [header for header in dict.fromkeys(headers) if header and header not in parts]
    there = set(headers)
    names = [(folded(other), header) for header in free for other in _other_names(header, texts)]
    times = Counter(name for name, _ in names)
    by_name = {name: header for name, header in names if times[name] == 1}
    found, notes = {}, []
    for header, part in parts.items():
        other = "" if header in there else by_name.get(folded(header), "")
        if other and other not in found:
            notes.append(f"'{header}' is read from the column '{other}'")
        found[other if other and other not in found else header] = part
    return found, notes


def _other_names(header: str, texts: Mapping[str, str]) -> set[str]:
    names = {texts[header]} if texts.get(header) else set()
    return names | ({header.rsplit("/", 1)[1]} if "/" in header[:-1] else set())
