"""Do the intervals cover, and does the test keep its level? Seeded samples of one true model, fitted as anyone would.

    make bench, or: python tests/benchmarks/coverage_study.py [replications]

The model is a chain of three factors with three items each; the effect looked at is the indirect one, 0.5 x 0.4. The
samples are synthetic: normal items, skewed and heavy-tailed ones (Vale & Maurelli 1983, doi 10.1007/BF02293687), and
items in four categories. The table goes to RESULTS.md; the exit status is 1 where a claim does not hold.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from results_page import machine, markdown, write_section

import sexresearch as sx
from sexresearch.sem.simulation.population import population_of
from sexresearch.sem.simulation.sampler import Sampler, stream

SEED, REPLICATIONS, CHUNK = 3, 2000, 50
TRUTH = """
    quality =~ 0.8*q1 + 0.7*q2 + 0.6*q3
    joy     =~ 0.8*j1 + 0.7*j2 + 0.6*j3
    loyal   =~ 0.8*l1 + 0.7*l2 + 0.6*l3
    joy   ~ 0.5*quality
    loyal ~ 0.4*joy + 0.2*quality
"""
MODEL = sx.Model("""
    quality =~ q1 + q2 + q3
    joy     =~ j1 + j2 + j3
    loyal   =~ l1 + l2 + l3
    joy   ~ a*quality
    loyal ~ b*joy + quality
    indirect := a*b
""")
INDIRECT = 0.5 * 0.4  # the markers have the same loading, so the metric drops out
COVER, LEVEL = (0.93, 0.97), (0.035, 0.065)


@dataclass(frozen=True)
class Condition:
    """What the items are like, how many respondents there are, and how the model is fitted."""

    items: str
    n: int
    design: sx.Design
    estimator: str
    options: dict[str, object] = field(default_factory=dict)
    covers: bool | None = True  # what is claimed: None where nothing is
    holds: bool | None = True


SKEWED, MORE = sx.Design(skewness=1.5, kurtosis=4.0), sx.Design(skewness=2.0, kurtosis=7.0)
FOUR = sx.Design(thresholds=[-1.2, -0.4, 0.7])
CONDITIONS = (
    Condition("normal", 300, sx.Design(), "ML"),
    Condition("skewness 1.5, kurtosis 4", 800, SKEWED, "ML", covers=None, holds=False),
    Condition("skewness 1.5, kurtosis 4", 800, SKEWED, "MLM"),
    Condition("skewness 1.5, kurtosis 4", 800, SKEWED, "MLR", holds=None),
    Condition("skewness 2, kurtosis 7", 600, MORE, "ML", covers=None, holds=False),
    Condition("skewness 2, kurtosis 7", 600, MORE, "MLM", covers=None),
    Condition("skewness 2, kurtosis 7", 600, MORE, "MLR", covers=None, holds=None),
    Condition("four categories", 500, FOUR, "WLSMV", {"ordered": True}),
)


def chunk(task: tuple[int, int, int]) -> np.ndarray:
    """(samples, 3) of one condition: whether the fit converged, the interval covers, the test rejects."""
    number, first, last = task
    case = CONDITIONS[number]
    sampler = Sampler(population_of(TRUTH, standardized=True), case.design)
    found = []
    for replication in range(first, last):
        data = sampler.frame(case.n, stream(SEED, (case.n, replication)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sx.FitWarning)
            results = sx.fit(MODEL, data, estimator=case.estimator, **case.options)
        row = results.parameters.set_index("lhs").loc["indirect"]
        measures = results.fit_measures
        p = measures.get("pvalue_scaled", measures["pvalue"])
        found.append((results.converged, row["ci_lower"] <= INDIRECT <= row["ci_upper"], p < 0.05))
    return np.array(found, dtype=float)


def row_of(case: Condition, found: np.ndarray) -> dict[str, object]:
    """One row of the table: shares among the samples that converged."""
    good = found[found[:, 0] == 1]
    cover, reject = good[:, 1].mean(), good[:, 2].mean()
    claims = case.covers, case.holds
    fits = COVER[0] <= cover <= COVER[1], LEVEL[0] <= reject <= LEVEL[1]
    return {
        "items": case.items,
        "n": case.n,
        "estimator": case.estimator,
        "samples": len(found),
        "converged": len(good),
        "95 % intervals of the indirect effect cover": f"{100 * cover:.1f} %",
        "covers 93 to 97 %": "yes" if fits[0] else "no",
        "test of fit rejects": f"{100 * reject:.1f} %",
        "within 3.5 to 6.5 %": "yes" if fits[1] else "no",
        "as claimed": "yes" if all(claim in (None, fit) for claim, fit in zip(claims, fits, strict=True)) else "NO",
    }


def main(replications: int = REPLICATIONS) -> int:
    """Run every condition and write the table."""
    start = time.perf_counter()
    firsts = range(0, replications, CHUNK)
    tasks = [(k, i, min(i + CHUNK, replications)) for k in range(len(CONDITIONS)) for i in firsts]
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        done = list(pool.map(chunk, tasks))
    table = [
        row_of(case, np.vstack([part for task, part in zip(tasks, done, strict=True) if task[0] == k]))
        for k, case in enumerate(CONDITIONS)
    ]
    about = (
        f"Synthetic samples of a chain of three factors, nine items; the true indirect effect is {INDIRECT:.2f}. "
        "Delta-method intervals; the test is the estimator's own (MLM, MLR, WLSMV: scaled), at 5 %. Of skewed items it "
        "is claimed that plain ML's test does not hold and MLM's does; MLR's holds in larger samples only, so that "
        "nothing is claimed of it here, nor of intervals where the skewness is 2. "
        f"Seed {SEED}; {time.perf_counter() - start:.0f} s. {machine()}."
    )
    write_section("Coverage and level", about + "\n\n" + markdown(table))
    print(markdown(table))
    return int(any(row["as claimed"] == "NO" for row in table))


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
