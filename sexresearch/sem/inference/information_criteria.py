"""The log-likelihood and the information criteria that rest on it."""

from __future__ import annotations

import math

from sexresearch.sem.estimation.fitted import Fitted


def information_criteria(logl: float, npar: int, n: float) -> dict[str, float]:
    """AIC (Akaike 1974), BIC (Schwarz 1978) and sample-size adjusted BIC (`bic2`, Sclove 1987).

    >>> round(information_criteria(-3737.745, 21, 301)["aic"], 2)
    7517.49
    """
    return {
        "aic": -2 * logl + 2 * npar,
        "bic": -2 * logl + npar * math.log(n),
        "bic2": -2 * logl + npar * math.log((n + 2) / 24),
    }


def likelihood_measures(fitted: Fitted, npar: int) -> dict[str, float]:
    """Log-likelihoods of model and data, AIC, BIC and n; n alone where the estimator has no likelihood."""
    n = float(sum(sample.nobs for sample in fitted.samples))
    if not fitted.options.likelihood:
        return {"ntotal": n}
    logl = fitted.log_likelihood
    criteria = information_criteria(logl, npar, n)
    first = {name: criteria[name] for name in ("aic", "bic")}
    return {
        "logl": logl,
        "unrestricted_logl": fitted.saturated_log_likelihood,
        **first,
        "ntotal": n,
        "bic2": criteria["bic2"],
    }
