"""One equation of a model by instruments that the model itself implies, from the covariances of the sample.

A latent variable is replaced by its marker item, whose error joins that of the equation; every observed variable that
the model holds to be unrelated to this error is an instrument (Bollen 1996, doi 10.1007/BF02296961). Two-stage least
squares from covariances: b = (A A')^-1 A c with A = S_xz S_zz^-1/2 and c = S_zz^-1/2 S_zy; n times the part of the
residual that instruments explain is chi-square with one degree of freedom per instrument left over (Sargan 1958,
doi 10.2307/1907619): large where some instrument is none.

Where errors of the fit are robust, or respondents have weights or clusters, the covariance of the moments z u is taken
from their sums by respondent or cluster, V = F' W F with F = S_zz^-1 S_zx (S_xz S_zz^-1 S_zx)^-1, and the test is
Hansen's (1982, doi 10.2307/1912775): n m' N (N' W N)^-1 N' m with m the mean moments and N what S_zx leaves free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sexresearch.chain.paths.arrows import Arrows, arrows, is_drawn
from sexresearch.sem.view import Array, Parameter, Sums, View, chisq_pvalue, cluster_sums

ORDERED = "ordered items: errors of two-stage least squares hold for numbers (fit with estimator='MLR' for that)"
UNHELD = "limits and test take respondents as independent and normal, as their answers are not held"


@dataclass(frozen=True)
class InstrumentEstimate:
    """est and se of one path, the statistic `test` with df and p value, the instruments; or why there is nothing.

    test : Sargan or Hansen. sargan : its statistic. note : on which respondents it rests, where not on all.
    """

    est: float = np.nan
    se: float = np.nan
    sargan: float = np.nan
    df: int = 0
    pvalue: float = np.nan
    instruments: tuple[str, ...] = ()
    why: str = ""
    test: str = "Sargan"
    note: str = ""


def instrumented(fit: View, source: str, target: str) -> InstrumentEstimate:
    """The path from source to target by the instruments of the target's equation."""
    if fit.categories:
        return InstrumentEstimate(why=ORDERED)
    rows = fit.by_block[0]
    causes = [row for row in rows if row.op == "~" and row.lhs == target and is_drawn(row)]
    if source not in [row.rhs for row in causes if row.free >= 0]:
        return InstrumentEstimate(why=f"the model has no free path from {source} to {target}")
    markers = {name: _marker(fit, name) for name in (target, *(row.rhs for row in causes))}
    lost = [name for name, marker in markers.items() if not marker]
    if lost:
        return InstrumentEstimate(why=f"no marker item (a loading fixed to 1) of {', '.join(lost)}")
    free = [row.rhs for row in causes if row.free >= 0]
    instruments = _unrelated(fit, target, markers)
    if len(instruments) < len(free):
        why = f"the model implies {len(instruments)} instruments, fewer than the causes of {target}: {', '.join(free)}"
        return InstrumentEstimate(why=why)
    fixed = {markers[row.rhs]: row.value for row in causes if row.free < 0}
    return _two_stages(fit, markers[target], [markers[name] for name in free], fixed, instruments, free.index(source))


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
    fit: View, outcome: str, causes: Sequence[str], fixed: dict[str, float], instruments: Sequence[str], wanted: int
) -> InstrumentEstimate:
    block = fit.blocks[0]
    place = {name: i for i, name in enumerate(block.observed)}
    combine = np.zeros(len(place))
    combine[place[outcome]] = 1.0
    for name, value in fixed.items():
        combine[place[name]] -= value
    x, z = [place[name] for name in causes], [place[name] for name in instruments]
    rows = _respondents(fit, [*np.flatnonzero(combine), *x, *z]) or _summed(fit)
    S, n = (block.cov, block.n) if rows is None else (rows.cov, rows.n)
    szx, szz, szy = S[np.ix_(z, x)], S[np.ix_(z, z)], S[z] @ combine
    first = np.linalg.solve(szz, szx)
    F = first @ np.linalg.inv(szx.T @ first)
    b = F.T @ szy
    combine[x] -= b
    W = float(combine @ S @ combine) * szz if rows is None else rows.spread(z, combine)
    se, left = np.sqrt(np.diag(F.T @ W @ F) / n), np.linalg.qr(szx, mode="complete")[0][:, len(x) :].T
    m, df = left @ (szy - szx @ b), len(z) - len(x)
    statistic = float(n * m @ np.linalg.solve(left @ W @ left.T, m)) if df else np.nan
    p = float(chisq_pvalue(statistic, df)) if df else np.nan
    plain = UNHELD if rows is None and _beyond_covariances(fit) else ""
    test, note = ("Sargan", plain) if rows is None else ("Hansen", rows.note)
    return InstrumentEstimate(float(b[wanted]), float(se[wanted]), statistic, df, p, tuple(instruments), "", test, note)


