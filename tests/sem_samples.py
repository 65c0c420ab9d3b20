"""Seeded samples that several test files fit: a chain of factors, and the text of its model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from sexresearch.sem import Results

CHAIN = """
    quality =~ q1 + q2 + q3
    joy     =~ j1 + j2 + j3
    loyal   =~ l1 + l2 + l3
    joy   ~ a*quality
    loyal ~ b*joy + c*quality
    indirect := a*b
"""


def chain_sample(n: int = 400, seed: int = 7) -> pd.DataFrame:
    """Nine items of three factors in a chain, two exogenous columns, a group, a cluster and a weight."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=n)
    joy = 0.6 * quality + 0.8 * rng.normal(size=n)
    loyal = 0.5 * joy + 0.2 * quality + 0.7 * rng.normal(size=n)
    items = {
        f"{letter}{i}": (0.6 + 0.1 * i) * factor + 0.6 * rng.normal(size=n) + i
        for letter, factor in (("q", quality), ("j", joy), ("l", loyal))
        for i in (1, 2, 3)
    }
    extra = {
        "age": rng.normal(size=n) + 0.3 * quality,
        "member": (rng.random(n) < 0.4).astype(float),
        "brand": np.where(rng.random(n) < 0.5, "north", "south"),
        "branch": rng.integers(0, 40, n),
        "weight": rng.uniform(0.5, 2.0, n),
    }
    return pd.DataFrame({**items, **extra})


def with_gaps(data: pd.DataFrame, columns: list[str], share: float = 0.1, seed: int = 3) -> pd.DataFrame:
    """The data with a share of the answers in `columns` removed completely at random."""
    rng = np.random.default_rng(seed)
    out = data.copy()
    out[columns] = out[columns].mask(rng.random((len(out), len(columns))) < share)
    return out


def stopped(results: Results) -> Results:
    """The same results as if the minimiser had stopped before it reached a minimum."""
    constrained = results.fitted.constrained
    solution = replace(constrained.solution, converged=False, trouble="stopped early")
    return replace(results, fitted=replace(results.fitted, constrained=replace(constrained, solution=solution)))


def branch_answers(n: int) -> pd.DataFrame:
    """Five-point items a to f of two related factors, in 30 branches of two brands."""
    rng = np.random.default_rng(3)
    branch = rng.integers(0, 30, n)
    joy = rng.normal(size=n) + rng.normal(size=30)[branch] / 2
    stay = 0.6 * joy + rng.normal(size=n)
    columns = {x: np.clip(np.round((joy if x in "abc" else stay) + rng.normal(size=n) + 3), 1, 5) for x in "abcdef"}
    brands = np.where(branch < 12, "no", "so")
    return pd.DataFrame(columns).assign(branch=branch, brand=brands, w=rng.gamma(4, size=n))


def branch_answers_with_gaps(n: int) -> tuple[pd.DataFrame, np.random.Generator]:
    """The same, of which c has two categories, b and d have gaps and one row is silent; and the random numbers left."""
    rng, frame = np.random.default_rng(3), branch_answers(n)
    frame["c"] = (frame["c"] > 3).astype(float)
    for name in "bd":
        frame.loc[rng.random(n) < 0.08, name] = np.nan
    frame.loc[5, list("abcdef")] = np.nan
    return frame, rng
