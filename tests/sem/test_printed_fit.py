"""Numbers of fit as they are printed, read back from text and HTML and compared with the table of measures."""

import html
import re

import numpy as np
import pandas as pd
import pytest
from sem_samples import stopped
from typer.testing import CliRunner

from sexresearch.cli import app
from sexresearch.errors import OptionError
from sexresearch.report import fit_sentence, report
from sexresearch.sem import fit, impute, pool

MODEL = "f =~ a + b + c\ng =~ d + e + h\ng ~ f"
ROUNDING = 5.01e-4  # half of the third decimal printed
TEST = {"chisq": "chisq_scaled", "df": "df_scaled", "pvalue": "pvalue_scaled"}
HEADERS = {"chisq": "χ²", "df": "df", "pvalue": "p", "cfi": "CFI", "tli": "TLI", "rmsea": "RMSEA"}
HEADERS |= {"rmsea_ci_lower": "RMSEA lower", "rmsea_ci_upper": "RMSEA upper"}
NUMBER = r"(-?\d*\.?\d+)"


def _suffixed(suffix):
    return {name: name + suffix for name in ("cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper")}


PLAIN = {name: name for name in (*TEST, *_suffixed(""))}
CASES = {  # options, ordered answers, the measures that are to be read
    "ML": ({}, False, PLAIN),
    "FIML": ({"missing": "fiml"}, False, PLAIN | _suffixed("_robust")),
    "MLM": ({"estimator": "MLM"}, False, TEST | _suffixed("_robust")),
    "MLMVS": ({"estimator": "MLMVS"}, False, TEST | _suffixed("_scaled")),
    "MLR": ({"estimator": "MLR", "missing": "fiml"}, False, TEST | _suffixed("_robust")),
    "WLSMV": ({"ordered": True}, True, TEST | _suffixed("_robust")),
    "ULSMV": ({"estimator": "ULSMV", "ordered": True}, True, TEST | _suffixed("_robust")),
    "mixed": ({"ordered": ["a", "b", "c"]}, True, TEST | _suffixed("_scaled")),
    "DWLS": ({"estimator": "DWLS", "ordered": True}, True, PLAIN),
}


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(4)
    f = rng.standard_exponential((300, 1))
    g = 0.5 * f + rng.standard_exponential((300, 1))
    scores = np.hstack([f + rng.normal(size=(300, 3)), g + rng.normal(size=(300, 3))])
    return pd.DataFrame(scores, columns=list("abcdeh"))


@pytest.fixture(scope="module")
def coded(answers):
    return answers.apply(lambda column: pd.qcut(column, [0, 0.3, 0.6, 0.9, 1], labels=False) + 1)


@pytest.fixture(scope="module", params=CASES)
def case(request, answers, coded):
    """The results and, by plain name, the numbers to be read of them."""
    options, ordered, keys = CASES[request.param]
    gaps = answers.mask(np.random.default_rng(2).random(answers.shape) < 0.05)
    data = coded if ordered else gaps if "missing" in options else answers
    results = fit(MODEL, data, **options)
    return results, {name: float(results.fit_measures[key]) for name, key in keys.items()}


def read(pattern, text):
    found = re.search(pattern, text)
    assert found, f"{pattern} not in {text}"
    return [float(part) for part in found.groups()]


def check_sentence(text, wanted):
    df, chisq = read(rf"χ²\({NUMBER}\) = {NUMBER}", text)
    assert df == pytest.approx(wanted["df"], rel=1e-4)
    assert chisq == pytest.approx(wanted["chisq"], abs=10 * ROUNDING)
    p = re.search(rf"p ([=<>]) {NUMBER}", text)
    sign, value = p.group(1), float(p.group(2))
    assert abs(value - wanted["pvalue"]) < ROUNDING if sign == "=" else (wanted["pvalue"] < value) == (sign == "<")
    for name, words in (("cfi", "CFI"), ("tli", "TLI"), ("rmsea", "RMSEA")):
        assert read(f"{words} = {NUMBER}", text) == pytest.approx([wanted[name]], abs=ROUNDING)
    limits = [wanted["rmsea_ci_lower"], wanted["rmsea_ci_upper"]]
    assert read(rf"RMSEA = {NUMBER} \[{NUMBER}, {NUMBER}\]", text)[1:] == pytest.approx(limits, abs=ROUNDING)


