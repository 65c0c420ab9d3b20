"""KPIs against closed forms, statsmodels and simulation; what cannot be computed says why."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t
from statsmodels.stats.proportion import proportion_confint

import sexresearch as sx
from sexresearch.errors import DataError, OptionError, SexresearchError
from sexresearch.survey import Construct, Field, Instrument, Item, ResponseScale, Survey, kpi_correlations, kpis
from sexresearch.survey.kpi.estimates import (
    mean_estimate,
    net_promoter_score,
    share_estimate,
    weighted_mean,
    wilson,
)

EXACT = 1e-10
ELEVEN, SEVEN = ResponseScale("likely", 0, 10), ResponseScale("agree", 1, 7)
YES = ResponseScale("yes", 0, 1)
EURO = ResponseScale("euro", 0, float("inf"), whole=False)
CONSTRUCTS = (
    Construct("joy", "Delight", tuple(Item(f"del{i}", "I am delighted.", SEVEN) for i in (1, 2)), node="delight"),
    Construct("sat", "Satisfaction", (Item("sat1", "All in all?", SEVEN),), node="satisfaction"),
    Construct(
        "loy",
        "Loyalty",
        (Item("stay", "I will stay.", SEVEN), Item("nps", "How likely would you recommend us?", ELEVEN)),
        node="loyalty",
    ),
    Construct("ease", "Ease", (Item("ces", "They made it easy for me.", SEVEN),)),
    Construct(
        "success",
        "Success",
        (Item("revenue", "Revenue in euro", EURO), Item("retained", "Still a customer after a year", YES)),
        node="success",
    ),
)
INSTRUMENT = Instrument(CONSTRUCTS, (Field("brand", role="group"), Field("wave")))
N = 400


def frame(n=N):
    rng = np.random.default_rng(12)
    joy = rng.normal(size=n)
    answers = {
        name: np.clip(np.round(4.5 + joy + rng.normal(size=n)), 1, 7)
        for name in ("del1", "del2", "sat1", "stay", "ces")
    }
    answers |= {"nps": np.clip(np.round(7 + 1.5 * joy + rng.normal(size=n)), 0, 10)}
    answers |= {"revenue": np.exp(4 + 0.5 * rng.normal(size=n)), "retained": rng.random(n) < 0.8}
    return pd.DataFrame(answers).assign(
        retained=lambda f: f["retained"].astype(int), brand=["low", "high"] * (n // 2), wave=1
    )


@pytest.fixture(scope="module")
def survey():
    return Survey.from_frame(frame(), INSTRUMENT)


def row(table, kpi, item=None, segment="all"):
    found = table[(table["kpi"] == kpi) & (table["segment"] == segment)]
    return (found if item is None else found[found["item"] == item]).iloc[0]


def test_every_figure_is_found_by_node_scale_and_wording(survey, assert_in_glossary):
    table = kpis(survey)
    assert_in_glossary(table)
    found = dict(zip(table["kpi"], table["item"], strict=True))
    assert found == {
        "NPS": "nps", "top-2-box": "sat1", "bottom-2-box": "sat1", "mean": "sat1", "CES": "ces",
        "delight rate": "del1, del2", "churn": "retained", "amount": "revenue",
    }  # fmt: skip
    assert table["est"].notna().all()
    assert table["note"].eq("").all()


def test_nps_is_its_closed_form(survey):
    values, found = survey.answers["nps"], row(kpis(survey), "NPS")
    p, d = (values >= 9).mean(), (values <= 6).mean()
    half = norm.ppf(0.975) * np.sqrt((p + d - (p - d) ** 2) / N)
    assert found["est"] == pytest.approx(100 * (p - d), rel=EXACT)
    assert (found["ci_lower"], found["ci_upper"]) == pytest.approx(
        (100 * (p - d - half), 100 * (p - d + half)), rel=EXACT
    )


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_shares_have_wilson_s_limits(survey, level):
    values, table = survey.answers, kpis(survey, level=level)
    hits = {
        "top-2-box": (values["sat1"] >= 6).sum(),
        "bottom-2-box": (values["sat1"] <= 2).sum(),
        "churn": (values["retained"] == 0).sum(),
        "delight rate": (values[["del1", "del2"]].mean(axis=1) >= 6).sum(),
    }
    for kpi, count in hits.items():
        found, expected = row(table, kpi), proportion_confint(count, N, alpha=1 - level, method="wilson")
        assert found["est"] == pytest.approx(count / N, rel=EXACT)
        assert (found["ci_lower"], found["ci_upper"]) == pytest.approx(expected, rel=1e-6)


def test_money_stays_in_money(survey):
    values, found = survey.answers["revenue"], row(kpis(survey), "amount")
    half = t.ppf(0.975, N - 1) * values.std() / np.sqrt(N)
    assert (found["est"], found["ci_upper"]) == pytest.approx((values.mean(), values.mean() + half), rel=EXACT)
    assert found["unit"] == "as recorded"


def test_wilson_at_the_ends():
    for count in (0, 3):
        expected = proportion_confint(count, 3, method="wilson")
        assert wilson(count / 3, 3, norm.ppf(0.975)) == pytest.approx(expected, abs=1e-9)


def test_weights_and_clusters_by_hand():
    rng = np.random.default_rng(3)
    y, w, g = rng.normal(size=60), rng.uniform(0.5, 2, size=60), np.repeat(np.arange(12), 5)
    found = weighted_mean(y, w)
    assert found.n_effective == pytest.approx(w.sum() ** 2 / (w**2).sum(), rel=EXACT)
    assert found.mean == pytest.approx(np.average(y, weights=w), rel=EXACT)
    y = y + np.repeat(2 * rng.normal(size=12), 5)
    found = mean_estimate(weighted_mean(y, None, g), 0.95)
    means = y.reshape(12, 5).mean(axis=1)  # clusters of one size: the error is that of their means
    half = t.ppf(0.975, 11) * means.std(ddof=1) / np.sqrt(12)
    assert (found.ci_lower, found.ci_upper) == pytest.approx((y.mean() - half, y.mean() + half), rel=EXACT)
    assert found.design_effect > 2


def test_intervals_cover_the_truth():
    rng = np.random.default_rng(4)
    hits = dict.fromkeys(("nps", "share", "clustered"), 0)
    for _ in range(400):
        classes = rng.choice([1.0, 0.0, -1.0], p=[0.5, 0.3, 0.2], size=150)
        found = net_promoter_score(weighted_mean(classes), 0.95)
        hits["nps"] += found.ci_lower <= 30 <= found.ci_upper
        found = share_estimate(weighted_mean((rng.random(40) < 0.04).astype(float)), 0.95)
        hits["share"] += found.ci_lower <= 0.04 <= found.ci_upper
        chance = np.repeat(rng.beta(4, 6, size=20), 15)
        found = share_estimate(
            weighted_mean((rng.random(300) < chance).astype(float), None, np.repeat(np.arange(20), 15)), 0.95
        )
        hits["clustered"] += found.ci_lower <= 0.4 <= found.ci_upper
    assert all(0.92 <= count / 400 <= 0.985 for count in hits.values()), hits


def test_segments_are_surveys_of_their_own(survey):
    table = kpis(survey, by="brand")
    assert table["segment"].unique().tolist() == ["all", "low", "high"]  # as they appear
    part = Survey.from_frame(frame().query("brand == 'low'"), INSTRUMENT)
    own, alone = table.query("segment == 'low'"), kpis(part)
    pd.testing.assert_frame_equal(own.drop(columns="segment").reset_index(drop=True), alone.drop(columns="segment"))
    crossed = kpis(Survey.from_frame(frame().assign(wave=[1, 2, 2, 10] * (N // 4)), INSTRUMENT), by=["wave", "brand"])
    assert crossed["segment"].unique().tolist() == ["all", "1, low", "2, high", "2, low", "10, high"]


def test_roles_of_fields_are_used():
    rng = np.random.default_rng(2)
    data = frame().assign(w=rng.uniform(0.2, 3, N), branch=np.arange(N) // 10)
    fields = (Field("w", role="weight"), Field("branch", role="cluster"))
    found = kpis(Survey.from_frame(data, Instrument(CONSTRUCTS, fields)))
    assert row(found, "mean")["est"] == pytest.approx(np.average(data["sat1"], weights=data["w"]))
    assert (found["design_effect"] >= 1).all()


@pytest.mark.parametrize(
    ("change", "kpi", "note"),
    [
        (lambda f: f.assign(w=0.0), "NPS", "no weight in 'w' is above 0"),
        (lambda f: f.assign(w=-1.0), "mean", "partly below 0"),
        (lambda f: f.assign(w=1.0, nps=np.nan), "NPS", "no answer"),
        (lambda f: f.assign(w=1.0, nps=10), "NPS", "all answers are of one class"),
        (lambda f: f.iloc[:1].assign(w=1.0), "mean", "a single answer"),
        (lambda f: f.assign(w=[1.0] + [0.0] * (N - 1)), "amount", "a single answer"),
    ],
)
def test_what_has_no_number_says_why(change, kpi, note):
    instrument = Instrument(CONSTRUCTS, (Field("w", role="weight"),))
    table = kpis(Survey.from_frame(change(frame()), instrument))
    assert note in row(table, kpi)["note"]
    assert len(table) == 8


def test_segments_of_one_respondent():
    table = kpis(
        Survey.from_frame(frame().assign(wave=range(N)), INSTRUMENT).without(range(6, N), because="short"), by="wave"
    )
    one = table[table["segment"] == "3"]
    assert one["est"].notna().all()
    assert one.loc[one["kpi"].isin(["mean", "amount", "CES", "NPS"]), "ci_lower"].isna().all()
    assert one["n"].eq(1).all()


def test_a_survey_that_asks_none_of_it_says_what_to_name():
    plain = Survey.from_frame(pd.DataFrame({"a": [1, 2, 3], "b": [10, 0, 9]}))
    table = kpis(plain)
    assert table["est"].isna().all()
    assert all("name it" in note or "name its" in note for note in table["note"])
    assert row(kpis(plain, recommend="b"), "NPS")["est"] == pytest.approx(100 / 3)
    assert row(kpis(plain, satisfaction="b"), "mean")["est"] == pytest.approx(19 / 3)
    assert "no scale of four" in row(kpis(plain, satisfaction="b"), "top-2-box")["note"]


def test_a_recommendation_on_another_scale_is_no_nps():
    assert "answered on 1 to 7" in row(kpis(sx.datasets.load("service_excellence_demo")), "NPS")["note"]


@pytest.mark.parametrize(("node", "stated"), [("success", False), ("loyalty", True)])
def test_how_often_customers_recommended_is_no_nps(node, stated):
    item = Item("recommendations", "recommendations", ResponseScale("tens", 0, 10))
    asked = Instrument((Construct(node, node, (item,), node=node),))
    survey = Survey.from_frame(pd.DataFrame({item.name: [0, 1, 9, 10]}), asked)
    assert bool(pd.notna(row(kpis(survey), "NPS")["est"])) == stated


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recommend": "no"}, "recommend: data frame has no column 'no'"),
        ({"amounts": ["brand"]}, "amounts: the column 'brand' of data frame holds no numbers"),
        ({"by": "no"}, "by: data frame has no column 'no'"),
        ({"by": "revenue"}, "makes 400 segments"),
        ({"churn": "wave", "retained": "retained"}, "twice"),
        ({"churn": "no"}, "churn: data frame has no column 'no'"),
        ({"level": 95}, "level must lie between 0 and 1"),
        ({"by": 3}, "by of kpis"),
    ],
)
def test_wrong_names_are_refused(survey, options, message):
    with pytest.raises(SexresearchError, match=message):
        kpis(survey, **options)


def test_churn_by_other_words():
    words = Survey.from_frame(pd.DataFrame({"a": [1, 2, 3, 4], "gekündigt": ["ja", "nein", "Nein", None]}))
    assert row(kpis(words, churn="gekündigt"), "churn")["est"] == pytest.approx(1 / 3)
    odd = Survey.from_frame(pd.DataFrame({"left": [1, 2, 3]}))
    assert "0 and 1 or yes and no" in row(kpis(odd, churn="left"), "churn")["note"]


@pytest.fixture(scope="module")
def results(survey):
    return sx.fit("joy =~ del1 + del2 + sat1 + stay", survey)


def test_correlations_with_latent_scores(survey, results, assert_in_glossary):
    table = kpi_correlations(kpis(survey), survey, results)
    assert_in_glossary(table)
    scores = results.factor_scores()["joy"]
    found = table.set_index("kpi")
    r = np.corrcoef(survey.answers["nps"], scores)[0, 1]
    assert found.loc["NPS", "score_correlation"] == pytest.approx(r)
    half = norm.ppf(0.975) / np.sqrt(N - 3)
    assert found.loc["NPS", "ci_lower"] == pytest.approx(np.tanh(np.arctanh(r) - half))
    assert found.loc["churn", "score_correlation"] == pytest.approx(
        -np.corrcoef(survey.answers["retained"], scores)[0, 1]
    )
    assert found.loc["mean", "note"] == "the score is made of these answers too"
    assert found.loc["amount", "note"] == ""


def test_correlations_with_clusters_have_wider_limits(results):
    rng = np.random.default_rng(5)
    data = frame().assign(branch=np.arange(N) // 20)
    data["revenue"] = np.repeat(rng.uniform(1, 50, N // 20), 20)
    data[["del1", "del2", "sat1", "stay"]] = np.clip(
        4 + (np.repeat(rng.integers(-1, 2, N // 20), 20))[:, None] + rng.integers(-1, 2, (N, 4)), 1, 7
    )
    plain, clustered = (
        kpi_correlations(kpis(one), one, results).set_index("kpi").loc["amount"]
        for one in (
            Survey.from_frame(data, Instrument(CONSTRUCTS)),
            Survey.from_frame(data, Instrument(CONSTRUCTS, (Field("branch", role="cluster"),))),
        )
    )
    assert plain["score_correlation"] == pytest.approx(clustered["score_correlation"])
    assert clustered["ci_upper"] - clustered["ci_lower"] > 1.5 * (plain["ci_upper"] - plain["ci_lower"])


def test_wrong_things_are_refused(survey, results):
    with pytest.raises(DataError, match="kpis takes a Survey; found DataFrame"):
        kpis(frame())
    for wrong in ((frame(), survey, results), (kpis(survey), frame(), results), (kpis(survey), survey, "joy =~ x")):
        with pytest.raises(DataError):
            kpi_correlations(*wrong)
    with pytest.raises(OptionError):
        kpi_correlations(kpis(survey), survey, results, level=2)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    ("name", "nps", "churn"),
    [("customer-core", "loyalty_2", "success_5"), ("pulse", "loyalty_2", ""), ("employee", "", ""), ("audit", "", "")],
)
def test_the_questionnaires_of_the_bank_have_their_figures(name, nps, churn, language):
    instrument = sx.instrument(name, language)
    columns = {item.header: [item.scale.highest if item.scale.whole else 1.0] for item in instrument.items}
    columns |= {field.name: [field.labels[0][0] if field.labels else 1] for field in instrument.fields}
    table = kpis(Survey.from_frame(pd.DataFrame(columns), instrument))
    assert row(table, "NPS")["item"] == nps
    assert row(table, "churn")["item"] == churn
    assert row(table, "CES")["item"] == ""


@pytest.mark.parametrize(
    ("wording", "asked"),
    [
        ("They made it easy for me to handle my issue.", True),
        ("How much effort did you have to put in?", True),
        ("Das Unternehmen hat es mir einfach gemacht.", True),
        ("It is easy to tell them what I think.", False),
        ("All units share the effort for excellent service.", False),
    ],
)
def test_what_asks_for_effort(wording, asked):
    instrument = Instrument((Construct("x", "X", (Item("q1", wording, SEVEN),)),))
    assert row(kpis(Survey.from_frame(pd.DataFrame({"q1": [1, 4]}), instrument)), "CES")["item"] == "q1" * asked
