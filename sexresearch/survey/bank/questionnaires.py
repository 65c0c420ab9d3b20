"""`instrument`: the questionnaires that are made of the item bank."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Literal

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.languages import Language
from sexresearch.survey.bank.audit import audit_constructs
from sexresearch.survey.bank.content import BankConstruct, bank, languages, structure, words
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.parts import Construct
from sexresearch.survey.translations import Translation, texts_of

InstrumentKind = Literal["full", "customer-core", "employee", "pulse", "audit"]


@in_words
def instrument(kind: InstrumentKind = "full", language: Language = "en") -> Instrument:
    """A questionnaire on the model of ISO 23592, made of the item bank.

    Parameters
    ----------
    kind : {"full", "customer-core", "employee", "pulse", "audit"}
        "full": every part of the model, asked of customers, employees, managers and records. "customer-core": the
        pyramid and the effect chain, for customers. "employee": every sub-element of the standard, and engagement.
        "pulse": ten questions to customers that still hold the core of the chain. "audit": self-assessment of the
        practices and recommendations that the standard lists, with the maturity of each element, for managers.
    language : {"en", "de"}
        Of all texts; the other one stands beside it as a translation.

    Returns
    -------
    Instrument
        Items carry who answers, their clause, and the source of the idea; wordings are our own and free to use. Where
        two constructs stand for one node, as customers' and managers' view of success, the first keeps it, so that
        `chain_model` knows which to take.

    Raises
    ------
    OptionError
        An unknown kind or language; those there are are named.

    Notes
    -----
    The standard's own sentences are copyrighted and not reproduced: items of the audit name the place in the standard's
    lists, to be read in your own copy. 7.4.2 is provisional: its text was not read.

    Examples
    --------
    >>> instrument("pulse").items[0].wording
    'They deliver what they promise.'
    >>> instrument("customer-core", language="de").construct("delight").items[0].wording
    'Ich bin von dem Anbieter begeistert.'
    """
    if language not in languages():
        raise OptionError(f"language {language!r} is not in the item bank; there are: {', '.join(languages())}")
    others = tuple(_translation(kind, other) for other in languages() if other != language)
    return Instrument(_constructs(kind, language), (), _title(kind, language), language, others)


def _title(kind: InstrumentKind, language: str) -> str:
    return str(words(language)["titles"][kind])


def _constructs(kind: InstrumentKind, language: str) -> tuple[Construct, ...]:
    if kind == "audit":
        return audit_constructs(language)
    rules = structure()["instruments"][kind]
    chosen = tuple(_chosen(bank(language), rules.get("constructs"), rules.get("respondent", "")))
    return _one_per_node(_shortened(chosen, rules.get("items")))


def _translation(kind: InstrumentKind, language: str) -> Translation:
    return Translation(language, tuple(texts_of(_title(kind, language), _constructs(kind, language), ()).items()))


def _chosen(
    constructs: tuple[BankConstruct, ...], names: Collection[str] | None, respondent: str
) -> Iterator[Construct]:
    for part in constructs:
        wanted = part.construct.name in names if names else not part.neighbour
        if wanted and (not respondent or respondent in part.respondents):
            yield part.construct


def _shortened(constructs: tuple[Construct, ...], items: Collection[str] | None) -> tuple[Construct, ...]:
    if not items:
        return constructs
    return tuple(replace(part, items=tuple(i for i in part.items if i.name in items)) for part in constructs)


def _one_per_node(constructs: tuple[Construct, ...]) -> tuple[Construct, ...]:
    nodes = [part.node for part in constructs]
    return tuple(
        replace(part, node="") if part.node in nodes[:place] else part for place, part in enumerate(constructs)
    )
