"""Judging a step of invariance by what it costs in fit: numbers in, verdicts out."""

from __future__ import annotations

from dataclasses import dataclass

from sexresearch.verdict import Side, Verdict, against

HU = "Hu & Bentler 1999"
GOOD = {"CFI": 0.95, "RMSEA": 0.06, "SRMR": 0.08}
POOR = {
    "CFI": (0.90, "Bentler & Bonett 1980"),
    "RMSEA": (0.10, "MacCallum, Browne & Sugawara 1996"),
    "SRMR": (0.10, "Schermelleh-Engel, Moosbrugger & Müller 2003"),
}
CLOSE = 0.05  # RMSEA of close fit
CHEN = "Chen 2007"
SMALL = 300  # respondents up to which Chen's smaller cut-offs are meant


@dataclass(frozen=True)
class Cutoffs:
    """How much a step may cost: fall of CFI, rise of RMSEA, rise of SRMR, and where the fall of CFI is from."""

    cfi: float
    rmsea: float
    srmr: float
    source: str


@dataclass(frozen=True)
class StepIndices:
    """CFI, RMSEA and SRMR of a fit, or their changes.

    kind : of CFI and RMSEA ("", "robust", "scaled"). lower : of the 90 % interval of RMSEA, NaN for changes.
    unlike : why cut-offs were not made for such indices; empty where they were. missing : why one has no value.
    """

    cfi: float
    rmsea: float
    srmr: float
    kind: str = ""
    lower: float = float("nan")
    unlike: str = ""
    missing: str = "it has no value"

    def named(self, name: str) -> str:
        """The name of an index with its kind."""
        return f"{self.kind} {name}".strip()


def cutoffs(step: str, n: int) -> Cutoffs:
    """The cut-offs for a step with n respondents in all.

    Cheung & Rensvold 2002, doi 10.1207/S15328007SEM0902_5 (CFI); Chen 2007, doi 10.1080/10705510701301834 (all three,
    and smaller ones for samples of up to 300).

    >>> cutoffs("metric", 1000).srmr, cutoffs("scalar", 1000).srmr, cutoffs("scalar", 250).cfi
    (0.03, 0.01, 0.005)
    """
    loadings = step.endswith("metric")
    if n <= SMALL:
        return Cutoffs(0.005, 0.010, 0.025 if loadings else 0.005, f"{CHEN}, n up to {SMALL}")
    return Cutoffs(0.010, 0.015, 0.030 if loadings else 0.010, "Cheung & Rensvold 2002")


def judge_step(step: str, n: int, changes: StepIndices) -> list[Verdict]:
    """What changes of CFI, RMSEA and SRMR say about a step.

    It fails by CFI; it is doubtful where CFI is content and RMSEA or SRMR is not.

    >>> [verdict.outcome for verdict in judge_step("metric", 1000, StepIndices(-0.02, 0.001, 0.002))]
    ['fails', 'holds', 'holds']
    """
    cut, of = cutoffs(step, n), changes.named
    fall = _cost(changes, of("CFI"), changes.cfi, -cut.cfi, cut.source)
    rise = _cost(changes, of("RMSEA"), changes.rmsea, cut.rmsea, CHEN)
    return [fall, rise, _cost(changes, "SRMR", changes.srmr, cut.srmr, CHEN)]


def _cost(changes: StepIndices, name: str, value: float, cutoff: float, source: str) -> Verdict:
    """One change held against its cut-off: CFI, whose cut-off is negative, decides; the others raise doubts."""
    decides = cutoff < 0
    return against(
        f"change of {name}",
        value,
        cutoff,
        source,
        side="least" if decides else "most",
        strict=not decides,
        fails=cutoff if decides else None,
        applies=not changes.unlike,
        reason=changes.unlike if decides else "",
        because=changes.missing,
        decimals=3,
    )


def judge_start(indices: StepIndices) -> list[Verdict]:
    """Whether the model fits all groups before anything is held equal.

    It holds by the cut-offs of Hu & Bentler 1999 (doi 10.1080/10705519909540118). It fails where CFI is below .90
    (Bentler & Bonett 1980, doi 10.1037/0033-2909.88.3.588), SRMR above .10 (Schermelleh-Engel, Moosbrugger & Müller
    2003, Methods of Psychological Research 8, 23-74), or RMSEA above .10 while close fit, .05, is out of its 90 %
    interval (MacCallum, Browne & Sugawara 1996, doi 10.1037/1082-989X.1.2.130). Between the two it is doubtful.

    >>> [verdict.outcome for verdict in judge_start(StepIndices(0.334, 0.638, 0.09, lower=0.6))]
    ['fails', 'fails', 'doubtful']
    """
    values = {"CFI": indices.cfi, "RMSEA": indices.rmsea, "SRMR": indices.srmr}
    return [_graded(indices, name, value) for name, value in values.items()]


def _graded(indices: StepIndices, name: str, value: float) -> Verdict:
    """One index held against the cut-off of poor fit where it is beyond it, else against that of good fit."""
    side: Side = "least" if name == "CFI" else "most"
    poor, source = POOR[name]
    beyond = value < poor if side == "least" else value > poor
    fails = beyond and not (name == "RMSEA" and indices.lower <= CLOSE)
    return against(
        "SRMR" if name == "SRMR" else indices.named(name),
        value,
        poor if fails else GOOD[name],
        source if fails else HU,
        side=side,
        fails=poor if fails else None,
        applies=not indices.unlike,
        reason=indices.unlike if name == "CFI" else "",
        because=indices.missing,
        decimals=3,
    )
