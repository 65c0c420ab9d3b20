"""Degrees of freedom, and whether the free parameters can be told apart."""

from __future__ import annotations

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.sem.data.moments import heaviest
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.matrices import bounded_away, flat_direction

INVOLVED = 0.15  # weight in the flat direction from which a parameter is named


def count_moments(fitted: Fitted) -> int:
    """Sample moments the model has to explain; those of fixed exogenous variables are not among them."""
    return sum(term.n_moments for term in fitted.objective.groups)


def degrees_of_freedom(fitted: Fitted) -> int:
    """Moments less free parameters, equality constraints given back."""
    return count_moments(fitted) - fitted.table.n_free + fitted.constrained.n_equalities


def refuse_overfull(df: int) -> None:
    """ModelError where a model has more free parameters than moments."""
    if df < 0:
        raise ModelError(
            f"the model has {-df} more free parameter{'s' if df < -1 else ''} than the data have moments "
            f"(df = {df}): fix or remove some, for example covariances or cross-loadings"
        )


def refuse_unidentified(fitted: Fitted) -> str:
    """ModelError naming the parameters that trade off against each other; a note where only these data cannot tell.

    The expected information is looked at where the fit ended and, if it is singular there, again near its start.
    """
    fitted = fitted.conditioned
    whole = fitted.basis.shape[1] == fitted.table.n_free
    if whole and fitted.options.information == "expected" and bounded_away(fitted.information, fitted.inverse):
        return ""
    flat = flat_direction(fitted.expected_information, fitted.basis)
    if flat is None:
        return ""
    labels = fitted.table.free_names()
    named = heaviest(labels, flat / np.abs(flat).max(), INVOLVED)[:6]
    shift = np.random.default_rng(0).uniform(0.8, 1.25, fitted.table.n_free)
    generic = fitted.objective.curve(fitted.start * shift + 0.01 * (fitted.start == 0))
    if not np.isfinite(generic.value) or flat_direction(generic.curvature, fitted.basis) is None:
        return f"these data hardly tell these parameters apart (singular information): {', '.join(named)}"
    raise ModelError(
        f"the model is not identified: these parameters can trade off against each other without changing the fit: "
        f"{', '.join(named)}. Fix one of them (for example 1*x), add indicators, or set two of them equal"
    )
