"""Monte-Carlo intervals of defined parameters: draws from the sampling distribution of the estimates, no refitting."""

from __future__ import annotations

from numbers import Integral

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.output.results import Results
from sexresearch.sem.resampling.row_values import definition_values, row_values
from sexresearch.sem.resampling.uncertainty import normal_draws

KEYS = ["lhs", "op", "rhs", "label", "group", "level", "est"]


@in_words
def monte_carlo(results: Results, draws: int = 20000, seed: int = 1, level: float = 0.95) -> pd.DataFrame:
    """Confidence limits of every ``:=`` parameter from draws of the estimates' sampling distribution.

    Parameters
    ----------
    results : Results
        A fit that converged, with standard errors, of a model that defines parameters.
    draws : int
        Draws, at least 2.
    seed : int
        Whole number of at least 0 that decides the draws.
    level : float
        Coverage of the limits, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per definition: lhs, op, rhs, label, group, level, est, se, ci_lower, ci_upper, note (draws without a
        value are left out and counted).

    Raises
    ------
    ModelError
        The fit did not converge.
    OptionError
        The model defines nothing, the fit has no standard errors, or a number is out of its range.

    Notes
    -----
    theta* ~ N(theta, V), with V the covariance of the estimates (robust where the fit is); the limits are quantiles of
    the definitions at theta*, so that a product such as an indirect effect keeps its skew (MacKinnon, Lockwood &
    Williams 2004, doi 10.1207/s15327906mbr3901_4). `profile_likelihood` has limits that do not take the estimates to be
    normal.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=200)
    >>> m = 0.5 * x + rng.normal(size=200)
    >>> data = pd.DataFrame({"x": x, "m": m, "y": 0.5 * m + rng.normal(size=200)})
    >>> monte_carlo(fit("m ~ a*x; y ~ b*m; indirect := a*b", data))[["ci_lower", "ci_upper"]].round(1).values.tolist()
    [[0.1, 0.3]]
    """
    vcov = _checked(results, draws, seed, level)
    fitted = results.fitted
    random = np.random.default_rng(seed)
    theta = normal_draws(random, fitted.theta, vcov, draws)
    fixed = row_estimates(fitted)[[row.exogenous for row in fitted.table.rows]]
    values = definition_values(fitted, row_values(fitted, theta, np.tile(fixed, (draws, 1))))
    frame = results.parameters.query("op == ':='")[KEYS].reset_index(drop=True)
    return pd.concat([frame, pd.DataFrame([_row(column, level) for column in values.T])], axis=1)


def _checked(results: Results, draws: int, seed: int, level: float) -> Array:
    """The covariance of the estimates, once everything asked for is possible."""
    for name, value, least in (("draws", draws, 2), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise OptionError(f"{name} must be a whole number of at least {least}; found {value!r}")
    refuse_undefined(results, "monte_carlo", level)
    return results.vcov.to_numpy()


def refuse_undefined(results: Results, question: str, level: float) -> None:
    """OptionError or ModelError unless `results` defines parameters that have standard errors."""
    if not isinstance(results, Results):
        raise OptionError(f"{question} needs the Results of a fit; found {type(results).__name__}")
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1; found {level!r}")
    if not results.fitted.names.definitions:
        raise OptionError("the model defines no parameter: add one, such as 'indirect := a*b'")
    if not results.converged:
        raise ModelError("the fit did not converge, so its estimates have no distribution: see results.problems")
    if not np.isfinite(results.vcov.to_numpy()).all():
        raise OptionError("the fit has no standard errors (se='none'); fit again with standard errors")


def _row(draws: Array, level: float) -> dict[str, object]:
    valid = draws[np.isfinite(draws)]
    if len(valid) < 2:
        return {"se": np.nan, "ci_lower": np.nan, "ci_upper": np.nan, "note": "no draw has a value"}
    low, high = np.quantile(valid, [0.5 - level / 2, 0.5 + level / 2])
    note = f"{len(draws) - len(valid)} of {len(draws)} draws have no value" if len(valid) < len(draws) else ""
    return {"se": float(valid.std(ddof=1)), "ci_lower": low, "ci_upper": high, "note": note}
