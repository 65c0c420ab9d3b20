"""CPU time beside lavaan and semopy: single fits, FIML, ordinal items, bootstrap, power; one table, one run.

    make bench, or: python tests/benchmarks/speed.py [part of a case's name]

All on one BLAS thread, in turns, so that the ratio of medians holds on a busy machine too. Full output on every side.
Small fits are made ten in a row in every turn, as R's clock counts whole milliseconds; "one fit by itself" is the first
after the turns of the others, whose work has emptied the processor's caches.
Ours: `sx.fit` with a `sx.Model` that is used again, `.parameters`, `.fit_measures`. lavaan: `sem`,
`parameterEstimates(standardized = TRUE)`, `fitMeasures`. semopy: `fit`, `inspect`, `calc_stats`, the model read
beforehand. Bootstrap and power are counted per replicate. The samples are synthetic: chains of latents, a sample of the
robustness gate whose minimum is doubted, and normal values with exactly the published moments of the Holzinger and
Swineford tests (n = 301) and of mobi (n = 250). The table goes to RESULTS.md; the exit status is 1 where a target is
missed.
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import contextlib
import gc
import io
import statistics
import sys
import tempfile
import time
import tomllib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import semopy

sys.path.append(str(Path(__file__).parents[1] / "reference"))
import small_samples
from lavaan_side import Lavaan
from results_page import machine, markdown, write_section

import sexresearch as sx
from sexresearch.datasets.published_moments import read_moments

SEED = 7
THREE, SIX, NINETEEN, THIRTEEN = (3,) * 3, (3,) * 6, (3, 4, 3, 3, 3, 3), (3,) * 13
FORTY = (4,) * 10
DOUBTED = 0  # the sample of 100 whose first attempt takes 13 iterations
REPLICATES = {  # of a round: ours, theirs
    "fit": (10, 10),
    "bootstrap": (2000, 50),
    "gapped": (400, 3),
    "power": (500, 20),
}
ROOT = Path(__file__).parents[2]
PUBLISHED = {  # moments, and the case whose model is fitted to them
    "Holzinger & Swineford": ("data/cases/holzinger_swineford/moments.csv", "holzinger_swineford"),
    "mobi": ("data/raw/mobi_moments.csv", "mobi_short"),
}
Timed = tuple[float, float]


@dataclass(frozen=True)
class Case:
    """What is timed (fit, alone, fiml, ordinal, given, doubted, bootstrap, gapped, power), on what, how often; targets.

    given : ordered items with two covariates. doubted : a small sample whose first minimum was not easily reached.
    gapped : a bootstrap with FIML. sizes : items of each latent of a chain. published : of which study the sample has
    the moments; its own model is then fitted.
    """

    verb: str
    sizes: tuple[int, ...]
    n: int
    rounds: int
    targets: dict[str, float] = field(default_factory=dict)
    published: str = ""

    @property
    def name(self) -> str:
        """How the table names it."""
        words = {"fit": "fit", "alone": "one fit by itself", "fiml": "FIML, 10 % missing"}
        words |= {"ordinal": "WLSMV, 5 categories"}
        words |= {"given": "WLSMV, 5 categories, 2 covariates", "doubted": "fit, doubted minimum"}
        words |= {"gapped": "bootstrap with FIML, 10 % missing, per replicate"}
        per = words.get(self.verb, f"{self.verb}, per replicate")
        of = f"moments of {self.published}, " if self.published else ""
        return f"{per}: {of}{sum(self.sizes)} items, {len(self.sizes)} latents"


CASES = (
    Case("fit", THREE, 301, 25, {"lavaan": 12.0}),
    Case("fit", SIX, 1000, 25, {"semopy, fit alone": 1.0}),
    Case("fit", NINETEEN, 1000, 25, {"lavaan": 14.0, "semopy": 4.0}),
    Case("fit", THIRTEEN, 1000, 15, {"lavaan": 40.0, "semopy": 8.0}),
    Case("alone", THREE, 301, 25),
    Case("alone", NINETEEN, 1000, 25),
    Case("doubted", NINETEEN, 100, 5),
    Case("fiml", NINETEEN, 1750, 3, {"lavaan": 60.0}),
    Case("ordinal", SIX, 1000, 5, {"lavaan": 20.0}),
    Case("given", SIX, 1000, 3),
    Case("ordinal", SIX, 20000, 3, {"lavaan": 20.0}),
    Case("ordinal", FORTY, 1000, 3, {"lavaan": 20.0}),
    Case("ordinal", FORTY, 20000, 1, {"lavaan": 20.0}),
    Case("bootstrap", SIX, 500, 5, {"lavaan": 200.0}),
    Case("bootstrap", THIRTEEN, 500, 5, {"lavaan": 110.0}),
    Case("bootstrap", THREE, 301, 5, {"lavaan": 100.0}, "Holzinger & Swineford"),
    Case("bootstrap", (5, 3, 2, 3), 250, 5, {"lavaan": 100.0}, "mobi"),
    Case("gapped", (3,) * 4, 1500, 3, {"lavaan": 60.0}),
    Case("power", SIX, 500, 3),
)


def syntax(sizes: tuple[int, ...], population: bool = False) -> str:
    """A chain of latents with `sizes` items each, every latent explained by the two before it.

    With `population`, the values that `sample` draws from stand in the text.
    """

    def times(value: float) -> str:
        return f"{value:.6g}*" if population else ""

    lines = [
        f"f{k} =~ " + " + ".join(f"{times(0.9 - 0.1 * j)}x{k}_{j}" for j in range(size)) for k, size in enumerate(sizes)
    ]
    for k in range(1, len(sizes)):
        second = f" + {times(0.25)}f{k - 2}" if k > 1 else ""
        lines.append(f"f{k} ~ {times(0.5)}f{k - 1}{second}")
    if population:
        lines += [f"f{k} ~~ {times(0.5625 if k else 1.0)}f{k}" for k in range(len(sizes))]
        lines += [f"x{k}_{j} ~~ {times(0.36)}x{k}_{j}" for k, size in enumerate(sizes) for j in range(size)]
    return "\n".join(lines) + "\n"


def sample(case: Case) -> pd.DataFrame:
    """Synthetic answers (n, items): with gaps that depend on the first item (MAR), or in five skewed categories."""
    if case.verb == "doubted":
        return small_samples.sample(case.n, DOUBTED)
    if case.published:
        return matched(read_moments(ROOT / PUBLISHED[case.published][0]))
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
    if case.verb in ("fiml", "gapped"):
        likelier = 0.2 / (1 + np.exp(frame.iloc[:, 0].to_numpy()))
        gaps = rng.uniform(size=(case.n, frame.shape[1] - 1)) < likelier[:, None]
        frame.iloc[:, 1:] = frame.iloc[:, 1:].mask(gaps)
    if case.verb in ("ordinal", "given"):
        steps = np.array([-1.6, -1.0, -0.2, 0.8])
        frame = frame.apply(lambda answers: np.searchsorted(steps, answers / answers.std()) + 1)
    if case.verb == "given":
        frame["z"], frame["w"] = latent[:, 0] + 2.0 * rng.normal(size=case.n), rng.normal(size=case.n)
    return frame


def matched(moments: sx.Moments) -> pd.DataFrame:
    """Normal values (n, items) that have exactly the moments, n in the denominator of the covariances."""
    z = np.random.Generator(np.random.PCG64(SEED)).normal(size=(moments.nobs, len(moments.cov)))
    z -= z.mean(axis=0)
    white = z @ np.linalg.inv(np.linalg.cholesky(z.T @ z / len(z))).T
    values = white @ np.linalg.cholesky(moments.cov.to_numpy()).T + moments.mean.to_numpy()
    return pd.DataFrame(values, columns=moments.cov.columns)


def model_text(case: Case) -> str:
    """The model that is fitted to the sample of a case."""
    if case.verb == "doubted":
        return small_samples.MODEL
    if case.published:
        study = ROOT / "data/cases" / PUBLISHED[case.published][1] / "study.toml"
        return str(tomllib.loads(study.read_text(encoding="utf-8"))["model"]["text"])
    return syntax(case.sizes) + ("f0 ~ z + w\n" if case.verb == "given" else "")


def timed(work: Callable[[], float], times: int = 1) -> Timed:
    """CPU seconds of this process, and the chi-square that `work` returns (NaN where there is none)."""
    gc.collect()
    start = time.process_time()
    for _ in range(times):
        chisq = work()
    return time.process_time() - start, chisq


def whole(model: sx.Model, data: pd.DataFrame, verb: str) -> float:
    """The whole of our output; chi-square."""
    ordered = [name for name in data if name.startswith("x")] if verb in ("ordinal", "given") else None
    results = sx.fit(model, data, missing="fiml" if verb == "fiml" else "listwise", ordered=ordered)
    assert len(results.parameters)
    assert results.converged
    return float(results.fit_measures["chisq"])


def resampled(case: Case, results: sx.Results, turn: int) -> float:
    """Percentile intervals; no replicate failed but where the model hardly fits the data."""
    resamples = REPLICATES[case.verb][0]
    bootstrap = sx.bootstrap(results, resamples, seed=turn, workers=1)
    bootstrap.intervals()
    assert bootstrap.failed <= (0.02 * resamples if case.published == "mobi" else 0)
    return np.nan


def planned(case: Case, turn: int) -> float:
    """Power at one sample size."""
    sx.power(syntax(case.sizes, True), n=[case.n], replicates=REPLICATES["power"][0], seed=turn, workers=1)
    return np.nan


def semopys(model: semopy.Model, data: pd.DataFrame, full: bool) -> float:
    """semopy's output, or its fit alone (chi-square not computed)."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(data)
        if not full:
            return np.nan
        model.inspect(std_est=True)
        return float(semopy.calc_stats(model)["chi2"].iloc[0])


