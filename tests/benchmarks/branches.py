"""Two thousand branches fitted one by one: `fit_many` of a Parquet file beside a loop over lavaan.

python branches.py [BRANCHES] [--lavaan COUNT]

A chain of three constructs, 18 items, 100 rows in a branch. lavaan fits the first COUNT branches, and its seconds are
those of so many times as long; estimates of these branches are compared. Seconds are of processors.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from results_page import machine, markdown, write_section

import sexresearch as sx

SCRIPT = Path(__file__).with_suffix(".R")
ROWS = 100
CONSTRUCTS = ("excellence", "delight", "loyalty")
ITEMS = {name: [f"{name[0]}{k}" for k in range(6)] for name in CONSTRUCTS}
MODEL = "\n".join(f"{name} =~ {' + '.join(items)}" for name, items in ITEMS.items())
MODEL += "\ndelight ~ excellence\nloyalty ~ delight"
EFFECT = "loyalty ~ delight"


def answers(branches: int) -> pd.DataFrame:
    """Seven-point answers of a chain whose paths differ between branches."""
    rng = np.random.default_rng(4)
    branch = np.repeat(np.arange(branches), ROWS)
    n, latent, columns = len(branch), None, {}
    for items in ITEMS.values():
        path = (0.6 + 0.1 * rng.normal(size=branches))[branch]
        fresh = rng.normal(size=n)
        latent = fresh if latent is None else path * latent + 0.8 * fresh
        for item in items:
            columns[item] = np.clip(np.round(4 + 1.3 * (0.75 * latent + 0.66 * rng.normal(size=n))), 1, 7).astype("i1")
    return pd.DataFrame(columns).assign(branch=branch)


def theirs(frame: pd.DataFrame, folder: Path, count: int) -> tuple[str, float, pd.Series]:
    """lavaan's version, its seconds for the first branches, and what it estimates in each."""
    frame[frame["branch"] < count].to_csv(folder / "answers.csv", index=False)
    (folder / "model.txt").write_text(MODEL)
    done = subprocess.run(["Rscript", "--vanilla", SCRIPT, folder], capture_output=True, text=True, check=True)
    version, seconds = done.stdout.split()
    return version, float(seconds), pd.read_csv(folder / "found.csv", index_col="branch")["est"]


def main() -> None:
    """Fit both ways, and write the row."""
    asked = argparse.ArgumentParser()
    asked.add_argument("branches", nargs="?", type=int, default=2000)
    asked.add_argument("--lavaan", type=int, default=40)
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    frame = answers(given.branches)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        frame.to_parquet(folder / "answers.parquet")
        assert callable(sx.fit_many)  # loaded now: importing is no part of it
        start = time.process_time()
        found = sx.fit_many(MODEL, folder / "answers.parquet", by="branch", effects=[EFFECT])
        ours = time.process_time() - start
        version, seconds, estimates = theirs(frame, folder, given.lavaan)
    own = found.set_index("branch")
    each = seconds / given.lavaan
    row = {
        "branches": f"{given.branches:,}",
        "converged": int(own["converged"].sum()),
        "fit_many, s": f"{ours:.1f}",
        f"lavaan {version}, s a branch": f"{each:.2f}",
        "all of them by lavaan, s": f"{each * given.branches:,.0f}",
        "times as long": f"{each * given.branches / ours:,.0f}",
        "estimates apart": f"{np.max(np.abs(own.loc[estimates.index, 'est'] - estimates)):.1e}",
    }
    about = (
        f"A chain of three constructs, 18 seven-point items, {ROWS} rows in a branch, read from a Parquet file; lavaan "
        f"fitted the first {given.lavaan} branches in a loop (sem and parameterEstimates). Seconds are of processors. "
        f"Asked: at least 100 times as fast. {machine()}."
    )
    print(markdown([row]))
    write_section("Branches one by one", about + "\n\n" + markdown([row]))


if __name__ == "__main__":
    main()
