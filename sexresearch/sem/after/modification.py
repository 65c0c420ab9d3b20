"""Modification indices: what freeing each fixed or absent parameter would gain, without fitting again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.standardized import row_ends, standardize
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.matrices import inverse_information

UNIDENTIFIED = 1e-8  # share of a candidate's information left once the model's parameters took theirs
COLUMNS = ("lhs", "op", "rhs", "group", "mi", "epc", "sepc_lv", "sepc_all")


def modification_indices(fitted: Fitted, minimum: float = 0.0, sort: bool = True) -> pd.DataFrame:
    """One row per parameter that could be freed: drop in chi-square `mi` (1 df) and expected parameter change.

    mi = s^2 / v and epc = s / v, with s the score of the candidate at the estimates and v its expected information
    given the free parameters. Candidates are those of lavaan; those that could not be estimated are left out.
    Sorbom 1989, doi 10.1007/BF02294623; Saris, Satorra & Sorbom 1987, doi 10.2307/271030 (expected change).

    `sepc_lv` and `sepc_all` are standardized as estimates are; for a variance or scale they restate, with the sign
    of the change, the value it is fixed to, as in lavaan.

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> fit("joy =~ a + b + c + d", data).modification_indices().columns.tolist()
    ['lhs', 'op', 'rhs', 'group', 'mi', 'epc', 'sepc_lv', 'sepc_all']
    """
    model = inverse_information(model_information(fitted), fitted.basis)
    frames = [_group_frame(fitted, number, model) for number in range(fitted.table.n_groups)]
    table = pd.concat(frames, ignore_index=True)
    table = table[table["mi"].notna() & (table["mi"] >= minimum)]
    if sort:
        table = table.sort_values("mi", ascending=False, kind="stable")
    return table.reset_index(drop=True)


def _group_frame(fitted: Fitted, number: int, model: Array) -> pd.DataFrame:
    rows = candidates(fitted, number)
    score, information = candidate_information(fitted, number, rows, model)
    with np.errstate(divide="ignore", invalid="ignore"):
        epc = np.where(information > 0, score / information, np.nan)
    label = fitted.samples[number].label if fitted.table.n_groups > 1 else pd.NA
    return pd.DataFrame(
        {
            "lhs": [row.lhs for row in rows],
            "op": [row.op for row in rows],
            "rhs": [row.rhs for row in rows],
            "group": pd.Series([label] * len(rows), dtype=object),
            "mi": score * epc,
            "epc": epc,
            "sepc_lv": _standardized(fitted, number, rows, epc, False),
            "sepc_all": _standardized(fitted, number, rows, epc, True),
        },
        columns=list(COLUMNS),
    )


def model_information(fitted: Fitted) -> Array:
    """(q, q) expected information of the free parameters, counting respondents as `Point.moment_curve` does."""
    if fitted.objective.has_likelihood:
        return fitted.expected_information
    weighed = [point.moment_curve().curvature for point in fitted.points]
    return sum((D.T @ W @ D for D, W in zip(fitted.jacobians(), weighed, strict=True)), np.zeros((1, 1)))


def candidate_information(fitted: Fitted, number: int, rows: Sequence[Parameter], model: Array) -> tuple[Array, Array]:
    """Score (rows,) and information given the model's parameters (rows,); the latter 0 where a row is unidentified.

    `model` (q, q) is the inverse information of the free parameters.
    """
    point = fitted.points[number]
    at = point.moment_curve()
    new, old = point.jacobian_of(rows, fitted.table.roles[number]), point.jacobian
    counted = point.term.estimated[:, None]
    weighted = at.curvature @ (new * counted)
    own = np.einsum("mk,mk->k", new * counted, weighted)
    shared = old.T @ weighted
    left = own - np.einsum("qk,qk->k", shared, model @ shared)
    return -new.T @ at.gradient, np.where(left > UNIDENTIFIED * own, left, 0.0)


def _standardized(fitted: Fitted, number: int, rows: Sequence[Parameter], epc: Array, everything: bool) -> Array:
    restated = ("~~", "~*~") if everything else ("~~",)
    spread = [row.op in restated and row.lhs == row.rhs and not row.exogenous for row in rows]
    variance = np.array(spread, dtype=bool)
    fixed = np.array([row.value for row in rows])
    change = np.where(variance, np.sign(epc) * np.abs(fixed), epc)
    scale = np.array([row.op == "~*~" for row in rows], dtype=bool)
    structure = fitted.structures[number]
    ends = row_ends(rows, structure.names[: len(structure.names) - structure.has_means], structure.p)
    return np.where(scale, change, standardize(fitted.states[number], ends, change, everything))


def candidates(fitted: Fitted, number: int) -> list[Parameter]:
    """Rows that lavaan would offer for one group: those fixed by the model, then those absent from it."""
    own = fitted.table.group(number)
    taken = {key for row in own for key in _names(row)}
    offered = [row for row in _possible(fitted, number) if (row.lhs, row.op, row.rhs) not in taken]
    beside = _given(fitted, number)  # covariates have no moments of their own then, derived rows are no parameters
    return [row for row in own if row.free < 0 and not (beside and (row.derived or row.exogenous))] + offered


def _given(fitted: Fitted, number: int) -> bool:
    """Whether everything in a group is given the covariates."""
    return fitted.objective.groups[number].given_covariates


def _names(row: Parameter) -> list[tuple[str, str, str]]:
    turned = [(row.rhs, row.op, row.lhs)] if row.op == "~~" else []
    return [(row.lhs, row.op, row.rhs), *turned]


def _possible(fitted: Fitted, number: int) -> list[Parameter]:
    """Cross-loadings, covariances among indicators and among latents, regressions, and intercepts of one group."""
    role, own = fitted.table.roles[number], fitted.table.group(number)
    latent = list(role.latent)
    indicators = {row.rhs for row in own if row.op == "=~"} - set(latent)
    sides = [row.lhs for row in own if row.op == "~"] + [row.rhs for row in own if row.op == "~"]
    structural = list(dict.fromkeys(sides))
    given = role.exogenous if _given(fitted, number) else ()
    explained = [v for v in structural if v not in given]
    items = [v for v in role.modelled if v in indicators]
    pairs = [("=~", f, x) for f in latent for x in role.modelled if x not in structural]
    pairs += [("~~", a, b) for group in (items, latent) for i, a in enumerate(group) for b in group[i + 1 :]]
    pairs += [("~", y, x) for y in explained for x in structural if y != x and not (y in indicators and x in latent)]
    if fitted.structures[number].has_means:
        pairs += [("~1", v, "") for v in [*role.observed, *latent] if v not in given]
    return [Parameter(a, op, b, group=number, value=0.0) for op, a, b in pairs]
