"""Verdicts on means of clusters: do clusters differ, do people agree, is the mean reliable; by whose cut-off."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sexresearch.survey.levels.components import Components
from sexresearch.verdict import Verdict, against

WORDS = {
    "holds": "aggregation is justified",
    "doubtful": "aggregate with care",
    "fails": "do not aggregate",
}
LEBRETON = "LeBreton & Senter 2008"
BROWN = "Brown & Hauenstein 2005"
BURKE = "Burke & Dunlap 2002"
BLIESE = "Bliese 2000"
DIFFER = 0.05  # p of F from which on clusters cannot be told apart
SHARE = 0.05  # ICC(1) from which a group effect is worth a look; .01, .10, .25 are small, medium, large
RELIABLE = 0.70  # ICC(2) that means of clusters shall have
AGREE, WEAK = 0.70, 0.50  # r_wg: strong agreement above .70, weak up to .50
OWN, LEAST = 0.70, 0.60  # a_wg: acceptable from .70, unacceptable below .60


def verdicts_on(
    variance: Components | str, agreement: Mapping[str, float], answered: int | None, reasons: Mapping[str, str]
) -> tuple[Verdict, ...]:
    """F, ICC(1), ICC(2), r_wg, a_wg and average deviation, each held against its cut-off.

    variance : the analysis of variance, or why there is none. agreement : means over clusters, by name. answered :
    number of answers of the scale. reasons : why there is no agreement.

    >>> values = {"r_wg": 0.8, "a_wg": 0.75, "deviation": 0.5}
    >>> [verdict.outcome for verdict in verdicts_on(Components(40, 10, 4, 4, 9.0, 1.5), values, 5, {})]
    ['holds', 'holds', 'holds', 'holds', 'holds', 'holds']
    """
    return (*_apart(variance), *_alike(agreement, answered, reasons.get("agreement", "")))


def _apart(variance: Components | str) -> tuple[Verdict, ...]:
    if isinstance(variance, str):
        return (
            Verdict("not_computable", "ICC(1)", reason=variance),
            Verdict("not_computable", "ICC(2)", reason=variance),
        )
    reason = "" if variance.icc2 >= RELIABLE else "means carry who happened to answer"
    tested = (
        against("F", variance.f, variance.critical_f(1 - DIFFER), BLIESE, strict=True, fails=math.inf)
        if variance.within > 0
        else Verdict("holds", "F", reason="all answers of a cluster are alike", source=BLIESE)
    )
    return (
        tested,
        against("ICC(1)", variance.icc1, SHARE, LEBRETON, fails=0.0),
        against("ICC(2)", variance.icc2, RELIABLE, LEBRETON, reason=reason),
    )


def _alike(agreement: Mapping[str, float], answered: int | None, why: str) -> tuple[Verdict, ...]:
    if math.isnan(agreement["r_wg"]):
        return (Verdict("not_computable", "r_wg", reason=why),)
    return (
        against("r_wg", agreement["r_wg"], AGREE, LEBRETON, fails=WEAK),
        against("a_wg", agreement["a_wg"], OWN, BROWN, fails=LEAST, because="means lie at the ends of the scale"),
        against("average deviation", agreement["deviation"], (answered or 0) / 6, BURKE, side="most"),
    )
