"""Defined parameters (`:=`): their values, delta-method standard errors, and standardized values."""

from __future__ import annotations

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.delta_method import delta_variances
from sexresearch.sem.estimation.constraints import Namespace
from sexresearch.sem.estimation.fitted import Fitted


def defined_parameters(names: Namespace, theta: Array, vcov: Array) -> tuple[Array, Array]:
    """Values and delta-method standard errors of the defined parameters (Sobel 1982, doi 10.2307/270723)."""
    known = names.jets(theta)
    jets = [known[d.name] for d in names.definitions]
    variances = delta_variances(np.array([jet.gradient for jet in jets]), vcov)
    return np.array([jet.value for jet in jets]), np.sqrt(np.maximum(variances, 0.0))


def standardized_definitions(fitted: Fitted, std: Array) -> Array:
    """The definitions applied to standardized estimates, each label read at its first row; NaN where undefined."""
    names = fitted.names
    used = (*names.free, *names.fixed)
    theta = np.array([std[fitted.table.named[name]] for name in used])
    known = Namespace(len(used), {name: i for i, name in enumerate(used)}, {}, names.definitions).jets(theta)
    return np.array([known[d.name].value for d in names.definitions])
