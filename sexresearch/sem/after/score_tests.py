"""Score (Lagrange multiplier) tests of equality constraints: would releasing them improve the fit?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.linalg import null_space

from sexresearch.errors import OptionError
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.constraints import RANK_TOLERANCE, evaluate, restrictions
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.chisquare import chisq_pvalue
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.matrices import inverse_information

SINGULAR = 1e-9  # eigenvalue of the scaled information below which a direction carries none
TOGETHER = "all together"


@dataclass(frozen=True)
class SeparatedModel:
    """The model with every shared parameter taken apart, r free rows in all, each in units of its own precision.

    score (r,) and information (r, r) at the estimates, all respondents together. A row's unit is the standard error its
    parameter would have if all others were known, so that a row alone has information 1, or less if it shares a
    parameter, or 0 if it moves nothing.
    equalities (e, r), rows of length 1: one per constraint, named by `texts`; `formulas` has the first of the equal
    parameters, empty where ``==`` was written. kept (a, r): active inequalities, which stay in force.
    """

    score: Array
    information: Array
    equalities: Array
    texts: tuple[str, ...]
    formulas: tuple[str, ...]
    kept: Array

    @cached_property
    def gains(self) -> tuple[Array, Array, Array] | None:
        """Score (e,) and information given the model (e, e) of moving each equality away from 0, the others in force,
        and which of these moves (e,) have any information.

        The columns of the constraints' pseudo-inverse are such moves. None where constraints repeat each other, or the
        model is not identified.
        """
        every = np.vstack([self.equalities, self.kept])
        Q, R = np.linalg.qr(every.T, mode="complete")
        e = len(every)
        if len(R) < e or (np.abs(np.diag(R)) < RANK_TOLERANCE).any():
            return None
        moves = np.linalg.solve(R[:e], Q[:, :e].T).T[:, : len(self.equalities)]
        moves = moves / np.linalg.norm(moves, axis=0)
        inverse = inverse_information(self.information, Q[:, e:])
        across = self.information @ moves
        own = moves.T @ across
        left = own - across.T @ inverse @ across
        if not np.isfinite(left).all():
            return None
        firm = (np.diag(left) > SINGULAR * np.diag(own)) & (np.diag(own) > SINGULAR)
        return moves.T @ self.score, left, firm


def score_tests(fitted: Fitted, release: Sequence[str] | None = None) -> pd.DataFrame:
    """Chi-square of releasing the constraints (all, or those named in `release`): together, then one at a time.

    chisq = s' K (K' I K)^-1 K' s, with s the score and I the expected information of the parameters taken apart, and
    K the directions that the constraints left in force allow, those without information left out. df counts the
    directions gained: fewer than the constraints released where the model is then not identified (0, and no p value,
    for a single one), which `note` says. lavaan has the same chisq and counts constraints. Columns constraint, chisq,
    df, pvalue, note.
    Rao 1948, doi 10.1017/S0305004100023987; Silvey 1959, doi 10.1214/aoms/1177706259.

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> fit("joy =~ a + k*b + k*c + d", data).score_tests()["constraint"].tolist()
    ['joy =~ b == joy =~ c']
    """
    apart = separated(fitted)
    chosen = _chosen(apart.texts, release)
    rows = [(apart.texts[i], *released(apart, [i])) for i in chosen]
    notes = [_note(df, 1) for _, _, df in rows]
    if len(rows) > 1:
        rows.insert(0, (TOGETHER, *released(apart, chosen)))
        notes.insert(0, _note(rows[0][2], len(chosen)))
    return constraint_frame(rows).assign(note=notes)


def _note(df: int, count: int) -> str:
    if df >= count:
        return ""
    if count == 1:
        return "no test: without it the model would not be identified"
    return f"{count - df} of {count} constraints are left out: without them too the model would not be identified"


def constraint_frame(rows: Sequence[tuple[str, float, int]]) -> pd.DataFrame:
    """Tests of constraints as a frame: constraint, chisq, df, pvalue."""
    frame = pd.DataFrame(rows, columns=["constraint", "chisq", "df"]).astype({"chisq": float, "df": int})
    return frame.assign(pvalue=[chisq_pvalue(x, df) for x, df in zip(frame["chisq"], frame["df"], strict=True)])


def _chosen(texts: tuple[str, ...], release: Sequence[str] | None) -> list[int]:
    if not texts:
        raise OptionError("the model has no equality constraints to release: no shared labels, group_equal or '=='")
    if release is None:
        return list(range(len(texts)))
    wanted = [release] if isinstance(release, str) else list(release)
    unknown = [text for text in wanted if text not in texts]
    if unknown or not wanted:
        raise OptionError(f"release names {unknown or 'nothing'}; the model's constraints are: {list(texts)[:20]}")
    return [texts.index(text) for text in wanted]


def released(apart: SeparatedModel, numbers: Sequence[int]) -> tuple[float, int]:
    """The score statistic of releasing some equalities, and how many directions that gains."""
    if apart.gains is None:
        return _released_slowly(apart, numbers)
    score, information, firm = apart.gains
    own = [i for i in numbers if firm[i]]
    return _quadratic(score[own], information[np.ix_(own, own)])


def _released_slowly(apart: SeparatedModel, numbers: Sequence[int]) -> tuple[float, int]:
    """The same where constraints repeat each other, so that moving one alone is no direction."""
    rest = np.vstack([np.delete(apart.equalities, list(numbers), axis=0), apart.kept])
    before = np.vstack([apart.equalities, apart.kept])
    chisq, after = _along(apart, rest)
    return chisq, after - _along(apart, before)[1]


def _along(apart: SeparatedModel, constraints: Array) -> tuple[float, int]:
    """The score statistic of every direction that the rows of `constraints` allow, and how many have information."""
    K = null_space(constraints, rcond=RANK_TOLERANCE) if len(constraints) else np.eye(len(apart.score))
    inner = K.T @ apart.information @ K
    own = np.flatnonzero(np.diag(inner) > SINGULAR)
    return _quadratic(K[:, own].T @ apart.score, inner[np.ix_(own, own)])


def _quadratic(score: Array, information: Array) -> tuple[float, int]:
    """score' information^-1 score in the directions that have information, and their number."""
    scale = np.sqrt(np.diag(information))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    firm = values > SINGULAR
    pull = vectors[:, firm].T @ (score / scale)
    return float(pull**2 @ (1.0 / values[firm])), int(firm.sum())


