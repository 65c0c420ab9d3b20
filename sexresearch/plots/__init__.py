"""Figures, each returned as a matplotlib Figure."""

from sexresearch.plots.alt_text import alt_text
from sexresearch.plots.caterpillar import caterpillar
from sexresearch.plots.deciding import direction, kano, method_bias, necessity, penalty_reward, priorities, shape
from sexresearch.plots.forest import forest
from sexresearch.plots.htmt_map import htmt_map
from sexresearch.plots.importance_map import importance_map
from sexresearch.plots.interval_dots import interval_dots
from sexresearch.plots.invariance_ladder import invariance_ladder
from sexresearch.plots.path_diagram import diagram_pages, path_diagram
from sexresearch.plots.power_curve import power_curve
from sexresearch.plots.radar import radar
from sexresearch.plots.robustness import concordance, specification_curve
from sexresearch.plots.screening import screening
from sexresearch.plots.standard import effect_chain, model_wheel, pyramid

__all__ = [
    "alt_text",
    "caterpillar",
    "concordance",
    "diagram_pages",
    "direction",
    "effect_chain",
    "forest",
    "htmt_map",
    "importance_map",
    "interval_dots",
    "invariance_ladder",
    "kano",
    "method_bias",
    "model_wheel",
    "necessity",
    "path_diagram",
    "penalty_reward",
    "power_curve",
    "priorities",
    "pyramid",
    "radar",
    "screening",
    "shape",
    "specification_curve",
]
