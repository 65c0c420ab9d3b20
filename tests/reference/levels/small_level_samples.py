"""240 small, noisy samples at two levels, drawn from seeds: the robustness gate of the search.

Two models (one factor of four items at each level; a path between two factors of three items at each level), 20, 30 or
40 clusters of 5 to 10 rows, 40 samples of each: `sample(kind, clusters, number)` gives the data. lavaan's answers to
them are in small_level_samples.csv (converged, log-likelihood, degrees of freedom). Ask for those that are not there:
python tests/reference/levels/small_level_samples.py (needs Rscript with lavaan; default settings but for the number of
iterations: 500, several times what searches that converge need, as those that do not take 10,000 by default; of a model
of two factors some 10 seconds each). An answer is written as soon as it is there, and none is asked for again.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 14
CLUSTERS = (20, 30, 40)
SAMPLES = 40  # of each model and number of clusters
ANSWERS = Path(__file__).with_suffix(".csv")
MODELS = {
    "factor": "level: 1\nfw =~ y1 + y2 + y3 + y4\nlevel: 2\nfb =~ y1 + y2 + y3 + y4",
    "path": (
        "level: 1\nfw =~ y1 + y2 + y3\ngw =~ z1 + z2 + z3\ngw ~ fw\n"
        "level: 2\nfb =~ y1 + y2 + y3\ngb =~ z1 + z2 + z3\ngb ~ fb"
    ),
}
ITEMS = {"factor": ("y1", "y2", "y3", "y4"), "path": ("y1", "y2", "y3", "z1", "z2", "z3")}

R_SCRIPT = """
suppressPackageStartupMessages(library(lavaan))
folder <- commandArgs(TRUE)[1]
answers <- commandArgs(TRUE)[2]
fit_one <- function(file) {
  name <- sub(".csv", "", basename(file))
  model <- paste(readLines(file.path(folder, paste0(sub("_.*", "", name), ".txt"))), collapse = "\\n")
  fit <- tryCatch(suppressWarnings(sem(model, read.csv(file), cluster = "branch", se = "none", baseline = FALSE,
                                       control = list(iter.max = 500, eval.max = 1000))), error = function(e) NULL)
  converged <- !is.null(fit) && lavInspect(fit, "converged")
  measures <- c(NA, NA)
  if (converged) measures <- tryCatch(fitMeasures(fit, c("logl", "df")), error = function(e) measures)
  values <- ifelse(is.na(measures), "", vapply(measures, format, "", digits = 12))
  line <- c(name, converged, values, as.character(packageVersion("lavaan")))
  cat(paste(line, collapse = ","), "\n", sep = "", file = answers, append = TRUE)
}
known <- read.csv(answers)$sample
for (file in sort(list.files(folder, "csv$", full.names = TRUE)))
  if (!(sub(".csv", "", basename(file)) %in% known)) fit_one(file)
"""


def sample(kind: str, clusters: int, number: int) -> pd.DataFrame:
    """One sample: loadings between .4 and .7 of standardized items, of whose variance a tenth is between clusters.

    >>> sample("factor", 20, 0)["branch"].nunique()
    20
    """
    rng = np.random.Generator(np.random.PCG64([SEED, list(MODELS).index(kind), clusters, number]))
    branch = np.repeat(np.arange(clusters), rng.integers(5, 11, clusters))
    n, names = len(branch), ITEMS[kind]
    of = np.array([0 if name[0] == "y" else 1 for name in names])
    loadings = rng.uniform(0.4, 0.7, len(names))
    within, between = _factors(rng, n), _factors(rng, clusters) * np.sqrt(0.15)
    own = within[:, of] * loadings + np.sqrt(1 - loadings**2) * rng.normal(size=(n, len(names)))
    shared = between[:, of] * loadings + np.sqrt(0.03) * rng.normal(size=(clusters, len(names)))
    return pd.DataFrame(own + shared[branch], columns=list(names)).assign(branch=branch)


def _factors(rng: np.random.Generator, n: int) -> np.ndarray:
    """(n, 2) two standardized factors that correlate by .4."""
    e = rng.normal(size=(n, 2))
    return np.column_stack([e[:, 0], 0.4 * e[:, 0] + np.sqrt(1 - 0.16) * e[:, 1]])


def names() -> list[tuple[str, int, int]]:
    """Model, clusters and number of every sample."""
    return [(kind, clusters, number) for kind in MODELS for clusters in CLUSTERS for number in range(SAMPLES)]


def label(kind: str, clusters: int, number: int) -> str:
    """What a sample is called among the answers."""
    return f"{kind}_{clusters}_{number:02d}"


def main() -> None:
    """Let lavaan fit every sample that no answer is known of, and keep what it says."""
    with tempfile.TemporaryDirectory() as folder:
        for kind, text in MODELS.items():
            (Path(folder) / f"{kind}.txt").write_text(text + "\n", encoding="utf-8")
        for key in names():
            sample(*key).to_csv(Path(folder) / f"{label(*key)}.csv", index=False, float_format="%.17g")
        subprocess.run(["Rscript", "-e", R_SCRIPT, folder, str(ANSWERS)], check=True)


if __name__ == "__main__":
    main()
