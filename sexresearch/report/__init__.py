"""Documents: fitted results as a report, and numbers in sentences."""

from sexresearch.report.report_files import report
from sexresearch.report.sentences import fit_sentence

__all__ = ["fit_sentence", "report"]
