"""Fetched data sets: what the loader does with the real files, and what it says where it has none."""

import dataclasses
import hashlib
import http.server
import os
import runpy
import threading

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch import datasets
from sexresearch.chain import chain_model, effects, invariance, latent_means
from sexresearch.datasets import bundled
from sexresearch.datasets.fetched_surveys import READERS
from sexresearch.datasets.fetching import HOME_VARIABLE, data_home, fetched
from sexresearch.datasets.published_moments import moments_table
from sexresearch.datasets.registry import entries, find
from sexresearch.errors import DatasetError
from sexresearch.sem import Fitting, compare, fit

SAME_ARITHMETIC = 1e-12  # relative: sums taken in another order on another machine
SAME_OPTIMUM = 1e-6  # relative: stored with eight digits, found again by the optimizer
NEAR_ZERO = 1e-9  # absolute, for p values
REPUTATION = "COMP =~ comp_1 + comp_2 + comp_3; LIKE =~ like_1 + like_2 + like_3; CUSL =~ cusl_1 + cusl_2 + cusl_3"
LIKED = f"{REPUTATION}; cusa ~ COMP + LIKE; CUSL ~ COMP + LIKE + cusa"
FETCHED = [entry.name for entry in entries() if entry.kind == "fetched"]
COMPUTED = [entry.name for entry in entries() if entry.computed_from]


@pytest.fixture
def home(monkeypatch, root):
    """The data home: the one the environment names, else the folder `shared/data-home` beside the checkout."""
    beside = root.parent / "shared" / "data-home"
    if not os.environ.get(HOME_VARIABLE) and beside.is_dir():
        monkeypatch.setenv(HOME_VARIABLE, str(beside))
    missing = [name for name in FETCHED if not (data_home() / find(name).file).exists()]
    if missing:
        pytest.skip(f"fetched files are not in the data home and tests do not use the network: {missing}")
    return data_home()


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("name", FETCHED)
def test_every_set_loads_with_its_codebook(name, home):
    before = sorted(home.iterdir())
    survey = datasets.load(name)
    assert survey.n == find(name).n
    assert survey.extra == ()
    assert not survey.synthetic
    assert survey.answers.index.tolist() == list(range(1, survey.n + 1))
    assert not set(find(name).drop) & set(survey.answers.columns)
    assert sorted(home.iterdir()) == before


def test_acsi_landmarks(home):
    answers = datasets.load("acsi_2015").answers
    assert len(answers[list(find("acsi_2015_moments").variables)].dropna()) == 7422
    assert not {"ZIPCODE", "HISPANIC", "RACE_1"} & set(answers.columns)
    assert answers.INDUSTRY.value_counts().to_dict() == {
        "banks": 2505, "internet providers": 2287, "processed food": 1968, "airlines": 1479,
    }  # fmt: skip
    assert answers.CONFIRM.isna().sum() == 43
    assert answers.select_dtypes("number").drop(columns=["YEAR", "AGE", "HIGHPTOL", "LOWPTOL"]).max().max() == 10


def test_the_file_of_acsi_as_it_is_is_read_by_its_codebook(home):
    """Codes 98 and 99, which its own codebook declares for all columns, are no answers; nothing else is lost."""
    raw = sx.read_survey(data_home() / find("acsi_2015").file, bundled.path("data/raw/acsi_2015.toml"))
    loaded = datasets.load("acsi_2015")
    items = list(loaded.items)
    assert np.array_equal(raw.answers[items], loaded.answers[items], equal_nan=True)
    counted = {(none.column, none.answer): none.times for none in raw.no_answers}
    assert (counted["SATIS", "98"], counted["INCOME", "99"], counted["GENDER", "99"]) == (5, 500, 13)
    assert raw.answers["HIGHPTOL"].eq(98).sum() == 1202  # a column without labels keeps what is not known to be a code


