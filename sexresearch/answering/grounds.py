"""What the sentences of an answer rest on, and how those say so whose ground is in doubt: one rule for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sexresearch.answering.facts import AnswerPart, Fact
from sexresearch.answering.text_catalogue import catalogue, filled_text
from sexresearch.sem import Results
from sexresearch.sem.view import fit_verdicts
from sexresearch.verdict import Verdict, gravest

Ground = Literal["model", "measurement", "groups", "links"]

#: By the key of a sentence, the verdicts it stands or falls with: of the fit of the model of the chain, of the fit of
#: all topics together, or of the steps that allow groups to be compared on their means, or on their links.
RESTS_ON: Mapping[str, Ground] = {
    **dict.fromkeys(("links_all", "links_some", "links_unshown", "links_open", "link_strongest", "link_tied"), "model"),
    **dict.fromkeys(("total_shown", "total_open", "limit_direction", "limit_direction_doubted"), "model"),
    **dict.fromkeys(("first_clear", "first_only", "first_alone", "first_tied", "next_best"), "model"),
    **dict.fromkeys(("money", "money_open", "gain_none", "gain_open", "gain_negative"), "model"),
    **dict.fromkeys(("measured_all", "measured_some", "measured_none", "items_weak"), "measurement"),
    **dict.fromkeys(("groups_alike", "groups_partial", "means_unshown", "means_differ", "means_differ_from"), "groups"),
    **dict.fromkeys(("paths_differ", "paths_unshown"), "links"),
}
OWN_FORM = {"fails": "_poor", "doubtful": "_doubted"}  # ends the key of a sentence that has words of its own for doubt


def judged_fit(results: Results) -> tuple[Verdict, ...]:
    """The verdicts on whether a model describes the answers."""
    return tuple(fit_verdicts(results, bool(results.options.ordered)))


def ground_of(part: AnswerPart, fact: Fact) -> tuple[Verdict, ...]:
    """The verdicts on what a sentence rests on; none where it rests on answers alone."""
    return tuple(part.grounds.get(RESTS_ON[fact.key], ())) if fact.key in RESTS_ON else ()


def with_doubt(part: AnswerPart, fact: Fact, language: str) -> tuple[str, str]:
    """The key of the sentence, and what is added to it: both say what the ground of the sentence leaves in doubt.

    >>> with_doubt(AnswerPart("chain", grounds={"model": (Verdict("fails", "CFI"),)}), Fact("total_shown"), "en")
    ('total_shown', ' Read with doubt: the model fits the answers poorly.')
    """
    outcome = gravest(ground_of(part, fact)) if fact.key in RESTS_ON else "holds"
    if outcome == "holds":
        return fact.key, ""
    own = f"{fact.key}{OWN_FORM.get(outcome, '')}"
    if own != fact.key and own in catalogue(language)["sentences"]:
        return own, ""
    return fact.key, f" {filled_text(language, f'{RESTS_ON[fact.key]}_{outcome}', part='doubts')}"
