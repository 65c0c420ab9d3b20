"""Judging a step of invariance by what it costs in fit: numbers in, a sentence out."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Cutoffs:
    """How much a step may cost: fall of CFI, rise of RMSEA, rise of SRMR, and where the fall of CFI is from."""

    cfi: float
    rmsea: float
    srmr: float
    source: str


def cutoffs(step: str, n: int) -> Cutoffs:
    """The cut-offs for a step with n respondents in all.

    Cheung & Rensvold 2002, doi 10.1207/S15328007SEM0902_5 (CFI); Chen 2007, doi 10.1080/10705510701301834 (all three,
    and smaller ones for samples of up to 300).

    >>> cutoffs("metric", 1000).srmr, cutoffs("scalar", 1000).srmr, cutoffs("scalar", 250).cfi
    (0.03, 0.01, 0.005)
    """
    loadings = step.endswith("metric")
    if n <= 300:
        return Cutoffs(0.005, 0.010, 0.025 if loadings else 0.005, "Chen 2007, n up to 300")
    return Cutoffs(0.010, 0.015, 0.030 if loadings else 0.010, "Cheung & Rensvold 2002")


def judge_step(step: str, n: int, cfi: float, rmsea: float, srmr: float) -> str:
    """What changes of CFI, RMSEA and SRMR say about a step: "holds", "doubtful" or "fails", with the reasons.

    It fails by CFI; it is doubtful where CFI is content and RMSEA or SRMR is not.

    >>> judge_step("metric", 1000, -0.02, 0.001, 0.002).split(":")[0]
    'fails'
    """
    if any(map(math.isnan, (cfi, rmsea, srmr))):
        return "not computable"
    cut = cutoffs(step, n)
    fall = "falls" if cfi < 0 else "rises"
    over = -cfi > cut.cfi
    said = f"CFI {fall} by {_three(cfi)}, {'more' if over else 'no more'} than {_three(cut.cfi)} ({cut.source})"
    if cfi >= 0:
        said = f"CFI does not fall ({cut.source})"
    beside = [(name, x, c) for name, x, c in (("RMSEA", rmsea, cut.rmsea), ("SRMR", srmr, cut.srmr)) if x >= c]
    if over:
        return f"fails: {said}"
    if beside:
        parts = " and ".join(f"{name} rises by {_three(x)}, not less than {_three(c)}" for name, x, c in beside)
        return f"doubtful: {said}, but {parts} (Chen 2007)"
    return f"holds: {said}; RMSEA and SRMR rise by less than {_three(cut.rmsea)} and {_three(cut.srmr)} (Chen 2007)"


def judge_start(cfi: float, rmsea: float, srmr: float) -> str:
    """Whether the model fits all groups before anything is held equal (Hu & Bentler 1999).

    doi 10.1080/10705519909540118.

    >>> judge_start(0.99, 0.03, 0.02).split(":")[0]
    'holds'
    """
    if any(map(math.isnan, (cfi, rmsea, srmr))):
        return "not computable"
    checks = [
        (cfi >= 0.95, f"CFI {_three(cfi)} {'reaches' if cfi >= 0.95 else 'is below'} .95"),
        (rmsea <= 0.06, f"RMSEA {_three(rmsea)} is {'up to' if rmsea <= 0.06 else 'above'} .06"),
        (srmr <= 0.08, f"SRMR {_three(srmr)} is {'up to' if srmr <= 0.08 else 'above'} .08"),
    ]
    word = "holds" if all(good for good, _ in checks) else "doubtful"
    return f"{word}: {', '.join(text for _, text in checks)} (Hu & Bentler 1999)"


def _three(value: float) -> str:
    """Three decimals of the size, in the field's way."""
    text = f"{abs(value):.3f}"
    return text[1:] if abs(value) < 1 and text.startswith("0") else text
