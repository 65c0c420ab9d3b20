"""Data sets: synthetic ones and summary statistics that come with the package, and public surveys fetched on demand."""

from sexresearch.datasets import service_excellence_demo, service_excellence_world
from sexresearch.datasets.loading import codebook, load
from sexresearch.datasets.loading import list_datasets as list
from sexresearch.datasets.many_customers import many_customers

__all__ = ["codebook", "list", "load", "many_customers", "service_excellence_demo", "service_excellence_world"]
