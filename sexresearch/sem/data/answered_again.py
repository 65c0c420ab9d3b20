"""Rows that are not held in memory and can be read once more."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TypeAlias

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.sums import Sums

OTHER_ANSWERS = (
    "the table changed between two readings: as many rows take part as at first, with other answers. "
    "Fit a copy that stands still"
)


Ends: TypeAlias = "tuple[tuple[float, ...], tuple[float, ...]]"


class AnsweredAgain(ABC):
    """Rows that are not held in memory and can be read once more, for what sums do not tell.

    ends : lowest and highest answers to the variables of the sample, where these were noticed.
    """

    ends: Ends | None

    @abstractmethod
    def chunks(self) -> Iterator[Answers]:
        """The rows that take part, some at a time."""

    def summed(self, centre: Array) -> Sums | None:
        """Their sums about a centre, where these can be had without the rows; None where not."""
        return None
