"""The effects a plan is about: which parameters or definitions, their estimates and standard errors in many samples."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.errors import OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.delta_method import delta_variances
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.resampling.row_values import definition_values, row_values

STEP = 1e-5  # relative, of central differences whose error is of the order of its square


@dataclass(frozen=True)
class TargetEffect:
    """One effect: its label or formula, group (None where there is one), and place among rows, then definitions."""

    name: str
    group: object
    place: int

    def found_in(self, fitted: Fitted) -> TargetEffect:
        """The same effect in another fit, whose table may hold further rows."""
        return next(own for own in _named(fitted, self.name, shared=True) if own.group == self.group)


def wanted_effects(fitted: Fitted, effects: Sequence[str] | None) -> tuple[TargetEffect, ...]:
    """The named effects; by default every free regression and definition, or every loading where there is none.

    An effect is named by its label, its definition, or its formula ("loyalty ~ delight"), in every group that has it.
    OptionError names what is unknown or fixed.
    """
    rows = fitted.table.rows
    if effects is None:
        targets = [_of(fitted, i) for i, row in enumerate(rows) if row.op == "~" and row.free >= 0]
        targets += [_of(fitted, len(rows) + i) for i in range(len(fitted.names.definitions))]
        targets = targets or [_of(fitted, i) for i, row in enumerate(rows) if row.op == "=~" and row.free >= 0]
        if not targets:
            raise OptionError("the model has no free regression, definition or loading to look for: name some effects=")
        return tuple(targets)
    if isinstance(effects, str):
        raise OptionError(f"effects takes a list, as in effects=[{effects!r}]")
    if len(effects) == 0:
        raise OptionError("effects=[] names nothing to look for: leave it out, or name some")
    return tuple(wanted for name in effects for wanted in _named(fitted, name))


def _of(fitted: Fitted, place: int, name: str = "") -> TargetEffect:
    rows = fitted.table.rows
    if place >= len(rows):
        return TargetEffect(fitted.names.definitions[place - len(rows)].name, None, place)
    row, table = rows[place], fitted.table
    label = fitted.samples[row.group].label if table.n_groups > 1 else None
    return TargetEffect(name or row.name + _at_level(table.level(row.group)), label, place)


def _at_level(level: int | None) -> str:
    return "" if level is None else f" [level {level}]"


def _named(fitted: Fitted, name: str, shared: bool = False) -> list[TargetEffect]:
    """The effects of that name; those that share one parameter, as in groups where it is equal, once or each."""
    rows, wanted = fitted.table.rows, "".join(str(name).split())
    for i, definition in enumerate(fitted.names.definitions):
        if definition.name == wanted:
            return [_of(fitted, len(rows) + i)]
    places = [i for i, row in enumerate(rows) if wanted in _names(row, _at_level(fitted.table.level(row.group)))]
    if not places:
        known = [d.name for d in fitted.names.definitions] + list(dict.fromkeys(row.name for row in rows))
        near = difflib.get_close_matches(str(name), known, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise OptionError(f"effects names {name!r}{hint}, which the model does not have; it has {known[:20]}")
    free = [i for i in places if rows[i].free >= 0]
    if not free:
        raise OptionError(f"effects names {name!r}, which is fixed in the model, so that there is nothing to test")
    seen: dict[int, int] = {}
    for i in free:
        seen.setdefault(i if shared else rows[i].free, i)
    return [_of(fitted, i, wanted if rows[i].label == wanted else "") for i in seen.values()]


def _names(row: Parameter, at_level: str) -> set[str]:
    """What a row may be asked for by, without blanks: its formula, also with its level, and its label."""
    names = {f"{row.lhs}{row.op}{row.rhs}"} | ({f"{row.rhs}{row.op}{row.lhs}"} if row.op == "~~" else set())
    return (names | {name + "".join(at_level.split()) for name in names} | {row.label}) - {""}


def estimates(fitted: Fitted, wanted: Sequence[TargetEffect], theta: Array, exogenous: Array) -> Array:
    """(R, effects) values at parameter vectors theta (R, q) and exogenous rows (R, e)."""
    rows = row_values(fitted, theta, exogenous)
    return np.hstack([rows, definition_values(fitted, rows)])[:, [w.place for w in wanted]]


def standard_errors(
    fitted: Fitted, wanted: Sequence[TargetEffect], theta: Array, exogenous: Array, vcov: Array
) -> Array:
    """(R, effects) standard errors from covariances (R, q, q) of the estimates; delta method for definitions."""
    rows = fitted.table.rows
    out = np.empty((len(theta), len(wanted)))
    defined = [k for k, w in enumerate(wanted) if w.place >= len(rows)]
    with np.errstate(invalid="ignore"):
        for k in set(range(len(wanted))) - set(defined):
            free = rows[wanted[k].place].free
            out[:, k] = np.sqrt(vcov[:, free, free])
        if defined:
            slopes = _slopes(fitted, [wanted[k] for k in defined], theta, exogenous)
            out[:, defined] = np.sqrt(delta_variances(slopes, vcov))
    return out


def _slopes(fitted: Fitted, wanted: Sequence[TargetEffect], theta: Array, exogenous: Array) -> Array:
    """(R, effects, q) derivatives of definitions, which only labelled parameters enter."""
    out = np.zeros((len(theta), len(wanted), theta.shape[1]))
    for i in set(fitted.names.free.values()):
        step = np.zeros_like(theta)
        step[:, i] = STEP * (1.0 + np.abs(theta[:, i]))
        high, low = (estimates(fitted, wanted, at, exogenous) for at in (theta + step, theta - step))
        out[:, :, i] = (high - low) / (2.0 * step[:, [i]])
    return out
