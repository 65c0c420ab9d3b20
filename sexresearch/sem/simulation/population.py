"""`Population`: the moments that a model text with values, or a fitted model, stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from sexresearch.errors import ModelError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.moments import refuse_indefinite
from sexresearch.sem.implied.structure import BESIDE, implied, structure_of
from sexresearch.sem.language.group_blocks import block_numbers, label_text
from sexresearch.sem.language.levels import refuse_levels
from sexresearch.sem.language.model import Model
from sexresearch.sem.language.names import factors
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.statements import Modifiers
from sexresearch.sem.language.table import Defaults, ParameterTable
from sexresearch.sem.language.table_rows import parameter_table
from sexresearch.sem.output.results import Results
from sexresearch.sem.simulation.population_values import assumed, completed, says_paths

ASSUMED = "the model gives no path a value: loadings 0.7, paths and correlations 0.3 are assumed, every variance 1"
Groups = Mapping[object, float]


@dataclass(frozen=True)
class Population:
    """What every group's answers are drawn from.

    names : observed variables; means (p,), covs (p, p) and share of the respondents by group; labels of the groups,
    (None,) for a single one. rows : every parameter with its value, empty for a fitted model. has_means : whether the
    model speaks of means. note : what was assumed, empty where nothing was. thresholds : of ordered items, by group, on
    the scale of the response behind the answers.
    """

    names: tuple[str, ...]
    labels: tuple[object, ...]
    shares: tuple[float, ...]
    means: tuple[Array, ...]
    covs: tuple[Array, ...]
    rows: tuple[Parameter, ...]
    has_means: bool
    note: str = ""
    thresholds: Mapping[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)

    def sizes(self, n: int) -> list[int]:
        """Respondents of each group among n, the largest fractions rounded up."""
        return sizes_of(self.shares, n)


def sizes_of(shares: Sequence[float], n: int) -> list[int]:
    """n shared out, the largest fractions rounded up.

    >>> sizes_of((0.5, 0.5), 5)
    [3, 2]
    """
    exact = [n * share for share in shares]
    sizes = [math.floor(x) for x in exact]
    for k in sorted(range(len(exact)), key=lambda k: sizes[k] - exact[k])[: n - sum(sizes)]:
        sizes[k] += 1
    return sizes


def population_of(model: Model | str | Results, standardized: bool = False, groups: Groups | None = None) -> Population:
    """The population of a text with values, or of a fitted model.

    In a text, ``0.5*x`` (or ``start(0.5)*x``) is a value; variances without one are 1 (or what makes every variable's
    variance 1 where `standardized`), loadings without one 1, covariances and intercepts 0. ModelError names paths
    without a value; where no path has one, a standardized population is assumed, which the note says.
    """
    if isinstance(model, Results):
        refuse_levels(model.model.statements, "a population")
        return _fitted(model, standardized, groups)
    model = model if isinstance(model, Model) else Model(model)
    refuse_levels(model.statements, "a population")
    _refuse_products(model)
    shares = shares_of(model, groups)
    has_means = len(shares) > 1 or any(f.op == "~1" for f in model.statements.formulas)
    labels = tuple(map(label_text, shares))
    cuts = thresholds_of(model, labels)
    kept = tuple(f for f in model.statements.formulas if f.op not in BESIDE)
    defaults = Defaults(n_groups=len(shares), meanstructure=has_means, fixed_x=False, group_labels=labels)
    table = parameter_table(replace(model.statements, formulas=kept), defaults)
    spoken = says_paths(table.rows)
    unit = [row.lhs for row in table.rows] if standardized else list(cuts)
    rows = completed(table, unit) if spoken else assumed(table)
    moments = [_moments(rows, table, group, model.observed, has_means) for group in range(len(shares))]
    total = sum(shares.values())
    return Population(
        names=model.observed,
        labels=tuple(shares) if len(shares) > 1 else (None,),
        shares=tuple(share / total for share in shares.values()),
        means=tuple(mean for mean, _ in moments),
        covs=tuple(cov for _, cov in moments),
        rows=rows,
        has_means=has_means,
        note="" if spoken else ASSUMED,
        thresholds=cuts,
    )


def _refuse_products(model: Model) -> None:
    products = [name for name in model.observed if factors(name)]
    if products:
        raise ModelError(f"a population cannot hold products of its variables: {', '.join(products)}; leave them out")


def thresholds_of(model: Model, labels: tuple[str, ...]) -> dict[str, tuple[tuple[float, ...], ...]]:
    """Thresholds ``x | -1*t1 + 0*t2`` of a text, by item and group; ModelError where one has no value or they fall."""
    out: dict[str, tuple[tuple[float, ...], ...]] = {}
    formulas = [f for f in model.statements.formulas if f.op == "|"]
    numbers = block_numbers(model.statements.blocks, labels)
    for item in dict.fromkeys(f.lhs for f in formulas):
        own = sorted((f for f in formulas if f.lhs == item), key=lambda f: int(f.rhs[1:]))
        out[item] = tuple(
            tuple(_value(f.modifiers, g) for f in own if numbers.get(f.group or "", g) == g) for g in range(len(labels))
        )
        if any(not cuts or any(not a < b for a, b in pairwise((-math.inf, *cuts, math.inf))) for cuts in out[item]):
            raise ModelError(
                f"the thresholds of {item!r} need rising values in every group, as in '{item} | -1*t1 + 0*t2'"
            )
    return out


def _value(modifiers: Modifiers, group: int) -> float:
    values = modifiers.fixed or modifiers.start
    value = None if not values else values[group if len(values) > 1 else 0]
    return math.nan if value is None else value


def shares_of(model: Model, groups: Groups | None) -> Groups:
    """Share of each group: the design's, or equal ones for as many as the text speaks of."""
    formulas = model.statements.formulas
    lengths = [len(part) for f in formulas for part in (f.modifiers.fixed, f.modifiers.start, f.modifiers.label)]
    wanted = max([1, *lengths, len(model.statements.blocks)])
    if groups is not None and wanted not in (1, len(groups)):
        raise OptionError(f"the model speaks of {wanted} groups, the design of {len(groups)}: {list(groups)}")
    return dict.fromkeys(range(1, wanted + 1), 1.0) if groups is None else dict(groups)


