"""Estimation by our own core: read the data, place the parameters, minimise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from pandas import DataFrame

from sexresearch.errors import DataError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.moments import Moments
from sexresearch.sem.data.observed import Answers, Columns, split_groups
from sexresearch.sem.data.ordered_columns import Levels, levels_of, ordered_names, recoded
from sexresearch.sem.data.rows_used import (
    answered_rows,
    complete_rows,
    refuse_single_cluster,
    responding,
)
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.data.sample_of_rows import arrange, from_moments
from sexresearch.sem.data.sampling_weights import weighed
from sexresearch.sem.data.streamed import SourceSums
from sexresearch.sem.estimation.auxiliary import refuse_auxiliary, with_auxiliary
from sexresearch.sem.estimation.conflicts import refuse_beside_levels
from sexresearch.sem.estimation.constrained_minimum import ConstrainedSolution, minimize_within
from sexresearch.sem.estimation.constraints import Restriction, namespace, restrictions
from sexresearch.sem.estimation.exploratory_start import EXTRACTIONS, anchors_of
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.group_sample import group_sample
from sexresearch.sem.estimation.minimize import Solution
from sexresearch.sem.estimation.options import Options, respelled
from sexresearch.sem.estimation.pivots import in_users_units, pivoted
from sexresearch.sem.estimation.restarts import FEW_CLUSTERS, OF_FEW, attempts_enough, search
from sexresearch.sem.estimation.settled import settled
from sexresearch.sem.estimation.start import starting_values, widened
from sexresearch.sem.estimation.two_level_samples import clusters_of, two_level_samples
from sexresearch.sem.estimation.two_level_sums import two_level_sums
from sexresearch.sem.implied.structure import BESIDE, Structure, structure_of
from sexresearch.sem.language.completion import COMPLETION
from sexresearch.sem.language.group_blocks import label_text
from sexresearch.sem.language.model import Model
from sexresearch.sem.language.table import Defaults, ParameterTable
from sexresearch.sem.rotation.extraction import Extraction
from sexresearch.sem.terms.kinds import KINDS, Group
from sexresearch.sem.terms.term import Discrepancy
from sexresearch.sem.threads import one_thread

FEW_PATTERNS = 20  # of missing answers, up to which many starts take a second or two


@one_thread
def estimate(model: Model, data: DataFrame | None, moments: object, requested: Options) -> tuple[Fitted, list[str]]:
    """Fit by our own core; returns the fitted arrays and what was noticed on the way."""
    if model.statements.levels:
        requested = replace(requested, two_level=True)
    if requested.two_level and data is None and not isinstance(moments, SourceSums):
        raise OptionError("models with 'level:' blocks need the respondents' answers; moments are not enough")
    if requested.two_level:
        refuse_beside_levels(respelled(requested))
    if isinstance(moments, SourceSums):
        levels, category_notes = moments.levels, list(moments.category_notes)
        requested = replace(requested, ordered=tuple(levels))
    else:
        data, requested, levels, category_notes = _with_categories(model, data, requested)
    groups, notes = _read(model, data, moments, requested)
    has_rows = not isinstance(groups, dict)
    intercepts = any(f.op == "~1" for f in model.statements.formulas)
    spoken = intercepts or {"intercepts", "means"} & set(requested.group_equal)  # the user speaks of means
    tables = list(groups.values()) if isinstance(groups, dict) else []
    summed = bool(tables) and all(table.sums is not None for table in tables)
    published = bool(tables) and not summed
    given = all(table.mean is not None for table in tables) if published else len(_keys(groups)) > 1
    options = settled(replace(requested, meanstructure=True) if spoken else requested, has_rows, given, summed)
    defaults = defaults_of(options, _labels(model, groups), len(_keys(groups)), levels)
    table = with_auxiliary(model.table(defaults), options.auxiliary)
    samples, more = _samples(groups, (*model.observed, *options.auxiliary), table, options, levels)
    if table.is_exploratory and options.rotation.method != "none":
        defaults = replace(defaults, anchors=anchors_of(table, samples))
        table = with_auxiliary(model.table(defaults), options.auxiliary)
    return solved(options, table, samples, levels), category_notes + notes + more


def solved(options: Options, table: ParameterTable, samples: tuple[Sample, ...], levels: Levels) -> Fitted:
    """The model fitted to samples; with paths from centred variables where their means are far from 0."""
    structures = place(table, samples, bool(options.meanstructure))
    objective = discrepancy_of(structures, samples, table, options)
    names = namespace(table)
    limits = restrictions(bounded(table, options), names)
    starts = _starting_points(objective, table)
    plain = Fitted(options, table, objective, names, _nowhere(starts[0]), starts[0], categories=levels)
    made = None if table.levels else pivoted(structures, samples, starts[0], limits, names)
    if made is None:
        return _lowest(plain, starts, limits)
    inside = discrepancy_of(made, samples, table, options)
    return in_users_words(plain, _lowest(replace(plain, objective=inside), _starting_points(inside, table), limits))


def _nowhere(start: Array) -> ConstrainedSolution:
    return ConstrainedSolution(
        Solution(start, math.inf, np.zeros(len(start)), math.inf, 0, False), np.zeros((0, len(start))), 0
    )


def in_users_words(plain: Fitted, inner: Fitted) -> Fitted:
    """The solution `inner`, found with paths from centred variables, in the user's parameters."""
    made, solution = inner.structures, inner.constrained.solution
    moved = solution.moved(in_users_units(made, solution.theta))
    start = in_users_units(made, inner.start)
    return replace(plain, constrained=replace(inner.constrained, solution=moved), start=start, inner=inner)


