"""Customers, employees and records joined by branch: what is matched, what is refused, what means of branches are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import DataError, OptionError, SexresearchError
from sexresearch.survey.levels.agreement import a_wg, r_wg, r_wg_j, spread, uniform_variance

REFERENCE = Path(__file__).resolve().parent.parent / "reference" / "aggregation"
SAME = 1e-9  # both sides are closed forms in double precision; the stored values have ten digits
ROUNDED = 0.005  # of values printed with two decimals
ITERATED = 1e-3  # REML of statsmodels stops at a relative change of its likelihood


def world(part: str = "") -> sx.Survey:
    return sx.datasets.load(f"service_excellence_world{part}")


@pytest.fixture(scope="module")
def joined() -> sx.Joined:
    named = ["staff_engagement", "vigor"]
    return sx.join_sources(world(), world("_employees"), world("_branches"), by="branch", aggregate=named)


def small() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    customers = pd.DataFrame(
        {"branch": ["A", "A", "B", "B", "C", "C"], "sat": [3.0, 4, 6, 7, 2, 3]}, index=range(10, 16)
    )
    employees = pd.DataFrame({"branch": ["A", "A", "B", "C", "C"], "joy": [5.0, 6, 4, 2, 2]})
    return customers, employees, pd.DataFrame({"branch": ["A", "B", "C"], "growth": [1.0, 4.0, 2.0]})


def test_statistics_of_unequal_branches_equal_those_of_r():
    answers = pd.read_csv(REFERENCE / "answers.csv")
    item = sx.survey.ResponseScale("five", 1, 5)
    items = tuple(sx.Item(name, name, item) for name in ("x1", "x2", "x3"))
    instrument = sx.Instrument((sx.Construct("mood", "Mood", items),), (sx.survey.Field("branch"),))
    found = sx.join_sources(sx.Survey.from_frame(answers, instrument), by="branch").aggregation.set_index("variable")
    for row in pd.read_csv(REFERENCE / "values.csv").itertuples():
        assert found.loc[row.variable, row.measure] == pytest.approx(row.value, rel=SAME), (
            f"{row.variable} {row.measure}"
        )


@pytest.mark.parametrize(
    ("variance", "items", "answers", "printed"),
    [(0.5, 1, 5, 0.75), (1.0, 1, 7, 0.75), (0.5, 5, 5, 0.94), (0.5, 10, 5, 0.97), (2.5, 3, 5, 0.0)],
)
def test_agreement_follows_from_variance_items_and_answers(variance, items, answers, printed):
    """r_wg(j) of J equally agreed items is J r / (1 + (J - 1) r), by James, Demaree & Wolf (1984), equation 2."""
    chance = uniform_variance(answers)
    single = r_wg(np.array([variance]), chance)[0]
    found = single if items == 1 else r_wg_j(np.array([variance]), items, chance)[0]
    assert found == pytest.approx(printed, abs=ROUNDED)
    assert found == pytest.approx(items * single / (1 + (items - 1) * single), abs=SAME)


def test_a_wg_is_1_at_full_agreement_0_at_half_the_room_and_minus_1_at_two_camps():
    def of(*answers):
        return float(a_wg(spread(np.array(answers, dtype=float), np.zeros(len(answers), int), 1), 1, 5)[0])

    assert of(3, 3, 3, 3) == 1
    assert of(1, 1, 5, 5) == pytest.approx(-1)
    assert of(5, 5, 5) == 1
    assert np.isnan(of(5, 5, 4))  # three judges with such a mean cannot disagree more
    assert np.isnan(of(4))


@pytest.mark.filterwarnings("ignore")
def test_variance_components_equal_those_of_a_mixed_model():
    """With branches of one size the analysis of variance and REML agree."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    rng = np.random.default_rng(3)
    branch = np.repeat(np.arange(40), 8)
    answers = pd.DataFrame({"branch": branch, "y": 0.5 * rng.normal(size=40)[branch] + rng.normal(size=320)})
    fitted = MixedLM(answers["y"], np.ones(320), groups=branch).fit(reml=True)
    between, within = float(np.asarray(fitted.cov_re)[0, 0]), fitted.scale
    row = sx.join_sources(answers, by="branch").aggregation.iloc[0]
    assert row["icc1"] == pytest.approx(between / (between + within), abs=ITERATED)
    assert row["icc2"] == pytest.approx(between / (between + within / 8), abs=ITERATED)
    assert row["error_variance"] == pytest.approx(within / 8, abs=ITERATED)
    assert row["icc1_ci_lower"] < row["icc1"] < row["icc1_ci_upper"]


