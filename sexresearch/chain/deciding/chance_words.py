"""How a p value is said."""

from __future__ import annotations

from sexresearch.verdict import short

LEAST = 0.001


def chance_of(p: float) -> str:
    """A p value in words; one that would round to 0 as less than the least that is told apart.

    >>> chance_of(0.0321), chance_of(0.0)
    ('p = .032', 'p < .001')
    """
    return f"p = {short(p, 3)}" if not p < LEAST else "p < .001"
