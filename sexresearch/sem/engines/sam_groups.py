"""Structural after measurement (module `sam`) for one group or several; what it cannot fit is refused in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.engines.sam import key_of, line_of, moved_to, of_one_group
from sexresearch.sem.estimation.estimate import estimate
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.language.model import Model
from sexresearch.sem.language.table import ParameterTable


def sam_solution(
    fitted: Fitted, data: pd.DataFrame | None, moments: object, requested: Options
) -> tuple[Fitted, Array]:
    """`fitted` at the estimates of local SAM, and their (q, q) covariance; OptionError where SAM does not apply."""
    _refuse(fitted, requested)
    if fitted.table.n_groups == 1:
        return of_one_group(fitted, data, moments, requested)
    return _of_groups(fitted, data, moments, requested)


def _refuse(fitted: Fitted, requested: Options) -> None:
    options, table = fitted.options, fitted.table
    robust = requested.cluster is not None or requested.sampling_weights is not None
    reasons = {
        "it takes models of one level": bool(table.levels),
        "it has no clusters": requested.cluster is not None,
        "it has no sampling weights": requested.sampling_weights is not None,
        "it has no ordered variables": bool(fitted.categories),
        f"it estimates by maximum likelihood; found estimator {options.estimator!r}": (
            options.estimator != "ML" and not robust and not fitted.categories
        ),
        "groups share parameters, and it fits each by itself": _shared(table),
        "it has no constraints (== < >) or bounds": bool(table.constraints) or options.bounds is not None,
        "it needs markers, not std_lv": options.std_lv,
        "it has no auxiliary variables": bool(options.auxiliary),
        f"its errors are of two steps; found se={options.se!r}": (
            options.se not in ("standard", "none") and options.estimator == "ML"
        ),
        "it needs latent variables": not any(role.latent for role in table.roles),
    }
    wrong = [reason for reason, applies in reasons.items() if applies]
    if wrong:
        raise OptionError(f"method='sam' cannot fit this: {'; '.join(wrong)}. Use method='joint'")


def _shared(table: ParameterTable) -> bool:
    """Whether a parameter stands in several groups."""
    homes: dict[int, set[int]] = {}
    for row in table.rows:
        if row.free >= 0:
            homes.setdefault(row.free, set()).add(row.group)
    return any(len(groups) > 1 for groups in homes.values())


def _of_groups(fitted: Fitted, data: pd.DataFrame | None, moments: object, requested: Options) -> tuple[Fitted, Array]:
    """Every group by itself: where no parameter is shared, that is the model of all."""
    q = len(fitted.theta)
    theta, V, done = fitted.theta.copy(), np.zeros((q, q)), True
    options = replace(
        requested, group=None, auto_fix_first=False, auto_fix_single=False, meanstructure=fitted.options.meanstructure
    )
    for number, sample in enumerate(fitted.samples):
        rows = [row for row in fitted.table.rows if row.group == number]
        text = "\n".join(line_of(row) for row in rows if not row.exogenous)
        own = None if data is None else data[data[requested.group] == sample.label]
        given = moments[sample.label] if isinstance(moments, Mapping) else None
        alone, _ = estimate(Model(text), own, given, options)
        solution, errors = of_one_group(alone, own, given, options)
        place = {key_of(row): row.free for row in rows if row.free >= 0}
        pairs = {place[key_of(row)]: row.free for row in solution.table.rows if row.free >= 0 and key_of(row) in place}
        theta[[*pairs]] = solution.theta[[*pairs.values()]]
        V[np.ix_([*pairs], [*pairs])] = errors[np.ix_([*pairs.values()], [*pairs.values()])]
        done = done and solution.constrained.solution.converged
    return moved_to(fitted, theta, done), V