def test_the_interval_of_icc1_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(5)
    branch, inside = np.repeat(np.arange(20), 6), 0
    for _ in range(200):
        y = 0.5 * rng.normal(size=20)[branch] + rng.normal(size=120)
        row = sx.join_sources(pd.DataFrame({"branch": branch, "y": y}), by="branch").aggregation.iloc[0]
        inside += row["icc1_ci_lower"] <= 0.2 <= row["icc1_ci_upper"]
    assert 180 <= inside <= 198  # 95 per cent of 200 within three standard errors


def test_the_world_is_joined_and_judged(joined):
    assert joined.matched.set_index("source")["in_common"].to_dict() == {
        "customers": 60,
        "employees": 60,
        "records": 60,
    }
    assert (joined.n, joined.clusters, joined.problems) == (2432, 60, ())
    data, raw = joined.data, world("_employees").answers
    assert not set(data.columns) & {"dedication", "employee"}  # only what was asked for
    per_branch = data.groupby("branch")["staff_engagement"].first()
    by_hand = raw[["vigor", "dedication", "absorption"]].mean(axis=1).groupby(raw["branch"]).mean()
    np.testing.assert_allclose(per_branch, by_hand.loc[per_branch.index])
    rows = joined.aggregation.set_index("variable")
    assert rows.loc["inside_view", "outcome"] == "holds"
    assert rows.loc["staff_engagement", "outcome"] == "doubtful"
    assert "ICC(2) .55 is below .70" in rows.loc["staff_engagement", "verdict"]
    low, high = rows.loc["staff_engagement", ["icc1_ci_lower", "icc1_ci_upper"]]
    assert low < 0.2 * 0.83 < high  # the answers' share: that of the construct times its reliability
    assert "different scales" in rows.loc["success", "note"]
    assert {verdict.source for verdict in joined.verdicts("vigor")} >= {"LeBreton & Senter 2008", "Bliese 2000"}


@pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
def test_the_joined_data_are_fitted_as_they_are(joined):
    results = sx.fit("delight =~ del1 + del2 + del3", joined, cluster=joined.by)
    assert results.nobs > 2000
    assert "joined by branch" in repr(joined)
    assert results.parameters.equals(sx.fit("delight =~ del1 + del2 + del3", joined.data, cluster="branch").parameters)


def test_of_employees_nothing_is_joined_that_was_not_named():
    customers, employees, records = small()
    found = sx.join_sources(customers, employees, records, by="branch")
    assert list(found.data.columns) == ["branch", "sat", "growth"]
    assert found.data.index.tolist() == list(range(10, 16))
    assert "name what to aggregate" in found.problems[0]
    every = sx.join_sources(customers, employees, records, by="branch", aggregate=True).data
    assert every["joy"].tolist() == [5.5, 5.5, 4, 4, 2, 2]


def test_branches_of_one_source_alone_are_named():
    customers, employees, records = small()
    records = pd.concat([records, pd.DataFrame({"branch": ["Z"], "growth": [9.0]})])
    employees = employees[employees["branch"] != "B"]
    customers = pd.concat([customers, pd.DataFrame({"branch": [None], "sat": [1.0]})])
    found = sx.join_sources(customers, employees, records, by="branch", aggregate="joy")
    assert found.n == 6
    assert found.data.loc[found.data["branch"] == "B", "joy"].isna().all()
    told = " | ".join(found.problems)
    assert "1 row of customers without a branch: left out" in told
    assert "1 branch only in records, without customers, left out: Z" in told
    assert "1 branch without employees, whose columns are missing there: B" in told
    assert found.matched.set_index("source").loc["records", "only_here"] == "Z"


def changed(which: int, change) -> list[pd.DataFrame]:
    parts = list(small())
    parts[which] = change(parts[which])
    return parts


