"""The questions asked of a fitted chain, one function and one tidy table each."""

from sexresearch.chain.effects import effects

__all__ = ["effects"]
