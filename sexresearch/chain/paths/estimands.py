"""The rows of a table of effects, each a sum of direct, specific and total effects, or a ratio of two such sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from sexresearch.chain.joining import joined
from sexresearch.chain.paths.arrows import ARROW
from sexresearch.chain.paths.routes import Route
from sexresearch.sem.view import Array

MOST_CONTRASTED = 4  # specific paths of which every two are compared without being asked
SHARE = "share mediated"
CAVEAT = "a share is unsteady unless the total is large beside its error (MacKinnon, Warsi & Dwyer 1995)"
COMPARED = ("direct", "indirect", "total indirect", "total", "through")  # what groups are compared by


@dataclass(frozen=True)
class GroupAndLevel:
    """Where an effect holds: the group, missing for a single one, and the level, missing where there is one."""

    group: object = pd.NA
    level: object = pd.NA


@dataclass(frozen=True)
class VariablePair:
    """Two variables in one group, or at one level of it: the route between them, indirect paths by name, and reasons.

    `group` numbers the groups and levels.
    `nothing`, `direct`, `total` say why there is no path at all, no arrow, and what is special about the total;
    `unsettled` is True where a loop leaves no total.
    """

    source: str
    target: str
    group: int
    route: Route | None
    paths: tuple[tuple[str, ...], ...]
    nothing: str = ""
    direct: str = ""
    total: str = ""
    unsettled: bool = False


@dataclass(frozen=True)
class Estimand:
    """One row: (top @ u) or (top @ u) / (bottom @ u), u (k,) being the numbers of all routes one after the other.

    `missing` rows have no value, for the reason in `note`.
    """

    source: str
    target: str
    part: GroupAndLevel
    effect: str
    path: str
    top: Array
    bottom: Array | None = None
    note: str = ""
    missing: bool = False

    @property
    def group(self) -> object:
        """The group, or two of which it is the difference."""
        return self.part.group

    @property
    def level(self) -> object:
        """The level, or two of which it is the difference."""
        return self.part.level


def estimands(pairs: Sequence[VariablePair], parts: Sequence[GroupAndLevel], through: Sequence[str]) -> list[Estimand]:
    """All rows: per source and target the groups and levels one after the other, then the differences between them."""
    size = sum(pair.route.size for pair in pairs if pair.route)
    last = {(pair.source, pair.target): pair for pair in pairs}
    rows: list[Estimand] = []
    first = 0
    for pair in pairs:
        units = np.eye(size)[first : first + pair.route.size] if pair.route else np.zeros((2, size))
        first += pair.route.size if pair.route else 0
        rows += _of_pair(pair, parts[pair.group], units, through)
        if pair is last[pair.source, pair.target] and len(parts) > 1:
            own = [row for row in rows if (row.source, row.target) == (pair.source, pair.target)]
            rows += _differences(own, parts)
    return rows


def _of_pair(pair: VariablePair, part: GroupAndLevel, units: Array, through: Sequence[str]) -> list[Estimand]:
    direct, *parts, total = units
    blank = Estimand(pair.source, pair.target, part, "", "", 0.0 * direct)
    words = ARROW.join((pair.source, pair.target))
    ends = replace(blank, note=pair.nothing, missing=pair.route is None)
    indirect = [
        replace(blank, effect="indirect", path=ARROW.join(path), top=top)
        for path, top in zip(pair.paths, parts, strict=True)
    ]
    whole = replace(ends, note=pair.nothing or pair.total, missing=ends.missing or pair.unsettled)
    mediated = bool(indirect or pair.total)
    via = whole if mediated or pair.nothing else replace(ends, note="0: no path leads through another variable")
    rows = [
        replace(ends, effect="direct", path=words, top=direct, note=pair.nothing or pair.direct),
        *indirect,
        replace(via, effect="total indirect", path=words, top=total - direct if mediated else 0.0 * direct),
        replace(whole, effect="total", path=words, top=0.0 * total if pair.nothing else total),
    ]
    if mediated:
        note = joined(whole.note, "1: no direct arrow, so all of it is mediated" if pair.direct else CAVEAT)
        rows.append(replace(whole, effect=SHARE, path=words, top=total - direct, bottom=total, note=note))
    return rows + (_through(pair, blank, parts, through) if through else _contrasts(indirect))


def _contrasts(indirect: Sequence[Estimand]) -> list[Estimand]:
    if len(indirect) > MOST_CONTRASTED:
        return []
    return [
        replace(one, effect="contrast", path=f"{one.path} − {other.path}", top=one.top - other.top)
        for one, other in combinations(indirect, 2)
    ]


def _through(pair: VariablePair, blank: Estimand, parts: Sequence[Array], through: Sequence[str]) -> list[Estimand]:
    """The paths through either of two variables, and the first sum less the second."""
    lost = pair.route is None or (not pair.paths and bool(pair.total))
    rows = []
    for name in through:
        own = [top for path, top in zip(pair.paths, parts, strict=True) if name in path[1:-1]]
        reason = "" if own else pair.nothing or (pair.total if lost else f"0: no path leads through {name}")
        top = np.sum([blank.top, *own], axis=0)
        rows.append(replace(blank, effect="through", path=f"through {name}", top=top, note=reason, missing=lost))
    one, other = rows
    both = sum(set(through) <= set(path[1:-1]) for path in pair.paths)
    note = joined(one.note, other.note, f"{both} paths lead through both and cancel out" if both else "")
    path = f"{one.path} − {other.path}"
    return [*rows, replace(one, effect="contrast", path=path, top=one.top - other.top, note=note)]


def _differences(rows: Sequence[Estimand], parts: Sequence[GroupAndLevel]) -> list[Estimand]:
    """Each effect of a later group less that of an earlier one, and that between clusters less that within them."""
    kept = [row for row in rows if row.effect in COMPARED]
    place = {(row.part, row.effect, row.path): row for row in kept}
    keys = list(dict.fromkeys((row.effect, row.path) for row in kept))
    differences = []
    for one, other in combinations(parts, 2):
        name = _difference(one, other)
        for effect, path in keys if name else ():
            low, high = place.get((one, effect, path)), place.get((other, effect, path))
            if name and low and high:
                missing, note = low.missing or high.missing, joined(low.note, high.note)
                differences.append(replace(high, part=name, top=high.top - low.top, note=note, missing=missing))
    return differences


def _difference(one: GroupAndLevel, other: GroupAndLevel) -> GroupAndLevel | None:
    """What two parts that differ in group or in level, and not in both, are compared as."""
    same_group, same_level = _same(one.group, other.group), _same(one.level, other.level)
    if same_level and not same_group:
        return GroupAndLevel(f"{other.group} − {one.group}", other.level)
    return GroupAndLevel(other.group, f"{other.level} − {one.level}") if same_group and not same_level else None


def _same(one: object, other: object) -> bool:
    return one is other or (one is not pd.NA and other is not pd.NA and bool(one == other))


def derived(rows: Sequence[Estimand], u: Array) -> Array:
    """(R, rows) values from the routes' numbers u (R, k); NaN where a row has none."""
    tops, bottoms, ratio = _stacked(rows)
    out = u @ tops.T
    with np.errstate(divide="ignore", invalid="ignore"):
        out[:, ratio] /= u @ bottoms[ratio].T
    out[:, [row.missing for row in rows]] = np.nan
    return out


def estimand_slopes(rows: Sequence[Estimand], u: Array, slopes: Array) -> Array:
    """(rows, q + e) derivatives from the routes' numbers u (k,) and their derivatives (k, q + e)."""
    tops, bottoms, ratio = _stacked(rows)
    out = tops @ slopes
    with np.errstate(divide="ignore", invalid="ignore"):
        below = (bottoms[ratio] @ u)[:, None]
        value = (tops[ratio] @ u)[:, None] / below
        out[ratio] = (out[ratio] - value * (bottoms[ratio] @ slopes)) / below
    return out


def _stacked(rows: Sequence[Estimand]) -> tuple[Array, Array, Array]:
    tops = np.stack([row.top for row in rows])
    bottoms = np.stack([row.top if row.bottom is None else row.bottom for row in rows])
    return tops, bottoms, np.array([row.bottom is not None for row in rows])
