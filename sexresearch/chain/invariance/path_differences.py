"""`path_differences`: for whom is a path of the chain stronger, where equal loadings allow the comparison?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.invariance.invariance_design import InvarianceDesign, design_of, source_of, with_categories
from sexresearch.chain.invariance.ladder import SearchEnd, climb, doubts, last_sound, why_not
from sexresearch.chain.invariance.rung import Rung
from sexresearch.chain.joining import joined
from sexresearch.errors import OptionError
from sexresearch.sem import Fitting, Model, Moments
from sexresearch.sem.view import (
    Array,
    Draws,
    Interval,
    View,
    draws,
    estimated,
    interval_method,
    matrices,
    row_values,
    view,
    z_and_p,
)

NUMBERS = (
    *("est", "est_ci_lower", "est_ci_upper", "est_against", "est_against_ci_lower", "est_against_ci_upper"),
    *("path_difference", "se", "ci_lower", "ci_upper", "pvalue", "pvalue_holm"),
)
LEVEL = 0.95


@in_words
def path_differences(
    model: Model | str,
    data: pd.DataFrame | object | None = None,
    *,
    moments: Mapping[object, Moments] | None = None,
    group: str | None = None,
    partial: bool = False,
    stop: SearchEnd = "score",
    fitting: Fitting | None = None,
    bootstrap: int = 0,
    seed: int = 1,
    interval: Interval | None = None,
) -> pd.DataFrame:
    """For whom is a path stronger, and by how much, where the items allow the comparison?

    Parameters
    ----------
    model : Model or str
        A model of one group, with paths between its variables.
    data : DataFrame or Survey, optional
        One row per respondent, with `group`.
    moments : dict of Moments by group label, optional
        In place of data and group.
    group : str, optional
        Column of the groups; the first one is compared with.
    partial : bool
        Set free the loadings that differ, as in `invariance`.
    stop : {"score", "cfi"}
        When that search ends, as in `invariance`.
    fitting : Fitting, optional
        How every step is fitted, as in `invariance`. Default: maximum likelihood from complete rows.
    bootstrap : int
        Replicates for the limits; 0 for none, otherwise at least 2. Rows are drawn within groups.
    seed : int
        Whole number of at least 0 that decides the replicates or draws.
    interval : {"delta", "monte_carlo", "percentile", "bias_corrected", "bca"}, optional
        How limits are made, as in `effects`. Default: "delta", or "percentile" with replicates.

    Returns
    -------
    DataFrame
        One row per path and group after the first: lhs, rhs, path, group, against (the first group), est and
        est_against with _ci_lower and _ci_upper, path_difference with se, ci_lower and ci_upper (95 %), pvalue,
        pvalue_holm (adjusted for the number of rows), step (of `invariance`, whose paths these are), outcome, note.
        outcome is "holds" where pvalue_holm is below .05, else "doubtful": a difference that is not shown may still be
        there. Where no step allows the comparison, it is "not_computable", numbers are missing, and note says why.

    Raises
    ------
    DataError, ModelError, ModelSyntaxError
        As `invariance`.
    OptionError
        The model has no path, or as `invariance`; an unknown interval, or a number out of its range.

    Notes
    -----
    Paths are those of the last step with equal loadings that stands: relations may then be compared (Vandenberg &
    Lance 2000, doi 10.1177/109442810031002). All groups are put into standard deviations of the first one, b sx / sy
    with sx and sy of that group, so that groups with more variance do not seem to have stronger paths. Holm (1979),
    Scandinavian Journal of Statistics 6, 65–70.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> joy, brand = rng.normal(size=800), np.repeat(["low", "high"], 400)
    >>> stay = np.where(brand == "high", 0.9, 0.3) * joy + rng.normal(size=800)
    >>> items = np.column_stack([joy, joy, joy, stay, stay, stay]) + 0.5 * rng.normal(size=(800, 6))
    >>> data = pd.DataFrame(items, columns=list("abcdef")).assign(brand=brand)
    >>> found = path_differences("joy =~ a + b + c\\nstay =~ d + e + f\\nstay ~ joy", data, group="brand")
    >>> found[["path", "group", "against", "outcome"]].to_numpy().tolist()
    [['joy → stay', 'high', 'low', 'holds']]
    """
    interval_method(interval, bootstrap, seed, LEVEL)
    source = with_categories(source_of(data, moments, fitting), model, None, partial)
    design = with_paths(design_of(model, source, group, None))
    return paths_frame(design, climb(design, partial, stop, last="metric"), interval, bootstrap, seed)


def with_paths(design: InvarianceDesign) -> InvarianceDesign:
    """The design, if its model has paths; else OptionError."""
    if not any(formula.op == "~" for formula in design.model.statements.formulas):
        raise OptionError("path_differences compares paths: the model has no '~'")
    return design


def paths_frame(
    design: InvarianceDesign,
    rungs: Sequence[Rung],
    interval: Interval | None = None,
    bootstrap: int = 0,
    seed: int = 1,
) -> pd.DataFrame:
    """The table of `path_differences`, from the steps up to the metric ones."""
    rung = last_sound(rungs, "metric")
    if rung is None or rung.results is None:
        pairs = [(f.lhs, f.rhs) for f in design.model.statements.formulas if f.op == "~" and f.rhs != "1"]
        nothing = dict.fromkeys(NUMBERS, math.nan) | {"step": "", "outcome": "not_computable", "note": why_not(rungs)}
        rows = [
            {**_named(lhs, rhs, label, design.labels[0]), **nothing}
            for lhs, rhs in pairs
            for label in design.labels[1:]
        ]
        return pd.DataFrame(
            rows, columns=["lhs", "rhs", "path", "group", "against", *NUMBERS, "step", "outcome", "note"]
        )
    fit = view(rung.results, "path_differences")
    at = draws(fit, interval, bootstrap, seed, LEVEL)
    frame = compared_paths(fit, at, _free_everywhere(fit))
    frame["pvalue_holm"] = holm(frame["pvalue"].to_numpy(float))
    shown = frame["pvalue_holm"] < 1.0 - LEVEL
    missing = frame["pvalue_holm"].isna()
    frame["step"], frame["outcome"] = (
        rung.step,
        np.where(missing, "not_computable", np.where(shown, "holds", "doubtful")),
    )
    frame["note"] = [joined(*doubts(rungs), at.note, reason) for reason in frame["reason"]]
    return frame[["lhs", "rhs", "path", "group", "against", *NUMBERS, "step", "outcome", "note"]]


def holm(pvalues: Array) -> Array:
    """p values adjusted for their number, step by step from the smallest; missing ones do not count (Holm 1979).

    >>> holm(np.array([0.01, 0.04, 0.03, np.nan])).round(2).tolist()
    [0.03, 0.06, 0.06, nan]
    """
    order = np.argsort(pvalues)[: int(np.isfinite(pvalues).sum())]
    factors = np.arange(len(order), 0, -1)
    out = np.full(len(pvalues), np.nan)
    out[order] = np.minimum(np.maximum.accumulate(factors * pvalues[order]), 1.0)
    return out


def compared_paths(fit: View, at: Draws, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Every pair of variables, and every group after the first, in standard deviations of the first group."""
    groups = range(1, len(fit.groups))
    rows = [_named(lhs, rhs, fit.groups[g], fit.groups[0]) for lhs, rhs in pairs for g in groups]

    def function(theta: Array, exogenous: Array) -> Array:
        values = row_values(fit, theta, exogenous)
        sd = matrices(fit.places[0], values).sd
        names, columns = fit.blocks[0].names, []
        for lhs, rhs in pairs:
            scale = sd[:, names.index(rhs)] / sd[:, names.index(lhs)]
            first, *others = (values[:, _row(fit, lhs, rhs, g)] * scale for g in range(len(fit.groups)))
            columns += [part for other in others for part in (other, first, other - first)]
        return np.stack(columns, axis=1) if columns else np.empty((len(theta), 0))

    numbers = estimated(at, function)
    frame = pd.DataFrame(rows, columns=["lhs", "rhs", "path", "group", "against"])
    difference = numbers[2::3].reset_index(drop=True)
    for k, name in enumerate(("est", "est_against")):
        own = numbers[k::3].reset_index(drop=True)
        frame[name], limits = own["est"], own[["ci_lower", "ci_upper"]].where(own["se"] > 0)
        frame[[f"{name}_ci_lower", f"{name}_ci_upper"]] = limits
    frame["path_difference"] = difference["est"]
    known = difference["se"] > 0
    errors = ["se", "ci_lower", "ci_upper"]
    frame[errors] = difference[errors].where(known)
    frame["pvalue"] = z_and_p(difference["est"].to_numpy(), difference["se"].to_numpy())[1]
    return frame.assign(reason=difference["reason"])


def _row(fit: View, lhs: str, rhs: str, group: int) -> int:
    named = enumerate(fit.rows)
    return next(i for i, row in named if row.group == group and (row.lhs, row.op, row.rhs) == (lhs, "~", rhs))


def _free_everywhere(fit: View) -> list[tuple[str, str]]:
    """The paths that are estimated in every group."""
    free = [
        {(row.lhs, row.rhs): None for row in fit.rows if row.group == g and row.op == "~" and row.free >= 0}
        for g in range(len(fit.blocks))
    ]
    return [pair for pair in free[0] if all(pair in own for own in free)]


def _named(lhs: str, rhs: str, label: object, first: object) -> dict[str, object]:
    return {"lhs": lhs, "rhs": rhs, "path": f"{rhs} → {lhs}", "group": label, "against": first}
