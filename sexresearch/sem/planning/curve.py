"""`Power`: what simulated studies found, by sample size and effect, and the sample size a target power needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sexresearch.frozen import by_value
from sexresearch.sem.arrays import Array
from sexresearch.sem.language.model import Model
from sexresearch.sem.planning.trials import TrialEstimates
from sexresearch.sem.planning.wanted import TargetEffect


@by_value
@dataclass(frozen=True, repr=False)
class Power:
    """What `power` found.

    table : one row per sample size and effect: n effect (group) population est bias relative_bias se_ratio coverage
    power power_se replicates failed improper note.
    needed : effect (group) target_power needed note, the sample size at which the power curve crosses the target.
    failures : n reason replicates, empty where every sample was estimated.
    model : what was fitted to every sample. note : what was assumed about the population, empty where nothing was.
    """

    table: pd.DataFrame
    needed: pd.DataFrame
    failures: pd.DataFrame
    model: Model
    requested: int
    seed: int
    note: str = ""

    def __repr__(self) -> str:
        lost = int(self.failures["replicates"].sum())
        rows = zip(self.needed["effect"], self.needed["needed"], self.needed["note"], strict=True)
        text = "; ".join(f"{effect}: {note or f'n = {needed:.0f}'}" for effect, needed, note in rows)
        return f"Power({self.requested} samples per size, seed {self.seed}{f', {lost} lost' if lost else ''}: {text})"


def table_of(
    estimates: TrialEstimates, wanted: Sequence[TargetEffect], truth: Array, alpha: float, note: str
) -> pd.DataFrame:
    """One row per effect at one sample size."""
    half = float(ndtri(1 - alpha / 2))
    rows = []
    for k, (effect, true) in enumerate(zip(wanted, truth, strict=True)):
        usable = np.isfinite(estimates.se[:, k]) & (estimates.se[:, k] > 0)
        row = {"n": estimates.n, "effect": effect.name, "group": effect.group, "population": float(true)}
        row |= summary(estimates.est[usable, k], estimates.se[usable, k], float(true), half)
        unusable = int((~usable).sum())
        notes = [note] * bool(note) + [f"{unusable} samples have no standard error"] * bool(unusable)
        row |= {
            "failed": sum(estimates.failures.values()) + unusable,
            "improper": estimates.improper,
            "note": "; ".join(notes),
        }
        rows.append(row)
    frame = pd.DataFrame(rows)
    return frame if any(effect.group is not None for effect in wanted) else frame.drop(columns="group")


def summary(est: Array, se: Array, true: float, half: float) -> dict[str, float]:
    """Bias, coverage and power from estimates and standard errors (R,); NaN where there are too few.

    se_ratio : mean standard error over the standard deviation of the estimates; power_se : sqrt(power (1 - power) / R).

    >>> summary(np.array([0.1, 0.3]), np.array([0.1, 0.1]), 0.2, half=1.96)["power"]
    0.5
    """
    count = len(est)
    if count < 2:
        names = ("est", "bias", "relative_bias", "se_ratio", "coverage", "power", "power_se")
        return dict.fromkeys(names, np.nan) | {"replicates": count}
    share = float(np.mean(np.abs(est) > half * se))
    mean, spread = float(est.mean()), float(est.std(ddof=1))
    return {
        "est": mean,
        "bias": mean - true,
        "relative_bias": (mean - true) / true if true else np.nan,
        "se_ratio": float(se.mean()) / spread if spread > 0 else np.nan,
        "coverage": float(np.mean(np.abs(est - true) <= half * se)),
        "power": share,
        "power_se": float(np.sqrt(share * (1 - share) / count)),
        "replicates": count,
    }


def needed_sizes(table: pd.DataFrame, target: float) -> pd.DataFrame:
    """The n at which each effect's power crosses the target: effect (group) target_power needed note.

    Between neighbouring sizes, Phi^-1(power) is taken as linear in sqrt(n), which it is for a z test but for its far
    tail. NaN with its reason where the sizes tried do not enclose the target.
    """
    keys = [name for name in ("effect", "group") if name in table]
    rows = []
    for key, part in table.groupby(keys, sort=False, dropna=False):
        ordered = part.sort_values("n")
        n, powers = ordered["n"].to_numpy(), ordered["power"].to_numpy()
        value, note = crossing(n, powers, int(ordered["replicates"].max()), target)
        rows.append({**dict(zip(keys, key, strict=True)), "target_power": target, "needed": value, "note": note})
    return pd.DataFrame(rows)


def crossing(n: Array, power: Array, replicates: int, target: float) -> tuple[float, str]:
    """The n at which the power curve crosses the target, or NaN and why not.

    >>> round(crossing(np.array([100, 200]), np.array([0.5, 0.9]), 1000, 0.8)[0])
    162
    """
    n, power = n[np.isfinite(power)], power[np.isfinite(power)]
    above = np.flatnonzero(power >= target)
    if not len(n):
        return np.nan, "no sample could be estimated"
    if not len(above):
        return np.nan, f"more than {n[-1]}: power is {power[-1]:.3f} at the largest n tried"
    k = above[0]
    if k == 0:
        return np.nan, f"at most {n[0]}: power is {power[0]:.3f} at the smallest n tried"
    low, high = ndtri(np.clip(power[k - 1 : k + 1], 0.5 / replicates, 1 - 0.5 / replicates))
    root = np.sqrt(n[k - 1 : k + 1].astype(float))
    share = (float(ndtri(target)) - low) / (high - low)
    return float(np.ceil((root[0] + np.clip(share, 0.0, 1.0) * (root[1] - root[0])) ** 2)), ""
