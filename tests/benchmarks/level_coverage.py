"""Do intervals of indirect effects within, between and across levels cover? Seeded samples of one true model.

    make bench, or: python tests/benchmarks/level_coverage.py [replications]

The model is that of employees' excellence (z, of the branch), customers' delight (m) and loyalty (y), both with parts
within and between branches: 0.3 x 0.4 within, 0.3 x 0.5 between, and 0.5 x 0.5 from the branch to its customers. Every
branch has 20 customers; there are 60 of them, or 25. Intervals by the delta method, by Monte Carlo (MacKinnon,
Lockwood & Williams 2004, doi 10.1207/s15327906mbr3901_4) and of the likelihood (Neale & Miller 1997,
doi 10.1023/A:1025681223921). The exit status is 1 where a claim does not hold.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from results_page import machine, markdown, write_section

import sexresearch as sx

SEED, REPLICATIONS, CHUNK, EACH = 7, 500, 25, 20
BRANCHES = (60, 25)
COVER = (0.93, 0.97)
TRUTH = """
level: 1
 m ~ 0.3*x
 y ~ 0.4*m + 0.1*x
level: 2
 x ~~ 0.3*x
 m ~ 0.3*x + 0.5*z
 y ~ 0.5*m + 0.1*x + 0.1*z
 m ~~ 0.2*m
 y ~~ 0.2*y
"""
MODEL = sx.Model("""
level: 1
 m ~ a1*x
 y ~ b1*m + x
level: 2
 m ~ a2*x + c2*z
 y ~ b2*m + x + z
within := a1*b1
between := a2*b2
across := c2*b2
""")
EFFECTS = {"within": 0.3 * 0.4, "between": 0.3 * 0.5, "across": 0.5 * 0.5}
WORDS = {"within": "within (1-1-1)", "between": "between (1-1-1)", "across": "across levels (2-1-1)"}
METHODS = ("delta", "Monte Carlo", "likelihood")
CLAIMED = {(60, name, "likelihood") for name in EFFECTS}  # said to cover
CLAIMED |= {(60, name, "Monte Carlo") for name in ("within", "across")}


def chunk(task: tuple[int, int, int]) -> np.ndarray:
    """(samples, 1 + 3 x 5): whether the fit converged; of every effect estimate, se, and which intervals cover."""
    branches, first, last = task
    found = []
    for replication in range(first, last):
        seed = int(np.random.SeedSequence((SEED, branches, replication)).generate_state(1)[0])
        data = sx.simulate(TRUTH, branches * EACH, seed=seed, design=sx.Design(clusters=branches))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sx.FitWarning)
            results = sx.fit(MODEL, data, cluster="cluster")
        row = [float(results.converged)]
        tables = [results.parameters.set_index("lhs")]
        if results.converged:
            tables += [ask(results).set_index("lhs") for ask in (sx.monte_carlo, sx.profile_likelihood)]
        for name, true in EFFECTS.items():
            row += [tables[0].loc[name, "est"], tables[0].loc[name, "se"], *[0.0] * (len(METHODS) - len(tables))]
            row += [covers(table.loc[name, "ci_lower"], true, table.loc[name, "ci_upper"]) for table in tables]
        found.append(row)
    return np.array(found)


def covers(lower: float, true: float, upper: float) -> float:
    """1 where the true value lies between the limits; a side without limit has none to miss it by."""
    return float(not (true < lower or true > upper))


def rows_of(branches: int, found: np.ndarray) -> list[dict[str, object]]:
    """One row of the table per effect: shares among the samples that converged."""
    good = found[found[:, 0] == 1]
    rows = []
    for place, (name, true) in enumerate(EFFECTS.items()):
        est, se, *covered = good[:, 1 + 5 * place : 6 + 5 * place].T
        shares = {method: share.mean() for method, share in zip(METHODS, covered, strict=True)}
        claims = [share for method, share in shares.items() if (branches, name, method) in CLAIMED]
        broken = not all(COVER[0] <= share <= COVER[1] for share in claims)
        rows.append(
            {
                "branches": branches,
                "indirect effect": WORDS[name],
                "true": f"{true:.2f}",
                "mean estimate": f"{est.mean():.3f}",
                "spread": f"{est.std(ddof=1):.3f}",
                "mean error": f"{se.mean():.3f}",
                "converged": f"{len(good)} of {len(found)}",
                **{f"{method} covers": f"{100 * share:.1f} %" for method, share in shares.items()},
                "as claimed": "NO" if broken else "yes",
            }
        )
    return rows


def main(replications: int = REPLICATIONS) -> int:
    """Run both sizes and write the table."""
    start = time.perf_counter()
    tasks = [(k, i, min(i + CHUNK, replications)) for k in BRANCHES for i in range(0, replications, CHUNK)]
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        done = list(pool.map(chunk, tasks))
    table = []
    for branches in BRANCHES:
        own = [part for task, part in zip(tasks, done, strict=True) if task[0] == branches]
        table += rows_of(branches, np.vstack(own))
    about = (
        f"Synthetic samples of {EACH} customers in each of 60 or 25 branches; what is estimated is written at the top "
        "of `level_coverage.py`. It is claimed that with 60 branches limits of the likelihood (`profile_likelihood`) "
        "of all three effects cover 93 to 97 %, and Monte-Carlo intervals of those within branches and across levels. "
        "Of delta-method intervals between branches and of 25 branches nothing is claimed. "
        f"Seed {SEED}, {replications} samples of each size; {time.perf_counter() - start:.0f} s. {machine()}."
    )
    write_section("Indirect effects at two levels", about + "\n\n" + markdown(table))
    print(markdown(table))
    return int(any(row["as claimed"] == "NO" for row in table))


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
