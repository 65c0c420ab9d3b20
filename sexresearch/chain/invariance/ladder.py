"""Climbing from equal form to equal loadings, intercepts and residuals, with a partial rung where one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

from sexresearch.chain.invariance.invariance_design import Formulas, InvarianceDesign
from sexresearch.chain.invariance.rung import START, Rung, changes
from sexresearch.chain.invariance.search import Candidate, search
from sexresearch.chain.invariance.step_verdicts import judge_step
from sexresearch.errors import OptionError, SexresearchError
from sexresearch.sem import Results
from sexresearch.sem.view import written
from sexresearch.verdict import Verdict

STEPS: dict[str, tuple[str, ...]] = {
    START: (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
SearchEnd = Literal["score", "cfi"]
STOPS = get_args(SearchEnd)


def climb(design: InvarianceDesign, partial: bool, stop: str, last: str = "strict", in_vain: bool = True) -> list[Rung]:
    """All rungs up to `last`; a partial one follows its full one wherever something was set free.

    An item set free stays free in the steps above, with all that it has. in_vain : whether there is a search above a
    first step that does not fit, where nothing can be compared.
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
        if partial and below is not None and (in_vain or not rungs[-1].groundless):
            partial_rung = _partial(design, equal, free, rungs[-1], below, stop)
            rungs[-1:] = [rungs[-1], partial_rung] if partial_rung.released else [partial_rung]
            free = (*free, *_beside(design, partial_rung.released))
    return rungs


def _below(rungs: list[Rung], step: str) -> Rung | None:
    """The rung to compare with: the last one; of ordered items the first one where thresholds become equal.

    Equal thresholds free residual variances, so that they are not nested in equal loadings
    (Wu & Estabrook 2016, doi 10.1007/s11336-016-9506-0).
    """
    if not rungs:
        return None
    first = rungs[0]
    ordered = first.ordered
    return first if step == "scalar" and ordered else rungs[-1]


def _rung(design: InvarianceDesign, step: str, equal: tuple[str, ...], free: Formulas, below: Rung | None) -> Rung:
    if below is not None and (below.results is None or not below.results.converged):
        return Rung(step, None, None, f"there is no {below.step} fit to compare with")
    try:
        results = design.fit(equal, free)
    except SexresearchError as error:
        if below is None:
            raise
        return Rung(step, None, None, str(error))
    base = None if below is None else below.results
    return _stands(Rung(step, results, base, groundless=groundless(below)), below)


def groundless(below: Rung | None) -> str:
    """Why nothing above the first step compares anything; empty where its model fits."""
    if below is None or below.step != START:
        return "" if below is None else below.groundless
    if below.results is not None and below.results.inadmissible:
        return f"not comparable because the {START} solution is inadmissible"
    return f"not comparable because the {START} model does not fit" if below.outcome == "fails" else ""


def _stands(rung: Rung, below: Rung | None) -> Rung:
    good = rung.outcome in ("holds", "doubtful") and (below is None or below.sound)
    return replace(rung, sound=good)


def _partial(
    design: InvarianceDesign, equal: tuple[str, ...], free: Formulas, full: Rung, below: Rung, stop: str
) -> Rung:
    """The rung with some parameters set free; the full one, with the reason, where none needs to be or can be."""
    base = below.results
    if full.results is None or not full.results.converged or base is None:
        return full

    def enough(results: Results) -> bool:
        return judge_step(full.step, results.nobs, changes(results, base))[0].outcome == "holds"

    search_end = search(design, equal, free, full.results, enough if stop == "cfi" else None)
    if not search_end.released:
        return replace(full, reason=f"nothing set free: {search_end.ending}")
    step = f"partial {full.step}"
    return _stands(
        replace(full, step=step, results=search_end.results, reason=search_end.ending, released=search_end.released),
        below,
    )


def _beside(design: InvarianceDesign, released: tuple[Candidate, ...]) -> Formulas:
    """What is free from now on: the parameters themselves, and intercept and residual of their items."""
    own: list[str] = []
    for formula in (candidate.formula for candidate in released):
        parts = formula.split()
        item = parts[2] if parts[1] == "=~" else parts[0]
        own.append(formula)
        if item in design.model.observed:
            own += [f"{written(item)} ~1", f"{written(item)} ~~ {written(item)}"]
    return tuple(dict.fromkeys(own))


def last_sound(rungs: Sequence[Rung], step: str) -> Rung | None:
    """The last step of that kind, partial or not, that stands."""
    sound = [rung for rung in rungs if rung.sound and rung.step.endswith(step)]
    return sound[-1] if sound else None


def standing(rungs: Sequence[Rung]) -> tuple[Verdict, ...]:
    """One verdict on each step that stands."""
    return tuple(Verdict(rung.outcome, f"{rung.step} step", reason=rung.verdict) for rung in rungs if rung.sound)


def doubts(rungs: Sequence[Rung]) -> list[str]:
    """What is doubtful about the steps that stand, in words."""
    return [f"the {rung.step} step is {rung.verdict}" for rung in rungs if rung.sound and rung.outcome == "doubtful"]


def why_not(rungs: Sequence[Rung]) -> str:
    """Why nothing may be compared: the first step after which none stands."""
    last = max((place for place, rung in enumerate(rungs) if rung.sound), default=-1)
    failed = rungs[last + 1]
    if failed.results is None:
        return f"not computable: {failed.reason}"
    ground = groundless(failed)
    why = f"{ground} ({failed.verdict})" if ground else f"not computable: the {failed.step} step does not stand"
    reason = why if ground else f"{why} ({failed.verdict})"
    return "; ".join(filter(None, [reason, failed.reason]))
