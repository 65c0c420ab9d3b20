"""A confounder that nobody measured, put into the model as a phantom variable, and the model fitted again.

A phantom variable of variance 1, unrelated to all others, with fixed paths a to the source and c to the target
(Harring, McNeish & Hancock 2017, doi 10.1037/met0000103) adds a c to the covariance of their disturbances; what it adds
to their variances, these take up themselves. So the model is fitted with this covariance held at k = a c, and k is
sought at which the path is 0, or no longer significant. If the phantom explains the same share of the remainder of the
source (variance v) as of that of the target (w), this share is (sqrt(m^4 + 4 m^2) - m^2) / 2 with m = |k| / sqrt(v w):
the measure of module `confounding`, which the first share equals where one equation is all there is to fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from scipy.special import ndtri

from sexresearch.chain.deciding.again import Again
from sexresearch.chain.deciding.confounding import shared
from sexresearch.errors import ModelError, SexresearchError
from sexresearch.sem import Results
from sexresearch.sem.view import View, matrices, view, written

STEPS, NEAR = 20, 1e-4  # fits at the most; what may be left of the path, as a part of its first size
FARTHEST = 10.0  # times the last step, where a search goes astray
Path = tuple[float, float]


@dataclass(frozen=True)
class Phantom:
    """The shares of both remainders that take the path to 0 and below significance; or why there are none.

    note : how the model was fitted again, where not as before.
    """

    zero: float = np.nan
    significance: float = np.nan
    why: str = ""
    note: str = ""


def phantom(results: Results | View, fit: View, source: str, target: str, level: float) -> Phantom:
    """How strong a phantom variable behind source and target must be to undo the path between them."""
    why = _lacking(results, fit, source, target)
    if why or not isinstance(results, Results):
        return Phantom(why=why)
    try:
        results, note = Again(results, fit).jointly()
    except SexresearchError as error:
        return Phantom(why=f"no phantom variable: {error}")
    fit = view(results, "direction")
    first, critical = _path(results, source, target), float(ndtri(0.5 + level / 2))
    if not first[1] > 0:
        return Phantom(why="the path has no standard error")
    v, w = _remainders(fit, source, target)
    other = Again(results, fit)
    kept = "\n".join([results.model.syntax, *_together(fit, source)])

    def path_at(k: float) -> Path:
        again = other.refit(f"{kept}\n{written(source)} ~~ {k!r}*{written(target)}")
        if not again.converged:
            raise ModelError(f"the model with a confounder of covariance {k:.3g} did not converge")
        return _path(again, source, target)

    size, sign = abs(first[0]), float(np.sign(first[0]))

    def beyond(path: Path) -> float:
        return (sign * path[0] - critical * path[1]) / size

    try:
        zero = _root(path_at, lambda path: path[0] / size, (0.0, sign), first[0] * v)
        end, start = beyond(path_at(zero)), beyond(first)
        lost = _root(path_at, beyond, (zero, end), zero * start / (start - end))
    except SexresearchError as error:
        return Phantom(why=f"no phantom variable: {error}")
    least, edge = (shared(max(sign * k, 0.0) / sqrt(v * w)) for k in (zero, lost))
    return Phantom(least, edge, note=note)


def _lacking(results: Results | View, fit: View, source: str, target: str) -> str:
    if not isinstance(results, Results):
        return "no phantom variable: only Results can be fitted again"
    if fit.categories:
        return "no phantom variable: ordered items"
    tied = any(row.op == "~~" and {row.lhs, row.rhs} == {source, target} for row in fit.by_block[0])
    return "no phantom variable: the disturbances of cause and effect covary already" if tied else ""


def _path(results: Results, source: str, target: str) -> Path:
    rows = results.parameters
    own = rows[(rows["op"] == "~") & (rows["lhs"] == target) & (rows["rhs"] == source)].iloc[0]
    return float(own["est"]), float(own["se"])


def _remainders(fit: View, source: str, target: str) -> Path:
    """What is left of the source: its disturbance, or its variance given the target's other causes; of the target."""
    names = fit.blocks[0].names
    at = matrices(fit.places[0], fit.estimates[None, :])
    B, S, C = at.B[0], at.S[0], at.C[0]
    s, t = names.index(source), names.index(target)
    if B[s].any():
        return float(S[s, s]), float(S[t, t])
    others = [i for i in np.flatnonzero(B[t]) if i != s]
    taken = C[s, others] @ np.linalg.solve(C[np.ix_(others, others)], C[others, s]) if others else 0.0
    return float(C[s, s] - taken), float(S[t, t])


def _together(fit: View, source: str) -> list[str]:
    """A cause that nothing leads to keeps its covariances with other such causes, once one of its own is fixed."""
    rows = fit.by_block[0]
    led = {row.lhs for row in rows if row.op == "~"}
    related = [row for row in rows if row.op == "~~" and row.lhs != row.rhs and (row.free >= 0 or row.exogenous)]
    others = [row.rhs if row.lhs == source else row.lhs for row in related if source in (row.lhs, row.rhs)]
    return [f"{written(source)} ~~ {written(other)}" for other in others if not {source, other} & led]


def _root(
    path_at: Callable[[float], Path], left: Callable[[Path], float], before: tuple[float, float], guess: float
) -> float:
    """The covariance at which nothing is left, by secants from the one before; half-way back where a fit fails."""
    k = guess
    for _ in range(STEPS):
        try:
            now = left(path_at(k))
        except SexresearchError:
            k = (before[0] + k) / 2
            continue
        if abs(now) <= NEAR:
            return k
        slope = (now - before[1]) / (k - before[0])
        if not isfinite(slope) or slope == 0:
            break
        farthest = FARTHEST * abs(k - before[0])
        before, k = (k, now), k - float(np.clip(now / slope, -farthest, farthest))
    raise ModelError("no strength was found that undoes the path")
