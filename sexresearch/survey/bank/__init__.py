"""The item bank: questions for every part of the model, in several languages, and the questionnaires made of them."""

from sexresearch.survey.bank.questionnaires import instrument

__all__ = ["instrument"]
