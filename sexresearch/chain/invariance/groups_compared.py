"""The steps of invariance and the means that they allow, from one ascent."""

from __future__ import annotations

import pandas as pd

from sexresearch.chain.invariance.invariance import steps_frame
from sexresearch.chain.invariance.invariance_design import design_of, source_of, with_categories
from sexresearch.chain.invariance.ladder import climb
from sexresearch.chain.invariance.latent_means import means_frame
from sexresearch.sem import Fitting, Model


def groups_compared(
    model: Model | str, data: object, group: str, partial: bool = True, fitting: Fitting | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables of `invariance` and `latent_means`; every step is fitted once.

    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(400, 1)) + rng.normal(size=(400, 4)), columns=list("abcd"))
    >>> steps, means = groups_compared("joy =~ a + b + c + d", data.assign(brand=["low", "high"] * 200), "brand")
    >>> steps["step"].iloc[-1], means["step"].tolist()
    ('strict', ['scalar'])
    """
    source = with_categories(source_of(data, None, fitting), model, None, partial)
    design = design_of(model, source, group, None)
    rungs = climb(design, partial, "score", in_vain=False)
    return steps_frame(rungs), means_frame(design, [rung for rung in rungs if not rung.step.endswith("strict")])
