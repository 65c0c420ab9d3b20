"""Seconds and peak memory of chains fitted to large tables beside those of decoding them, and how they grow.

python scale.py [ROWS] [--folder FOLDER] [--seconds BUDGET] [--growth]

Seven-point answers to 40 items in 2,000 branches and three brands, written half a million rows to a file; pyarrow,
DuckDB and polars side by side. Every case runs in a process of its own, so that its peak is its own, and none begins
once the budget is spent. The run of ten million rows: python scale.py 10000000 --seconds 3600. `--growth` fits
exponents of growth with rows, patterns, items and branches, and draws them.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

import sexresearch as sx

ITEMS = {"excellence": 14, "delight": 13, "loyalty": 13}
NAMES = {name: [f"{name[0]}{k}" for k in range(count)] for name, count in ITEMS.items()}
MODEL = "\n".join(f"{name} =~ {' + '.join(items)}" for name, items in NAMES.items())
MODEL += "\ndelight ~ excellence\nloyalty ~ delight"
ALL = [name for own in NAMES.values() for name in own]
READERS = ("pyarrow", "duckdb", "polars")
CASES = {
    "chain": {},
    "cluster-robust chain": {"cluster": "branch"},
    "cluster-robust chain in three groups": {"cluster": "branch", "group": "brand"},
    "cluster-robust WLSMV chain": {"cluster": "branch", "ordered": True},
    "cluster-robust WLSMV chain in three groups": {"cluster": "branch", "group": "brand", "ordered": True},
}
IN_A_FILE = 500_000


def write(folder: Path, rows: int) -> None:
    """The answers of a synthetic chain, in files."""
    rng = np.random.default_rng(1)
    for number, first in enumerate(range(0, rows, IN_A_FILE)):
        n, latent = min(IN_A_FILE, rows - first), None
        branch = rng.integers(0, 2000, n)
        columns = {"branch": branch.astype("i2"), "brand": (branch % 3).astype("i1")}
        for items in NAMES.values():
            fresh = rng.normal(size=n).astype("f4")
            latent = fresh if latent is None else (0.6 * latent + fresh) / np.float32(1.17)
            for item in items:
                answer = 4 + 1.5 * (0.75 * latent + 0.66 * rng.normal(size=n).astype("f4"))
                columns[item] = np.clip(np.round(answer), 1, 7).astype("i1")
        pq.write_table(pa.table(columns), folder / f"{number:04}.parquet", row_group_size=2**17)


def opened(reader: str, folder: Path) -> object:
    """The files as a table of one library."""
    if reader == "duckdb":
        import duckdb

        base = duckdb.connect()
        base.execute("set threads = 1")
        return base.read_parquet(f"{folder}/*.parquet")
    if reader == "polars":
        import polars

        return polars.scan_parquet(f"{folder}/*.parquet")
    return ds.dataset(folder)


def decoded(reader: str, folder: Path) -> None:
    """Every item read once by one library, a batch at a time."""
    table, rows = opened(reader, folder), 0
    if reader == "duckdb":
        rows = sum(batch.num_rows for batch in table.select(*ALL).to_arrow_reader(2**17))
    elif reader == "polars":
        rows = sum(batch.height for batch in table.select(ALL).collect_batches(chunk_size=2**17))
    else:
        rows = sum(batch.num_rows for batch in table.to_batches(columns=ALL, use_threads=False))
    assert rows


def one(reader: str, case: str, folder: Path) -> None:
    """Seconds and peak memory of one case, printed for the process that asked."""
    start = time.perf_counter()
    made = {}
    if case == "decoding":
        decoded(reader, folder)
    else:
        fitted = sx.fit(MODEL, opened(reader, folder), **CASES[case])
        assert fitted.converged
        assert fitted.vcov is not None
    made["seconds"] = time.perf_counter() - start
    if case == "cluster-robust chain":
        start = time.perf_counter()
        sx.bootstrap(fitted, replicates=1000)
        made["bootstrap"] = time.perf_counter() - start
    made["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps(made))


def measured(folder: Path, budget: float) -> None:
    """A table of seconds, their ratio to decoding by the same library, and peak memory."""
    end = time.monotonic() + budget
    print("| reader | case | seconds | of decoding | peak, GB |\n| --- | --- | ---: | ---: | ---: |")
    for reader in READERS:
        decoding = float("nan")
        for case in ("decoding", *CASES):
            left = end - time.monotonic()
            found = _in_a_process(reader, case, folder, left) if left > 0 else "no time left"
            if isinstance(found, str):
                print(f"| {reader} | {case} | {found} | | |", flush=True)
                if case == "decoding":
                    break
                continue
            decoding = found["seconds"] if case == "decoding" else decoding
            ratio = found["seconds"] / decoding
            print(f"| {reader} | {case} | {found['seconds']:.1f} | {ratio:.1f} | {found['peak']:.2f} |", flush=True)
            if "bootstrap" in found:
                print(f"| {reader} | 1,000 cluster bootstraps after it | {found['bootstrap']:.1f} | | |", flush=True)


def _in_a_process(reader: str, case: str, folder: Path, left: float) -> dict[str, float] | str:
    command = [sys.executable, __file__, "--one", reader, case, "--folder", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=left, check=False)
    except subprocess.TimeoutExpired:
        return "stopped by the budget"
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["failed"]
        return "not installed" if "ModuleNotFoundError" in last[0] else last[0][:60]
    return json.loads(done.stdout.strip().splitlines()[-1])


GROWING = {
    "rows": (100_000, 300_000, 1_000_000, 3_000_000),
    "patterns of gaps": (10, 100, 1000, 3000),
    "items": (10, 20, 40, 80),
    "clusters": (100, 1000, 10_000),
    "branches": (100, 1000, 10_000),
}


def grown(budget: float) -> pd.DataFrame:
    """Seconds with rows, patterns of gaps, items, clusters, and branches fitted one by one, while the budget lasts."""
    end, rows = time.monotonic() + budget, []
    _grown_once("rows", 10_000)  # what is imported and remembered at first is no growth
    for what, sizes in GROWING.items():
        for size in sizes:
            if time.monotonic() < end:
                rows.append({"what": what, "size": size, "seconds": _grown_once(what, size)})
    return pd.DataFrame(rows)


def _grown_once(what: str, size: int) -> float:
    with tempfile.TemporaryDirectory() as place:
        return _seconds(what, size, Path(place))


def _seconds(what: str, size: int, folder: Path) -> float:
    """Of a one-factor model of 20 items (or `size`) and 300,000 rows (or `size`, or 50 for each branch)."""
    n = {"rows": size, "branches": 50 * size}.get(what, 300_000)
    p = size if what == "items" else 9 if what == "branches" else 20
    rng = np.random.default_rng(2)
    names, joy = [f"x{k}" for k in range(p)], rng.normal(size=n).astype("f4")
    kinds = rng.random((size, p)) < 0.3 if what == "patterns of gaps" else np.zeros((1, p), dtype=bool)
    kinds[:, 0], kind = False, rng.integers(0, len(kinds), n)
    columns = {}
    for name, absent in zip(names, kinds.T, strict=True):
        answer = np.clip(np.round(4 + joy + rng.normal(size=n).astype("f4")), 1, 7).astype("i1")
        columns[name] = pa.array(answer, mask=absent[kind]) if absent.any() else answer
    columns["branch"] = rng.integers(0, size if what in ("clusters", "branches") else 100, n).astype("i4")
    pq.write_table(pa.table(columns), folder / "answers.parquet", row_group_size=2**17)
    del columns, joy, kind
    model, start = "joy =~ " + " + ".join(names), time.perf_counter()
    if what == "branches":
        sx.fit_many(model, folder, by="branch", effects=["joy =~ x1"])
    else:
        assert sx.fit(model, folder, **({"missing": "fiml"} if "gaps" in what else {"cluster": "branch"})).converged
    return time.perf_counter() - start


def exponents(found: pd.DataFrame) -> pd.Series:
    """The slope of log seconds on log size between the two largest sizes, by what grows: overhead is past there."""
    last = found.groupby("what", sort=False).tail(2).assign(size=lambda own: np.log(own["size"]))
    last["seconds"] = np.log(last["seconds"])
    slopes = {what: np.polyfit(own["size"], own["seconds"], 1)[0] for what, own in last.groupby("what") if len(own) > 1}
    return pd.Series(slopes, name="exponent")


def draw(found: pd.DataFrame, slopes: pd.Series, file: Path) -> None:
    """The figure of growth."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 2.6), layout="constrained")
    for axes, (what, own) in zip(figure.subplots(1, len(GROWING)), found.groupby("what", sort=False), strict=False):
        axes.loglog(own["size"], own["seconds"], "o-", color="#0072b2")
        axes.set(xlabel=what, title=f"exponent {slopes.get(what, float('nan')):.2f}")
        for axis, marks in ((axes.xaxis, own["size"]), (axes.yaxis, own["seconds"])):
            chosen = [marks.min(), marks.max()]
            axis.set_ticks(chosen, [f"{mark:,.0f}" if mark >= 10 else f"{mark:.1f}" for mark in chosen])
            axis.set_ticks([], minor=True)
        axes.title.set_fontsize(10)
    figure.axes[0].set_ylabel("seconds")
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asked = argparse.ArgumentParser()
    asked.add_argument("rows", nargs="?", type=int, default=10**6)
    asked.add_argument("--folder")
    asked.add_argument("--seconds", type=float, default=600)
    asked.add_argument("--growth", type=Path, nargs="?", const=Path("growth.png"))
    asked.add_argument("--one", nargs=2)
    given = asked.parse_args()
    if given.one:
        one(*given.one, Path(given.folder))
    elif given.growth:
        table = grown(given.seconds)
        print(table.to_string(index=False), exponents(table).round(2).to_string(), sep="\n")
        draw(table, exponents(table), given.growth)
    else:
        with tempfile.TemporaryDirectory(dir=given.folder) as made:
            write(Path(made), given.rows)
            measured(Path(made), given.seconds)
