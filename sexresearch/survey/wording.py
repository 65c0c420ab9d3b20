"""How findings are put into words: short lists, and several problems in one text."""

from __future__ import annotations

from collections.abc import Iterable

SHOWN = 5


def together(subject: str, problems: Iterable[str]) -> str:
    """Several problems as one error text: the subject, then one line per problem.

    >>> print(together("clients.csv cannot be used as it is", ["no rows"]))
    clients.csv cannot be used as it is:
    - no rows
    """
    return "\n".join([f"{subject}:", *(f"- {problem}" for problem in problems)])


def listed(values: Iterable[object]) -> str:
    """The first few values and how many more there are.

    >>> listed([2, 5, 9]), listed(range(1, 60))
    ('2, 5, 9', '1, 2, 3, 4, 5 and 54 more')
    """
    texts = [str(value) for value in values]
    first = ", ".join(texts[:SHOWN])
    return first if len(texts) <= SHOWN else f"{first} and {len(texts) - SHOWN} more"


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it is not one.

    >>> counted(1, "row"), counted(3, "row")
    ('1 row', '3 rows')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
