"""Bootstrap against lavaan's bootstrapLavaan: CPU time per replicate, both on one BLAS thread, in one run.

    OMP_NUM_THREADS=1 python tests/benchmarks/bootstrap_speed.py

Prints one row per model: items, ours (ms), lavaan's (ms), ratio of medians. Without R lavaan's numbers are missing.
The samples are synthetic: a chain of factors with three items each, n = 500.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from sexresearch.sem import bootstrap, fit

ROWS, OURS, THEIRS, REPEATS = 500, 2000, 50, 3
SCRIPT = """
suppressMessages(library(lavaan))
arguments <- commandArgs(trailingOnly = TRUE)
fit <- sem(paste(readLines(arguments[1]), collapse = "\\n"), data = read.csv(arguments[2]))
replicates <- as.integer(arguments[3])
for (i in seq_len(as.integer(arguments[4]))) {
  spent <- system.time(bootstrapLavaan(fit, R = replicates, FUN = "coef"))
  cat(1000 * sum(spent[c("user.self", "sys.self")]) / replicates, "\\n")
}
"""


def chain(factors: int, rows: int = ROWS, seed: int = 11) -> tuple[str, pd.DataFrame]:
    """A chain of factors, each explained by the two before it: model text and synthetic sample."""
    rng = np.random.default_rng(seed)
    scores = [rng.normal(size=rows)]
    for _ in range(1, factors):
        scores.append(0.6 * scores[-1] + 0.8 * rng.normal(size=rows))
    text = [f"f{j} =~ " + " + ".join(f"x{j}_{i}" for i in range(3)) for j in range(factors)]
    text += [f"f{j} ~ b{j}*f{j - 1}" + (f" + f{j - 2}" if j > 1 else "") for j in range(1, factors)]
    text += ["indirect := " + "*".join(f"b{j}" for j in range(1, factors))]
    items = {
        f"x{j}_{i}": (0.7 + 0.1 * i) * score + 0.7 * rng.normal(size=rows)
        for j, score in enumerate(scores)
        for i in range(3)
    }
    return "\n".join(text), pd.DataFrame(items)


def ours(text: str, answers: pd.DataFrame) -> list[float]:
    """CPU milliseconds per replicate, fit excluded, percentile intervals included."""
    results, spent = fit(text, answers), []
    for seed in range(REPEATS + 1):
        start = time.process_time()
        found = bootstrap(results, OURS, seed=seed, workers=1)
        found.intervals()
        spent.append(1000 * (time.process_time() - start) / OURS)
        assert found.failed == 0
    return spent[1:]


def lavaans(text: str, answers: pd.DataFrame) -> list[float]:
    """The same for lavaan; empty where R is absent."""
    if shutil.which("Rscript") is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        script, model, sample = (Path(folder) / name for name in ("run.R", "model.txt", "sample.csv"))
        script.write_text(SCRIPT)
        model.write_text(text + "\n")
        answers.to_csv(sample, index=False)
        command = ["Rscript", str(script), str(model), str(sample), str(THEIRS), str(REPEATS)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(line) for line in told.split()]


def row(factors: int) -> dict[str, object]:
    """One line of the table of benchmarks."""
    text, answers = chain(factors)
    own, theirs = statistics.median(ours(text, answers)), lavaans(text, answers)
    other = statistics.median(theirs) if theirs else float("nan")
    what = f"bootstrap, {3 * factors} items, {factors} latents, ms per replicate"
    return {"what": what, "ours": round(own, 3), "lavaan": round(other, 1), "ratio": round(other / own)}


if __name__ == "__main__":
    print(pd.DataFrame([row(6), row(13)]).to_string(index=False))
