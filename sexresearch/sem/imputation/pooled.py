"""`pool`: the same model fitted to several imputed data sets, made into one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.frozen import by_value, read_only_property
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.imputation.pooled_fit import PooledFit, fitted_at_mean, pooled_fit, pooled_measures
from sexresearch.sem.imputation.rubin import barnard_rubin, missing_information, relative_increase, total_covariance
from sexresearch.sem.inference.parameter_frame import parameter_frame
from sexresearch.sem.language.levels import refuse_levels
from sexresearch.sem.output.bibliography import bibtex, references
from sexresearch.sem.output.moment_frames import Moment
from sexresearch.sem.output.provenance import Provenance
from sexresearch.sem.output.reported import reported
from sexresearch.sem.output.results import Results
from sexresearch.sem.output.summary import Summary, summarize

PooledTest = Literal["D2", "D3"]
METHODS = get_args(PooledTest)
BESIDE = ["lhs", "op", "rhs", "label", "group", "level"]


@by_value
@dataclass(frozen=True, repr=False)
class Pooled:
    """One model fitted to m imputed data sets, pooled by Rubin's rules.

    `results` are the fits of the sets, `test` names the pooled chi-square that `fit_measures` rest on: "D2" or "D3".
    Standardized estimates, R-squared and residuals belong to the mean estimates. `problems` are those of the sets.
    """

    results: tuple[Results, ...]
    test: str

    @cached_property
    def at_mean(self) -> Results:
        """The model at the mean estimates, with their total covariance, for what needs no more: reliability, effects.

        It stands beside the mean sample moments and holds no answers: its own tests are none of the sets', and what
        rests on a sample drawn again, or on how far its moments move, has no limits.
        """
        about = replace(self.provenance, engine="pooled")
        return Results(self.results[0].model, fitted_at_mean(self._fits), about, (), self._total)

    @property
    def _fits(self) -> list[Fitted]:
        return [result.fitted for result in self.results]

    @read_only_property
    def _total(self) -> np.ndarray:
        estimates = np.array([fit.theta for fit in self._fits])
        return total_covariance(estimates, np.array([result.vcov.to_numpy() for result in self.results]))

    @cached_property
    def _fit(self) -> PooledFit:
        return pooled_fit(self._fits)

    @cached_property
    def _parameters(self) -> pd.DataFrame:
        return _pooled_parameters(self.results, parameter_frame(self.at_mean.fitted, self._total))

    @cached_property
    def _measures(self) -> pd.Series:
        return pd.Series(pooled_measures(self._fits, self._fit, self.test), dtype=float, name="value")

    @property
    def parameters(self) -> pd.DataFrame:
        """One row per parameter, as in `Results` but with t, df, riv and fmi in place of z.

        lhs op rhs label group level est se t df pvalue ci_lower ci_upper riv fmi std_lv std_all. Fixed parameters have
        `se` 0 and missing t; parameters of auxiliary variables are left out.
        """
        return self._parameters.copy()

    @property
    def vcov(self) -> pd.DataFrame:
        """(q, q) total covariance of the free parameters: within the sets, and between them."""
        return self.at_mean.vcov

    @property
    def fit_measures(self) -> pd.Series:
        """Fit measures under lavaan's names (``.`` written ``_``); chisq is df times the pooled F of `test`."""
        return self._measures.copy()

    @property
    def tests(self) -> pd.DataFrame:
        """The pooled tests of fit, one row each: test f df1 df2 pvalue riv fmi note (why it is missing)."""
        rows = []
        for name, test in (("D2", self._fit.d2), ("D3", self._fit.d3)):
            note = "" if test is not None else "least squares have no likelihood to compare"
            note = "the model has no degrees of freedom left to test" if test is not None and test.df1 == 0 else note
            fields = ("f", "df1", "df2", "pvalue", "riv", "fmi")
            values = {field: np.nan if test is None else getattr(test, field) for field in fields}
            rows.append({"test": name, **values, "note": note})
        return pd.DataFrame(rows)

    @property
    def reasons(self) -> dict[str, str]:
        """Why a fit measure is missing, by its name; empty where none is."""
        saturated = self._measures["df"] == 0
        reason = "the model has no degrees of freedom left to test" if saturated else "no set gives this measure"
        return {str(name): reason for name in self._measures.index[self._measures.isna()]}

    @property
    def r_squared(self) -> pd.Series:
        """Explained variance of every endogenous variable, at the mean estimates."""
        return self.at_mean.r_squared

    @property
    def implied(self) -> dict[object, Moment] | Moment:
        """Implied {"cov": DataFrame, "mean": Series} at the mean estimates, by group label where there are groups."""
        return self.at_mean.implied

    @property
    def residuals(self) -> dict[object, Moment] | Moment:
        """Mean sample moments less implied moments, in the shape of `implied`."""
        return self.at_mean.residuals

    @property
    def options(self) -> Options:
        """How every set was fitted."""
        return self.results[0].options

    @property
    def groups(self) -> tuple[object, ...]:
        """Labels of the groups; none where there is one."""
        return self.results[0].groups

    @property
    def latents(self) -> tuple[str, ...]:
        """Names of the latent variables."""
        return self.results[0].latents

    @property
    def converged(self) -> bool:
        """Always: sets that did not converge are not pooled."""
        return True

    @property
    def inadmissible(self) -> tuple[str, ...]:
        """Why the mean estimates cannot be those of the population; empty where they can."""
        return self.at_mean.inadmissible

    @property
    def nobs(self) -> int:
        """Respondents in each set, over all groups."""
        return self.results[0].nobs

    @cached_property
    def problems(self) -> tuple[str, ...]:
        """What was noticed in the sets and in pooling them, in words."""
        m = len(self.results)
        heads = [text.split(" = ")[0] for result in self.results for text in result.problems]
        texts = [f"{heads.count(head)} of {m} sets: {head}" for head in dict.fromkeys(heads)]
        if self._fit.chosen(self.test).f == 0:
            texts.append(f"the pooled {self.test} came out below zero and was set to 0: fit indices look perfect")
        return tuple(texts)

    @property
    def provenance(self) -> Provenance:
        """Where the numbers come from; the fingerprint is of all sets together."""
        first = self.results[0].provenance
        samples = [sample for fit in self._fits for sample in fit.samples]
        missing = f"{len(self.results)} imputed sets, {self.test}"
        return Provenance(first.engine, first.estimator, missing, self.nobs, tuple(samples), first.syntax)

    def summary(self) -> Summary:
        """Fit measures and parameters by section.

        Returns
        -------
        Summary
            Text when printed, HTML in a notebook.
        """
        shown = reported(self)
        return summarize(self.parameters, self.fit_measures, shown, self.r_squared, self.problems, self.provenance)

    @property
    def bibliography(self) -> str:
        """BibTeX entries of every method behind this fit: estimator, pooling, test, indices, software."""
        return bibtex(references(self, max(len(self.groups), 1), self.provenance.engine, self.test))

    def __repr__(self) -> str:
        fits = f"{len(self.results)} sets, {self.options.estimator}, n = {self.nobs}"
        return f"Pooled({fits}: test {self.test} in summary())"


