"""Seconds and peak memory of chains fitted to large tables beside those of decoding them, and how they grow.

python scale.py [ROWS] [--folder FOLDER] [--seconds BUDGET] [--only WORD] [--store] [--growth FILE]

Seven-point answers to 40 items in 2,000 branches and three brands, written half a million rows to a file; pyarrow,
DuckDB and polars side by side. Every case runs in a process of its own, so that its peak is its own, and none begins
once the budget is spent. The run of ten million rows: python scale.py 10000000 --seconds 3600 --store, which writes
RESULTS.md; `--only WLSMV` leaves other chains out. Beside seconds of the clock stand those of all processors together,
which other work on the machine changes less. `--growth` fits exponents of growth with rows, patterns, items and
branches to medians of processor time, and draws them.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import importlib
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
from results_page import machine, markdown, write_section

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
BOOTSTRAPPED = ("cluster-robust chain", "cluster-robust WLSMV chain")
IN_A_FILE = 500_000
COLUMNS = ("reader", "case", "seconds", "of decoding", "processor s", "of its processor s", "peak, GB")


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
    warm(reader)
    start, spent = time.perf_counter(), time.process_time()
    made = {}
    if case == "decoding":
        decoded(reader, folder)
    else:
        fitted = sx.fit(MODEL, opened(reader, folder), **CASES[case])
        assert fitted.converged
        assert fitted.vcov is not None
    made["seconds"], made["cpu"] = time.perf_counter() - start, time.process_time() - spent
    if case in BOOTSTRAPPED:
        start, spent = time.perf_counter(), time.process_time()
        sx.bootstrap(fitted, replicates=1000)
        made["bootstrap"], made["bootstrap cpu"] = time.perf_counter() - start, time.process_time() - spent
    made["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps(made))


def warm(reader: str) -> None:
    """What reads and what fits imported, which is no part of reading."""
    assert all(callable(verb) for verb in (sx.fit, sx.fit_many, sx.bootstrap))
    if reader != "pyarrow":
        importlib.import_module(reader)


def measured(folder: Path, budget: float, only: str) -> list[dict[str, object]]:
    """Rows of a table: seconds, processor seconds, their ratios to decoding by the same library, and peak memory."""
    end, table = time.monotonic() + budget, list[dict[str, object]]()

    def add(reader: str, case: str, found: dict[str, float] | str, base: dict[str, float] | None) -> None:
        row: dict[str, object] = dict.fromkeys(COLUMNS, "") | {"reader": reader, "case": case}
        if isinstance(found, str):
            row["seconds"] = found
        else:
            row |= {"seconds": f"{found['seconds']:.1f}", "processor s": f"{found['cpu']:.1f}"}
            row["peak, GB"] = f"{found['peak']:.2f}" if "peak" in found else ""
            if base:
                row["of decoding"] = f"{found['seconds'] / base['seconds']:.1f}"
                row["of its processor s"] = f"{found['cpu'] / base['cpu']:.1f}"
        table.append(row)
        print(row, flush=True)

    for reader in READERS:
        base: dict[str, float] | None = None
        for case in ("decoding", *(case for case in CASES if only in case)):
            left = end - time.monotonic()
            found = _in_a_process(reader, case, folder, left) if left > 0 else "no time left"
            if case == "decoding" and not isinstance(found, str):
                base = found
            add(reader, case, found, base)
            if base is None:
                break
            if "bootstrap" in found and not isinstance(found, str):
                own = {"seconds": found["bootstrap"], "cpu": found["bootstrap cpu"]}
                add(reader, "1,000 cluster bootstraps after it", own, None)
    return table


def stored(table: list[dict[str, object]], rows: int) -> None:
    """The section of RESULTS.md."""
    about = (
        f"{rows:,} synthetic rows of 40 seven-point items in 2,000 branches, Parquet, each case in its own process; "
        "seconds of the clock, and of all processors together, which other work on the machine changes less. Asked: at "
        f"most 10 times the time of decoding the same columns, under 2 GB. Load of the machine at the end: "
        f"{os.getloadavg()[1]:.1f}. {machine()}."
    )
    write_section("Ten million answers" if rows == 10**7 else "Many answers", about + "\n\n" + markdown(table))


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


ROUNDS = 3


def grown(budget: float) -> pd.DataFrame:
    """Processor seconds with rows, patterns of gaps, items, clusters, and branches fitted one by one: medians.

    All sizes are measured in turn, up to three times while the budget lasts, each at least once.
    """
    end, rows = time.monotonic() + budget, []
    grown_once("rows", 10_000)  # what is imported and remembered at first is no growth
    for turn in range(ROUNDS):
        for what, sizes in GROWING.items():
            for size in sizes:
                if not turn or time.monotonic() < end:
                    rows.append({"what": what, "size": size, "seconds": grown_once(what, size)})
    found = pd.DataFrame(rows).groupby(["what", "size"], sort=False)["seconds"]
    return found.agg(["median", "count"]).rename(columns={"median": "seconds", "count": "rounds"}).reset_index()


def grown_once(what: str, size: int) -> float:
    """Processor seconds of one size."""
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
    model, start = "joy =~ " + " + ".join(names), time.process_time()
    if what == "branches":
        sx.fit_many(model, folder, by="branch", effects=["joy =~ x1"])
    else:
        assert sx.fit(model, folder, **({"missing": "fiml"} if "gaps" in what else {"cluster": "branch"})).converged
    return time.process_time() - start


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
            axis.set_ticks(chosen, [f"{mark:,.0f}" if mark >= 10 else f"{mark:.2g}" for mark in chosen])
            axis.set_ticks([], minor=True)
        axes.title.set_fontsize(10)
    figure.axes[0].set_ylabel("processor seconds")
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asked = argparse.ArgumentParser()
    asked.add_argument("rows", nargs="?", type=int, default=10**6)
    asked.add_argument("--folder")
    asked.add_argument("--seconds", type=float, default=600)
    asked.add_argument("--growth", type=Path, nargs="?", const=Path("growth.png"))
    asked.add_argument("--only", default="")
    asked.add_argument("--store", action="store_true")
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
            found = measured(Path(made), given.seconds, given.only)
        print(markdown(found))
        if given.store:
            stored(found, given.rows)
