"""CPU time of a specification of `sx.multiverse` beside the same fit in lavaan: a chain of 39 items.

    OMP_NUM_THREADS=1 python tests/benchmarks/multiverse.py [SPECIFICATIONS [OF_THEM_IN_LAVAAN]]

The specifications leave out any one item of each of 13 constructs, by ML and by MLR, drawn by a seed. lavaan fits the
last of them, each with `sem` and the standardized total effect with its error (`standardizedSolution`), which is what
a row of the multiverse holds; estimates and errors must agree. One thread on either side. The section goes to
RESULTS.md; the exit status is 1 where the target is missed.
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from results_page import machine, markdown, write_section
from speed import THIRTEEN, Case, sample

import sexresearch as sx

SPECIFICATIONS, IN_LAVAAN, ROWS = 10_000, 20, 1000
TARGET, ASKED = 40.0, 10_000
AGREE = 2e-4  # lavaan stops earlier; errors of standardized effects come from finite differences there
SCRIPT = Path(__file__).with_suffix(".R")
SOURCE, LAST = "f0", f"f{len(THIRTEEN) - 1}"


def text_without(left_out: set[str]) -> str:
    """The chain without these items; the total effect of the first latent on the last as `total`."""
    lines, last = [], len(THIRTEEN) - 1
    for k, size in enumerate(THIRTEEN):
        lines.append(f"f{k} =~ " + " + ".join(x for j in range(size) if (x := f"x{k}_{j}") not in left_out))
    for k in range(1, last + 1):
        lines.append(f"f{k} ~ a{k}*f{k - 1}" + (f" + b{k}*f{k - 2}" if k > 1 else ""))
    lines += ["t1 := a1", "t2 := a2*t1 + b2", *(f"t{k} := a{k}*t{k - 1} + b{k}*t{k - 2}" for k in range(3, last + 1))]
    return "\n".join(lines).replace(f"t{last} :=", "total :=") + "\n"


def by_lavaan(rows: pd.DataFrame, data: pd.DataFrame) -> pd.DataFrame:
    """The same specifications by lavaan: seconds, est, se."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data.to_csv(folder / "data.csv", index=False, float_format="%.17g")
        for place, row in enumerate(rows.to_dict("records")):
            (folder / f"{place}.txt").write_text(text_without(set(str(row["left_out"]).split(", "))))
        rows["estimator"].to_csv(folder / "estimators.csv", index=False)
        subprocess.run(["Rscript", "--vanilla", str(SCRIPT), str(folder)], check=True, capture_output=True)
        return pd.read_csv(folder / "found.csv")


def main(specifications: int = SPECIFICATIONS, in_lavaan: int = IN_LAVAAN) -> bool:
    """Time both sides, compare what they find, and write the page; whether the target is reached."""
    data = sample(Case("fit", THIRTEEN, ROWS, 1))
    assert callable(sx.multiverse)  # loaded now: importing is no part of it
    start = time.process_time()
    found = sx.multiverse(data, text_without(set()), SOURCE, LAST, at_most=specifications, workers=1)
    ours = (time.process_time() - start) / found.n
    rows = found.specifications[found.specifications["converged"]].tail(in_lavaan)
    theirs = by_lavaan(rows, data)
    for column in ("est", "se"):
        np.testing.assert_allclose(rows[column], theirs[column], rtol=AGREE)
    ratio = float(theirs["seconds"].mean()) / ours
    each = float(theirs["seconds"].mean())
    table = [
        {"what": "sexresearch, per specification", "ms": f"{1e3 * ours:.1f}", "specifications": found.n},
        {"what": "lavaan, per specification", "ms": f"{1e3 * each:.0f}", "specifications": in_lavaan},
    ]
    head = (
        f"CPU time, one thread each: a chain of {sum(THIRTEEN)} items and {len(THIRTEEN)} latents, {ROWS} synthetic "
        f"respondents, any one item of each construct left out, ML and MLR; {found.n_converged} of {found.n} "
        f"converged. Estimates and errors of the {in_lavaan} that both fitted agree to {AGREE:g}. {machine()}."
    )
    hours = each * ASKED / 3600
    tail = (
        f"lavaan takes {ratio:.0f} times as long ({TARGET:.0f} asked). Extrapolated from these means, {ASKED:,} "
        f"specifications take {ours * ASKED:.0f} s here and {hours:.1f} h in lavaan, on one core each."
    )
    if specifications >= SPECIFICATIONS:
        tail = tail.replace("Extrapolated from these means", "lavaan's time being extrapolated from its mean")
    body = f"{head}\n\n{markdown(table)}\n\n{tail}"
    print(body)
    write_section("Multiverse", body)
    return ratio >= TARGET


if __name__ == "__main__":
    sys.exit(0 if main(*(int(argument) for argument in sys.argv[1:3])) else 1)
