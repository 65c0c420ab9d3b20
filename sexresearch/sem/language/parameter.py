"""One row of the parameter table."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sexresearch.sem.language.names import written


@dataclass(frozen=True)
class Parameter:
    """One row: `free` is its place in the parameter vector, or -1 where fixed.

    `value` is the fixed value (NaN where free, or where `exogenous` takes it from the sample); rows with the same
    `free` are one parameter. `derived` rows follow from the others: the residual variance of an ordered variable in the
    delta parameterization, its scale in the theta parameterization. `equal` names another row that this one equals.
    `efa` names the block of exploratory factors of a loading, variance or covariance; `turned` says that it is fixed
    only until the factors are rotated.
    """

    lhs: str
    op: str
    rhs: str
    group: int = 0
    label: str = ""
    free: int = -1
    value: float = math.nan
    start: float = math.nan
    lower: float = -math.inf
    upper: float = math.inf
    exogenous: bool = False
    user: bool = False
    derived: bool = False
    equal: str = ""
    efa: str = ""
    turned: bool = False

    @property
    def name(self) -> str:
        """How messages name it: ``f =~ x1`` or ``y ~1``."""
        return f"{written(self.lhs)} {self.op} {written(self.rhs)}".rstrip()

    @property
    def is_free(self) -> bool:
        """Whether the row is still to be estimated (NaN value, neither taken from the sample nor derived)."""
        return math.isnan(self.value) and not self.exogenous and not self.derived

    @property
    def is_guided(self) -> bool:
        """Whether the text gives a starting value or a bound."""
        return not math.isnan(self.start) or self.lower > -math.inf or self.upper < math.inf
