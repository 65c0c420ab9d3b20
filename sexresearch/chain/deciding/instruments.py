"""One equation of a model by instruments that the model itself implies, from the covariances of the sample.

A latent variable is replaced by its marker item, whose error joins that of the equation; every observed variable that
the model holds to be unrelated to this error is an instrument (Bollen 1996, doi 10.1007/BF02296961). Two-stage least
squares from covariances: b = (A A')^-1 A c with A = S_xz S_zz^-1/2 and c = S_zz^-1/2 S_zy; n times the part of the
residual that instruments explain is chi-square with one degree of freedom per instrument left over (Sargan 1958,
doi 10.2307/1907619): large where some instrument is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.chain.paths.arrows import Arrows, arrows, is_drawn
from sexresearch.sem.view import Array, Parameter, View, chisq_pvalue


@dataclass(frozen=True)
class Instrumented:
    """est and se of one path, Sargan's statistic with df and p value, the instruments; or why there is nothing."""

    est: float = np.nan
    se: float = np.nan
    sargan: float = np.nan
    df: int = 0
    pvalue: float = np.nan
    instruments: tuple[str, ...] = ()
    why: str = ""


def instrumented(fit: View, source: str, target: str) -> Instrumented:
    """The path from source to target by the instruments of the target's equation."""
    rows = fit.by_block[0]
    causes = [row for row in rows if row.op == "~" and row.lhs == target and is_drawn(row)]
    if source not in [row.rhs for row in causes if row.free >= 0]:
        return Instrumented(why=f"the model has no free path from {source} to {target}")
    markers = {name: _marker(fit, name) for name in (target, *(row.rhs for row in causes))}
    lost = [name for name, marker in markers.items() if not marker]
    if lost:
        return Instrumented(why=f"{', '.join(lost)} has no marker item (a loading fixed to 1)")
    free = [row.rhs for row in causes if row.free >= 0]
    found = _unrelated(fit, target, markers)
    if len(found) < len(free):
        return Instrumented(why=f"{len(found)} instruments for {len(free)} causes: the model implies too few")
    held = {markers[row.rhs]: row.value for row in causes if row.free < 0}
    return _two_stages(fit, markers[target], [markers[name] for name in free], held, found, free.index(source))


def _marker(fit: View, name: str) -> str:
    if name in fit.observed:
        return name
    own = (row for row in fit.by_block[0] if row.op == "=~" and row.lhs == name and row.free < 0 and row.value == 1)
    return next((row.rhs for row in own if row.rhs in fit.observed), "")


def _unrelated(fit: View, target: str, markers: dict[str, str]) -> list[str]:
    """Observed variables that share no disturbance with the equation's error."""
    graph = arrows(fit, 0)
    errors = {target, *(marker for name, marker in markers.items() if marker != name)}
    related = {frozenset((row.lhs, row.rhs)) for row in fit.by_block[0] if _covary(row)}
    touched = {name for name in graph.names if any(frozenset((name, e)) in related for e in errors)}
    return [name for name in fit.blocks[0].observed if name in graph.names and not touched & _behind(graph, name)]


def _covary(row: Parameter) -> bool:
    """Whether a covariance is there: free, fixed to a number but 0, or taken from the sample."""
    return row.op == "~~" and (row.exogenous or is_drawn(row))


def _behind(graph: Arrows, name: str) -> set[str]:
    """A variable and all that leads to it."""
    return {name, *(other for other in graph.names if name in graph.reach[other])}


def _two_stages(
    fit: View, outcome: str, causes: Sequence[str], held: dict[str, float], instruments: Sequence[str], wanted: int
) -> Instrumented:
    block = fit.blocks[0]
    place = {name: i for i, name in enumerate(block.observed)}
    combine = np.zeros(len(place))
    combine[place[outcome]] = 1.0
    for name, value in held.items():
        combine[place[name]] -= value
    S = block.cov
    x, z = [place[name] for name in causes], [place[name] for name in instruments]
    sxy, szy, syy = S[x] @ combine, S[z] @ combine, combine @ S @ combine
    first = np.linalg.solve(S[np.ix_(z, z)], S[np.ix_(z, x)])
    bread = np.linalg.inv(S[np.ix_(x, z)] @ first)
    b = bread @ (first.T @ szy)
    spread = float(syy - 2 * b @ sxy + b @ S[np.ix_(x, x)] @ b)
    se = np.sqrt(spread * np.diag(bread) / block.n)
    left: Array = szy - S[np.ix_(z, x)] @ b
    df = len(z) - len(x)
    sargan = float(block.n * left @ np.linalg.solve(S[np.ix_(z, z)], left) / spread) if df else np.nan
    p = float(chisq_pvalue(sargan, df)) if df else np.nan
    return Instrumented(float(b[wanted]), float(se[wanted]), sargan, df, p, tuple(instruments))
