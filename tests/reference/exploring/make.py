"""Answers with a nearly duplicated item, and with three related factors, made from a seed: python make.py."""

from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(23)
factors = rng.multivariate_normal([0, 0, 0], [[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]], size=450)
loads = (0.9, 0.8, 0.7)
items = {f"x{k + 1}": factors[:, k // 3] * loads[k % 3] + 0.8 * rng.normal(size=450) for k in range(9)}
items["again"] = items["x1"] + 0.05 * rng.normal(size=450)
pd.DataFrame(items).round(4).to_csv(Path(__file__).parent / "items.csv", index=False)
