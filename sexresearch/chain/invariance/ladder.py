"""Climbing from equal form to equal loadings, intercepts and residuals, with a partial rung where one is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sexresearch.chain.invariance.design import Design, Formulas
from sexresearch.chain.invariance.search import Candidate, search
from sexresearch.chain.invariance.verdicts import judge_start, judge_step
from sexresearch.errors import OptionError, SexresearchError
from sexresearch.sem import Results

STEPS: dict[str, tuple[str, ...]] = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
STOPS = ("score", "cfi")


@dataclass(frozen=True)
class Rung:
    """One step: its fit (None where there is none, with the reason), and the fit it is compared with.

    released : what was set free in this step, with its tests; sound : whether this step and all below it stand.
    """

    step: str
    results: Results | None
    base: Results | None
    reason: str = ""
    released: tuple[Candidate, ...] = ()
    sound: bool = False

    @property
    def changes(self) -> tuple[float, float, float]:
        """Change of CFI, RMSEA and SRMR from the fit below; NaN where there is nothing to compare."""
        if self.results is None or self.base is None:
            return (math.nan,) * 3
        now, before = (indices(results) for results in (self.results, self.base))
        return now[0] - before[0], now[1] - before[1], now[2] - before[2]

    @property
    def verdict(self) -> str:
        """What the change says about the step."""
        if self.results is None or not self.results.converged:
            return "not computable"
        if self.step == "configural":
            return judge_start(*indices(self.results))
        return judge_step(self.step, self.results.nobs, *self.changes)


def indices(results: Results) -> tuple[float, float, float]:
    """CFI, RMSEA (robust ones where the test is robust, scaled ones of ordered items) and SRMR."""
    measures, end = results.fit_measures, index_ending(results)
    if measures["df"] == 0:  # nothing is left to misfit, and no robust index is defined
        return 1.0, 0.0, float(measures["srmr"])
    return float(measures[f"cfi{end}"]), float(measures[f"rmsea{end}"]), float(measures["srmr"])


def index_ending(results: Results) -> str:
    """What the names of the indices end in: "", "_robust" or, of ordered items, "_scaled"."""
    if not results.fitted.options.robust_test:
        return ""
    return "_scaled" if results.fitted.levels else "_robust"


def climb(design: Design, partial: bool, stop: str, last: str = "strict") -> list[Rung]:
    """All rungs up to `last`; a partial one follows its full one wherever something was set free.

    An item set free stays free in the steps above, with all that it has.
    """
    if stop not in STOPS:
        raise OptionError(f"stop {stop!r} is not known; allowed: {', '.join(STOPS)}")
    small = design.too_small()
    if small:
        return [Rung(step, None, None, small) for step in STEPS]
    free: Formulas = ()
    rungs: list[Rung] = []
    for step, equal in list(STEPS.items())[: list(STEPS).index(last) + 1]:
        below = _below(rungs, step)
        rungs.append(_rung(design, step, equal, free, below))
        if partial and below is not None:
            found = _partial(design, equal, free, rungs[-1], below, stop)
            rungs[-1:] = [rungs[-1], found] if found.released else [found]
            free = (*free, *_beside(design, found.released))
    return rungs


def _below(rungs: list[Rung], step: str) -> Rung | None:
    """The rung to compare with: the last one; of ordered items the first one where thresholds become equal.

    Equal thresholds free residual variances, so that they are not nested in equal loadings
    (Wu & Estabrook 2016, doi 10.1007/s11336-016-9506-0).
    """
    if not rungs:
        return None
    first = rungs[0]
    ordered = first.results is not None and bool(first.results.fitted.levels)
    return first if step == "scalar" and ordered else rungs[-1]


def _rung(design: Design, step: str, equal: tuple[str, ...], free: Formulas, below: Rung | None) -> Rung:
    if below is not None and (below.results is None or not below.results.converged):
        return Rung(step, None, None, f"not tested: there is no {below.step} fit to compare with")
    try:
        results = design.fit(equal, free)
    except SexresearchError as error:
        if below is None:
            raise
        return Rung(step, None, None, f"not computable: {error}")
    base = None if below is None else below.results
    return _stands(Rung(step, results, base), below)


def _stands(rung: Rung, below: Rung | None) -> Rung:
    good = rung.verdict.startswith(("holds", "doubtful")) and (below is None or below.sound)
    return replace(rung, sound=good)


def _partial(design: Design, equal: tuple[str, ...], free: Formulas, full: Rung, below: Rung, stop: str) -> Rung:
    """The rung with some parameters set free; the full one, with the reason, where none needs to be or can be."""
    if full.results is None or not full.results.converged:
        return full

    def enough(results: Results) -> bool:
        return not Rung(full.step, results, below.results).verdict.startswith("fails")

    found = search(design, equal, free, full.results, enough if stop == "cfi" else None)
    if not found.released:
        return replace(full, reason=f"nothing set free: {found.ending}")
    rung = Rung(f"partial {full.step}", found.results, below.results, found.ending, found.released)
    return _stands(rung, below)


def _beside(design: Design, released: tuple[Candidate, ...]) -> Formulas:
    """What is free from now on: the parameters themselves, and intercept and residual of their items."""
    own: list[str] = []
    for formula in (candidate.formula for candidate in released):
        parts = formula.split()
        item = parts[2] if parts[1] == "=~" else parts[0]
        own.append(formula)
        if item in design.model.observed:
            own += [f"{item} ~1", f"{item} ~~ {item}"]
    return tuple(dict.fromkeys(own))
