"""Seconds and peak memory of chains fitted to Parquet beside those of decoding it: python scale.py [ROWS] [FOLDER].

Seven-point answers to 40 items in 2,000 branches and three brands, written half a million rows to a file.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

import sexresearch as sx

ITEMS = {"excellence": 14, "delight": 13, "loyalty": 13}
NAMES = {name: [f"{name[0]}{k}" for k in range(count)] for name, count in ITEMS.items()}
MODEL = "\n".join(f"{name} =~ {' + '.join(items)}" for name, items in NAMES.items())
MODEL += "\ndelight ~ excellence\nloyalty ~ delight"
CASES = [{}, {"cluster": "branch"}, {"cluster": "branch", "group": "brand"}]
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


def measure(folder: Path) -> None:
    """A table of seconds, their ratio to decoding, and peak memory so far."""
    items, start = [name for own in NAMES.values() for name in own], time.perf_counter()
    rows = sum(batch.num_rows for batch in ds.dataset(folder).to_batches(columns=items))
    decoding = time.perf_counter() - start
    print(f"{rows} rows: decoding {decoding:.2f} s")
    for options in CASES:
        start = time.perf_counter()
        assert sx.fit(MODEL, folder, **options).converged
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"{options}: {seconds:.2f} s, {seconds / decoding:.1f} times decoding, peak {peak:.2f} GB")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as made:
        write(Path(made), int(sys.argv[1]) if len(sys.argv) > 1 else 10**6)
        measure(Path(made))
