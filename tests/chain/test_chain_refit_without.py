"""Paths with and without some respondents: the same fit again, the error of the change, and who is refused."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.robustness.refit_without import _judged
from sexresearch.errors import DataError, OptionError, SexresearchError

MODEL = "joy =~ a + b + c; stay ~ joy"
SAME = 1e-6


def answers(n=300, seed=1):
    rng = np.random.default_rng(seed)
    joy = rng.normal(size=n)
    data = pd.DataFrame({name: 0.8 * joy + rng.normal(size=n) for name in "abc"})
    return data.assign(stay=0.5 * joy + rng.normal(size=n), brand=["u", "v"] * (n // 2), branch=np.arange(n) // 10)


@pytest.fixture(scope="module")
def survey():
    return sx.Survey.from_frame(answers())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"estimator": "MLR", "missing": "fiml"},
        {"group": "brand"},
        {"group": "brand", "group_equal": ["loadings", "regressions"]},
        {"estimator": "ULS", "std_lv": True},
        {"cluster": "branch"},
        {"se": "robust_sem", "test": "satorra_bentler"},
    ],
    ids=str,
)
def test_it_is_the_fit_to_the_others(survey, options, assert_in_glossary):
    gone = list(range(0, 40, 3))
    results = sx.fit(MODEL, survey, **options)
    table = sx.refit_without(results, gone, survey)
    assert_in_glossary(table)
    again = sx.fit(MODEL, survey.without(gone, because="test"), **options).parameters.query("op == '~'")
    again = again.set_index("group").loc[table["group"].tolist()]  # groups may appear in another order
    np.testing.assert_allclose(table["est_without"], again["est"], rtol=SAME)
    np.testing.assert_allclose(table["pvalue_without"], again["pvalue"], rtol=1e-4, atol=1e-12)
    np.testing.assert_allclose(table["est"], results.parameters.query("op == '~'")["est"], rtol=SAME)
    np.testing.assert_allclose(table["est_change"], table["est_without"] - table["est"])
    assert table["n_without"].eq(300 - len(gone)).all()
    if "cluster" in options:
        assert table["est_change_se"].isna().all()
        assert table["note"].str.contains("come in clusters").all()
    else:
        assert table["est_change_se"].gt(0).all() or "group_equal" in options


def test_ordered_items_are_refitted_as_ordered():
    data = answers(600)
    data[list("abc")] = np.digitize(data[list("abc")], [-1, 0, 1])
    survey = sx.Survey.from_frame(data)
    results = sx.fit(MODEL, survey, ordered=["a", "b", "c"])
    again = sx.fit(MODEL, survey.without(range(50), because="test"), ordered=["a", "b", "c"])
    table = sx.refit_without(results, range(50), survey)
    assert table["est_without"].item() == pytest.approx(again.parameters.query("op == '~'")["est"].item(), rel=1e-5)


def test_groups_lose_their_own():
    survey = sx.Survey.from_frame(answers())
    gone = survey.answers.index[survey.answers["brand"] == "u"][:30]
    own = sx.refit_without(sx.fit(MODEL, survey, group="brand"), gone, survey).set_index("group")
    assert own.loc["v", "est_change"] == pytest.approx(0, abs=1e-6)
    assert own.loc["v", "est_change_se"] == 0
    equal = sx.fit(MODEL, survey, group="brand", group_equal=["loadings", "regressions"])
    shared = sx.refit_without(equal, gone, survey)
    assert shared["est_change_se"].isna().all()
    assert shared["note"].str.contains("groups of different loss share it").all()


def test_the_error_of_the_change_is_that_of_leaving_anyone_out():
    rng, ratios = np.random.default_rng(3), []
    for seed in range(40):
        survey = sx.Survey.from_frame(answers(200, seed=seed + 10))
        results = sx.fit(MODEL, survey)
        row = sx.refit_without(results, rng.permutation(200)[:40].tolist(), survey).iloc[0]
        ratios.append(row["est_change"] / row["est_change_se"])
    assert abs(np.mean(ratios)) < 0.5  # 40 draws of mean 0 and variance 1: three standard errors
    assert 0.7 < np.std(ratios) < 1.35


def test_those_who_differ_change_the_verdict():
    data, rng = answers(400), np.random.default_rng(4)
    far = pd.DataFrame(8 + rng.normal(size=(12, 4)), columns=["a", "b", "c", "stay"]).assign(brand="u", branch=0)
    data["stay"] = rng.normal(size=400)
    survey = sx.Survey.from_frame(pd.concat([data, far], ignore_index=True))
    row = sx.refit_without(sx.fit(MODEL, survey), range(400, 412), survey).iloc[0]
    assert row["verdict"] == "no longer differs from 0"
    assert row["est_change_ci_upper"] < 0


def test_findings_are_taken_as_they_are():
    survey = sx.datasets.load("service_excellence_demo")
    results = sx.fit("joy =~ val1 + val2 + val3; sat =~ sat1 + sat2 + sat3; sat ~ joy", survey)
    found = sx.screen(survey)
    table = sx.refit_without(results, found, survey)
    assert table["verdict"].item() == "stays"
    assert sx.refit_without(results, found.iloc[:0], survey)["est_change"].item() == pytest.approx(0, abs=1e-7)


def test_without_paths_loadings_are_compared(survey):
    table = sx.refit_without(sx.fit("joy =~ a + b + c + stay", survey), [1, 2], survey)
    assert table["op"].unique().tolist() == ["=~"]
    assert table.loc[0, "verdict"] == "not computable"


def test_a_fit_that_fails_without_them_says_so():
    survey = sx.Survey.from_frame(answers(20))
    table = sx.refit_without(sx.fit(MODEL, survey), range(17), survey)
    assert table["est_without"].isna().all()
    assert "without them" in table["note"].item()
    assert table["verdict"].item() == "not computable"


@pytest.mark.parametrize(
    ("before", "after", "sign", "outcome", "verdict"),
    [
        (0.01, 0.02, 1, "holds", "stays"),
        (0.01, 0.02, -1, "fails", "changes its sign"),
        (0.01, 0.2, 1, "doubtful", "no longer differs from 0"),
        (0.3, 0.01, 1, "doubtful", "now differs from 0"),
        (0.3, 0.2, -1, "holds", "stays"),
        (np.nan, 0.2, 1, "not_computable", "not computable"),
    ],
)
def test_verdicts(before, after, sign, outcome, verdict):
    row = {"pvalue": before, "pvalue_without": after, "est": 0.5, "est_without": 0.4 * sign}
    assert _judged(row) == (outcome, verdict)


def test_what_cannot_be_compared_is_refused(survey):
    results = sx.fit(MODEL, survey)
    other = sx.Survey.from_frame(answers(seed=2))
    with pytest.raises(DataError, match="fitted to other answers than those of data frame"):
        sx.refit_without(results, [1], other)
    with pytest.raises(DataError, match="takes the Survey that was fitted; found DataFrame"):
        sx.refit_without(results, [1], answers())
    with pytest.raises(DataError, match="has no row 999"):
        sx.refit_without(results, [999], survey)
    with pytest.raises(DataError, match="findings about other answers"):
        sx.refit_without(results, sx.screen(other), survey)
    with pytest.raises(OptionError, match="level"):
        sx.refit_without(results, [1], survey, level=95)
    moments = sx.fit("joy =~ CUSA1 + CUSA2 + CUSA3 + CUSCO", moments=sx.datasets.load("mobi_moments"))
    with pytest.raises(OptionError, match="fitted to moments"):
        sx.refit_without(moments, [1], survey)
    with pytest.raises(SexresearchError):
        sx.refit_without(None, [1], survey)
