"""Answers of 14 branches of unequal size to three items from 1 to 5, made from a seed: python make.py."""

from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(41)
sizes = rng.integers(2, 12, 14)
branch = np.repeat(np.arange(14), sizes)
mood = rng.normal(size=14)[branch] * 0.6 + rng.normal(size=len(branch)) * 0.6
items = {f"x{k}": np.clip(np.rint(3.2 + mood + 0.7 * rng.normal(size=len(branch))), 1, 5) for k in (1, 2, 3)}
frame = pd.DataFrame({"branch": [f"B{number:02d}" for number in branch]} | items)
frame.loc[rng.random(len(frame)) < 0.08, "x3"] = np.nan
frame.to_csv(Path(__file__).parent / "answers.csv", index=False)
