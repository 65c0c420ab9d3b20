"""Who is compared: groups of respondents, or waves of the same respondents; each knows how to fit a step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any, Protocol

import numpy as np

from sexresearch.chain.invariance.identification import higher, means_at_zero, scaled_by_text
from sexresearch.errors import OptionError
from sexresearch.sem import Fitting, Model, Moments, Results
from sexresearch.sem.view import first_rows, frame_of, is_ordered, quiet_fit, read_once, rows_by_group, written

Formulas = tuple[str, ...]
OLD = ("estimator", "missing", "ordered", "cluster", "sampling_weights")  # arguments that `Fitting` took over
FIML = ("fiml", "ml", "direct")  # with lavaan's spellings


class InvarianceDesign(Protocol):
    """Fits one model to all groups or waves with some kinds of parameters equal."""

    @property
    def model(self) -> Model:
        """The user's model, of one group or wave."""

    @property
    def labels(self) -> tuple[object, ...]:
        """The groups or waves, the one that others are compared with first."""

    def fit(self, equal: Sequence[str], free: Formulas) -> Results:
        """The fit with `equal` ("loadings", "intercepts", "residuals") held equal but for the formulas in `free`."""

    def formula(self, name: str) -> str:
        """The formula of the user's model behind the name of a shared parameter; empty where it has none."""

    def latent(self, name: str, place: int) -> tuple[str, int]:
        """Name and group number of a construct of the user's model in the fit, for the label in that place."""

    def too_small(self) -> str:
        """Which groups hold too few respondents for the model; empty where all are large enough."""


@dataclass(frozen=True)
class FitSource:
    """The data, and how models are fitted to them."""

    data: object | None
    moments: Mapping[object, Moments] | None
    fitting: Fitting

    def results(
        self,
        model: Model,
        std_lv: bool,
        group: str | None = None,
        group_equal: Sequence[str] = (),
        group_partial: Sequence[str] = (),
    ) -> Results:
        """A fit with means whose warnings stay in `results.problems`."""
        own = self.as_fitted(std_lv)
        equal, partial = tuple(group_equal), tuple(group_partial)
        return quiet_fit(
            model, self.data, own, moments=self.moments, group=group, group_equal=equal, group_partial=partial
        )

    def as_fitted(self, std_lv: bool) -> Fitting:
        """How every model is fitted: with means, ordered items in the theta parameterization."""
        return replace(
            self.fitting,
            std_lv=std_lv or self.fitting.std_lv,
            meanstructure=True,
            parameterization="theta" if self.fitting.ordered else self.fitting.parameterization,
        )


@dataclass(frozen=True)
class Groups:
    """Groups of respondents, named by a column of the data or by the keys of moments.

    Latent variances are 1 in the first group, so that every loading can be tested, unless the model's text restricts
    what depends on the units of its constructs: every step is then `fit` of that text with `group_equal`.
    Means of higher constructs are 0 in all groups: those of their dimensions hold what there is to know.
    """

    model: Model
    source: FitSource
    group: str | None

    @property
    def labels(self) -> tuple[object, ...]:
        """The groups in order of first appearance, or of the moments."""
        if self.source.moments is not None:
            return tuple(self.source.moments)
        if self._rows is not None:
            return tuple(self._rows)
        return tuple(frame_of(self.source.data)[self.group].dropna().unique().tolist())

    @cached_property
    def _rows(self) -> dict[object, int] | None:
        """Rows of each group that take part, where a source was added up."""
        if self.group is None:
            return None
        fitting = self.source.as_fitted(not scaled_by_text(self.model))
        return rows_by_group(self.model, self.source.data, fitting, self.group)

    def fit(self, equal: Sequence[str], free: Formulas) -> Results:
        """One step, by `group_equal` and `group_partial`."""
        added = means_at_zero(self.model)
        model = Model("\n".join([*added, self.model.syntax])) if added else self.model
        return self.source.results(model, not scaled_by_text(self.model), self.group, equal, free if equal else ())

    def formula(self, name: str) -> str:
        """The name itself."""
        return name

    def latent(self, name: str, place: int) -> tuple[str, int]:
        """The construct in that group."""
        return name, place

    def too_small(self) -> str:
        """Groups with no more complete rows than items."""
        if self.source.moments is not None or self.group is None:
            return ""
        if self._rows is not None:
            return _small(self._rows, len(self.model.observed))
        frame = frame_of(self.source.data)
        items = [name for name in self.model.observed if name in frame.columns]
        if self.group not in list(frame.columns) or len(items) < len(self.model.observed):
            return ""
        answered = frame[items].notna()
        rows = answered.any(axis=1) if self.source.fitting.missing in FIML else answered.all(axis=1)
        sizes = rows.groupby(frame[self.group], sort=False, observed=True).sum()
        return _small(sizes.to_dict(), len(items))


