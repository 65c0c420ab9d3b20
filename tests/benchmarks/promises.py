"""How long the long work takes on this machine, in seconds of wall-clock time with as many workers as there are cores.

    make bench, or: python tests/benchmarks/promises.py

The samples are synthetic. The table goes to RESULTS.md; the exit status is 1 where a promise is broken.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
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
    table = [row(promise) for promise in promises()]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    about = (
        f"Wall-clock time, shortest of three runs, {os.cpu_count()} cores, synthetic samples. Peak memory of the "
        f"process that did all of it, Python and libraries included: {peak:.0f} MB. {machine()}."
    )
    write_section("Long work", about + "\n\n" + markdown(table))
    print(markdown(table))
    return 1 if any(line["met"] == "NO" for line in table) else 0


if __name__ == "__main__":
    sys.exit(main())
