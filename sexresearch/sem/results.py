"""`Results`: what a fit found, each table built when it is first asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from sexresearch.sem.fit_measures import fit_measures
from sexresearch.sem.fitted import Fitted
from sexresearch.sem.inference import vcov
from sexresearch.sem.lavaan_script import lavaan_script
from sexresearch.sem.model import Model
from sexresearch.sem.provenance import Provenance
from sexresearch.sem.standardized import explained
from sexresearch.sem.summary import Summary, summarize
from sexresearch.sem.tables import parameter_frame

Moment = dict[str, pd.DataFrame | pd.Series]


@dataclass(frozen=True, repr=False)
class Results:
    """A fitted model.

    `problems` lists in words whatever was dropped, improper or not converged; empty where all is well.
    `reasons` says why a fit measure is missing. `provenance` tells how the numbers came about.
    Frames are new objects on every access of a property, so changing one changes nothing here.
    """

    model: Model
    fitted: Fitted
    provenance: Provenance
    problems: tuple[str, ...] = ()
    errors: np.ndarray | None = field(default=None)

    @property
    def converged(self) -> bool:
        """Whether a minimum was reached: tiny Newton decrement, positive curvature."""
        return self.fitted.constrained.solution.converged

    @property
    def nobs(self) -> int:
        """Respondents used, over all groups."""
        return sum(sample.nobs for sample in self.fitted.samples)

    @property
    def groups(self) -> tuple[object, ...]:
        """Labels of the groups in order; empty for one group."""
        labels = tuple(sample.label for sample in self.fitted.samples)
        return labels if len(labels) > 1 else ()

    @property
    def latents(self) -> tuple[str, ...]:
        """Latent variables."""
        return tuple(dict.fromkeys(name for role in self.fitted.table.roles for name in role.latent))

    @property
    def observed(self) -> tuple[str, ...]:
        """Observed variables."""
        return tuple(dict.fromkeys(name for role in self.fitted.table.roles for name in role.observed))

    @cached_property
    def _vcov(self) -> np.ndarray:
        if self.errors is not None:
            return self.errors
        if not self.converged:
            return np.full((self.fitted.table.n_free,) * 2, np.nan)
        return vcov(self.fitted)

    @cached_property
    def _parameters(self) -> pd.DataFrame:
        return parameter_frame(self.fitted, self._vcov)

    @cached_property
    def _measures(self) -> pd.Series:
        measures = fit_measures(self.fitted)
        if not self.converged:
            keep = {"npar", "df", "ntotal"}
            measures[[name for name in measures.index if name not in keep]] = math.nan
        return measures

    @property
    def parameters(self) -> pd.DataFrame:
        """One row per parameter: lhs op rhs label group level est se z pvalue ci_lower ci_upper std_lv std_all.

        Fixed parameters have `se` 0 and missing z. `group` and `level` are missing where they do not apply.
        """
        return self._parameters.copy()

    @property
    def fit_measures(self) -> pd.Series:
        """Fit measures under lavaan's names (``.`` written ``_``); NaN where one does not apply."""
        return self._measures.copy()

    @property
    def reasons(self) -> dict[str, str]:
        """Why a fit measure is missing, by its name; empty where none is."""
        if not self.converged:
            reason = "the fit did not converge"
        elif self._measures["df"] == 0:
            reason = "the model has no degrees of freedom left to test"
        else:
            reason = "the model fits exactly or its baseline has nothing to explain"
        return {str(name): reason for name in self._measures.index[self._measures.isna()]}

    @property
    def vcov(self) -> pd.DataFrame:
        """(q, q) covariance matrix of the free parameters."""
        names = list(self.fitted.table.free_names())
        return pd.DataFrame(self._vcov.copy(), index=names, columns=names)

    @property
    def r_squared(self) -> pd.Series:
        """Explained variance of every endogenous variable; indexed by (group, variable) where there are groups."""
        parts = {
            sample.label: explained(state)
            for sample, state in zip(self.fitted.samples, self.fitted.states, strict=True)
        }
        if not self.groups:
            return pd.Series(next(iter(parts.values())), name="r_squared", dtype=float)
        flat = {(label, name): value for label, part in parts.items() for name, value in part.items()}
        index = pd.MultiIndex.from_tuples(list(flat), names=["group", "variable"])
        return pd.Series(list(flat.values()), index=index, name="r_squared", dtype=float)

    @property
    def implied(self) -> dict[object, Moment] | Moment:
        """Model-implied {"cov": DataFrame, "mean": Series}, by group label where there are groups."""
        return self._by_group([(s.names, st.cov, st.mean) for s, st in self._pairs()])

    @property
    def residuals(self) -> dict[object, Moment] | Moment:
        """Sample (maximum-likelihood) less implied moments, in the shape of `implied`."""
        return self._by_group([(s.names, s.cov - st.cov, s.mean - st.mean) for s, st in self._pairs()])

    def _pairs(self):  # type: ignore[no-untyped-def]
        return list(zip(self.fitted.samples, self.fitted.states, strict=True))

    def _by_group(self, parts: list[tuple[tuple[str, ...], np.ndarray, np.ndarray]]) -> dict:
        made = [
            {
                "cov": pd.DataFrame(cov, index=list(names), columns=list(names)),
                "mean": pd.Series(mean, index=list(names)),
            }
            for names, cov, mean in parts
        ]
        return dict(zip(self.groups, made, strict=True)) if self.groups else made[0]

    def summary(self) -> Summary:
        """What lavaan's `summary(fit, fit.measures = TRUE, standardized = TRUE)` shows, as text and HTML."""
        return summarize(self.parameters, self.fit_measures, self.r_squared, self.problems, self.provenance)

    def to_lavaan(self) -> str:
        """R script that repeats this fit with lavaan: `Rscript fit.R answers.csv`, or without a file for moments."""
        return lavaan_script(self.model, self.fitted)

    def __repr__(self) -> str:
        m = self._measures
        state = "converged" if self.converged else "DID NOT CONVERGE"
        return (
            f"Results({self.fitted.options.estimator}, n = {self.nobs}, {state}: "
            f"chisq {m['chisq']:.3f}, df {m['df']:.0f}, CFI {m['cfi']:.3f}, RMSEA {m['rmsea']:.3f}"
            f"{f', {len(self.problems)} problem(s)' if self.problems else ''})"
        )
