"""One call answers: the four questions about a survey as a value, and the document made of it."""

from sexresearch.answering.answer import Answer, answer
from sexresearch.answering.facts import Fact, Part, Sentence

__all__ = ["Answer", "Fact", "Part", "Sentence", "answer"]
