"""Answers of 40 branches to three items with a factor at either level, made from a seed: python items.py."""

from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(43)
sizes = rng.integers(6, 15, 40)
branch = np.repeat(np.arange(40), sizes)
within, between = rng.normal(size=len(branch)), rng.normal(size=40)[branch]
loads = {"x1": (0.8, 0.6), "x2": (0.7, 0.5), "x3": (0.6, 0.4)}
frame = {
    name: own * within + shared * between + 0.7 * rng.normal(size=len(branch)) + 0.4 * rng.normal(size=40)[branch]
    for name, (own, shared) in loads.items()
}
pd.DataFrame({"branch": branch} | frame).round(3).to_csv(Path(__file__).parent / "items.csv", index=False)
