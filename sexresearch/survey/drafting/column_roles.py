"""What a column that is no item is for, by its name, its question and its content."""

from __future__ import annotations

import re

import pandas as pd

from sexresearch.survey.drafting.seen import SeenColumn
from sexresearch.survey.joined import joined_by
from sexresearch.survey.layouts.file_layout import DATE
from sexresearch.survey.parts import Role
from sexresearch.survey.spelling import folded

UNIQUE = 0.98  # share of distinct values from which on a column can number respondents
MOST_GROUPS = 12  # a column with more distinct values splits respondents into clusters, not groups
PER_CLUSTER = 2.0  # respondents for each cluster, at least
WEIGHTS = re.compile(r"\b(weights?|wgt|wt|gewicht\w*|gewichtung)\b")
IDS = re.compile(
    r"\b(id|ids|guid|uuid|token|nr|no|num|respondent|respnum|response|record|case|serial|kundennummer|nummer|key"
    r"|teilnehmer|ccgid|customer|employee|mitarbeiter|kunde|panelist)\b"
)
TIMES = re.compile(
    r"\b(date|dates|time|times|datetime|timestamp|start|started|end|ended|submitted|recorded|duration|seconds|datum"
    r"|uhrzeit|zeit|dauer|beginn|ende|interviewtime|lastpage)\b|date$|time$|datum$"
)
CLUSTERS = re.compile(
    r"\b(branch|branches|filiale|store|shop|gate|team|unit|hotel|location|standort|site|office|department|abteilung"
    r"|school|clinic|ward|restaurant|outlet|markt|airport|station|company|firm|firma|dealer|haendler|händler)\b"
)
ABOUT_PEOPLE = re.compile(
    r"\b(age|alter|gender|sex|geschlecht|income|einkommen|education|educat|bildung|schulabschluss|occupation|beruf|job|country|land"
    r"|county|state|region|city|stadt|ort|zip|plz|postcode|postal|nationality|language|lang|sprache|marital|household"
    r"|haushalt|ethnicity|race|hispanic|birth|geburt\w*|industry|branche|sector|segment|brand|marke|wave|welle|year|jahr|month"
    r"|monat|day|tag|weekday|wochentag|channel|kanal|product|produkt|contract|vertrag|tenure|status|destination|airline|flight"
    r"|purpose|method|device|browser|ip|ipaddress|latitude|longitude|email|name|phone|telefon|comment|comments"
    r"|kommentar|bemerkung|anmerkung|other|sonstiges|why|warum|com|county|home|strata|provider|servicetype|quartal|quarter)\b"
)


COMMENTS = re.compile(
    r"\b(comments?|suggestions?|remarks?|anything else|improve|open ended|please specify|tell us|in your own words"
    r"|kommentare?|anmerkung(en)?|bemerkung(en)?|sonst noch|besser machen|verbessern|verbesserung\w*|anregung(en)?"
    r"|vorschl\w+|bitte angeben|freitext|why|warum|weshalb)\b"
)
ASKED_OF_PEOPLE = re.compile(
    r"^(how old|what is your (age|gender|sex|income)|your (age|gender|sex|income)|in which (year|country|region|city)"
    r"|where do you live|what (gender|sex)|wie alt|ihr (alter|geschlecht|einkommen|wohnort)|in welche[mnrs]"
    r"|wo wohnen|respondent number|age\b|gender\b|alter\b|geschlecht\b|brand\b|branch\b)"
)
FIRST = 20  # texts that are looked at
SHORT = 2  # a question of so few words is a name


def is_about_people(seen: SeenColumn) -> bool:
    """Whether a column speaks of the respondent, the place or the interview by its name: age, country, language.

    >>> is_about_people(SeenColumn("Q20Age", "")), is_about_people(SeenColumn("sat1", "How satisfied are you?"))
    (True, False)
    """
    patterns = (ABOUT_PEOPLE, IDS, TIMES, CLUSTERS, WEIGHTS)
    short = folded(seen.wording) if len(seen.wording.split()) <= SHORT else ""
    named = any(pattern.search(text) for pattern in patterns for text in (spread(seen.code), short))
    return named or bool(ASKED_OF_PEOPLE.search(folded(seen.wording)))


def field_role(seen: SeenColumn) -> tuple[Role, str]:
    """The role of a column that is no item, and why.

    >>> field_role(SeenColumn("weight", "", codes=pd.Series([0.5, 1.5, 1.0, 1.0])))
    ('weight', 'its name says weight, and its numbers are positive')
    """
    name, filled = f"{spread(seen.code)} {folded(seen.wording)}", seen.cells.dropna()
    distinct, n = int(filled.nunique()), len(filled)
    codes = seen.codes.dropna() if seen.codes is not None else pd.Series(dtype=float)
    if WEIGHTS.search(name) and len(codes) and bool((codes >= 0).all()) and bool((codes > 0).any()):
        return "weight", "its name says weight, and its numbers are positive"
    if not n:
        return "other", "empty"
    mark = joined_by(filled.map(str)) if seen.texts and seen.texts != ("dates",) else ""
    if mark:
        return "other", f"several answers in one cell, joined by '{mark.strip()}'"
    dates = seen.texts == ("dates",) or bool(seen.texts and all(map(DATE.fullmatch, seen.texts[:FIRST])))
    if not dates and n > 1 and distinct >= UNIQUE * n and _may_be_id(seen, name, codes):
        return "id", "a value of its own for every respondent"
    if dates or TIMES.search(spread(seen.code)):
        return "other", "date or time"
    if CLUSTERS.search(name) and distinct > MOST_GROUPS and n >= PER_CLUSTER * distinct:
        return "cluster", f"{distinct} units with {n / distinct:.0f} respondents each"
    if seen.texts and COMMENTS.search(name):
        return "other", "comments in words"
    if 2 <= distinct <= MOST_GROUPS and n >= 2 * distinct:
        return "group", f"{distinct} categories"
    return "other", f"{distinct} distinct values"


def spread(code: str) -> str:
    """The words inside a column name, apart and in small letters.

    >>> spread("Q5TimesFlown"), spread("respondent_id")
    ('times flown', 'respondent id')
    """
    apart = re.sub(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])", " ", re.sub(r"[\d_\-./\[\]()]+", " ", code))
    words = [word for word in folded(apart).split() if len(word) > 1]
    return " ".join(words)


def _may_be_id(seen: SeenColumn, name: str, codes: pd.Series) -> bool:
    named = bool(IDS.search(name)) or seen.code.lower().rstrip("0123456789").endswith(("id", "nr", "num"))
    if not len(codes):
        return named or bool(re.fullmatch(r"\S{6,40}", str(seen.cells.dropna().iloc[0])))
    whole = bool((codes == codes.round()).all())
    counting = whole and bool(codes.sort_values().diff().dropna().eq(1).all())
    return whole and (named or counting)
