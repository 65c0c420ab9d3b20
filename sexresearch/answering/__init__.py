"""One call answers: the four questions about a survey as a value, and the document made of it."""

from sexresearch.answering.answer import Answer, answer
from sexresearch.answering.facts import AnswerPart, Fact, Sentence

__all__ = ["Answer", "AnswerPart", "Fact", "Sentence", "answer"]
