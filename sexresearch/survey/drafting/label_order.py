"""The order of answers given as words: how far towards yes, much or good a label points, in English and German."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise

from sexresearch.survey.spelling import folded

TOP, FULL, MOSTLY, PLAIN, WEAK = 3.5, 3.0, 2.5, 2.0, 1.0
ALONE = {  # labels whose place does not follow from their parts
    **dict.fromkeys(("never", "nie", "niemals", "not at all", "gar nicht", "überhaupt nicht", "none"), -FULL),
    **dict.fromkeys(("rarely", "seldom", "selten", "hardly", "kaum", "slightly", "a little", "wenig", "below"), -PLAIN),
    **dict.fromkeys(("sometimes", "manchmal", "gelegentlich", "occasionally", "moderately", "about the same"), 0.0),
    **dict.fromkeys(("often", "frequently", "oft", "häufig", "very", "sehr", "a lot", "viel", "above"), PLAIN),
    **dict.fromkeys(("usually", "mostly", "meistens", "mostly true"), MOSTLY),
    **dict.fromkeys(("always", "immer", "extremely", "äußerst", "voll und ganz", "completely", "völlig"), FULL),
    **dict.fromkeys(("befriedigend", "satisfactory", "acceptable", "adequate", "okay", "ok"), 0.5),
    **dict.fromkeys(("ausreichend", "sufficient"), -WEAK),
    **dict.fromkeys(("ungenügend", "unacceptable", "terrible", "awful", "horrible"), -TOP),
    **dict.fromkeys(("outstanding", "hervorragend", "excellent", "ausgezeichnet", "exzellent"), TOP),
    **dict.fromkeys(("no", "nein", "false", "falsch"), -FULL),
    **dict.fromkeys(("yes", "ja", "true", "wahr"), FULL),
}
NEUTRAL = re.compile(
    r"neither|neutral|undecided|\bteils\b|weder|unentschieden|average|durchschnitt|mittel|\bfair\b|partly"
)
NEGATIVE = re.compile(
    r"disagree|dissatisf|unzufrieden|unlikely|unwahrsch|unimportant|unwichtig|\bpoor|\bbad\b|schlecht|mangelhaft"
    r"|worse|difficult|schwierig|schwer|unhappy|\blow\b|niedrig|ablehn|\bwrong|dirty"
)
POSITIVE = re.compile(
    r"agree|satisf|zufrieden|likely|wahrsch|important|wichtig|\bgood|\bgut|better|besser|\beasy|leicht|einfach|happy"
    r"|\bhigh\b|\bhoch\b|stimm\w* .*zu|trifft .*zu|zutreffend|zustimm|\btrue\b|clean"
)
DENIED = re.compile(r"\bnot\b|\bnicht\b|\bkein|n't\b")
STRONG = re.compile(
    r"\bvery|strongly|completely|totally|fully|extremely|absolutely|entirely|at all|much|sehr|voll|völlig"
)
STRONG_GERMAN = re.compile(r"überhaupt|\bgar\b|äußerst|absolut|ganz|viel")
LARGELY = re.compile(r"mostly|largely|größtenteils|überwiegend|weitgehend")
SLIGHT = re.compile(r"somewhat|slightly|rather|tend|\beher|etwas|a little|moderately|\bbit\b|fairly|ziemlich|not very")


def label_rank(label: str) -> float | None:
    """How far a label points to yes, from -3 to 3; None where that cannot be told.

    >>> [label_rank(text) for text in ("Strongly disagree", "stimme eher zu", "Neither agree nor disagree", "Berlin")]
    [-3.0, 1.0, 0.0, None]
    """
    text = folded(label).strip(" .!")
    if text in ALONE:
        return ALONE[text]
    if NEUTRAL.search(text):
        return 0.0
    negative, positive = bool(NEGATIVE.search(text)), bool(POSITIVE.search(text))
    if not negative and not positive:
        return None
    sign = -1.0 if negative else 1.0
    return (-sign if DENIED.search(text) else sign) * _strength(text)


def ordered_labels(labels: Collection[str]) -> list[str] | None:
    """The labels from lowest to highest; None where one of them has no place, or two share one.

    >>> ordered_labels(["agree", "disagree", "neutral"]), ordered_labels(["Oslo", "Bern"])
    (['disagree', 'neutral', 'agree'], None)
    """
    ranks = {label: label_rank(label) for label in labels}
    known = {label: rank for label, rank in ranks.items() if rank is not None}
    if len(known) < len(ranks) or len(set(known.values())) < len(known) or len(known) < 2:
        return None
    return sorted(known, key=lambda label: known[label])


def disordered(labels: Collection[tuple[float, str]]) -> tuple[str, str] | None:
    """Two neighbouring labels that break the order of the others; None where labels rise or fall as a whole.

    >>> disordered([(1, "disagree"), (2, "agree"), (3, "neutral")])
    ('agree', 'neutral')
    """
    ranked = [(text, rank) for _, text in sorted(labels) if (rank := label_rank(text)) is not None]
    steps = [(one, two, after - before) for (one, before), (two, after) in pairwise(ranked)]
    falls = [(one, two) for one, two, step in steps if step < 0]
    rises = [(one, two) for one, two, step in steps if step > 0]
    if not falls or not rises:
        return None
    return falls[0] if len(falls) <= len(rises) else rises[0]


def _strength(text: str) -> float:
    if SLIGHT.search(text):
        return WEAK
    if LARGELY.search(text):
        return MOSTLY
    return FULL if STRONG.search(text) or STRONG_GERMAN.search(text) else PLAIN
