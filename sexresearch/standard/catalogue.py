"""Frozen lists of entries in the order of their source, each entry found by its identifier or its title."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True, repr=False, eq=False)
class Catalogue(Collection[EntryT], Generic[EntryT]):
    """Entries in the order of their source; iterate over them, or find one by identifier or title.

    `kind` names an entry in error texts, `by` is the attribute that identifies it. Letter case, spaces and a
    closing bracket do not matter in a look-up. Raises OptionError, with near matches, where nothing is found.

    >>> found = Catalogue((Clause("3.5", "customer delight", ""),), kind="term", by="clause")
    >>> found["3.5"] is found["Customer Delight"], len(found), "3.6" in found
    (True, 1, False)
    """

    entries: tuple[EntryT, ...]
    kind: str
    by: str

    @cached_property
    def _names(self) -> dict[str, EntryT]:
        titles = {plain(getattr(entry, "title", "")): entry for entry in self.entries}
        return titles | {plain(getattr(entry, self.by)): entry for entry in self.entries}

    def __getitem__(self, name: str) -> EntryT:
        entry = self._names.get(plain(name))
        if entry is None:
            printed = {key: getattr(known, self.by) for key, known in self._names.items()}
            raise OptionError(f"There is no {self.kind} {name!r}; {near(name, printed, self.identifiers)}.")
        return entry

    def __iter__(self) -> Iterator[EntryT]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, name: object) -> bool:
        return name in self.entries or (isinstance(name, str) and plain(name) in self._names)

    def __repr__(self) -> str:
        return f"<{len(self)} entries, by {self.by}: {', '.join(self.identifiers)}>"

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The identifiers of all entries, in order."""
        return tuple(getattr(entry, self.by) for entry in self.entries)


def near(name: str, names: Mapping[str, str], otherwise: Iterable[str]) -> str:
    """The end of an error text: the names nearest to one not found, or `otherwise` where none is near.

    `names` maps a name as look-ups compare it to the name to print.

    >>> near("delihgt", {"delight": "delight", "customerdelight": "delight"}, ["delight", "loyalty"])
    'near matches: delight'
    """
    alike = nearest(name, names)
    return f"near matches: {', '.join(alike)}" if alike else f"there are: {', '.join(otherwise)}"


def nearest(name: str, names: Mapping[str, str]) -> list[str]:
    """The names nearest to one not found, nearest first; none where none is near.

    >>> nearest("delihgt", {"delight": "delight", "loyalty": "loyalty"})
    ['delight']
    """
    matches = difflib.get_close_matches(plain(name), names, n=NEAR, cutoff=0.6)
    return list(dict.fromkeys(names[match] for match in matches))


def plain(name: str) -> str:
    """A name as look-ups compare it: lower case, without spaces and closing brackets.

    >>> plain("7.3.2 a)"), plain("Customer Delight")
    ('7.3.2a', 'customerdelight')
    """
    if not isinstance(name, str):
        raise OptionError(f"Look entries up by text, such as '7.3.2'; {name!r} is {type(name).__name__}.")
    return "".join(name.casefold().replace(")", "").split())
