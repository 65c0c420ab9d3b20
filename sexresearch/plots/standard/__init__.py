"""The three figures of ISO 23592 in our own drawing, each fit for a slide."""

from sexresearch.plots.standard.path import effect_chain
from sexresearch.plots.standard.pyramid import pyramid
from sexresearch.plots.standard.wheel import model_wheel

__all__ = ["effect_chain", "model_wheel", "pyramid"]
