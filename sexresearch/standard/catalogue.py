"""Frozen lists of entries in the order of their source, each entry found by its identifier or its title."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from sexresearch.errors import OptionError

EntryT = TypeVar("EntryT", covariant=True)
NEAR = 5  # near matches named in an error


@dataclass(frozen=True)
class Clause:
    """A numbered part of a standard: number, heading (shortened), and what it says in our own words.

    >>> Clause("5", "principles", "Seven principles.").title
    'principles'
    """

    clause: str
    title: str
    description: str


class Catalogue(Collection[EntryT], Generic[EntryT]):
    """Entries in the order of their source; iterate over them, or find one by identifier or title.

    `kind` names an entry in error texts, `by` is the attribute that identifies it. Letter case, spaces and a
    closing bracket do not matter in a look-up. Raises OptionError, with near matches, where nothing is found.

    >>> found = Catalogue([Clause("3.5", "customer delight", "")], kind="term", by="clause")
    >>> found["3.5"] is found["Customer Delight"], len(found), "3.6" in found
    (True, 1, False)
    """

    __slots__ = ("_entries", "_names", "by", "kind")

    def __init__(self, entries: Iterable[EntryT], *, kind: str, by: str) -> None:
        self._entries = tuple(entries)
        self.kind = kind
        self.by = by
        titles = {plain(getattr(entry, "title", getattr(entry, by))): entry for entry in self._entries}
        self._names = titles | {plain(getattr(entry, by)): entry for entry in self._entries}

    def __getitem__(self, name: str) -> EntryT:
        entry = self._names.get(plain(name))
        if entry is None:
            printed = {key: getattr(known, self.by) for key, known in self._names.items()}
            raise OptionError(f"There is no {self.kind} {name!r}; {near(name, printed, self.identifiers)}.")
        return entry

    def __iter__(self) -> Iterator[EntryT]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries or (isinstance(name, str) and plain(name) in self._names)

    def __repr__(self) -> str:
        return f"<{len(self)} entries, by {self.by}: {', '.join(self.identifiers)}>"

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The identifiers of all entries, in order."""
        return tuple(getattr(entry, self.by) for entry in self._entries)


def near(name: str, names: Mapping[str, str], otherwise: Iterable[str]) -> str:
    """The end of an error text: the names nearest to one not found, or `otherwise` where none is near.

    `names` maps a name as look-ups compare it to the name to print.

    >>> near("delihgt", {"delight": "delight", "customerdelight": "delight"}, ["delight", "loyalty"])
    'near matches: delight'
    """
    matches = difflib.get_close_matches(plain(name), names, n=NEAR, cutoff=0.6)
    found = dict.fromkeys(names[match] for match in matches)
    return f"near matches: {', '.join(found)}" if found else f"there are: {', '.join(otherwise)}"


def plain(name: str) -> str:
    """A name as look-ups compare it: lower case, without spaces and closing brackets.

    >>> plain("7.3.2 a)"), plain("Customer Delight")
    ('7.3.2a', 'customerdelight')
    """
    if not isinstance(name, str):
        raise OptionError(f"Look entries up by text, such as '7.3.2'; {name!r} is {type(name).__name__}.")
    return "".join(name.casefold().replace(")", "").split())