@in_words
def pool(results: Sequence[Results], *, test: PooledTest | None = None) -> Pooled:
    """Pool the fits of one model to m imputed data sets by Rubin's rules.

    Parameters
    ----------
    results : sequence of Results
        Two or more fits of the same model with the same options, one for each set of `impute`.
    test : {"D2", "D3"}, optional
        The pooled chi-square behind the fit measures. "D3" (Meng & Rubin 1992) needs a likelihood and is the default of
        the ML family; "D2" (Li, Meng, Raghunathan & Rubin 1991) is that of least squares.

    Returns
    -------
    Pooled
        Pooled parameters, tests and fit measures.

    Raises
    ------
    OptionError
        Fewer than two sets, sets that differ in model, options, groups or size or did not converge (named by their
        place in `results`, counted from 0), or an unknown test.

    Notes
    -----
    Estimates are means over the sets; their variance is that within the sets plus (1 + 1/m) times that between them
    (Rubin 1987, doi 10.1002/9780470316696); t is read on the degrees of freedom of Barnard & Rubin 1999,
    doi 10.1093/biomet/86.4.948, with respondents less free parameters as those of complete data. A robust chi-square is
    the pooled one over the sets' mean scaling factor.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit, impute
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(150, 1)) + rng.normal(size=(150, 4)), columns=list("abcd"))
    >>> data.loc[:29, "a"] = np.nan
    >>> pooled = pool([fit("joy =~ a + b + c + d", imputed) for imputed in impute(data, m=3, seed=1)])
    >>> bool((pooled.parameters["fmi"].dropna() > 0).all())
    True
    """
    if not isinstance(results, Sequence):
        raise OptionError(f"pool takes the Results of fits, one for each imputed set; found {type(results).__name__}")
    fits = tuple(results)
    _refuse_mixture(fits)
    likelihood = fits[0].fitted.options.likelihood
    method = test or ("D3" if likelihood else "D2")
    if method not in METHODS:
        raise OptionError(f"test {method!r} is not known; allowed: {', '.join(METHODS)}")
    if method == "D3" and not likelihood:
        estimator = fits[0].fitted.options.estimator
        raise OptionError(f"test 'D3' compares likelihoods, which estimator {estimator!r} has none of; use 'D2'")
    return Pooled(fits, method)


