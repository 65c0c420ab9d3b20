"""`validity`: is each construct measured well and apart from the others, with a verdict that names its cut-offs?"""

from __future__ import annotations

import math

import pandas as pd

from sexresearch.chain.measurement.constructs import results_only
from sexresearch.chain.measurement.htmt import htmt
from sexresearch.chain.measurement.reliability import reliability
from sexresearch.chain.measurement.separation import cross_loadings, fornell_larcker
from sexresearch.sem import Results

OMEGA, AVE, LOADING, HTMT, HTMT_NEAR = 0.70, 0.50, 0.708, 0.85, 0.90


def validity(results: Results, standardized: bool = False) -> pd.DataFrame:
    """Is each construct measured well, and apart from the others? One row per construct (and group).

    Columns construct, items, omega, ave, item and loading (the item that loads lowest, standardized), shared and
    nearest (the largest squared correlation with another construct, and which), htmt and htmt_with (the largest
    heterotrait-monotrait ratio, and with which), verdict, note; several groups add `group`.
    The verdict begins "measured well", or "doubtful" where one of these fails:
    omega of at least .70 (Nunnally & Bernstein 1994, Psychometric Theory), AVE of at least .50 and above `shared`
    (Fornell & Larcker 1981, doi 10.1177/002224378101800104), HTMT below .90
    (Henseler, Ringle & Sarstedt 2015, doi 10.1007/s11747-014-0403-8; below .85 where constructs differ in meaning).
    Loadings below .708, half of the item's variance, are named
    (Hair, Risher, Sarstedt & Ringle 2019, doi 10.1108/EBR-11-2018-0203).
    `standardized` takes omega and AVE of items of unit variance, for items in different units.
    `reliability`, `fornell_larcker`, `htmt` and `cross_loadings` hold the whole tables, with intervals.

    Raises OptionError where `results` is not a fit or the model has no constructs.

    >>> import pandas as pd
    >>> from sexresearch.sem import Moments, fit
    >>> r = pd.DataFrame([[1, 0.8, 0.4, 0.4], [0.8, 1, 0.4, 0.4], [0.4, 0.4, 1, 0.5], [0.4, 0.4, 0.5, 1]])
    >>> r.index = r.columns = list("abcd")
    >>> table = validity(fit("joy =~ a + b; bond =~ c + d", moments=Moments(r, nobs=100)))
    >>> table["verdict"][1].split(";")[0]
    'doubtful: omega .67 is below .70 (Nunnally & Bernstein 1994)'
    """
    results_only(results, "validity")
    items = cross_loadings(results)
    pairs, ratios = fornell_larcker(results, standardized), htmt(results)
    keys = ["group", "construct"] if results.groups else ["construct"]
    rows = []
    for row in reliability(results, standardized).to_dict("records"):
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
        values["shared"], values["nearest"] = _largest(_of_group(pairs, group), str(row["construct"]), "shared")
        values["htmt"], values["htmt_with"] = _largest(_of_group(ratios, group), str(row["construct"]), "value")
        rows.append(
            {key: row[key] for key in keys}
            | values
            | {"verdict": _verdict(values, results.converged), "note": row["note"]}
        )
    return pd.DataFrame(rows)


def _of_group(frame: pd.DataFrame, group: object) -> pd.DataFrame:
    return frame if group is None else frame[frame["group"] == group]


def _largest(pairs: pd.DataFrame, name: str, column: str) -> tuple[float, str]:
    """The largest value among the pairs of one construct, and the other construct; missing where there is none."""
    own = pairs[((pairs["a"] == name) | (pairs["b"] == name)) & pairs[column].notna()]
    if own.empty:
        return math.nan, ""
    best = own.loc[own[column].idxmax()]
    return float(best[column]), str(best["b"] if best["a"] == name else best["a"])


def _verdict(v: dict, converged: bool) -> str:
    """One sentence on one construct; every part names its cut-off and source."""
    if math.isnan(v["ave"]):
        return "not computable: " + ("needs two items" if converged else "the fit did not converge")
    omega, ave, shared, ratio = v["omega"], v["ave"], v["shared"], v["htmt"]
    parts = [
        (omega >= OMEGA, f"omega {_two(omega)} {_side(omega >= OMEGA)} .70 (Nunnally & Bernstein 1994)"),
        (ave >= AVE, f"AVE {_two(ave)} {_side(ave >= AVE)} .50 (Fornell & Larcker 1981)"),
    ]
    if not math.isnan(shared):
        more = "exceeds" if ave > shared else "does not exceed"
        said = f"AVE {more} the {_two(shared)} shared with {v['nearest']} (Fornell & Larcker 1981)"
        parts.append((ave > shared, said))
    if not math.isnan(ratio):
        cut = ".85" if ratio < HTMT else ".90"
        said = f"HTMT {_two(ratio)} with {v['htmt_with']} is {'below' if ratio < HTMT_NEAR else 'not below'} {cut}"
        parts.append((ratio < HTMT_NEAR, f"{said} (Henseler, Ringle & Sarstedt 2015)"))
    if abs(v["loading"]) < LOADING:
        parts.append((True, f"{v['item']} loads {_two(v['loading'])}, below .708 (Hair et al. 2019)"))
    failed = [text for good, text in parts if not good]
    kept = [text for good, text in parts if good]
    return f"{'doubtful' if failed else 'measured well'}: " + "; ".join(failed + kept)


def _side(reached: bool) -> str:
    return "reaches" if reached else "is below"


def _two(value: float) -> str:
    """Two decimals in the field's way, without the zero before the point."""
    text = f"{value:.2f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text
