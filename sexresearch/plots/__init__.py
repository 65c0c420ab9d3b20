"""Figures, each returned as a matplotlib Figure."""

from sexresearch.plots.forest import forest
from sexresearch.plots.importance_map import importance_map
from sexresearch.plots.path_diagram import path_diagram
from sexresearch.plots.radar import radar
from sexresearch.plots.standard import effect_chain, model_wheel, pyramid

__all__ = ["effect_chain", "forest", "importance_map", "model_wheel", "path_diagram", "pyramid", "radar"]
