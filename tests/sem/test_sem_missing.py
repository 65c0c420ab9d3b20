"""Missing answers: pairwise deletion, auxiliary variables, imputation and pooling, held against lavaan and semTools.

tests/reference/missing.R wrote the values (versions beside them); lavaan's own stopping error of about 1e-6 is in them.
"""

from __future__ import annotations

import functools
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from departures import explained, facts

from sexresearch import sem
from sexresearch.errors import DataError, OptionError
from sexresearch.sem.imputation.rubin import barnard_rubin, d2_test, d3_test

FOLDER = Path(__file__).parents[1] / "reference"
ESTIMATE = 2e-5  # absolute, relative above 1: where lavaan's minimiser stops
STANDARD_ERROR = 1e-4  # relative
FIT = 1e-4  # absolute, relative above 1
STEEP = 1e-3  # relative: degrees of freedom and tests that divide by small differences of estimates or likelihoods

FACTORS = "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6\n"
PATH = FACTORS + "f2 ~ b*f1 + age\nx1 ~~ v*x1\nratio := b / v\n"
COVARIATES = FACTORS + "f2 ~ f1 + age + x7\n"
HELPS = ("help1", "help2")

CASES: dict[str, tuple[str, dict]] = {
    "pairwise_ml": (FACTORS, {"missing": "pairwise"}),
    "pairwise_means": (FACTORS, {"missing": "pairwise", "meanstructure": True}),
    "pairwise_observed": (FACTORS, {"missing": "pairwise", "information": "observed"}),
    "pairwise_mlm": (FACTORS, {"missing": "pairwise", "estimator": "MLM"}),
    "pairwise_mlmv": (FACTORS, {"missing": "pairwise", "estimator": "MLMV"}),
    "pairwise_mlmvs": (FACTORS, {"missing": "pairwise", "estimator": "MLMVS"}),
    "pairwise_uls": (FACTORS, {"missing": "pairwise", "estimator": "ULS"}),
    "pairwise_wls": (FACTORS, {"missing": "pairwise", "estimator": "WLS"}),
    "pairwise_dwls": (FACTORS, {"missing": "pairwise", "estimator": "DWLS"}),
    "pairwise_covariate": (PATH, {"missing": "pairwise"}),
    "pairwise_groups": (FACTORS, {"missing": "pairwise", "group": "brand", "group_equal": "loadings"}),
    "auxiliary_one": (FACTORS, {"missing": "fiml", "auxiliary": "help1"}),
    "auxiliary_two": (PATH, {"missing": "fiml", "auxiliary": HELPS}),
    "auxiliary_mlr": (COVARIATES, {"missing": "fiml", "auxiliary": HELPS, "estimator": "MLR"}),
    "auxiliary_gaps": (FACTORS, {"missing": "fiml", "auxiliary": ["x7", "x8", "help1"]}),
    "auxiliary_std_lv": (FACTORS, {"missing": "fiml", "auxiliary": "help1", "std_lv": True}),
    "auxiliary_groups": (
        FACTORS,
        {"missing": "fiml", "auxiliary": HELPS, "group": "brand", "group_equal": ["loadings", "intercepts"]},
    ),
}
POOLS: dict[str, tuple[str, dict]] = {
    "pooled_ml": (PATH, {}),
    "pooled_means": (FACTORS, {"meanstructure": True}),
    "pooled_mlr": (PATH, {"estimator": "MLR"}),
    "pooled_mlm": (PATH, {"estimator": "MLM"}),
    "pooled_gls": (FACTORS, {"estimator": "GLS"}),
    "pooled_groups": (FACTORS, {"group": "brand", "group_equal": ["loadings", "intercepts"]}),
}


@functools.cache
def answers() -> pd.DataFrame:
    """The answers with gaps, without the rows that have none at all."""
    frame = pd.read_csv(FOLDER / "data" / "missing.csv")
    items = [f"x{k}" for k in range(1, 10)]
    return frame[frame[items].notna().any(axis=1)]


@functools.cache
def imputed() -> tuple[pd.DataFrame, ...]:
    """The imputed sets that semTools pooled."""
    frame = pd.read_csv(FOLDER / "data" / "imputed.csv")
    return tuple(part.drop(columns="set") for _, part in frame.groupby("set"))


