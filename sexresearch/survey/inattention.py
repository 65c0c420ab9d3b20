"""Signs that respondents did not read what they answered, as rows of the screening table."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from sexresearch.survey.calibration import DRAWN, Cutoff, beyond, cutoff, judged
from sexresearch.survey.careless import Floats
from sexresearch.survey.finding import Finding, about_rows
from sexresearch.survey.multivariate import squared_distances
from sexresearch.survey.respondents import RatingItems
from sexresearch.survey.twins import EXPECTED, close_pairs, expected_pairs, most_apart, near_twins
from sexresearch.survey.wording import counted

PER_ITEM = 2.0  # Huang et al. (2012): nobody reads and answers an item in less than two seconds
TWICE_AS_FAST = 2.0  # Leiner (2019): relative speed index from which answers are doubtful
FAR_BELOW = -2.0  # our convention: robust z of the logarithm of the duration, so that slow surveys flag nobody
ENOUGH_TIMES = 20  # durations from which their spread is known
TELLING_ITEMS = 6  # our convention: on fewer items, no index tells attentive from careless respondents
BY_CHANCE = "beyond what chance makes of anybody in 95 of 100 surveys (Bonferroni)"
BY_SIMULATION = "beyond a cut-off found by simulation"
CHANCE = 0.05  # that any attentive respondent at all is beyond the cut-off of D² (Bonferroni)
SURE = 0.99  # share of answers at random from which a cut-off of D² finds enough
CLEAR = 0.98  # share of them that a stricter one has to find
MOST = 0.05  # share of the survey beyond a cut-off that is believed
PRINTED = 0.001  # the smallest share that is printed as it is
FEW = 0.001  # share of attentive respondents that may count as nearly without variation: they may be content
DRAWN_TWINS = 1000
SECOND_SIGN = "drop only with a second sign of carelessness, such as the time taken"
CHECKS = {  # check, index, what the index is
    "person-total correlation": ("person_total", "correlation with the mean answers of all"),
    "psychometric synonyms": ("synonyms", "correlation over pairs of items that go together"),
    "psychometric antonyms": ("antonyms", "correlation, sign turned, over pairs of items that go apart"),
    "even-odd consistency": ("even_odd", "correlation of the halves of the constructs"),
}


def speeding(items: RatingItems, indices: pd.DataFrame, source: str) -> Iterator[Finding]:
    """Respondents who were faster than anybody reads, or than half the median and far below all others."""
    seconds, index = indices["duration"], indices["speed_index"]
    answered = items.given.notna().sum(axis=1)
    unread = (seconds < PER_ITEM * answered) & (answered >= TELLING_ITEMS)
    logs = np.log(seconds)
    spread = 1.4826 * (logs - logs.median()).abs().median()
    fast = (index > TWICE_AS_FAST) & ((logs - logs.median()) < FAR_BELOW * spread)
    flags = unread | (fast & (seconds.notna().sum() >= ENOUGH_TIMES))
    detail = (
        f"under {PER_ITEM:g} seconds per item, or under half of the median of {seconds.median():.0f} seconds and far "
        "below the others"
    )
    yield from about_rows("speeding", source, flags, detail, "drop the rows that show a second sign of carelessness")


def inconsistent(items: RatingItems, indices: pd.DataFrame) -> Iterator[Finding]:
    """Respondents whose answers do not go together as those of all others do."""
    if len(items.varying) < TELLING_ITEMS or items.simulated is None or items.moments is None:
        return
    attentive, random = items.indices(items.simulated.attentive), items.indices(items.simulated.random)
    yield from _outlying(items, indices)
    for check, (name, meaning) in CHECKS.items():
        sign = -1.0 if name == "antonyms" else 1.0
        limit = cutoff(sign * attentive[name], sign * random[name])
        flags = pd.Series(beyond(sign * indices[name].to_numpy(), limit), indices.index)
        yield from _by_cutoff(check, flags, limit, f"{meaning} below", "at random")


def _outlying(items: RatingItems, indices: pd.DataFrame) -> Iterator[Finding]:
    assert items.simulated is not None
    assert items.moments is not None
    attentive, random = (_log_tail(items, kind) for kind in (items.simulated.attentive, items.simulated.random))
    own = np.log(np.maximum(indices["d2_pvalue"].to_numpy(), np.finfo(float).tiny))
    bonferroni = float(np.log(CHANCE / max(1, len(own))))
    limit = _of_distances(own, attentive, random, bonferroni)
    flags = pd.Series(own < limit.value, indices.index)
    kind = BY_CHANCE if limit.value == bonferroni else BY_SIMULATION
    text = f"Mahalanobis D² {kind}, {below(float(np.exp(limit.value)))}"
    yield from _by_cutoff("outlying answers", flags, limit, text, "at random", number=False)


def below(p: float) -> str:
    """That p values are below a cut-off, to three decimals at the most.

    >>> below(3.3e-05), below(0.0064)
    ('p < .001', 'p < .007')
    """
    return f"p < {math.ceil(p * 1000) / 1000:.3f}".replace("0.", ".")


def _of_distances(own: Floats, attentive: Floats, random: Floats, bonferroni: float) -> Cutoff:
    """Bonferroni's cut-off; a looser one where it finds too few of those who answer at random.

    Where the survey's own distances have so long a tail that many would be beyond: a stricter one that answers at
    random exceed nearly all the same, or Bonferroni's in the place of a looser one.
    """
    strict = judged(bonferroni, attentive, random)
    if strict.careless >= SURE:
        many = (own < bonferroni).mean() > MOST
        return judged(min(bonferroni, float(np.quantile(random, CLEAR))), attentive, random) if many else strict
    loose = cutoff(attentive, random)
    return loose if loose and (own < loose.value).mean() <= MOST else strict


def _log_tail(items: RatingItems, given: Floats) -> Floats:
    """Logarithm of the p value of D² of drawn answers."""
    from_moments = items.moments
    assert from_moments is not None
    distance = squared_distances(given, *from_moments)
    return np.log(np.maximum(chdtrc((~np.isnan(given)).sum(axis=1), distance), np.finfo(float).tiny))


def little_variation(items: RatingItems, indices: pd.DataFrame, known: set[object]) -> Iterator[Finding]:
    """Respondents who gave nearly one answer throughout, beside those `known` to have given one in a run."""
    if len(items.varying) < TELLING_ITEMS or items.simulated is None:
        return
    attentive, straight = (items.indices(kind)["irv"] for kind in (items.simulated.attentive, items.simulated.straight))
    limit = cutoff(attentive, straight, share=FEW)
    flags = pd.Series(beyond(indices["irv"].to_numpy(), limit), indices.index)
    flags &= ~indices.index.isin(list(known))
    meaning = "standard deviation of the own answers below"
    yield from _by_cutoff("little variation", flags, limit, meaning, "nearly throughout the same")


def _by_cutoff(
    check: str, flags: pd.Series, limit: Cutoff | None, text: str, careless: str, number: bool = True
) -> Iterator[Finding]:
    if limit is None:
        return
    value = f" {limit.value:.2f}" if number else ""
    few = f"{limit.attentive:.1%}" if limit.attentive >= PRINTED else f"< {PRINTED:.1%}"
    shares = f", as are {few} of attentive answers and {limit.careless:.0%} of answers {careless}"
    yield from about_rows(check, "survey", flags, f"{text}{value}{shares * (limit.careless >= 0)}", SECOND_SIGN)


def twins(items: RatingItems, known: set[object]) -> Iterator[Finding]:
    """Respondents whose answers differ from those of an earlier one in fewer items than chance allows for."""
    if len(items.varying) < TELLING_ITEMS or items.simulated is None:
        return
    values, p = items.answers[:, items.varying], len(items.varying)
    accidental = close_pairs(items.simulated.attentive[:DRAWN_TWINS], p)
    made = min(DRAWN_TWINS, DRAWN)
    apart = most_apart(accidental, len(values), made, p)
    if apart < 0:
        return
    rows, apart = near_twins(values, apart)
    chance = float(expected_pairs(accidental, len(values), made)[apart])
    flags = pd.Series(False, items.given.index)
    flags.iloc[list(rows)] = True
    flags &= ~items.given.index.isin(list(known))
    detail = f"differs from an earlier row in at most {counted(apart, 'answer')} of {p}"
    detail += f"; about {counted(round(chance), 'such pair')} may be chance" if chance >= EXPECTED else ""
    yield from about_rows("near duplicate", "survey", flags, detail, "look whether an interview was copied")
