"""Power by simulation: 1,000 replicates at 4 sample sizes of the 18-item chain, beside lavaan doing the same.

    OMP_NUM_THREADS=1 python tests/benchmarks/power_speed.py

Ours is wall-clock time of the whole call on two threads, and CPU time per replicate; lavaan's is CPU time per replicate
(`simulateData`, `sem`, `parameterEstimates`) over a few of them. Without R lavaan's number is missing. Ends with status
1 where the 4,000 replicates took longer than the target.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from results_page import machine, markdown, write_section

import sexresearch as sx

FACTORS, SIZES, REPLICATES, THREADS, TARGET = 6, (200, 300, 400, 500), 1000, 2, 30.0
ROUNDS, THEIRS = 3, 20
SCRIPT = """
suppressMessages(library(lavaan))
arguments <- commandArgs(trailingOnly = TRUE)
population <- paste(readLines(arguments[1]), collapse = "\\n")
model <- paste(readLines(arguments[2]), collapse = "\\n")
replicates <- as.integer(arguments[3])
spent <- system.time(for (i in seq_len(replicates)) {
  drawn <- simulateData(population, sample.nobs = 300, standardized = TRUE, seed = i)
  parameterEstimates(sem(model, drawn))
})
cat(as.character(packageVersion("lavaan")), 1000 * sum(spent[c("user.self", "sys.self")]) / replicates, "\\n")
"""


def chain(values: bool) -> str:
    """A chain of latents with three items, each explained by the two before it; with population values, or free."""

    def times(value: float) -> str:
        return f"{value}*" if values else ""

    lines = [f"f{j} =~ " + " + ".join(f"{times(0.65 + 0.1 * i)}x{j}_{i}" for i in range(3)) for j in range(FACTORS)]
    for j in range(1, FACTORS):
        lines.append(f"f{j} ~ {times(0.4)}f{j - 1}" + (f" + {times(0.15)}f{j - 2}" if j > 1 else ""))
    return "\n".join(lines)


def ours() -> tuple[float, float]:
    """Wall-clock seconds of the call, CPU milliseconds per replicate; medians over the rounds."""
    wall, cpu = [], []
    for seed in range(ROUNDS + 1):  # the first warms up
        start, busy = time.perf_counter(), time.process_time()
        found = sx.power(chain(True), SIZES, replicates=REPLICATES, seed=seed, workers=THREADS, standardized=True)
        wall.append(time.perf_counter() - start)
        cpu.append(1000 * (time.process_time() - busy) / (REPLICATES * len(SIZES)))
        assert found.table["replicates"].min() > 0.99 * REPLICATES
    return statistics.median(wall[1:]), statistics.median(cpu[1:])


def lavaans() -> tuple[str, float]:
    """lavaan's version and CPU milliseconds per replicate; NaN where there is no R with lavaan."""
    if shutil.which("Rscript") is None:
        return "lavaan absent: no R on this machine", float("nan")
    with tempfile.TemporaryDirectory() as folder:
        script, population, model = (Path(folder) / name for name in ("run.R", "population.txt", "model.txt"))
        script.write_text(SCRIPT)
        population.write_text(chain(True) + "\n")
        model.write_text(chain(False) + "\n")
        command = ["Rscript", "--vanilla", str(script), str(population), str(model), str(THEIRS)]
        told = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return (f"lavaan {told[0]}", float(told[1])) if told else ("lavaan absent", float("nan"))


def main() -> int:
    """Measure, write the section, print it."""
    (wall, own), (version, theirs) = ours(), lavaans()
    row = {
        "what": f"power, {3 * FACTORS} items, {FACTORS} latents, {REPLICATES} replicates × {len(SIZES)} sizes",
        "wall, s": f"{wall:.1f}",
        "target, s": f"{TARGET:g}",
        "met": "yes" if wall <= TARGET else "NO",
        "ours, ms per replicate": f"{own:.2f}",
        "lavaan, ms per replicate": f"{theirs:.0f}",
        "ratio": f"{theirs / own:.0f}",
    }
    about = (
        f"Wall-clock time of the whole call on {THREADS} threads, and CPU time (user + system) per replicate of ours "
        f"and of lavaan's simulateData, sem and parameterEstimates in one run; medians of {ROUNDS}. "
        f"{machine()}; {version}."
    )
    write_section("Power", about + "\n\n" + markdown([row]))
    print(markdown([row]))
    return 0 if wall <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