def _refuse_mixture(results: tuple[Results, ...]) -> None:
    """OptionError saying at once everything that keeps these results from being pooled."""
    others = [type(result).__name__ for result in results if not isinstance(result, Results)]
    if others or len(results) < 2:
        raise OptionError(f"pool takes the Results of at least two imputed sets; found {others or len(results)}")
    refuse_levels(results[0].model.statements, "pool")
    if results[0].fitted.table.is_exploratory:
        raise OptionError("pool does not know exploratory blocks, efa(): each set would be rotated by itself")
    parts = {
        "the model": lambda r: (r.model.syntax, r.fitted.table.rows),
        "the options": lambda r: (r.fitted.options, r.provenance.engine),
        "the groups or their order": lambda r: r.groups,
        "the number of respondents": lambda r: r.nobs,
    }
    wrong = []
    for what, part in parts.items():
        odd = [place for place, result in enumerate(results) if part(result) != part(results[0])]
        if odd:
            wrong.append(f"{what} of {odd} differ from those of the first")
    failed = [place for place, result in enumerate(results) if not result.converged]
    if failed:
        wrong.append(f"{failed} did not converge")
    if results[0].fitted.options.se == "none":
        wrong.append("se='none' leaves no standard errors to pool")
    if results[0].fitted.categories:
        wrong.append("the sets hold ordered variables, whose thresholds are not pooled; use missing='pairwise' instead")
    if wrong:
        raise OptionError(f"these results cannot be pooled (counted from 0): {'; '.join(wrong)}")


def _pooled_parameters(results: Sequence[Results], mean: pd.DataFrame) -> pd.DataFrame:
    """Rubin's rules row by row; standardized estimates are those at the mean (`mean`), defined ones are pooled too."""
    est = np.array([result.parameters["est"] for result in results])
    errors = np.array([result.parameters["se"] for result in results])
    fitted, m = results[0].fitted, len(results)
    complete = max(results[0].nobs - fitted.table.n_free + fitted.constrained.n_equalities, 1)
    riv = relative_increase(est, errors)
    se = np.where(np.isnan(riv), 0.0, np.sqrt((errors**2).mean(axis=0) * (1.0 + riv)))
    df = barnard_rubin(m, riv, complete)
    t = np.where(se > 0, est.mean(axis=0) / np.where(se > 0, se, 1.0), np.nan)
    half = np.where(se > 0, stdtrit(df, 0.975) * se, 0.0)
    shown = mean[~mean["lhs"].isin(fitted.options.auxiliary)].reset_index(drop=True)
    columns = {
        "est": est.mean(axis=0),
        "se": se,
        "t": t,
        "df": df,
        "pvalue": 2.0 * stdtr(df, -np.abs(t)),
        "ci_lower": est.mean(axis=0) - half,
        "ci_upper": est.mean(axis=0) + half,
        "riv": riv,
        "fmi": missing_information(riv, df),
    }
    return pd.concat([shown[BESIDE], pd.DataFrame(columns), shown[["std_lv", "std_all"]]], axis=1)
