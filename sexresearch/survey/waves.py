"""`join_waves`: the answers of several waves of one questionnaire, one below the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, OptionError
from sexresearch.survey.columns import NoAnswer
from sexresearch.survey.consistency import is_model_name
from sexresearch.survey.exclusions import Exclusion
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.noanswer import Because
from sexresearch.survey.parts import Field
from sexresearch.survey.spelling import folded
from sexresearch.survey.survey import Survey, SurveyFile
from sexresearch.survey.translations import Place, Translation
from sexresearch.survey.wave_differences import wave_differences
from sexresearch.survey.wording import listed, together

WAVE_WORDS = {"de": "Welle"}  # what the field of the waves is called in languages other than English


@in_words
def join_waves(waves: Mapping[str, Survey], *, column: str = "wave") -> Survey:
    """Several waves of one questionnaire as one survey, one below the other.

    Parameters
    ----------
    waves : dict of Survey by name
        Two or more, such as ``{"2025": first, "2026": second}``, all read with an instrument or all without.
    column : str
        The new column that says the wave: a group for `invariance`, `kpis` and others.

    Returns
    -------
    Survey
        With the instrument of the first wave, the titles of all, and a field for the wave. A row is called by its wave
        and its row there, as in "2025/17". What was left out of a wave stays out, with its record; a changed wording is
        a note, and so is a field of role other, or a column outside of the instrument, that one wave lacks: it is
        missing there.

    Raises
    ------
    DataError
        Names, scales, reversed items, constructs, roles or labels that differ between waves, all together, with near
        matches.
    OptionError
        Fewer than two waves, a wave that is no Survey, or a column that is there already.

    Notes
    -----
    Where a wave calls a column otherwise, its own questionnaire says so: an item keeps its name and gives the header
    of the file as its `column`.

    Examples
    --------
    >>> first = Survey.from_frame(pd.DataFrame({"sat1": [5, 9]}))
    >>> both = join_waves({"2025": first, "2026": Survey.from_frame(pd.DataFrame({"sat1": [7]}))})
    >>> both.answers["wave"].to_dict()
    {'2025/0': '2025', '2025/1': '2025', '2026/0': '2026'}
    """
    _check(waves, column)
    wrong = list(wave_differences(waves))
    if wrong:
        raise DataError(together(f"the waves {listed(waves)} cannot be joined as they are", wrong))
    parts = [wave.answers.rename(index=lambda label, name=name: f"{name}/{label}") for name, wave in waves.items()]
    answers = pd.concat([part.assign(**{column: name}) for name, part in zip(waves, parts, strict=True)])
    source = SurveyFile(" and ".join(wave.source.name for wave in waves.values()), None, len(answers))
    return Survey(
        answers,
        _instrument([wave.instrument for wave in waves.values() if wave.instrument], column),
        source,
        any(wave.synthetic for wave in waves.values()),
        tuple(_notes(waves)),
        tuple(_no_answers(waves)),
        tuple(_exclusions(waves)),
        column,
    )


def _check(waves: Mapping[str, Survey], column: str) -> None:
    if not isinstance(waves, Mapping) or len(waves) < 2:
        raise OptionError("waves takes two or more surveys by name, as in {'2025': first, '2026': second}")
    for name, wave in waves.items():
        if not isinstance(name, str) or not name.strip():
            raise OptionError(f"waves: the name of a wave is a text; found {name!r}")
        if not isinstance(wave, Survey):
            raise OptionError(
                f"waves: '{name}' must be a Survey, as read_survey returns it; found {type(wave).__name__}"
            )
        if column in wave.answers.columns:
            raise OptionError(f"the wave '{name}' has a column '{column}' already: give another name by column=")
    if not isinstance(column, str) or not is_model_name(column):
        raise OptionError(f"column={column!r} must be a name of letters, digits, '.' and '_'")


def _instrument(each: Sequence[Instrument], column: str) -> Instrument | None:
    """That of the first wave, with the fields that others have beside it, the titles of all, and the wave."""
    if not each:
        return None
    fields: dict[str, Field] = {}
    for field in (field for part in each for field in part.fields):
        fields.setdefault(field.name, field)
    title = _title(list(dict.fromkeys(part.title for part in each if part.title)))
    wave = Field(column, "Wave", "group")
    return Instrument(
        each[0].constructs, (*fields.values(), wave), title, each[0].language, _translations(each, column)
    )


def _translations(each: Sequence[Instrument], column: str) -> tuple[Translation, ...]:
    """Those of all waves, the first to translate a text, and the wave in the languages that we know."""
    texts: dict[str, dict[Place, str]] = {}
    for other in (other for part in each if part.language == each[0].language for other in part.translations):
        own = {place: text for place, text in other.texts if place != ("title",)}
        texts[other.language] = own | texts.get(other.language, {})
    for language, own in texts.items():
        own |= {("fields", column, "label"): WAVE_WORDS[language]} if language in WAVE_WORDS else {}
    return tuple(Translation(language, tuple(own.items())) for language, own in texts.items())


def _title(titles: Sequence[str]) -> str:
    """The title of all waves: what their titles begin with alike, followed by how each of them ends.

    >>> _title(["Guests of the year 2025", "Guests of the year 2026"]), _title(["Guests", "Visitors"])
    ('Guests of the year 2025 / 2026', 'Guests / Visitors')
    """
    words = [title.split() for title in titles]
    alike = len(list(takewhile(lambda same: len(set(same)) == 1, zip(*words, strict=False)))) if len(words) > 1 else 0
    return " ".join(
        filter(None, [*(words[0][:alike] if words else []), " / ".join(" ".join(w[alike:]) for w in words)])
    )


def _notes(waves: Mapping[str, Survey]) -> Iterator[str]:
    yield from (f"{name}: {note}" for name, wave in waves.items() for note in wave.notes)
    first, *others = waves.items()
    for name, wave in others:
        yield from _changed_wordings(first, (name, wave))
    columns = {name: set(wave.answers.columns) for name, wave in waves.items()}
    for column in dict.fromkeys(column for wave in waves.values() for column in wave.answers.columns):
        lacking = [name for name, own in columns.items() if column not in own]
        if lacking:
            yield f"'{column}' is not in {listed(lacking)}: missing there"


def _changed_wordings(first: tuple[str, Survey], other: tuple[str, Survey]) -> Iterator[str]:
    """Items that were asked in other words: a change of answers may be one of the question."""
    before = {item.name: item.wording for item in (first[1].instrument.items if first[1].instrument else ())}
    for item in other[1].instrument.items if other[1].instrument else ():
        if folded(before[item.name]) != folded(item.wording):
            words = f"as '{before[item.name]}' in {first[0]}, as '{item.wording}' in {other[0]}"
            yield f"item '{item.name}' was asked {words}"


def _no_answers(waves: Mapping[str, Survey]) -> Iterator[NoAnswer]:
    times: dict[tuple[str, str, Because], int] = {}
    for wave in waves.values():
        for none in wave.no_answers:
            key = (none.column, none.answer, none.because)
            times[key] = times.get(key, 0) + none.times
    yield from (NoAnswer(column, answer, number, because) for (column, answer, because), number in times.items())


def _exclusions(waves: Mapping[str, Survey]) -> Iterator[Exclusion]:
    rows: dict[str, list[str]] = {}
    for name, wave in waves.items():
        for part in wave.exclusions:
            rows.setdefault(part.because, []).extend(f"{name}/{label}" for label in part.rows)
    yield from (Exclusion(because, tuple(own)) for because, own in rows.items())
