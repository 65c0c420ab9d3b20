"""The whole models of a multiverse: one per view, screening, way with gaps and covariates, by every estimator."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TypeAlias

import numpy as np
import pandas as pd

from sexresearch.chain.paths.effects import effects
from sexresearch.chain.robustness.leaving_out import LeftOut
from sexresearch.chain.robustness.specifications import Specification
from sexresearch.errors import DataError, OptionError, SexresearchError
from sexresearch.sem import Fitting, Model, Results
from sexresearch.sem.view import (
    LIKELIHOODS,
    ItemSubsets,
    TotalEffect,
    View,
    frame_of,
    item_subsets,
    quiet_fit,
    view,
    without_items,
    written,
)
from sexresearch.survey import Survey

Screening: TypeAlias = pd.DataFrame | pd.Series | Iterable[Hashable] | None
FILLING = ("ML", "MLR", "MLF")  # estimators that use answers with gaps
ORDINAL = ("WLSM", "WLSMV", "WLSMVS", "ULSM", "ULSMV", "ULSMVS")
WIDE = 2 * 1.959963984540054  # standard errors between the limits of a 95 % interval


@dataclass(frozen=True)
class Whole:
    """A whole model on its answers: fits by estimator, why others failed, and how to leave items out quickly."""

    model: Model
    data: object
    fittings: Mapping[str, Fitting]
    fits: Mapping[str, Results]
    failures: Mapping[str, str]
    ends: tuple[str, str] = ("", "")
    quick: ItemSubsets | None = None
    quickly: tuple[str, ...] = field(default=())  # estimators that `quick` has the errors of

    def towards(self, source: str, target: str) -> Whole:
        """The same with an effect to be read."""
        alike = [name for name in LIKELIHOODS if name in self.fits and self.fits[name].converged]
        known = alike and {source, target} <= {*view(self.fits[alike[0]], "multiverse").blocks[0].names}
        quick = item_subsets([self.fits[name] for name in alike], source, target) if known else None
        return replace(self, ends=(source, target), quick=quick, quickly=tuple(alike) if quick else ())

    def without(self, items: LeftOut, estimators: Sequence[str]) -> dict[str, TotalEffect]:
        """The effect by each estimator, the items left out."""
        effects = self.quickly_without(items, estimators)
        for name in estimators:
            if name in effects:
                continue
            alike = [effects[k] for k in effects if {k, name} <= {*LIKELIHOODS} and not effects[k].converged]
            effects[name] = alike[0] if alike else self._carefully(items, name)  # one minimum, whatever its errors
        return {name: effects[name] for name in estimators}

    def quickly_without(
        self, items: LeftOut, estimators: Sequence[str], patient: bool = True
    ) -> dict[str, TotalEffect]:
        """The same from near the whole model's solution alone: empty where that leads to no minimum."""
        columns = [place for place, name in enumerate(self.quickly) if name in estimators]
        made = self.quick.without(items, patient, columns) if columns and self.quick is not None else None
        return dict(zip((self.quickly[place] for place in columns), made, strict=True)) if made else {}

    def _carefully(self, items: LeftOut, estimator: str) -> TotalEffect:
        """By a fit of its own; the whole model's where nothing is left out."""
        try:
            if not items and estimator in self.fits:
                return read_effect(self.fits[estimator], *self.ends)
            if not items:
                return failed(self.failures.get(estimator, ""))
            model = without_items(self.model, items)
            return read_effect(quiet_fit(model, self.data, self.fittings[estimator]), *self.ends)
        except SexresearchError as error:
            return failed(str(error))


def failed(reason: str, n: float = np.nan) -> TotalEffect:
    """An effect that there is none of."""
    return TotalEffect(np.nan, np.nan, n, False, False, reason)


def read_effect(results: Results, source: str, target: str) -> TotalEffect:
    """The standardized total effect of a fit."""
    if not results.converged:
        return failed("; ".join(results.problems[:1]) or "the fit did not converge", float(results.nobs))
    rows = effects(results, source=source, target=target)
    row = rows[rows["effect"] == "total"].iloc[0]
    est = float(row["std_all"])
    se = float(row["std_all_ci_upper"] - row["std_all_ci_lower"]) / WIDE
    wrong = "; ".join(results.inadmissible)
    reason = wrong or (str(row["note"]) if not se > 0 else "")
    return TotalEffect(est, se if se > 0 else np.nan, float(results.nobs), True, not wrong, reason)


