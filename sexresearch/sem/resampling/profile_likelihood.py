"""Likelihood-based intervals of defined parameters: values that the data do not contradict, whatever the others are."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.linalg import null_space
from scipy.special import ndtri

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError, OptionError
from sexresearch.sem.estimation.constrained_minimum import minimize_within
from sexresearch.sem.estimation.constraints import Restriction, restrictions
from sexresearch.sem.estimation.estimate import bounded
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.language.expression import Expression
from sexresearch.sem.output.results import Results
from sexresearch.sem.resampling.monte_carlo import KEYS, refuse_undefined

WIDER = 1.5  # how much further from the estimate a limit is looked for where the last value is still within
FURTHEST = 12  # such steps, to 130 times the distance by the standard error; then there is no limit on that side
EXACT = 1e-6  # of a standard error: how exactly limits are found
SIDES = {"lower": -1.0, "upper": 1.0}
NEWTON_STEPS = 20
NOWHERE = "held {}, the other parameters have no estimates that converge"
SETTLED = 1e-16  # square of a step in units in which the likelihood falls by one half: a Newton step that was the last


@in_words
def profile_likelihood(results: Results, level: float = 0.95) -> pd.DataFrame:
    """Confidence limits of every ``:=`` parameter where the likelihood has fallen by the chi-square difference.

    Parameters
    ----------
    results : Results
        A fit by maximum likelihood that converged, with plain standard errors, of a model that defines parameters.
    level : float
        Coverage of the limits, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per definition: lhs, op, rhs, label, group, level, est, ci_lower, ci_upper, note (why a limit is
        missing).

    Raises
    ------
    ModelError
        The fit did not converge.
    OptionError
        The model defines nothing, the fit has no or robust standard errors or is not by likelihood (nor are sampling
        weights), or the level is out of its range.

    Notes
    -----
    A limit is the value c farthest from the estimate at which 2 (log L - log L(definition == c)) is the chi-square
    quantile of one degree of freedom, all other parameters estimated again (Neale & Miller 1997,
    doi 10.1023/A:1025681223921; Cheung 2009, doi 10.1080/10705510902751291). Unlike estimate ± 1.96 standard errors,
    such limits are the same whatever the parameters are called, respect their bounds, and are as skewed as the
    likelihood is. They take the likelihood to be the right one: of robust fits `monte_carlo` has limits.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=200)
    >>> m = 0.5 * x + rng.normal(size=200)
    >>> data = pd.DataFrame({"x": x, "m": m, "y": 0.5 * m + rng.normal(size=200)})
    >>> limits = profile_likelihood(fit("m ~ a*x; y ~ b*m; indirect := a*b", data))
    >>> limits[["ci_lower", "ci_upper"]].round(1).values.tolist()
    [[0.1, 0.3]]
    """
    refuse_undefined(results, "profile_likelihood", level)
    fitted = results.fitted
    _refuse_robust(fitted)
    frame = results.parameters.query("op == ':='")
    z = float(ndtri(0.5 + level / 2))
    rows = zip(frame["lhs"], frame["est"], frame["se"], strict=True)
    limits = [_limits(fitted, name, est, se, z) for name, est, se in rows]
    return pd.concat([frame[KEYS].reset_index(drop=True), pd.DataFrame(limits)], axis=1)


def _refuse_robust(fitted: Fitted) -> None:
    if fitted.options.sampling_weights is not None:
        raise OptionError("with sampling weights what is maximised is no likelihood: use monte_carlo")
    if not fitted.options.likelihood:
        raise OptionError(f"a likelihood is needed; estimator {fitted.options.estimator!r} has none: use monte_carlo")
    if fitted.options.se != "standard":
        raise OptionError(
            f"limits of the likelihood go with plain standard errors; found se={fitted.options.se!r}: use monte_carlo"
        )


def _limits(fitted: Fitted, name: str, est: float, se: float, z: float) -> dict[str, object]:
    """ci_lower, ci_upper and note of one definition; z is the normal quantile of the level."""
    if not (math.isfinite(est) and se > 0):
        why = "it does not vary" if se == 0 else "it has no estimate with a standard error"
        return {"ci_lower": np.nan, "ci_upper": np.nan, "note": why}
    others = restrictions(bounded(fitted.table, fitted.options), fitted.names)
    limits, notes = {}, []
    for side, sign in SIDES.items():
        value, why = math.nan if others else _by_newton(fitted, name, sign, z), ""
        if not sign * (value - est) > 0:
            value, why = _by_steps(_excess(fitted, others, name, z), est, sign * z * se, EXACT * se)
        limits[f"ci_{side}"] = value
        notes += [f"no {side} limit: {why}"] if why else []
    return {**limits, "note": "; ".join(notes)}


def _by_newton(fitted: Fitted, name: str, sign: float, z: float) -> float:
    """The definition where its gradient is that of the likelihood times a factor and the latter has fallen; or NaN.

    Newton steps for parameters and factor together (Venzon & Moolgavkar 1988, doi 10.2307/2347496), from where the
    likelihood would have fallen were it normal. NaN where they do not settle, or not at a minimum with the definition
    held.
    """
    objective, most = fitted.objective, 2.0 * fitted.weight
    jet = fitted.names.jets(fitted.theta, [name])[name]
    ahead = fitted.inverse @ jet.gradient
    theta = fitted.theta + sign * z * ahead / math.sqrt(jet.gradient @ ahead)
    least, factor = fitted.constrained.solution.value, math.nan
    for _ in range(NEWTON_STEPS):
        point, jet = objective.curve(theta), fitted.names.jets(theta, [name])[name]
        if not (math.isfinite(point.value) and np.isfinite(jet.gradient).all()):
            return math.nan
        if math.isnan(factor):
            factor = float(jet.gradient @ point.gradient / (jet.gradient @ jet.gradient))
        bend, unit = point.hessian() - factor * jet.hessian, 1.0 / np.sqrt(np.abs(point.curvature.diagonal()))
        gap = np.append(point.gradient - factor * jet.gradient, point.value - least - z * z / most)
        whole = np.block([[bend, -jet.gradient[:, None]], [point.gradient[None, :], np.zeros((1, 1))]])
        units = np.append(unit, 1.0)
        try:
            step = -units * np.linalg.solve(units[:, None] * whole * units, units * gap)
        except np.linalg.LinAlgError:
            return math.nan
        theta, factor = theta + step[:-1], factor + step[-1]
        if most * float(np.sum((step[:-1] / unit) ** 2)) < SETTLED:
            away = null_space(jet.gradient[None, :] * unit)
            lowest = np.linalg.eigvalsh(away.T @ (bend * np.outer(unit, unit)) @ away)[:1]
            return fitted.names.jets(theta, [name])[name].value if (lowest > 0).all() else math.nan
    return math.nan


def _by_steps(excess: Callable[[float], float], est: float, reach: float, tolerance: float) -> tuple[float, str]:
    """Where `excess` crosses 0, from `est` in the direction of `reach`; NaN, and why, where no crossing is found."""
    from scipy.optimize import brentq  # loads much that nothing else needs

    inside = est
    for _ in range(FURTHEST):
        beyond = excess(est + reach)
        if math.isnan(beyond):
            return math.nan, NOWHERE.format(f"at {est + reach:.3g}")
        if beyond >= 0:
            try:
                return float(brentq(excess, inside, est + reach, xtol=tolerance)), ""
            except ValueError:  # not a number on the way
                return math.nan, NOWHERE.format(f"between {inside:.3g} and {est + reach:.3g}")
        inside, reach = est + reach, WIDER * reach
    return math.nan, f"the likelihood does not fall enough as far as {inside:.3g}"


def _excess(fitted: Fitted, others: tuple[Restriction, ...], name: str, z: float) -> Callable[[float], float]:
    """By how much the root of the chi-square difference passes z where the definition is held at a value."""
    least, nearest = fitted.constrained.solution.value, [fitted.theta]

    def excess(value: float) -> float:
        gap = Expression("-", parts=(Expression("name", name=name), Expression("number", value=value)))
        fixed = Restriction(gap, False, f"{name} == {value:g}")
        try:
            there = minimize_within(fitted.objective, nearest[-1], (*others, fixed), fitted.names).solution
        except ModelError:  # a value that the definition cannot take
            return math.nan
        if not there.converged:
            return math.nan
        nearest.append(there.theta)
        return math.sqrt(max(2.0 * fitted.weight * (there.value - least), 0.0)) - z

    return excess
