"""A model at the mean of its estimates in m imputed data sets: its tests of fit and the indices made of them.

Enders & Mansolf 2018, doi 10.1037/met0000102: chi-square is df times the pooled F, for the model and for its baseline.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sexresearch.sem.estimation.baseline import baseline
from sexresearch.sem.estimation.estimate import discrepancy_of, place
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.imputation.rubin import PooledTest, d2_test, d3_test
from sexresearch.sem.inference.chisquare import Test, chisq_pvalue, scaled_test, standard_test
from sexresearch.sem.inference.incremental_indices import incremental
from sexresearch.sem.inference.information_criteria import information_criteria
from sexresearch.sem.inference.rmsea import rmsea_family
from sexresearch.sem.inference.robust_indices import robust_indices
from sexresearch.sem.inference.root_mean_square_residuals import root_mean_square_residuals
from sexresearch.sem.terms.normal import log_likelihood


def fitted_at_mean(fits: Sequence[Fitted]) -> Fitted:
    """The model at the mean estimates, beside the mean of the sample moments; it holds no respondents."""
    first = fits[0]
    samples = tuple(
        replace(
            group[0],
            mean=np.mean([sample.mean for sample in group], axis=0),
            cov=np.mean([sample.cov for sample in group], axis=0),
            blocks=(),
            answers=None,
            patterns=np.zeros(0, dtype=int),
        )
        for group in zip(*(fit.samples for fit in fits), strict=True)
    )
    structures = place(first.table, samples, bool(first.options.meanstructure))
    theta = np.mean([fit.theta for fit in fits], axis=0)
    solution = first.constrained.solution.moved(theta)
    constrained = replace(first.constrained, solution=solution)
    objective = discrepancy_of(structures, samples, first.table, first.options)
    return replace(first, objective=objective, constrained=constrained)


@dataclass(frozen=True)
class PooledFit:
    """The pooled tests of one model: `d3` is None for least squares, `scaled` holds the robust test of every set."""

    mean: Fitted
    d2: PooledTest
    d3: PooledTest | None
    scaled: tuple[Test, ...]
    logl: float = math.nan
    unrestricted_logl: float = math.nan

    def chosen(self, method: str) -> PooledTest:
        """The test of that name."""
        return self.d3 if method == "D3" and self.d3 is not None else self.d2


def pooled_fit(fits: Sequence[Fitted]) -> PooledFit:
    """Pool the tests of one model fitted to m imputed sets."""
    mean = fitted_at_mean(fits)
    plain = [standard_test(fit) for fit in fits]
    chisq, df = np.array([test.chisq for test in plain]), plain[0].df
    scaled = tuple(scaled_test(fit) for fit in fits) if mean.options.robust_test else ()
    d2 = d2_test(chisq, df)
    if not mean.options.likelihood:
        return PooledFit(mean, d2, None, scaled)
    ratio = float(np.mean([likelihood_ratio(mean, fit) for fit in fits]))
    logl = float(np.mean([_at_mean(mean, fit).log_likelihood for fit in fits]))
    d3 = d3_test(float(chisq.mean()), ratio, df, len(fits))
    return PooledFit(mean, d2, d3, scaled, logl, logl + ratio / 2.0)


def _at_mean(mean: Fitted, fit: Fitted) -> Fitted:
    """The mean estimates beside the answers of one set."""
    pairs = zip(mean.samples, fit.samples, strict=True)
    return replace(mean, objective=mean.objective.beside([own.about(sample.origin) for sample, own in pairs]))


def likelihood_ratio(mean: Fitted, fit: Fitted) -> float:
    """Twice the log-likelihood of one set's answers at the mean sample moments, less that at the mean estimates."""
    total = 0.0
    for sample, own, state in zip(mean.samples, fit.samples, mean.states, strict=True):
        has_means = state.structure.has_means
        omega, own = sample.moments(has_means), own.about(sample.origin)
        total += log_likelihood(own, omega, has_means) - log_likelihood(own, state.omega, has_means)
    return 2.0 * total


def pooled_measures(fits: Sequence[Fitted], fit: PooledFit, method: str) -> dict[str, float]:
    """Fit measures under lavaan's names, from the pooled tests of the model and of its baseline model."""
    null = pooled_fit([baseline(each) for each in fits])
    npar = fit.mean.table.n_free - fit.mean.constrained.n_equalities
    test, base = _test(fit, method), _test(null, method)
    scaled, null_scaled = _scaled(fit, test), _scaled(null, base)
    groups, n = fit.mean.table.n_groups, fit.mean.weight
    out: dict[str, float] = {"npar": npar, **_named(test)}
    if scaled is not None and null_scaled is not None:
        out |= _named(scaled, suffix="_scaled") | {"chisq_scaling_factor": scaled.scaling}
    out |= _named(base, "baseline_") | incremental(test, base)
    if scaled is not None and null_scaled is not None:
        out |= {f"{name}_scaled": value for name, value in incremental(scaled, null_scaled).items()}
    out |= _likelihood(fit, npar) | rmsea_family(test.chisq, test.df, n, groups)
    if scaled is not None and null_scaled is not None:
        own = scaled if not math.isnan(scaled.shift) else Test(test.chisq, scaled.trace, math.nan)
        out |= {f"{name}_scaled": value for name, value in rmsea_family(own.chisq, own.df, n, groups).items()}
        if not any(term.measured_by_moments(True) for term in fit.mean.objective.groups):
            out |= robust_indices(fit.mean, null.mean, (test, base), scaled, null_scaled)
    return out | root_mean_square_residuals(fit.mean)


def _named(test: Test, prefix: str = "", suffix: str = "") -> dict[str, float]:
    values = {"chisq": test.chisq, "df": test.df, "pvalue": test.pvalue}
    return {prefix + name + suffix: value for name, value in values.items()}


def _test(fit: PooledFit, method: str) -> Test:
    """The pooled test as a chi-square, df times F."""
    pooled = fit.chosen(method)
    return Test(pooled.chisq, pooled.df1, chisq_pvalue(pooled.chisq, pooled.df1))


def _scaled(fit: PooledFit, plain: Test) -> Test | None:
    """The pooled chi-square, divided by the mean scaling factor of the sets and shifted by their mean shift."""
    if not fit.scaled:
        return None
    names = ("scaling", "shift", "trace", "df")
    scaling, shift, trace, df = (float(np.mean([getattr(test, name) for test in fit.scaled])) for name in names)
    chisq = plain.chisq / scaling + (0.0 if math.isnan(shift) else shift)
    return Test(chisq, df, chisq_pvalue(chisq, df), scaling, shift, trace)


def _likelihood(fit: PooledFit, npar: int) -> dict[str, float]:
    """Log-likelihoods at the mean estimates, averaged over the sets, and the criteria made of them."""
    n = float(sum(sample.nobs for sample in fit.mean.samples))
    if not fit.mean.options.likelihood:
        return {"ntotal": n}
    criteria = information_criteria(fit.logl, npar, n)
    return {"logl": fit.logl, "unrestricted_logl": fit.unrestricted_logl, **criteria, "ntotal": n}
