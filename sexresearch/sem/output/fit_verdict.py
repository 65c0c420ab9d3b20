"""Is the fit good enough to read on? The measures that are reported, each against the cut-off in common use."""

from __future__ import annotations

import math
from typing import Protocol

from sexresearch.sem.output.reported import Fit, ReportedFit, reported
from sexresearch.verdict import Verdict, against, gravest, prose

HU, MACCALLUM = "Hu & Bentler 1999", "MacCallum, Browne & Sugawara 1996"
WORDS = {
    "holds": "The model fits the data well",
    "doubtful": "How well the model fits is in doubt",
    "fails": "The model does not fit the data",
}
ORDERED = "a cut-off made for continuous answers; with ordered items it lets too much pass (Xia & Yang 2019)"
SATURATED = "the model has no degrees of freedom left: it reproduces any data"


class FitSummary(Fit, Protocol):
    """What `fit_prose` takes: the results of one fit."""

    @property
    def converged(self) -> bool:
        """Whether a minimum was reached."""

    @property
    def inadmissible(self) -> tuple[str, ...]:
        """Why the solution cannot be one of the population's."""


def fit_verdicts(results: Fit, ordered: bool = False) -> list[Verdict]:
    """CFI of at least .95 (below .90 fails), RMSEA of at most .06 (above .10 fails), SRMR of at most .08.

    Those reported: robust or scaled ones where the estimator calls for them. `ordered` : items are categories, for
    which the cut-offs were not made.

    Hu & Bentler 1999, doi 10.1080/10705519909540118; MacCallum, Browne & Sugawara 1996, doi 10.1037/1082-989X.1.2.130;
    Xia & Yang 2019, doi 10.3758/s13428-018-1055-2.
    """
    shown = reported(results)
    if shown.value("df") == 0:
        return [Verdict("not_computable", "fit", reason=SATURATED)]
    beside = ORDERED if ordered else ""
    verdicts = [
        _cutoff_verdict(shown, "cfi", "CFI", 0.95, 0.90, ordered, beside),
        _cutoff_verdict(shown, "rmsea", "RMSEA", 0.06, 0.10),
    ]
    return [*verdicts, _cutoff_verdict(shown, "srmr", "SRMR", 0.08, 0.10)]


def _cutoff_verdict(
    shown: ReportedFit, name: str, words: str, cutoff: float, fails: float, ordered: bool = False, beside: str = ""
) -> Verdict:
    measure, least = shown[name], name == "cfi"
    criterion = f"{measure.kind} {words}" if measure.kind else words
    return against(
        criterion,
        measure.value,
        cutoff,
        HU,
        side="least" if least else "most",
        fails=fails,
        applies=not ordered,
        reason=beside,
        because=measure.reason or "it has no value",
        decimals=3,
    )


def fit_prose(results: FitSummary) -> str:
    """The verdict in words: what it says, then why; of a solution that is none, that.

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem.fit import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), columns=list("abcd"))
    >>> fit_prose(fit("joy =~ a + b + c + d", data)).split(":")[0]
    'The model fits the data well'
    """
    if not results.converged:
        return "The model could not be estimated: the fit did not converge."
    if results.inadmissible:
        why = "; ".join(results.inadmissible)
        return f"The solution is not admissible, so nothing can be concluded from it: {why}."
    verdicts = fit_verdicts(results, bool(results.options.ordered))
    if gravest(verdicts) == "not_computable":
        because = "; ".join(dict.fromkeys(v.reason for v in verdicts))
        return f"Whether the model fits cannot be said: {because}."
    computable = [v for v in verdicts if v.outcome != "not_computable" or not math.isnan(v.value)]
    return f"{prose(computable, WORDS)}."
