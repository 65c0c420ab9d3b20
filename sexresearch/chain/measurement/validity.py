"""`validity`: is each construct measured well and apart from the others, with a verdict that names its cut-offs?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.measurement.constructs import Composite, GroupConstruct, constructs, seen
from sexresearch.chain.measurement.htmt import htmt
from sexresearch.chain.measurement.notes import NO_FIT, TWO_ITEMS, why_no_omega
from sexresearch.chain.measurement.reliability import contents, reliability
from sexresearch.chain.measurement.separation import cross_loadings, fornell_larcker
from sexresearch.sem import Results
from sexresearch.sem.view import View
from sexresearch.verdict import Verdict, admissible, against, gravest, prose

OMEGA, AVE, LOADING, HTMT, HTMT_NEAR = 0.70, 0.50, 0.708, 0.85, 0.90
NUNNALLY, FORNELL, HAIR = "Nunnally & Bernstein 1994", "Fornell & Larcker 1981", "Hair et al. 2019"
HENSELER = "Henseler, Ringle & Sarstedt 2015"
WORDS = {"holds": "measured well", "fails": "not measured well"}
RATIO = ["value", "ci_lower", "ci_upper"]  # of a pair, as `htmt` has them
NO_VALUE = "it has no value at these estimates"


@in_words
def validity(results: Results | View, standardized: bool = False) -> pd.DataFrame:
    """Is each construct measured well, and apart from the others? Criteria, cut-offs and an outcome for each construct.

    Parameters
    ----------
    results : Results or View
        A fit whose model has constructs.
    standardized : bool
        Take omega and AVE of items of unit variance, for items in different units.

    Returns
    -------
    DataFrame
        One row per construct (and group): construct, items, omega, ave, item and loading (the item that loads lowest,
        standardized), shared and nearest (largest squared correlation with another construct, and which), htmt and
        htmt_with (largest heterotrait-monotrait ratio, and with which) with htmt_ci_lower and htmt_ci_upper (95 %, as
        `htmt` has them), outcome, verdict (the outcome in words), note; several groups add group.

    Raises
    ------
    OptionError
        `results` is not a fit, or the model has no constructs.

    Notes
    -----
    outcome is "holds"; "doubtful" where one criterion below is missed; "fails" for all constructs where the solution is
    inadmissible; "not_computable" where a number is missing and nothing else is against the construct.

    - omega of at least .70 (Nunnally & Bernstein 1994, Psychometric Theory)
    - AVE of at least .50 and above shared (Fornell & Larcker 1981, doi 10.1177/002224378101800104)
    - HTMT below .90, or .85 where constructs differ in meaning (Henseler, Ringle & Sarstedt 2015,
      doi 10.1007/s11747-014-0403-8)

    Loadings below .708, half of the item's variance, are named and decide nothing (Hair, Risher, Sarstedt & Ringle
    2019, doi 10.1108/EBR-11-2018-0203). `reliability`, `fornell_larcker`, `htmt` and `cross_loadings` hold the whole
    tables.

    Examples
    --------
    >>> import pandas as pd
    >>> from sexresearch.sem import Moments, fit
    >>> r = pd.DataFrame([[1, 0.8, 0.4, 0.4], [0.8, 1, 0.4, 0.4], [0.4, 0.4, 1, 0.5], [0.4, 0.4, 0.5, 1]])
    >>> r.index = r.columns = list("abcd")
    >>> table = validity(fit("joy =~ a + b; bond =~ c + d", moments=Moments(r, nobs=100)))
    >>> table["outcome"].tolist(), table["verdict"][1].split(";")[0]
    (['holds', 'doubtful'], 'doubtful: omega .67 is below .70 (Nunnally & Bernstein 1994)')
    """
    return judged_by(results, reliability(seen(results, "validity"), standardized), standardized)


def judged_by(results: Results | View, looked_at: pd.DataFrame, standardized: bool = False) -> pd.DataFrame:
    """The table of `validity`, from that of `reliability`."""
    fit = seen(results, "validity")
    measured = constructs(fit)
    items = cross_loadings(results)
    pairs, ratios = fornell_larcker(results, standardized), htmt(results)
    keys = ["group", "construct"] if fit.groups else ["construct"]
    rows = []
    whole = looked_at.to_dict("records")
    for row, construct, x in zip(whole, measured, contents(fit, measured), strict=True):
        group = row.get("group")
        own = _of_group(items, group).query("construct == @row['construct']")
        lowest = own.loc[own["loading"].abs().sort_values().index].head(1)
        values = {
            "items": row["items"],
            "omega": row["omega"],
            "ave": row["ave"],
            "item": lowest["item"].item() if lowest["loading"].notna().any() else "",
            "loading": lowest["loading"].item() if len(lowest) else math.nan,
        }
        shared, values["nearest"] = _largest(_of_group(pairs, group), str(row["construct"]), ["shared"])
        ratio, values["htmt_with"] = _largest(_of_group(ratios, group), str(row["construct"]), RATIO)
        values |= {"shared": shared[0]} | dict(zip(("htmt", "htmt_ci_lower", "htmt_ci_upper"), ratio, strict=True))
        verdicts = _verdicts(fit, construct, x, values, standardized)
        verdict = {"outcome": gravest(verdicts), "verdict": prose(verdicts, WORDS, _named(values))}
        rows.append({key: row[key] for key in keys} | values | verdict | {"note": row["note"]})
    return pd.DataFrame(rows)


def _of_group(frame: pd.DataFrame, group: object) -> pd.DataFrame:
    return frame if group is None else frame[frame["group"] == group]


def _largest(pairs: pd.DataFrame, name: str, columns: list[str]) -> tuple[list[float], str]:
    """The columns where the first is largest among the pairs of one construct, and the other construct.

    Missing where there is none.
    """
    own = pairs[((pairs["a"] == name) | (pairs["b"] == name)) & pairs[columns[0]].notna()]
    if own.empty:
        return [math.nan] * len(columns), ""
    best = own.loc[own[columns[0]].idxmax()]
    return [float(best[column]) for column in columns], str(best["b"] if best["a"] == name else best["a"])


def _verdicts(
    fit: View, construct: GroupConstruct, x: Composite, v: Mapping[str, Any], standardized: bool
) -> list[Verdict]:
    """What is asked of one construct, criterion by criterion; those without a second construct are not asked."""
    if not fit.converged:
        return [Verdict("not_computable", "", reason=NO_FIT)]
    if len(construct.indicators) < 2:
        return [admissible(fit.inadmissible), Verdict("not_computable", "", reason=TWO_ITEMS)]
    omega, ave, shared, ratio = (v[name] for name in ("omega", "ave", "shared", "htmt"))
    why = why_no_omega(fit, construct, x, standardized) or NO_VALUE
    verdicts = [
        admissible(fit.inadmissible),
        against("omega", omega, OMEGA, NUNNALLY, because=why),
        against("AVE", ave, AVE, FORNELL, because=NO_VALUE),
    ]
    if not math.isnan(shared):
        beside = f"shared with {v['nearest']}"
        verdicts.append(against("AVE", ave, shared, FORNELL, strict=True, reason=beside, because=NO_VALUE))
    if not math.isnan(ratio):
        cut = HTMT if ratio < HTMT else HTMT_NEAR
        verdicts.append(against(f"HTMT with {v['htmt_with']}", ratio, cut, HENSELER, side="most", strict=True))
    return verdicts


def _named(v: Mapping[str, Any]) -> list[Verdict]:
    low = abs(v["loading"]) < LOADING
    return [against(f"loading of {v['item']}", v["loading"], LOADING, HAIR)] if low else []
