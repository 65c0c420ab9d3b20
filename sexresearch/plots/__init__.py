"""Figures, each returned as a matplotlib Figure."""

from sexresearch.plots.standard import effect_chain, model_wheel, pyramid

__all__ = ["effect_chain", "model_wheel", "pyramid"]
