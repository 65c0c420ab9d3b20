"""Where the samples of a bootstrap come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol, Self

from sexresearch.sem.arrays import Array
from sexresearch.sem.data.weighted_moments import WeighedGroup
from sexresearch.sem.estimation.fitted import Fitted


class SampleSource(Protocol):
    """Samples by their numbers, one after the other or many together."""

    at_once: ClassVar[int]  # replicates in a chunk where each is fitted by itself

    def together(self, numbers: Sequence[int]) -> SampleSource:
        """The same source with these replicates at hand, where they are cheaper together."""

    def refitted(self, fitted: Fitted, number: int) -> Fitted:
        """The model fitted to one replicate by the careful minimiser; ModelError or DataError where that fails."""

    def moments(self, numbers: Sequence[int], orders: Sequence[Array], has_means: bool) -> list[WeighedGroup]:
        """Per group: moment matrices (replicates, P, P) of the variables in `orders`, respondents (replicates,)."""


class OneByOne:
    """Replicates that are no cheaper together."""

    at_once: ClassVar[int] = 4

    def together(self, numbers: Sequence[int]) -> Self:
        """The same source."""
        return self
