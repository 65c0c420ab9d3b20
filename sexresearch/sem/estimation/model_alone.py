"""A fitted model without the auxiliary variables beside it: what factor scores are made from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.estimate import discrepancy_of, place
from sexresearch.sem.estimation.fitted import Fitted


def model_alone(fitted: Fitted) -> Fitted:
    """The estimates of the model's own parameters, placed in a structure of its own variables; it holds no blocks.

    A factor is not measured by auxiliary variables, so its scores must not borrow from them.
    """
    beside = fitted.options.auxiliary
    if not beside:
        return fitted
    table = fitted.table
    rows = tuple(row for row in table.rows if row.lhs not in beside)
    roles = tuple(replace(role, auxiliary=()) for role in table.roles)
    own = replace(table, rows=rows, roles=roles, n_free=1 + max(row.free for row in rows))
    samples = tuple(_without(sample, beside) for sample in fitted.samples)
    options = replace(fitted.options, auxiliary=())
    structures = place(own, samples, bool(options.meanstructure))
    solution = fitted.constrained.solution.moved(fitted.theta[: own.n_free])
    return replace(
        fitted,
        options=options,
        table=own,
        objective=discrepancy_of(structures, samples, own, options),
        constrained=replace(fitted.constrained, solution=solution),
    )


def _without(sample: Sample, beside: tuple[str, ...]) -> Sample:
    keep = np.array([place for place, name in enumerate(sample.names) if name not in beside])
    return replace(
        sample,
        names=tuple(sample.names[k] for k in keep),
        mean=sample.mean[keep],
        cov=sample.cov[np.ix_(keep, keep)],
        origin=None if sample.origin is None else sample.origin[keep],
        blocks=(),
        answers=None,
    )
