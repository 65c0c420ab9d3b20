"""Which construct each item belongs to: by its own words and name, and by the vote of its battery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sexresearch.survey.bank.content import BankConstruct
from sexresearch.survey.drafting.likeness import Likeness
from sexresearch.survey.drafting.ratings import RECORDS, SERVICE_ELEMENT, Rating

OWN = 0.5  # of the score of an item in a battery; the battery's mean has the rest
OTHER_SIDE = 0.6  # what likeness to questions for employees counts where the others are for customers, and vice versa;
# and likeness to ratings where the answers are a record
NEIGHBOUR = 0.25  # what a question gets of the scores of those beside it, where names tell of no battery
SILENT = 0.15  # a name with a lower score says nothing
STRANGE, NEARLY = 0.2, 0.95  # a question with a lower score is like none, and the share of it that one element gets
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Vote:
    """The construct an item is likeliest to belong to, and the second, each with its score."""

    first: BankConstruct
    score: float
    second: BankConstruct
    second_score: float


def construct_votes(items: Mapping[int, Rating], like: Likeness) -> dict[int, Vote]:
    """The vote for every item, by its place."""
    places = list(items)
    worded = np.array([bool(items[place].seen.wording) for place in places], dtype=bool)
    scores = one_side(_strange(like.scores[places], worded, like.constructs), like.constructs)
    batteries = [items[place].battery for place in places]
    for name in set(batteries) - {""}:
        rows = [row for row, other in enumerate(batteries) if other == name]
        if len(rows) > 1:
            scores[rows] = OWN * scores[rows] + (1 - OWN) * scores[rows].mean(axis=0)
    alone = [row for row, name in enumerate(batteries) if not name and items[places[row]].seen.wording]
    scores[alone] += NEIGHBOUR * _beside(scores, places, alone)
    unknown = [row for row, place in enumerate(places) if not items[place].seen.wording]
    scores[unknown] += _unknown(scores[unknown], like.constructs)
    records = np.array([items[place].record for place in places], dtype=bool)
    rated = np.array([part.construct.name not in RECORDS for part in like.constructs])
    scores = np.where(records[:, None] & rated, OTHER_SIDE * scores, scores)
    return {place: _vote(row, like.constructs) for place, row in zip(places, scores, strict=True)}


def _beside(scores: Array, places: list[int], rows: list[int]) -> Array:
    """The scores of the questions next to each row in the file, as questions on one thing mostly stand together."""
    nearest = np.zeros((len(rows), scores.shape[1]))
    for out, row in enumerate(rows):
        near = [other for other in (row - 1, row + 1) if other in rows and abs(places[other] - places[row]) == 1]
        if near:
            nearest[out] = scores[near].max(axis=0)
    return nearest


def _unknown(scores: Array, constructs: tuple[BankConstruct, ...]) -> Array:
    """What a rating without a question, whose name says nothing, gets: it is most often one element of the service."""
    silent = scores.max(axis=1) < SILENT
    usual = np.array([part.construct.name == SERVICE_ELEMENT for part in constructs])
    return np.where(silent[:, None] & usual, SILENT, 0.0) if len(scores) else scores


def _strange(scores: Array, worded: npt.NDArray[np.bool_], constructs: tuple[BankConstruct, ...]) -> Array:
    """The scores, where a question that is like none of the bank is held to be on one element of the service too."""
    usual = np.array([part.construct.name == SERVICE_ELEMENT for part in constructs])
    best = scores.max(axis=1, keepdims=True, initial=0.0)
    strange = (best < STRANGE) & worded[:, None] & usual
    return np.where(strange, np.maximum(scores, NEARLY * best), scores)


def one_side(scores: Array, constructs: tuple[BankConstruct, ...]) -> Array:
    """The scores with less weight for questions to those whom the file as a whole did not ask."""
    inside = np.array([{"employee", "manager"} & set(part.respondents) != set() for part in constructs])
    if not len(scores):
        return scores
    nearer_inside = scores[:, inside].max(axis=1).mean() > scores[:, ~inside].max(axis=1).mean()
    return np.where(inside == nearer_inside, scores, OTHER_SIDE * scores)


def _vote(scores: Array, constructs: tuple[BankConstruct, ...]) -> Vote:
    first, second = (int(place) for place in np.argsort(-scores, kind="stable")[:2])
    return Vote(constructs[first], float(scores[first]), constructs[second], float(scores[second]))
