"""Is the arrow causal: panels with known truth, lavaan's panel, published confounder values, instruments by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.deciding.confounding import partial_r2, robustness, robustness_of_significance
from sexresearch.chain.deciding.instruments import instrumented
from sexresearch.chain.deciding.lagged import lagged
from sexresearch.chain.deciding.phantom import phantom
from sexresearch.errors import DataError, ModelError, OptionError
from sexresearch.sem.view import view

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
REFERENCE = Path(__file__).resolve().parent.parent / "reference"
ESTIMATES, ERRORS = 1e-5, 1e-4  # lavaan's stopping error; the same carried into the errors
EXACT = 1e-8  # closed forms on both sides, printed to twelve digits
ROOT = 2e-4  # twice where the search for a path of 0 ends
CHAIN = "joy =~ j1 + j2 + j3; bond =~ b1 + b2 + b3; stay =~ s1 + s2 + s3; bond ~ joy; stay ~ bond"


def panel(
    forward: float, reverse: float, lasting: float = 1.0, n: int = 600, seed: int = 1, items: int = 1
) -> pd.DataFrame:
    """Three waves: own levels that go together, and deviations that lead to later ones."""
    rng = np.random.default_rng(seed)
    own = lasting * rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], n)
    now = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], n)
    out = {}
    for wave in (1, 2, 3):
        if wave > 1:
            later = [0.4 * now[:, 0] + reverse * now[:, 1], 0.4 * now[:, 1] + forward * now[:, 0]]
            now = np.stack(later, axis=1) + rng.multivariate_normal([0, 0], [[0.8, 0.2], [0.2, 0.8]], n)
        for j, letter in enumerate("ce"):
            for i in range(items):
                noise = 0.5 * rng.normal(size=n) if items > 1 else 0.0
                out[f"{letter}{wave}{i}"] = own[:, j] + now[:, j] + noise
    return pd.DataFrame(out)


def columns(letter: str, waves: int = 3, items: int = 1) -> list[list[str]]:
    return [[f"{letter}{wave}{i}" for i in range(items)] for wave in range(1, waves + 1)]


@pytest.mark.parametrize(
    ("truth", "outcome"),
    [((0.35, 0.0), "forward"), ((0.0, 0.35), "reverse"), ((0.35, 0.35), "both"), ((0.0, 0.0), "neither")],
)
@pytest.mark.parametrize("items", [1, 3])
def test_planted_directions_are_found(truth, outcome, items):
    found = sx.direction(panel(*truth, seed=2, items=items), columns("c", items=items), columns("e", items=items))
    assert found.verdict.outcome == outcome
    assert found.checks["check"].tolist() == ["waves", "instruments", "confounder", "independences"]
    assert found.checks.set_index("check").loc["waves", "outcome"] == outcome
    assert found.verdict.rests_on[0] == "waves"
    assert ("is not shown" in found.verdict.sentence) == (outcome in ("forward", "reverse"))


def test_lasting_differences_alone_make_no_cause():
    wrong = [
        sx.direction(panel(0.0, 0.0, 1.5, seed=seed), columns("c"), columns("e")).verdict.outcome for seed in range(30)
    ]
    assert sum(outcome in ("forward", "reverse", "both") for outcome in wrong) <= 3  # 1 expected


def test_the_panel_model_equals_that_of_lavaan():
    values = pd.read_csv(REFERENCE / "panel.csv").set_index("label")
    waves = [[[f"{name}{wave}"] for wave in (1, 2, 3)] for name in ("joy", "bond")]
    found = lagged(pd.read_csv(REFERENCE / "data" / "panel.csv"), *waves)
    for name, own in (("forward", found.forward), ("reverse", found.reverse)):
        assert own[0] == pytest.approx(values.loc[name, "est"], rel=ESTIMATES, abs=ESTIMATES)
        assert own[1] == pytest.approx(values.loc[name, "se"], rel=ERRORS)


def test_gaps_in_the_panel_are_no_obstacle():
    data = panel(0.35, 0.0)
    data.loc[::7, "e30"] = np.nan
    assert sx.direction(data, columns("c"), columns("e")).verdict.outcome == "forward"


def test_two_waves_leave_it_undecided_and_one_wave_has_no_lag():
    data = panel(0.35, 0.0)
    two = sx.direction(data, columns("c", 2), columns("e", 2))
    assert two.verdict.outcome == "undecided"
    assert "two waves" in two.verdict.sentence
    one = sx.direction(data, columns("c", 1), columns("e", 1))
    assert one.checks.set_index("check").loc["waves", ["outcome", "note"]].tolist()[0] == "not_computable"
    assert "one wave" in one.verdict.sentence


def test_waves_whose_items_measure_something_else_are_not_compared():
    data = panel(0.35, 0.0, items=3)
    rng = np.random.default_rng(5)
    data["c31"] = 0.2 * data["c31"] + rng.normal(size=len(data))
    found = sx.direction(data, columns("c", items=3), columns("e", items=3))
    assert found.verdict.outcome == "undecided"
    assert "do not measure the same in all waves" in found.checks.loc[0, "note"]


def test_the_synthetic_world_delights_first_and_makes_loyal_later():
    survey = sx.datasets.load("service_excellence_world_panel")
    cause = [[f"del{i}_{wave}" for i in (1, 2, 3)] for wave in (1, 2, 3)]
    effect = [[f"{name}_{wave}" for name in ("remain", "recommend", "repurchase")] for wave in (1, 2, 3)]
    assert sx.direction(survey, cause, effect).verdict.outcome == "forward"


def test_confounder_values_equal_the_published_example():
    """Darfur in Cinelli & Hazlett 2020: t 4.18 on 783 degrees of freedom."""
    assert robustness(4.18, 783) == pytest.approx(0.139, abs=5e-4)
    assert robustness_of_significance(4.18, 783, 0.95) == pytest.approx(0.076, abs=5e-4)
    assert partial_r2(4.18, 783) == pytest.approx(0.022, abs=5e-4)
    assert robustness_of_significance(1.0, 783, 0.95) == 0.0


def test_a_confounder_of_that_strength_takes_the_path_to_zero():
    rng = np.random.default_rng(3)
    n = 4000
    x, y = rng.normal(size=(2, n))
    y = y + 0.3 * x
    data = pd.DataFrame({"x": x - x.mean(), "y": y - y.mean()})
    b = float(data["x"] @ data["y"] / (data["x"] @ data["x"]))
    left = data["y"] - b * data["x"]
    t, df = b / np.sqrt(left @ left / (n - 2) / (data["x"] @ data["x"])), n - 2
    share = robustness(t, df)
    bias = np.sqrt(share * share / (1 - share)) * np.sqrt(left @ left / (data["x"] @ data["x"]))
    assert bias == pytest.approx(abs(b), rel=1e-6)


@pytest.mark.parametrize("fixed_x", [True, False])
@pytest.mark.parametrize("text", ["y ~ x", "y ~ x + z"])
def test_a_phantom_variable_of_one_equation_is_the_closed_form(text, fixed_x):
    rng = np.random.default_rng(3)
    both, x, z, y = rng.normal(size=(4, 500))
    data = pd.DataFrame({"x": x + both, "z": z + both, "y": 0.3 * x + 0.2 * z + 0.5 * both + y})
    results = sx.fit(text, data, fixed_x=fixed_x)
    row = results.parameters.query("op == '~' and rhs == 'x'").iloc[0]
    found = phantom(results, view(results, "test"), "x", "y", 0.95)
    assert found.zero == pytest.approx(robustness(row["est"] / row["se"], 500), rel=ROOT)
    assert found.significance == pytest.approx(robustness_of_significance(row["est"] / row["se"], 500, 0.95), rel=0.05)


@pytest.mark.parametrize(("source", "target", "apart"), [("joy", "bond", ""), ("bond", "stay", "phantom ~~ 0*joy")])
def test_a_phantom_variable_of_that_strength_takes_the_path_of_a_chain_to_zero(source, target, apart):
    results = sx.fit(CHAIN, data := chain(600))
    rows = results.parameters.query("op == '~~' and lhs == rhs").set_index("lhs")["est"]
    share = phantom(results, view(results, "test"), source, target, 0.95).zero
    a, c = np.sqrt(share * rows[source]), np.sqrt(share * rows[target] / (1 - share))
    lines = f"phantom =~ 0*j1; phantom ~~ 1*phantom; {source} ~ {a}*phantom; {target} ~ {c}*phantom; {apart}"
    again = sx.fit(f"{CHAIN}; {lines}", data).parameters
    left = again.query("op == '~' and lhs == @target and rhs == @source")["est"].item()
    before = results.parameters.query("op == '~' and lhs == @target and rhs == @source")["est"].item()
    assert left == pytest.approx(0.0, abs=ROOT * before)


def test_a_phantom_variable_that_cannot_be_put_in_has_its_reason():
    tied = sx.fit(f"{CHAIN}; joy ~~ 0.1*bond", chain(300))
    checks = sx.direction(tied, "joy", "bond").checks.set_index("check")
    assert "covary already" in checks.loc["confounder", "note"]


def chain(n: int = 1500, hidden: float = 0.0, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    joy, other = rng.normal(size=(2, n))
    bond = 0.6 * joy + hidden * other + 0.7 * rng.normal(size=n)
    stay = 0.5 * bond + hidden * other + 0.7 * rng.normal(size=n)
    latent = {"j": joy, "b": bond, "s": stay}
    return pd.DataFrame({f"{k}{i}": f + 0.5 * rng.normal(size=n) for k, f in latent.items() for i in (1, 2, 3)})


@pytest.mark.parametrize("row", pd.read_csv(REFERENCE / "instruments.csv").to_dict("records"), ids=lambda row: "")
def test_instruments_equal_those_of_ivreg(row):
    """Estimates, errors and tests of AER's ivreg; of a robust fit errors by sandwich and Hansen's test."""
    items = "quality =~ qua1 + qua2 + qua3; joy =~ del1 + del2 + del3; loyal =~ loy1 + loy2 + loy3; joy ~ quality; "
    own = {"residuals": "loyal ~ joy + quality; del2 ~~ loy1", "restricted": "loyal ~ joy"}
    text, data = items + own.get(row["model"], "loyal ~ joy + quality"), pd.read_csv(REFERENCE / "data" / "chain.csv")
    for estimator, se, test in (("ML", "se", "sargan"), ("MLR", "se_robust", "hansen")):
        found = instrumented(view(sx.fit(text, data, estimator=estimator), "test"), row["source"], row["target"])
        assert (set(found.instruments), found.df) == (set(row["instruments"].split()), row["df"])
        assert found.est == pytest.approx(row["est"], rel=EXACT)
        assert found.se == pytest.approx(row[se], rel=EXACT)
        assert found.sargan == pytest.approx(row[test], rel=EXACT)
        assert test in found.test.lower()
        assert estimator == "MLR" or found.pvalue == pytest.approx(row["pvalue"], rel=EXACT)


def test_instruments_and_sargan_by_hand():
    data = chain()
    found = instrumented(view(sx.fit(CHAIN, data), "test"), "bond", "stay")
    assert set(found.instruments) == {"j1", "j2", "j3", "b2", "b3"}
    Z, x, y = (data[list(found.instruments)] - data[list(found.instruments)].mean()).to_numpy(), data["b1"], data["s1"]
    x, y = (x - x.mean()).to_numpy(), (y - y.mean()).to_numpy()
    fitted = Z @ np.linalg.lstsq(Z, x, rcond=None)[0]
    b = fitted @ y / (fitted @ x)
    left = y - b * x
    explained = Z @ np.linalg.lstsq(Z, left, rcond=None)[0]
    assert found.est == pytest.approx(b)
    assert found.se == pytest.approx(np.sqrt(left @ left / len(y) / (fitted @ fitted)))
    assert found.sargan == pytest.approx(len(y) * (explained @ explained) / (left @ left))
    assert found.df == 4


def test_a_gap_where_no_instrument_is_takes_nothing_away():
    rng = np.random.default_rng(5)
    joy, other = rng.normal(size=(2, 500))
    stay = 0.5 * joy + rng.normal(size=500)
    columns = {f"j{k}": joy + 0.6 * rng.normal(size=500) for k in (1, 2, 3)}
    columns |= {f"s{k}": stay + 0.6 * rng.normal(size=500) for k in (1, 2, 3)}
    columns |= {f"o{k}": stay + other + rng.normal(size=500) for k in (1, 2, 3)}
    data = pd.DataFrame(columns)
    text = "joy =~ j1 + j2 + j3; stay =~ s1 + s2 + s3; other =~ o1 + o2 + o3; stay ~ joy; other ~ stay"
    whole = instrumented(view(sx.fit(text, data, estimator="MLR", missing="fiml"), "test"), "joy", "stay")
    data.loc[::9, "o2"] = np.nan
    found = instrumented(view(sx.fit(text, data, estimator="MLR", missing="fiml"), "test"), "joy", "stay")
    assert "o2" not in found.instruments
    assert (found.est, found.sargan) == pytest.approx((whole.est, whole.sargan), rel=EXACT)
    assert (found.se, found.note) == (pytest.approx(whole.se, rel=EXACT), "")


def test_a_hidden_cause_is_seen_by_instruments_and_independences():
    clean, wrong = (sx.direction(sx.fit(CHAIN, chain(hidden=h)), source="bond", target="stay") for h in (0.0, 0.8))
    for check in ("instruments", "independences"):
        assert clean.checks.set_index("check").loc[check, "outcome"] == "holds"
        assert wrong.checks.set_index("check").loc[check, "outcome"] == "fails"
    assert clean.verdict.outcome == wrong.verdict.outcome == "undecided"
    assert "arrow turned round" in clean.verdict.sentence


def test_a_saturated_model_implies_no_independence():
    checks = sx.direction(sx.fit("s1 ~ b1 + j1", chain(200)), "b1", "s1").checks.set_index("check")
    assert checks.loc["independences", "outcome"] == "not_computable"
    assert "leaves out no path" in checks.loc["independences", "note"]


def test_what_has_no_instruments_says_so():
    found = sx.direction(sx.fit("b1 ~ j1; b1 ~~ j2", chain()), "j1", "b1").checks.set_index("check")
    assert "as many instruments as causes" in found.loc["instruments", "note"]
    backwards = sx.direction(sx.fit(CHAIN, chain()), "stay", "joy").checks.set_index("check")
    assert "no free path from stay to joy" in backwards.loc["instruments", "note"]
    assert "no arrow from stay to joy" in backwards.loc["confounder", "note"]


@pytest.mark.parametrize(
    ("cause", "effect", "error", "said"),
    [
        ([["c10"], ["gone"]], [["e10"], ["e20"]], DataError, "no column 'gone'"),
        ([["c10"], ["c20"]], [["e10"]], OptionError, "cause has 2 waves and effect 1"),
        ([["c10"], ["c20", "c30"]], [["e10"], ["e20"]], OptionError, "as many in every wave"),
        ([["c10"], ["c10"]], [["e10"], ["e20"]], OptionError, "named twice: c10"),
        (None, [["e10"], ["e20"]], OptionError, "cause takes the columns of each wave"),
    ],
)
def test_waves_that_do_not_match_are_named(cause, effect, error, said):
    with pytest.raises(error, match=said):
        sx.direction(panel(0.3, 0.0), cause, effect)


def test_bad_input_of_a_fit_is_named():
    results = sx.fit(CHAIN, chain(200))
    with pytest.raises(ModelError, match="source 'fun' is not in the model"):
        sx.direction(results, "fun", "stay")
    with pytest.raises(OptionError, match="takes two variables"):
        sx.direction(results, "joy")
    with pytest.raises(OptionError, match="are both 'joy'"):
        sx.direction(results, "joy", "joy")
