"""What groups may be compared on, and how their means or links differ, each from one ascent."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sexresearch.chain.invariance.invariance import steps_frame
from sexresearch.chain.invariance.invariance_design import design_of, source_of, with_categories
from sexresearch.chain.invariance.ladder import climb, standing
from sexresearch.chain.invariance.latent_means import means_frame
from sexresearch.chain.invariance.path_differences import paths_frame, with_paths
from sexresearch.sem import Fitting, Model
from sexresearch.verdict import Verdict


@dataclass(frozen=True, eq=False)
class ComparedGroups:
    """The table of `invariance`, the table of differences, and verdicts on the steps that the differences rest on."""

    steps: pd.DataFrame
    differences: pd.DataFrame
    grounds: tuple[Verdict, ...]


def groups_compared(
    model: Model | str, data: object, group: str, partial: bool = True, fitting: Fitting | None = None
) -> ComparedGroups:
    """The tables of `invariance` and `latent_means`; every step is fitted once.

    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(400, 1)) + rng.normal(size=(400, 4)), columns=list("abcd"))
    >>> found = groups_compared("joy =~ a + b + c + d", data.assign(brand=["low", "high"] * 200), "brand")
    >>> found.steps["step"].iloc[-1], found.differences["step"].tolist(), len(found.grounds)
    ('strict', ['scalar'], 3)
    """
    source = with_categories(source_of(data, None, fitting), model, None, partial)
    design = design_of(model, source, group, None)
    rungs = climb(design, partial, "score", in_vain=False)
    below = [rung for rung in rungs if not rung.step.endswith("strict")]
    return ComparedGroups(steps_frame(rungs), means_frame(design, below), standing(below))


def links_compared(
    model: Model | str, data: object, group: str, partial: bool = True, fitting: Fitting | None = None
) -> tuple[pd.DataFrame, tuple[Verdict, ...]]:
    """The table of `path_differences`, and verdicts on the steps that it rests on."""
    source = with_categories(source_of(data, None, fitting), model, None, partial)
    design = with_paths(design_of(model, source, group, None))
    rungs = climb(design, partial, "score", last="metric")
    return paths_frame(design, rungs), standing(rungs)
