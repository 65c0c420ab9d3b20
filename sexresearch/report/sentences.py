"""Numbers in a sentence, written as journals print them."""

from __future__ import annotations

import math

from sexresearch.sem.output.results import Results


def fit_sentence(results: Results) -> str:
    """How well the model fits, in the one line a paper prints; measures that are not defined are left out.

    Style: American Psychological Association (2020), Publication Manual, 7th ed., doi 10.1037/0000165-000:
    no leading zero where a value cannot exceed one.

    >>> import sexresearch as sx
    >>> results = sx.fit("joy =~ CUSA1 + CUSA2 + CUSA3 + CUSCO", moments=sx.datasets.load("mobi_moments"))
    >>> fit_sentence(results)
    'χ²(2) = 10.89, p = .004, CFI = .970, TLI = .911, RMSEA = .133 [.064, .215], SRMR = .030, n = 250.'
    """
    m = {name: float(value) for name, value in results.fit_measures.items()}
    low, high = m["rmsea_ci_lower"], m["rmsea_ci_upper"]
    parts = [
        (m["chisq"], f"χ²({m['df']:.0f}) = {m['chisq']:.2f}"),
        (m["pvalue"], f"p {_p(m['pvalue'])}"),
        (m["cfi"], f"CFI = {_share(m['cfi'])}"),
        (m["tli"], f"TLI = {_share(m['tli'])}"),
        (m["rmsea"], f"RMSEA = {_share(m['rmsea'])} [{_share(low)}, {_share(high)}]"),
        (m["srmr"], f"SRMR = {_share(m['srmr'])}"),
    ]
    return ", ".join([*(text for value, text in parts if not math.isnan(value)), f"n = {results.nobs}."])


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"= {_share(value)}"


def _share(value: float) -> str:
    text = f"{value:.3f}"
    return text.replace("0.", ".", 1) if abs(float(text)) < 1 else text
