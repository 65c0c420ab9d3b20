"""semopy and lavaan beside our own fit: the same numbers where they can be trusted, a reason where they cannot."""

from __future__ import annotations

import importlib
import logging
import shutil
import subprocess
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample, with_gaps

from sexresearch import sem
from sexresearch.errors import OptionError
from sexresearch.sem.engines import semopy_engine
from sexresearch.sem.output.lavaan_script import r_string

ESTIMATE = 1e-6  # absolute: semopy, run to the limit of floating point, ends within 1e-7 of us
STANDARD_ERROR = 1e-6  # relative
LAVAAN = 1e-4  # relative above 1: lavaan's own stopping rule leaves errors of 1e-6, more where it is badly scaled
LAVAAN_ERROR = 1e-3  # relative: some of lavaan's are from a numerical Hessian
FIT = 1e-6  # relative

module = importlib.import_module("sexresearch.sem.engines.crosscheck")  # the function of that name hides it
ITEMS = [f"{letter}{i}" for letter in "qjl" for i in (1, 2, 3)]
MODELS = {
    "factors": ("a =~ q1 + q2 + q3; b =~ j1 + j2 + j3; c =~ l1 + l2 + l3", {}),
    "unit_variances": ("a =~ q1 + q2 + q3; b =~ j1 + j2 + j3; c =~ l1 + l2 + l3", {"std_lv": True}),
    "uncorrelated": ("a =~ q1 + q2 + q3; b =~ j1 + j2 + j3", {"orthogonal": True}),
    "chain_with_indirect_effect": (CHAIN, {}),
    "second_order": ("a =~ q1 + q2 + q3; b =~ j1 + j2 + j3; c =~ l1 + l2 + l3; g =~ a + b + c", {}),
    "equal_loadings": ("a =~ q1 + k*q2 + k*q3; b =~ m*j1 + m*j2 + m*j3; a ~~ v*a; b ~~ v*b", {}),
    "fixed_values": ("a =~ 2*q1 + q2 + q3; a ~~ 0.25*j1; q1 ~~ 0.4*q1; b =~ j1 + 1.1*j2 + j3", {}),
    "residual_covariances": ("a =~ q1 + q2 + q3; b =~ j1 + j2 + j3; q1 ~~ j1; q2 ~~ j2; b ~ a", {}),
    "residual_of_a_cause": ("q1 ~ age; j1 ~ q1; l1 ~ j1; l1 ~~ q1", {}),
    "observed_exogenous": ("q1 ~ age + member; j1 ~ q1 + age; l1 ~ j1", {}),
    "random_exogenous": ("q1 ~ age + member; j1 ~ q1 + age; l1 ~ j1", {"fixed_x": False}),
    "latent_on_observed": ("a =~ q1 + q2 + q3; a ~ age + member; l1 ~ a", {}),
    "one_regression_saturated": ("q1 ~ age + member", {}),
    "covariances_only": ("q1 ~~ j1; j1 ~~ l1; q1 ~~ 0*l1", {}),
    "single_indicator": ("a =~ q1 + q2 + q3; s =~ l1; s ~ a", {}),
    "starting_values": ("a =~ q1 + start(0.7)*q2 + q3; b =~ j1 + j2 + start(2)*j3", {}),
}
needs_lavaan = pytest.mark.skipif(
    shutil.which("Rscript") is None
    or subprocess.run(["Rscript", "-e", "library(lavaan)"], capture_output=True, check=False).returncode != 0,
    reason="R with the package lavaan is not installed here",
)


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return chain_sample()


def quiet_fit(text: str, data: pd.DataFrame | None = None, **options) -> sem.Results:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(text, data, **options)


def assert_same_parameters(ours: sem.Results, theirs: sem.Results) -> None:
    a, b = ours.parameters, theirs.parameters
    assert theirs.converged
    assert np.allclose(b["est"], a["est"], rtol=ESTIMATE, atol=ESTIMATE)
    assert np.allclose(b["se"], a["se"], rtol=STANDARD_ERROR, atol=0)
    assert np.allclose(b["std_all"], a["std_all"], rtol=0, atol=ESTIMATE)


# ---------------------------------------------------------------- engine="semopy"