def _with_semopy(text: str, data: pd.DataFrame, full: bool, times: int) -> Timed:
    models = [semopy.Model(text) for _ in range(times)]  # a second fit of one would begin at the minimum
    return timed(lambda: semopys(models.pop(), data, full), times)


def runners(case: Case, number: int, lavaan: Lavaan) -> dict[str, Callable[[int], Timed]]:
    """What each competitor does in one turn, and how many replicates that makes."""
    text, data = model_text(case), sample(case)
    lavaan.keep(str(number), text, data)
    (lavaan.folder / "population.txt").write_text(syntax(case.sizes, True))
    model, (own, theirs) = sx.Model(text), REPLICATES.get(case.verb, (1, 1))
    runs: dict[str, Callable[[int], Timed]]
    if case.verb in ("bootstrap", "gapped"):
        results = sx.fit(model, data, missing="fiml" if case.verb == "gapped" else "listwise")
        runs = {"ours": lambda turn: timed(lambda: resampled(case, results, turn))}
    elif case.verb == "power":
        runs = {"ours": lambda turn: timed(lambda: planned(case, turn))}
    else:
        runs = {"ours": lambda turn: timed(lambda: whole(model, data, case.verb), own)}
    if lavaan.process is not None:
        runs["lavaan"] = lambda turn: lavaan.run(case.verb, str(number), theirs)
    if case.verb in ("fit", "alone"):
        runs["semopy"] = lambda turn: _with_semopy(text, data, True, theirs)
        runs["semopy, fit alone"] = lambda turn: _with_semopy(text, data, False, theirs)
    return runs


