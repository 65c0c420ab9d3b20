"""240 small, noisy samples of 20 to 40 clusters of 5 to 10 respondents: the robustness gate of models of two levels.

`sample(number)` gives the data; lavaan's answers are in small_clusters.csv (converged, log-likelihood, seconds of CPU).
Rewrite them: python tests/reference/levels/small_clusters.py (needs Rscript with lavaan; default settings throughout).
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
joy =~ y1 + y2 + y3
stay =~ z1 + z2 + z3
stay ~ joy + x
joy ~ x
level: 2
joyb =~ y1 + y2 + y3
stayb =~ z1 + z2 + z3
stayb ~ joyb
joyb ~ w
"""

R_SCRIPT = """
suppressPackageStartupMessages(library(lavaan))
folder <- commandArgs(TRUE)[1]
model <- paste(readLines(file.path(folder, "model.txt")), collapse = "\\n")
fit_one <- function(file) {
  start <- sum(proc.time()[1:2])
  fit <- tryCatch(suppressWarnings(sem(model, read.csv(file), cluster = "branch")), error = function(e) NULL)
  converged <- !is.null(fit) && lavInspect(fit, "converged")
  data.frame(sample = as.integer(sub(".csv", "", basename(file))), converged = converged,
             logl = if (converged) unname(fitMeasures(fit, "logl")) else NA, seconds = sum(proc.time()[1:2]) - start)
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
    """One sample: six items with standardized loadings between .4 and .7 and intraclass correlations about .1.

    >>> sample(0)["branch"].nunique()
    34
    """
    rng = np.random.Generator(np.random.PCG64([SEED, number]))
    clusters = int(rng.integers(20, 41))
    branch = np.repeat(np.arange(clusters), rng.integers(5, 11, clusters))
    n = len(branch)
    w, x = rng.normal(size=clusters), rng.normal(size=n)
    joy_b = 0.12 * w + 0.3 * rng.normal(size=clusters)
    stay_b = 0.5 * joy_b + 0.25 * rng.normal(size=clusters)
    joy_w = 0.3 * x + 0.95 * rng.normal(size=n)
    stay_w = 0.4 * joy_w + 0.1 * x + 0.9 * rng.normal(size=n)
    items = {}
    for name, own, shared in (("y", joy_w, joy_b), ("z", stay_w, stay_b)):
        for k in (1, 2, 3):
            loading = rng.uniform(0.4, 0.7)
            noise = np.sqrt(1 - loading**2) * rng.normal(size=n) + 0.15 * rng.normal(size=clusters)[branch]
            items[f"{name}{k}"] = loading * (own + shared[branch]) + noise
    return pd.DataFrame(items).assign(x=x, w=w[branch], branch=branch)


def main() -> None:
    """Let lavaan fit every sample and keep what it says."""
    ANSWERS.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model.txt").write_text(MODEL, encoding="utf-8")
        for number in range(SAMPLES):
            sample(number).to_csv(Path(folder) / f"{number:03d}.csv", index=False, float_format="%.17g")
        subprocess.run(["Rscript", "-e", R_SCRIPT, folder, str(ANSWERS)], check=True)


if __name__ == "__main__":
    main()
