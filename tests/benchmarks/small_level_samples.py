"""Small, noisy samples at two levels: does our search converge where lavaan's does, and end at no lower likelihood?

    python tests/benchmarks/small_level_samples.py

The samples are those of tests/reference/levels/small_level_samples.py that lavaan's stored answers are known of. The
exit status is 1 where lavaan converges and we do not, or where our likelihood is lower.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import pandas as pd
from results_page import machine, markdown, write_section

import sexresearch as sx

sys.path.insert(0, str(Path(__file__).parents[1] / "reference" / "levels"))  # before this script, of the same name
from small_level_samples import ANSWERS, MODELS, label, names, sample

LOWER = 1e-4  # of the log-likelihood: lavaan's own stopping error is smaller, another maximum far apart
WORDS = {"factor": "one factor, 4 items", "path": "path between factors, 6 items"}


def ours(samples: list[str]) -> pd.DataFrame:
    """Whether each sample converged, where, and its CPU seconds."""
    rows = []
    for name in samples:
        kind, clusters, number = name.split("_")
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sx.FitWarning)
            results = sx.fit(MODELS[kind], sample(kind, int(clusters), int(number)), cluster="branch")
        rows.append((results.converged, results.fitted.log_likelihood, time.process_time() - start))
    return pd.DataFrame(rows, columns=["converged", "logl", "seconds"], index=samples)


def main() -> int:
    """Fit every sample, and write the table."""
    found = ours([label(*key) for key in names()])
    theirs = pd.read_csv(ANSWERS, index_col="sample")  # after our fits: answers may still be on their way
    theirs = theirs.loc[[name for name in found.index if name in theirs.index]]
    found = found.loc[theirs.index]
    both = found["converged"] & theirs["converged"]
    gap = found["logl"] - theirs["logl"]
    kinds = theirs.index.str.rsplit("_", n=1).str[0]
    table = []
    for kind in dict.fromkeys(kinds):
        own = kinds == kind
        name, clusters = kind.split("_")
        table.append(
            {
                "model": WORDS[name],
                "clusters": clusters,
                "samples": own.sum(),
                "lavaan converged": theirs.loc[own, "converged"].sum(),
                "ours converged": found.loc[own, "converged"].sum(),
                "lavaan alone": (theirs["converged"] & ~found["converged"])[own].sum(),
                "ours lower": (gap < -LOWER)[own & both].sum(),
                "ours higher": (gap > LOWER)[own & both].sum(),
                "ours, seconds": f"{found.loc[own, 'seconds'].mean():.2f}",
            }
        )
    about = (
        f"Clusters of 5 to 10 rows, a tenth of the variance between them; {len(theirs)} of 240 samples, those "
        "whose answers by lavaan 0.6-14 (500 iterations) are stored. "
        "Lower and higher: log-likelihoods where both converged, by more than "
        f"{LOWER:g}. Seconds are of CPU. {machine()}."
    )
    write_section("Small samples at two levels", about + "\n\n" + markdown(table))
    print(markdown(table))
    return int(any(row["lavaan alone"] or row["ours lower"] for row in table))


if __name__ == "__main__":
    sys.exit(main())
