"""Data sets: synthetic ones and summary statistics that come with the package, and public surveys fetched on demand."""

from sexresearch.datasets import service_excellence_demo, service_excellence_world
from sexresearch.datasets.loading import codebook, load
from sexresearch.datasets.loading import list_datasets as list

__all__ = ["codebook", "list", "load", "service_excellence_demo", "service_excellence_world"]
