"""One step of the ladder: its fit, the fit below, and what both say about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sexresearch.chain.invariance.search import Candidate
from sexresearch.chain.invariance.step_verdicts import StepIndices, judge_start, judge_step
from sexresearch.sem import Results
from sexresearch.sem.view import reported, view
from sexresearch.verdict import Outcome, Verdict, admissible, gravest, prose

START = "configural"
KINDS = {"_robust": "robust", "_scaled": "scaled", "": ""}  # endings of names of indices, the best first
NO_FIT = "the fit did not converge"


@dataclass(frozen=True)
class Rung:
    """One step: its fit (None where there is none, with the reason), and the fit it is compared with.

    reason : why there is no fit, or how the search for what differs ended. groundless : why nothing can be compared in
    this model whatever a step costs; empty where it fits. released : what was set free in this step, with its tests.
    sound : whether this step and all below it stand.
    """

    step: str
    results: Results | None
    base: Results | None
    reason: str = ""
    groundless: str = ""
    released: tuple[Candidate, ...] = ()
    sound: bool = False

    @property
    def ordered(self) -> bool:
        """Whether items of the fit are ordered; False where there is no fit."""
        return self.results is not None and has_categories(self.results)

    @cached_property
    def ending(self) -> str:
        """What the names of the indices that are read end in."""
        fits = [fit for fit in (self.results, self.base) if fit is not None and fit.converged]
        return shared_ending(fits)

    @cached_property
    def changes(self) -> StepIndices:
        """Changes of CFI, RMSEA and SRMR from the fit below; NaN where there is nothing to compare."""
        if self.results is None or self.base is None:
            return StepIndices(math.nan, math.nan, math.nan)
        return changes(self.results, self.base)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """What the fit, or its change, says about the step; no inadmissible solution passes."""
        if self.results is None:
            return [Verdict("not_computable", "", reason=self.reason)]
        if not self.results.converged:
            return [Verdict("not_computable", "", reason=NO_FIT)]
        verdicts = [Verdict("fails", self.groundless)] if self.groundless else []
        if self.results.inadmissible:
            verdicts.append(admissible(self.results.inadmissible))
        return verdicts + self._by_fit(self.results)

    def _by_fit(self, results: Results) -> list[Verdict]:
        if self.base is not None and self.base.inadmissible:
            return [Verdict("not_computable", "change of fit", reason="the solution below is inadmissible")]
        if self.step != START:
            return judge_step(self.step, results.nobs, self.changes)
        if results.fit_measures["df"] == 0:
            return [Verdict("holds", "equal form", reason="taken for granted, the model is saturated")]
        return judge_start(indices(results, shared_ending([results])))

    @property
    def outcome(self) -> Outcome:
        """All verdicts together."""
        return gravest(self.verdicts)

    @property
    def verdict(self) -> str:
        """All verdicts in words."""
        return prose(self.verdicts)


def has_categories(results: Results) -> bool:
    """Whether items of a fit are ordered."""
    return bool(view(results, "invariance").categories)


def changes(results: Results, base: Results) -> StepIndices:
    """Changes of CFI, RMSEA and SRMR from `base` to `results`, of one kind in both."""
    ending = shared_ending([results, base])
    now, before = (indices(fit, ending) for fit in (results, base))
    return StepIndices(
        now.cfi - before.cfi,
        now.rmsea - before.rmsea,
        now.srmr - before.srmr,
        now.kind,
        unlike=now.unlike,
        missing=now.missing,
    )


def indices(results: Results, ending: str) -> StepIndices:
    """The indices of a fit whose names have that ending."""
    measures, reasons = results.fit_measures, results.reasons
    if measures["df"] == 0:  # nothing is left to misfit, and no robust index is defined
        return StepIndices(1.0, 0.0, float(measures["srmr"]), KINDS[ending], unlike=_unlike(results, ending))
    names = [f"{name}{ending}" for name in ("cfi", "rmsea", "rmsea_ci_lower")]
    cfi, rmsea, lower = (float(measures.get(name, math.nan)) for name in names)
    why = next((reasons[name] for name in names if name in reasons), "it has no value")
    return StepIndices(cfi, rmsea, float(measures["srmr"]), KINDS[ending], lower, _unlike(results, ending), why)


def shared_ending(fits: Sequence[Results]) -> str:
    """What the names of the best indices that all these fits have end in: "_robust", "_scaled" or "".

    Of ordered items "_scaled" at best: robust indices are not known once thresholds are equal. Saturated models fit
    perfectly by any of them.
    """
    endings = ["_scaled" for fit in fits if has_categories(fit) and fit.options.robust_test]
    for fit in fits:
        if fit.fit_measures["df"] > 0:
            chosen = reported(fit)
            endings += [chosen[name].key.removeprefix(name) for name in ("cfi", "rmsea")]
    return max(endings, key=list(KINDS).index, default="")


def _unlike(results: Results, ending: str) -> str:
    """Why the cut-offs, made for maximum likelihood with complete continuous answers, do not fit these indices."""
    options = results.options
    if has_categories(results):
        return f"a cut-off for maximum likelihood: by {options.estimator} models look better, Xia & Yang 2019"
    if not options.likelihood:
        return f"a cut-off for maximum likelihood, not for {options.estimator}"
    if ending == "_scaled":
        return "a cut-off for normal answers: scaled indices differ from theirs, Brosseau-Liard & Savalei 2014"
    if ending == "" and not all(block.complete for block in view(results, "invariance").blocks):
        return "a cut-off for complete answers: gaps change what the index means, Zhang & Savalei 2020"
    return ""
