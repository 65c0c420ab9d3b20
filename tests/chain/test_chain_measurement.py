"""Reliability, validity and heterotrait-monotrait ratios against semTools, psych, lavaan and published values."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.paths.explained import explained

FOLDER = Path(__file__).parents[1] / "reference"
VALUES = pd.read_csv(FOLDER / "measurement" / "reliability.csv", keep_default_na=False, na_values=["NA"])
RATIOS = pd.read_csv(FOLDER / "measurement" / "htmt.csv")
SHARES = pd.read_csv(FOLDER / "measurement" / "shares.csv").set_index(["what", "name"])
NORMAL = 1.959963984540054  # quantile of the normal distribution of 95 % limits
WIDTHS = 0.12  # limits by 1,000 replicates in 100 clusters: their own error, and skewness that slopes do not know
SAME = 1e-12  # from the same covariances by a formula
ESTIMATED = 5e-6  # lavaan stops its iterations that far from the minimum; ours go on
FOUR = 5e-5  # published with four decimals
CONSTRUCTS = {
    "exp": ("exp1", "exp2", "exp3"),
    "qua": ("qua1", "qua2", "qua3"),
    "val": ("val1", "val2", "val3"),
    "sat": ("sat1", "sat2", "sat3"),
    "del": ("del1", "del2", "del3"),
    "loy": ("loy1", "loy2", "loy3"),
}
CHAIN = "\n".join(f"{name} =~ {' + '.join(items)}" for name, items in CONSTRUCTS.items())
GROUPED = "visual =~ x1 + x2 + x3; verbal =~ x4 + x5 + x6; speed =~ x7 + x8 + x9"
ACSI = """
E =~ OVERALLX + CUSTOMX + WRONGX
Q =~ OVERALLQ + CUSTOMQ + WRONGQ
V =~ PQ + QP
S =~ SATIS + CONFIRM + IDEAL
L =~ REPUR
"""
PUBLISHED = {"E-Q": 0.8197, "E-V": 0.6580, "E-S": 0.7189, "Q-V": 0.8619, "Q-S": 0.9535, "S-V": 0.9314}

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.fit.FitWarning")


def read(name):
    return pd.read_csv(FOLDER / "data" / f"{name}.csv")


FITS = {
    "chain": lambda: sx.fit(CHAIN, read("chain")),
    "chain robust": lambda: sx.fit(CHAIN, read("chain"), estimator="MLR"),
    "correlated": lambda: sx.fit(CHAIN + "\nexp1 ~~ exp2", read("chain")),
    "crossed": lambda: sx.fit(GROUPED.replace("+ x3", "+ x3 + x9"), read("groups")),
    "groups": lambda: sx.fit(GROUPED, read("groups"), group="region"),
    "fiml": lambda: sx.fit(GROUPED, read("missing"), missing="fiml"),
    "general": lambda: sx.fit(
        "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9; s1 =~ x1 + x2 + x3; s2 =~ x4 + x5 + x6",
        read("groups"),
        orthogonal=True,
        std_lv=True,
    ),
}


@pytest.fixture(scope="module")
def fits():
    return {name: make() for name, make in FITS.items()}


@pytest.fixture(scope="module")
def acsi():
    return sx.fit(ACSI, moments=sx.datasets.load("acsi_2015_moments"))


def reference(case, what):
    rows = VALUES[(VALUES["case"] == case) & (VALUES["what"] == what) & VALUES["value"].notna()]
    return {(row.group, row.construct): row.value for row in rows.itertuples()}


def ours(table, column):
    group = table["group"] if "group" in table else [""] * len(table)
    return dict(zip(zip(group, table["construct"], strict=True), table[column], strict=True))


@pytest.mark.parametrize("case", FITS)
def test_alpha_omega_and_ave_are_those_of_semtools(fits, case):
    table = sx.reliability(fits[case])
    whole = "omega_h" not in table
    pairs = {"alpha": "alpha", "avevar": "ave", "omega2": "omega" if whole else "omega_h"}
    for theirs, column in pairs.items():
        mine, expected = ours(table, column), reference(case, theirs)
        assert expected or (case == "general" and column == "ave")  # every item is crossed
        for key, value in expected.items():
            if not np.isnan(mine[key]):  # without crossed items the share of one construct is omega itself
                assert mine[key] == pytest.approx(value, abs=ESTIMATED), (case, key, theirs)


def test_a_model_of_one_sort_has_exactly_the_columns_of_the_contract(fits, assert_in_glossary):
    table = sx.reliability(fits["chain"])
    measures = [f"{m}{end}" for m in ("alpha", "omega", "ave") for end in ("", "_ci_lower", "_ci_upper")]
    assert list(table) == ["construct", "items", *measures, "note"]
    assert table["items"].tolist() == [3] * 6
    for frame in (table, sx.reliability(fits["general"]), sx.reliability(fits["groups"])):
        assert_in_glossary(frame)


def test_limits_of_alpha_are_feldts(fits):
    row = sx.reliability(fits["chain"]).set_index("construct").loc["sat"]
    for column, what in {"alpha": "alpha_psych"}.items() | {(f"alpha_ci_{x}",) * 2 for x in ("lower", "upper")}:
        assert row[column] == pytest.approx(reference("chain", what)["", "sat"], abs=SAME)


@pytest.mark.parametrize("case", ["chain", "chain robust"])
@pytest.mark.parametrize("standardized", [False, True])
def test_limits_of_omega_and_ave_are_those_of_the_delta_method(fits, case, standardized):
    row = sx.reliability(fits[case], standardized=standardized).set_index("construct").loc["sat"]
    for name in ("omega", "ave"):
        defined = f"{name}_std" if standardized else name
        for ours, theirs in {"": "est", "_ci_lower": "ci.lower", "_ci_upper": "ci.upper"}.items():
            assert row[f"{name}{ours}"] == pytest.approx(
                reference(case, f"{defined} {theirs}")["", "sat"], abs=ESTIMATED
            )


def test_a_higher_construct_is_read_through_its_dimensions():
    results = sx.fit(CHAIN + "\nview =~ exp + qua + val", read("chain"))
    row = sx.reliability(results).set_index("construct").loc["view"]
    assert row["items"] == 9
    assert row["omega_h"] == pytest.approx(reference("second", "omegaL1")["", "view"], abs=ESTIMATED)
    outer = results.parameters.query("lhs == 'view' and op == '=~'")["std_all"]
    assert row["ave"] == pytest.approx((outer**2).mean(), abs=SAME)
    assert "3 dimensions" in row["note"]
    pairs = sx.htmt(results).set_index(["a", "b"])
    assert pairs.loc[("exp", "view"), "note"] == "exp and view share items"
    sums = (read("chain") / read("chain").std())[list(sum((CONSTRUCTS[c] for c in ("exp", "qua", "val")), ()))]
    scores = pd.DataFrame({c: sums[list(CONSTRUCTS[c])].sum(axis=1) for c in ("exp", "qua", "val")})
    r = pd.concat([scores, read("chain")[list(CONSTRUCTS["loy"])]], axis=1).corr().to_numpy()
    within = [(r[:3, :3].sum() - 3) / 6, (r[3:, 3:].sum() - 3) / 6]
    assert pairs.loc[("loy", "view"), "value"] == pytest.approx(r[:3, 3:].mean() / np.sqrt(np.prod(within)), abs=SAME)


def test_omega_total_of_a_general_factor_counts_all_that_is_common(fits):
    results = fits["general"]
    sigma, theta = results.implied["cov"], results.parameters.query("op == '~~' and lhs == rhs and lhs > 'x'")
    row = sx.reliability(results).set_index("construct").loc["g"]
    assert row["omega"] == pytest.approx(1 - theta["est"].sum() / sigma.to_numpy().sum(), abs=SAME)
    assert row["omega_h"] < row["omega"]


@pytest.mark.parametrize("case", ["chain", "fiml"])
@pytest.mark.parametrize("kind", ["htmt", "htmt2"])
def test_ratios_are_those_of_semtools(fits, case, kind):
    table = sx.htmt(fits[case], kind=kind)
    expected = RATIOS[(RATIOS["case"] == case) & (RATIOS["kind"] == kind)]
    theirs = {(row.a, row.b): row.value for row in expected.itertuples()}
    assert list(table) == ["a", "b", "value", "ci_lower", "ci_upper", "note"]
    for row in table.itertuples():
        if np.isnan(row.value):
            assert "of one sign" in row.note
        else:
            tolerance = SAME if case == "chain" else ESTIMATED
            assert row.value == pytest.approx(theirs[row.a, row.b], abs=tolerance)


def test_ratios_are_those_published_for_the_acsi(acsi):
    table = sx.htmt(acsi)
    found = {f"{row.a}-{row.b}": row.value for row in table.itertuples()}
    found["S-V"] = found.pop("V-S")
    for pair, value in PUBLISHED.items():
        assert found[pair] == pytest.approx(value, abs=FOUR)
    assert table.loc[table["b"] == "L", "note"].str.contains("L needs two items").all()


def test_bootstrap_limits_are_quantiles_of_refits_and_repeatable(fits):
    results = fits["chain"]
    table = sx.htmt(results, bootstrap=300, seed=5)
    pd.testing.assert_frame_equal(table, sx.htmt(results, bootstrap=300, seed=5))
    pd.testing.assert_frame_equal(sx.htmt(results, bootstrap=9), sx.htmt(results, bootstrap=9, seed=1))
    again = sx.bootstrap(results, statistic=lambda r: sx.htmt(r)["value"].iloc[0], replicates=300, seed=5)
    low, high = np.quantile(again.replicates["statistic"], [0.025, 0.975])
    assert (table["ci_lower"][0], table["ci_upper"][0]) == pytest.approx((low, high), abs=SAME)
    assert (table["ci_lower"] < table["value"]).all()
    assert (table["value"] < table["ci_upper"]).all()


def test_bootstrap_takes_gaps_groups_and_clusters(fits):
    gaps = sx.htmt(fits["fiml"], bootstrap=20, seed=1)
    assert gaps["ci_lower"].notna().all()
    groups = sx.htmt(fits["groups"], bootstrap=50, seed=1)
    assert groups.groupby("group").size().eq(3).all()
    assert groups["ci_upper"].notna().all()
    branches = read("chain").assign(branch=np.arange(400) // 10)
    clustered = sx.htmt(sx.fit(CHAIN, branches, cluster="branch"), bootstrap=50, seed=1)
    assert not np.allclose(clustered["ci_lower"], sx.htmt(fits["chain"], bootstrap=50, seed=1)["ci_lower"])


@pytest.mark.parametrize(
    ("what", "name", "options"),
    [
        ("ML", "groups", {}),
        ("MLR", "groups", {"estimator": "MLR"}),
        ("fiml", "missing", {"missing": "fiml"}),
        ("fiml MLR", "missing", {"missing": "fiml", "estimator": "MLR"}),
    ],
)
def test_limits_of_ratios_by_the_delta_method_are_those_of_a_saturated_model_of_lavaan(what, name, options):
    """The ratio as a defined parameter of all covariances, whose errors lavaan knows by the same theory."""
    row = sx.htmt(sx.fit("A =~ x1 + x2 + x3\nB =~ x4 + x5 + x6", read(name), **options)).iloc[0]
    expected = SHARES.loc[(what, "HTMT")]
    half = NORMAL * expected["se"]
    found = row[["value", "ci_lower", "ci_upper"]].astype(float)
    wanted = [expected["est"], expected["est"] - half, expected["est"] + half]
    assert found.tolist() == pytest.approx(wanted, abs=ESTIMATED)


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
@pytest.mark.parametrize("variable", ["loy", "sat2"])
def test_limits_of_r_squared_are_those_of_a_defined_parameter_of_lavaan(estimator, variable):
    model = "sat =~ sat1 + sat2 + sat3\nloy =~ loy1 + loy2 + loy3\nloy ~ sat"
    row = explained(sx.fit(model, read("chain"), estimator=estimator)).set_index("variable").loc[variable]
    expected = SHARES.loc[(estimator, f"R2.{variable}")]
    half = NORMAL * expected["se"]
    found = row[["r_squared", "ci_lower", "ci_upper"]].astype(float)
    wanted = [expected["est"], expected["est"] - half, expected["est"] + half]
    assert found.tolist() == pytest.approx(wanted, abs=ESTIMATED)


@pytest.mark.parametrize("case", ["groups", "fiml", "ordered", "auxiliary"])
def test_r_squared_with_limits_is_that_of_the_fit(case, fits):
    made = {
        "ordered": ordered,
        "auxiliary": lambda: sx.fit(GROUPED, read("missing"), missing="fiml", auxiliary=["age"]),
    }
    results = made[case]() if case in made else fits[case]
    frame = explained(results)
    np.testing.assert_allclose(frame["r_squared"], results.r_squared.to_numpy(), rtol=SAME)
    assert frame["variable"].tolist() == results.r_squared.index.get_level_values(-1).tolist()
    assert frame["r_squared"].between(frame["ci_lower"], frame["ci_upper"]).all()


def test_both_kinds_of_limits_agree_for_ratios_of_robust_fits_and_of_clusters():
    branches = read("chain").assign(branch=np.arange(400) // 4)
    results = sx.fit(CHAIN, branches, cluster="branch")
    slopes, again = sx.htmt(results), sx.htmt(results, bootstrap=1000, seed=1)
    widths = (slopes["ci_upper"] - slopes["ci_lower"]) / (again["ci_upper"] - again["ci_lower"])
    assert widths.to_numpy() == pytest.approx(np.ones(len(widths)), abs=WIDTHS)


def test_ratios_of_moments_have_limits_by_normal_theory(acsi):
    table = sx.htmt(acsi)
    known = table[table["value"].notna()]
    assert known["value"].between(known["ci_lower"], known["ci_upper"]).all()


def test_moments_have_no_rows_to_draw_again(acsi):
    table = sx.htmt(acsi, bootstrap=10, seed=1)
    assert "moments hold no rows" in table["note"][0]
    assert np.isnan(table["ci_lower"][0])


def test_htmt2_needs_correlations_of_one_sign():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 200, 1))
    names = ["a1", "a2", "b1", "b2"]
    data = pd.DataFrame(np.hstack([a, a, b, b]) + 0.7 * rng.normal(size=(200, 4)), columns=names)
    results = sx.fit("A =~ a1 + a2; B =~ b1 + b2", data)
    row = sx.htmt(results, kind="htmt2").iloc[0]
    assert np.isnan(row["value"])
    assert "differ in sign" in row["note"]
    assert "absolute values" in sx.htmt(results)["note"][0]


def test_a_construct_with_one_item_says_so(acsi):
    for table in (sx.reliability(acsi), sx.validity(acsi)):
        row = table.set_index("construct").loc["L"]
        assert np.isnan(row["ave"])
        assert row["items"] == 1
        assert row["note"] == "needs two items"
    last = sx.validity(acsi).iloc[-1]
    assert (last["outcome"], last["verdict"]) == ("not_computable", "not computable, because it needs two items")


def test_shared_variance_is_that_of_the_implied_correlations(fits, assert_in_glossary):
    table = sx.fornell_larcker(fits["chain"]).set_index(["a", "b"])
    standardized = fits["chain"].parameters.query("op == '~~' and lhs == 'sat' and rhs == 'loy'")["std_all"].item()
    assert table.loc[("sat", "loy"), "shared"] == pytest.approx(standardized**2, abs=SAME)
    assert_in_glossary(table.reset_index())


def test_items_stand_against_all_constructs(fits, assert_in_glossary):
    table = sx.cross_loadings(fits["chain"])
    assert len(table) == 18 * 6
    own = table[table["own"]].set_index("item")
    np.testing.assert_allclose(own["correlation"] ** 2, fits["chain"].r_squared[own.index], atol=SAME)
    np.testing.assert_allclose(own["correlation"], own["loading"], atol=SAME)
    assert own["mi"].isna().all()
    assert table.loc[~table["own"], "mi"].notna().all()
    assert_in_glossary(table)


def test_verdicts_name_cutoffs_and_sources(acsi, fits, assert_in_glossary):
    table = sx.validity(acsi).set_index("construct")
    assert table.loc["Q", "verdict"].startswith(
        "doubtful: AVE .67 is below .90, shared with S (Fornell & Larcker 1981)"
    )
    assert "HTMT with S .95 is above .90 (Henseler, Ringle & Sarstedt 2015)" in table.loc["Q", "verdict"]
    assert table.loc["E", ["nearest", "htmt_with", "item"]].tolist() == ["Q", "Q", "WRONGX"]
    assert_in_glossary(table.reset_index())
    assert sx.validity(fits["groups"])["group"].nunique() == 3


def test_a_fit_that_did_not_converge_keeps_what_needs_no_fit():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.normal(size=(12, 6)), columns=list("abcdef"))
    results = next(
        (r for seed in range(60) if not (r := sx.fit("f =~ a + b + c; g =~ d + e + f1", noise(seed))).converged), None
    )
    assert results is not None, len(data)
    table = sx.reliability(results)
    assert table["alpha"].notna().all()
    assert table["omega"].isna().all()
    assert table["note"].str.contains("did not converge").all()
    assert sx.validity(results)["verdict"].eq("not computable, because the fit did not converge").all()
    assert sx.fornell_larcker(results)["note"].eq("not computable: the fit did not converge").all()
    items = sx.cross_loadings(results)
    assert items[["loading", "correlation", "mi"]].isna().all(axis=None)
    assert items["note"].eq("not computable: the fit did not converge").all()


def noise(seed):
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(14, 6)), columns=["a", "b", "c", "d", "e", "f1"])


def test_items_against_the_others_are_named():
    data = read("chain").assign(sat2=lambda d: 10 - d["sat2"])
    table = sx.reliability(sx.fit(CHAIN, data)).set_index("construct")
    assert "sat2 loads against the other items" in table.loc["sat", "note"]


def test_a_fit_without_standard_errors_has_no_intervals_and_says_so():
    table = sx.reliability(sx.fit(CHAIN, read("chain"), se="none"))
    assert table[["omega_ci_lower", "ave_ci_upper"]].isna().all(axis=None)
    assert table["omega"].notna().any()
    assert table["note"].str.contains("no standard errors|needs two items").all()


def test_items_in_different_units_are_named_and_can_be_counted_alike(fits):
    data = read("chain").assign(sat2=lambda d: 20 * d["sat2"])
    results = sx.fit(CHAIN, data)
    raw, alike = (sx.reliability(results, standardized).set_index("construct") for standardized in (False, True))
    assert raw.loc["sat", "note"] == "items in different units: the widest counts most, standardized all count alike"
    assert alike.loc["sat", "note"] == ""
    same = sx.reliability(fits["chain"], standardized=True).set_index("construct")
    np.testing.assert_allclose(alike[["alpha", "omega", "ave"]], same[["alpha", "omega", "ave"]], rtol=1e-5)
    judged = sx.validity(results, standardized=True).set_index("construct")
    np.testing.assert_array_equal(judged[["omega", "ave"]], alike[["omega", "ave"]])
    assert judged.loc["sat", "verdict"] == sx.validity(fits["chain"], True).set_index("construct").loc["sat", "verdict"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda r: sx.reliability("sat =~ sat1"), "takes the results of fit; found str"),
        (lambda r: sx.htmt(r, kind="HTMT"), "'HTMT' is not known; allowed: htmt, htmt2"),
        (lambda r: sx.htmt(r, bootstrap=10, seed="a"), "seed must be a whole number"),
        (lambda r: sx.htmt(r, bootstrap=-1, seed=1), "number of replicates"),
        (lambda r: sx.validity(sx.fit("loy1 ~ sat1", read("chain"))), "validity needs constructs .* no '=~'"),
    ],
)
def test_wrong_questions_are_refused_in_words(fits, call, said):
    with pytest.raises(sx.errors.OptionError, match=said):
        call(fits["chain"])


ORDERED = "exp =~ exp1 + exp2 + exp3; qua =~ qua1 + qua2 + qua3; sat =~ sat1 + sat2 + sat3"
POLYCHORIC = 1e-5  # lavaan stops its search for a polychoric correlation that far from the maximum


def ordered(model=ORDERED):
    return sx.fit(model, pd.read_csv(FOLDER / "measurement" / "ordered.csv"), ordered=True)


@pytest.mark.parametrize(("case", "more"), [("ordered", ""), ("ordered correlated", "; exp1 ~~ exp2")])
def test_omega_of_ordered_items_is_that_of_the_sum_of_codes(case, more):
    table = sx.reliability(ordered(ORDERED + more)).set_index("construct")
    expected = pd.read_csv(FOLDER / "measurement" / "ordered_reliability.csv").query("case == @case")
    for theirs, column in {"alpha": "alpha", "omega": "omega", "avevar": "ave"}.items():
        for row in expected[expected["what"] == theirs].itertuples():
            assert table.loc[row.construct, column] == pytest.approx(row.value, abs=POLYCHORIC), (row.construct, column)
    assert (table["omega_ci_lower"] < table["omega"]).all()
    latent = sx.reliability(ordered(ORDERED + more), standardized=True).set_index("construct")
    for row in expected[expected["what"] == "alpha.ord"].itertuples():
        assert latent.loc[row.construct, "alpha"] == pytest.approx(row.value, abs=POLYCHORIC)


@pytest.mark.parametrize("kind", ["htmt", "htmt2"])
def test_ratios_of_ordered_items_are_polychoric(kind):
    table = sx.htmt(ordered(), kind=kind, bootstrap=20, seed=1)
    expected = pd.read_csv(FOLDER / "measurement" / "ordered_htmt.csv").query("kind == @kind")
    theirs = {(row.a, row.b): row.value for row in expected.itertuples()}
    for row in table.itertuples():
        assert row.value == pytest.approx(theirs[row.a, row.b], abs=POLYCHORIC)
        assert row.ci_lower < row.value < row.ci_upper


def test_omega_of_partly_ordered_items_says_why_it_is_missing():
    data = pd.read_csv(FOLDER / "measurement" / "ordered.csv")
    table = sx.reliability(sx.fit(ORDERED, data, ordered=["exp1", "exp2"])).set_index("construct")
    assert np.isnan(table.loc["exp", "omega"])
    assert "only some items are ordered" in table.loc["exp", "note"]
    assert table.loc["sat", "omega"] > 0


def test_composites_are_not_measured_and_left_out():
    survey = sx.datasets.load("service_excellence_world")
    results = sx.fit(sx.chain_model(survey.instrument, "core", higher_order="composite"), survey)
    assert "excellence" in results.latents
    for table in (sx.reliability(results), sx.validity(results)):
        assert table["construct"].tolist()[-3:] == ["delight", "loyalty", "success"]