@dataclass(frozen=True)
class Respondents:
    """Answers (n, p) about their means, their weights (n,), 1 on average, and clusters (n,) or None; a note on them."""

    answers: Array
    weights: Array
    clusters: Array | None
    note: str

    @property
    def n(self) -> int:
        """Respondents."""
        return len(self.answers)

    @property
    def cov(self) -> Array:
        """(p, p) their covariances; 0 with what some of them did not answer, which nothing is asked of."""
        used = np.where(np.isnan(self.answers).any(axis=0), 0.0, self.answers)
        return (used * self.weights[:, None]).T @ used / self.n

    def spread(self, z: Sequence[int], residual: Array) -> Array:
        """(z, z) the covariance of the moments of instruments z with the error that these weights (p,) make."""
        used = np.nan_to_num(self.answers)
        moments = used[:, z] * (used @ residual * self.weights)[:, None]
        if self.clusters is not None:
            moments = cluster_sums(moments, self.clusters)
            moments = moments * np.sqrt(len(moments) / (len(moments) - 1.0))
        return moments.T @ moments / self.n


@dataclass(frozen=True)
class SummedRespondents:
    """The same of complete answers that were added up: `sums` about their means, by respondent or by cluster."""

    sums: Sums
    clustered: bool
    note: str = ""

    @property
    def n(self) -> int:
        """Respondents."""
        return self.sums.nobs

    @property
    def cov(self) -> Array:
        """(p, p) their covariances."""
        return self.sums.cov

    def spread(self, z: Sequence[int], residual: Array) -> Array:
        """(z, z) the covariance of the moments of instruments z with the error that these weights (p,) make."""
        forms = np.zeros((len(z), len(residual), len(residual)))
        forms[np.arange(len(z)), z] = residual
        units, scale = self.sums.units, self.sums.nobs / self.sums.n
        few = units / (units - 1.0) if self.clustered else 1.0
        return self.sums.of_forms(forms) * scale**2 * few / self.n


def _summed(fit: View) -> SummedRespondents | None:
    """Those of a source, where more than covariances is needed and sums hold it; else None."""
    block = fit.blocks[0]
    sums = block.sums if block.answers is None and block.complete and _beyond_covariances(fit) else None
    return None if sums is None else SummedRespondents(sums.ordered(block.observed), fit.options.cluster is not None)


def _beyond_covariances(fit: View) -> bool:
    """Whether more than the sample's covariances is needed: for robust errors, weights, clusters or gaps."""
    block = fit.blocks[0]
    robust = str(fit.options.se).startswith("robust") or block.weights is not None or block.clusters is not None
    return robust or not block.complete


def _respondents(fit: View, used: Sequence[int]) -> Respondents | None:
    """Those who gave all answers in use, where more than covariances is needed and answers are held; else None."""
    block = fit.blocks[0]
    if block.answers is None or not _beyond_covariances(fit):
        return None
    weights = np.ones(len(block.answers)) if block.weights is None else block.weights
    there = np.isfinite(block.answers[:, used]).all(axis=1) & (weights > 0)
    answers, w = block.answers[there], weights[there] / weights[there].mean()
    mean = (answers * w[:, None]).mean(axis=0)
    lost = int((weights > 0).sum() - there.sum())
    note = f"{lost} of {len(there)} respondents left out, as an item is missing" if lost else ""
    return Respondents(answers - mean, w, None if block.clusters is None else block.clusters[there], note)
