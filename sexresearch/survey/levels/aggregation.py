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
class VariableJudgement:
    """One item or construct of a source: its analysis of variance, or why there is none, agreement, and verdicts."""

    source: str
    variable: Variable
    variance: Components | str
    agreement: Agreement
    verdicts: tuple[Verdict, ...]


def judged(people: People, variable: Variable, codes: Codes, clusters: int) -> VariableJudgement:
    """The statistics of one item or construct, from rows in clusters 0, 1, … (n,)."""
    answers = answers_to(people, variable.items)
    agreement = _agreement(answers, variable, codes, clusters)
    variance: Components | str = components(person_means(answers), codes)
    if variable.several_scales:
        variance = variable.why
    answered = variable.scale[2] if variable.scale else None
    reasons = {"agreement": variable.why or "no cluster has two answers"}
    verdicts = verdicts_on(variance, _summary(agreement), answered, reasons)
    return VariableJudgement(people.name, variable, variance, agreement, verdicts)


def _agreement(answers: Floats, variable: Variable, codes: Codes, clusters: int) -> Agreement:
    """Of a construct by the means of its items' variances, deviations and a_wg (r_wg(j), AD(j), a_wg(j))."""
    spreads = [spread(answers[:, place], codes, clusters) for place in range(answers.shape[1])]
    whole = spreads[0] if len(spreads) == 1 else spread(person_means(answers), codes, clusters)
    deviation = _mean([each.deviation for each in spreads])
    if variable.scale is None:
        unknown = np.full(clusters, np.nan)
        return Agreement(whole.n, whole.mean, unknown, unknown, unknown, deviation)
    lowest, highest, answered = variable.scale
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


def row_of(judged: VariableJudgement) -> dict[str, object]:
    """The row of `COLUMNS` of one item or construct."""
    variable, variance = judged.variable, judged.variance
    row: dict[str, object] = {"source": judged.source, "variable": variable.name}
    row |= {"kind": "construct" if variable.construct else "item", "items": len(variable.items)}
    row |= _summary(judged.agreement) | {"outcome": gravest(judged.verdicts), "verdict": prose(judged.verdicts, WORDS)}
    row["note"] = "; ".join(dict.fromkeys(_notes(judged)))
    return row | (_no_variance(judged) if isinstance(variance, str) else _of_variance(variance))


def _of_variance(variance: Components) -> dict[str, object]:
    lower, upper = variance.icc1_interval()
    test = {"f": variance.f, "df1": variance.df[0], "df2": variance.df[1], "pvalue": variance.pvalue}
    share = {"icc1": variance.icc1, "icc1_ci_lower": lower, "icc1_ci_upper": upper, "icc2": variance.icc2}
    size: dict[str, object] = {"n": variance.n, "clusters": variance.clusters, "cluster_size": variance.size}
    return size | share | test | {"design_effect": variance.design_effect, "error_variance": variance.error}


def _no_variance(judged: VariableJudgement) -> dict[str, object]:
    n, row = judged.agreement.n, dict[str, object](dict.fromkeys(OF_VARIANCE, math.nan))
    return row | {"n": int(n.sum()), "clusters": int((n > 0).sum())}


def _notes(judged: VariableJudgement) -> list[str]:
    """What to know before the row is read."""
    variance, variable, n = judged.variance, judged.variable, judged.agreement.n
    notes = []
    if isinstance(variance, str):
        notes.append(f"ICC not computable: {variance}")
    elif not variance.within > 0:
        notes.append("F not computable: everyone answers as the others of the same cluster")
    elif variance.icc1 < 0:
        notes.append("clusters differ less than chance would make them: ICC(1) is below 0")
    if variable.why and variable.why != variance:
        notes.append(f"r_wg and a_wg not computable: {variable.why}")
    elif variable.scale is not None and math.isnan(skewed_variance(variable.scale[2])):
        notes.append(f"no skewed null published for {variable.scale[2]} answers")
    alone = int((n == 1).sum())
    if alone:
        notes.append(
            f"{counted(alone, 'cluster')} of {int((n > 0).sum())} with a single answer: no r_wg and a_wg there"
        )
    unknown = int((np.isnan(judged.agreement.own) & (n > 1)).sum())
    if variable.scale is not None and unknown:
        notes.append(f"{counted(unknown, 'cluster')} without a_wg: the mean is too near to an end of the scale")
    return notes