def _lowest(plain: Fitted, starts: Sequence[Array], limits: tuple[Restriction, ...]) -> Fitted:
    """The lowest of the minima that the starts lead to."""
    fits = [_minimized(plain, start, limits) for start in starts]
    solutions = [fit.constrained.solution for fit in fits]
    return min(zip(fits, solutions, strict=True), key=lambda end: (not end[1].converged, end[1].value))[0]


def _minimized(plain: Fitted, start: Array, limits: tuple[Restriction, ...]) -> Fitted:
    """The minimum from a start (q,), subject to restrictions."""
    objective, structures, samples, table = plain.objective, plain.structures, plain.samples, plain.table
    if limits:
        start = widened(objective, start, structures)
        constrained = minimize_within(objective, start, limits, plain.names)
    else:
        few = not plain.categories and sum(len(sample.blocks) for sample in samples) <= FEW_PATTERNS
        enough = attempts_enough(sum(sample.n for sample in samples), table.n_free) if few else 1
        doubted = bool(table.levels) and int(clusters_of(samples).min()) < FEW_CLUSTERS
        enough = OF_FEW if doubted else enough
        covs = [term.start_moments()[1] for term in objective.groups]
        solution = search(objective, start, structures, covs, enough, doubted)
        if not math.isfinite(solution.value):
            start = widened(objective, start, structures)
            solution = search(objective, start, structures, covs, enough, doubted)
        constrained = ConstrainedSolution(solution, np.zeros((0, table.n_free)), 0)
    return replace(plain, constrained=constrained, start=start)


def _with_categories(
    model: Model, data: DataFrame | None, requested: Options
) -> tuple[DataFrame | None, Options, Levels, list[str]]:
    """The data with ordered columns as category numbers, the options that name them, their categories, and notes."""
    if data is None:
        if requested.ordered or model.with_thresholds:
            raise OptionError("ordered variables need the respondents' answers; moments are not enough")
        return data, requested, {}, []
    names, notes = ordered_names(model, data, requested.ordered)
    if not names:
        return data, requested if requested.ordered == () else replace(requested, ordered=()), {}, notes
    levels = levels_of(data, names)
    return recoded(data, levels), replace(requested, ordered=tuple(names)), levels, notes


Groups = list[Answers] | dict[object, Moments] | SourceSums


def _keys(groups: Groups) -> list[object]:
    """The labels of the groups."""
    if isinstance(groups, SourceSums):
        return groups.labels
    return [part.label for part in groups] if isinstance(groups, list) else list(groups)


def _labels(model: Model, groups: Groups) -> tuple[str, ...]:
    """The groups' labels as text, where the model text speaks of groups."""
    if not model.statements.blocks:
        return ()
    return tuple("1" if label is None else label_text(label) for label in _keys(groups))


def defaults_of(options: Options, labels: tuple[str, ...], n_groups: int, levels: Levels) -> Defaults:
    """What is added to the text under these options."""
    return Defaults(
        n_groups=n_groups,
        meanstructure=bool(options.meanstructure),
        std_lv=options.std_lv,
        fixed_x=options.fixed_x,
        orthogonal=options.orthogonal,
        group_equal=tuple(options.group_equal),
        group_partial=tuple(options.group_partial),
        ordered=tuple((name, len(known) - 1) for name, known in levels.items()),
        parameterization=options.parameterization or "delta",
        group_labels=labels,
        oblique=not options.rotation.orthogonal,
        **{name: getattr(options, name) for name in COMPLETION},
    )


def _read(model: Model, data: DataFrame | None, moments: object, options: Options) -> tuple[Groups, list[str]]:
    """The answers of each group, what a source was summed up to, or the moments by group label."""
    if data is not None:
        return split_groups(data, columns_of(model, options))
    if isinstance(moments, SourceSums):
        return moments, []
    by_label = moments if isinstance(moments, Mapping) else {None: moments}
    wrong = [type(m).__name__ for m in by_label.values() if not isinstance(m, Moments)]
    if wrong or not by_label:
        raise DataError(
            f"moments must be Moments, or a dict of them by group label; found {wrong or 'an empty dict'}"
            "; sx.Moments(cov, nobs) makes them of a covariance matrix"
        )
    return dict(by_label), []


def columns_of(model: Model, options: Options) -> Columns:
    """Which columns of the data a model and its options use."""
    refuse_auxiliary(options, (*model.observed, *model.latents))
    beside = options.group, options.cluster, options.sampling_weights, options.cluster_weights
    return Columns((*model.observed, *options.auxiliary), *beside)


