"""120 small, noisy samples of a 19-item chain of six latents, drawn from seeds: the robustness gate of the optimizer.

`sample(n, number)` gives the data; lavaan's answers are in small_samples.csv (converged, chi-square, df).
Rewrite them: python tests/reference/small_samples.py (needs Rscript with lavaan; default settings throughout).
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 19
SIZES = (50, 100)
SAMPLES = 60  # of each size
ANSWERS = Path(__file__).with_suffix(".csv")
BLOCKS = {"f1": 3, "f2": 4, "f3": 3, "f4": 3, "f5": 3, "f6": 3}
MODEL = "\n".join(
    [f"{name} =~ " + " + ".join(f"{name}x{k + 1}" for k in range(size)) for name, size in BLOCKS.items()]
    + ["f2 ~ f1", "f3 ~ f1 + f2", "f4 ~ f2 + f3", "f5 ~ f3 + f4", "f6 ~ f4 + f5"]
)

R_SCRIPT = """
suppressPackageStartupMessages(library(lavaan))
folder <- commandArgs(TRUE)[1]
model <- paste(readLines(file.path(folder, "model.txt")), collapse = "\\n")
fit_one <- function(file) {
  fit <- tryCatch(suppressWarnings(sem(model, read.csv(file))), error = function(e) NULL)
  converged <- !is.null(fit) && lavInspect(fit, "converged")
  data.frame(sample = sub(".csv", "", basename(file)), converged = converged,
             chisq = if (converged) unname(fitMeasures(fit, "chisq")) else NA,
             df = if (converged) unname(fitMeasures(fit, "df")) else NA)
}
answers <- do.call(rbind, lapply(sort(list.files(folder, "csv$", full.names = TRUE)), fit_one))
answers$chisq <- signif(answers$chisq, 12)
answers$lavaan <- as.character(packageVersion("lavaan"))
write.csv(answers, commandArgs(TRUE)[2], row.names = FALSE, quote = FALSE, na = "")
"""


def sample(n: int, number: int) -> pd.DataFrame:
    """One sample (n, 19): standardized loadings between .4 and .6, paths between .3 and .5.

    >>> sample(50, 0).shape
    (50, 19)
    """
    rng = np.random.Generator(np.random.PCG64([SEED, n, number]))
    e = rng.normal(size=(n, 6))
    f = np.empty((n, 6))
    f[:, 0] = e[:, 0]
    f[:, 1] = 0.5 * f[:, 0] + 0.85 * e[:, 1]
    for k in range(2, 6):
        f[:, k] = 0.3 * f[:, k - 2] + 0.4 * f[:, k - 1] + 0.8 * e[:, k]
    items = {}
    for k, (name, size) in enumerate(BLOCKS.items()):
        for j in range(size):
            loading = rng.uniform(0.4, 0.6)
            items[f"{name}x{j + 1}"] = loading * f[:, k] + np.sqrt(1 - loading**2) * rng.normal(size=n)
    return pd.DataFrame(items)


def names() -> list[tuple[int, int]]:
    """Size and number of every sample."""
    return [(n, number) for n in SIZES for number in range(SAMPLES)]


def main() -> None:
    """Let lavaan fit every sample and keep what it says."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model.txt").write_text(MODEL + "\n", encoding="utf-8")
        for n, number in names():
            sample(n, number).to_csv(Path(folder) / f"{n:03d}_{number:02d}.csv", index=False, float_format="%.17g")
        subprocess.run(["Rscript", "-e", R_SCRIPT, folder, str(ANSWERS)], check=True)


if __name__ == "__main__":
    main()