def test_the_sentence_holds_what_the_estimator_calls_for(case):
    results, wanted = case
    text = fit_sentence(results)
    check_sentence(text, wanted)
    assert ("scaled" in text or "adjusted" in text) == results.options.robust_test
    assert read(f"SRMR = {NUMBER}", text) == pytest.approx([results.fit_measures["srmr"]], abs=ROUNDING)


def test_the_summary_holds_the_same_and_says_what_is_uncorrected(case):
    results, wanted = case
    for name, value in wanted.items():
        line = next(line for line in repr(results.summary()).splitlines() if line.split()[0:1] == [name])
        assert float(line.split()[1]) == pytest.approx(value, abs=ROUNDING)
        if not np.isnan(results.fit_measures[name]) and value != results.fit_measures[name]:
            assert float(line.split()[-1]) == pytest.approx(results.fit_measures[name], abs=ROUNDING)
            assert any(word in line for word in ("scaled", "adjusted", "robust"))


def test_the_short_form_computes_nothing_and_names_the_test(case):
    """Where the test is still to be computed, it says where to find it."""
    results, wanted = case
    again = fit(MODEL, results.rows[list("abcdeh")], **_options_of(results))
    if results.options.estimator in ("ML", "DWLS") and results.options.missing == "listwise":
        assert read(rf"converged: chisq {NUMBER}, df {NUMBER}", repr(again)) == pytest.approx(
            [wanted["chisq"], wanted["df"]], abs=ROUNDING
        )
    else:
        df = int(results.fit_measures["df"])
        assert f"converged: df {df}, test in summary()" in repr(again)
    assert "_measures" not in vars(again)


def _options_of(results):
    chosen = results.options
    return {"estimator": chosen.estimator, "missing": chosen.missing, "ordered": list(chosen.ordered) or None}


@pytest.mark.parametrize("case", ["ML", "MLR", "WLSMV"], indirect=True)
def test_the_report_holds_the_same(case, tmp_path):
    results, wanted = case
    text = html.unescape(report(results, tmp_path / "fit.html").read_text(encoding="utf-8"))
    check_sentence(re.search(r"<p>([^<]*χ²\(.*)</p>", text).group(1), wanted)
    for name, value in wanted.items():
        row = re.search(rf"<tr><th[^>]*>{HEADERS[name]}</th><td[^>]*>(< )?{NUMBER}</td>", text)
        below, printed = row.groups()
        assert value < float(printed) if below else float(printed) == pytest.approx(value, abs=ROUNDING)


def test_the_command_prints_the_same(answers, tmp_path):
    (tmp_path / "model.txt").write_text(MODEL)
    answers.to_csv(tmp_path / "answers.csv", index=False)
    shown = CliRunner().invoke(
        app, ["fit", str(tmp_path / "model.txt"), str(tmp_path / "answers.csv"), "--estimator", "MLM"]
    )
    measures = fit(MODEL, pd.read_csv(tmp_path / "answers.csv"), estimator="MLM").fit_measures
    for name, key in (TEST | _suffixed("_robust")).items():
        assert read(rf"(?m)^{name} +{NUMBER}", shown.output) == pytest.approx([measures[key]], abs=ROUNDING)


def test_pooled_fits_say_what_was_pooled(answers):
    gaps = answers.mask(np.random.default_rng(1).random(answers.shape) < 0.05)
    pooled = pool([fit(MODEL, made, estimator="MLR") for made in impute(gaps, m=2, seed=1)])
    measures = pooled.fit_measures
    check_sentence(fit_sentence(pooled), {name: measures[key] for name, key in (TEST | _suffixed("_robust")).items()})
    assert fit_sentence(pooled).startswith("pooled (D3) scaled (Yuan–Bentler, Mplus variant) χ²")
    assert repr(pooled) == "Pooled(2 sets, MLR, n = 300: test D3 in summary())"


def test_a_fit_that_failed_has_no_measures_to_print(answers):
    results = stopped(fit(MODEL, answers, estimator="MLR"))
    assert fit_sentence(results) == "No measures of fit: the fit did not converge, n = 300."
    assert repr(results) == "Results(MLR, n = 300, DID NOT CONVERGE)"


def test_something_else_than_a_fit_is_refused():
    with pytest.raises(OptionError, match="found str"):
        fit_sentence("results")
