"""What goes into documents: fitted results as a report, tables for papers, numbers in sentences."""

from sexresearch.report.apa import apa_table
from sexresearch.report.model_table import model_table
from sexresearch.report.paper_tables import PaperTable
from sexresearch.report.report_files import report
from sexresearch.report.sentences import fit_sentence
from sexresearch.report.write_up import WriteUp, write_up

__all__ = ["PaperTable", "WriteUp", "apa_table", "fit_sentence", "model_table", "report", "write_up"]
