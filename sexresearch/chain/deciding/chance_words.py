"""How a p value is said."""

from __future__ import annotations

LEAST = 0.001


def chance_of(p: float) -> str:
    """A p value in words; one that would round to 0 as less than the least that is told apart.

    >>> chance_of(0.0321), chance_of(0.0)
    ('p 0.032', 'p < .001')
    """
    return f"p {p:.3f}" if not p < LEAST else "p < .001"
