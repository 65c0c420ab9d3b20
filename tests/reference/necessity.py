"""Necessary conditions by seminrExtras 0.1.0 (GPL-3), a port of R's seminrExtras. Writes necessity.csv beside this.

    pip install seminrextras==0.1.0 && python tests/reference/necessity.py

d and bottlenecks (per cent of the condition's range, at every tenth per cent of the target's) of pairs of columns in
data/: numbers without ties, and answers in categories.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from seminrExtras.nca import compute_bottleneck_column, nca_effect_size

FOLDER = Path(__file__).parent
PAIRS = [
    ("chain", "qua1", "loy1"),
    ("chain", "sat1", "del2"),
    ("chain", "del1", "loy3"),
    ("chain", "exp2", "loy2"),
    ("likert", "q1", "c1"),
    ("likert", "m5", "c2"),
    ("likert", "q4", "q7"),
    ("likert", "q9", "m4"),
]


def main() -> None:
    """Compute every pair by both ceilings and write the table."""
    rows = []
    for file, condition, target in PAIRS:
        data = pd.read_csv(FOLDER / "data" / f"{file}.csv")[[condition, target]].dropna()
        x, y = data[condition].to_numpy(float), data[target].to_numpy(float)
        for ceiling in ("ce_fdh", "cr_fdh"):
            row: dict[str, object] = {"file": file, "condition": condition, "target": target, "ceiling": ceiling}
            row["d"] = repr(float(nca_effect_size(x, y, ceiling)))
            asked = compute_bottleneck_column(x, y, ceiling, 10)
            rows.append(row | {f"at_{10 * i}": value for i, value in enumerate(np.asarray(asked))})
    pd.DataFrame(rows).to_csv(FOLDER / "necessity.csv", index=False)


if __name__ == "__main__":
    main()
