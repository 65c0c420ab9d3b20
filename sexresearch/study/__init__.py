"""Reproducible studies: `study.toml` run and compared with print, and notebooks that declare headline numbers."""

from sexresearch.study.headline import Headline, headline
from sexresearch.study.ledger import Ledger, list_cases, run_cases
from sexresearch.study.replication.running import StudyRun
from sexresearch.study.reproduction import Reproduction, reproduce
from sexresearch.study.run_study import run_study
from sexresearch.study.scaffold.new_study import new_study
from sexresearch.study.study_file.study_parts import Study
from sexresearch.study.study_file.study_reading import read_study

__all__ = [
    "Headline",
    "Ledger",
    "Reproduction",
    "Study",
    "StudyRun",
    "headline",
    "list_cases",
    "new_study",
    "read_study",
    "reproduce",
    "run_cases",
    "run_study",
]
