"""What papers need: paragraphs, tables and references that cannot disagree with the fit."""

import re
import warnings
from dataclasses import replace

import docx
import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.paths.path_limits import path_limits
from sexresearch.errors import ModelError, OptionError
from sexresearch.report.paths import key_paths
from sexresearch.sem.view import every_reference, reported
from sexresearch.verdict import short

MODEL = "joy =~ a + b + c; bond =~ d + e + f; bond ~ joy"
HALF = 0.0051  # half of the second decimal printed
LITTLE = 0.005  # by what noise that tells nothing moves limits of 400 respondents, 2 % of whose answers are missing


def answers(n=400, seed=3):
    rng = np.random.default_rng(seed)
    joy = rng.normal(size=n)
    bond = 0.5 * joy + rng.normal(size=n)
    columns = {name: factor + rng.normal(size=n) for name, factor in zip("abcdef", [joy] * 3 + [bond] * 3, strict=True)}
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def results():
    return sx.fit(MODEL, answers())


@pytest.fixture(scope="module")
def robust():
    data = answers().mask(np.random.default_rng(5).random((400, 6)) < 0.05)
    return sx.fit(MODEL, data, estimator="MLR", missing="fiml")


def quiet(model, data=None, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sx.FitWarning)
        return sx.fit(model, data, **options)


def test_the_text_says_what_the_fit_says(robust):
    text = str(sx.write_up(robust))
    shown = reported(robust)
    assert f"χ²({shown.value('df'):.0f}) = {shown.value('chisq'):.2f}" in text
    assert f"robust CFI = {short(shown.value('cfi'), 3)}" in text
    assert f"robust RMSEA = {short(shown.value('rmsea'), 3)}" in text
    assert f"SRMR = {short(robust.fit_measures['srmr'], 3)}" in text
    row = robust.parameters.query("op == '~'").iloc[0]
    assert f"Joy explained bond, β = {short(row['std_all'])}, 95% CI [" in text
    assert f"R² = {short(robust.r_squared['bond'])}" in text
    gaps = int(robust.rows[list("abcdef")].isna().any(axis=1).sum())
    assert f"n = {robust.nobs} respondents, {gaps} with gaps, which full information maximum likelihood" in text
    assert "Yuan & Bentler, 2000" in text
    assert "Zhang and Savalei (2023)" in text


def test_every_source_that_is_named_is_listed_with_its_address_and_no_other(results, robust):
    for fit in (results, robust):
        text = sx.write_up(fit)
        cited = set(re.findall(r"\(?(\d{4})\)", text.methods + text.results))
        listed = {re.search(r"\((\d{4})\)", entry).group(1) for entry in text.references}
        assert cited == listed
    assert not any("Yuan" in entry for entry in sx.write_up(results).references)


def improper():
    """Correlations of .8, .8 and .5 make a loading above 1, and so a negative variance."""
    r = pd.DataFrame([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]], index=list("abc"), columns=list("abc"))
    return quiet("joy =~ a + b + c", moments=sx.Moments(r, nobs=200))


def stopped(results):
    """The fit as it is where the minimiser has found no minimum."""
    solution = replace(results.fitted.constrained.solution, converged=False, trouble="stopped")
    constrained = replace(results.fitted.constrained, solution=solution)
    return replace(results, fitted=replace(results.fitted, constrained=constrained))


def test_a_solution_that_is_none_is_not_reported(results):
    for fit, why in ((improper(), "negative variance"), (stopped(results), "did not converge")):
        text = sx.write_up(fit)
        assert why in text.results
        assert "no estimates, tests or indices" in text.results
        assert "β" not in str(text)
        assert "CFI" not in text.results
    assert "not admissible" in sx.apa_table(improper()).note
    with pytest.raises(ModelError, match="did not converge"):
        sx.apa_table(stopped(results))
    assert "did not converge" in sx.model_table(stopped(results)).note


