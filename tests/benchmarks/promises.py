"""How long the long work takes on this machine, in seconds of wall-clock time with as many workers as there are cores.

    make bench, or: python tests/benchmarks/promises.py

The samples are synthetic. The table goes to RESULTS.md; the exit status is 1 where a promise is broken.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from results_page import machine, markdown, write_section
from speed import FORTY, NINETEEN, SIX, Case, sample, syntax

import sexresearch as sx

FOUR, FIFTEEN = (3,) * 4, (5,) * 15
BESIDE = 3.0  # times the fit's time that its tables may take, and times the data that both may hold


@dataclass(frozen=True)
class Promise:
    """What is done, in how many seconds at the most."""

    what: str
    work: Callable[[], object]
    seconds: float


def importing() -> None:
    """A new process that imports the package and ends."""
    subprocess.run([sys.executable, "-c", "import sexresearch"], check=True)


def four_groups() -> pd.DataFrame:
    """Synthetic answers to 20 items in four groups of 300."""
    data = sample(Case("fit", (4,) * 5, 1200, 1))
    return data.assign(group=np.arange(len(data)) % 4)


def tables(text: str, data: pd.DataFrame, **options: object) -> None:
    """A fit with all its tables."""
    results = sx.fit(text, data, **options)
    assert len(results.parameters)
    assert len(results.fit_measures)


def file_to_docx() -> None:
    """The client's report of a file, by the command: 2,432 respondents, 46 items with gaps, three groups."""
    data = Path(sx.__file__).parents[1] / "data" / "synthetic" / "service_excellence_world.csv"
    with TemporaryDirectory() as folder:
        out = ["-o", str(Path(folder) / "client.docx"), "--bootstrap", "1000"]
        asked = [sys.executable, "-m", "sexresearch", "answer", str(data), "-i", str(data.with_suffix(".toml"))]
        subprocess.run([*asked, *out], check=True, capture_output=True)


def promises() -> list[Promise]:
    """What is promised, on data made beforehand."""
    eighteen, nineteen = sample(Case("fit", SIX, 1000, 1)), sample(Case("fit", NINETEEN, 1000, 1))
    forty, groups = sample(Case("fit", FORTY, 1000, 1)), four_groups()
    chain, wide = sx.fit(syntax(NINETEEN), nineteen), sx.fit(syntax(FORTY), forty)
    plain, factors = sx.fit(syntax(SIX), eighteen), syntax((4,) * 5)
    ordered, million = sample(Case("ordinal", FIFTEEN, 1000, 1)), sample(Case("fit", FOUR, 1_000_000, 1))
    gaps = sx.fit(syntax(FOUR), sample(Case("fiml", FOUR, 1500, 1)), missing="fiml")
    many = {"bootstrap": 5000, "seed": 1}
    return [
        Promise("import sexresearch (a process of its own)", importing, 1.0),
        Promise("bootstrap, 5,000 replicates, 18 items", lambda: sx.bootstrap(plain, 5000, seed=1).intervals(), 1.5),
        Promise(
            "effects with 5,000 replicates, 19 items",
            lambda: sx.effects(chain, source="f0", target="f5", **many),
            3.0,
        ),
        Promise("HTMT with 5,000 replicates, 40 items", lambda: sx.htmt(wide, **many), 10.0),
        Promise("invariance, 20 items, 4 groups", lambda: sx.invariance(factors, groups, group="group"), 2.0),
        Promise(
            "power, 1,000 replicates at 4 sample sizes, 18 items",
            lambda: sx.power(syntax(SIX, population=True), n=[100, 200, 400, 800], replicates=1000, seed=1),
            30.0,
        ),
        Promise("bootstrap with FIML, 500 replicates, 12 items", lambda: sx.bootstrap(gaps, 500, seed=1), 10.0),
        Promise(
            "sexresearch answer, file to .docx: n 2,432, 46 items with gaps, 3 groups, 1,000 replicates",
            file_to_docx,
            60.0,
        ),
        Promise("WLSMV and its tables, 75 items", lambda: tables(syntax(FIFTEEN), ordered, ordered=True), 4.7),
        Promise(
            "MLR and its tables, 12 items, n 1,000,000", lambda: tables(syntax(FOUR), million, estimator="MLR"), 2.0
        ),
    ]


def beside_the_fit(sizes: tuple[int, ...], n: int) -> dict[str, object]:
    """CPU seconds of a fit by MLR and of its tables, made in turns, and their ratio; MB of both with the data.

    The first fit is of a frame that nothing is known of; medians are those of all.
    """
    data, text, fits, made = sample(Case("fit", sizes, n, 1)), syntax(sizes), list[float](), list[float]()
    for _ in range(7):
        start = time.process_time()
        results = sx.fit(text, data, estimator="MLR")
        between = time.process_time()
        assert len(results.parameters)
        assert len(results.fit_measures)
        made.append(time.process_time() - between)
        fits.append(between - start)
    tracemalloc.start()
    tables(text, data.copy(), estimator="MLR")
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    of_data = data.memory_usage().sum() / 2**20
    ratios = made[0] / fits[0], statistics.median(made) / statistics.median(fits)
    return {
        "items": sum(sizes),
        "n": f"{n:,}",
        "fit, s": f"{statistics.median(fits):.3f}",
        "tables, s": f"{statistics.median(made):.3f}",
        "ratio, first": f"{ratios[0]:.1f}",
        "ratio": f"{ratios[1]:.1f}",
        "at most": f"{BESIDE:g}",
        "data, MB": f"{of_data:.0f}",
        "at the peak, MB": f"{peak:.0f}",
        "met": "yes" if max(ratios) <= BESIDE and peak <= BESIDE * of_data else "NO",
    }


def row(promise: Promise) -> dict[str, object]:
    """The shortest of three runs, beside what was promised."""
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        promise.work()
        spent.append(time.perf_counter() - start)
    best = min(spent)
    met = "yes" if best <= promise.seconds else "NO"
    return {"what": promise.what, "seconds": f"{best:.2f}", "at most": f"{promise.seconds:g}", "met": met}


def main() -> int:
    """Time every promise and write the table."""
    warnings.simplefilter("ignore", sx.FitWarning)
    beside = [beside_the_fit(FOUR, 1_000_000)]  # before all else, so that the first fit is the first
    table = [row(promise) for promise in promises()]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    about = (
        f"Wall-clock time, shortest of three runs, {os.cpu_count()} cores, synthetic samples. Peak memory of the "
        f"process that did all of it, Python and libraries included: {peak:.0f} MB. {machine()}."
    )
    ratios = (
        "CPU time of the tables of MLR (parameters and fit measures) beside that of the fit, medians of seven in "
        "turns; memory of arrays at the peak of both, a copy of the data included."
    )
    write_section("Long work", "\n\n".join([about, markdown(table), ratios, markdown(beside)]))
    print(markdown(table), markdown(beside), sep="\n\n")
    return 1 if any(line["met"] == "NO" for line in table + beside) else 0


if __name__ == "__main__":
    sys.exit(main())