def _moments(
    rows: tuple[Parameter, ...], table: ParameterTable, group: int, names: tuple[str, ...], has_means: bool
) -> tuple[Array, Array]:
    """Mean and covariances of one group, variables in the order of `names`."""
    role = table.roles[group]
    size = len(role.observed) + has_means
    own = [row for row in rows if row.group == group]
    state = implied(structure_of(own, role, np.zeros((size, size)), has_means), np.zeros(0))
    order = [role.observed.index(name) for name in names]
    mean = state.mean[order] if has_means else np.zeros(len(order))
    cov = state.cov[np.ix_(order, order)]
    refuse_indefinite(cov, names, "the population covariance")
    return mean, cov


def refuse_unfitted(results: Results, errors: object) -> None:
    """OptionError where something is told about the population that a fit has of its own; ModelError without one."""
    if errors:
        raise OptionError(
            "standardized= and groups= describe a model text; a fitted model has its own units and groups"
        )
    if not results.converged:
        raise ModelError("the fit did not converge, so it describes no population: see results.problems")


def _fitted(results: Results, standardized: bool, groups: Groups | None) -> Population:
    refuse_unfitted(results, standardized or groups is not None)
    fitted = results.fitted
    names = results.observed
    has_means = bool(fitted.options.meanstructure)
    moments = []
    for sample, state in zip(fitted.samples, fitted.states, strict=True):
        order = [sample.names.index(name) for name in names]
        mean = state.mean if has_means else sample.mean
        moments.append((mean[order], state.cov[np.ix_(order, order)]))
    return Population(
        names=names,
        labels=tuple(sample.label for sample in fitted.samples),
        shares=tuple(sample.n / fitted.n for sample in fitted.samples),
        means=tuple(mean for mean, _ in moments),
        covs=tuple(cov for _, cov in moments),
        rows=(),
        has_means=has_means,
        thresholds=_estimated_thresholds(results),
    )


def _estimated_thresholds(results: Results) -> dict[str, tuple[tuple[float, ...], ...]]:
    thresholds = results.parameters.query("op == '|'")
    parts = thresholds.groupby(["lhs", "group"], sort=False, dropna=False)["est"]
    out: dict[str, tuple[tuple[float, ...], ...]] = {}
    for (item, _), values in parts:
        out[item] = (*out.get(item, ()), tuple(values))
    return out
