"""What is said of a measured construct: no more than the numbers show, and nothing good of a solution that is none."""

import re

import numpy as np
import pandas as pd
import pytest
from sem_samples import stopped

import sexresearch as sx

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.fit.FitWarning")
HALF = {2: 5.001e-3, 3: 5.001e-4, 4: 5.001e-5}  # rounding error by decimals printed
GROUPED = "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6"


@pytest.fixture(scope="module")
def answers():
    """Two factors of three items, n = 450."""
    rng = np.random.default_rng(7)
    f = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=450)
    items = {f"x{i + 1}": f[:, i // 3] * (0.9 - 0.1 * (i % 3)) + rng.normal(size=450) * 0.8 for i in range(6)}
    return pd.DataFrame(items).assign(brand=np.tile(["a", "b"], 225))


def moments(correlation):
    names = [f"x{i + 1}" for i in range(len(correlation))]
    return sx.Moments(pd.DataFrame(correlation, index=names, columns=names), nobs=200)


HEYWOOD = moments([[1, 0.9, 0.5], [0.9, 1, 0.3], [0.5, 0.3, 1]])  # loading of x1: sqrt(.9 .5 / .3) = 1.22
BEYOND = moments([[1, 0.5, 0.6, 0.6], [0.5, 1, 0.6, 0.6], [0.6, 0.6, 1, 0.5], [0.6, 0.6, 0.5, 1]])  # r = .6 / .5
IMPROPER = {
    "Heywood case": lambda: sx.fit("f1 =~ x1 + x2 + x3", moments=HEYWOOD),
    "standardized latents": lambda: sx.fit("f1 =~ x1 + x2 + x3", moments=HEYWOOD, std_lv=True),
    "impossible correlation": lambda: sx.fit("f1 =~ x1 + x2\nf2 =~ x3 + x4", moments=BEYOND),
    "variance on its bound": lambda: sx.fit("f1 =~ x1 + x2 + x3", moments=HEYWOOD, bounds="pos_var"),
    "variance on the user's bound": lambda: sx.fit("f1 =~ x1 + x2 + x3\nx1 ~~ v*x1\nv > 0", moments=HEYWOOD),
    "negative disturbance": lambda: sx.fit("f1 =~ x1 + x2\nf2 =~ x3 + x4\nf2 ~ f1", moments=BEYOND),
}


@pytest.mark.parametrize("case", IMPROPER)
@pytest.mark.parametrize("standardized", [False, True])
def test_an_inadmissible_solution_passes_no_construct(case, standardized):
    results = IMPROPER[case]()
    table = sx.validity(results, standardized)
    assert (table["outcome"] == "fails").all()
    assert table["verdict"].str.startswith("not measured well: inadmissible solution: ").all()
    for frame in (sx.reliability(results, standardized), sx.cross_loadings(results)):
        assert frame["note"].str.contains("inadmissible solution: ").all()
    for frame in (sx.fornell_larcker(results),):
        assert frame["note"].str.contains("inadmissible solution: ").all()


def test_one_bad_group_spoils_the_verdict_of_all(answers):
    odd = pd.DataFrame(np.random.default_rng(1).multivariate_normal(np.zeros(3), HEYWOOD.cov, size=300))
    odd.columns = ["x1", "x2", "x3"]
    data = pd.concat([answers[["x1", "x2", "x3"]].assign(part="good"), odd.assign(part="bad")])
    table = sx.validity(sx.fit("f1 =~ x1 + x2 + x3", data, group="part"))
    assert table["outcome"].tolist() == ["fails", "fails"]
    assert table["verdict"].str.contains("in group 'bad'").all()


def test_a_failed_fit_gives_no_verdict(answers):
    table = sx.validity(stopped(sx.fit(GROUPED, answers)))
    assert (table["outcome"] == "not_computable").all()
    assert (table["verdict"] == "not computable, because the fit did not converge").all()


def coded(answers, columns):
    return answers.assign(**{name: pd.qcut(answers[name], 4, labels=False) + 1 for name in columns})


@pytest.mark.parametrize("kind", [{}, {"group": "brand"}])
def test_omega_of_partly_ordered_items_is_not_held_against_a_cut_off(answers, kind):
    results = sx.fit(GROUPED, coded(answers, ["x1", "x2"]), ordered=["x1", "x2"], **kind)
    table = sx.validity(results)
    rows = table[table["construct"] == "f1"]
    assert rows["verdict"].str.contains("omega not computable, because only some items are ordered").all()
    assert not table["verdict"].str.contains("nan").any()
    assert (rows["outcome"] != "holds").all()
    alike = sx.validity(results, standardized=True).query("construct == 'f1'")  # of the responses: computable
    assert alike["omega"].notna().all()
    assert not alike[["verdict", "note"]].apply(lambda column: column.str.contains("not computable")).any(axis=None)


def test_omega_beside_a_covariate_of_ordered_items_says_why_it_is_missing(answers):
    data = coded(answers, ["x1", "x2", "x3"]).assign(age=np.random.default_rng(2).normal(size=450))
    row = sx.validity(sx.fit("f1 =~ x1 + x2 + x3\nf1 ~ age", data, ordered=["x1", "x2", "x3"])).iloc[0]
    assert "omega not computable, because the thresholds are those given covariates" in row["verdict"]
    assert row["outcome"] in ("doubtful", "not_computable")


def advice(results):
    notes = sx.reliability(results).set_index("construct")["note"]
    return notes.str.extract(r"(x\d [^;]* against [^;]*)")[0].fillna("")


def test_a_cross_loading_near_zero_brings_no_advice(answers):
    results = sx.fit("f1 =~ x1 + x2 + x3 + x4\nf2 =~ x4 + x5 + x6", answers)
    cross = results.parameters.query("lhs == 'f1' and rhs == 'x4'").iloc[0]
    assert cross["est"] < 0 < cross["ci_upper"]
    assert (advice(results) == "").all()


def test_a_trivial_loading_brings_no_advice_however_certain_its_sign():
    r = np.full((4, 4), 0.64)
    r[3, :3] = r[:3, 3] = -0.04  # a loading of -.05
    np.fill_diagonal(r, 1.0)
    names = ["x1", "x2", "x3", "x4"]
    results = sx.fit(
        "f1 =~ x1 + x2 + x3 + x4", moments=sx.Moments(pd.DataFrame(r, index=names, columns=names), nobs=100_000)
    )
    row = results.parameters.query("rhs == 'x4' and op == '=~'").iloc[0]
    assert row["ci_upper"] < 0
    assert (advice(results) == "").all()


@pytest.mark.parametrize("options", [{}, {"std_lv": True}, {"group": "brand"}, {"se": "none"}])
@pytest.mark.parametrize("turned", ["x1", "x2"])  # the marker, and another
def test_an_item_that_clearly_loads_against_the_others_is_named(answers, turned, options):
    results = sx.fit(GROUPED, answers.assign(**{turned: -answers[turned]}), **options)
    found = advice(results)
    assert (found.loc[["f1"]] == f"{turned} loads against the other items: recode before items are summed").all()
    assert (found.drop("f1") == "").all()


def test_an_item_that_mainly_serves_another_construct_is_not_to_be_recoded(answers):
    data = answers.assign(x4=answers["x4"] - 0.6 * answers[["x1", "x2", "x3"]].mean(axis=1))
    results = sx.fit("f1 =~ x1 + x2 + x3 + x4\nf2 =~ x4 + x5 + x6", data)
    cross = results.parameters.query("lhs == 'f1' and rhs == 'x4'").iloc[0]
    assert cross["ci_upper"] < 0
    assert advice(results)["f1"] == "x4 loads against the other items and mainly measures f2: leave it out of the sum"


def test_a_dimension_is_judged_by_its_own_loading(answers):
    rng = np.random.default_rng(3)
    whole = rng.normal(size=(600, 1))
    parts = [sign * 0.8 * whole + 0.6 * rng.normal(size=(600, 1)) for sign in (1, 1, -1)]
    data = pd.DataFrame(np.hstack([part + 0.6 * rng.normal(size=(600, 3)) for part in parts]))
    data.columns = [f"x{i + 1}" for i in range(9)]
    text = "a =~ x1 + x2 + x3\nb =~ x4 + x5 + x6\nc =~ x7 + x8 + x9\nwhole =~ a + b + c"
    notes = sx.reliability(sx.fit(text, data)).set_index("construct")["note"]
    assert "c loads against the other items: recode" in notes["whole"]
    assert "against" not in notes["c"]


def test_numbers_in_a_verdict_are_those_of_the_tables(answers):
    results = sx.fit(GROUPED, answers.assign(x3=answers["x3"] + np.random.default_rng(4).normal(size=450)))
    pairs, ratios = sx.fornell_larcker(results).iloc[0], sx.htmt(results).iloc[0]
    loadings = results.parameters.query("op == '=~'").set_index("rhs")["std_all"]
    for row in sx.reliability(results).itertuples():
        said = sx.validity(results).set_index("construct").loc[row.construct, "verdict"]
        wanted = {r"omega": row.omega, r"HTMT with \w+": ratios["value"]}
        wanted |= {rf"loading of {name}": loadings[name] for name in re.findall(r"loading of (\w+)", said)}
        for words, value in wanted.items():
            check(rf"{words} ([-.\d]+) is", said, value)
        for found in re.findall(r"AVE ([-.\d]+) is", said):
            assert float(found) == pytest.approx(row.ave, abs=HALF[len(found) - 1])
        check(r"is (?:above|below) ([.\d]+), shared with", said, pairs["shared"])


def check(pattern, text, value):
    found = re.search(pattern, text).group(1)
    assert float(found) == pytest.approx(value, abs=HALF[len(found.split(".")[1])])
