"""CPU time of a whole fit beside lavaan and semopy, all on one BLAS thread, in turns, in one run.

    make bench, or: python tests/benchmarks/speed.py

Full output on every side. Ours: `sx.fit` with a `sx.Model` that is used again, `.parameters`, `.fit_measures`. lavaan:
`sem`, `parameterEstimates(standardized = TRUE)`, `fitMeasures`. semopy: `fit`, `inspect`, `calc_stats`, the model read
beforehand; and its `fit` alone. The samples are synthetic chains of latents. The table goes to RESULTS.md; the exit
status is 1 where a target is missed.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import contextlib
import gc
import io
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import semopy
from results_page import machine, markdown, write_section

import sexresearch as sx

SEED = 7
R_SCRIPT = """
suppressPackageStartupMessages(library(lavaan))
folder <- commandArgs(TRUE)[1]
cat(as.character(getRversion()), as.character(packageVersion("lavaan")), basename(La_library()), "\\n")
input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  model <- paste(readLines(file.path(folder, paste0(line, ".txt"))), collapse = "\\n")
  data <- read.csv(file.path(folder, paste0(line, ".csv")))
  missing <- if (anyNA(data)) "fiml" else "listwise"
  invisible(gc())
  start <- proc.time()
  fit <- sem(model, data, missing = missing)
  table <- parameterEstimates(fit, standardized = TRUE)
  measures <- fitMeasures(fit)
  spent <- proc.time() - start
  cat(sprintf("%.6f %.8f\\n", sum(spent[1:2]), measures["chisq"]))
}
"""


@dataclass(frozen=True)
class Case:
    """A model and a sample; how often it is timed; the ratios to reach, by competitor."""

    name: str
    sizes: tuple[int, ...]
    n: int
    rounds: int
    targets: dict[str, float]
    missing: float = 0.0


CASES = (
    Case("18 items, 6 latents", (3,) * 6, 1000, 25, {"semopy, fit alone": 1.0}),
    Case("19 items, 6 latents", (3, 4, 3, 3, 3, 3), 1000, 25, {"lavaan": 8.0, "semopy": 4.0}),
    Case("39 items, 13 latents", (3,) * 13, 1000, 15, {"lavaan": 15.0, "semopy": 8.0}),
    Case("19 items, 6 latents, FIML", (3, 4, 3, 3, 3, 3), 1750, 5, {"lavaan": 5.0}, missing=0.10),
)


def syntax(sizes: tuple[int, ...]) -> str:
    """A chain of latents with `sizes` items each, every latent explained by the two before it."""
    lines = [f"f{k} =~ " + " + ".join(f"x{k}_{j}" for j in range(size)) for k, size in enumerate(sizes)]
    lines += [f"f{k} ~ f{k - 1}" + (f" + f{k - 2}" if k > 1 else "") for k in range(1, len(sizes))]
    return "\n".join(lines) + "\n"


def sample(case: Case) -> pd.DataFrame:
    """Synthetic answers (n, items); gaps, where asked for, depend on the first item, which has none (MAR)."""
    rng = np.random.Generator(np.random.PCG64([SEED, sum(case.sizes), case.n]))
    latent = rng.normal(size=(case.n, len(case.sizes)))
    for k in range(1, len(case.sizes)):
        latent[:, k] = 0.5 * latent[:, k - 1] + (0.25 * latent[:, k - 2] if k > 1 else 0) + 0.75 * latent[:, k]
    items = {
        f"x{k}_{j}": latent[:, k] * (0.9 - 0.1 * j) + 0.6 * rng.normal(size=case.n)
        for k, size in enumerate(case.sizes)
        for j in range(size)
    }
    frame = pd.DataFrame(items)
    if case.missing:
        likelier = 2 * case.missing / (1 + np.exp(frame.iloc[:, 0].to_numpy()))
        gaps = rng.uniform(size=(case.n, frame.shape[1] - 1)) < likelier[:, None]
        frame.iloc[:, 1:] = frame.iloc[:, 1:].mask(gaps)
    return frame


def timed(work: Callable[[], float]) -> tuple[float, float]:
    """CPU seconds of this process, and the chi-square that `work` returns."""
    gc.collect()
    start = time.process_time()
    chisq = work()
    return time.process_time() - start, chisq


def ours(case: Case, model: sx.Model, data: pd.DataFrame) -> float:
    """The whole of our output; chi-square."""
    results = sx.fit(model, data, missing="fiml" if case.missing else "listwise")
    assert len(results.parameters)
    assert results.converged
    return float(results.fit_measures["chisq"])


def semopys(model: semopy.Model, data: pd.DataFrame, full: bool) -> float:
    """semopy's output, or its fit alone (chi-square not computed)."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(data)
        if not full:
            return np.nan
        model.inspect(std_est=True)
        return float(semopy.calc_stats(model)["chi2"].iloc[0])


