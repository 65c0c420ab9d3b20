"""CPU time at two levels: 18 items beside lavaan, and what 25 times the customers of every branch cost.

    python tests/benchmarks/level_speed.py [rounds]

All on one BLAS thread and in turns, so that ratios of medians hold on a busy machine too. Beside lavaan: full output on
both sides (`sx.fit`, `.parameters`, `.fit_measures`; `sem`, `parameterEstimates(standardized = TRUE)`, `fitMeasures`).
The table goes to RESULTS.md (printed only where `rounds` are given); the exit status is 1 where a target is missed.
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from lavaan_side import Lavaan
from results_page import machine, markdown, write_section

import sexresearch as sx

SEED, ITEMS, ROUNDS = 14, 18, 9
FASTER, DEARER = 20.0, 3.0  # times lavaan's CPU time at least; times that of the smaller sample at most
SAME = 1e-2  # of chi-square: where both stop
CELLS = {"small": (100, 20), "few": (2000, 20), "many": (2000, 500)}  # clusters, and rows of each


def model_text() -> str:
    """Three factors in a chain at each level, of six items each."""
    lines = []
    for level, end in ((1, "w"), (2, "b")):
        lines.append(f"level: {level}")
        for factor in range(3):
            items = " + ".join(f"x{k}" for k in range(factor * 6, factor * 6 + 6))
            lines.append(f"f{factor}{end} =~ {items}")
        lines += [f"f1{end} ~ f0{end}", f"f2{end} ~ f1{end}"]
    return "\n".join(lines) + "\n"


def sample(clusters: int, each: int) -> pd.DataFrame:
    """Synthetic answers of `each` customers of every branch; a sixth of the variance is between branches."""
    rng = np.random.Generator(np.random.PCG64([SEED, clusters, each]))
    branch, of = np.repeat(np.arange(clusters), each), np.arange(ITEMS) // 6
    within, between = rng.normal(size=(len(branch), 3)), 0.5 * rng.normal(size=(clusters, 3))
    for factors in (within, between):
        for k in (1, 2):
            factors[:, k] += 0.5 * factors[:, k - 1]
    shared = 0.7 * between[:, of] + 0.25 * rng.normal(size=(clusters, ITEMS))
    values = 0.7 * within[:, of] + 0.7 * rng.normal(size=(len(branch), ITEMS)) + shared[branch]
    return pd.DataFrame(values, columns=[f"x{k}" for k in range(ITEMS)]).assign(branch=branch)


def spent(model: sx.Model, data: pd.DataFrame, full: bool) -> tuple[float, float]:
    """CPU seconds of a fit, or of all its output, and chi-square (NaN where it is not asked for)."""
    gc.collect()
    start = time.process_time()
    results = sx.fit(model, data, cluster="branch")
    assert results.converged
    chisq = float(results.fit_measures["chisq"]) if full and len(results.parameters) else np.nan
    return time.process_time() - start, chisq


def measure(rounds: int, lavaan: Lavaan) -> dict[str, float]:
    """Median CPU seconds of every competitor and cell."""
    model, data = sx.Model(model_text()), {name: sample(*cell) for name, cell in CELLS.items()}
    lavaan.keep("levels", model_text(), data["small"])
    times: dict[str, list[float]] = {"ours": [], "lavaan": [], "few": [], "many": []}
    for turn in range(rounds + 1):  # the first warms up and is not counted
        now = {name: spent(model, data[name], False)[0] for name in ("few", "many")}
        now["ours"], mine = spent(model, data["small"], True)
        if lavaan.process is not None:
            now["lavaan"], theirs = lavaan.run("levels", "levels", 1)
            assert abs(mine - theirs) < SAME, (mine, theirs)
        for name, seconds in now.items() if turn else ():
            times[name].append(seconds)
    return {name: statistics.median(seconds) if seconds else np.nan for name, seconds in times.items()}


def main(rounds: str = "") -> int:
    """Time all in turns, and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        lavaan = Lavaan(Path(folder))
        took = measure(int(rounds or ROUNDS), lavaan)
        lavaan.close()
    faster, dearer = took["lavaan"] / took["ours"], took["many"] / took["few"]
    first, second = "18 items, 100 clusters of 20: lavaan over ours", "18 items, 2,000 x 500 over 2,000 x 20"
    parts = (
        (first, "lavaan", "ours", faster, FASTER, faster >= FASTER),
        (second, "many", "few", dearer, DEARER, dearer <= DEARER),
    )
    table = [
        {"what": what, "ms": f"{1e3 * took[a]:.0f}", "over, ms": f"{1e3 * took[b]:.0f}", "ratio": f"{ratio:.1f}",
         "target": f"{'at least' if target == FASTER else 'at most'} {target:g}", "met": "yes" if met else "NO"}
        for what, a, b, ratio, target, met in parts
    ]  # fmt: skip
    about = f"Medians of CPU time, in turns. {machine()}; {lavaan.version}. Seed {SEED}, synthetic samples."
    if not rounds:
        write_section("Speed at two levels", about + "\n\n" + markdown(table))
    print(markdown(table))
    return int(any(row["met"] == "NO" for row in table))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