def measure(case: Case, number: int, lavaan: Lavaan) -> dict[str, list[float]]:
    """CPU seconds (per replicate where there are some) of every round by competitor; all must agree on chi-square."""
    runs = runners(case, number, lavaan)
    replicates = REPLICATES.get(case.verb, (1, 1))
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(case.rounds + 1):  # the first warms up and is not counted
        told = {name: run(turn) for name, run in runs.items()}
        _refuse_disagreement(case, {name: chisq for name, (_, chisq) in told.items() if np.isfinite(chisq)})
        if turn:
            for name, (seconds, _) in told.items():
                spent[name].append(seconds / replicates[name != "ours"])
    return spent


def _refuse_disagreement(case: Case, chisq: dict[str, float]) -> None:
    if chisq and not np.allclose(list(chisq.values()), chisq["ours"], rtol=1e-3):
        raise SystemExit(f"{case.name}: the programs fit different models; chi-squares {chisq}")


def _shown(milliseconds: float) -> str:
    return f"{milliseconds:.3g}" if milliseconds < 100 else f"{milliseconds:.0f}"


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
                "what": case.name,
                "n": case.n,
                "against": name,
                "ours, ms": _shown(1000 * own),
                "theirs, ms": _shown(1000 * other),
                "ratio": f"{other / own:.1f}",
                "target": "" if target is None else f"{target:g}",
                "met": "" if target is None else "yes" if other / own >= target else "NO",
                "rounds": case.rounds,
            }
        )
    return found


def main(part: str = "") -> int:
    """Time every case (or those whose name holds `part`, printed only) and write the table."""
    table = []
    with tempfile.TemporaryDirectory() as folder:
        lavaan = Lavaan(Path(folder))
        for number, case in enumerate(CASES):
            if part in case.name:
                found = rows(case, measure(case, number, lavaan))
                table += found
                print(*(row.values() for row in found), sep="\n", flush=True)
        lavaan.close()
    about = (
        "CPU time (user + system, BLAS on one thread) with full output, median over the rounds; the programs took "
        "turns in one run, so that the ratio of medians holds on a busy machine too. "
        f"{machine()}; semopy {semopy.__version__}; {lavaan.version}. Seed {SEED}, synthetic samples. "
        "semopy has no FIML with fit measures, ordinal items, bootstrap or power analysis to set beside ours."
    )
    if not part:
        write_section("Speed", about + "\n\n" + markdown(table))
    missed = [row for row in table if row["met"] == "NO"]
    print(*[f"missed: {row}" for row in missed], sep="\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
