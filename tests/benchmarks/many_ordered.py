"""What WLSMV of many ordered items costs: processor time and memory of one fit, each in a process of its own.

python tests/benchmarks/many_ordered.py                    # prints the present numbers
python tests/benchmarks/many_ordered.py --beside CHECKOUT  # another checkout alternately; rewrites its section
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
N, CATEGORIES, OWN = 1000, 5, 5  # respondents; answers to choose from; items of a factor
LOADING, RELATED, SEED = 0.7, 0.3, 1
ROUNDS = {75: 3, 120: 2}  # by number of items
TITLE = "WLSMV of many ordered items"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
MB = 1024  # of the kilobytes that Linux counts


def answers(items: int) -> tuple[str, pd.DataFrame]:
    """The model, factors of five items each, and answers in five categories that follow from it."""
    rng = np.random.default_rng(SEED)
    k = items // OWN
    R = np.full((k, k), RELATED) + (1.0 - RELATED) * np.eye(k)
    factors = rng.normal(size=(N, k)) @ np.linalg.cholesky(R).T
    x = LOADING * np.repeat(factors, OWN, axis=1) + np.sqrt(1.0 - LOADING**2) * rng.normal(size=(N, items))
    cuts = np.array([-1.2, -0.4, 0.4, 1.2])
    names = [f"x{j + 1}" for j in range(items)]
    text = "\n".join(f"f{i + 1} =~ " + " + ".join(names[i * OWN : (i + 1) * OWN]) for i in range(k))
    return text, pd.DataFrame(1 + np.searchsorted(cuts, x), columns=names)


def one_fit(items: int) -> dict[str, float]:
    """Seconds of processor time, and megabytes above what the process held before, of one fit; its chi-square."""
    import sexresearch as sx

    text, frame = answers(items)
    sx.fit("f =~ a + b + c + d", frame.iloc[:, :4].set_axis([*"abcd"], axis=1), estimator="WLSMV", ordered=[*"abcd"])
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    measures = sx.fit(text, frame, estimator="WLSMV", ordered=list(frame)).fit_measures
    chisq = float(measures["chisq_scaled"])
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "mb": (peak - before) / MB, "chisq": chisq}


def measured(root: Path, items: int) -> dict[str, float]:
    """`one_fit` by the package in that checkout, in a fresh process with one thread."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(root)}
    command = [sys.executable, "-W", "ignore", str(HERE), "--fit", str(items)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=root)
    return dict(json.loads(done.stdout))


def median_of(runs: list[dict[str, float]], name: str) -> float:
    """The median over the rounds."""
    return statistics.median(run[name] for run in runs)


def rows(checkouts: dict[str, Path]) -> list[dict[str, object]]:
    """One row per number of items, the checkouts measured in turn."""
    table = []
    for items, rounds in ROUNDS.items():
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in checkouts}
        for _ in range(rounds):
            for name, root in checkouts.items():
                runs[name].append(measured(root, items))
        row: dict[str, object] = {"items": items, "factors": items // OWN, "rounds": rounds}
        for name, own in runs.items():
            row |= {f"CPU s{name}": f"{median_of(own, 'seconds'):.2f}", f"MB{name}": f"{median_of(own, 'mb'):.0f}"}
        if len(runs) > 1:
            other, now = runs.values()
            for unit, name in (("time", "seconds"), ("memory", "mb")):
                row[f"{unit}, now / before"] = f"{median_of(now, name) / median_of(other, name):.2f}"
            row["χ² apart"] = f"{abs(median_of(now, 'chisq') - median_of(other, 'chisq')):.1e}"
        table.append(row)
    return table


def main() -> None:
    """Measures, prints, and rewrites the section where another checkout is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", type=int)
    parser.add_argument("--beside", type=Path)
    given = parser.parse_args()
    if given.fit:
        print(json.dumps(one_fit(given.fit)))
        return
    from results_page import machine, markdown, write_section

    other = {" before": given.beside.resolve()} if given.beside else {}
    table = rows({**other, " now" if other else "": ROOT})
    print(markdown(table))
    if given.beside:
        asked = ["git", "log", "-1", "--format=%h of %cs"]
        head = subprocess.run(asked, cwd=given.beside, capture_output=True, text=True)
        about = (
            f"A fit with standard errors and scaled test, n = {N:,}, {CATEGORIES} categories, factors of {OWN} items; "
            "processor time with one thread, and memory above that before the fit, each in a fresh process, in turn. "
            f"Before: commit {head.stdout.strip()}. {machine()}."
        )
        write_section(TITLE, f"{about}\n\n{markdown(table)}")


if __name__ == "__main__":
    main()