def separated(fitted: Fitted) -> SeparatedModel:
    """Take the model's shared parameters apart."""
    rows = [row for row in fitted.table.rows if row.free >= 0]
    score, information = np.zeros(len(rows)), np.zeros((len(rows), len(rows)))
    for number in range(fitted.table.n_groups):
        own = [i for i, row in enumerate(rows) if row.group == number]
        point = fitted.points[number]
        D, at = point.jacobian_of([rows[i] for i in own], fitted.table.roles[number]), point.moment_curve()
        score[own] -= D.T @ at.gradient
        information[np.ix_(own, own)] += D.T @ at.curvature @ D
    first = [next(i for i, row in enumerate(rows) if row.free == k) for k in range(fitted.table.n_free)]
    shared, names, formulas = _shared(fitted, rows, first)
    written, texts, kept = _written(fitted, first, len(rows))
    formulas += [""] * len(texts)
    unit = _units(rows, np.diag(information), fitted.table.n_free)
    tested, kept = (_to_length_one(part / unit) for part in (np.vstack([shared, written]), kept))
    within = information / np.outer(unit, unit)
    return SeparatedModel(score / unit, within, tested, (*names, *texts), tuple(formulas), kept)


def _units(rows: Sequence[Parameter], information: Array, n_free: int) -> Array:
    """(r,) what turns each row into one of information at most 1, by multiplication."""
    free = np.array([row.free for row in rows])
    pooled = np.bincount(free, information, n_free)
    return np.sqrt(np.where(pooled > 0, pooled, 1.0))[free]


def _to_length_one(matrix: Array) -> Array:
    """Rows of length 1; rows of zeros stay."""
    length = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.where(length > 0, length, 1.0)


def _shared(fitted: Fitted, rows: Sequence[Parameter], first: Sequence[int]) -> tuple[Array, list[str], list[str]]:
    """One equality per row that repeats a parameter: it equals the first row of that parameter."""
    again = sorted((i for i, row in enumerate(rows) if first[row.free] != i), key=lambda i: (first[rows[i].free], i))
    matrix = np.zeros((len(again), len(rows)))
    for k, i in enumerate(again):
        matrix[k, first[rows[i].free]], matrix[k, i] = 1.0, -1.0
    heads = [rows[first[rows[i].free]] for i in again]
    texts = [f"{_name(fitted, head)} == {_name(fitted, rows[i])}" for head, i in zip(heads, again, strict=True)]
    return matrix, texts, [head.name for head in heads]


def _name(fitted: Fitted, row: Parameter) -> str:
    several = fitted.table.n_groups > 1
    return f"{row.name} [{fitted.samples[row.group].label}]" if several else row.name


def _written(fitted: Fitted, first: Sequence[int], size: int) -> tuple[Array, list[str], Array]:
    """Jacobian and texts of the constraints written with ``==``, and the Jacobian of active inequalities."""
    limits = restrictions(fitted.table, fitted.names)
    jacobian = np.zeros((len(limits), size))
    if limits:
        jacobian[:, first] = evaluate(limits, fitted.names, fitted.theta).jacobian
    equal = [i for i, r in enumerate(limits) if not r.inequality]
    binding = [i for i, r in enumerate(limits) if r.inequality and r.text in fitted.constrained.binding]
    return jacobian[equal], [limits[i].text for i in equal], jacobian[binding]
