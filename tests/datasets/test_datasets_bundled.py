"""Data sets that come with the package: the list, the synthetic survey and its generator, summary statistics."""

import io

import numpy as np
import pandas as pd
import pytest

from sexresearch import datasets
from sexresearch.datasets import bundled
from sexresearch.datasets import service_excellence_demo as demo
from sexresearch.datasets import survey_population as population
from sexresearch.datasets.published_moments import moments_table, read_moments
from sexresearch.datasets.registry import entries
from sexresearch.errors import DatasetError, ModelError, OptionError
from sexresearch.sem import Moments, fit
from sexresearch.survey import Instrument

RECOVERY = 0.05  # of standardized paths at n = 1500; their standard errors are 0.02 to 0.03
LARGE_SAMPLE = 0.02  # of correlations at n = 40,000: three standard errors
ACSI = """
Expectation =~ OVERALLX + CUSTOMX + WRONGX
Quality =~ OVERALLQ + CUSTOMQ + WRONGQ
Value =~ PQ + QP
Satisfaction =~ SATIS + CONFIRM + IDEAL
Quality ~ Expectation
Value ~ Expectation + Quality
Satisfaction ~ Expectation + Quality + Value
REPUR ~ Satisfaction
"""


@pytest.fixture(scope="module")
def simulated():
    return demo.generate()


@pytest.fixture(scope="module")
def survey():
    return datasets.load("service_excellence_demo")


def test_list_shows_every_set_once_in_columns_of_the_glossary(assert_in_glossary):
    listed = datasets.list()
    assert_in_glossary(listed)
    assert listed.name.is_unique
    assert set(listed.kind) == {"synthetic", "summary", "fetched"}
    assert not (listed == "").any(axis=None)
    assert not listed.isna().any(axis=None)
    assert "SYNTHETIC" in listed.set_index("name").loc["service_excellence_demo", "what"]


@pytest.mark.parametrize("name", datasets.list().query("kind != 'fetched'").name)
def test_bundled_sets_load_and_have_a_codebook_for_their_columns(name, assert_in_glossary):
    loaded, book = datasets.load(name), datasets.codebook(name)
    assert_in_glossary(book)
    assert book.wording.notna().all()
    columns = loaded.answers.columns if hasattr(loaded, "answers") else book.column
    assert set(columns) == set(book.column)
    if isinstance(loaded, pd.DataFrame):
        assert list(loaded.index) == list(book.column)


def test_every_codebook_is_usable():
    for entry in entries():
        assert len(datasets.codebook(entry.name)) > 0
        if entry.kind == "fetched":
            Instrument.from_toml(bundled.path(f"data/{entry.codebook}"))


def test_unknown_set_is_refused_with_the_nearest_name():
    with pytest.raises(DatasetError, match=r"no data set 'acsi_2051'; did you mean 'acsi_2015'\?.*mobi_ecsi"):
        datasets.load("acsi_2051")
    with pytest.raises(DatasetError, match="the data sets are service_excellence_demo"):
        datasets.codebook("")


def test_bundled_files_are_found_in_checkout_and_wheel(tmp_path, monkeypatch, root):
    assert bundled.path("data/datasets.toml") == root / "data" / "datasets.toml"
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(bundled, "WHEEL", tmp_path)
    assert bundled.path("notebooks") == tmp_path / "notebooks"
    with pytest.raises(DatasetError, match="has no 'data/other'"):
        bundled.path("data/other")


def test_demo_file_is_what_the_generator_writes(simulated):
    written = io.StringIO()
    simulated.answers.to_csv(written, index=False, lineterminator="\n")
    file = bundled.path("data/synthetic/service_excellence_demo.csv")
    assert written.getvalue() == file.read_text(encoding="utf-8")


def test_demo_codebook_says_that_it_is_synthetic_and_names_seed_and_generator():
    text = bundled.path("data/synthetic/service_excellence_demo.toml").read_text(encoding="utf-8")
    assert "SYNTHETIC" in text
    assert f"seed {demo.SEED}" in text
    assert "sexresearch.datasets.service_excellence_demo" in text


def test_demo_survey_is_labelled_and_complete(survey):
    assert survey.synthetic
    assert "synthetic" in survey.caption
    assert survey.n == 1500
    assert survey.extra == ()
    assert survey.answers.brand.unique().tolist() == ["low-budget", "premium", "luxury"]
    assert survey.answers.branch.nunique() == 60
    assert survey.answers.groupby("branch").brand.nunique().eq(1).all()
    asked = [item for construct in demo.LOADINGS.values() for item in construct]
    assert list(survey.items) == asked


def test_demo_has_realistic_gaps_careless_rows_and_skew(survey, simulated):
    skipped = survey.answers[list(survey.items)].isna().mean().drop(list(demo.RECORDED))
    assert skipped.between(0.03, 0.06).all()
    careless = (simulated.careless != "").mean()
    assert 0.01 < careless < 0.03
    rated = survey.answers[[item.name for item in survey.instrument.items if item.scale.name == "agree7"]]
    assert rated.skew().between(-1, -0.1).all()
    older = survey.answers.age > survey.answers.age.median()
    assert rated[older].isna().mean().mean() > rated[~older].isna().mean().mean()


