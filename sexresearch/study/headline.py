"""Headline numbers: what a notebook declares as its result, collected into ``reports/results.csv``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real

from sexresearch.arguments import in_words
from sexresearch.errors import StudyError
from sexresearch.extras import extra

HEADLINE_MIME = "application/vnd.sexresearch.headline+json"
DECIMALS = 4  # BLAS noise begins at the 13th decimal; four are stable on every machine


@dataclass(frozen=True)
class Headline:
    """One headline number: its name, its value rounded to four decimals, and a note (unit or condition)."""

    name: str
    value: float | int
    note: str = ""

    @property
    def text(self) -> str:
        """The value as ``results.csv`` holds it: counts as they are, other numbers with four decimals.

        >>> Headline("n", 8239).text, Headline("rmsea", 0.0844).text
        ('8239', '0.0844')
        """
        return str(self.value) if isinstance(self.value, int) else f"{self.value:.{DECIMALS}f}"

    def __repr__(self) -> str:
        return f"{self.name} = {self.text}" + (f"  ({self.note})" if self.note else "")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        payload = {"name": self.name, "value": self.value, "note": self.note}
        return {"text/plain": repr(self), HEADLINE_MIME: payload}


@in_words
def headline(name: str, value: float, note: str = "") -> None:
    """Declare a headline number of the notebook: shown as one line, kept in ``results.csv`` by `reproduce`.

    Parameters
    ----------
    name : str
        Name of the number, unique within the notebook, as in "acsi.rmsea".
    value : float
        One finite number, rounded to four decimals; whole numbers stay whole.
    note : str
        Unit or condition; empty for none.

    Raises
    ------
    StudyError
        `value` is not one finite number.

    Notes
    -----
    Nothing is computed: the number is what you give it.

    Examples
    --------
    >>> headline("acsi.rmsea", 0.084379, "four industries")
    acsi.rmsea = 0.0844  (four industries)
    """
    with extra("lab"):
        from IPython.display import display

    display(Headline(name, _rounded(name, value), note))


def _rounded(name: str, value: object) -> float | int:
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise StudyError(f"The headline number {name!r} must be one finite number, not {value!r}.")
    if isinstance(value, Integral):
        return int(value)
    return round(float(value), DECIMALS) + 0.0  # adding 0.0 turns -0.0 into 0.0
