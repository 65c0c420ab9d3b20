"""Partial invariance: which parameters to set free, one after the other, by score tests over all groups or waves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sexresearch.chain.invariance.invariance_design import Formulas, InvarianceDesign
from sexresearch.errors import SexresearchError
from sexresearch.sem import Model, Results
from sexresearch.sem.view import Parameter, chisq_pvalue, equality_tests, released, view

KIND = {"loadings": "=~", "intercepts": "~1", "residuals": "~~"}
LEAST_EQUAL = 2  # items per construct that must stay equal, so that something is left to compare by
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Candidate:
    """What setting one parameter free in all groups would gain: score statistic, its degrees of freedom, p value."""

    formula: str
    chisq: float
    df: int
    pvalue: float


@dataclass(frozen=True)
class SearchResult:
    """Parameters set free in their order, the fit without these equalities, and why the search ended."""

    released: tuple[Candidate, ...]
    results: Results
    ending: str


def candidates(design: InvarianceDesign, results: Results, kind: str) -> list[Candidate]:
    """Every parameter of one kind that is held equal, the largest gain first; each tested in all groups together.

    Rao 1948, doi 10.1017/S0305004100023987 (score test).
    """
    apart = equality_tests(results)
    by_formula: dict[str, list[int]] = {}
    for number, name in enumerate(apart.formulas):
        formula = design.formula(name)
        if _kind(formula) == kind:
            by_formula.setdefault(formula, []).append(number)
    formulas = []
    for formula, numbers in by_formula.items():
        chisq, df = released(apart, numbers)
        if df > 0:
            formulas.append(Candidate(formula, chisq, df, float(chisq_pvalue(chisq, df))))
    return sorted(formulas, key=lambda candidate: -candidate.chisq)


def _kind(formula: str) -> str:
    """The kind of a formula; covariances are none."""
    parts = formula.split()
    same = len(parts) == 3 and parts[1] == "~~" and parts[0] != parts[2]
    return next((kind for kind, op in KIND.items() if len(parts) > 1 and parts[1] == op and not same), "")


def search(
    design: InvarianceDesign,
    equal: Sequence[str],
    free: Formulas,
    results: Results,
    enough: Callable[[Results], bool] | None,
) -> SearchResult:
    """Set free the parameter with the largest score test, fit again, and so on.

    Without `enough` the search ends when no test of the step reaches .05 / number of tests (sequential tests as in
    Yoon & Millsap 2007, doi 10.1080/10705510701301677, at a stricter level); otherwise as soon as `enough(results)`.
    Either way every construct keeps two equal items (Byrne, Shavelson & Muthen 1989, doi 10.1037/0033-2909.105.3.456).
    """
    done: list[Candidate] = []
    while True:
        tests = candidates(design, results, equal[-1])
        if enough is not None and enough(results):
            return SearchResult(tuple(done), results, "ended because the cut-off of CFI is kept")
        bar = SIGNIFICANT / max(len(tests), 1) if enough is None else 1.1
        telling = [test for test in tests if test.pvalue < bar]
        equal_formulas = [*(test.formula for test in tests), *always_equal(results)]
        allowed = [test for test in telling if _spare(design.model, test.formula, equal_formulas)]
        if not allowed:
            return SearchResult(tuple(done), results, _ending(telling, len(tests)))
        try:
            after = design.fit(equal, (*free, *(test.formula for test in done), allowed[0].formula))
        except SexresearchError as error:
            return SearchResult(tuple(done), results, f"ended because the next fit failed: {error}")
        if not after.converged:
            return SearchResult(tuple(done), results, "ended because the next fit did not converge")
        done.append(allowed[0])
        results = after


def _ending(telling: Sequence[Candidate], tests: int) -> str:
    if not telling:
        return f"ended because no further score test reaches p < .05 / {tests}"
    first = telling[0]
    return f"ended at {first.formula} (χ² {first.chisq:.1f}): every construct keeps {LEAST_EQUAL} equal items"


def always_equal(results: Results) -> list[str]:
    """Formulas that the model's own text keeps equal in all groups: one value (a loading other than 0) or one label."""
    fit = view(results, "invariance")
    places: dict[str, list[Parameter]] = {}
    for row in fit.rows:
        if not (row.exogenous or row.derived):
            places.setdefault(row.name, []).append(row)
    return [
        name
        for name, rows in places.items()
        if len(rows) == len(fit.blocks) > 1
        and (rows[0].label or (rows[0].free < 0 and not (rows[0].op == "=~" and rows[0].value == 0)))
        and len({(row.free, row.value if row.free < 0 else 0.0) for row in rows}) == 1
    ]


def _spare(model: Model, formula: str, equal_formulas: Sequence[str]) -> bool:
    """Whether every construct of the parameter keeps enough equal items without it."""
    parts = [other.split() for other in dict.fromkeys(equal_formulas)]
    first, op = formula.split()[:2]
    if op == "=~":
        return sum(part[0] == first and part[1] == op for part in parts) > LEAST_EQUAL
    loads = {(f.lhs, f.rhs) for f in model.statements.formulas if f.op == "=~"}
    owners = [owner for owner, item in loads if item == first]
    same = {part[0] for part in parts if part[1] == op and (op == "~1" or part[0] == part[-1])}
    return all(sum((owner, item) in loads for item in same) > LEAST_EQUAL for owner in owners)
