"""Which columns are items: ratings by their answers, their questions, their names, and the company they keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from sexresearch.survey.drafting.answer_scales import LARGEST, SLIDER, is_rating, no_answer_labels
from sexresearch.survey.drafting.batteries import battery_name, no_answer_ends
from sexresearch.survey.drafting.column_roles import is_about_people
from sexresearch.survey.drafting.label_order import label_rank
from sexresearch.survey.drafting.likeness import WHOLE_NAME, Likeness, name_likeness
from sexresearch.survey.drafting.seen import SeenColumn
from sexresearch.survey.strangecodes import strange_codes

ALIKE = 0.2  # likeness to the bank from which on a question is taken for an item
ALIKE_RECORD = 0.3  # the same for amounts, counts and yes or no
SIDES = 3  # columns with no more answers than yes, no and blank are ratings by their words alone
RARE = 0.02  # share of the answers below which one may be a slip
FILLED = 0.1  # share of respondents who answered, from which on a name alone speaks for an item
APART = 0.15  # correlation with the batteries below which a name alone does not make an item
TOGETHER = 3  # columns of one name from which on they are a battery
CORRELATED = 0.25  # mean correlation in a battery, or with the other items, that speaks for ratings
SERVICE_ELEMENT = "quality"  # what a service consists of; its names are words of many uses
RECORDS = ("success", "complaints", "kpi_records")  # constructs whose items need not be ratings
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rating:
    """A column that is taken for an item: its answers without codes of no answer, those codes, its battery, and why."""

    seen: SeenColumn
    answers: pd.Series
    missing: tuple[float, ...]
    battery: str
    because: str
    record: bool = False


def ratings(columns: Sequence[SeenColumn], like: Likeness) -> dict[int, Rating]:
    """The items among the columns, by their place."""
    cleaned = _without_ends({k: part for k, seen in enumerate(columns) if (part := _cleaned(seen)) is not None})
    able = {place: part for place, part in cleaned.items() if is_rating(part.answers)}
    rated: dict[int, Rating] = {}
    for members in _batteries(able).values():
        if _is_battery([able[place] for place in members]):
            rated |= {place: replace(able[place], because="a battery that hangs together") for place in members}
    able = {place: part for place, part in able.items() if not is_about_people(part.seen)}
    mood = _mood([part.answers for part in rated.values()])
    explained = {place: _explained(able[place], like, place) for place in able.keys() - rated.keys()}
    rated |= {place: part for place, part in explained.items() if part.because and not _stranger(part, mood, like)}
    rated |= _company(able, rated)
    rest = {place: part for place, part in cleaned.items() if place not in rated}
    return rated | _records(rest, like)


def _cleaned(seen: SeenColumn) -> Rating | None:
    """The answers of a column of numbers without codes that stand for no answer by their label or their distance."""
    if seen.codes is None or seen.codes.notna().sum() == 0:
        return None
    missing = set(no_answer_labels(seen.labels))
    codes = seen.codes.mask(seen.codes.isin(missing))
    missing |= {code for _, code, _ in strange_codes(pd.DataFrame({"x": codes}))}
    return Rating(seen, codes.mask(codes.isin(missing)), tuple(sorted(missing)), battery_name(seen.code), "")


def _without_ends(cleaned: Mapping[int, Rating]) -> dict[int, Rating]:
    """The columns without end codes that do not continue the others; single columns are held against all batteries."""
    shorter = dict(cleaned)
    able = {place: part for place, part in cleaned.items() if is_rating(part.answers) and not part.seen.labels}
    for members in _batteries(able).values():
        ends = no_answer_ends([able[place].answers.to_numpy(float) for place in members])
        shorter |= {place: _dropped(able[place], ends) for place in members}
    batteries = [places for places in _batteries(able).values() if _is_battery([shorter[place] for place in places])]
    big = [place for places in batteries for place in places]
    mood = _mood([shorter[place].answers for place in big])
    if mood is not None:
        for places in _batteries({place: able[place] for place in able.keys() - set(big)}, at_least=1).values():
            ends = no_answer_ends([able[place].answers.to_numpy(float) for place in places], mood)
            shorter |= {place: _dropped(able[place], ends) for place in places}
    return shorter


def _mood(columns: Sequence[pd.Series]) -> Array | None:
    """How high respondents rate on the whole; None where there are too few ratings to say."""
    if len(columns) < TOGETHER:
        return None
    return np.asarray(_standardized(columns).mean(axis=1), dtype=float)


def _dropped(rating: Rating, codes: tuple[float, ...]) -> Rating:
    if not codes or not is_rating(rating.answers.mask(rating.answers.isin(codes))):
        return rating
    there = tuple(code for code in codes if bool((rating.answers == code).any()))
    return replace(rating, answers=rating.answers.mask(rating.answers.isin(codes)), missing=rating.missing + there)


def _batteries(able: Mapping[int, Rating], at_least: int = TOGETHER) -> dict[object, list[int]]:
    """Places of columns by battery, as far as a battery has enough of them; others stand alone."""
    groups: dict[object, list[int]] = {}
    for place, part in sorted(able.items()):
        groups.setdefault(part.battery or place, []).append(place)
    return {name: places for name, places in groups.items() if len(places) >= at_least}


def _is_battery(members: Sequence[Rating]) -> bool:
    """Whether columns of one name are ratings of one kind: several answers each, which go along with one another."""
    fine = [part for part in members if _kinds(part.answers) > SIDES]
    strangers = [part for part in members if is_about_people(part.seen)]
    if len(fine) < len(members) / 2 or len(strangers) > len(members) / 3:
        return False
    between = pd.DataFrame(dict(enumerate(part.answers for part in members))).corr(min_periods=10).to_numpy()
    pairs = np.abs(between[np.triu_indices(len(members), 1)])
    return bool(np.where(np.isfinite(pairs), pairs, 0.0).mean() >= CORRELATED)


def _explained(rating: Rating, like: Likeness, place: int) -> Rating:
    """The rating, with the reason its question, its labels or its name give; without a reason where they give none."""
    seen, best = rating.seen, float(like.scores[place].max())
    ranked = [label_rank(text) is not None for code, text in seen.labels.items() if code not in rating.missing]
    if seen.wording and best >= ALIKE:
        return replace(rating, because="its question is like those of the item bank")
    if len(ranked) > 1 and all(ranked):
        return replace(rating, because="its answers are in order from low to high")
    if (
        not seen.wording
        and max((name_likeness(seen.code, part) for part in like.constructs), default=0.0) > 0
        and _is_filled(rating.answers)
    ):
        return replace(rating, because="its name is usual for such an item")
    return rating


def _kinds(answers: pd.Series) -> int:
    """How many answers are not rare."""
    return int((answers.value_counts(normalize=True) >= RARE).sum())


def _is_filled(answers: pd.Series) -> bool:
    return answers.nunique() > SIDES <= _kinds(answers) and bool(answers.notna().mean() >= FILLED)


def _stranger(rating: Rating, mood: Array | None, like: Likeness) -> bool:
    """Whether a column that its name alone speaks for, if hardly, has nothing to do with the batteries of the file."""
    sure = [part for part in like.constructs if name_likeness(rating.seen.code, part) == WHOLE_NAME]
    known = any(part.construct.name != SERVICE_ELEMENT for part in sure)
    if rating.seen.wording or rating.seen.labels or mood is None or known:
        return False
    r = rating.answers.corr(pd.Series(mood, rating.answers.index))
    return bool(abs(r) < APART)


def _company(able: Mapping[int, Rating], rated: Mapping[int, Rating]) -> dict[int, Rating]:
    """Ratings that no question and no name speaks for, but which go along with the items there are."""
    if len(rated) < TOGETHER:
        return {}
    others = _standardized([part.answers for part in rated.values()]).mean(axis=1)
    more = {}
    for place in able.keys() - rated.keys():
        part = able[place]
        if _is_filled(part.answers) and abs(part.answers.corr(others)) >= CORRELATED:
            more[place] = replace(part, because="it goes along with the other items")
    return more


def _standardized(columns: Sequence[pd.Series]) -> pd.DataFrame:
    frame = pd.DataFrame(dict(enumerate(columns)))
    return (frame - frame.mean()) / frame.std().replace(0.0, np.nan)


def _records(rest: Mapping[int, Rating], like: Likeness) -> dict[int, Rating]:
    """Amounts, counts, shares and yes or no that ask for success or complaints, by question or name; and sliders."""
    names = [part.construct.name for part in like.constructs]
    records = {}
    for place, part in rest.items():
        best = int(like.scores[place].argmax())
        sure = bool(part.seen.wording) and like.scores[place, best] >= ALIKE_RECORD
        if part.answers.nunique() >= 2 and ((sure and names[best] in RECORDS) or _named_record(part.seen, like)):
            records[place] = replace(part, because="its question or name is that of a record", record=True)
        elif sure and part.answers.between(0, SLIDER).all() and part.answers.nunique() > LARGEST:
            records[place] = replace(part, because="its question is like those of the item bank; a slider to 100")
    return records


def _named_record(seen: SeenColumn, like: Likeness) -> bool:
    """Whether a column that has no question is called what a record is called."""
    known = [part for part in like.constructs if part.construct.name in RECORDS]
    return not seen.wording and any(name_likeness(seen.code, part) == WHOLE_NAME for part in known)
