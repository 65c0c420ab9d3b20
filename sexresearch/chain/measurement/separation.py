"""Do items and constructs keep apart? Shared variance of constructs, and items against all constructs."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.measurement.constructs import GroupConstruct, constructs, seen
from sexresearch.chain.measurement.reliability import extracted
from sexresearch.sem import Results
from sexresearch.sem.view import Array, View, matrices

ITEM_COLUMNS = ("group", "item", "construct", "own", "loading", "correlation", "mi", "sepc_all", "note")
NO_FIT = "not computable: the fit did not converge"
INDEX = ("lhs", "op", "rhs", "group", "mi", "sepc_all")


@in_words
def fornell_larcker(results: Results | View, standardized: bool = False) -> pd.DataFrame:
    """Does each construct explain its items better than another construct explains it? The Fornell-Larcker criterion.

    Parameters
    ----------
    results : Results or View
        A fit whose model has constructs.
    standardized : bool
        Take the AVE of items of unit variance, as in `reliability`.

    Returns
    -------
    DataFrame
        One row per pair of constructs (and group): a, b, correlation (implied by the model), shared (its square),
        ave_a, ave_b, note; several groups add group. shared is missing where a construct has one item or the two share
        items; note says so, and whether the solution is inadmissible.

    Raises
    ------
    OptionError
        `results` is not a fit, or the model has no constructs.

    Notes
    -----
    The criterion asks that both AVE exceed the shared variance (Fornell & Larcker 1981,
    doi 10.1177/002224378101800104).

    Examples
    --------
    >>> import pandas as pd
    >>> from sexresearch.sem import Moments, fit
    >>> r = pd.DataFrame([[1, 0.8, 0.4, 0.4], [0.8, 1, 0.4, 0.4], [0.4, 0.4, 1, 0.5], [0.4, 0.4, 0.5, 1]])
    >>> r.index = r.columns = list("abcd")
    >>> pairs = fornell_larcker(fit("joy =~ a + b; bond =~ c + d", moments=Moments(r, nobs=100)))
    >>> pairs[["shared", "ave_a", "ave_b"]].round(2).values.tolist()
    [[0.4, 0.8, 0.5]]
    """
    fit = seen(results, "fornell_larcker")
    measured, implied = constructs(fit), _implied(fit)
    ave = extracted(fit, measured, standardized)
    rows = []
    for (i, a), (j, b) in combinations(enumerate(measured), 2):
        if a.group != b.group:
            continue
        r = _correlation(implied[a.group], fit.blocks[a.group].names, a.name, b.name) if fit.converged else math.nan
        apart = _apart(fit, a, b)
        row = {"group": fit.blocks[a.group].label, "a": a.name, "b": b.name, "correlation": r}
        row |= {"shared": math.nan if apart else r * r, "ave_a": ave[i], "ave_b": ave[j]}
        rows.append(row | {"note": apart or _improper(fit)})
    names = ["group", "a", "b", "correlation", "shared", "ave_a", "ave_b", "note"]
    frame = pd.DataFrame(rows, columns=names)
    return frame if fit.groups else frame.drop(columns="group")


@in_words
def cross_loadings(results: Results | View) -> pd.DataFrame:
    """Does every item go with its own construct? Correlations of items with all constructs, and loadings to be had.

    Parameters
    ----------
    results : Results or View
        A fit whose model has constructs.

    Returns
    -------
    DataFrame
        One row per item and construct (and group): item, construct, own (whether it measures the construct), loading
        (standardized, of own rows), correlation (implied, of item and construct), mi and sepc_all (of a loading that
        the model does not have: modification index and the standardized loading to expect), note; several groups add
        group. Numbers are missing where the fit did not converge; note says so, and whether the solution is
        inadmissible.

    Raises
    ------
    OptionError
        `results` is not a fit, or the model has no constructs.

    Notes
    -----
    An item that correlates more with another construct than with its own is in the wrong place (Chin 1998, The partial
    least squares approach to structural equation modeling). Where an item has one construct, the square of their
    correlation is the item's R².

    Examples
    --------
    >>> import pandas as pd
    >>> from sexresearch.sem import Moments, fit
    >>> r = pd.DataFrame([[1, 0.8, 0.4, 0.4], [0.8, 1, 0.4, 0.4], [0.4, 0.4, 1, 0.5], [0.4, 0.4, 0.5, 1]])
    >>> r.index = r.columns = list("abcd")
    >>> items = cross_loadings(fit("joy =~ a + b; bond =~ c + d", moments=Moments(r, nobs=100)))
    >>> items.query("item == 'a'")[["construct", "own", "correlation"]].round(3).values.tolist()
    [['joy', True, 0.894], ['bond', False, 0.566]]
    """
    fit = seen(results, "cross_loadings")
    indices = pd.DataFrame(columns=[*INDEX]) if fit.gains is None or not fit.converged else fit.gains()
    note, rows, implied = _improper(fit) if fit.converged else NO_FIT, [], _implied(fit)
    if fit.gains is None:
        note = "; ".join(filter(None, [note, f"no modification indices: engine {fit.engine!r} has none"]))
    for group, block in enumerate(fit.blocks):
        own = [c for c in constructs(fit) if c.group == group]
        loads = _keyed(fit.parameters, block.label, bool(fit.groups), ["std_all"]) if fit.converged else {}
        free = _keyed(indices, block.label, bool(fit.groups), ["mi", "sepc_all"])
        for item in dict.fromkeys(name for c in own for name in c.items):
            for c in own:
                r = _correlation(implied[group], block.names, item, c.name) if fit.converged else math.nan
                loading = loads.get((c.name, item), (math.nan,)) if item in c.indicators else (math.nan,)
                gain = free.get((c.name, item), (math.nan,) * 2)
                rows.append((block.label, item, c.name, item in c.items, *loading, r, *gain, note))
    frame = pd.DataFrame(rows, columns=list(ITEM_COLUMNS))
    return frame if fit.groups else frame.drop(columns="group")


def _keyed(
    frame: pd.DataFrame, label: object, several: bool, columns: list[str]
) -> dict[tuple[str, str], tuple[float, ...]]:
    """Values of loading rows by (construct, item)."""
    rows = frame[(frame["op"] == "=~") & ((frame["group"] == label) if several else True)]
    values = rows[columns].itertuples(index=False, name=None)
    return dict(zip(zip(rows["lhs"], rows["rhs"], strict=True), values, strict=True))


def _implied(fit: View) -> list[Array]:
    """Per group (m, m) the implied covariances of all variables."""
    return [matrices(places, fit.estimates[None, :]).C[0] for places in fit.places]


def _correlation(cov: Array, names: tuple[str, ...], a: str, b: str) -> float:
    """The implied correlation of two variables; NaN where a variance is not positive."""
    i, j = names.index(a), names.index(b)
    scale = cov[i, i] * cov[j, j]
    return float(cov[i, j] / np.sqrt(scale)) if scale > 0 else math.nan


def _improper(fit: View) -> str:
    return f"inadmissible solution: {'; '.join(fit.inadmissible)}" if fit.inadmissible else ""


def _apart(fit: View, a: GroupConstruct, b: GroupConstruct) -> str:
    """Why two constructs cannot be set against each other; empty where they can."""
    single = [c.name for c in (a, b) if len(c.indicators) < 2]
    if not fit.converged:
        return NO_FIT
    if set(a.items) & set(b.items):
        return f"{a.name} and {b.name} share items"
    return f"{' and '.join(single)} {'needs' if len(single) == 1 else 'need'} two items" if single else ""
