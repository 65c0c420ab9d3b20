"""What is wrong, or worth a second look, with a solution: said in words, by gradient and eigenvalue."""

from __future__ import annotations

import unicodedata

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.degrees import degrees_of_freedom
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.structure import Implied
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.matrices import exceeds

NEGATIVE = -1e-8  # relative eigenvalue below which a covariance matrix is indefinite beyond rounding


def problems(fitted: Fitted) -> list[str]:
    """What the solution gives reason to look at again.

    Non-convergence, negative variances, impossible correlations, binding bounds, saturated tests, definitions that
    cannot be computed, clusters that are alike or thin, groups whose labels look alike.
    """
    texts = _unconverged(fitted)
    for text in fitted.constrained.binding:
        texts.append(f"the estimate lies on the bound {text}")
    if degrees_of_freedom(fitted) == 0:
        texts.append("the model is saturated (df = 0): it reproduces any data, so its fit measures test nothing")
    undefined = fitted.names.reasons(fitted.theta) if fitted.names.definitions else {}
    texts += [f"{name} is not a number: {why}" for name, why in undefined.items()]
    return texts + _improper(fitted) + _alike_clusters(fitted) + _clusters(fitted) + _alike_groups(fitted)


def inadmissible(fitted: Fitted) -> tuple[str, ...]:
    """Why the solution cannot be one of the population's: no convergence, negative variances, impossible correlations.

    A free variance that a bound holds at 0 counts with the negative ones, which it would be without the bound.
    Empty where it is admissible. What is computed from an inadmissible solution passes no verdict.
    """
    return tuple(_unconverged(fitted) or [*_improper(fitted), *_held_at_zero(fitted)])


def _unconverged(fitted: Fitted) -> list[str]:
    solution = fitted.constrained.solution
    if solution.converged:
        return []
    return [f"the fit did not converge: {solution.trouble} (Newton decrement {solution.decrement:.2g})"]


def _improper(fitted: Fitted) -> list[str]:
    return _negative_variances(fitted) + _indefinite(fitted)


def _negative_variances(fitted: Fitted) -> list[str]:
    est = row_estimates(fitted)
    if not (est < 0).any():
        return []
    return [
        f"negative variance (Heywood case): {row.name} = {value:.3g}{_in_group(fitted, row.group)}"
        for row, value in zip(fitted.table.rows, est.tolist(), strict=True)
        if value < 0 and row.op == "~~" and row.lhs == row.rhs and value < NEGATIVE * _unit(fitted, row)
    ]


def _held_at_zero(fitted: Fitted) -> list[str]:
    est = row_estimates(fitted).tolist()
    return [
        f"variance held at 0 by a bound (Heywood case): {row.name}{_in_group(fitted, row.group)}"
        for row, value in zip(fitted.table.rows, est, strict=True)
        if row.op == "~~" and row.lhs == row.rhs and row.free >= 0 and abs(value) <= -NEGATIVE * _unit(fitted, row)
    ]


def _unit(fitted: Fitted, row: Parameter) -> float:
    """Implied variance of the row's variable: the unit in which a variance is negative beyond rounding."""
    state = fitted.states[row.group]
    place = state.structure.names.index(row.lhs)
    return abs(float(state.all_cov[place, place]))


def _in_group(fitted: Fitted, number: int) -> str:
    label, level = fitted.samples[number].label, fitted.table.level(number)
    return ("" if label is None else f" in group {label!r}") + ("" if level is None else f" at level {level}")


def _residuals(fitted: Fitted, number: int, state: Implied) -> Array:
    """Covariances of the residuals of the model's own variables.

    What an auxiliary variable shares with a factor stands as covariances with the residuals of its items, which may
    exceed these without anything being wrong (Enders 2008, doi 10.1080/10705510801922340).
    """
    beside, p = fitted.table.roles[number].auxiliary, state.structure.p
    if not beside:
        return state.S[:p, :p]
    own = [place for place, name in enumerate(state.structure.names[:p]) if name not in beside]
    return state.S[np.ix_(own, own)]


