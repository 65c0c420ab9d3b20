"""Tables of a fit for documents: measures of fit, parameters by section, explained variance."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from sexresearch.chain.paths.explained import explained
from sexresearch.document import Number, Table
from sexresearch.glossary import COLUMNS
from sexresearch.report.naming import labelled
from sexresearch.sem import Pooled, Results
from sexresearch.sem.view import HEADLINE, SECTIONS, SHOWN, reported
from sexresearch.verdict import short

WITHIN_ONE = ("cfi", "tli", "nnfi", "rmsea", "srmr", "pvalue", "gfi")  # whose names begin so: no zero before the point
OF_SHARES = "95% intervals by the delta method from the estimates; near 0 and 1 they are approximate."
ROBUST = "Scaled or robust values are those that the estimator calls for; uncorrected ones stand beside them."


def fit_table(results: Results | Pooled, zeros: bool = True) -> Table:
    """The measures to report, and beside them the uncorrected ones where the estimator is robust.

    zeros : print a zero before the point of measures that cannot exceed one, which papers leave out.
    """
    shown, measures = reported(results), results.fit_measures
    kinds = {measure.name: measure for measure in shown.measures if measure.kind}
    rows = []
    for name in (name for name in HEADLINE if name in measures.index):
        plain, corrected = _number(name, float(measures[name]), zeros), kinds.get(name)
        row: dict[str, object] = {"measure": COLUMNS[name].header if name in COLUMNS else name}
        row |= {"value": plain if corrected is None else _number(name, corrected.value, zeros)}
        rows.append(
            row
            | (
                {"kind": corrected.kind if corrected else "", "uncorrected": plain if corrected else None}
                if kinds
                else {}
            )
        )
    return Table(pd.DataFrame(rows), "Fit measures", ROBUST if kinds else "")


def _number(name: str, value: float, zeros: bool) -> Number:
    """A measure with its own decimals; p values below the last place say so."""
    known = COLUMNS.get(name)
    places = 3 if known is None or known.decimals is None else known.decimals
    if not places and not math.isnan(value) and round(value) != value:
        places = 3
    below = name.endswith("pvalue") and value < 0.001
    if not zeros and name.startswith(WITHIN_ONE) and not math.isnan(value):
        return Number(value, places, "< .001" if below else short(value, places))
    return Number(value, places, "< 0.001" if below else "")


def parameter_tables(results: Results, labels: Mapping[str, str]) -> list[Table]:
    """Every parameter, by section, group and level."""
    tables = []
    for (label, level), part in results.parameters.groupby(["group", "level"], sort=False, dropna=False):
        where = "" if pd.isna(label) else f" — group {label}"
        where += "" if pd.isna(level) else f" — level {level:g}"
        for heading, pick in SECTIONS:
            rows = part[pick(part)]
            if len(rows):
                columns = [c for c in SHOWN if c in rows and (c != "label" or (rows["label"] != "").any())]
                filled = [c for c in columns if rows[c].notna().any() and not rows[c].eq("").all()]
                tables.append(Table(labelled(rows[filled].reset_index(drop=True), labels), heading + where))
    return tables


def explained_table(results: Results, labels: Mapping[str, str]) -> list[Table]:
    """R² of what is explained, with its interval, or the reason why it has none."""
    shares = explained(results)
    if shares.empty:
        return []
    limited = bool(shares["ci_lower"].notna().any())
    why = "; ".join(dict.fromkeys(filter(None, shares["note"])))
    note = OF_SHARES if limited else f"No intervals: {why}." if why else ""
    kept = shares.drop(columns=["note"] if limited else ["note", "ci_lower", "ci_upper"])
    return [Table(labelled(kept, labels), "R-squared", note)]