def _samples(
    groups: Groups,
    columns: tuple[str, ...],
    table: ParameterTable,
    options: Options,
    levels: Levels,
) -> tuple[tuple[Sample, ...], list[str]]:
    has_means = bool(options.meanstructure)
    if isinstance(groups, dict):
        if has_means and any(m.mean is None for m in groups.values()):
            raise DataError("the model has means, but the moments give none: pass Moments(cov, nobs, mean)")
        pairs = zip(groups.items(), table.roles, strict=True)
        return tuple(from_moments(m, label, role.observed, has_means) for (label, m), role in pairs), []
    if isinstance(groups, SourceSums) and table.levels:
        return two_level_sums(groups, table, options)
    if isinstance(groups, SourceSums):
        return groups.samples(table.roles, has_means, given=options.missing == "fiml" and options.fixed_x)
    if table.levels:
        return two_level_samples(groups, columns, table, options)
    kept, notes = _rows_used(groups, columns, table, options)
    samples = []
    for answers, role in zip(kept, table.roles, strict=True):
        sample, note = group_sample(answers, role, options, levels)
        samples.append(sample)
        notes += note
    return tuple(samples), notes


def _rows_used(
    groups: Sequence[Answers], columns: tuple[str, ...], table: ParameterTable, options: Options
) -> tuple[list[Answers], list[str]]:
    """The rows of each group that take part, with weights scaled among these, and notes."""
    kept, heard, notes = [], [], []
    for answers, role in zip(groups, table.roles, strict=True):
        own = arrange(answers, [columns.index(name) for name in role.observed])
        given = role.exogenous if options.fixed_x else ()
        listwise = options.missing == "listwise"
        rows, note = complete_rows(own) if listwise else answered_rows(own, role.observed, given)
        kept.append(rows)
        notes += note
        if options.ordered:
            heard.append(responding(rows, len(role.observed) - len(given)))
    refuse_single_cluster(kept, options.cluster)
    made, note = weighed(kept, options.sampling_weights, heard or None)
    return made, notes + note


def place(table: ParameterTable, samples: Sequence[Sample], has_means: bool) -> tuple[Structure, ...]:
    """The structure of every group."""
    return tuple(
        structure_of(table.group(number), role, sample.moments(has_means), has_means, sample.origin)
        if role.exogenous
        else _free_of_data(table, number, has_means, sample.origin)
        for number, (role, sample) in enumerate(zip(table.roles, samples, strict=True))
    )


def _free_of_data(table: ParameterTable, number: int, has_means: bool, origin: Array | None) -> Structure:
    """The structure of a group without exogenous variables, of which a sample says where it is measured from."""
    structure = _placed_once(table, number, has_means)
    return structure if origin is None else structure.measured_from(origin)


@lru_cache(maxsize=256)
def _placed_once(table: ParameterTable, number: int, has_means: bool) -> Structure:
    role = table.roles[number]
    size = len(role.observed) + has_means
    return structure_of(table.group(number), role, np.full((size, size), np.nan), has_means)


def discrepancy_of(
    structures: Sequence[Structure], samples: Sequence[Sample], table: ParameterTable, options: Options
) -> Discrepancy:
    """The discrepancy the estimator asks for: the terms of every group."""
    n, terms = sum(sample.n for sample in samples), []
    fixed = [len(role.exogenous) if options.fixed_x else 0 for role in table.roles]
    for number, (structure, sample, role) in enumerate(zip(structures, samples, table.roles, strict=True)):
        sizes, words = (fixed[number], table.n_free, n, table.n_groups), (options.discrepancy, options.parameterization)
        own = Group(structure, sample, table.group(number), role, *sizes, *words)
        if table.level(number) == 1:
            own = replace(own, above=structures[number + 1], above_fixed=fixed[number + 1])
        terms += KINDS[options.kind](own)
    return Discrepancy(tuple(terms), table.n_free)


def _starting_points(objective: Discrepancy, table: ParameterTable) -> list[Array]:
    """Where the minimiser starts; from exploratory factors found by likelihood, and by least squares."""
    ways: tuple[Extraction, ...] = EXTRACTIONS if table.is_exploratory else ("ml",)
    return [starting_point(objective, table, way) for way in ways]


def starting_point(objective: Discrepancy, table: ParameterTable, extraction: Extraction = "ml") -> Array:
    """(q,) where the minimiser starts: values that the user gives win."""
    groups = objective.groups
    structures, moments = [term.structure for term in groups], [term.start_moments() for term in groups]
    start = starting_values(structures, table, moments, extraction)
    for term in reversed(groups):
        start = term.started(start)
    for row in table.guided:
        if row.op in BESIDE and not math.isnan(row.start):
            start[row.free] = row.start
    return start


def bounded(table: ParameterTable, options: Options) -> ParameterTable:
    """The table with variances bounded below by zero where `bounds="pos_var"` asks for it."""
    if options.bounds is None:
        return table
    rows = tuple(
        replace(row, lower=max(row.lower, 0.0)) if row.op == "~~" and row.lhs == row.rhs and row.free >= 0 else row
        for row in table.rows
    )
    return replace(table, rows=rows)