def _small(sizes: Mapping[Any, int], items: int) -> str:
    """Groups with no more rows than items, in words; empty where there are none."""
    small = [f"group {label!r} holds {int(n)}" for label, n in sizes.items() if n <= items]
    return f"{', '.join(small)} respondents with answers, too few for {items} items" if small else ""


@dataclass(frozen=True)
class Waves:
    """Waves of the same respondents, side by side in the data; `patterns` turn an item into the column of a wave.

    The residuals of an item are correlated between all waves; latent variances are 1 and means 0 in the first wave.
    """

    model: Model
    source: FitSource
    patterns: Mapping[str, str]

    def __post_init__(self) -> None:
        if len(self.patterns) < 2:
            raise OptionError(f"waves= needs two waves or more; found {list(self.patterns)}")
        wrong = [pattern for pattern in self.patterns.values() if "{}" not in pattern]
        if wrong:
            raise OptionError(f"waves= takes patterns of column names such as '{{}}_w1'; found {wrong}")
        formulas = self.model.statements.formulas
        beyond = [f for f in formulas if f.op not in ("=~", "~~") or f.modifiers != type(f.modifiers)()]
        if beyond or self.model.statements.constraints or self.model.statements.definitions:
            formula = f"{beyond[0].lhs} {beyond[0].op} {beyond[0].rhs}".strip() if beyond else "constraints"
            raise OptionError(f"waves= takes a measurement model of plain '=~' and '~~' formulas; found {formula!r}")

    @property
    def labels(self) -> tuple[object, ...]:
        """The waves in their order."""
        return tuple(self.patterns)

    def fit(self, equal: Sequence[str], free: Formulas) -> Results:
        """One step, by labels in a model text of all waves."""
        return self.source.results(Model(self.text(equal, free)), std_lv=True)

    def text(self, equal: Sequence[str], free: Formulas) -> str:
        """The model of all waves, with shared labels where parameters are equal."""
        lines = [line for label in self.patterns for line in self._wave(label, equal, free)]
        for item in self.model.observed:
            columns = [self._name(item, label) for label in self.patterns]
            lines += [f"{written(a)} ~~ {written(b)}" for a, b in combinations(columns, 2)]
        return "\n".join(lines)

    def _wave(self, label: str, equal: Sequence[str], free: Formulas) -> list[str]:
        """The formulas of one wave; what is said of a parameter last is what counts."""
        lines: dict[tuple[str, str, str], str] = {}
        for f in self.model.statements.formulas:
            a, b = self._name(f.lhs, label), self._name(f.rhs, label)
            shared = f.op == "=~" and "loadings" in equal and f.name not in free
            lines[a, f.op, b] = written(f"l_{f.lhs}_{f.rhs}") if shared else ""
        for item in self.model.observed:
            column, own = self._name(item, label), written(item)
            if "intercepts" in equal and f"{own} ~1" not in free:
                lines[column, "~", "1"] = written(f"i_{item}")
            if "residuals" in equal and f"{own} ~~ {own}" not in free:
                lines[column, "~~", column] = written(f"r_{item}")
        later, above = label != next(iter(self.patterns)), higher(self.model)
        for latent in self.model.latents if later else ():
            name = self._name(latent, label)
            if "loadings" in equal:
                lines[name, "~~", name] = "NA"
            if "intercepts" in equal and latent not in above:
                lines[name, "~", "1"] = "NA"
        return [_line(*formula, modifier) for formula, modifier in lines.items()]

    def _name(self, name: str, label: str) -> str:
        """A column of the data, or a construct with its wave."""
        latent = name in self.model.latents
        return f"{name}_{re.sub(r'[^0-9A-Za-z_]', '_', str(label))}" if latent else self.patterns[label].format(name)

    def formula(self, name: str) -> str:
        """The formula of the user's model that became `name` in the first wave."""
        label = next(iter(self.patterns))
        formulas = [(f.lhs, f.op, f.rhs) for f in self.model.statements.formulas]
        formulas += [part for item in self.model.observed for part in ((item, "~1", ""), (item, "~~", item))]
        named = [_shown(self._name(a, label), op, self._name(b, label) if b else "") for a, op, b in formulas]
        known = dict(zip(named, formulas, strict=True))
        return _shown(*known[name]) if name in known else ""

    def latent(self, name: str, place: int) -> tuple[str, int]:
        """The construct of that wave, in the only group."""
        return self._name(name, str(self.labels[place])), 0

    def too_small(self) -> str:
        """Waves share their respondents: `fit` itself says where there are too few."""
        return ""


