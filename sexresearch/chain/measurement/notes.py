"""What to know before the reliability of a construct is read, and why a number is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sexresearch.chain.measurement.constructs import Composite, GroupConstruct
from sexresearch.sem.view import View

FAR = 3.0  # ratio of standard deviations from which items are unlikely to share a scale
TRIVIAL = 0.10  # standardized loading below which a sign means nothing: less than "small" (Cohen 1988)
SIZEABLE = 0.30  # the same where the fit has no standard errors to tell it from chance: "medium" (Cohen 1988)
NO_FIT = "the fit did not converge"
OBSERVED = "no interval of omega over the observed variance: it moves beside the estimates"
TWO_ITEMS = "it needs two items"


def why_no_omega(fit: View, construct: GroupConstruct, x: Composite, standardized: bool) -> str:
    """Why a construct has no omega; empty where it has one."""
    if len(construct.indicators) < 2:
        return TWO_ITEMS
    if not fit.converged:
        return NO_FIT
    if standardized or not x.ordered:
        return ""
    if x.ordered < len(construct.items):
        return "only some items are ordered"
    return "the thresholds are those given covariates" if np.isnan(x.cuts).any() else ""


def reliability_note(fit: View, construct: GroupConstruct, x: Composite, standardized: bool) -> str:
    """What to know before the row is read; empty where all is plain."""
    if len(construct.indicators) < 2:
        return "needs two items"
    missing = why_no_omega(fit, construct, x, standardized)
    notes = []
    if not fit.converged:
        notes.append(f"omega and ave not computable: {NO_FIT}")
    else:
        notes += loading_advice(fit, construct)
        notes += [f"inadmissible solution: {'; '.join(fit.inadmissible)}"] if fit.inadmissible else []
        spread = np.sqrt(np.abs(np.diag(x.cov)))
        if spread.max() > FAR * spread.min() and not standardized:
            notes.append("items in different units: the widest counts most, standardized all count alike")
        if missing:
            notes.append(f"omega not computable: {missing}")
        elif x.ordered:
            notes.append("of the responses behind ordered categories" if standardized else "of ordered categories")
    if fit.options.se == "none":
        notes.append("no intervals of omega and ave: the fit has no standard errors (se='none')")
    if construct.higher:
        notes.append(f"items of {len(construct.indicators)} dimensions; ave of their standardized loadings")
    if construct.crossed:
        notes.append(f"{', '.join(construct.crossed)} also measures another construct")
    if fit.options.missing == "fiml" and not fit.blocks[construct.group].complete:
        notes.append("the interval of alpha takes all answers as given")
    if fit.blocks[construct.group].level is not None:
        notes.append("alpha without interval at two levels, and missing where it would exceed 1")
    elif fit.options.cluster is not None:
        notes.append("the interval of alpha takes respondents as independent")
    return "; ".join(notes)


def loading_advice(fit: View, construct: GroupConstruct) -> list[str]:
    """What to do with indicators that clearly load against the others: recode, or leave out where they serve another.

    Clearly: the interval of the loading leaves 0 out and the standardized loading is not trivial. A loading that cannot
    be told from 0 has no sign to speak of.
    """
    loadings = _loadings(fit, construct.group)
    own = loadings[loadings["lhs"] == construct.name].set_index("rhs")
    shown = own[clearly_loads(own)]["std_all"]
    usual = np.sign(np.sign(shown).sum()) or 1.0
    advice = []
    for item in shown.index[np.sign(shown) == -usual]:
        elsewhere = loadings[(loadings["rhs"] == item) & (loadings["std_all"].abs() > abs(shown[item]))]
        if elsewhere.empty:
            advice.append(f"{item} loads against the other items: recode before items are summed")
        else:
            mainly = elsewhere.loc[elsewhere["std_all"].abs().idxmax(), "lhs"]
            advice.append(f"{item} loads against the other items and mainly measures {mainly}: leave it out of the sum")
    return advice


def clearly_loads(rows: pd.DataFrame) -> pd.Series:
    """Which loadings (rows of `parameters`) are neither trivial nor to be mistaken for 0."""
    size, none = rows["std_all"].abs(), rows["ci_lower"].isna()
    apart = (rows["ci_lower"] > 0) | (rows["ci_upper"] < 0)
    return (size >= TRIVIAL) & apart | (size >= SIZEABLE) & none


def _loadings(fit: View, group: int) -> pd.DataFrame:
    rows, block = fit.parameters.query("op == '=~'"), fit.blocks[group]
    rows = rows[rows["group"] == block.label] if fit.groups else rows
    return rows if block.level is None else rows[rows["level"] == block.level]
