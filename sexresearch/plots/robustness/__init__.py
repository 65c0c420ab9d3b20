"""Figures of how sure an answer is: specification curves, and several approaches side by side."""

from sexresearch.plots.robustness.concordance import concordance
from sexresearch.plots.robustness.specification_curve import specification_curve

__all__ = ["concordance", "specification_curve"]
