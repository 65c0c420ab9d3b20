"""The constructs of a fitted model: which items stand for which, directly or by way of dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.errors import OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import Array, View, matrices, means, row_values, thresholds, total_effects, view


@dataclass(frozen=True)
class GroupConstruct:
    """A latent variable in one group, or at one level of it (numbered from 0).

    indicators : what it is measured by, items or dimensions (latents); items : the observed variables beneath.
    crossed : items beneath that load on another construct as well.
    """

    name: str
    group: int
    indicators: tuple[str, ...]
    items: tuple[str, ...]
    crossed: tuple[str, ...]

    @property
    def higher(self) -> bool:
        """Whether it is measured by dimensions."""
        return any(name not in self.items for name in self.indicators)


@dataclass(frozen=True)
class Composite:
    """A construct at one parameter vector, or at R of them: what the sum of its k items and m indicators is made of.

    loading (…, k) : of the items, through the dimensions where there are any; variance (…,) : of the construct.
    cov, residual (…, k, k) : implied and residual covariances of the items.
    outer (…, m), scale (…, m) : loadings and implied variances of the indicators.
    cuts (…, T), owner (T,) : standardized thresholds of ordered items, and the number of the item of each.
    """

    loading: Array
    variance: Array
    cov: Array
    residual: Array
    outer: Array
    scale: Array
    cuts: Array
    owner: Array

    @property
    def ordered(self) -> int:
        """How many of the items are ordered."""
        return len(np.unique(self.owner))


def seen(results: object, question: str, levels: bool = False) -> View:
    """What there is to see of the results; OptionError where something else was given, or nothing is measured.

    levels : whether the question understands models of two levels.
    """
    if not isinstance(results, Results | View):
        raise OptionError(f"{question} takes the results of fit; found {type(results).__name__}")
    fit = view(results, question, levels=levels)
    if not constructs(fit):
        raise OptionError(f"{question} needs constructs with items: the model has no '=~'")
    return fit


def constructs(fit: View) -> list[GroupConstruct]:
    """All constructs that something measures (composites are not), group after group, in order of definition."""
    measured = []
    for group, block in enumerate(fit.blocks):
        rows = [row for row in fit.by_block[group] if row.op == "=~" and row.value != 0]
        direct = {name: tuple(row.rhs for row in rows if row.lhs == name) for name in block.roles.latent}
        counts = [row.rhs for row in rows]
        for name in (latent for latent in block.roles.latent if direct[latent]):
            items = _beneath(name, direct, ())
            crossed = tuple(item for item in items if counts.count(item) > 1)
            measured.append(GroupConstruct(name, group, direct[name], items, crossed))
    return measured


def _beneath(name: str, direct: dict[str, tuple[str, ...]], above: tuple[str, ...]) -> tuple[str, ...]:
    if name in above:
        return ()
    parts = [_beneath(child, direct, (*above, name)) if child in direct else (child,) for child in direct[name]]
    return tuple(dict.fromkeys(item for part in parts for item in part))


@dataclass(frozen=True)
class LoadingMatrices:
    """One group at R parameter vectors: loadings alone (R, m, m), direct and in total through dimensions.

    cov, residual (R, m, m) : implied and residual covariances of the variables in `names`.
    cuts (R, T), owner (T,) : standardized thresholds of ordered items and the number of the item of each.
    """

    names: tuple[str, ...]
    cov: Array
    residual: Array
    direct: Array
    total: Array
    cuts: Array
    owner: Array


def measured(fit: View, theta: Array, exogenous: Array) -> list[LoadingMatrices]:
    """Every group at the parameters `theta` (R, q) and the exogenous rows (R, e)."""
    rows = row_values(fit, theta, exogenous)
    return [_measured(fit, group, rows) for group in range(len(fit.blocks))]


def _measured(fit: View, group: int, rows: Array) -> LoadingMatrices:
    block, at = fit.blocks[group], matrices(fit.places[group], rows)
    direct = np.where(_loads(fit, group), at.B, 0.0)
    cuts, owner = thresholds(fit, group, rows)
    if len(owner):
        spread = np.einsum("rii->ri", at.C)[:, owner]
        cuts = (cuts - means(fit, group, rows, at.G)[:, owner]) / np.sqrt(spread)
        cuts = np.full_like(cuts, np.nan) if block.fixed else cuts  # thresholds given covariates
    total = total_effects(direct)
    return LoadingMatrices(block.names, at.C, at.S, direct, total, cuts, owner)


def _loads(fit: View, group: int) -> Array:
    """(m, m) True where the path matrix of a group holds a loading."""
    place = {name: i for i, name in enumerate(fit.blocks[group].names)}
    mask = np.zeros((len(place),) * 2, dtype=bool)
    for row in fit.by_block[group]:
        if row.op == "=~":
            mask[place[row.rhs], place[row.lhs]] = True
    return mask


def loaded(at: LoadingMatrices, construct: GroupConstruct, number: int | slice) -> Composite:
    """What `construct` and its items look like in its group, at the parameter vector of that number, or at several."""
    place = {name: i for i, name in enumerate(at.names)}
    own, items = place[construct.name], [place[name] for name in construct.items]
    outer = [place[name] for name in construct.indicators]
    cov, (down, across) = at.cov[number], np.ix_(items, items)
    kept = np.isin(at.owner, items)
    return Composite(
        loading=at.total[number][..., items, own],
        variance=cov[..., own, own],
        cov=cov[..., down, across],
        residual=at.residual[number][..., down, across],
        outer=at.direct[number][..., outer, own],
        scale=cov[..., outer, outer],
        cuts=at.cuts[number][..., kept],
        owner=np.array([items.index(i) for i in at.owner[kept]], dtype=int),
    )


def moving(at: LoadingMatrices, construct: GroupConstruct) -> Array:
    """The numbers of the parameter vectors at which `construct` and its items do not look as they do at the first."""
    place = {name: i for i, name in enumerate(at.names)}
    items = [place[name] for name in construct.items]
    every = list(dict.fromkeys([place[construct.name], *items, *(place[name] for name in construct.indicators)]))
    whole = [part[:, every][:, :, every] for part in (at.total, at.direct, at.cov, at.residual)]
    parts = [*whole, at.cuts[:, np.isin(at.owner, items)]]
    return np.flatnonzero(np.any([(part != part[0]).reshape(len(part), -1).any(axis=1) for part in parts], axis=0))
