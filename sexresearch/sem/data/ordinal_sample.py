"""One group's ordered and continuous answers as a sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sexresearch.errors import DataError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.moments import refuse_indefinite
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.ordered_columns import Levels
from sexresearch.sem.data.rows_used import responding, take
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.ordinal.moment_layout import MomentLayout, layout
from sexresearch.sem.ordinal.statistics import OrdinalMoments, observe

FARTHEST = 1e4  # standard deviations of a covariate from 0: slopes and thresholds then share half of all digits


def ordinal_sample(answers: Answers, roles: Roles, levels: Levels, conditional: bool) -> Sample:
    """The sample of one group; `conditional` takes exogenous variables as covariates instead of as variables.

    Rows that answer nothing but covariates tell about these alone and do not count as respondents, as in lavaan.
    DataError names empty categories, variables without variance, and pairs that say the same.
    """
    names, covariates = roles.observed, roles.exogenous if conditional else ()
    own = layout(names[: len(names) - len(covariates)], {v: len(levels[v]) for v in roles.ordered}, covariates)
    where = "" if answers.label is None else f"group {answers.label!r}: "
    _refuse_empty(answers, own, levels, where)
    _refuse_far(answers.values[:, own.p :], covariates, where)
    heard = take(answers, responding(answers, own.p))
    moments = observe(heard.values, own, heard.weights, heard.clusters)
    nobs = len(heard.values)
    mean, cov = _joint(answers, own, moments.moments)
    origin = np.where(np.isin(np.arange(len(mean)), own.ordered), 0.0, mean)
    return Sample(answers.label, names, nobs, moments.influence.n, mean, cov, (), heard, ordinal=moments, origin=origin)


def _joint(answers: Answers, own: MomentLayout, moments: Array) -> tuple[Array, Array]:
    """Means and covariances of variables and covariates together, as slopes and covariances given covariates imply.

    Covariates have the n - 1 denominator, as in lavaan; nothing but standardized estimates depends on them.
    """
    mean, cov = own.mean(moments), own.cov(moments)
    if not own.x:
        return mean, cov
    x, w = answers.values[:, own.p :], answers.weights
    slopes = moments[own.starts[1] : own.starts[2]].reshape(own.x, own.p).T
    spread, centre = np.cov(x, rowvar=False).reshape(own.x, own.x), x.mean(axis=0)
    if w is not None:
        centre = np.average(x, axis=0, weights=w)
        spread = ((x - centre) * w[:, None]).T @ (x - centre) / (w.sum() - 1.0)
    across = slopes @ spread
    joint = np.block([[cov + across @ slopes.T, across], [across.T, spread]])
    return np.concatenate([mean + slopes @ centre, centre]), joint


def _refuse_far(values: Array, covariates: Sequence[str], where: str) -> None:
    """Thresholds stand where all covariates are 0, and slopes cannot be told from them if that is very far away."""
    far = np.abs(values.mean(axis=0)) > FARTHEST * values.std(axis=0)
    wrong = [f"{name!r} (mean {values[:, k].mean():g})" for k, name in enumerate(covariates) if far[k]]
    if wrong:
        raise DataError(
            f"{where}covariates of ordered variables must not lie more than {FARTHEST:g} standard deviations from 0; "
            f"found {', '.join(wrong)}. Subtract a constant, which changes thresholds and intercepts only"
        )


def _refuse_empty(answers: Answers, own: MomentLayout, levels: Levels, where: str) -> None:
    values, most = answers.values, 1 + max(map(len, levels.values()))
    codes = np.nan_to_num(values[:, own.ordered]).astype(int)
    counts = [np.bincount(column, answers.weights, minlength=most)[1:] for column in codes.T]
    refuse_empty(np.array(counts), own, levels, where)


def refuse_empty(counts: Array, own: MomentLayout, levels: Levels, where: str) -> None:
    """DataError names the categories that have no answers among `counts` (ordered variables, categories)."""
    wrong = []
    for row, k in zip(counts, own.ordered, strict=True):
        name = own.names[k]
        empty = [level for level, seen in zip(levels[name], row, strict=False) if not seen]
        if empty:
            wrong.append(f"{name!r} (no answers in {_shown(empty)})")
    if wrong:
        raise DataError(
            f"{where}empty categories: {'; '.join(wrong)}. A threshold beside an empty category is unknown; merge "
            "categories with merge_categories(data, items, group=...) or leave the group or item out"
        )


def _shown(levels: Sequence[object]) -> str:
    return ", ".join(f"{level:g}" if isinstance(level, float) else repr(level) for level in levels)


def ordinal_notes(sample: Sample) -> list[str]:
    """What is worth knowing about the correlations of a sample."""
    moments: OrdinalMoments | None = sample.ordinal
    assert moments is not None
    where = "" if sample.label is None else f"group {sample.label!r}: "
    extreme = [f"{a!r} and {b!r}" for a, b in moments.extreme()]
    notes = [f"{where}the responses behind {', '.join(extreme[:4])} correlate (nearly) perfectly"] if extreme else []
    try:
        refuse_indefinite(sample.cov, sample.names, "")
    except DataError:
        low = float(np.linalg.eigvalsh(sample.cov)[0])
        notes.append(
            f"{where}the matrix of polychoric correlations is not positive definite (smallest eigenvalue {low:.3g}), "
            "which each correlation estimated by itself does not guarantee"
        )
    return notes
