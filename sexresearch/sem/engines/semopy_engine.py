"""semopy as a second engine: its own minimiser and standard errors on our parameter table.

semopy completes and classifies a model by rules of its own (residual covariances of outcomes that do not reach what
these outcomes explain, free exogenous moments, variances kept positive). Nothing is left to them here: a path of zero
from every variable to itself makes all of them inner variables, every path is a regression, every variance and
covariance is written out, and the covariance matrix is handed over. What remains is semopy's discrepancy, gradient,
optimiser and information matrix.
semopy: Meshcheryakov, Igolkina & Samsonova 2021, arXiv 2106.01140.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.extras import extra
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.minimize import Solution, newton_decrement
from sexresearch.sem.implied.structure import implied
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.language.parameter import Parameter

if TYPE_CHECKING:
    import semopy

CLOSE_ENOUGH = 1e-10  # Newton decrement per respondent: 1e-5 sqrt(n) standard errors from the minimum, by our gradient
TIGHT = {"ftol": 1e-15, "maxiter": 2000}  # SLSQP's default of 1e-6 stops with a gradient of 4e-4
TIGHTER = {"gtol": 1e-10, "maxiter": 2000}  # BFGS carries on from there to the limit of floating point


def semopy_solution(fitted: Fitted) -> tuple[Fitted, Array]:
    """`fitted` at semopy's estimates, and semopy's (q, q) covariance of them (its inverse expected information).

    Degrees of freedom, fit measures and standardized values remain ours, computed at semopy's estimates; convergence
    is judged by our gradient. semopy starts from the same values as our own minimiser.
    OptionError says why where semopy cannot fit this model rightly.
    """
    reasons = refusals(fitted)
    if reasons:
        raise OptionError(f"engine='semopy' cannot fit this: {'; '.join(reasons)}. Use engine='native'")
    problem = _rescaled(fitted)
    theta, cov = _run(problem)
    solution = _judged(fitted, theta * problem.factor)
    errors = cov * np.outer(problem.factor, problem.factor) if solution.converged else np.full_like(cov, np.nan)
    return replace(fitted, constrained=replace(fitted.constrained, solution=solution)), errors


def refusals(fitted: Fitted) -> list[str]:
    """Why semopy's numbers for this model would be wrong or missing; empty where they can be trusted."""
    options, table = fitted.options, fitted.table
    bounded = options.bounds is not None or any(np.isfinite([row.lower, row.upper]).any() for row in table.rows)
    complete = options.missing == "listwise"
    plain = complete and options.estimator == "ML"
    if fitted.categories:
        return [
            "semopy estimates ordered variables by a likelihood of its own, without thresholds among the parameters"
        ]
    checks = {
        "semopy has no models of two levels": bool(table.levels),
        "semopy fits several groups apart, without parameters they share": table.n_groups > 1,
        "semopy has no cluster-robust standard errors": options.cluster is not None,
        "semopy has no sampling weights": options.sampling_weights is not None,
        "semopy's likelihood of incomplete rows leaves out the means": not complete,
        "semopy is run on covariances only: its chi-square for models with means is wrong": complete
        and bool(options.meanstructure),
        f"semopy's standard errors are those of estimator 'ML'; found {options.estimator!r}": options.estimator != "ML",
        f"semopy's standard errors are 'standard' ones; found {options.se!r}": plain and options.se != "standard",
        "semopy's standard errors are from the expected information": plain and options.information != "expected",
        "semopy's standard errors ignore constraints (== < >) and bounds": bool(table.constraints) or bounded,
        "the model has no free parameter": table.n_free == 0,
    }
    return [reason for reason, applies in checks.items() if applies]


@dataclass(frozen=True)
class RescaledModel:
    """The model in units in which every variable varies by about one: theta = factor * rescaled theta, all (q,).

    cov : sample covariances by safe name. text : the model for semopy, parameters named p0, p1, ...; start : (q,).
    """

    text: str
    cov: pd.DataFrame
    n: int
    start: Array
    factor: Array


def _rescaled(fitted: Fitted) -> RescaledModel:
    """A path from a to b is divided by s_b / s_a, a covariance by s_a s_b, whether free or fixed: the same model."""
    sample, structure, rows = fitted.samples[0], fitted.structures[0], fitted.table.rows
    variances = np.diag(implied(structure, fitted.start).all_cov)
    scale, row_factor = _scale(rows, structure.names, variances, sample.cov)
    factor = np.ones(fitted.table.n_free)
    for row, value in zip(rows, row_factor, strict=True):
        if row.free >= 0:
            factor[row.free] = value
    s = scale[: len(sample.names)]
    names = [f"v{i}" for i in range(len(s))]
    cov = pd.DataFrame(sample.cov / np.outer(s, s), index=names, columns=names)
    text = _text(rows, structure.names, len(s), row_estimates(fitted) / row_factor)
    return RescaledModel(text, cov, sample.nobs, fitted.start / factor, factor)