def _indefinite(fitted: Fitted) -> list[str]:
    """Covariance matrices of latents, and of residuals of items, that have a negative eigenvalue."""
    texts = []
    for number, state in enumerate(fitted.states):
        p, last = state.structure.p, len(state.structure.names) - state.structure.has_means
        parts = {"latent variables": state.all_cov[p:last, p:last]}
        parts["residuals of the observed variables"] = _residuals(fitted, number, state)
        for what, cov in parts.items():
            lowest = lowest_eigenvalue(cov)
            if lowest < NEGATIVE:
                texts.append(
                    f"the covariance matrix of the {what} is not positive definite{_in_group(fitted, number)}: "
                    f"smallest eigenvalue of their correlations {lowest:.3g}; some are more than perfectly related"
                )
    return texts


def lowest_eigenvalue(cov: Array) -> float:
    """Of the correlations of variables that vary; 0 where it is not below rounding."""
    variances = cov.diagonal()
    kept = variances > 0
    if np.count_nonzero(cov) == np.count_nonzero(variances):  # nothing is related
        return 0.0
    part = cov if kept.all() else cov[np.ix_(kept, kept)]
    sd = np.sqrt(part.diagonal())
    correlations = part / (sd[:, None] * sd)
    if not len(part) or exceeds(correlations, NEGATIVE):
        return 0.0
    return float(np.linalg.eigvalsh(correlations)[0])


def _alike_groups(fitted: Fitted) -> list[str]:
    """Labels of groups that differ only in case or blanks, which are likely one group."""
    spellings: dict[str, list[str]] = {}
    for label in dict.fromkeys(sample.label for sample in fitted.samples):
        if isinstance(label, str):
            folded = " ".join(unicodedata.normalize("NFKC", label).casefold().split())
            spellings.setdefault(folded, []).append(repr(label))
    return [
        f"the groups {', '.join(alike)} differ only in case or blanks, and are estimated as different groups"
        for alike in spellings.values()
        if len(alike) > 1
    ]


def _alike_clusters(fitted: Fitted) -> list[str]:
    """Variables of both levels whose variance between clusters is none in the moments that no model restricts."""
    texts = []
    for number, sample in enumerate(fitted.samples[::2] if fitted.table.levels else ()):
        assert sample.nested is not None
        own, at = sample.nested.data, sample.nested.saturated
        for place, value in zip(own.between.tolist(), at.between.diagonal().tolist(), strict=True):
            if value <= 0 and place in own.within:
                texts.append(
                    f"{sample.nested.names[place]!r} varies no more between clusters than respondents who differ make "
                    f"their means vary (variance {value:.3g}{_in_group(fitted, 2 * number + 1)}): "
                    "name it at level 1 alone"
                )
    return texts


def _clusters(fitted: Fitted) -> list[str]:
    texts = []
    codes = [s.answers.clusters for s in fitted.samples if s.answers is not None and s.answers.clusters is not None]
    sizes = [counts[counts > 0] for counts in map(np.bincount, codes)]
    sizes += [s.cluster_sizes for s in fitted.samples if s.cluster_sizes is not None]
    if not sizes:
        return []
    count, single = sum(map(len, sizes)), sum(int((size == 1).sum()) for size in sizes)
    if single:
        texts.append(f"{single} of {count} clusters {'holds' if single == 1 else 'hold'} a single row")
    if fitted.table.levels:
        above = {row.free for row in fitted.table.rows if row.free >= 0 and fitted.table.level(row.group) == 2}
        if count < len(above):
            texts.append(f"{len(above)} parameters at level 2 but only {count} clusters: too few to tell them apart")
    elif count < fitted.table.n_free:
        texts.append(
            f"{fitted.table.n_free} parameters but only {count} clusters: cluster-robust standard errors are unreliable"
        )
    return texts
