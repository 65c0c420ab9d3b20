"""Codes such as 99 among the answers that may stand for no answer, though nothing declares them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from sexresearch.survey.noanswer import MISSING_CODES

RATING = 11  # a rating item has at most so many answers, 0 to 10
FAR = 2.0  # a code beyond the other answers by this factor does not continue a count or an amount
LOWEST_ANSWER = -2  # rating items around 0 begin here


def strange_codes(answers: pd.DataFrame) -> Iterator[tuple[str, float, pd.Series]]:
    """Numeric columns with a code that is usual for no answer and lies apart from their other values.

    A code lies apart from a rating item (whole answers from 0 to 10 at most) if it does not continue them; from any
    other column if it is there several times, and negative among positive numbers or twice as large as all others.

    >>> [(name, code) for name, code, rows in strange_codes(pd.DataFrame({"x": [1, 5, 4, 99], "y": [1, 2, 3, 4]}))]
    [('x', 99.0)]
    """
    for name in answers.columns[answers.isin(list(MISSING_CODES)).any().to_numpy(dtype=bool)]:
        values = answers[name]
        strange = sorted(MISSING_CODES.intersection(values.dropna().unique()))
        rest = values[values.notna() & ~values.isin(strange)]
        if not strange or rest.empty:
            continue
        low, high = float(rest.min()), float(rest.max())
        rating = high < RATING and low >= 0 and bool((rest == rest.round()).all()) and low < high
        for code in strange:
            rows = values == code
            if _rating_apart(code, low, high) if rating else _amount_apart(code, low, high, int(rows.sum())):
                yield str(name), float(code), rows


def _rating_apart(code: float, low: float, high: float) -> bool:
    """Not 9 beside an 8, which it continues, and not -1 or -2 beside 0, as scales from -2 to 2 have them."""
    if code < 0:
        return code < LOWEST_ANSWER or low > 0
    return code > RATING or high < code - 1


def _amount_apart(code: float, low: float, high: float, times: int) -> bool:
    return times > 1 and (code > FAR * high if code > 0 else low >= 0 and code < LOWEST_ANSWER)
