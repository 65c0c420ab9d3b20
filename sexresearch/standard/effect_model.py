"""The model of ISO 23592 (dimensions, elements, sub-elements) and the practices ISO/TR 7179 adds to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sexresearch.standard.catalogue import Catalogue, Clause
from sexresearch.standard.model_rows import DIMENSIONS, ELEMENTS, LOWER_BOUNDS, PROVISIONAL, SUB_ELEMENTS
from sexresearch.standard.practice_rows import PRACTICES

Status = Literal["published", "provisional"]


@dataclass(frozen=True)
class Dimension(Clause):
    """One of the four dimensions of service excellence.

    Examples
    --------
    >>> [element.clause for element in dimensions["7.1"].elements]
    ['7.1.1', '7.1.2']
    """

    @property
    def elements(self) -> tuple[Element, ...]:
        """The elements of this dimension."""
        return tuple(element for element in elements if element.dimension == self)


@dataclass(frozen=True)
class Element(Clause):
    """One of the nine elements; `status` is provisional where the standard's own text was not read.

    Examples
    --------
    >>> elements["7.3.2"].dimension.title, len(elements["7.3.2"].sub_elements)
    ('creating outstanding customer experiences', 4)
    """

    status: Status = "published"

    @property
    def dimension(self) -> Dimension:
        """The dimension this element belongs to."""
        return dimensions[self.clause[:3]]

    @property
    def sub_elements(self) -> tuple[SubElement, ...]:
        """The sub-elements of this element; none where it is provisional."""
        return tuple(part for part in sub_elements if part.element == self)

    @property
    def practices(self) -> tuple[Practice, ...]:
        """The clauses of ISO/TR 7179 on this element."""
        return tuple(practice for practice in practices if practice.element == self)


@dataclass(frozen=True)
class SubElement(Clause):
    """A lettered part of an element, with how many practices and 'should' points the standard lists for it.

    A count is None where the source gives none; `at_least` marks a number of practices that is a lower bound.

    >>> part = sub_elements["7.1.2 b"]
    >>> part.practice_count, part.should_count, part.element.title
    (7, 6, 'leadership and management requirements')
    """

    practice_count: int | None
    should_count: int | None
    at_least: bool = False

    @property
    def element(self) -> Element:
        """The element this sub-element belongs to."""
        return elements[self.clause[:5]]


@dataclass(frozen=True)
class Practice(Clause):
    """A clause of ISO/TR 7179 that shows how organizations put one element into practice.

    >>> practices["8.3.3"].element.title
    'monitoring service excellence activities and results'
    """

    @property
    def element(self) -> Element:
        """The element of ISO 23592 it illustrates: groups 5.2 to 8.3 run parallel to 7.1.1 to 7.4.2."""
        chapter, group, _ = self.clause.split(".")
        return elements[f"7.{int(chapter) - 4}.{int(group) - 1}"]


dimensions = Catalogue(tuple(Dimension(*row) for row in DIMENSIONS), kind="dimension", by="clause")

elements = Catalogue(
    tuple(Element(*row, status="provisional" if row[0] in PROVISIONAL else "published") for row in ELEMENTS),
    kind="element",
    by="clause",
)

sub_elements = Catalogue(
    tuple(
        SubElement(clause, title, description, practice_count, should_count, clause in LOWER_BOUNDS)
        for clause, title, practice_count, should_count, description in SUB_ELEMENTS
    ),
    kind="sub-element",
    by="clause",
)

practices = Catalogue(tuple(Practice(*row) for row in PRACTICES), kind="practice clause", by="clause")
