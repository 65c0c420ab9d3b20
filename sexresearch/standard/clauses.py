"""One look-up over all clauses of ISO 23592 and ISO/TR 7179."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from types import MappingProxyType

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.standard.catalogue import Clause, near, plain
from sexresearch.standard.effect_model import dimensions, elements, practices, sub_elements
from sexresearch.standard.foundations import principles, terms
from sexresearch.standard.practice_rows import AROUND

ISO_23592 = "ISO 23592"
ISO_TR_7179 = "ISO/TR 7179"

CHAPTERS = (
    Clause("3", "terms", "Fifteen terms: `standard.terms`."),
    Clause("4", "benefits", "Eleven benefits on the side of business success: `standard.benefits`."),
    Clause("5", "principles", "Seven principles: `standard.principles`."),
    Clause("6", "model", "Four dimensions and nine elements around customer delight (Figure 3)."),
    Clause("7", "elements of the model", "What each dimension asks for: `standard.dimensions`."),
)


def _groups() -> tuple[Clause, ...]:
    """The chapters and groups of ISO/TR 7179, which run parallel to the dimensions and elements."""
    groups = {practice.clause[:3]: practice.element for practice in practices}
    chapters = {clause[0]: element.dimension for clause, element in groups.items()}
    return tuple(
        Clause(clause, part.title, f"Practices for {part.clause} of ISO 23592.")
        for clause, part in sorted((chapters | groups).items())
    )


def _by_number(*parts: Iterable[Clause]) -> Mapping[str, Clause]:
    return MappingProxyType({plain(part.clause): part for part in chain(*parts)})


BY_STANDARD: Mapping[str, Mapping[str, Clause]] = MappingProxyType(
    {
        ISO_23592: _by_number(CHAPTERS, terms, principles, dimensions, elements, sub_elements),
        ISO_TR_7179: _by_number((Clause(*row) for row in AROUND), _groups(), practices),
    }
)


@in_words
def clause(number: str, standard: str = ISO_23592) -> Clause:
    """The clause with this number: a term, principle, dimension, element, sub-element, practice or chapter.

    Parameters
    ----------
    number : str
        Number of the clause, such as "7.3.2" or "7.3.2 a)".
    standard : str
        "ISO 23592" or "ISO/TR 7179", with or without its year.

    Returns
    -------
    Clause
        With at least clause (the number), title and description.

    Raises
    ------
    OptionError
        A standard or clause that is not held; near matches are named.

    Notes
    -----
    Descriptions are our own words, after ISO 23592:2021 and ISO/TR 7179:2021; they do not replace the standards.

    Examples
    --------
    >>> clause("7.3.2").title
    'designing and renewing outstanding customer experiences'
    >>> clause("8.3.3", standard="ISO/TR 7179").title
    'causal relationship of the effect chain'
    """
    names = {plain(name): name for name in BY_STANDARD}
    name = names.get(plain(standard).partition(":")[0])
    if name is None:
        raise OptionError(f"No clauses of {standard!r} are held; there are: {', '.join(BY_STANDARD)}.")
    entry = BY_STANDARD[name].get(plain(number))
    if entry is None:
        raise OptionError(f"{name} has no clause {number!r}; {_remedy(number, name)}.")
    return entry


def _remedy(number: str, standard: str) -> str:
    others = [name for name, entries in BY_STANDARD.items() if name != standard and plain(number) in entries]
    if others:
        return f"{others[0]} has one: standard.clause({number!r}, standard={others[0]!r})"
    numbers = {key: part.clause for key, part in BY_STANDARD[standard].items()}
    return near(number, numbers, [number for number in numbers.values() if number.isdigit()])
