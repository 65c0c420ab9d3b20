"""Does alignment find planted differences? make bench, or: python tests/benchmarks/alignment_recovery.py [samples]

Each sample has 6 groups of 400 respondents and 5 items of one construct; in one group an intercept is higher by half a
standard deviation of the construct, in another a loading is lower by 0.4, in a third another intercept is lower. A
sample counts where all three are named. Other parameters that are named are counted beside all that are alike. The exit
status is 1 where fewer than 95 % of the samples count. Half a minute of CPU.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from results_page import machine, markdown, write_section

import sexresearch as sx

ITEMS = [f"x{i}" for i in range(1, 6)]
MEANS = np.array([0.0, 0.4, -0.3, 0.8, 0.2, -0.6])
SAMPLES, WANTED = 200, 0.95
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


def main(samples: int = SAMPLES) -> int:
    """Run the samples and write the table."""
    start = time.process_time()
    wanted = {(item, kind, f"g{where}") for item, kind, where in PLANTED}
    whole, stray, alike, errors = 0, 0, 0, []
    for seed in range(samples):
        aligned = sx.align(sx.fit(f"joy =~ {' + '.join(ITEMS)}", answers(seed), group="brand"))
        rows = aligned.parameters[~aligned.parameters["invariant"]]
        named = set(zip(rows["item"], rows["parameter"], rows["group"], strict=True))
        whole += wanted <= named
        stray += len(named - wanted)
        alike += len(aligned.parameters) - len(wanted)
        errors.append(aligned.means["mean"].to_numpy() - MEANS)
    gap = np.array(errors)[:, 1:]
    row = {
        "samples": samples,
        "all three named": f"{100 * whole / samples:.1f} %",
        "at least 95 %": "yes" if whole >= WANTED * samples else "NO",
        "others named": f"{stray} of {alike} ({100 * stray / alike:.2f} %)",
        "bias of means, at most": f"{np.max(np.abs(gap.mean(axis=0))):.3f}",
        "error of means, root mean square": f"{np.sqrt(np.mean(gap**2)):.3f}",
    }
    about = (
        "Six groups of 400 respondents, five items of one construct, true means from -0.6 to 0.8 standard deviations "
        "of it; planted: an intercept higher by 0.5, a loading lower by 0.4, another intercept lower by 0.5, each in a "
        f"group of its own. Seeds 0 to {samples - 1}; {time.process_time() - start:.0f} s of CPU. {machine()}."
    )
    write_section("Alignment", about + "\n\n" + markdown([row]))
    print(markdown([row]))
    return int(whole < WANTED * samples)


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
