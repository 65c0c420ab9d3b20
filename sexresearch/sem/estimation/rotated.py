"""A fit with exploratory blocks, rotated: the same model in the parameters that are reported.

The rotated model has more parameters (loadings that were fixed to 0, correlations of factors) and as many conditions,
which hold where the rotation criterion is at its minimum. They enter as equality constraints do, so that standard
errors, tests and whatever follows respect them (Jennrich 1974, doi 10.1007/BF02291555: the bordered information).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sexresearch.errors import DataError, OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.auxiliary import with_auxiliary
from sexresearch.sem.estimation.constrained_minimum import ConstrainedSolution
from sexresearch.sem.estimation.constraints import namespace
from sexresearch.sem.estimation.estimate import defaults_of, discrepancy_of, place
from sexresearch.sem.estimation.fitted import Fitted, RotatedPattern
from sexresearch.sem.estimation.held_by_rotation import carried_restrictions, conditions_on
from sexresearch.sem.estimation.turning import matrices_at, places_of, turn_of, turned_theta
from sexresearch.sem.language.exploratory import ExploratoryBlock
from sexresearch.sem.language.group_blocks import label_text
from sexresearch.sem.language.model import Model
from sexresearch.sem.language.table import ParameterTable
from sexresearch.sem.rotation.conditions import RotatedBlock
from sexresearch.sem.rotation.method import target_of
from sexresearch.sem.rotation.rotate import RotatedLoadings, like, rotate

NEARLY = 0.01  # of a criterion: another minimum that is hardly worse is told
APART = 0.1  # largest difference of two standardized patterns that makes them two


def refuse_unrotated(engine: str, method: str) -> None:
    """OptionError for what does not rotate factors."""
    if engine != "native" or method != "joint":
        option = f"engine={engine!r}" if engine != "native" else f"method={method!r}"
        raise OptionError(f"{option} does not know exploratory blocks, efa(): leave it out")


@dataclass(frozen=True)
class _Turn:
    """One block of one group: its turn T, the block as the conditions need it (None where an earlier one has them)."""

    group: int
    block: ExploratoryBlock
    rotation: RotatedLoadings
    conditions: RotatedBlock | None


def rotated_fit(model: Model, fitted: Fitted) -> tuple[Fitted, list[str]]:
    """The fit with its exploratory factors rotated, and what there is to say about the rotation."""
    if fitted.options.rotation.method == "none":
        return fitted, []
    labels = tuple("1" if s.label is None else label_text(s.label) for s in fitted.samples)
    named = labels if model.statements.blocks else ()
    defaults = replace(defaults_of(fitted.options, named, len(labels), fitted.categories), turned=True)
    table = with_auxiliary(model.table(defaults), fitted.options.auxiliary)
    turns = _turns(fitted, table)
    return _turned(fitted, table, turns), _rotation_notes(turns)


def rotated_like(unrotated: Fitted, model: Fitted) -> Fitted:
    """Another fit of the unrotated model, turned as near to the rotated `model` as its own criterion allows.

    For the many refits of a bootstrap: the rotation starts where that of the model ended; factors keep their places.
    """
    return _turned(unrotated, model.table, _turns(unrotated, model.table, model), with_conditions=False)


def _turned(fitted: Fitted, table: ParameterTable, turns: Sequence[_Turn], with_conditions: bool = True) -> Fitted:
    options, samples = fitted.options, fitted.samples
    own = [[(t.block, t.rotation.turn) for t in turns if t.group == number] for number in range(table.n_groups)]
    M = [turn_of(structure, parts) for structure, parts in zip(fitted.structures, own, strict=True)]
    theta = turned_theta(fitted, table, M)
    structures = place(table, samples, bool(options.meanstructure))
    objective = discrepancy_of(structures, samples, table, options)
    patterns = tuple(RotatedPattern(t.group, t.block, t.rotation) for t in turns)
    point = replace(fitted.constrained.solution.moved(theta), gradient=np.zeros(len(theta)))
    bare = ConstrainedSolution(point, np.zeros((0, len(theta))), 0)
    names = namespace(table)
    fresh = Fitted(options, table, objective, names, bare, theta, categories=fitted.categories)
    parts = [(t.group, t.block, t.conditions) for t in turns if t.conditions is not None and with_conditions]
    rows = conditions_on(fresh, parts)
    before, unit = carried_restrictions(fitted, table)
    old = fitted.constrained
    both = ConstrainedSolution(point, np.vstack([before, rows]), old.n_equalities + len(rows), old.binding, unit)
    return replace(fresh, constrained=both, unrotated=fitted, rotated=patterns)


def _turns(fitted: Fitted, table: ParameterTable, model: Fitted | None = None) -> list[_Turn]:
    """The turn of every block of every group; blocks that share their loadings are turned alike."""
    known: dict[tuple[int, ...], _Turn] = {}
    turns: list[_Turn] = []
    for number in range(table.n_groups):
        free = {(row.lhs, row.rhs): row.free for row in table.group(number) if row.op == "=~"}
        for block in table.exploratory[number]:
            key = tuple(free[f, item] for f in block.factors for item in block.items)
            if key in known:
                turns.append(replace(known[key], group=number, block=block, conditions=None))
                continue
            if model is None:
                turn = _turn(fitted, number, block)
                first = next((t.rotation for t in turns if t.block == block), None)
            else:
                first = next(r.rotation for r in model.rotated if (r.group, r.block) == (number, block))
                turn = _turn(fitted, number, block, _nearest(fitted, number, block, first))
            known[key] = turn if first is None else _alike(turn, first)
            turns.append(known[key])
    return turns


def _loadings(fitted: Fitted, number: int, block: ExploratoryBlock) -> Array:
    """(p, k) the unrotated loadings of a block."""
    structure = fitted.structures[number]
    items, factors = places_of(structure, block.items), places_of(structure, block.factors)
    return np.asarray(matrices_at(structure, fitted.theta)[0][np.ix_(items, factors)])


def _nearest(fitted: Fitted, number: int, block: ExploratoryBlock, first: RotatedLoadings) -> Array:
    """(k, k) the turn that brings unrotated loadings nearest to where a rotation ended before."""
    A, before = _loadings(fitted, number, block), first.loadings @ first.turn.T
    u, _, v = np.linalg.svd(A.T @ before)
    return np.asarray(u @ v @ first.turn)


def _turn(fitted: Fitted, number: int, block: ExploratoryBlock, start: Array | None = None) -> _Turn:
    rotation, structure = fitted.options.rotation, fitted.structures[number]
    items, A = places_of(structure, block.items), _loadings(fitted, number, block)
    residuals = np.diag(fitted.states[number].S)[items]
    variance = (A**2).sum(axis=1) + residuals
    if rotation.standardized and (variance <= 0).any():
        lost = [item for item, v in zip(block.items, variance, strict=True) if v <= 0]
        raise DataError(f"{', '.join(lost)} of the block {block.name!r} has no variance in this solution: leave it out")
    wanted = wanted_of(fitted, block)
    rotated = rotate(A, rotation, np.sqrt(variance) if rotation.standardized else None, wanted, start)
    conditions = RotatedBlock(rotated, residuals, rotation, wanted) if A.shape[1] > 1 else None
    return _Turn(number, block, rotated, conditions)


def wanted_of(fitted: Fitted, block: ExploratoryBlock) -> Array | None:
    """(p, k) the target of a block in the order of the text; OptionError where it has another shape or other names."""
    given = target_of(fitted.options.rotation, block.name)
    if given is None:
        if fitted.options.rotation.method == "target" and len(block.factors) > 1:
            raise OptionError(f"target has no entry for the block {block.name!r}")
        return None
    values, shape = np.array(given[0]), (len(block.items), len(block.factors))
    if values.shape != shape:
        size = " x ".join(map(str, values.shape))
        raise OptionError(
            f"target of the block {block.name!r} is {size}; it takes {shape[0]} items "
            f"({', '.join(block.items)}) x {shape[1]} factors ({', '.join(block.factors)})"
        )
    return _by_name(values, given[1:], block)


def _by_name(values: Array, names: tuple[tuple[str, ...], ...], block: ExploratoryBlock) -> Array:
    for axis, (given, own) in enumerate(zip(names, (block.items, block.factors), strict=True)):
        if not given or given == own or all(name.isdigit() for name in given):
            continue
        if set(given) != set(own):
            strange = ", ".join(name for name in given if name not in own)
            raise OptionError(f"target names {strange}; the block {block.name!r} has {', '.join(own)}")
        values = np.take(values, [given.index(name) for name in own], axis=axis)
    return values


def _alike(turn: _Turn, first: RotatedLoadings) -> _Turn:
    """The turn with factors in the order and of the sign that make them most like those of an earlier group."""
    order, sign = like(turn.rotation.loadings, first.loadings)
    T = turn.rotation.turn[:, order] * sign
    rotated = replace(turn.rotation, loadings=turn.rotation.loadings[:, order] * sign, correlations=T.T @ T, turn=T)
    conditions = None if turn.conditions is None else replace(turn.conditions, rotated=rotated)
    return replace(turn, rotation=rotated, conditions=conditions)


def _rotation_notes(turns: Sequence[_Turn]) -> list[str]:
    """Rotations that found no minimum, or another one that is hardly worse and yet another pattern."""
    notes = []
    for turn in turns:
        if turn.conditions is None:
            continue
        rotated, name = turn.rotation, turn.block.name
        if not rotated.converged:
            notes.append(f"the rotation of the block {name!r} found no minimum; try another one, or more starts")
            continue
        notes += _other(rotated, name)
    return list(dict.fromkeys(notes))


def _other(rotated: RotatedLoadings, name: str) -> list[str]:
    best = rotated.minima[0].value
    for value, loadings in rotated.others:
        order, sign = like(loadings, rotated.loadings)
        size = np.abs(rotated.loadings).max()
        gap = float(np.abs(loadings[:, order] * sign - rotated.loadings).max() / size)
        if value - best <= NEARLY * max(abs(best), 1e-12) and gap > APART:
            return [
                f"the rotation of the block {name!r} has another minimum that is hardly worse "
                f"(criterion {value:.4f} against {best:.4f}), with other loadings: compare another rotation"
            ]
    return []