def test_the_two_waves_of_the_airport_have_the_same_items(home):
    waves = [datasets.load(f"sfo_{year}") for year in (2017, 2018)]
    first, second = (wave.answers for wave in waves)
    assert waves[0].items == waves[1].items
    assert [wave.answers["GATE"].nunique() for wave in waves] == [72, 71]
    assert [wave.answers["Q7ALL"].isna().sum() for wave in waves] == [143, 184]
    assert [wave.answers["NETPRO"].isna().sum() for wave in waves] == [85, 159]
    assert all(wave.answers[list(wave.items[:-1])].max().max() == 5 for wave in waves)
    assert pd.concat([first, second])["NETPRO"].between(0, 10).sum() == 5640 - 85 - 159
    assert first["WEIGHT"].mean() == pytest.approx(1, abs=1e-6)


def test_mobi_is_complete(home):
    survey = datasets.load("mobi_ecsi")
    assert len(survey.items) == 24
    assert survey.answers.notna().all(axis=None)


def test_corp_rep_sets_minus_99_to_missing(home):
    answers = datasets.load("corp_rep").answers
    assert answers.select_dtypes("number").min().min() == 1
    assert answers[["cusl_1", "cusl_2", "cusl_3", "cusa"]].isna().sum().tolist() == [3, 4, 3, 1]
    assert (answers.servicetype == "contract").sum() == 219


def test_univbct_keeps_all_that_the_stacked_file_says(home):
    stacked = READERS[".rda"](fetched(find("univbct")))
    survey = datasets.load("univbct")
    assert stacked.groupby("SUBNUM")[list(survey.items)].nunique().max().max() == 1
    waves = survey.answers[["JOBSAT1", "JOBSAT2", "JOBSAT3"]].to_numpy()
    stacked_waves = stacked.pivot(index="SUBNUM", columns="TIME", values="JSAT")  # noqa: PD010
    np.testing.assert_array_equal(waves, stacked_waves.loc[survey.answers.SUBNUM].to_numpy())


def test_bh1996_is_nested_in_99_groups(home):
    answers = datasets.load("bh1996").answers
    assert answers.GRP.nunique() == 99
    means = answers.groupby("GRP").COHES.transform("mean")
    np.testing.assert_allclose(answers["G.COHES"], means, atol=1e-6)


@pytest.mark.parametrize("name", COMPUTED)
def test_bundled_moments_are_those_of_the_answers(name, home, root):
    entry = find(name)
    anew = moments_table(datasets.load(entry.computed_from).answers, entry.variables, entry.group)
    bundled = pd.read_csv(root / "data" / entry.file)
    pd.testing.assert_frame_equal(anew, bundled, rtol=SAME_ARITHMETIC, atol=0, check_dtype=False)


@pytest.mark.filterwarnings("ignore:1 rows have no answer")
@pytest.mark.parametrize(
    ("maker", "name"), [("missing_tables", "acsi_2015_missing"), ("likert_tables", "corp_rep2_likert")]
)
def test_bundled_computed_tables_are_those_of_the_answers(maker, name, home, root):
    for file, anew in runpy.run_path(str(root / "data" / "make.py"))[maker](name).items():
        bundled = pd.read_csv(root / "data" / "computed" / file)
        if "provenance" in anew:
            anew, bundled = (frame.assign(provenance=data_fingerprint(frame)) for frame in (anew, bundled))
        text = bundled.select_dtypes(exclude="number").columns
        pd.testing.assert_frame_equal(anew[text].fillna(""), bundled[text].fillna(""), check_dtype=False)
        numbers = bundled.columns.difference(text)
        np.testing.assert_allclose(anew[numbers].astype(float), bundled[numbers], rtol=SAME_OPTIMUM, atol=NEAR_ZERO)


