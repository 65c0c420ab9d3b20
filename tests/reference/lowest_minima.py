"""Samples whose lowest minimum is hard to reach, drawn from seeds, and lavaan's chi-square when it starts there.

`sample(name)` gives the data and `MODELS[name]` the model. lavaan's answers, from its own start and from our estimates,
are in lowest_minima.csv (missing where it did not converge).
Rewrite them: python tests/reference/lowest_minima.py (needs Rscript with lavaan).
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from sexresearch import sem

SEED = 101
ANSWERS = Path(__file__).with_suffix(".csv")
MODELS = {
    "lower": """
        visual =~ x1 + x2 + x3 + x9
        textual =~ x4 + x5 + x6 + x3
        speed =~ x7 + x8 + x9 + x1
        x7 ~~ x8
        x4 ~~ x5
        x2 ~~ x7
        x3 ~~ x6
        x1 ~~ x5
        x2 ~~ x8
    """,
    "late": """
        g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9
        visual =~ x1 + x2 + x3
        textual =~ x4 + x5 + x6
        speed =~ x7 + x8 + x9
        g ~~ 0*visual + 0*textual + 0*speed
        visual ~~ 0*textual + 0*speed
        textual ~~ 0*speed
    """,
}
DRAWN = {"lower": (80, 1), "late": (150, 54)}  # size and number of the sample
ACROSS = {"lower": {(2, 1): 0.2, (0, 2): 0.2}, "late": {}}  # loadings on a second factor
FACTORS = np.array([[1.0, 0.46, 0.47], [0.46, 1.0, 0.28], [0.47, 0.28, 1.0]])

R_SCRIPT = """
suppressPackageStartupMessages(library(lavaan))
folder <- commandArgs(TRUE)[1]
chisq <- function(model, data, ...) {
  fit <- tryCatch(suppressWarnings(cfa(model, data, ...)), error = function(e) NULL)
  if (!is.null(fit) && lavInspect(fit, "converged")) signif(unname(fitMeasures(fit, "chisq")), 12) else NA
}
answer <- function(name) {
  data <- read.csv(file.path(folder, paste0(name, ".csv")))
  model <- paste(readLines(file.path(folder, paste0(name, ".txt"))), collapse = "\\n")
  start <- read.csv(file.path(folder, paste0(name, "_start.csv")))
  data.frame(sample = name, own_start = chisq(model, data), our_start = chisq(model, data, start = start),
             lavaan = as.character(packageVersion("lavaan")))
}
answers <- do.call(rbind, lapply(commandArgs(TRUE)[-(1:2)], answer))
write.csv(answers, commandArgs(TRUE)[2], row.names = FALSE, quote = FALSE, na = "")
"""


def sample(name: str) -> pd.DataFrame:
    """One sample (n, 9) of three correlated factors.

    >>> sample("late").shape
    (150, 9)
    """
    n, number = DRAWN[name]
    rng = np.random.Generator(np.random.PCG64([SEED, n, number]))
    factors = rng.normal(size=(n, 3)) @ np.linalg.cholesky(FACTORS).T
    loadings = np.zeros((9, 3))
    loadings[:3, 0], loadings[3:6, 1], loadings[6:, 2] = (0.77, 0.42, 0.58), (0.85, 0.85, 0.84), (0.57, 0.72, 0.66)
    loadings[8, 0] = 0.25
    for place, loading in ACROSS[name].items():
        loadings[place] = loading
    unique = np.maximum(1.0 - (loadings @ FACTORS * loadings).sum(axis=1), 0.1)
    items = factors @ loadings.T + rng.normal(size=(n, 9)) * np.sqrt(unique)
    return pd.DataFrame(items, columns=[f"x{number + 1}" for number in range(9)])


def main() -> None:
    """Let lavaan fit every sample from its own start and from our estimates, and keep what it says."""
    with tempfile.TemporaryDirectory() as folder:
        for name, model in MODELS.items():
            (Path(folder) / f"{name}.txt").write_text(model + "\n", encoding="utf-8")
            sample(name).to_csv(Path(folder) / f"{name}.csv", index=False, float_format="%.17g")
            found = sem.fit(model, sample(name)).parameters[["lhs", "op", "rhs", "est"]]
            found.to_csv(Path(folder) / f"{name}_start.csv", index=False, float_format="%.17g")
        subprocess.run(["Rscript", "-e", R_SCRIPT, folder, str(ANSWERS), *MODELS], check=True)


if __name__ == "__main__":
    main()