REFUSED = {
    "no common column": (2, lambda f: f.rename(columns={"branch": "shop"}), "records has no column 'branch'"),
    "capitals": (2, lambda f: f.replace({"branch": {"A": "a"}}), r"'A' \(customers\) / 'a' \(records\)"),
    "blanks": (0, lambda f: f.replace({"branch": {"A": "A "}}), "capitals or blanks alone"),
    "other type": (2, lambda f: f.assign(branch=[1, 2, 3]), "records: numbers, as in 1, 2"),
    "mixed type": (0, lambda f: f.assign(branch=["A", "A", 7, 7, "C", "C"]), "customers: numbers and text"),
    "nothing in common": (1, lambda f: f.assign(branch=["X", "X", "Y", "Y", "Y"]), "no branch is in both"),
    "records twice": (2, lambda f: pd.concat([f, f.iloc[:1]]), r"several for 'A' \(2 rows\)"),
    "single customers": (0, lambda f: f.iloc[[0, 2, 4]], "single row of customers"),
    "one branch": (0, lambda f: f.iloc[:2], "all customers are of one branch"),
    "no labels": (0, lambda f: f.assign(branch=[None, " "] * 3), "'branch' is empty in every row"),
    "no rows": (2, lambda f: f.iloc[:0], "records: no rows"),
    "doubled column": (1, lambda f: pd.concat([f, f["joy"]], axis=1), "two columns are named 'joy'"),
    "contradiction": (
        2,
        lambda f: f.assign(sat=[1, 2, 3]),
        "'sat' is in customers and in records and does not say the same",
    ),
    "no frame": (1, lambda f: f["joy"].tolist(), "employees must be a Survey or a pandas DataFrame; found list"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_sources_that_do_not_go_together_are_refused_in_words(name):
    which, change, words = REFUSED[name]
    with pytest.raises(SexresearchError, match=words):
        sx.join_sources(*changed(which, change), by="branch")


def test_wrong_options_are_refused_in_words():
    customers, employees, records = small()
    with pytest.raises(OptionError, match="no item or construct 'fun'; they have joy"):
        sx.join_sources(customers, employees, by="branch", aggregate=["fun"])
    with pytest.raises(OptionError, match="there are no employees"):
        sx.join_sources(customers, records=records, by="branch", aggregate=True)
    with pytest.raises(OptionError, match="neither a source"):
        sx.join_sources(customers, by="branch", scales={"fun": (1, 5)})
    with pytest.raises(DataError, match="'joy' has 6, which is not within"):
        sx.join_sources(customers, employees, by="branch", scales={"employees": (1, 5)})
    with pytest.raises(OptionError, match="is in both sources"):
        sx.join_sources(customers, employees.rename(columns={"joy": "sat"}), by="branch").verdicts("sat")


def test_what_cannot_be_computed_says_why():
    customers, employees, _ = small()
    customers = customers.assign(same=4.0, fixed=[1.0, 1, 5, 5, 3, 3], none=np.nan)
    rows = sx.join_sources(customers, employees.iloc[[0, 2, 3]], by="branch").aggregation.set_index("variable")
    assert "all answers are equal" in rows.loc["same", "note"]
    assert "no answer" in rows.loc["none", "note"]
    assert rows.loc["fixed", ["icc1", "icc2"]].tolist() == [1, 1]
    assert "F not computable" in rows.loc["fixed", "note"]
    assert "no cluster has two answers" in rows.loc["joy", "note"]
    assert rows.loc["joy", "outcome"] == "not_computable"
    assert "the scale is not known" in rows.loc["sat", "note"]
    scaled = sx.join_sources(customers, by="branch", scales={"sat": (1, 7)}).aggregation.set_index("variable")
    assert scaled.loc["sat", "r_wg"] == pytest.approx(1 - 0.5 / 4)


def test_numbers_as_labels_match_however_they_are_stored():
    customers, _, records = small()
    number = {"A": 1, "B": 2, "C": 3}
    customers["branch"], records["branch"] = (
        customers["branch"].map(number).astype(float),
        records["branch"].map(number),
    )
    assert sx.join_sources(customers, records=records, by="branch").data["growth"].tolist() == [1, 1, 4, 4, 2, 2]
    categories = customers.assign(branch=customers["branch"].astype("category"))
    assert sx.join_sources(categories, records=records, by="branch").clusters == 3


def test_a_column_that_both_have_stays_once_and_running_numbers_are_no_items():
    customers, _, records = small()
    customers = customers.assign(brand=["u", "u", "v", "v", "v", "v"], respondent=range(1, 7))
    found = sx.join_sources(customers, records=records.assign(brand=["u", "v", "v"]), by="branch")
    assert list(found.data.columns) == ["branch", "sat", "brand", "respondent", "growth"]
    assert found.aggregation["variable"].tolist() == ["sat"]


def test_infinite_answers_text_and_several_lone_branches_are_told_as_they_are():
    customers, employees, records = small()
    with pytest.raises(DataError, match="customers: 'sat' has an infinite answer in row 2"):
        sx.join_sources(customers.assign(sat=[1.0, np.inf, 2, 3, 4, 5]), by="branch")
    with pytest.raises(OptionError, match="'said' of employees holds no answers in numbers; they have joy"):
        sx.join_sources(customers, employees.assign(said="good"), by="branch", aggregate=["said"])
    found = sx.join_sources(customers, records=records.head(1), by="branch")
    assert "2 values of 'branch' without records, whose columns are missing there: B, C" in found.problems
