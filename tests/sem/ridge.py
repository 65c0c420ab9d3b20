"""A ridge penalty on regression slopes: the smallest whole term (shown in docs/developer/terms.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.terms.kinds import KINDS, Group
from sexresearch.sem.terms.objective import Curve
from sexresearch.sem.terms.term import Term

SIZE = 0.2  # what the penalty weighs, per respondent
likelihood = KINDS["normal"]


@dataclass(frozen=True)
class Ridge(Term):
    """SIZE / 2 times the sum of squares of the parameters `numbers` (Hoerl & Kennard 1970, doi 10.2307/1267351)."""

    numbers: tuple[int, ...]
    n_free: int

    def _slopes(self, theta: Array) -> Array:
        out = np.zeros(self.n_free)
        out[list(self.numbers)] = theta[list(self.numbers)]
        return out

    def value(self, theta: Array) -> float:
        return 0.5 * SIZE * float(np.sum(self._slopes(theta) ** 2))

    def curve(self, theta: Array) -> Curve:
        bend = SIZE * np.diag(np.isin(np.arange(self.n_free), self.numbers).astype(float))
        return Curve(self.value(theta), SIZE * self._slopes(theta), bend, lambda: bend)


def penalised(group: Group) -> list[Term]:
    """The likelihood of a group, and the penalty on its slopes."""
    slopes = tuple(row.free for row in group.rows if row.op == "~" and row.free >= 0)
    return [*likelihood(group), Ridge(slopes, group.n_free)]
