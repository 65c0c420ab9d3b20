"""Verdicts as data: what was judged, by which cut-off and whose; words are made of them at the very end."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from sexresearch.errors import OptionError
from sexresearch.glossary.formatting import fixed

Outcome = Literal["holds", "doubtful", "fails", "not_computable"]
Side = Literal["least", "most"]
GRAVEST = ("fails", "doubtful", "not_computable", "holds")  # the first that occurs decides: findings outweigh gaps
WORDS: Mapping[str, str] = {name: name.replace("_", " ") for name in get_args(Outcome)}
MOST_DECIMALS = 6  # printed at the most, to keep a value and its cut-off apart


@dataclass(frozen=True)
class Verdict:
    """One judgement.

    outcome : what follows. criterion : what was looked at ("omega", "change of CFI").
    value, cutoff : what was found, and the line it was held against; NaN where there is none.
    source : whose line it is. applies : whether the source made it for such a fit.
    reason : why it cannot be computed or does not apply, or what else is to be known.
    decimals : that the value is printed with at the least. share : the value is a share of draws, which is never
    printed as if nothing, or everything, were certain.
    """

    outcome: Outcome
    criterion: str
    value: float = math.nan
    cutoff: float = math.nan
    source: str = ""
    applies: bool = True
    reason: str = ""
    decimals: int = 2
    share: bool = False

    def __post_init__(self) -> None:
        if self.outcome not in WORDS:
            raise OptionError(f"outcome {self.outcome!r} is not known; allowed: {', '.join(WORDS)}")
        if self.outcome == "not_computable" and not self.reason:
            raise OptionError(f"{self.criterion} is not computable: the verdict must say why in `reason`")


def against(
    criterion: str,
    value: float,
    cutoff: float,
    source: str,
    *,
    side: Side = "least",
    strict: bool = False,
    fails: float | None = None,
    applies: bool = True,
    reason: str = "",
    because: str = "it has no value",
    decimals: int = 2,
    share: bool = False,
) -> Verdict:
    """`value` held against `cutoff`: "holds" on the right side of it, else "doubtful", or "fails" beyond `fails`.

    side : whether the value shall be at "least" or at "most" the cut-off. strict : it must not lie on it either.
    fails : a second line; beyond it the outcome is "fails". Without one, nothing is worse than "doubtful".
    because : the reason where value or cut-off is missing, so that the outcome is "not_computable"; `reason` otherwise.

    >>> against("omega", 0.67, 0.70, "Nunnally & Bernstein 1994").outcome
    'doubtful'
    >>> against("CFI", 0.334, 0.95, "Hu & Bentler 1999", fails=0.90).outcome
    'fails'
    >>> against("omega", float("nan"), 0.70, "Nunnally & Bernstein 1994", because="only some items are ordered").reason
    'only some items are ordered'
    """
    if math.isnan(value) or math.isnan(cutoff):
        return Verdict("not_computable", criterion, value, cutoff, source, applies, because, decimals, share)
    outcome: Outcome = "holds" if _on_side(value, cutoff, side, strict) else "doubtful"
    if fails is not None and outcome != "holds" and not _on_side(value, fails, side, False):
        outcome = "fails"
    return Verdict(outcome, criterion, value, cutoff, source, applies, reason, decimals, share)


def _on_side(value: float, line: float, side: Side, strict: bool) -> bool:
    beyond = value > line if side == "least" else value < line
    return beyond or (value == line and not strict)


def admissible(reasons: Sequence[str]) -> Verdict:
    """The verdict on the solution itself: it fails for each of the `reasons`, and nothing computed from it can hold.

    >>> admissible(["negative variance of x1"]).outcome, admissible([]).outcome
    ('fails', 'holds')
    """
    if not reasons:
        return Verdict("holds", "admissible solution")
    return Verdict("fails", "inadmissible solution", reason="; ".join(reasons))


def gravest(verdicts: Sequence[Verdict]) -> Outcome:
    """The outcome of several verdicts together: the gravest of them; "not_computable" where there is none.

    What was found to fail or to be doubtful stays so, whatever is missing beside it; nothing holds while something is.

    >>> gravest([Verdict("holds", "CFI"), Verdict("doubtful", "RMSEA")])
    'doubtful'
    """
    outcomes: dict[str, Outcome] = {verdict.outcome: verdict.outcome for verdict in verdicts}
    return next((outcomes[name] for name in GRAVEST if name in outcomes), "not_computable")


def sentence(verdict: Verdict) -> str:
    """One verdict in words, as part of a sentence.

    >>> sentence(against("omega", 0.67, 0.70, "Nunnally & Bernstein 1994"))
    'omega .67 is below .70 (Nunnally & Bernstein 1994)'
    >>> sentence(Verdict("not_computable", "omega", reason="only some items are ordered"))
    'omega not computable, because only some items are ordered'
    >>> sentence(Verdict("holds", "probability of coming first", 0.9996, 0.95, share=True))
    'probability of coming first > .99 is above .95'
    """
    criterion, reason = verdict.criterion, verdict.reason
    source = f" ({verdict.source})" if verdict.source else ""
    if verdict.outcome == "not_computable":
        return f"{f'{criterion} ' if criterion else ''}not computable, because {reason}"
    if math.isnan(verdict.value):
        return f"{criterion}{f': {reason}' if reason else ''}{source}"
    beside = "" if not reason else f", {reason}" if verdict.applies else f" [{reason}]"
    if math.isnan(verdict.cutoff):
        return f"{criterion} {short(verdict.value, verdict.decimals)}{beside}{source}"
    value, cutoff = _apart(verdict.value, verdict.cutoff, verdict.decimals)
    value = _uncertain(value) if verdict.share else value
    relation = "is" if verdict.value == verdict.cutoff else "is below" if verdict.value < verdict.cutoff else "is above"
    return f"{criterion} {value} {relation} {cutoff}{beside}{source}"


def prose(verdicts: Sequence[Verdict], words: Mapping[str, str] = WORDS, beside: Sequence[Verdict] = ()) -> str:
    """Several verdicts as one sentence: the outcome of all, then each, the gravest first.

    words : what the outcomes are called, such as {"holds": "measured well"}; those not named keep their own. What is
    not computable needs no word: its reason stands first. beside : verdicts that are told and do not decide.

    >>> omega = against("omega", 0.81, 0.70, "Nunnally & Bernstein 1994")
    >>> ave = against("AVE", 0.46, 0.50, "Fornell & Larcker 1981")
    >>> prose([omega, ave])
    'doubtful: AVE .46 is below .50 (Fornell & Larcker 1981); omega .81 is above .70 (Nunnally & Bernstein 1994)'
    """
    outcome = gravest(verdicts)
    ordered = [v for name in GRAVEST for v in verdicts if v.outcome == name and _says_something(v)]
    ranked = [*ordered, *beside]
    following = [verdict.source for verdict in ranked[1:]] + [""]  # a source is named once, behind the last that has it
    named_once = [
        replace(v, source="") if v.source == later else v for v, later in zip(ranked, following, strict=False)
    ]
    parts = [sentence(verdict) for verdict in named_once]
    if outcome == "not_computable":
        return "; ".join(parts) or "not computable"
    named = {**WORDS, **words}[outcome]
    return f"{named}: {'; '.join(parts)}" if parts else named


def _says_something(verdict: Verdict) -> bool:
    return verdict.outcome != "holds" or bool(verdict.reason) or not math.isnan(verdict.value)


def short(value: float, decimals: int = 2) -> str:
    """A number in the field's way: no zero before the point where it lies between -1 and 1.

    >>> short(0.671), short(-0.5), short(12.345)
    ('.67', '-.50', '12.35')
    """
    text = fixed(value, decimals)
    text = text.lstrip("-") if float(text) == 0 else text
    return text.replace("0.", ".", 1) if abs(float(text)) < 1 else text


def _uncertain(share: str) -> str:
    """A share of draws as it is printed: one that rounds to all of them, or to none, as what it is beyond."""
    return {"1.00": "> .99", ".00": "< .01", "0.00": "< .01"}.get(share, share)


def _apart(value: float, cutoff: float, decimals: int) -> tuple[str, str]:
    """Both as text: the cut-off as short as it is exact, the value with `decimals`, or more to tell them apart."""
    own = next((d for d in (2, 3) if round(cutoff, d) == cutoff), 0)
    least = max(decimals, own)
    near = value != cutoff
    apart = (d for d in range(least, MOST_DECIMALS) if not near or short(value, d) != short(cutoff, d))
    places = next(apart, MOST_DECIMALS)
    return short(value, places), short(cutoff, own or places)