def _line(lhs: str, op: str, rhs: str, modifier: str) -> str:
    right = rhs if op == "~" else written(rhs)
    return f"{written(lhs)} {op} {f'{modifier}*' if modifier else ''}{right}"


def _shown(lhs: str, op: str, rhs: str) -> str:
    return f"{written(lhs)} {op} {written(rhs)}".rstrip()


def design_of(
    model: Model | str,
    source: FitSource,
    group: str | None,
    waves: Mapping[str, str] | None,
) -> InvarianceDesign:
    """Groups or waves; OptionError where both or neither are given."""
    model = model if isinstance(model, Model) else Model(model)
    if not any(f.op == "=~" for f in model.statements.formulas):
        raise OptionError("invariance is about items: the model has no '=~'")
    several = source.moments is not None and isinstance(source.moments, Mapping) and len(source.moments) > 1
    if source.fitting.ordered and waves is not None:
        raise OptionError("waves= takes numbers: ordered= goes with group=")
    if (group is not None or several) == (waves is not None):
        raise OptionError("give either group= (or moments by group) or waves=, who is to be compared: one of them")
    return Waves(model, source, waves) if waves is not None else Groups(model, source, group)


def source_of(data: object | None, moments: Mapping[object, Moments] | None, fitting: Fitting | None) -> FitSource:
    """Data and fitting together; OptionError for what these questions decide themselves."""
    fitting = Fitting() if fitting is None else fitting
    if not isinstance(fitting, Fitting):
        raise OptionError(f"fitting takes a Fitting; found {type(fitting).__name__}")
    if fitting.meanstructure is False:
        raise OptionError("invariance is about means as well: leave meanstructure=False out of fitting")
    if fitting.parameterization == "delta":
        raise OptionError("invariance of ordered items takes the theta parameterization: leave it out of fitting")
    return FitSource(read_once(data), moments, fitting)


def with_categories(source: FitSource, model: Model | str, waves: Mapping[str, str] | None, partial: bool) -> FitSource:
    """The source with the ordered categoricals that the model uses among its `ordered` names.

    OptionError where a search is asked for, which takes loadings and intercepts only.
    """
    given = source.fitting.ordered
    if isinstance(given, bool | np.bool_):
        ordered: bool | tuple[str, ...] = bool(given)
    elif given is None or isinstance(given, Iterable):
        ordered = (given,) if isinstance(given, str) else tuple(given or ())
    else:
        raise OptionError(f"ordered is True, or the names of items; found {given!r}")
    if source.data is not None and not isinstance(ordered, bool):
        items = (model if isinstance(model, Model) else Model(model)).observed
        columns = {pattern.replace("{}", item) for pattern in (waves or {"": "{}"}).values() for item in items}
        known = first_rows(source.data, sorted(columns)).dtypes
        ordered = tuple(dict.fromkeys([*ordered, *(str(name) for name, dtype in known.items() if is_ordered(dtype))]))
    if ordered and partial:
        raise OptionError("partial=True searches loadings and intercepts of continuous items; leave ordered= out")
    return replace(source, fitting=replace(source.fitting, ordered=ordered))
