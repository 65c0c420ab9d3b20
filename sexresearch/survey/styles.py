"""Response styles: how a respondent uses the scale, whatever is asked.

Baumgartner & Steenkamp (2001), doi:10.1509/jmkr.38.2.143.18840.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sexresearch.survey.careless import Floats, row_means


@dataclass(frozen=True)
class Styles:
    """Share of each respondent's answers that agree, that disagree, at either end, and in the middle; each (n,)."""

    agreeing: Floats
    disagreeing: Floats
    extreme: Floats
    middle: Floats


def response_styles(answers: Floats, lowest: Floats, highest: Floats) -> Styles:
    """The styles of answers (n, p) as given, on scales from lowest (p,) to highest (p,).

    >>> found = response_styles(np.array([[7.0, 4.0, 1.0, np.nan]]), np.full(4, 1.0), np.full(4, 7.0))
    >>> found.agreeing.round(2).tolist(), found.extreme.round(2).tolist()
    ([0.33], [0.67])
    """
    middle = (lowest + highest) / 2

    def share(marked: npt.NDArray[np.bool_]) -> Floats:
        return row_means(np.where(np.isnan(answers), np.nan, marked))

    ends = (answers == lowest) | (answers == highest)
    return Styles(share(answers > middle), share(answers < middle), share(ends), share(answers == middle))


def net_agreement(answers: Floats, lowest: Floats, highest: Floats, sides: list[tuple[list[int], list[int]]]) -> Floats:
    """How far each respondent (n,) agrees with a statement and its opposite alike, in parts of half a scale.

    `sides` holds, per construct, the items worded for it and those worded against it. 0 is balance; 1 is full
    agreement with both; NaN where a respondent answered no construct on both sides.

    >>> net_agreement(np.array([[7.0, 7.0], [7.0, 1.0]]), np.ones(2), np.full(2, 7.0), [([0], [1])]).tolist()
    [1.0, 0.0]
    """
    scaled = (answers - (lowest + highest) / 2) / ((highest - lowest) / 2)
    means = [(row_means(scaled[:, one]) + row_means(scaled[:, other])) / 2 for one, other in sides]
    return row_means(np.column_stack(means)) if means else np.full(len(answers), np.nan)