@pytest.mark.parametrize("name", MODELS)
def test_semopy_ends_where_we_do(name: str, data: pd.DataFrame) -> None:
    text, options = MODELS[name]
    ours, theirs = quiet_fit(text, data, **options), quiet_fit(text, data, engine="semopy", **options)
    assert_same_parameters(ours, theirs)
    assert np.allclose(theirs.fit_measures, ours.fit_measures, rtol=FIT, atol=FIT, equal_nan=True)
    assert np.allclose(theirs.vcov, ours.vcov, rtol=1e-4, atol=1e-8)
    assert theirs.provenance.engine == "semopy"


def test_observed_exogenous_variables_do_not_inflate_the_degrees_of_freedom(data: pd.DataFrame) -> None:
    assert quiet_fit(*MODELS["observed_exogenous"][:1], data, engine="semopy").fit_measures["df"] == 4


@pytest.mark.parametrize("factor", [1e-3, 300.0])
def test_semopy_does_not_depend_on_the_units(factor: float, data: pd.DataFrame) -> None:
    mixed = data[ITEMS] * np.where(np.arange(9) % 2, factor, 1.0)
    ours, theirs = quiet_fit(CHAIN, mixed), quiet_fit(CHAIN, mixed, engine="semopy")
    assert theirs.converged
    assert np.allclose(theirs.parameters["est"], ours.parameters["est"], rtol=1e-5)
    assert np.allclose(theirs.parameters["se"], ours.parameters["se"], rtol=STANDARD_ERROR)


def test_equal_parameters_of_items_in_different_units(data: pd.DataFrame) -> None:
    text = "a =~ q1 + k*q2 + k*q3; a ~ r*age; j1 ~ r*a; j1 ~~ r*q1"
    stretched = data.assign(q2=data["q2"] * 5, j1=data["j1"] * 3)
    assert_same_parameters(quiet_fit(text, stretched), quiet_fit(text, stretched, engine="semopy"))


def test_semopy_may_find_negative_variances() -> None:
    cov = pd.DataFrame([[1.0, 0.7, 0.7], [0.7, 1.0, 0.4], [0.7, 0.4, 1.0]], index=list("xyz"), columns=list("xyz"))
    results = quiet_fit("f =~ x + y + z", moments=sem.Moments(cov, nobs=200), engine="semopy")
    found = results.parameters.query("lhs == 'x' and rhs == 'x'")["est"].item()
    assert found == pytest.approx((1 - 0.49 / 0.4) * 199 / 200)  # one factor, three items: solved by hand
    assert any("negative variance" in text for text in results.problems)


