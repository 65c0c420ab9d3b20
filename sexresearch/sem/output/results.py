"""`Results`: what a fit found, each table built when it is first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import ModelError, OptionError
from sexresearch.frozen import by_value, copied, read_only_property
from sexresearch.habits import hinting
from sexresearch.marking import marked
from sexresearch.sem.after.answer_coverage import coverage, patterns
from sexresearch.sem.after.factor_scores import ScoreMethod, factor_scores, predicted_answers, score_reliability
from sexresearch.sem.after.group_rows import no_rows
from sexresearch.sem.after.modification import modification_indices
from sexresearch.sem.after.residual_table import ResidualKind, residual_table
from sexresearch.sem.after.score_tests import score_tests
from sexresearch.sem.after.wald import wald_test
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.inference.fit_measures import fit_measures
from sexresearch.sem.inference.parameter_frame import parameter_frame
from sexresearch.sem.inference.reasons import missing_reasons
from sexresearch.sem.inference.vcov import vcov
from sexresearch.sem.language.levels import refuse_levels
from sexresearch.sem.language.model import Model
from sexresearch.sem.output import moment_frames
from sexresearch.sem.output.bibliography import bibtex, references
from sexresearch.sem.output.lavaan_script import lavaan_script
from sexresearch.sem.output.moment_frames import Moment
from sexresearch.sem.output.problems import inadmissible
from sexresearch.sem.output.provenance import Provenance
from sexresearch.sem.output.reported import reported, test_in_words
from sexresearch.sem.output.results_html import results_html
from sexresearch.sem.output.summary import Summary, summarize
from sexresearch.sem.output.uncomputed import uncomputed_measures


@hinting
@by_value
@dataclass(frozen=True, repr=False)
class Results:
    """A fitted model.

    `problems` lists in words whatever was dropped, improper or not converged; empty where all is well. `reasons` says
    why a fit measure is missing. `provenance` tells how the numbers came about. `rows` holds the columns of the data
    that the model uses, dropped rows included; None for moments. Frames are new on every access.
    """

    model: Model
    fitted: Fitted
    provenance: Provenance
    problems: tuple[str, ...] = ()
    errors: np.ndarray | None = None
    rows: pd.DataFrame | None = None

    @property
    def converged(self) -> bool:
        """Whether a minimum was reached: tiny Newton decrement, positive curvature."""
        return self.fitted.constrained.solution.converged

    @property
    def inadmissible(self) -> tuple[str, ...]:
        """Why the solution is not admissible: not converged, negative variances, impossible correlations; or empty."""
        return inadmissible(self.fitted)

    @property
    def options(self) -> Options:
        """How it was fitted: every option with its default decided."""
        return self.fitted.options

    @property
    def nobs(self) -> int:
        """Respondents used, over all groups."""
        return sum(sample.nobs for sample in self.fitted.samples)

    @property
    def groups(self) -> tuple[object, ...]:
        """Labels of the groups in order; empty for one group."""
        labels = tuple(sample.label for sample in self.fitted.samples[:: self.fitted.table.n_levels])
        return labels if len(labels) > 1 else ()

    @property
    def latents(self) -> tuple[str, ...]:
        """Latent variables."""
        return tuple(dict.fromkeys(name for role in self.fitted.table.roles for name in role.latent))

    @property
    def observed(self) -> tuple[str, ...]:
        """Observed variables of the model, auxiliary ones not among them."""
        return tuple(dict.fromkeys(name for role in self.fitted.table.roles for name in role.modelled + role.exogenous))

    @read_only_property
    def _vcov(self) -> np.ndarray:
        if self.errors is not None:
            return self.errors
        return vcov(self.fitted) if self.converged else np.full((self.fitted.table.n_free,) * 2, np.nan)

    @cached_property
    def _parameters(self) -> pd.DataFrame:
        return parameter_frame(self.fitted, self._vcov)

    @cached_property
    def _measures(self) -> pd.Series:
        return fit_measures(self.fitted.conditioned) if self.converged else uncomputed_measures(self.fitted)

    @property
    def parameters(self) -> pd.DataFrame:
        """One row per parameter: lhs op rhs label group level est se z pvalue ci_lower ci_upper std_lv std_all.

        Fixed ones have `se` 0 and missing z; `group` and `level` may not apply. See also `auxiliary_parameters`.
        """
        return marked(self._beside_the_model(False))

    @property
    def auxiliary_parameters(self) -> pd.DataFrame:
        """The parameters of auxiliary variables, in the columns of `parameters`; empty where there are none."""
        return marked(self._beside_the_model(True))

    def _beside_the_model(self, wanted: bool) -> pd.DataFrame:
        if not self.fitted.options.auxiliary:
            return copied(self._parameters[:0] if wanted else self._parameters)
        rows = self._parameters["lhs"].isin(self.fitted.options.auxiliary) == wanted
        return self._parameters[rows].reset_index(drop=True)

    @property
    def fit_measures(self) -> pd.Series:
        """Fit measures under lavaan's names (``.`` written ``_``); NaN where one does not apply."""
        return marked(copied(self._measures))

    @property
    def reasons(self) -> dict[str, str]:
        """Why a fit measure is missing, by its name; empty where none is."""
        if not self.converged:
            return {str(name): "the fit did not converge" for name in self._measures.index[self._measures.isna()]}
        return missing_reasons(self.fitted, self._measures)

    @property
    def vcov(self) -> pd.DataFrame:
        """(q, q) covariance matrix of the free parameters."""
        return pd.DataFrame(self._vcov.copy(), *[list(self.fitted.table.free_names())] * 2)

    @property
    def r_squared(self) -> pd.Series:
        """Explained variance of every endogenous variable; indexed by group, by level and variable where there are."""
        return marked(moment_frames.explained_frame(self.fitted, self.groups))

    @property
    def icc(self) -> pd.DataFrame:
        """variable, group, icc1, icc2, design_effect of every variable of level 1; empty for models of one level."""
        return marked(moment_frames.intraclass_frame(self.fitted, self.groups))

    @property
    def implied(self) -> dict[object, Moment] | Moment:
        """Model-implied {"cov": DataFrame, "mean": Series}, by group label, level, or both, where there are.
        Of ordered variables: of responses as scaled by the sample, given covariates; with {"th": …, "slopes": …}.
        """
        return moment_frames.implied_frames(self.fitted, self.groups)

    @property
    def residuals(self) -> dict[object, Moment] | Moment:
        """Sample less implied moments, in the shape of `implied`; the sample's as the estimator takes them."""
        return moment_frames.residual_frames(self.fitted, self.groups)

    @in_words
    def modification_indices(self, minimum: float = 0.0, sort: bool = True) -> pd.DataFrame:
        """What freeing each fixed or absent parameter would gain.

        Parameters
        ----------
        minimum : float
            Leave out smaller indices.
        sort : bool
            Put the largest gain first; False keeps the order of the model.

        Returns
        -------
        DataFrame
            lhs, op, rhs, group, mi (drop in chi-square, 1 df), epc (change), sepc_lv, sepc_all; lavaan's candidates.

        Raises
        ------
        ModelError
            The fit did not converge.
        """
        return modification_indices(self._one_level("modification indices").conditioned, minimum, sort)

    @in_words
    def score_tests(self, release: Sequence[str] | None = None) -> pd.DataFrame:
        """Would releasing equality constraints improve the fit?

        Parameters
        ----------
        release : sequence of str, optional
            Constraints as the table names them. Default: all (labels, group_equal, ``==``).

        Returns
        -------
        DataFrame
            constraint, chisq, df, pvalue: together in the first row, then one at a time.

        Raises
        ------
        ModelError, OptionError
            The fit did not converge, or there are no such constraints.
        """
        return score_tests(self._one_level("score tests").conditioned, release)

    @in_words
    def wald_test(self, hypotheses: str) -> pd.DataFrame:
        """Test hypotheses about labelled or defined parameters, with the standard errors of the fit.

        Parameters
        ----------
        hypotheses : str
            Equalities such as ``"b1 == 0; b2 == b3"``.

        Returns
        -------
        DataFrame
            constraint, chisq, df, pvalue: together in the first row, then one at a time.

        Raises
        ------
        ModelError
            The fit did not converge, or a hypothesis follows from the others or involves no estimate.
        ModelSyntaxError
            The text is not made of equalities.
        """
        return wald_test(self._converged("a Wald test"), self._vcov, hypotheses)

    @in_words
    def residual_table(self, kind: ResidualKind = "raw") -> pd.DataFrame:
        """Observed and implied moments, and what is left between them.

        Parameters
        ----------
        kind : {"raw", "cor", "normalized", "standardized"}
            In units of the data; of correlations; over the error of the observed moment; over the residual's own (z).

        Returns
        -------
        DataFrame
            One row per moment: lhs, op, rhs, group, observed, implied, residual, note (why a residual is missing).

        Raises
        ------
        ModelError, OptionError
            The fit did not converge, or the kind is unknown.
        """
        return residual_table(self._one_level("tables of residuals").conditioned, kind)

    @in_words
    def factor_scores(
        self, method: ScoreMethod = "regression", *, data: pd.DataFrame | object | None = None
    ) -> pd.DataFrame:
        """A score per latent variable for every row of the data; with two levels, of the row and of its cluster.

        Parameters
        ----------
        method : {"regression", "bartlett"}
            "regression" is the only one for ordered answers.
        data : DataFrame or Survey, optional
            Other respondents, to be scored by this model. Default: the rows of the fit, dropped ones included.

        Returns
        -------
        DataFrame
            Under the data's own index. Rows with gaps are scored from the answers they have; NaN where there are none.

        Raises
        ------
        ModelError
            The fit did not converge, or the model has no such scores.
        OptionError, DataError
            The method is unknown, the fit was to moments, or a column of the data cannot be used.
        """
        return factor_scores(self._converged("factor scores"), self._rows_of(data), method)

    @in_words
    def predict(self, method: ScoreMethod = "regression", *, data: pd.DataFrame | object | None = None) -> pd.DataFrame:
        """The answer that the model expects of every row to every endogenous item, from factor scores and covariates.

        Parameters
        ----------
        method : {"regression", "bartlett"}
            The factor scores.
        data : DataFrame or Survey, optional
            Other respondents. Default: the rows of the fit, dropped ones included.

        Returns
        -------
        DataFrame
            One column per endogenous item, under the data's own index.

        Raises
        ------
        ModelError, OptionError, DataError
            As `factor_scores`; also OptionError for models with ordered variables.
        """
        return predicted_answers(self._one_level("predictions"), self._rows_of(data), method)

    @in_words
    def score_reliability(self, method: ScoreMethod = "regression") -> pd.DataFrame:
        """How well scores from complete answers stand for their factors.

        Parameters
        ----------
        method : {"regression", "bartlett"}
            The factor scores.

        Returns
        -------
        DataFrame
            latent, group, determinacy (correlation of score and factor), reliability (its square; NaN without score).

        Raises
        ------
        ModelError, OptionError
            The fit did not converge, the method is unknown, or items are ordered.

        Notes
        -----
        Grice 2001, doi 10.1037/1082-989X.6.4.430.
        """
        return score_reliability(self._one_level("reliabilities of scores"), method)

    def coverage(self) -> pd.DataFrame:
        """Rows that answered each item and each pair of items, dropped rows included.

        Returns
        -------
        DataFrame
            item, other, group, n, share.
        """
        return coverage(self._one_level("counts of answers", False), self._rows_of(None))

    def patterns(self) -> pd.DataFrame:
        """Patterns of unanswered items, the most frequent first, dropped rows included.

        Returns
        -------
        DataFrame
            missing, group, n, share.
        """
        return patterns(self._one_level("patterns of answers", False), self._rows_of(None))

    def _converged(self, wanted: str) -> Fitted:
        if not self.converged:
            raise ModelError(f"{wanted} need a fit that converged: {'; '.join(self.problems) or 'this one did not'}")
        return self.fitted

    def _one_level(self, wanted: str, converged: bool = True) -> Fitted:
        refuse_levels(self.model.statements, wanted)
        return self._converged(wanted) if converged else self.fitted

    def _rows_of(self, data: pd.DataFrame | object | None) -> pd.DataFrame | object:
        if data is None and self.rows is None:
            raise OptionError(no_rows(self.fitted))
        return self.rows if data is None else data

    @in_words
    def summary(self) -> Summary:
        """What lavaan's `summary(fit, fit.measures = TRUE, standardized = TRUE)` shows.

        Returns
        -------
        Summary
            Text when printed, HTML in a notebook.
        """
        tables = self.parameters, self.fit_measures, reported(self), self.r_squared
        return summarize(*tables, self.problems, self.provenance)

    @property
    def bibliography(self) -> str:
        """BibTeX entries of every method behind this fit: estimator, test, indices, missing answers, software."""
        return bibtex(references(self, max(len(self.groups), 1), self.provenance.engine))

    def to_lavaan(self) -> str:
        """R script that repeats this fit with lavaan.

        Returns
        -------
        str
            For `Rscript fit.R answers.csv`, or without a file for moments.
        """
        return lavaan_script(self.model, self.fitted)

    def _repr_html_(self) -> str:
        return results_html(self)

    def __repr__(self) -> str:
        many = f", {len(self.problems)} problem(s)" if self.problems else ""
        state = f"converged: {test_in_words(self.fitted)}" if self.converged else "DID NOT CONVERGE"
        return f"Results({self.options.estimator}, n = {self.nobs}, {state}{many})"