def test_groups_clusters_weights_and_ordered_items_are_said():
    data = answers(600).assign(g=["u", "v"] * 300, k=np.arange(600) // 10, w=1.0 + np.arange(600) % 3)
    text = sx.write_up(quiet(MODEL, data, group="g", group_equal=["loadings"])).methods
    assert "The 2 groups of g (u, v) were fitted together, with equal loadings across groups (Jöreskog, 1971)" in text
    text = sx.write_up(quiet(MODEL, data, estimator="MLR", cluster="k", sampling_weights="w")).methods
    assert "clusters of k (Muthén & Satorra, 1995)" in text
    assert "weighted by w (Asparouhov, 2005)" in text
    coarse = data[list("abcdef")].apply(lambda column: pd.cut(column, 4, labels=False))
    fit = quiet(MODEL, coarse, ordered=True)
    text = str(sx.write_up(fit))
    assert "6 items taken as ordered categories (Muthén, 1984)" in text
    assert "made for continuous answers" in text


def test_estimation_in_two_parts_is_said_with_its_source():
    text = sx.write_up(sx.fit(MODEL, answers(), method="sam"))
    assert "the structural part after the measurement part (Rosseel & Loh, 2022)" in text.methods
    assert any("10.1037/met0000503" in entry for entry in text.references)


def test_left_out_respondents_are_counted():
    data = answers().mask(np.random.default_rng(5).random((400, 6)) < 0.05)
    fit = quiet(MODEL, data)
    assert f"Of 400 respondents, {400 - fit.nobs} were left out for missing answers, so that n = {fit.nobs}." in str(
        sx.write_up(fit)
    )


def test_parameters_in_the_table_are_those_of_the_fit(results):
    frame = sx.apa_table(results).frame.set_index("Parameter")
    for row in results.parameters.query("op in ['=~', '~']").itertuples():
        name = f"{row.lhs} → {row.rhs}" if row.op == "=~" else f"{row.rhs} → {row.lhs}"
        assert float(frame.loc[name, "B"]) == pytest.approx(row.est, abs=HALF)
        assert float(frame.loc[name, "β"]) == pytest.approx(row.std_all, abs=HALF)
        assert frame.loc[name, "p"] == ("" if row.se == 0 else "< .001" if row.pvalue < 0.001 else short(row.pvalue, 3))


def test_measures_that_cannot_exceed_one_have_no_zero_before_the_point(results):
    shown = sx.apa_table(results, "fit").frame.set_index("measure")["value"].astype(str)
    measures = results.fit_measures
    for head, name in (("CFI", "cfi"), ("RMSEA", "rmsea"), ("RMSEA upper", "rmsea_ci_upper"), ("SRMR", "srmr")):
        assert shown[head] == short(measures[name], 3)
    assert not shown.drop("χ²").str.match(r"-?0\.").any()


def test_standardized_estimates_have_limits_beside_auxiliary_variables_as_without():
    """An auxiliary variable that tells nothing leaves the limits where they are."""
    random = np.random.default_rng(8)
    data = answers().mask(random.random((400, 6)) < 0.02).assign(noise=random.normal(size=400))
    plain = path_limits(sx.fit(MODEL, data, missing="fiml"))
    beside = path_limits(sx.fit(MODEL, data, missing="fiml", auxiliary=["noise"]))
    kept = plain["op"].isin(["=~", "~"])
    for name in ("std_all_ci_lower", "std_all_ci_upper"):
        assert beside[name][kept].tolist() == pytest.approx(plain[name][kept].tolist(), abs=LITTLE)
    assert (beside[kept]["std_all"].between(beside[kept]["std_all_ci_lower"], beside[kept]["std_all_ci_upper"])).all()


def test_editors_stand_with_their_initials_first():
    chapter = every_reference()["satorra1994"].apa
    assert "In A. von Eye & C. C. Clogg (Eds.), Latent variables analysis" in chapter


def test_correlations_have_ave_on_the_diagonal_and_reliability_beside(results):
    frame, measured = sx.apa_table(results, "correlations").frame, sx.reliability(results)
    assert [float(cell) for cell in frame["CR"]] == pytest.approx(measured["omega"].tolist(), abs=HALF)
    assert [float(frame.loc[k, str(k + 1)]) for k in range(2)] == pytest.approx(measured["ave"].tolist(), abs=HALF)
    known = sx.fornell_larcker(results)["correlation"].item()
    assert float(frame.loc[1, "1"]) == pytest.approx(known, abs=HALF)
    assert frame.loc[0, "2"] == ""


def test_models_stand_side_by_side(results, robust):
    made = sx.model_table(results, robust, names=["ML", "MLR"])
    frame = made.frame.set_index("")
    for name, fit in (("ML", results), ("MLR", robust)):
        row = fit.parameters.query("op == '~'").iloc[0]
        assert frame.loc["joy → bond", name] == f"{row['est']:.2f}*** ({row['se']:.2f})"
        assert frame.loc["χ²", name] == f"{reported(fit).value('chisq'):.2f}"
        assert frame.loc["n", name] == str(fit.nobs)
    assert "χ² is scaled (Yuan–Bentler, Mplus variant) (MLR)" in made.note
    assert "*" not in sx.model_table(results, stars=False).frame.iloc[0, 1]


def test_tables_save_themselves_and_reports_take_them(results, tmp_path):
    made = sx.model_table(results, names=["<script>=1+1"])
    paths = [sx.report(made, tmp_path / f"models{suffix}") for suffix in (".html", ".docx", ".tex", ".xlsx")]
    paths += [sx.report(made, tmp_path / "again.html"), sx.report(sx.write_up(results), tmp_path / "text.docx")]
    assert all(path.stat().st_size for path in paths)
    assert "<script>" not in paths[0].read_text(encoding="utf-8")
    rows = [[cell.text for cell in row.cells] for row in docx.Document(paths[1]).tables[0].rows]
    assert rows[1:] == made.frame.to_numpy().tolist()
    assert "<script>" not in made._repr_html_()


def test_the_ladder_and_mediation_are_tables():
    steps = sx.invariance("joy =~ a + b + c", answers(600).assign(g=["u", "v"] * 300), group="g")
    frame = sx.apa_table(steps, "invariance").frame
    assert frame["Model"].tolist() == steps["step"].tolist()
    assert [float(cell) for cell in frame["χ²"]] == pytest.approx(steps["chisq"].tolist(), abs=HALF)
    chain = sx.fit(f"{MODEL}; g ~ bond", answers().assign(g=np.random.default_rng(1).normal(size=400)))
    found = sx.effects(chain)
    frame = sx.apa_table(chain, "mediation").frame
    assert [float(cell) for cell in frame["B"]] == pytest.approx(found["est"].tolist(), abs=HALF)


def test_what_does_not_go_together_is_refused(results):
    with pytest.raises(OptionError, match=r"takes the table of invariance"):
        sx.apa_table(results, "invariance")
    with pytest.raises(OptionError, match="found DataFrame"):
        sx.apa_table(results.parameters, "parameters")
    with pytest.raises(OptionError, match="names takes 1"):
        sx.model_table(results, names=["a", "b"])
    with pytest.raises(OptionError, match="found none"):
        sx.model_table()
    with pytest.raises(OptionError, match="write_up"):
        sx.write_up("text")


def test_the_bibliography_is_of_the_methods_used(results, robust):
    assert "yuan2000" in robust.bibliography
    assert "enders2001" in robust.bibliography
    assert "yuan2000" not in results.bibliography
    assert "10.18637/jss.v048.i02" in results.bibliography
    for entry in every_reference().values():
        text = entry.bibtex
        assert text.count("{") == text.count("}")
        assert text.startswith("@")


PAIR = "joy =~ a + b + c\nbond =~ d + e + f\nbond ~ joy"


def imputed(estimator="ML", sets=3, n=300):
    rng = np.random.default_rng(3)
    joy = rng.normal(size=(n, 1))
    bond = 0.6 * joy + 0.5 * rng.normal(size=(n, 1))
    frame = pd.DataFrame(np.hstack([joy, joy, joy, bond, bond, bond]) + 0.7 * rng.normal(size=(n, 6)))
    frame = frame.set_axis(list("abcdef"), axis=1).mask(rng.random((n, 6)) < 0.1)
    return sx.pool([sx.fit(PAIR, each, estimator=estimator) for each in sx.impute(frame, m=sets, seed=1)])


@pytest.fixture(scope="module", params=["ML", "MLR", "ULS"])
def pooled(request):
    return imputed(request.param)


def test_pooled_fits_are_written_up_with_their_sets_rules_and_test(pooled):
    text = sx.write_up(pooled)
    test = pooled.tests.set_index("test").loc[pooled.test]
    lost = pooled.parameters["fmi"].dropna()
    assert "imputed 3 times, with n = 300" in text.methods
    assert f"missing information were {short(lost.min())} to {short(lost.max())}" in text.methods
    assert f"F({test.df1:.0f}, {test.df2:.1f}) = {test.f:.2f}" in text.results
    assert ("Before scaling" in text.results) == (pooled.options.estimator == "MLR")
    path = key_paths(pooled).iloc[0]
    limits = f"[{short(path['std_all_ci_lower'])}, {short(path['std_all_ci_upper'])}]"
    assert f"β = {short(path['std_all'])}, 95% CI {limits}" in text.results
    doi = {"D2": "Statistica Sinica, 1(1), 65–92", "D3": "10.1093/biomet/79.1.103"}[pooled.test]
    listed = "\n".join(text.references)
    for source in (doi, "10.1002/9780470316696", "10.1093/biomet/86.4.948", "10.1037/met0000102"):
        assert source in listed
    kept = {"D2": "li1991", "D3": "meng1992"}
    assert kept.pop(pooled.test) in pooled.bibliography
    assert next(iter(kept.values())) not in pooled.bibliography
    assert "enders2001" not in pooled.bibliography


def test_tables_of_pooled_fits_hold_the_pooled_numbers(pooled, tmp_path):
    rows = pooled.parameters
    rows = rows[rows["op"].isin(["=~", "~"])].reset_index(drop=True)
    frame = sx.apa_table(pooled).frame
    assert frame["B"].tolist() == [f"{value:.2f}" for value in rows["est"]]
    assert frame["SE"].tolist() == ["–" if se == 0 else f"{se:.2f}" for se in rows["se"]]
    assert frame["FMI"].tolist() == ["" if np.isnan(value) else short(value) for value in rows["fmi"]]
    assert frame["95% CI"].iloc[-1] == f"[{rows['ci_lower'].iloc[-1]:.2f}, {rows['ci_upper'].iloc[-1]:.2f}]"
    matrix = sx.apa_table(pooled, "correlations").frame
    implied = pooled.implied["cov"]
    assert matrix.loc[1, "1"] == short(rows["std_all"].iloc[-1])
    assert set(implied.columns) >= set("abcdef")
    assert "3 imputed data sets" in sx.apa_table(pooled, "mediation").note
    measures = sx.apa_table(pooled, "fit").frame.set_index("measure")["value"]
    assert str(measures["SRMR"]) == short(pooled.fit_measures["srmr"], 3)
    beside = sx.model_table(pooled, pooled.results[0])
    cell = beside.frame.set_index("").loc["joy → bond", "Model 1"]
    assert cell.startswith(f"{rows['est'].iloc[-1]:.2f}")
    assert f"({rows['se'].iloc[-1]:.2f})" in cell
    assert "Model 1: pooled over 3 imputed data sets" in beside.note
    assert sx.report(beside, tmp_path / "models.docx").exists()


def test_standard_errors_of_standardized_pooled_paths_hold_the_variance_between_sets():
    pooled = imputed()
    widths = [
        float((rows["std_all_ci_upper"] - rows["std_all_ci_lower"]).iloc[0])
        for rows in (key_paths(each) for each in (pooled, *pooled.results))
    ]
    assert widths[0] > np.mean(widths[1:])


def test_a_saturated_pooled_model_has_no_test_and_the_text_says_so():
    pooled = imputed()
    saturated = sx.pool([sx.fit("a ~ b", each.rows) for each in pooled.results])
    assert "no test of fit" in sx.write_up(saturated).results
    assert "F(" not in sx.write_up(saturated).results
    copies = sx.pool([sx.fit("joy =~ 1*a + 1*b + 1*c", each.rows.dropna()) for each in pooled.results])
    assert "F(2," in sx.write_up(copies).results


@pytest.mark.parametrize(
    ("missing", "words"),
    [("listwise", "n = 360 respondents who answered every item"), ("fiml", "n = 400 respondents, whose gaps full")],
)
def test_a_source_is_no_table_of_summary_statistics(tmp_path, missing, words):
    data = answers()
    data.loc[::10, "a"] = np.nan
    data.to_parquet(tmp_path / "answers.parquet")
    paper = str(sx.write_up(sx.fit(MODEL, tmp_path / "answers.parquet", missing=missing)))
    assert words in paper
    assert "summary statistics" not in paper


def test_no_gaps_of_a_source_are_said_where_there_are_none(tmp_path):
    answers().to_parquet(tmp_path / "answers.parquet")
    paper = str(sx.write_up(sx.fit(MODEL, tmp_path / "answers.parquet", missing="fiml")))
    assert "n = 400 respondents, with no answer missing" in paper


def test_what_rests_on_a_sample_has_no_limits_at_the_pooled_mean(pooled):
    """A sample of means varies less than the sets do between them."""
    ratios = sx.htmt(pooled.at_mean)
    assert ratios[["ci_lower", "ci_upper"]].isna().all(axis=None)
    assert ratios["note"].str.contains("pooled").all()
    with pytest.raises(OptionError, match="pooled"):
        sx.bootstrap(pooled.at_mean, 10)
