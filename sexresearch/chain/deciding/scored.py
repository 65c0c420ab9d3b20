"""What respondents gave a target and what is set beside it, in points from 0 to 100, from a fit or from answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from sexresearch.chain.deciding.latent_points import latent_points
from sexresearch.chain.deciding.recipes import GroupRecipes, Recipes, of_fit, of_survey
from sexresearch.chain.investing.scales import Scale
from sexresearch.errors import OptionError
from sexresearch.sem import Results
from sexresearch.sem.view import Array, View, view
from sexresearch.survey.survey import Survey

Scores = Literal["composite", "latent"]
SCORES = get_args(Scores)
DECIMALS = 9  # of points from 0 to 100: sums of the same answers in another order are the same points


@dataclass(frozen=True, eq=False)
class ScoredData:
    """target (n,) and points (n, k) of the names, NaN where missing; made : what they are made of."""

    target: Array
    points: Array
    names: tuple[str, ...]
    made: Recipes

    @property
    def groups(self) -> list[ScoredData]:
        """The same by group; respondents who weigh nothing are left out."""
        return [self._of(part) for part in self.made.parts]

    @property
    def label(self) -> object:
        """The label of the group, where this is one of several."""
        return self.made.parts[0].label

    def note(self, name: str) -> str:
        """What is to be said of the points of a name."""
        return self.made.parts[0].notes.get(name, "")

    def _of(self, part: GroupRecipes) -> ScoredData:
        rows = self.made.counted(part)
        return ScoredData(self.target[rows], self.points[rows], self.names, self.made.of(part))


def scored(
    data: Results | View | Survey | pd.DataFrame,
    question: str,
    target: str,
    names: Sequence[str] | None,
    scale: Scale | None,
    scores: str,
) -> ScoredData:
    """The points of the target and of the names (default: see `of_survey`, `of_fit`) by the scores asked for."""
    if scores not in SCORES:
        raise OptionError(f"scores {scores!r} is not known; allowed: {', '.join(SCORES)}")
    if names is not None and target in names:
        raise OptionError(f"{target!r} is the target, and cannot be set beside itself")
    if isinstance(data, Survey | pd.DataFrame):
        if scores == "latent":
            raise OptionError("scores='latent' needs the results of a fit, and answers have none: fit a model first")
        made, others = of_survey(data, target, names, scale)
    else:
        made, others = of_fit(view(data, question), question, target, names, scale)
    if not others:
        raise OptionError(f"nothing is set beside {target}: name some constructs or columns")
    wanted = [target, *others]
    if scores == "latent":
        if not isinstance(data, Results):
            raise OptionError("scores='latent' needs Results: other engines hand over no factor scores")
        if view(data, question).categories:
            raise OptionError("scores='latent' takes numbers, and this fit has ordered items: use estimator='MLR'")
        values = latent_points(data, made, wanted)
    else:
        values = np.stack([made.points(name) for name in wanted], axis=1)
    values = values.round(DECIMALS)
    return ScoredData(values[:, 0], values[:, 1:], tuple(others), made)
