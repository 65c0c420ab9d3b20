"""A model fitted again to the answers, or moments, and in the way of an earlier fit; and the code that does so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import numpy as np
import pandas as pd

from sexresearch.errors import OptionError
from sexresearch.sem import Fitting, Model, Moments, Results
from sexresearch.sem.view import View, ViewBlock, quiet_fit, view


def refitted(results: Results, model: Model) -> Results:
    """The model, fitted to what `results` was fitted to and as it was; OptionError where that cannot be done."""
    fit = view(results, "lab.chain")
    if fit.engine != "native":
        raise OptionError(f"arrows are changed in fits by this package's own engine; these results are by {fit.engine}")
    if results.rows is None:
        return quiet_fit(model, None, fitting_of(fit), moments=moments_of(fit), group_equal=fit.options.group_equal)
    return quiet_fit(
        model,
        results.rows,
        fitting_of(fit),
        group=fit.options.group,
        group_equal=fit.options.group_equal,
        group_partial=fit.options.group_partial,
    )


def fitting_of(fit: View) -> Fitting:
    """How a fit was done, every default decided."""
    shared = {field.name: getattr(fit.options, field.name) for field in fields(Fitting)}
    return Fitting(**{**shared, "ordered": shared["ordered"] or None})


def moments_of(fit: View) -> Moments | dict[object, Moments]:
    """The moments behind a fit that has no answers, by group where there are some."""
    by_group = {block.label: _moments(block) for block in fit.blocks}
    return by_group if fit.groups else next(iter(by_group.values()))


def _moments(block: ViewBlock) -> Moments:
    names, n = list(block.observed), block.nobs
    mean = pd.Series(block.mean, index=names) if block.has_means or np.any(block.mean) else None
    return Moments(pd.DataFrame(block.cov * n / (n - 1), index=names, columns=names), nobs=n, mean=mean)


def options_code(fit: View) -> str:
    """The options of a fit as arguments of `fit`, those at their defaults left out.

    >>> from sexresearch.sem import fit
    >>> answers = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 2)), columns=["x", "y"])
    >>> options_code(view(fit("y ~ 0.1*x", answers), "this"))
    ', estimator="ML", meanstructure=False, se="standard", test="standard", information="expected"'
    """
    usual = Fitting()
    given: dict[str, object] = {}
    for field in fields(Fitting):
        value, default = getattr(fit.options, field.name), getattr(usual, field.name)
        if field.name != "rotation" and value not in (default, ()) and value is not None:
            given[field.name] = value
    given |= {"group": fit.options.group} if fit.options.group else {}
    given |= {name: getattr(fit.options, name) for name in ("group_equal", "group_partial")}
    return "".join(f", {name}={literal(value)}" for name, value in given.items() if value not in (None, (), ""))


def literal(value: object) -> str:
    """A number, text, or a collection of these as Python code.

    >>> literal({"joy": 5.0}), literal(("a", "b")), literal('the "best"')
    ('{"joy": 5.0}', '["a", "b"]', '"the \\\\"best\\\\""')
    """
    if isinstance(value, str):
        inner = repr(value)[1:-1].replace("\\'", "'") if repr(value)[0] == "'" else repr(value)[1:-1]
        return '"' + inner.replace('"', '\\"') + '"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(float(value)) if isinstance(value, float) else repr(value)
