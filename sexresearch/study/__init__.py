"""Reproducible studies: notebooks that declare headline numbers, and the run that checks them all."""

from sexresearch.study.headline import Headline, headline
from sexresearch.study.reproduction import Reproduction, reproduce

__all__ = ["Headline", "Reproduction", "headline", "reproduce"]