def test_semopy_is_silent_and_leaves_logging_alone(data: pd.DataFrame, capfd: pytest.CaptureFixture[str]) -> None:
    before = list(logging.getLogger().handlers), list(logging.getLogger().filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sem.fit(CHAIN, data, engine="semopy")
    assert (logging.getLogger().handlers, logging.getLogger().filters) == before
    assert capfd.readouterr() == ("", "")


def test_semopy_stopping_early_is_not_a_result(data: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = sem.fit(CHAIN, data)
    monkeypatch.setattr(semopy_engine, "TIGHT", {"maxiter": 1})
    monkeypatch.setattr(semopy_engine, "TIGHTER", {"maxiter": 1})
    with pytest.warns(sem.FitWarning, match="semopy stopped where the gradient is not zero"):
        stopped = sem.fit(CHAIN, data, engine="semopy")
    assert not stopped.converged
    assert stopped.parameters["se"].isna().any()
    table = sem.crosscheck(ours, ["semopy"])
    assert table["semopy"].isna().all()
    assert table["note"].str.contains("semopy stopped").all()


REFUSED = {
    "groups": ({"group": "brand"}, "several groups"),
    "cluster": ({"cluster": "branch"}, "cluster-robust"),
    "weights": ({"sampling_weights": "weight"}, "sampling weights"),
    "fiml": ({"missing": "fiml"}, "leaves out the means"),
    "means": ({"meanstructure": True}, "models with means is wrong"),
    "robust": ({"estimator": "MLR"}, "those of estimator 'ML'; found 'MLR'"),
    "least_squares": ({"estimator": "ULS"}, "those of estimator 'ML'; found 'ULS'"),
    "robust_errors": ({"se": "robust_sem"}, "found 'robust_sem'"),
    "observed_information": ({"information": "observed"}, "expected information"),
    "bounds": ({"bounds": "pos_var"}, "constraints"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_semopy_gets_wrong_is_refused_with_the_reason(name: str, data: pd.DataFrame) -> None:
    options, reason = REFUSED[name]
    with pytest.raises(OptionError, match=reason):
        quiet_fit(CHAIN, data, engine="semopy", **options)
    table = sem.crosscheck(quiet_fit(CHAIN, data, **options), ["semopy"])
    assert table["semopy"].isna().all()
    assert table["note"].str.startswith("semopy: not comparable, because").all()
    assert table["note"].str.contains(reason).all()


@pytest.mark.parametrize("line", ["a == 0.5", "a > 0.1", "a == b*c"])
def test_semopy_with_constraints_is_refused(line: str, data: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match="ignore constraints"):
        quiet_fit(CHAIN + line, data, engine="semopy")


def test_a_model_without_free_parameters_is_refused(data: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match="no free parameter"):
        quiet_fit("q1 ~~ 1*q1", data, engine="semopy")


# ---------------------------------------------------------------- crosscheck


@pytest.mark.parametrize("name", MODELS)
def test_crosscheck_shows_no_difference(name: str, data: pd.DataFrame) -> None:
    text, options = MODELS[name]
    results = quiet_fit(text, data, **options)
    table = sem.crosscheck(results, ["semopy"])
    assert len(table) == len(results.parameters)
    assert table["difference"].abs().max() < ESTIMATE
    assert (table["se_difference"].abs() <= STANDARD_ERROR * table["se"]).all()
    assert (table["note"] == "").all()


def test_crosscheck_columns(data: pd.DataFrame, assert_in_glossary) -> None:
    table = sem.crosscheck(sem.fit(CHAIN, data))
    assert list(table.columns) == [
        *("lhs", "op", "rhs", "label", "group", "est", "se"),
        *("semopy", "semopy_se", "difference", "se_difference"),
        *("lavaan", "lavaan_se", "lavaan_difference", "lavaan_se_difference", "note"),
    ]
    assert_in_glossary(table)


def test_crosscheck_without_r_says_so(data: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    table = sem.crosscheck(sem.fit(CHAIN, data))
    assert table["lavaan"].isna().all()
    assert table["semopy"].notna().all()
    assert set(table["note"]) == {"lavaan: not comparable, because R is not installed here (no Rscript on the path)"}


def test_crosscheck_of_a_fit_that_did_not_converge(data: pd.DataFrame) -> None:
    fitted = sem.fit(CHAIN, data).fitted
    solution = replace(fitted.constrained.solution, converged=False)
    stopped = replace(fitted, constrained=replace(fitted.constrained, solution=solution))
    table = sem.crosscheck(replace(sem.fit(CHAIN, data), fitted=stopped))
    assert table[["semopy", "lavaan"]].isna().all(axis=None)
    assert table["note"].str.count("our own fit did not converge").eq(2).all()


def test_crosscheck_of_semopy_with_itself_is_refused(data: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match="use engine='native'"):
        sem.crosscheck(sem.fit(CHAIN, data, engine="semopy"))


@pytest.mark.parametrize("engines", ["semopy", ["mplus"], ["semopy", "lavan"]])
def test_unknown_engines_are_refused(engines: object, data: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match="a list of semopy, lavaan"):
        sem.crosscheck(sem.fit(CHAIN, data), engines)  # type: ignore[arg-type]


# ---------------------------------------------------------------- lavaan

SCALAR = {"group": "brand", "group_equal": ("loadings", "intercepts"), "group_partial": ("q2 ~1",)}
LAVAAN_FITS = {
    "complete": (CHAIN + "ratio := a / b  # \"quoted\" \\ and 'single'", {}),
    "groups_and_means": (CHAIN.replace("a*", "").replace("b*", "").replace("indirect := ", "# "), SCALAR),
    "incomplete_robust_weighted": (CHAIN, {"missing": "fiml", "estimator": "MLR", "sampling_weights": "weight"}),
    "unit_variances_fewer_assumptions": (CHAIN, {"std_lv": True, "se": "robust_sem", "test": "satorra_bentler"}),
    "random_x_observed_information": ("q1 ~ age + member; j1 ~ q1", {"fixed_x": False, "information": "observed"}),
    "orthogonal_without_standard_errors": ("a =~ q1 + q2 + q3; b =~ j1 + j2 + j3", {"orthogonal": True, "se": "none"}),
}


@needs_lavaan
@pytest.mark.parametrize("name", LAVAAN_FITS)
def test_lavaan_agrees(name: str, data: pd.DataFrame) -> None:
    text, options = LAVAAN_FITS[name]
    used = with_gaps(data, ITEMS) if options.get("missing") == "fiml" else data
    table = sem.crosscheck(quiet_fit(text, used, **options), ["lavaan"])
    assert set(table["note"]) == {""}
    assert table["lavaan"].notna().all()
    assert np.allclose(table["lavaan"], table["est"], rtol=LAVAAN, atol=LAVAAN)
    assert np.allclose(table["lavaan_se"], table["se"], rtol=LAVAAN_ERROR, atol=0, equal_nan=True)


@needs_lavaan
def test_lavaan_reads_names_and_labels_of_any_alphabet(data: pd.DataFrame) -> None:
    renamed = data.rename(columns={"q1": "qualität", "q2": "καλό"}).assign(brand='"; quit("no") #')
    renamed.loc[::2, "brand"] = "süd"
    table = sem.crosscheck(quiet_fit("güte =~ qualität + καλό + q3", renamed, group="brand"), ["lavaan"])
    assert set(table["note"]) == {""}
    assert table["lavaan_difference"].abs().max() < LAVAAN


@needs_lavaan
def test_lavaan_from_moments_of_groups(data: pd.DataFrame) -> None:
    parts = {
        label: sem.Moments(part[ITEMS].cov(), nobs=len(part), mean=part[ITEMS].mean())
        for label, part in data.groupby("brand")
    }
    results = sem.fit("f =~ q1 + q2 + q3 + j1", moments=parts, group_equal=["loadings"], meanstructure=True)
    assert sem.crosscheck(results, ["lavaan"])["lavaan_difference"].abs().max() < LAVAAN


@needs_lavaan
def test_the_script_alone_repeats_the_fit(data: pd.DataFrame, tmp_path: Path) -> None:
    results = sem.fit(CHAIN, data)
    (tmp_path / "fit.R").write_text(results.to_lavaan(), encoding="utf-8")
    data.to_csv(tmp_path / "answers.csv", index=False)
    done = subprocess.run(
        ["Rscript", "fit.R", "answers.csv"], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    )
    printed = next(line for line in done.stdout.splitlines() if line.split()[:2] == ["Test", "statistic"])
    assert float(printed.split()[-1]) == pytest.approx(results.fit_measures["chisq"], abs=5e-4)


@needs_lavaan
def test_what_stops_r_is_in_the_note(data: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "lavaan_script", lambda model, fitted: 'stop("no such luck")\n')
    table = sem.crosscheck(sem.fit(CHAIN, data), ["lavaan"])
    assert set(table["note"]) == {"lavaan: not comparable, because R stopped with 'no such luck'"}


def test_the_script_names_every_option_in_lavaans_words(data: pd.DataFrame) -> None:
    options = {"estimator": "MLM", "group": "brand", "group_equal": "lv_variances"}
    script = quiet_fit("a =~ q1 + q2 + q3", data, **options).to_lavaan()
    for line in ('estimator = "MLM"', 'se = "robust.sem"', 'test = "satorra.bentler"', "meanstructure = TRUE"):
        assert f"  {line}" in script
    assert '  group = "brand",\n  group.equal = c("lv.variances"),\n' in script
    assert "read.csv" in script


def test_the_script_of_moments_holds_them(data: pd.DataFrame) -> None:
    cov = data[["q1", "q2", "q3"]].cov()
    script = quiet_fit("a =~ q1 + q2 + q3", moments=sem.Moments(cov, nobs=400)).to_lavaan()
    assert "read.csv" not in script
    assert "sample.nobs = 400" in script
    assert f"{cov.iloc[0, 0]:.12f}"[:10] in script


@pytest.mark.parametrize("text", ['"; quit("no") #', "back\\slash", "two\nlines", "tab\t", "bell\a", "größe", "'"])
def test_text_is_quoted_for_r(text: str) -> None:
    quoted = r_string(text)
    inner = quoted[1:-1].replace("\\\\", "").replace('\\"', "")
    assert quoted[0] == quoted[-1] == '"'
    assert '"' not in inner
    assert "\a" not in quoted
