"""Published numbers beside computed ones: match, mismatch, cannot be recomputed because, or not verified."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import pandas as pd

from sexresearch.errors import SexresearchError
from sexresearch.sem import Results
from sexresearch.study.replication.partial_least_squares import pls_quantities
from sexresearch.study.replication.quantities import Quantities, quantities
from sexresearch.study.study_file.study_keys import nearest
from sexresearch.study.study_file.study_parts import PublishedNumber, Study

ROUNDING = 1e-9  # so that a number exactly half a decimal away still counts as printed like that
SHOWN = ["quantity", "published", "computed", "difference", "tolerance", "outcome", "reason", "printed"]
Tables: TypeAlias = dict[tuple[str, str, str], Quantities]
UNSEEN = "the print was not seen by us"


@dataclass(frozen=True)
class ComparedNumber:
    """The outcome of one published number."""

    number: PublishedNumber
    outcome: str
    computed: float = math.nan
    tolerance: float = math.nan
    reason: str = ""


@dataclass(frozen=True)
class Recomputation:
    """What was computed: the fit, or why there is none, and what rounding leaves open of each number."""

    results: Results | None
    why_not: str = ""
    open: Mapping[PublishedNumber, float] = field(default_factory=dict)


def comparison(study: Study, made: Recomputation) -> pd.DataFrame:
    """One row per published number, in the columns `SHOWN`."""
    tables: Tables = {}
    rows = [_row(_compared(number, made, tables)) for number in study.published]
    return pd.DataFrame(rows, columns=SHOWN)


def _row(compared: ComparedNumber) -> list[object]:
    number = compared.number
    group = f" [{number.group}]" if number.group else ""
    what = ", ".join(dict.fromkeys(word for word in (number.what, number.by) if word != "fit"))
    name = f"{number.quantity}{group}" + (f" ({what})" if what else "")
    difference = compared.computed - number.value
    return [
        name,
        number.value,
        compared.computed,
        difference,
        compared.tolerance,
        compared.outcome,
        compared.reason,
        number.where,
    ]


def _compared(number: PublishedNumber, made: Recomputation, tables: Tables) -> ComparedNumber:
    if number.cannot or made.results is None:
        return ComparedNumber(number, "cannot_recompute", reason=number.cannot or made.why_not)
    if number.by == "fit" and not made.results.converged:
        return ComparedNumber(number, "cannot_recompute", reason="the fit did not converge")
    try:
        table = _table(number, made.results, tables)
    except SexresearchError as error:
        return ComparedNumber(number, "cannot_recompute", reason=str(error))
    value = table.named(number.quantity)
    if value is None:
        reason = f"the fit has no '{number.quantity}' among its {number.what}; {nearest(number.quantity, table.names)}"
        return ComparedNumber(number, "cannot_recompute", reason=reason)
    if math.isnan(value):
        return ComparedNumber(number, "cannot_recompute", reason=f"'{number.quantity}' has no value in this fit")
    return _judged(number, value, _tolerance(number, made.open.get(number, 0.0)))


def _table(number: PublishedNumber, results: Results, tables: Tables) -> Quantities:
    """The numbers of that sort, made once."""
    key = (number.by, number.what, number.group)
    if key not in tables:
        made = quantities(results, number.what, number.group) if number.by == "fit" else None
        tables[key] = made or pls_quantities(results, number.what, number.by)
    return tables[key]


def _tolerance(number: PublishedNumber, rounding: float) -> float:
    if not math.isnan(number.tolerance):
        return number.tolerance
    return 0.5 * 10.0**-number.decimals + rounding


def _judged(number: PublishedNumber, value: float, tolerance: float) -> ComparedNumber:
    agrees = abs(value - number.value) <= tolerance + ROUNDING
    if not number.verified:
        beside = "" if agrees or not number.reason else f"; {number.reason}"
        reason = f"{UNSEEN}; what is reported of it {'agrees' if agrees else 'differs'}{beside}"
        return ComparedNumber(number, "unverified", value, tolerance, reason)
    if agrees:
        return ComparedNumber(number, "match", value, tolerance)
    return ComparedNumber(number, "mismatch", value, tolerance, number.reason)
