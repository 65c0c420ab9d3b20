"""Numbers in a sentence, written as journals print them."""

from __future__ import annotations

import math

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.sem import Pooled, Results
from sexresearch.sem.view import ReportedFit, reported
from sexresearch.verdict import short

INDICES = {"cfi": "CFI", "tli": "TLI", "rmsea": "RMSEA", "srmr": "SRMR"}
LIMITS = ("rmsea_ci_lower", "rmsea_ci_upper")


@in_words
def fit_sentence(results: Results | Pooled) -> str:
    """How well the model fits, in the one line a paper prints.

    Parameters
    ----------
    results : Results or Pooled
        A fit, or several fits pooled.

    Returns
    -------
    str
        Test, CFI, TLI, RMSEA with its 90 % interval, SRMR and n: those the estimator calls for, named where they are
        scaled or robust. Measures that are not defined are left out; a fit that did not converge has none, and the line
        says so, and so does that of a model without degrees of freedom.

    Raises
    ------
    OptionError
        `results` is no fit.

    Notes
    -----
    Style: American Psychological Association (2020), Publication Manual, 7th ed., doi 10.1037/0000165-000: no leading
    zero where a value cannot exceed one.

    Examples
    --------
    >>> import sexresearch as sx
    >>> results = sx.fit("joy =~ CUSA1 + CUSA2 + CUSA3 + CUSCO", moments=sx.datasets.load("mobi_moments"))
    >>> fit_sentence(results)
    'χ²(2) = 10.89, p = .004, CFI = .970, TLI = .911, RMSEA = .133 [.064, .215], SRMR = .030, n = 250.'
    """
    if not isinstance(results, Results | Pooled):
        raise OptionError(f"fit_sentence takes the results of fit or pool; found {type(results).__name__}")
    if isinstance(results, Results) and not results.converged:
        return f"No measures of fit: the fit did not converge, n = {results.nobs}."
    shown = reported(results)
    if shown.value("df") == 0:
        return f"No test of fit: the model has no degrees of freedom left, n = {results.nobs}."
    pooled = f"pooled ({results.test}) " if isinstance(results, Pooled) else ""
    return ", ".join([*_test(shown, pooled), *_indices(shown), f"n = {results.nobs}."])


def _test(shown: ReportedFit, pooled: str) -> list[str]:
    chisq, df, p = (shown.value(name) for name in ("chisq", "df", "pvalue"))
    kind = f"{shown.test} " if shown.test else ""
    parts = [f"{pooled}{kind}χ²({df:.5g}) = {chisq:.2f}"] if not math.isnan(chisq) else []
    return parts if math.isnan(p) else [*parts, f"p {_p(p)}"]


def _indices(shown: ReportedFit) -> list[str]:
    parts = []
    for name, words in INDICES.items():
        measure = shown[name]
        if math.isnan(measure.value):
            continue
        limits = [shown.value(limit) for limit in LIMITS] if name == "rmsea" else [math.nan]
        known = not any(map(math.isnan, limits))
        beside = f" [{', '.join(short(limit, 3) for limit in limits)}]" if known else ""
        kind = f"{measure.kind} " if measure.kind else ""
        parts.append(f"{kind}{words} = {short(measure.value, 3)}{beside}")
    return parts


def _p(value: float) -> str:
    """As the manual has it: never equal to 0 or 1."""
    return "< .001" if value < 0.001 else "> .999" if value > 0.999 else f"= {short(value, 3)}"
