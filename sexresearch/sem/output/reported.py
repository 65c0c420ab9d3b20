"""`reported`: which test of fit and which indices an estimator calls for, chosen once for everything that prints them.

A robust estimator's own chi-square has no chi-square distribution where answers are not normal, so the scaled test is
the one to report, and of CFI, TLI and RMSEA the robust values, which estimate what complete normal answers would give
(Brosseau-Liard & Savalei 2014, doi 10.1080/00273171.2014.933697; Savalei 2021, doi 10.1080/00273171.2020.1717922; with
missing answers Zhang & Savalei 2022, doi 10.1037/met0000445); where those are not known, the scaled values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from sexresearch.sem.estimation.degrees import degrees_of_freedom
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.inference.chisquare import standard_test

TESTS = {
    "satorra_bentler": "scaled (Satorra–Bentler)",
    "mean_var_adjusted": "mean- and variance-adjusted (Satterthwaite)",
    "scaled_shifted": "scaled and shifted (Asparouhov–Muthén)",
    "yuan_bentler": "scaled (Yuan–Bentler)",
    "yuan_bentler_mplus": "scaled (Yuan–Bentler, Mplus variant)",
}
TEST = ("chisq", "df", "pvalue")
INDICES = ("cfi", "tli", "rmsea")
BESIDE = {"rmsea": ("rmsea_ci_lower", "rmsea_ci_upper", "rmsea_pvalue")}  # of the same kind as the index itself
PLAIN = ("srmr",)


class Fit(Protocol):
    """What `reported` takes: the results of one fit, or of several that were pooled."""

    @property
    def fit_measures(self) -> pd.Series:
        """Measures under lavaan's names."""

    @property
    def reasons(self) -> dict[str, str]:
        """Why some are missing."""

    @property
    def options(self) -> Options:
        """How it was fitted."""


@dataclass(frozen=True)
class ReportedMeasure:
    """One measure as it is to be reported.

    name : as papers know it, without a suffix ("cfi"). key : its name in `fit_measures` ("cfi_robust").
    kind : what it is called beside the plain one ("robust", "scaled (Satorra–Bentler)"); "" for the plain one.
    value : NaN where it is missing, and `reason` then says why.
    """

    name: str
    key: str
    value: float
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ReportedFit:
    """The test and the indices to report, by their plain names: chisq df pvalue cfi tli rmsea rmsea_ci_lower … srmr."""

    measures: tuple[ReportedMeasure, ...]

    def __getitem__(self, name: str) -> ReportedMeasure:
        return next(measure for measure in self.measures if measure.name == name)

    def value(self, name: str) -> float:
        """The number to report under a plain name."""
        return self[name].value

    @property
    def test(self) -> str:
        """What the test is called; "" for the plain chi-square."""
        return self["chisq"].kind


def reported(results: Fit) -> ReportedFit:
    """What to report of `results`: scaled chi-square of robust estimators; robust, else scaled indices; SRMR.

    The limits and p value of RMSEA are those of the RMSEA chosen.

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> found = reported(fit("joy =~ a + b + c + d", data, estimator="MLM"))
    >>> found["chisq"].key, found.test, found["cfi"].key
    ('chisq_scaled', 'scaled (Satorra–Bentler)', 'cfi_robust')
    """
    measures, reasons = results.fit_measures, results.reasons
    scaled = "chisq_scaled" in measures.index
    label = TESTS[results.options.test or ""] if scaled else ""
    test = [_measure(name, "_scaled" if scaled else "", label, measures, reasons) for name in TEST]
    kinds = {"_robust": "robust", "_scaled": "scaled", "": ""}
    indices = []
    for name in INDICES:
        suffix = _suffix(name, measures, tuple(kinds))
        own = [name, *(key for key in BESIDE.get(name, ()) if _key(key, suffix) in measures.index)]
        indices += [_measure(key, suffix, kinds[suffix], measures, reasons) for key in own]
    plain = [_measure(name, "", "", measures, reasons) for name in PLAIN]
    return ReportedFit((*test, *indices, *plain))


def _suffix(name: str, measures: Mapping[str, float], suffixes: Sequence[str]) -> str:
    """The best kind of an index that has a value; where none has, the best that has a name."""
    named = [suffix for suffix in suffixes if _key(name, suffix) in measures]
    return next((suffix for suffix in named if not math.isnan(measures[_key(name, suffix)])), named[0])


def _key(name: str, suffix: str) -> str:
    return f"{name}{suffix}"


def _measure(name: str, suffix: str, kind: str, measures: pd.Series, reasons: Mapping[str, str]) -> ReportedMeasure:
    key = _key(name, suffix)
    value = float(measures.get(key, math.nan))
    return ReportedMeasure(name, key, value, kind, reasons.get(key, "") if math.isnan(value) else "")


def test_in_words(fitted: Fitted) -> str:
    """The test to report, in one line and at once: its numbers where they are at hand, else its name.

    At hand is the plain test of complete answers; robust ones and saturated models of gaps or two levels take time.
    """
    robust, df = fitted.options.robust_test, degrees_of_freedom(fitted)
    at_hand = not robust and not fitted.table.levels and all(sample.complete for sample in fitted.samples)
    if not at_hand:
        return f"df {df:.5g}, test in summary()" + (f", {TESTS[fitted.options.test or '']}" if robust else "")
    test = standard_test(fitted)
    p = "" if math.isnan(test.pvalue) else f", p {'< 0.001' if test.pvalue < 0.001 else f'{test.pvalue:.3f}'}"
    return f"chisq {test.chisq:.3f}, df {df:.5g}{p}"
