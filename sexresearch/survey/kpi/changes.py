"""How the figures that managers follow change from wave to wave, with limits of each change."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd

from sexresearch.survey.kpi.columns_needed import KpiMeasure, measures_of
from sexresearch.survey.kpi.estimates import Floats
from sexresearch.survey.kpi.kpis import design_of, kpis
from sexresearch.survey.survey import Survey

COLUMNS = ["kpi", "item", "group", "against", "est", "ci_lower", "ci_upper"]
COLUMNS += ["est_against", "against_ci_lower", "against_ci_upper"]
COLUMNS += ["kpi_change", "kpi_change_ci_lower", "kpi_change_ci_upper", "unit", "note"]


def kpi_changes(survey: Survey, column: str) -> pd.DataFrame:
    """What changed between each wave of the `column` and the one before it, in the order of the rows.

    kpi, item, group (the later wave), against (the earlier one), est and est_against with their limits, kpi_change with
    its limits, unit, note. Figures that one of two waves lacks are left out. Clusters, or else respondents with an id,
    that are in both waves make the two go together, which is allowed for.

    >>> from sexresearch.survey import join_waves
    >>> first, then = (Survey.from_frame(pd.DataFrame({"nps": [low] * 50 + [10] * 50})) for low in (0, 8))
    >>> kpi_changes(join_waves({"2025": first, "2026": then}), "wave")["kpi"].tolist()
    []
    """
    waves = list(dict.fromkeys(map(str, survey.answers[column].dropna())))
    levels, rows = kpis(survey, column), []
    for measure in measures_of(survey):
        own = levels[(levels["kpi"] == measure.kpi) & (levels["item"] == measure.item)].set_index("segment")
        known = [wave for wave in waves if wave in own.index and not math.isnan(own["est"][wave])]
        for earlier, later in pairwise(known):
            together = correlation(survey, column, measure, (earlier, later))
            rows.append(_change(own.loc[later], own.loc[earlier], together))
    return pd.DataFrame(rows, columns=COLUMNS)


def _change(later: pd.Series, earlier: pd.Series, together: float) -> dict[str, object]:
    limits = ["est", "ci_lower", "ci_upper"]
    now, was = (tuple(map(float, row[limits])) for row in (later, earlier))
    lower, upper = difference_limits(now, was, together)
    names = {"kpi": later["kpi"], "item": later["item"], "group": later.name, "against": earlier.name}
    levels = {**dict(zip(limits, now, strict=True)), "est_against": was[0]}
    levels |= {"against_ci_lower": was[1], "against_ci_upper": was[2], "kpi_change": now[0] - was[0]}
    change = {"kpi_change_ci_lower": lower, "kpi_change_ci_upper": upper, "unit": later["unit"]}
    return names | levels | change | {"note": "; ".join(dict.fromkeys(filter(None, [earlier["note"], later["note"]])))}


def difference_limits(one: tuple[float, ...], other: tuple[float, ...], together: float = 0.0) -> tuple[float, float]:
    """Limits of one estimate less another, from (estimate, lower, upper) of each and the correlation of the two.

    The distances a and b to the limits are put together as a² + b² - 2 r a b: Zou (2007),
    doi:10.1037/1082-989X.12.4.399; Zou & Donner (2008), doi:10.1002/sim.3095. Of shares drawn apart, with Wilson's
    limits, this is Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

    >>> difference_limits((5.0, 2.0, 8.0), (1.0, -3.0, 5.0))
    (-1.0, 9.0)
    """
    (a, a_lower, a_upper), (b, b_lower, b_upper) = one, other
    return a - b - _beside(a - a_lower, b_upper - b, together), a - b + _beside(a_upper - a, b - b_lower, together)


def _beside(one: float, other: float, together: float) -> float:
    return math.sqrt(max(one**2 + other**2 - 2.0 * together * one * other, 0.0))


def correlation(survey: Survey, column: str, measure: KpiMeasure, waves: tuple[str, str]) -> float:
    """How far a figure of two waves goes together by what is in both: clusters, or else respondents with an id.

    sum_g u_g v_g / sqrt(sum_g u_g² sum_g v_g²), u_g and v_g the sums over a cluster of w (y - m) in each wave:
    linearization as for the variance of one wave (`weighted_mean`).
    """
    units = _units(survey)
    if units is None or measure.answers is None:
        return 0.0
    labels = survey.answers[column].astype(str).to_numpy()
    one, other = (_sums(survey, measure.answers.to_numpy(dtype=float), labels == wave, units) for wave in waves)
    size = math.sqrt(float(one @ one) * float(other @ other))
    return float(one @ other) / size if size > 0 else 0.0


def _units(survey: Survey) -> np.ndarray | None:
    """(n,) the number of what may be in several waves, -1 for none: clusters, or else ids."""
    clusters = design_of(survey).clusters
    ids = [field.name for field in survey.instrument.fields if field.role == "id"] if survey.instrument else []
    if clusters is not None or not ids:
        return clusters
    return pd.factorize(survey.answers[ids[0]])[0]


def _sums(survey: Survey, y: Floats, rows: np.ndarray, units: np.ndarray) -> Floats:
    """(units,) the sums of w (y - m) over the rows of one wave."""
    weights = design_of(survey).weights
    w = np.ones(len(y)) if weights is None else np.nan_to_num(weights)
    kept = rows & ~np.isnan(y) & (w > 0) & (units >= 0)
    left = y[kept] - np.average(y[kept], weights=w[kept]) if kept.any() else y[kept]
    sums: Floats = np.bincount(units[kept], w[kept] * left, minlength=int(np.max(units, initial=-1)) + 1).astype(float)
    return sums