def test_answers_of_corp_rep2_give_the_robust_conclusions_of_notebook_12(home):
    survey = datasets.load("corp_rep2")
    view = chain_model(survey.instrument, "satisfaction_only")
    only, beside = (fit(text, survey, estimator="MLR") for text in (view, f"{view.syntax}\nCUSL ~ QUAL"))
    assert compare(beside, only)["pvalue"].iloc[1] < 0.001
    robust = fit(LIKED, survey, estimator="MLR")
    from_moments = fit(LIKED, moments=datasets.load("corp_rep2_moments"))
    rows = [results.parameters.query("op == '=~' or op == '~'")["est"] for results in (robust, from_moments)]
    np.testing.assert_allclose(*rows, rtol=SAME_OPTIMUM, atol=NEAR_ZERO)
    liked = effects(robust, ["LIKE", "COMP"], "CUSL").set_index(["source", "effect"])
    assert liked.loc[[("LIKE", "direct"), ("LIKE", "indirect")], "ci_lower"].min() > 0.1
    assert liked.loc[("COMP", "total"), "ci_lower"] < 0 < liked.loc[("COMP", "total"), "ci_upper"]


def test_answers_of_corp_rep2_give_the_robust_conclusions_of_notebook_13(home):
    answers = datasets.load("corp_rep2").answers
    robust = Fitting(estimator="MLR")
    ladder = invariance(REPUTATION, answers, group="servicetype", fitting=robust)
    assert [text.split(":")[0] for text in ladder["verdict"]] == ["doubtful", "holds", "holds", "holds"]
    assert ladder["pvalue"].min() > 0.05
    assert latent_means(REPUTATION, answers, group="servicetype", fitting=robust)["pvalue"].min() > 0.05
    held = (["loadings"], ["loadings", "regressions"])
    fits = [fit(LIKED, answers, group="servicetype", estimator="MLR", group_equal=equal) for equal in held]
    assert 0.03 < compare(*fits)["pvalue"].iloc[1] < 0.07  # on the edge, as from moments


def data_fingerprint(frame):
    """What a stored provenance says of the data; the version of the package may have moved on."""
    return frame["provenance"].str.extract("(data [0-9a-f]{12})", expand=False)


def test_bundled_patterns_of_gaps_come_near_no_single_respondent(root):
    patterns = pd.read_csv(root / "data" / "computed" / "acsi_2015_missing_patterns.csv")
    assert patterns["n"].sum() == find("acsi_2015").n
    assert patterns["n"].min() >= 10
    assert patterns.loc[patterns["missing"].isna(), "n"].sum() == find("acsi_2015_moments").n


def test_without_file_and_network_the_error_says_what_to_get_and_where_to_put_it(no_network):
    with pytest.raises(DatasetError) as caught:
        datasets.load("mobi_ecsi")
    entry = find("mobi_ecsi")
    for part in (entry.url, f"'{entry.file}'", str(no_network), HOME_VARIABLE):
        assert part in str(caught.value)
    assert not (no_network / entry.file).exists()


def test_a_file_with_other_bytes_is_refused_and_left_alone(no_network):
    entry = find("mobi_ecsi")
    no_network.mkdir()
    (no_network / entry.file).write_text("CUEX1\n7\n")
    with pytest.raises(DatasetError, match=f"is not the file of the data set 'mobi_ecsi'.*expected {entry.sha256}"):
        datasets.load("mobi_ecsi")
    assert (no_network / entry.file).read_text() == "CUEX1\n7\n"


def test_a_download_is_kept_only_with_the_right_bytes(no_network, monkeypatch, tmp_path):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "mobi.csv").write_text("not it")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(tmp_path / "served"))

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/mobi.csv"
        entry = dataclasses.replace(find("mobi_ecsi"), url=url)
        with pytest.raises(DatasetError, match="bytes that came are not the expected ones"):
            fetched(entry)
        assert not (no_network / entry.file).exists()
        right = dataclasses.replace(entry, sha256=hashlib.sha256(b"not it").hexdigest())
        assert fetched(right).read_text() == "not it"
        server.shutdown()


def test_data_home_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert data_home() == tmp_path.resolve()
    monkeypatch.delenv(HOME_VARIABLE)
    assert data_home().name == "sexresearch"
