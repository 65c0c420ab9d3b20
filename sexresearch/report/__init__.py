"""Documents: fitted results as a report, and numbers in sentences."""

from sexresearch.report.sentences import fit_sentence
from sexresearch.report.writing import report

__all__ = ["fit_sentence", "report"]
