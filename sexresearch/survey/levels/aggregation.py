"""May means of clusters stand for what people answered? One row of statistics per item and construct of a source."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sexresearch.survey.levels.advice import WORDS, verdicts_on
from sexresearch.survey.levels.agreement import (
    a_wg,
    r_wg,
    r_wg_j,
    skewed_variance,
    spread,
    uniform_variance,
)
from sexresearch.survey.levels.components import Codes, Components, Floats, components
from sexresearch.survey.levels.people import People, Variable, answers_to, person_means
from sexresearch.survey.wording import counted
from sexresearch.verdict import Verdict, gravest, prose

AGREED = 0.70
OF_VARIANCE = ["cluster_size", "icc1", "icc1_ci_lower", "icc1_ci_upper", "icc2", "f", "df1", "df2", "pvalue"]
OF_VARIANCE += ["design_effect", "error_variance"]
OF_AGREEMENT = ["r_wg", "r_wg_median", "r_wg_share", "r_wg_skewed", "a_wg", "deviation"]
COLUMNS = ["source", "variable", "kind", "items", "n", "clusters", *OF_VARIANCE, *OF_AGREEMENT]
COLUMNS += ["outcome", "verdict", "note"]


@dataclass(frozen=True, eq=False)
class Agreement:
    """Of every cluster: answers, mean, r_wg (uniform and skewed null), a_wg, average deviation; NaN where unknown."""

    n: Floats
    mean: Floats
    uniform: Floats
    skewed: Floats
    own: Floats
    deviation: Floats


@dataclass(frozen=True, eq=False)
class Judged:
    """One item or construct of a source: its analysis of variance, or why there is none, agreement, and verdicts."""

    source: str
    asked: Variable
    found: Components | str
    agreement: Agreement
    verdicts: tuple[Verdict, ...]


def judged(people: People, asked: Variable, codes: Codes, clusters: int) -> Judged:
    """The statistics of one item or construct, from rows in clusters 0, 1, … (n,)."""
    answers = answers_to(people, asked.items)
    agreement = _agreement(answers, asked, codes, clusters)
    found: Components | str = components(person_means(answers), codes)
    if asked.several_scales:
        found = asked.why
    answered = asked.scale[2] if asked.scale else None
    reasons = {"agreement": asked.why or "no cluster has two answers"}
    verdicts = verdicts_on(found, _summary(agreement), answered, reasons)
    return Judged(people.name, asked, found, agreement, verdicts)


def _agreement(answers: Floats, asked: Variable, codes: Codes, clusters: int) -> Agreement:
    """Of a construct by the means of its items' variances, deviations and a_wg (r_wg(j), AD(j), a_wg(j))."""
    spreads = [spread(answers[:, place], codes, clusters) for place in range(answers.shape[1])]
    whole = spreads[0] if len(spreads) == 1 else spread(person_means(answers), codes, clusters)
    deviation = _mean([each.deviation for each in spreads])
    if asked.scale is None:
        unknown = np.full(clusters, np.nan)
        return Agreement(whole.n, whole.mean, unknown, unknown, unknown, deviation)
    lowest, highest, answered = asked.scale
    variance, number = _mean([each.variance for each in spreads]), len(spreads)
    uniform, skewed = uniform_variance(answered), skewed_variance(answered)
    own = _mean([a_wg(each, lowest, highest) for each in spreads])
    return Agreement(whole.n, whole.mean, _r(variance, number, uniform), _r(variance, number, skewed), own, deviation)


def _r(variance: Floats, items: int, chance: float) -> Floats:
    return r_wg(variance, chance) if items == 1 else r_wg_j(variance, items, chance)


def _mean(parts: list[Floats]) -> Floats:
    """Mean over the items for every cluster, over those that are known."""
    return person_means(np.column_stack(parts))


def _summary(agreement: Agreement) -> dict[str, float]:
    """What the clusters show together: means; of r_wg also the median, and the share that reaches the cut-off."""
    known = agreement.uniform[~np.isnan(agreement.uniform)]
    return {
        "r_wg": _average(agreement.uniform),
        "r_wg_median": float(np.median(known)) if len(known) else math.nan,
        "r_wg_share": float((known >= AGREED).mean()) if len(known) else math.nan,
        "r_wg_skewed": _average(agreement.skewed),
        "a_wg": _average(agreement.own),
        "deviation": _average(agreement.deviation),
    }


def _average(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def row_of(judged: Judged) -> dict[str, object]:
    """The row of `COLUMNS` of one item or construct."""
    asked, found = judged.asked, judged.found
    row: dict[str, object] = {"source": judged.source, "variable": asked.name}
    row |= {"kind": "construct" if asked.construct else "item", "items": len(asked.items)}
    row |= _summary(judged.agreement) | {"outcome": gravest(judged.verdicts), "verdict": prose(judged.verdicts, WORDS)}
    row["note"] = "; ".join(dict.fromkeys(_notes(judged)))
    return row | (_no_variance(judged) if isinstance(found, str) else _of_variance(found))


def _of_variance(found: Components) -> dict[str, object]:
    lower, upper = found.icc1_interval()
    test = {"f": found.f, "df1": found.df[0], "df2": found.df[1], "pvalue": found.pvalue}
    share = {"icc1": found.icc1, "icc1_ci_lower": lower, "icc1_ci_upper": upper, "icc2": found.icc2}
    size: dict[str, object] = {"n": found.n, "clusters": found.clusters, "cluster_size": found.size}
    return size | share | test | {"design_effect": found.design_effect, "error_variance": found.error}


def _no_variance(judged: Judged) -> dict[str, object]:
    n, row = judged.agreement.n, dict[str, object](dict.fromkeys(OF_VARIANCE, math.nan))
    return row | {"n": int(n.sum()), "clusters": int((n > 0).sum())}


def _notes(judged: Judged) -> list[str]:
    """What to know before the row is read."""
    found, asked, n = judged.found, judged.asked, judged.agreement.n
    said = []
    if isinstance(found, str):
        said.append(f"ICC not computable: {found}")
    elif not found.within > 0:
        said.append("F not computable: everyone answers as the others of the same cluster")
    elif found.icc1 < 0:
        said.append("clusters differ less than chance would make them: ICC(1) is below 0")
    if asked.why and asked.why != found:
        said.append(f"r_wg and a_wg not computable: {asked.why}")
    elif asked.scale is not None and math.isnan(skewed_variance(asked.scale[2])):
        said.append(f"no skewed null published for {asked.scale[2]} answers")
    alone = int((n == 1).sum())
    if alone:
        said.append(f"{counted(alone, 'cluster')} of {int((n > 0).sum())} with a single answer: no r_wg and a_wg there")
    unknown = int((np.isnan(judged.agreement.own) & (n > 1)).sum())
    if asked.scale is not None and unknown:
        said.append(f"{counted(unknown, 'cluster')} without a_wg: the mean is too near to an end of the scale")
    return said
