"""Which columns of a survey a figure rests on: by their place in the standard, scale and wording, or as named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sexresearch.errors import DataError
from sexresearch.survey.parts import Item
from sexresearch.survey.spelling import folded
from sexresearch.survey.survey import Survey

RECOMMEND = re.compile(r"recommend|empfehl|recomm?end|raccomand|aanbevelen|\bnps\b")
EFFORT = re.compile(
    r"how much effort|effort (?:did|do|it took|you had)|\bces\d*\b|ma(?:de|kes?) it easy|easy .*to (?:handle|re?solve)"
    r"|wie ?viel (?:mühe|aufwand)|(?:leicht|einfach) gemacht|machte?n? es (?:mir|ihnen) (?:leicht|einfach)"
)
RETAINED = re.compile(r"retain|still a customer|noch kund|geblieben|stayed|kept as")
CHURN = re.compile(r"churn|cancel|gekündigt|abgewander|lost customer|has left|kündigung")
YES, NO = {"1", "yes", "ja", "true", "y", "oui", "si", "sí"}, {"0", "no", "nein", "false", "n", "non"}
RATING = (3, 11)
NPS_ENDS = (0.0, 10.0)
NEEDED = {
    "NPS": "no item asks for a recommendation on 0 to 10: name it, recommend=...",
    "satisfaction": "no construct stands at the node satisfaction: name its items, satisfaction=...",
    "CES": "no item asks for the effort it took: name it, effort=...",
    "delight rate": "no construct stands at the node delight: name its items, delight=...",
    "churn": "no record says who left: name its column, churn=... or retained=...",
    "amount": "no record of success is a number: name its columns, amounts=...",
}


@dataclass(frozen=True)
class KpiMeasure:
    """One figure: its name, the columns behind it, one value per respondent (NaN where none), and what these are.

    kind is "nps" (1, 0, -1), "share" (0 or 1) or "mean". `note` is said beside the figure; where `answers` is None it
    says why there is no figure. reach : lowest and highest answer, where what they are decides on the figure.
    least : what the mean answer to several items has to reach to count as 1, where that is the figure.
    """

    kpi: str
    item: str
    kind: str
    unit: str
    answers: pd.Series | None
    note: str = ""
    reach: tuple[float, float] = (np.inf, -np.inf)
    least: float | None = None


def missing_measure(kpi: str, item: str, note: str) -> KpiMeasure:
    """A figure that cannot be computed, with the reason."""
    return KpiMeasure(kpi, item, "mean", "", None, note)


def measures_of(
    survey: Survey,
    recommend: str | None = None,
    effort: str | None = None,
    gone: tuple[str | None, str | None] = (None, None),
    satisfaction: Sequence[str] | None = None,
    delight: Sequence[str] | None = None,
    amounts: Sequence[str] | None = None,
) -> list[KpiMeasure]:
    """All figures in their order; those that are not there with the reason. gone : columns of churned and retained."""
    return [
        *(net_promoters(survey, recommend), *boxes(survey, satisfaction), customer_effort(survey, effort)),
        *(delighted(survey, delight), churned(survey, *gone), *amounts_of(survey, amounts)),
    ]


def numbers(survey: Survey, name: str, option: str) -> pd.Series:
    """A column as numbers; DataError, naming the option, where it is not there or holds no number."""
    answers = survey.answers
    if name not in answers.columns:
        raise DataError(f"{option}: {survey.source.name} has no column '{name}'")
    values = pd.to_numeric(answers[name], errors="coerce").astype(float)
    if answers[name].notna().any() and not values.notna().any():
        raise DataError(f"{option}: the column '{name}' of {survey.source.name} holds no numbers")
    return values.where(np.isfinite(values))


def net_promoters(survey: Survey, recommend: str | None) -> KpiMeasure:
    """Promoters (9, 10), passives (7, 8), detractors (0 to 6) of the item that asks for a recommendation."""
    item = _question(survey, RECOMMEND, "loyalty") if recommend is None else None
    name = recommend or (item.name if item else "")
    if not name:
        return missing_measure("NPS", "", NEEDED["NPS"])
    values = numbers(survey, name, "recommend")
    scale, reach = _scale(survey, name), (float(values.min()), float(values.max()))
    off = scale != NPS_ENDS if scale else not (reach[0] >= NPS_ENDS[0] and reach[1] <= NPS_ENDS[1])
    if values.notna().any() and off:
        missing = missing_measure("NPS", name, off_nps(scale or reach))
        return missing if scale else replace(missing, reach=reach)
    classes = np.select([values >= 9, values >= 7, values.notna()], [1.0, 0.0, -1.0], default=np.nan)
    known = (np.inf, -np.inf) if scale or not values.notna().any() else reach
    return KpiMeasure("NPS", name, "nps", "points, -100 to 100", pd.Series(classes, values.index), "", known)


def off_nps(ends: tuple[float, float]) -> str:
    """Why answers from one end to the other are none of the NPS.

    >>> off_nps((1.0, 7.0))
    'answered on 1 to 7; the NPS takes 0 to 10'
    """
    return f"answered on {ends[0]:g} to {ends[1]:g}; the NPS takes 0 to 10"


def boxes(survey: Survey, satisfaction: Sequence[str] | None) -> list[KpiMeasure]:
    """Top-2-box, bottom-2-box and mean of each item of satisfaction."""
    names = _named(survey, satisfaction, ("satisfaction",), "satisfaction")
    if not names:
        return [missing_measure(kpi, "", NEEDED["satisfaction"]) for kpi in ("top-2-box", "bottom-2-box", "mean")]
    out = []
    for name in names:
        values, ends = numbers(survey, name, "satisfaction"), _scale(survey, name)
        if ends is None or not ends[1] - ends[0] >= RATING[0]:
            reason = (
                "top and bottom answers overlap or are not known: the instrument gives no scale of four answers or more"
            )
            out += [missing_measure(kpi, name, reason) for kpi in ("top-2-box", "bottom-2-box")]
        else:
            top, bottom = (_where(values, flags) for flags in (values >= ends[1] - 1, values <= ends[0] + 1))
            out += [
                KpiMeasure("top-2-box", name, "share", "share", top),
                KpiMeasure("bottom-2-box", name, "share", "share", bottom),
            ]
        out.append(KpiMeasure("mean", name, "mean", _points(ends), values))
    return out


def customer_effort(survey: Survey, effort: str | None) -> KpiMeasure:
    """The mean answer on how easy it was (customer effort score; Dixon, Freeman & Toman 2010)."""
    item = _question(survey, EFFORT, None) if effort is None else None
    name = effort or (item.name if item else "")
    if not name:
        return missing_measure("CES", "", NEEDED["CES"])
    return KpiMeasure("CES", name, "mean", _points(_scale(survey, name)), numbers(survey, name, "effort"))


def delighted(survey: Survey, delight: Sequence[str] | None) -> KpiMeasure:
    """Respondents whose mean answer to the items of delight is among the two highest answers."""
    names = _named(survey, delight, ("delight",), "delight")
    note = ""
    if not names and delight is None:
        names, note = (
            _named(survey, None, ("valued", "exceeded"), "delight"),
            "from its two routes, valued and exceeded",
        )
    if not names:
        return missing_measure("delight rate", "", NEEDED["delight rate"])
    ends = {_scale(survey, name) for name in names}
    end = ends.pop()
    if ends or end is None or not np.isfinite(end[1]):
        return missing_measure("delight rate", ", ".join(names), "its items share no scale that the instrument gives")
    mean = pd.concat([numbers(survey, name, "delight") for name in names], axis=1).mean(axis=1)
    least = end[1] - 1
    share = _where(mean, mean >= least)
    return KpiMeasure("delight rate", ", ".join(names), "share", "share", share, note, least=least)


def churned(survey: Survey, churn: str | None, retained: str | None) -> KpiMeasure:
    """Customers who left, from a record that says who did or who stayed."""
    if churn is not None and retained is not None:
        raise DataError("churn and retained say the same thing twice: name one column")
    name, left = churn or retained, churn is not None
    if name is None:
        recorded = _recorded(survey)
        if recorded is None:
            return missing_measure("churn", "", NEEDED["churn"])
        name, left = recorded
    elif name not in survey.answers.columns:
        raise DataError(f"{'churn' if left else 'retained'}: {survey.source.name} has no column '{name}'")
    values = survey.answers[name].map(_yes_or_no).astype(float)
    wrong = survey.answers[name][values.isna() & survey.answers[name].notna()].unique()
    if len(wrong):
        return missing_measure("churn", name, f"takes 0 and 1 or yes and no; found {wrong[0]!r}")
    return KpiMeasure("churn", name, "share", "share", values if left else 1 - values)


def amounts_of(survey: Survey, amounts: Sequence[str] | None) -> list[KpiMeasure]:
    """Records of success as they are: money stays money."""
    if amounts is None:
        names = [
            item.name
            for construct in (survey.instrument.constructs if survey.instrument else ())
            if construct.node == "success"
            for item in construct.items
            if item.scale.categories is None or item.scale.categories > RATING[1]
        ]
    else:
        names = list(amounts)
    if not names:
        return [missing_measure("amount", "", NEEDED["amount"])]
    return [KpiMeasure("amount", name, "mean", "as recorded", numbers(survey, name, "amounts")) for name in names]


def _named(survey: Survey, given: Sequence[str] | None, nodes: tuple[str, ...], option: str) -> list[str]:
    if given is not None:
        names = [given] if isinstance(given, str) else list(given)
        for name in names:
            numbers(survey, name, option)
        return names
    constructs = survey.instrument.constructs if survey.instrument else ()
    return [i.name for c in constructs if c.node in nodes for i in c.items if RATING[0] <= (i.scale.categories or 0)]


def _question(survey: Survey, words: re.Pattern[str], node: str | None) -> Item | None:
    """The rating item whose wording asks customers for it, one on 0 to 10 before others; None where there is none.

    Where a `node` is named, items on another scale have to be of its constructs, and none is of success, which counts
    what customers did: how often they recommended is no answer to how likely they will.
    """
    constructs = survey.instrument.constructs if survey.instrument else ()
    candidates = [
        item
        for construct in constructs
        for item in construct.items
        if words.search(f"{folded(item.wording)} {folded(item.name)}")
        and RATING[0] <= (item.scale.categories or 0) <= RATING[1]
        and item.respondent in ("", "customer")
        and (node in (None, construct.node) or (_ends(item) == NPS_ENDS and construct.node != "success"))
    ]
    return min(candidates, key=lambda item: _ends(item) != NPS_ENDS, default=None)


def _ends(item: Item) -> tuple[float, float]:
    return float(item.scale.lowest), float(item.scale.highest)


def _recorded(survey: Survey) -> tuple[str, bool] | None:
    """The column that records who left (True) or who stayed (False)."""
    texts: list[tuple[str, str]] = []
    if survey.instrument is not None:
        texts += [(i.name, i.wording) for i in survey.instrument.items if i.scale.categories == 2]
        texts += [(field.name, field.label) for field in survey.instrument.fields if field.role == "other"]
    texts += [(str(name), "") for name in survey.extra]
    for name, text in texts:
        header = folded(f"{name} {text}")
        if RETAINED.search(header) or CHURN.search(header):
            return name, not RETAINED.search(header)
    return None


def _yes_or_no(value: object) -> float:
    if pd.isna(value):
        return np.nan
    text = folded(f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value))
    return 1.0 if text in YES else 0.0 if text in NO else np.nan


def _scale(survey: Survey, name: str) -> tuple[float, float] | None:
    for item in survey.instrument.items if survey.instrument else ():
        if item.name == name:
            return _ends(item)
    return None


def _points(ends: tuple[float, float] | None) -> str:
    return "points" if ends is None else f"points, {ends[0]:g} to {ends[1]:g}"


def _where(values: pd.Series, flags: pd.Series) -> pd.Series:
    return flags.astype(float).where(values.notna())
