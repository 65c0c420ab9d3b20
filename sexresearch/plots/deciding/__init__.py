"""Figures of what to do next: priorities, penalties and rewards, necessary conditions, causes, shapes, bias."""

from sexresearch.plots.deciding.direction import direction
from sexresearch.plots.deciding.kano import kano
from sexresearch.plots.deciding.method_bias import method_bias
from sexresearch.plots.deciding.necessity import necessity
from sexresearch.plots.deciding.penalty_reward import penalty_reward
from sexresearch.plots.deciding.priorities import priorities
from sexresearch.plots.deciding.shape import shape

__all__ = ["direction", "kano", "method_bias", "necessity", "penalty_reward", "priorities", "shape"]
