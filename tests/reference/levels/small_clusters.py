"""240 small, noisy samples of 20 to 40 clusters of 5 to 10 respondents: the robustness gate of models of two levels.

`sample(number)` gives the data; lavaan's answers are in small_clusters.csv (converged, log-likelihood, seconds of CPU).
Go on with them: python tests/reference/levels/small_clusters.py (needs Rscript with lavaan; its default optimizer,
without tests and standard errors). Some samples keep it busy for a minute before it gives up: it is stopped after six
seconds of CPU, and counts as not converged there; most fits take it half a second.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 41
SAMPLES = 240
ANSWERS = Path(__file__).with_suffix(".csv")
MODEL = """level: 1
joy =~ y1 + y2 + y3 + y4
level: 2
joyb =~ y1 + y2 + y3 + y4
"""

R_SCRIPT = """
suppressPackageStartupMessages(library(lavaan))
folder <- commandArgs(TRUE)[1]
limit <- 6  # seconds of CPU for one sample
model <- paste(readLines(file.path(folder, "model.txt")), collapse = "\\n")
fit_one <- function(file) {
  start <- sum(proc.time()[1:2])
  setTimeLimit(cpu = limit, transient = TRUE)
  fit <- tryCatch(suppressWarnings(sem(model, read.csv(file), cluster = "branch", se = "none", test = "none",
                                       h1 = FALSE, baseline = FALSE)), error = function(e) NULL)
  setTimeLimit()
  converged <- !is.null(fit) && lavInspect(fit, "converged")
  data.frame(sample = as.integer(sub(".csv", "", basename(file))), converged = converged,
             logl = if (converged) as.numeric(logLik(fit)) else NA, seconds = sum(proc.time()[1:2]) - start)
}
out <- commandArgs(TRUE)[2]
for (file in sort(list.files(folder, "csv$", full.names = TRUE))) {
  answer <- fit_one(file)
  answer$logl <- signif(answer$logl, 12)
  answer$lavaan <- as.character(packageVersion("lavaan"))
  write.table(answer, out, sep = ",", append = file.exists(out), col.names = !file.exists(out), row.names = FALSE,
              quote = FALSE, na = "")
}
"""


def sample(number: int) -> pd.DataFrame:
    """One sample of four items: standardized loadings between .5 and .8, a quarter of the factor's variance shared.

    >>> sample(0)["branch"].nunique()
    33
    """
    rng = np.random.Generator(np.random.PCG64([SEED, number]))
    clusters = int(rng.integers(20, 41))
    branch = np.repeat(np.arange(clusters), rng.integers(5, 11, clusters))
    n = len(branch)
    shared, own = 0.6 * rng.normal(size=clusters), rng.normal(size=n)
    items = {}
    for k in (1, 2, 3, 4):
        loading = rng.uniform(0.5, 0.8)
        noise = np.sqrt(1 - loading**2) * rng.normal(size=n) + 0.3 * rng.normal(size=clusters)[branch]
        items[f"y{k}"] = loading * (own + shared[branch]) + noise
    return pd.DataFrame(items).assign(branch=branch)


def main() -> None:
    """Let lavaan fit every sample that has no answer yet, and keep what it says."""
    done = set(pd.read_csv(ANSWERS)["sample"]) if ANSWERS.exists() else set()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model.txt").write_text(MODEL, encoding="utf-8")
        for number in sorted(set(range(SAMPLES)) - done):
            sample(number).to_csv(Path(folder) / f"{number:03d}.csv", index=False, float_format="%.17g")
        subprocess.run(["Rscript", "-e", R_SCRIPT, folder, str(ANSWERS)], check=True)


if __name__ == "__main__":
    main()