def quiet_fit(model: str, data: pd.DataFrame, **options: object) -> sem.Results:
    """A fit whose warnings (dropped rows, saturated models) are not the subject."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(model, data, **options)  # type: ignore[arg-type]


@functools.cache
def fitted(name: str) -> sem.Results:
    model, options = CASES[name]
    return quiet_fit(model, answers(), **options)


@functools.cache
def pooled(name: str, test: str | None = None) -> sem.Pooled:
    model, options = POOLS[name]
    return sem.pool([quiet_fit(model, data, **options) for data in imputed()], test=test)


@functools.cache
def stored(table: str) -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / "values" / "missing" / f"{table}.csv")
    if "group" in frame:
        frame["rhs"], frame["group"] = frame["rhs"].fillna(""), frame["group"].fillna("")
    return frame


def theirs(table: str, name: str) -> pd.DataFrame:
    rows = stored(table)
    return rows[rows["case"] == name]


def keyed(rows: pd.DataFrame) -> pd.DataFrame:
    """Parameters by what they are: covariances without direction, definitions by name, groups as text."""
    swap = (rows["op"] == "~~") & (rows["lhs"] > rows["rhs"])
    lhs, rhs = rows["lhs"].where(~swap, rows["rhs"]), rows["rhs"].where(~swap, rows["lhs"])
    group = rows["group"].astype(object).where(rows["group"].notna(), "")
    return rows.set_index(pd.MultiIndex.from_arrays([lhs, rows["op"], rhs.mask(rows["op"] == ":=", ""), group]))


def assert_close(ours: pd.Series, other: pd.Series, tolerance: float, floor: float = 1.0) -> None:
    a, b = ours.to_numpy(dtype=float), other.to_numpy(dtype=float)
    wrong = (np.isnan(a) != np.isnan(b)) | (np.abs(a - b) > tolerance * np.maximum(floor, np.abs(b)))
    assert not wrong.any(), pd.DataFrame({"ours": a, "theirs": b}, index=other.index)[wrong].to_string()


@pytest.mark.parametrize("name", CASES)
def test_estimates_and_standard_errors_are_lavaans(name: str) -> None:
    results = fitted(name)
    ours = keyed(pd.concat([results.parameters, results.auxiliary_parameters]))
    reference = keyed(theirs("parameters", name))
    assert set(ours.index) == set(reference.index)
    ours = ours.loc[reference.index]
    assert_close(ours["est"], reference["est"], ESTIMATE)
    assert_close(ours["se"], reference["se"], STANDARD_ERROR)
    assert_close(ours["std_all"], reference["std_all"], FIT)


@pytest.mark.parametrize("name", CASES)
def test_fit_measures_are_lavaans(name: str) -> None:
    reference = theirs("fit_measures", name).set_index("name")["value"]
    results = fitted(name)
    ours, known = results.fit_measures, facts(results, CASES[name][1])
    shared = [
        key
        for key in reference.index
        if key in ours.index and not explained("measure", key, (ours[key], reference[key]), known)
    ]
    assert {"chisq", "df", "cfi", "rmsea", "srmr", "baseline_chisq"} <= set(shared)
    assert_close(ours[shared], reference[shared], FIT)
    assert fitted(name).nobs == reference["nobs"]


def test_an_auxiliary_variable_close_to_a_factor_is_no_inadmissible_solution() -> None:
    rng = np.random.default_rng(1)
    joy = rng.normal(size=600)
    data = pd.DataFrame({name: joy + 0.4 * rng.normal(size=600) for name in ("a", "b", "c")})
    data["near"] = joy + 0.1 * rng.normal(size=600)
    data.loc[::5, "a"] = np.nan
    found = sem.fit("joy =~ a + b + c", data, missing="fiml", auxiliary=["near"])
    assert found.inadmissible == ()
    wrong = sem.fit("joy =~ a + b\na ~~ 1.5*b\na ~~ 1*a\nb ~~ 1*b", data, missing="fiml", auxiliary=["near"])
    assert any("residuals of the observed variables" in text for text in wrong.problems)


def test_auxiliary_parameters_stand_apart() -> None:
    results = fitted("auxiliary_two")
    plain = quiet_fit(PATH, answers(), missing="fiml", fixed_x=False)
    assert results.parameters["lhs"].tolist() == plain.parameters["lhs"].tolist()
    assert results.observed == plain.observed
    assert results.fit_measures["df"] == plain.fit_measures["df"]
    assert set(results.auxiliary_parameters["lhs"]) == set(HELPS)
    assert plain.auxiliary_parameters.empty
    assert "auxiliary help1, help2" in str(results.provenance)
    assert "sem.auxiliary" in results.to_lavaan()


def test_factors_are_not_scored_by_auxiliary_variables() -> None:
    results = fitted("auxiliary_groups")
    frame = answers().assign(help1=0.0, help2=99.0)
    pd.testing.assert_frame_equal(results.factor_scores(), results.factor_scores(data=frame))
    assert (results.score_reliability()["reliability"] < 1).all()
    assert results.predict().columns.tolist() == [f"x{k}" for k in range(1, 7)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"auxiliary": "help1"}, "needs missing='fiml'"),
        ({"auxiliary": "help1", "missing": "pairwise"}, "needs missing='fiml'"),
        ({"auxiliary": ["x1", "help1", "help1"], "missing": "fiml"}, r"\['x1'\] \(in the model.*\['help1'\] \(named"),
        ({"auxiliary": "f1", "missing": "fiml"}, r"\['f1'\]"),
        ({"auxiliary": "brand", "missing": "fiml", "group": "brand"}, r"\['brand'\] \(the group"),
        ({"missing": "pairwise", "estimator": "MLR"}, "estimator='MLR'"),
        ({"missing": "pairwise", "estimator": "GLS"}, "estimator='GLS'"),
        ({"missing": "pairwise", "cluster": "brand"}, "go with cluster='brand'; use"),
        ({"missing": "pairwise", "se": "robust_huber_white"}, "robust_huber_white"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        sem.fit(FACTORS, answers(), **options)


def test_absent_auxiliary_variables_are_named_with_near_matches() -> None:
    with pytest.raises(DataError, match=r"'hlp1' \(did you mean 'help1'"):
        sem.fit(FACTORS, answers(), missing="fiml", auxiliary="hlp1")


def test_pairwise_needs_rows() -> None:
    cov = answers()[["x1", "x2", "x3"]].cov()
    with pytest.raises(OptionError, match="missing='pairwise' needs the respondents"):
        sem.fit("f =~ x1 + x2 + x3", moments=sem.Moments(cov, nobs=300), missing="pairwise")


def test_pairwise_says_how_many_rows_are_behind_it() -> None:
    assert any(
        "but standard errors and test take all to come from 357" in text for text in fitted("pairwise_ml").problems
    )


def test_pairwise_covariances_that_do_not_fit_together_are_refused() -> None:
    n = 30
    z = np.random.default_rng(5).normal(size=(n, 3))
    gap = np.full(n, np.nan)  # synthetic: three groups, each answering two items, with relations that contradict
    rows = [
        np.column_stack(pair) for pair in ((z[:, 0], z[:, 0], gap), (gap, z[:, 1], z[:, 1]), (z[:, 2], gap, -z[:, 2]))
    ]
    frame = pd.DataFrame(np.vstack(rows), columns=["a", "b", "c"])
    with pytest.raises(DataError, match=r"pairwise sample covariance.*fiml.*not positive definite"):
        sem.fit("f =~ a + b + c", frame, missing="pairwise")


def test_pairwise_needs_two_rows_for_every_pair() -> None:
    frame = answers()[["x1", "x2", "x3"]].copy()
    frame.loc[frame["x2"].notna(), "x1"] = np.nan
    frame.iloc[:9, 0] = np.arange(9.0)
    frame.iloc[:9, 1] = np.nan
    with pytest.raises(DataError, match=r"fewer than two respondents answered both.*\('x2', 'x1'\)"):
        sem.fit("f =~ x1 + x2 + x3", frame, missing="pairwise")


@pytest.mark.parametrize("name", POOLS)
def test_pooled_parameters_are_semtools(name: str) -> None:
    ours, reference = keyed(pooled(name).parameters), keyed(theirs("pooled_parameters", name))
    assert set(ours.index) == set(reference.index)
    ours = ours.loc[reference.index]
    assert_close(ours["est"], reference["est"], ESTIMATE)
    assert_close(ours["se"], reference["se"], STANDARD_ERROR)
    assert_close(ours["riv"], reference["riv"], STEEP)
    assert_close(ours["df"], reference["df"], STEEP)
    rubin = pd.Series(barnard_rubin(len(imputed()), ours["riv"].to_numpy()), index=ours.index)
    assert_close(rubin, reference["rubin_df"], 3 * STEEP)  # (1 + 1/riv)^2 doubles the error of riv
    defined = ours["op"] == ":="
    assert_close(ours["std_all"][~defined], reference["std_all"][~defined], FIT)


@pytest.mark.parametrize("name", [name for name in POOLS if name in set(stored("pooled_tests")["case"])])
def test_pooled_tests_are_semtools(name: str) -> None:
    ours = pooled(name).tests.set_index("test")
    for test, rows in theirs("pooled_tests", name).groupby("test"):
        values = rows.set_index("name")["value"].rename({"ariv": "riv"})
        assert_close(ours.loc[test, list(values.index)], values, STEEP)


@pytest.mark.parametrize(
    ("name", "test"), list(stored("pooled_measures")[["case", "test"]].drop_duplicates().itertuples(index=False))
)
def test_pooled_fit_measures_are_semtools(name: str, test: str) -> None:
    rows = theirs("pooled_measures", name)
    reference = rows[rows["test"] == test].set_index("name")["value"]
    ours = pooled(name, test).fit_measures
    pairs = {key: (ours[key], reference[key]) for key in reference.index if key in ours.index}
    shared = [key for key, pair in pairs.items() if not explained("pooled", key, pair, {})]
    assert {"chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr", "baseline_chisq"} <= set(shared)
    assert_close(ours[shared], reference[shared], FIT)


def test_sets_without_gaps_in_them_pool_to_the_one_fit() -> None:
    results = quiet_fit(FACTORS, imputed()[0])
    same = sem.pool([results, results])
    assert_close(same.parameters["se"], results.parameters["se"], 1e-12)
    assert_close(same.fit_measures[["chisq", "cfi"]], results.fit_measures[["chisq", "cfi"]], 1e-8)
    np.testing.assert_allclose(same.vcov, results.vcov)
    assert (same.parameters["riv"].dropna() == 0).all()


def test_pooled_frames_are_in_the_glossary(assert_in_glossary) -> None:
    assert_in_glossary(pooled("pooled_ml").parameters)
    assert_in_glossary(pooled("pooled_ml").tests)


def test_pooled_presents_itself() -> None:
    answer = pooled("pooled_ml")
    text = repr(answer.summary())
    assert "5 imputed sets, D3" in text
    assert "Defined parameters" in text
    assert repr(answer) == "Pooled(5 sets, ML, n = 200: test D3 in summary())"
    assert answer.r_squared["f2"] > 0
    assert answer.implied["cov"].shape == (7, 7)
    assert answer.reasons == {}


def test_least_squares_have_no_d3() -> None:
    tests = pooled("pooled_gls").tests.set_index("test")
    assert np.isnan(tests.loc["D3", "f"])
    assert "likelihood" in tests.loc["D3", "note"]
    with pytest.raises(OptionError, match="'GLS'"):
        sem.pool(pooled("pooled_gls").results, test="D3")


def test_a_saturated_model_has_no_pooled_test() -> None:
    answer = sem.pool([quiet_fit("f =~ x1 + x2 + x3", data) for data in imputed()])
    assert answer.tests["f"].isna().all()
    assert "no degrees of freedom" in answer.reasons["pvalue"]
    assert any(text.startswith("5 of 5 sets: the model is saturated (df") for text in answer.problems)


def test_results_that_do_not_belong_together_are_refused() -> None:
    one, two = (quiet_fit(FACTORS, data) for data in imputed()[:2])
    with pytest.raises(OptionError, match="at least two imputed sets; found 1"):
        sem.pool([one])
    with pytest.raises(OptionError, match="DataFrame"):
        sem.pool([one, imputed()[0]])  # type: ignore[list-item]
    with pytest.raises(OptionError, match=r"the model of \[2\] differ"):
        sem.pool([one, two, quiet_fit("f =~ x1 + x2 + x3 + x4", imputed()[1])])
    with pytest.raises(OptionError, match=r"the options of \[1\] differ.*the number of respondents of \[1\]"):
        sem.pool([one, quiet_fit(FACTORS, imputed()[1].head(150), estimator="MLR")])
    with pytest.raises(OptionError, match="'D9' is not known"):
        sem.pool([one, two], test="D9")


def test_sets_that_did_not_converge_are_named() -> None:
    loose = "f =~ x1 + x2 + x3 + x4\nx1 ~~ start(900)*x1"
    fits = [quiet_fit(loose, data) for data in imputed()[:2]]
    solution = fits[1].fitted.constrained.solution
    failed = replace_solution(fits[1], converged=False)
    assert solution.converged
    with pytest.raises(OptionError, match=r"\[1\] did not converge"):
        sem.pool([fits[0], failed])


def replace_solution(results: sem.Results, converged: bool) -> sem.Results:
    """The results as if the minimiser had given up."""
    constrained = results.fitted.constrained
    stopped = replace(constrained, solution=replace(constrained.solution, converged=converged))
    return replace(results, fitted=replace(results.fitted, constrained=stopped))


def test_identical_chisquares_pool_to_themselves() -> None:
    assert d2_test(np.full(4, 30.0), 10).f == pytest.approx(3.0)
    assert d3_test(30.0, 30.0, 10, 4).f == pytest.approx(3.0)
    assert d2_test(np.array([0.1, 60.0, 0.2]), 10).f == 0.0  # below zero before it is set to 0


SMALL = {"m": 2, "seed": 3}


def test_imputation_is_reproducible_and_leaves_everything_else_alone() -> None:
    frame = answers().head(80)
    before, state = frame.copy(), np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = sem.impute(frame, **SMALL), sem.impute(frame, **SMALL)
    pd.testing.assert_frame_equal(frame, before)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    for a, b in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(a, b)
        assert a.index.equals(frame.index)
        assert not a.select_dtypes("number").isna().any().any()
        assert (a["brand"] == frame["brand"]).all()
    assert not first[0].equals(first[1])
    assert not first[0].equals(sem.impute(frame, m=2, seed=4)[0])


def test_imputed_answers_are_answers_somebody_gave() -> None:
    frame = answers().head(80)
    filled = sem.impute(frame, **SMALL)[0]
    for name in ("x1", "x5"):
        seen = frame[name].notna()
        assert (filled.loc[seen, name] == frame.loc[seen, name]).all()
        assert set(filled.loc[~seen, name]) <= set(frame[name].dropna())


def test_imputation_keeps_types_and_rows_without_answers() -> None:
    frame = answers()[["x1", "x2", "x3"]].head(60).round().astype("Int64")
    frame.iloc[7] = pd.NA
    frame["client"] = [f"c{k}" for k in range(60)]
    filled = sem.impute(frame, **SMALL)[1]
    assert (filled.dtypes == frame.dtypes).all()
    assert filled.iloc[7][["x1", "x2", "x3"]].isna().all()
    assert not filled.drop(index=frame.index[7]).isna().any().any()


def test_only_named_variables_are_imputed() -> None:
    filled = sem.impute(answers().head(80), ["x1", "x2", "age"], **SMALL)[0]
    assert not filled[["x1", "x2"]].isna().any().any()
    assert filled["x5"].isna().any()


@pytest.mark.parametrize(
    ("variables", "m", "error", "words"),
    [
        (["x1", "nope"], 2, DataError, "nope"),
        (["x1"], 2, DataError, "at least two"),
        (["age", "help1"], 2, DataError, "nothing to impute"),
        (["x1", "brand"], 2, DataError, "'brand' holds"),
        (None, 1, OptionError, "at least 2 imputed sets"),
    ],
)
def test_what_cannot_be_imputed_is_refused(variables: list[str], m: int, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        sem.impute(answers(), variables, m=m)


def test_pooled_imputations_are_near_full_information() -> None:
    names = [f"x{k}" for k in range(1, 7)]
    sets = sem.impute(answers(), [*names, "x7", "x8", "x9", "age", *HELPS], m=10, seed=1)
    ours = sem.pool([quiet_fit(FACTORS, data, meanstructure=True) for data in sets]).parameters
    full = quiet_fit(FACTORS, answers(), missing="fiml", auxiliary=["x7", "x8", "x9", "age", *HELPS]).parameters
    gap = (ours["est"] - full["est"]).abs()[full["se"] > 0] / full["se"][full["se"] > 0]
    assert gap.max() < 0.75  # standard errors: two ways to the same estimand, ten random sets
