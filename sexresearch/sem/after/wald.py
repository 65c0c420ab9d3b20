"""Wald tests of hypotheses about the estimates, written as in the model text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from sexresearch.errors import ModelError, ModelSyntaxError
from sexresearch.sem.after.score_tests import TOGETHER, constraint_frame
from sexresearch.sem.arrays import Array
from sexresearch.sem.delta_method import carried
from sexresearch.sem.estimation.constraints import namespace
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.language.expression import Expression
from sexresearch.sem.language.statements import Constraint
from sexresearch.sem.language.syntax import parse_constraints

REDUNDANT = 1e-10  # scaled eigenvalue below which hypotheses follow from each other


def wald_test(fitted: Fitted, vcov: Array, hypotheses: str) -> pd.DataFrame:
    """Chi-square of hypotheses such as ``"b1 == 0; b2 == b3"``: together, then one at a time.

    chisq = r' (R V R')^-1 r, with r the left less the right sides at the estimates, R their derivatives and `vcov` V
    the covariance of the estimates (robust where the fit is). Columns constraint, chisq, df, pvalue.
    Wald 1943, doi 10.1090/S0002-9947-1943-0012401-3. ModelError where hypotheses are redundant or about constants.

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> fit("joy =~ a + l*b + m*c + d", data).wald_test("l == 1; l == m")["df"].tolist()
    [2, 1, 1]
    """
    equalities = _equalities(hypotheses)
    gaps, R = _derivatives(fitted, equalities)
    texts = [" == ".join(c.text) for c in equalities]
    spread = carried(R, vcov)
    _refuse_constant(texts, spread.diagonal())
    rows = [(text, float(gap**2 / v), 1) for text, gap, v in zip(texts, gaps, np.diag(spread), strict=True)]
    if len(rows) > 1:
        rows.insert(0, (TOGETHER, _joint(gaps, spread, texts), len(rows)))
    return constraint_frame(rows)


def _equalities(text: str) -> tuple[Constraint, ...]:
    constraints = parse_constraints(text)
    other = [f"{c.text[0]} {c.op} {c.text[1]}" for c in constraints if c.op != "=="]
    if other:
        raise ModelSyntaxError(f"a Wald test takes equalities such as 'b1 == b2'; found {other}")
    return constraints


def _derivatives(fitted: Fitted, constraints: tuple[Constraint, ...]) -> tuple[Array, Array]:
    """Values (h,) and derivatives (h, q) of left less right sides; ModelError for unknown labels."""
    names = namespace(replace(fitted.table, constraints=constraints))
    known = names.jets(fitted.theta)
    jets = [Expression("-", parts=(c.lhs, c.rhs)).jet(known, names.size) for c in constraints]
    return np.array([jet.value for jet in jets]), np.array([jet.gradient for jet in jets])


def _refuse_constant(texts: list[str], variances: Array) -> None:
    constant = [text for text, v in zip(texts, variances, strict=True) if not v > 0]
    if constant:
        raise ModelError(f"these hypotheses involve no estimate that has a standard error: {'; '.join(constant)}")


def _joint(gaps: Array, spread: Array, texts: list[str]) -> float:
    scale = np.sqrt(np.diag(spread))
    values, vectors = np.linalg.eigh(spread / np.outer(scale, scale))
    if values[0] < REDUNDANT:
        raise ModelError(f"one of these hypotheses follows from the others; leave it out: {'; '.join(texts)}")
    return float((vectors.T @ (gaps / scale)) ** 2 @ (1.0 / values))
