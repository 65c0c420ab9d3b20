"""Figures, each returned as a matplotlib Figure."""

from sexresearch.plots.path_diagram import path_diagram
from sexresearch.plots.standard import effect_chain, model_wheel, pyramid

__all__ = ["effect_chain", "model_wheel", "path_diagram", "pyramid"]
