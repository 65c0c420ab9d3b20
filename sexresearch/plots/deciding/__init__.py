"""Figures of what to do next: priorities, penalties and rewards, necessary conditions."""

from sexresearch.plots.deciding.necessity import necessity
from sexresearch.plots.deciding.penalty_reward import penalty_reward
from sexresearch.plots.deciding.priorities import priorities

__all__ = ["necessity", "penalty_reward", "priorities"]
