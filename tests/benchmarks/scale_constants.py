"""What each part of a fit to a large table costs: the constants of docs/scale.md, and what they come to at 10⁹ rows.

python scale_constants.py [--rounds ROUNDS] [--store]

Processor seconds, medians of rounds in turn, of a million rows of 40 seven-point items in 2,000 branches (scale.py
writes them), and of what happens once whatever the rows; `--store` writes RESULTS.md.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
from results_page import machine, markdown, write_section
from scale import ALL, MODEL, decoded, grown_once, write

import sexresearch as sx
from sexresearch.sem.data.observed import Columns
from sexresearch.sem.data.pieces import Reader
from sexresearch.sem.data.sources import ArrowSource
from sexresearch.sem.data.streamed import streamed
from sexresearch.sem.data.streamed_categories import streamed_categories

ROWS = 10**6
FEW = 50_000  # rows whose products of four are measured, and beside whose reading what follows it can be told
REPLICATES = 1000
SOME = 96  # replicates of ordered items: each is fitted by itself, and takes as long as any other
PATTERNS = (10, 1000)
BRANCHES = 1000


def spent(work: Callable[[], object]) -> float:
    """Processor seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def reader(folder: Path, cluster: str | None = "branch") -> Reader:
    """The items of all files."""
    return Reader(ArrowSource(ds.dataset(folder), "the files"), Columns(tuple(ALL), cluster=cluster))


def tables(folder: Path, estimator: str) -> None:
    """Errors and test."""
    results = sx.fit(MODEL, folder, estimator=estimator)
    assert len(results.parameters)
    assert len(results.fit_measures)


def once(folder: Path, few: Path) -> dict[str, float]:
    """Seconds of each part, measured one time."""
    made = {"decoding": spent(lambda: decoded("pyarrow", folder))}
    made["arrays"] = spent(lambda: [len(piece.answers) for piece in reader(folder).pieces()])
    made["products"] = spent(lambda: streamed(reader(folder), gaps=False))
    made["pairs"] = spent(lambda: streamed_categories(reader(folder), True, [], "DWLS", False))
    made["chain"] = spent(lambda: sx.fit(MODEL, few, cluster="branch").vcov)
    made["chain"] -= spent(lambda: streamed(reader(few), gaps=False))
    fitted = sx.fit(MODEL, folder, cluster="branch")
    made["bootstrap"] = spent(lambda: sx.bootstrap(fitted, replicates=REPLICATES))
    made["ordered chain"] = spent(lambda: sx.fit(MODEL, few, cluster="branch", ordered=True).vcov)
    made["ordered chain"] -= spent(lambda: streamed_categories(reader(few), True, [], "DWLS", False))
    ordered = sx.fit(MODEL, folder, cluster="branch", ordered=True)
    made["ordered bootstrap"] = spent(lambda: sx.bootstrap(ordered, replicates=SOME)) * REPLICATES / SOME
    made["scores"] = spent(lambda: tables(folder, "MLR")) - spent(lambda: tables(folder, "ML"))
    made["fourth-order"] = spent(lambda: tables(few, "MLM")) - spent(lambda: tables(few, "ML"))
    low, high = (grown_once("patterns of gaps", count) for count in PATTERNS)
    made["pattern"] = (high - low) / (PATTERNS[1] - PATTERNS[0])
    made["branch"] = grown_once("branches", BRANCHES) / BRANCHES
    return made


def terms(s: dict[str, float]) -> list[dict[str, object]]:
    """A row of the table for each term: what it grows with, its constant, and 10⁹ rows of it."""
    million = {
        "decoding (pyarrow)": s["decoding"],
        "arrays and branches beside decoding": s["arrays"] - s["decoding"],
        "products of items by branch": s["products"] - s["arrays"],
        "pairs of categories by branch": s["pairs"] - s["arrays"],
        "products of scores, three readings (MLR without clusters)": s["scores"],
        "products of four items (MLM)": s["fourth-order"] * ROWS / FEW,
    }
    single = {
        "cluster-robust chain from its sums": (s["chain"], "fit"),
        "cluster-robust WLSMV chain from its tables": (s["ordered chain"], "fit"),
        "1,000 bootstraps of 2,000 branches": (s["bootstrap"], "1,000 replicates"),
        "the same of a WLSMV chain": (s["ordered bootstrap"], "1,000 replicates"),
        "a pattern of gaps, 20 items, whole search": (s["pattern"], "pattern"),
        "a branch of 50 rows and 9 items in fit_many": (s["branch"], "branch"),
    }
    rows: list[dict[str, object]] = [
        {"term": name, "for each": "million rows", "processor s": f"{x:.2g}", "10⁹ rows, hours": f"{x / 3.6:.2g}"}
        for name, x in million.items()
    ]
    return rows + [
        {"term": name, "for each": what, "processor s": f"{x:.2g}", "10⁹ rows, hours": "the same"}
        for name, (x, what) in single.items()
    ]


def main() -> None:
    """Measure, and print the table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--store", action="store_true")
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as place:
        folder, few = Path(place) / "all", Path(place) / "few"
        for where, rows in ((folder, ROWS), (few, FEW)):
            where.mkdir()
            write(where, rows)
        once(few, few)  # what is imported and remembered at first
        rounds = [once(folder, few) for _ in range(given.rounds)]
    table = terms({name: float(np.median([own[name] for own in rounds])) for name in rounds[0]})
    print(markdown(table))
    if given.store:
        about = (
            f"40 seven-point items, 2,000 branches, where nothing else is said; medians of {given.rounds} rounds, one "
            f"BLAS thread. {machine()}."
        )
        write_section("Constants of large tables", about + "\n\n" + markdown(table))


if __name__ == "__main__":
    main()