def test_demo_reversed_item_is_raw_in_the_file_and_recoded_in_the_survey(survey, simulated):
    raw = simulated.answers["feed3"].astype(float).to_numpy()
    np.testing.assert_array_equal(survey.answers["feed3"].to_numpy(), 8 - raw)


@pytest.mark.parametrize("careful", [False, True], ids=["all rows", "careless rows dropped"])
def test_demo_model_fits_and_recovers_its_population(survey, simulated, careful):
    careless = simulated.careless.index[simulated.careless != ""] if careful else []
    results = fit(demo.model_text(), survey.without(careless, because="careless").answers.dropna())
    assert results.fit_measures["cfi"] > 0.95
    both = demo.population().merge(results.parameters, on=["lhs", "op", "rhs"])
    assert len(both) == len(demo.population()) - 1  # surprise is not in the fitted model
    assert (both.std_all - both.population).abs().max() < RECOVERY
    loadings = results.parameters.query("op == '=~' and lhs not in ['excellence', 'delight']").std_all
    assert loadings.between(0.65, 0.9).all()


@pytest.mark.parametrize("path", ["loyalty ~ delight", "loyalty ~ satisfaction"])
def test_demo_true_model_beats_its_rivals(survey, path):
    complete = survey.answers.dropna()
    truth = fit(demo.model_text(), complete)
    rival = fit(demo.model_text().replace("loyalty ~ delight + satisfaction", path), complete)
    assert truth.fit_measures["bic"] + 10 < rival.fit_measures["bic"]


def test_demo_population_is_shown_in_columns_of_the_glossary(assert_in_glossary):
    assert_in_glossary(demo.population())


def test_demo_same_seed_same_survey_other_seed_other_survey():
    first, again, other = demo.generate(50, seed=3), demo.generate(50, seed=3), demo.generate(50, seed=4)
    pd.testing.assert_frame_equal(first.answers, again.answers)
    assert not first.answers.equals(other.answers)
    with pytest.raises(OptionError, match="n = 0"):
        demo.generate(0)


def test_demo_latents_have_the_population_correlations():
    drawn = demo.generate(40_000, seed=5).latents
    implied = population.correlations_of(("brand", "branch", "age"), demo.structure())
    for one, two in [("excellence", "success"), ("delight", "satisfaction"), ("experience", "surprise")]:
        assert drawn[one].corr(drawn[two]) == pytest.approx(implied[one, two], abs=LARGE_SAMPLE)


def test_paths_that_explain_more_than_everything_are_refused():
    with pytest.raises(ModelError, match=r"into 'b' explain 1\.210"):
        population.draw_latents(np.random.default_rng(1), {"a": np.zeros(2)}, {"b": {"a": 1.1}})


def test_acsi_moments_give_the_published_landmark():
    moments = datasets.load("acsi_2015_moments")
    assert moments.nobs == 7422
    results = fit(ACSI, moments=moments)
    assert results.fit_measures["chisq"] == pytest.approx(2586.611, abs=5e-4)
    assert results.fit_measures["df"] == 48
    assert results.fit_measures["cfi"] == pytest.approx(0.9713, abs=5e-5)
    assert results.fit_measures["rmsea"] == pytest.approx(0.0844, abs=5e-5)


def test_acsi_moments_by_industry_add_up():
    moments = datasets.load("acsi_2015_moments_by_industry")
    assert set(moments) == {"processed food", "airlines", "internet providers", "banks"}
    assert sum(part.nobs for part in moments.values()) == 7422
    pooled = sum(part.mean * part.nobs for part in moments.values()) / 7422
    pd.testing.assert_series_equal(pooled, datasets.load("acsi_2015_moments").mean, check_names=False)


def test_published_tables_are_as_printed():
    attachment = datasets.load("dwivedi2019")
    assert attachment.loc["SAT", ["mean", "sd", "alpha"]].tolist() == [3.87, 0.64, 0.86]
    correlations = attachment[list(attachment.index)]
    assert Moments.from_correlations(correlations, attachment["sd"], 340, attachment["mean"]).nobs == 340
    assert datasets.load("fitnessclub2023_htmt").loc["CS", "EXP"] == -0.145
    assert datasets.load("gidakovic2021").loc["TRUST", "AVE"] == 0.9
    assert len(datasets.load("gidakovic2021")) == 13


def test_moments_survive_the_way_to_csv_and_back(tmp_path):
    rng = np.random.default_rng(1)
    answers = pd.DataFrame(rng.normal(size=(40, 3)), columns=list("abc")).assign(brand=["x", "y"] * 20)
    answers.loc[3, "a"] = np.nan
    moments_table(answers, ["a", "b"], "brand").to_csv(tmp_path / "moments.csv", index=False)
    moments = read_moments(tmp_path / "moments.csv")
    complete = answers[answers.brand == "y"].dropna()
    assert (moments["x"].nobs, moments["y"].nobs) == (20, 19)
    pd.testing.assert_frame_equal(moments["y"].cov, complete[["a", "b"]].cov(), check_exact=True)
    pd.testing.assert_series_equal(moments["y"].mean, complete[["a", "b"]].mean(), check_exact=True, check_names=False)