@dataclass
class Lavaan:
    """An R process that fits a case whenever its name is sent; absent where there is no R with lavaan."""

    folder: Path
    process: subprocess.Popen[str] | None = None
    version: str = "lavaan absent: no R with lavaan on this machine"
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if shutil.which("Rscript") is None:
            return
        script = self.folder / "fit.R"
        script.write_text(R_SCRIPT)
        self.process = subprocess.Popen(
            ["Rscript", "--vanilla", str(script), str(self.folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        told = self._read()
        if told:
            self.version = "R {}, lavaan {}, R's BLAS/LAPACK {}".format(*told.split())
        else:
            self.process = None

    def _read(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def fit(self, number: int) -> tuple[float, float]:
        """CPU seconds and chi-square of lavaan's whole output."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        seconds, chisq = self._read().split()
        return float(seconds), float(chisq)


def measure(case: Case, number: int, lavaan: Lavaan) -> dict[str, list[float]]:
    """CPU seconds of every round by competitor, taken in turns; all must agree on chi-square."""
    text, data = syntax(case.sizes), sample(case)
    (lavaan.folder / f"{number}.txt").write_text(text)
    data.to_csv(lavaan.folder / f"{number}.csv", index=False, float_format="%.17g")
    model = sx.Model(text)
    runs: dict[str, Callable[[], tuple[float, float]]] = {"ours": lambda: timed(lambda: ours(case, model, data))}
    if lavaan.process is not None:
        runs["lavaan"] = lambda: lavaan.fit(number)
    if not case.missing:
        for name, full in (("semopy", True), ("semopy, fit alone", False)):
            runs[name] = lambda full=full: _with_semopy(text, data, full)
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(case.rounds + 1):  # the first warms up and is not counted
        told = {name: run() for name, run in runs.items()}
        _refuse_disagreement(case, {name: chisq for name, (_, chisq) in told.items() if np.isfinite(chisq)})
        if turn:
            for name, (seconds, _) in told.items():
                spent[name].append(seconds)
    return spent


def _with_semopy(text: str, data: pd.DataFrame, full: bool) -> tuple[float, float]:
    model = semopy.Model(text)
    return timed(lambda: semopys(model, data, full))


def _refuse_disagreement(case: Case, chisq: dict[str, float]) -> None:
    if not np.allclose(list(chisq.values()), chisq["ours"], rtol=1e-3):
        raise SystemExit(f"{case.name}: the programs fit different models; chi-squares {chisq}")


def rows(case: Case, spent: dict[str, list[float]]) -> list[dict[str, object]]:
    """One row per competitor: medians in milliseconds, their ratio, the target."""
    own = statistics.median(spent["ours"])
    found = []
    for name, seconds in spent.items():
        if name == "ours":
            continue
        other = statistics.median(seconds)
        target = case.targets.get(name)
        found.append(
            {
                "model": case.name,
                "n": case.n,
                "against": name,
                "ours, ms": f"{1000 * own:.1f}",
                "theirs, ms": f"{1000 * other:.1f}",
                "ratio": f"{other / own:.1f}",
                "target": "" if target is None else f"{target:g}",
                "met": "" if target is None else "yes" if other / own >= target else "NO",
                "rounds": case.rounds,
            }
        )
    return found


def main() -> int:
    """Time every case and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        lavaan = Lavaan(Path(folder))
        table = [row for i, case in enumerate(CASES) for row in rows(case, measure(case, i, lavaan))]
        if lavaan.process is not None:
            lavaan.process.communicate()
    about = (
        "CPU time (user + system, BLAS on one thread) of a whole fit with full output, median over the rounds; the "
        "programs took turns in one run, so that the ratio of medians holds on a busy machine too. "
        f"{machine()}; semopy {semopy.__version__}; {lavaan.version}. Seed {SEED}, synthetic samples."
    )
    write_section("Speed", about + "\n\n" + markdown(table))
    missed = [row for row in table if row["met"] == "NO"]
    print(markdown(table), *[f"missed: {row}" for row in missed], sep="\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
