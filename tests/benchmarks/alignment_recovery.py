"""Does alignment find planted differences? python tests/benchmarks/alignment_recovery.py [samples]

Each sample has 6 groups of 400 respondents and 5 items of one construct; in one group an intercept is higher by half a
standard deviation of the construct, in another a loading is lower by 0.4, in a third another intercept is lower. A
sample counts where all three are named. Other parameters that are named are counted beside all that are alike.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

import sexresearch as sx

ITEMS = [f"x{i}" for i in range(1, 6)]
MEANS = np.array([0.0, 0.4, -0.3, 0.8, 0.2, -0.6])
PLANTED = {("x1", "intercept", 1): 0.5, ("x3", "loading", 3): -0.4, ("x5", "intercept", 4): -0.5}


def answers(seed: int) -> pd.DataFrame:
    """One sample."""
    rng, parts = np.random.default_rng(seed), []
    for group, mean in enumerate(MEANS):
        factor = rng.normal(mean, 1.0 + 0.05 * group, 400)
        values = np.outer(factor, np.full(5, 0.9)) + 0.7 * rng.normal(size=(400, 5))
        for (item, kind, where), size in PLANTED.items():
            if where == group:
                values[:, ITEMS.index(item)] += size * (factor if kind == "loading" else 1.0)
        parts.append(pd.DataFrame(values, columns=ITEMS).assign(brand=f"g{group}"))
    return pd.concat(parts, ignore_index=True)


def main(samples: int) -> None:
    """Print the shares, and how near the means of the groups come."""
    wanted = {(item, kind, f"g{where}") for item, kind, where in PLANTED}
    whole, stray, alike, errors = 0, 0, 0, []
    for seed in range(samples):
        found = sx.align(sx.fit(f"joy =~ {' + '.join(ITEMS)}", answers(seed), group="brand"))
        rows = found.parameters[~found.parameters["invariant"]]
        named = set(zip(rows["item"], rows["parameter"], rows["group"], strict=True))
        whole += wanted <= named
        stray += len(named - wanted)
        alike += len(found.parameters) - len(wanted)
        errors.append(found.means["mean"].to_numpy() - MEANS)
    spread = np.sqrt(np.mean(np.square(errors), axis=0)).round(3).tolist()
    print(f"all planted differences named in {whole} of {samples} samples ({whole / samples:.1%})")
    print(f"other parameters named: {stray} of {alike} ({stray / alike:.2%})")
    print(f"error of means, root mean square: {spread}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