def _scale(rows: tuple[Parameter, ...], names: tuple[str, ...], variances: Array, cov: Array) -> tuple[Array, Array]:
    """The unit of every variable (m,) and row: its own, or a common one where equal parameters must stay equal."""
    own = np.sqrt(np.where(variances > 0, variances, 1.0))
    own[: len(cov)] = np.sqrt(np.diag(cov))
    common = np.full(len(own), np.exp(np.log(own[: len(cov)]).mean()))
    for scale in (own, common):
        unit = _row_units(rows, dict(zip(names, scale, strict=True)))
        seen: dict[int, float] = {}
        if all(np.isclose(seen.setdefault(r.free, u), u) for r, u in zip(rows, unit, strict=True) if r.free >= 0):
            return scale, unit
    return np.ones(len(own)), np.ones(len(rows))


def _row_units(rows: tuple[Parameter, ...], scale: dict[str, float]) -> Array:
    def unit(row: Parameter) -> float:
        if row.op == "~~":
            return scale[row.lhs] * scale[row.rhs]
        return scale[row.rhs] / scale[row.lhs] if row.op == "=~" else scale[row.lhs] / scale[row.rhs]

    return np.array([unit(row) for row in rows])


def _text(rows: tuple[Parameter, ...], names: tuple[str, ...], n_observed: int, values: Array) -> str:
    """The model in semopy's language, with a value or a parameter name before every path and (co)variance."""
    safe = {name: f"v{i}" for i, name in enumerate(names)}
    lines = [f"{name} ~ 0*{name}" for name in safe.values()]
    for row, value in zip(rows, values, strict=True):
        a, b = (row.rhs, row.lhs) if row.op == "=~" else (row.lhs, row.rhs)
        what = f"p{row.free}" if row.free >= 0 else np.format_float_positional(value)
        lines.append(f"{safe[a]} {'~~' if row.op == '~~' else '~'} {what}*{safe[b]}")
    latent = " ".join(safe[name] for name in names[n_observed:])
    return "\n".join(lines + ([f"DEFINE(latent) {latent}"] if latent else []))


def _run(problem: RescaledModel) -> tuple[Array, Array]:
    """semopy's estimates (q,) and their covariance (q, q), both in the rescaled units and our order."""
    with extra("engines"):
        import semopy

    with _quiet():
        model = semopy.Model(problem.text)
        for name, parameter in model.parameters.items():
            if parameter.active:
                parameter.start, parameter.bound = problem.start[int(name[1:])], (None, None)
        model.get_bounds = lambda: None  # there are none, and BFGS would warn that it cannot keep to them
        model.fit(cov=problem.cov, n_samples=problem.n, options=dict(TIGHT))
        model.fit(solver="BFGS", options=dict(TIGHTER))
        cov = _inverse_information(model)
    active = [int(name[1:]) for name, parameter in model.parameters.items() if parameter.active]
    back = np.argsort(active)
    return model.param_vals[back], cov[np.ix_(back, back)]


def _inverse_information(model: semopy.Model) -> Array:
    """semopy's own; NaN where semopy stopped at covariances that are not positive definite."""
    try:
        return model.calc_fim(inverse=True)[1]
    except np.linalg.LinAlgError:
        return np.full((len(model.param_vals),) * 2, np.nan)


def _judged(fitted: Fitted, theta: Array) -> Solution:
    point = fitted.objective.curve(theta)
    decrement = newton_decrement(point) if np.isfinite(point.value) else np.inf
    done = bool(decrement < CLOSE_ENOUGH)
    trouble = "" if done else "semopy stopped where the gradient is not zero"
    return Solution(theta, point.value, point.gradient, decrement, 0, done, trouble)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence floating-point warnings, and what semopy writes to the root logger; nobody else's messages."""
    root, handler = logging.getLogger(), logging.NullHandler()

    def from_elsewhere(record: logging.LogRecord) -> bool:
        return "semopy" not in record.pathname

    root.addFilter(from_elsewhere)
    root.addHandler(handler)  # without any handler, logging would install one that prints
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        root.removeHandler(handler)
        root.removeFilter(from_elsewhere)
