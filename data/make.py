"""Writes every computed file of this folder anew: the synthetic survey, and the moments of fetched data sets."""

from sexresearch.datasets import load, service_excellence_demo
from sexresearch.datasets.bundled import path
from sexresearch.datasets.moments import moments_table
from sexresearch.datasets.registry import entries

if __name__ == "__main__":
    demo = service_excellence_demo.generate().answers
    demo.to_csv(path("data/synthetic") / "service_excellence_demo.csv", index=False, lineterminator="\n")
    for entry in entries():
        if entry.computed_from:
            table = moments_table(load(entry.computed_from).answers, entry.variables, entry.group)
            table.to_csv(path("data") / entry.file, index=False, lineterminator="\n")