def whole_model(model: Model, data: object, fitting: Fitting, missing: str, estimators: Sequence[str]) -> Whole:
    """The fits of one model to one set of answers; what fails is kept with its reason."""
    fittings = {name: _by(fitting, name, missing) for name in estimators}
    fits: dict[str, Results] = {}
    failures: dict[str, str] = {}
    for name, own in fittings.items():
        try:
            fits[name] = quiet_fit(model, data, own)
        except SexresearchError as error:
            failures[name] = str(error)
    return Whole(model, data, fittings, fits, failures)


def _by(fitting: Fitting, estimator: str, missing: str) -> Fitting:
    as_ordered = fitting.ordered is None and estimator in ORDINAL
    chosen = missing if not (missing == "fiml" and estimator not in FILLING) else "listwise"
    return replace(fitting, estimator=estimator, missing=chosen, ordered=True if as_ordered else fitting.ordered)


def possible(one: Specification) -> bool:
    """Whether the choices go together: gaps are filled by the likelihood of continuous answers alone."""
    return one.missing != "fiml" or one.estimator in FILLING


def screened(data: Survey | pd.DataFrame, rows: Screening, name: str) -> object:
    """The answers without these rows."""
    if rows is None:
        return data
    if isinstance(data, Survey):
        return data.without(_labels(data.answers, rows), because=name)
    frame = frame_of(data)
    labels = _labels(frame, rows)
    if isinstance(labels, pd.DataFrame):
        labels = [label for part in labels["rows"] for label in part]
    gone = list(dict.fromkeys(labels))
    strange = [label for label in gone if label not in frame.index]
    if strange:
        raise DataError(f"screening {name!r} names rows that are not in the data: {strange[:5]}")
    if len(gone) >= len(frame):
        raise DataError(f"screening {name!r} leaves no row")
    return frame.drop(index=gone)


def _labels(frame: pd.DataFrame, rows: Screening) -> pd.DataFrame | list[Hashable]:
    if isinstance(rows, pd.DataFrame) and "rows" in rows:
        return rows
    if rows is not None and (isinstance(rows, str) or not isinstance(rows, Iterable)):
        raise OptionError(f"a screening takes findings of screen(), a mask or row labels; found {rows!r}")
    values = rows if isinstance(rows, pd.Series) else pd.Series(list(() if rows is None else rows))
    if len(values) == len(frame) and values.map(lambda value: isinstance(value, bool | np.bool_)).all():
        return list(frame.index[values.to_numpy(dtype=bool)])
    return list(values)


def holding(model: Model, covariates: Sequence[str]) -> Model:
    """The model with columns as causes of every construct that a path starts from or leads to."""
    if not covariates:
        return model
    formulas = model.statements.formulas
    taken = [name for name in covariates if name in (*model.latents, *model.observed)]
    if taken:
        raise OptionError(f"covariates: {', '.join(taken)} stand in the model already")
    exact = {f.lhs for f in formulas if f.op == "~~" and f.lhs == f.rhs and f.modifiers.fixed == (0.0,)}
    led = {f.lhs for f in formulas if f.op == "~"}
    names = [n for n in dict.fromkeys(n for f in formulas if f.op == "~" for n in (f.rhs, f.lhs)) if n not in exact]
    right = " + ".join(map(written, covariates))
    lines = [f"{written(name)} ~ {right}" for name in names]
    known = {frozenset((f.lhs, f.rhs)) for f in formulas if f.op == "~~"}
    free = [name for name in names if name not in led]
    pairs = [pair for pair in combinations(free, 2) if frozenset(pair) not in known]
    return Model("\n".join([model.syntax, *lines, *(f"{written(a)} ~~ {written(b)}" for a, b in pairs)]))


def any_view(wholes: Iterable[Whole]) -> View | None:
    """A fit to read the model from; None where there is none."""
    return next((view(fit, "multiverse") for whole in wholes for fit in whole.fits.values()), None)
