"""Every question of what to do next beside every kind of fit: right numbers, or a reason by name, never silence.

Right are: within groups, what fits of each group alone say; with whole-numbered weights, what rows repeated as often
say; of scores, what regressions of statsmodels say on the items' weights that `importance` shows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import SexresearchError
from sexresearch.sem.view import View

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.FitWarning")
SAME = 1e-5  # two minimisers of one function, and what is made of their estimates
EDGE = 1e-9  # answers whose mean lies on a line, in another order of sums
SCALE = (1.0, 9.0)
TEXT = """
    quality =~ q1 + q2 + q3
    ease    =~ e1 + e2 + e3
    joy     =~ j1 + j2 + j3
    stay    =~ s1 + s2 + s3
    joy ~ quality + ease
    stay ~ joy
"""
COMPOSED = """
    quality =~ q1 + q2 + q3
    ease    =~ e1 + e2 + e3
    stay    =~ s1 + s2 + s3
    all =~ 0*q1
    all ~ quality + ease
    all ~~ 0*all
    stay ~ 1*all
"""
LEVELS = """
    level: 1
    s1 ~ q1
    level: 2
    s1 ~ q1
"""
ITEMS = [f"{letter}{i}" for letter in "qejs" for i in (1, 2, 3)]


@cache
def answers(n: int = 400) -> pd.DataFrame:
    """Answers from 1 to 9, two brands, 40 branches, and weights of 1 to 3."""
    rng = np.random.default_rng(5)
    quality, ease = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], n).T
    joy = 0.5 * quality + 0.4 * np.maximum(ease, 0) + 0.6 * rng.normal(size=n)
    stay = 0.8 * joy + 0.6 * rng.normal(size=n)
    own = {"q": quality, "e": ease, "j": joy, "s": stay}
    parts = {f"{k}{i}": (0.7 + 0.1 * i) * f + 0.5 * rng.normal(size=n) for k, f in own.items() for i in (1, 2, 3)}
    frame = (5 + 2.8 * pd.DataFrame(parts)).round().clip(*SCALE)
    places = {"brand": np.tile(["north", "south"], n // 2), "branch": rng.integers(0, 40, n)}
    return frame.assign(**places, weight=rng.integers(1, 4, n), one=1.0)


def gaps() -> pd.DataFrame:
    data = answers().copy()
    data.loc[::9, "q1"] = data.loc[4::11, "s2"] = np.nan
    return data


FITS: dict[str, Callable[[], sx.Results | View]] = {
    "plain": lambda: sx.fit(TEXT, answers()),
    "robust": lambda: sx.fit(TEXT, answers(), estimator="MLR"),
    "gls": lambda: sx.fit(TEXT, answers(), estimator="GLS"),
    "groups": lambda: sx.fit(TEXT, answers(), group="brand"),
    "weights": lambda: sx.fit(TEXT, answers(), sampling_weights="weight"),
    "clusters": lambda: sx.fit(TEXT, answers(), cluster="branch"),
    "weights, clusters": lambda: sx.fit(TEXT, answers(), cluster="branch", sampling_weights="weight"),
    "groups, weights, clusters": lambda: sx.fit(
        TEXT, answers(), group="brand", cluster="branch", sampling_weights="weight"
    ),
    "gaps": lambda: sx.fit(TEXT, gaps(), missing="fiml"),
    "gaps, weights": lambda: sx.fit(TEXT, gaps(), missing="fiml", sampling_weights="weight"),
    "ordered": lambda: sx.fit(TEXT, answers().replace({6: 5, 7: 5, 8: 9, 3: 2, 4: 2, 1: 2}), ordered=True),
    "pls": lambda: sx.pls(sx.fit(TEXT, answers())),
    "composite": lambda: sx.fit(COMPOSED, answers()),
    "sam": lambda: sx.fit(TEXT, answers(), method="sam"),
    "sam, groups": lambda: sx.fit(TEXT, answers(), method="sam", group="brand"),
    "moments": lambda: sx.fit(TEXT, moments=sx.Moments(answers()[ITEMS].cov(), 400)),
    "levels": lambda: sx.fit(LEVELS, answers(), cluster="branch"),
}


@cache
def fitted(name: str) -> sx.Results | View:
    return FITS[name]()


QUESTIONS: dict[str, Callable[[sx.Results | View], pd.DataFrame]] = {
    "penalty_reward": lambda fit: sx.penalty_reward(fit, "s1", ["quality"], scale=SCALE),
    "penalty_reward, latent": lambda fit: sx.penalty_reward(fit, "stay", ["quality"], scale=SCALE, scores="latent"),
    "penalty_reward, spline": lambda fit: sx.penalty_reward(fit, "stay", ["quality"], scale=SCALE, curve="spline"),
    "necessity": lambda fit: sx.necessity(fit, "stay", ["quality"], scale=SCALE, permutations=9),
    "necessity, latent": lambda fit: sx.necessity(fit, "stay", ["quality"], SCALE, "latent", permutations=0),
    "bottlenecks": lambda fit: sx.bottlenecks(fit, "stay", ["quality"], scale=SCALE, percents=(80,)),
    "priorities": lambda fit: sx.priorities(fit, SCALE, "stay", constructs=["quality", "ease"]),
    "direction": lambda fit: sx.direction(fit, "quality", "joy").checks,
    "method_bias": lambda fit: sx.method_bias(fit).query("path == '' and check != 'marker'"),
    "shape": lambda fit: sx.shape(fit, "quality", "joy"),
}
NUMBERS = {
    "penalty_reward": "penalty", "necessity": "d", "bottlenecks": "required", "priorities": "p_first",
    "method_bias": "value", "shape": "slope",
}  # fmt: skip
SILENT = ""
NO_ROWS, ONE_LEVEL, ONE_GROUP = "moments hold none", "takes models of one level", "fit of one group"
AS_NUMBERS, WEIGHTED, CLUSTERED = "estimator='MLR'", "sampling weights count in shares", "of one cluster"
SAID: dict[tuple[str, str], str] = {
    **{("levels", name): ONE_LEVEL for name in QUESTIONS},
    **{("moments", name): NO_ROWS for name in QUESTIONS if name not in ("priorities", "direction", "method_bias")},
    ("moments", "priorities"): "the moments hold no means",
    **{("ordered", name): AS_NUMBERS for name in QUESTIONS if "latent" not in name},
    **{("ordered", name): "takes numbers, and this fit has ordered items" for name in QUESTIONS if "latent" in name},
    **{("pls", name): "other engines hand over no factor scores" for name in QUESTIONS if "latent" in name},
    ("pls", "direction"): "makes no score tests",
    ("pls", "method_bias"): "only Results can be fitted again",
    **{(name, "direction"): ONE_GROUP for name in FITS if "groups" in name},
    **{(name, "method_bias"): ONE_GROUP for name in FITS if "groups" in name},
    **{(name, "shape"): ONE_GROUP for name in FITS if "groups" in name},
    **{(name, "necessity"): WEIGHTED for name in FITS if "weights" in name},
    **{(name, "necessity, latent"): WEIGHTED for name in FITS if "weights" in name},
    **{(name, "bottlenecks"): WEIGHTED for name in FITS if "weights" in name},
    ("clusters", "necessity"): CLUSTERED,
    **{(name, "shape"): "respondents left out, as an item is missing" for name in FITS if "gaps" in name},
    **{(name, "direction"): "respondents left out, as an item is missing" for name in FITS if "gaps" in name},
    ("sam", "direction"): "method='joint'",
    ("sam", "method_bias"): "method='joint'",
    **{(name, "direction"): "scaling factor" for name in ("robust", "weights", "clusters", "weights, clusters")},
    **{("composite", name): "'joy' is not in the model" for name in ("direction", "shape")},
}


def asked_of(name: str, asked: str) -> tuple[pd.DataFrame | None, str]:
    """The answer, or None, and what is said beside it."""
    try:
        frame = QUESTIONS[asked](fitted(name))
    except SexresearchError as error:
        return None, str(error)
    return frame, " ".join(frame["note"])


@pytest.mark.parametrize("asked", QUESTIONS)
@pytest.mark.parametrize("name", FITS)
def test_numbers_or_a_reason_by_name(name: str, asked: str) -> None:
    said = SAID.get((name, asked), SILENT)
    frame, heard = asked_of(name, asked)
    assert said in heard
    assert said or frame is not None, heard
    if frame is None:
        return
    column = NUMBERS.get(asked.partition(",")[0])
    if column and not {name, asked} & {"ordered", "moments"} and (name, asked) != ("pls", "method_bias"):
        assert np.isfinite(frame[column].to_numpy(float)).all(), frame.to_string()


OF_GROUPS = [name for name in QUESTIONS if name.startswith(("penalty", "necessity", "bottlenecks", "priorities"))]
OF_WEIGHTS = [name for name in QUESTIONS if name.startswith(("penalty", "bottlenecks", "shape"))]


@pytest.mark.parametrize("asked", OF_GROUPS)
@pytest.mark.parametrize("name", ["groups", "groups, weights, clusters"])
def test_groups_have_the_numbers_that_each_has_alone(name: str, asked: str) -> None:
    options = {} if name == "groups" else {"cluster": "branch", "sampling_weights": "weight"}
    both = QUESTIONS[asked](fitted(name))
    columns = ["penalty", "reward", "penalty_ci_lower", "reward_ci_upper", "d", "above", "required", "share", "gain"]
    for brand, own in answers().groupby("brand"):
        alone = QUESTIONS[asked](sx.fit(TEXT, own, **options))
        here = both[both["group"] == brand].reset_index(drop=True)
        assert alone["group"].isna().all()
        assert len(here) == len(alone)
        for column in set(columns) & set(alone):
            np.testing.assert_allclose(here[column], alone[column], rtol=SAME, err_msg=column)


@pytest.mark.parametrize("asked", OF_WEIGHTS)
def test_a_respondent_of_weight_three_counts_as_three(asked: str) -> None:
    repeated = answers().loc[answers().index.repeat(answers()["weight"])].reset_index(drop=True)
    one, other = (QUESTIONS[asked](fit) for fit in (fitted("weights"), sx.fit(TEXT, repeated)))
    if asked == "shape":  # knots that are tried lie at quantiles of the respondents, whatever they weigh
        one, other = (frame[frame["shape"] != "threshold"] for frame in (one, other))
    for column in {"penalty", "reward", "required", "share", "slope", "bend", "square", "r_squared"} & set(one):
        np.testing.assert_allclose(one[column], other[column], rtol=SAME, err_msg=column)


def test_respondents_who_weigh_nothing_are_as_if_they_had_not_answered() -> None:
    data = answers().assign(weight=answers()["weight"].where(answers().index % 5 > 0, 0))
    both = (sx.fit(TEXT, own, sampling_weights="weight") for own in (data, data[data["weight"] > 0]))
    one, other = ([QUESTIONS[asked](fit) for asked in OF_WEIGHTS] for fit in both)
    for frame, wanted in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(frame, wanted, rtol=SAME)


@pytest.mark.parametrize("name", ["gls", "weights", "weights, clusters", "clusters", "pls", "composite", "sam"])
def test_penalties_are_regressions_of_statsmodels_on_scores_by_the_weights_of_importance(name: str) -> None:
    sm = pytest.importorskip("statsmodels.api")
    fit, data = fitted(name), answers()
    parts = sx.importance(fit, "stay", scale=SCALE, constructs=["quality"]).query("kind == 'item'")
    points = sum(100 * (data[item] - 1) / 8 * share for item, share in zip(parts["item"], parts["weight"], strict=True))
    low, high = points <= 25 + EDGE, points >= 75 - EDGE
    design = np.column_stack([np.ones(len(data)), low, high]).astype(float)
    model = sm.WLS(data["s1"], design, weights=data["weight"] if "weights" in name else 1.0)
    clustered = {"cov_type": "cluster", "cov_kwds": {"groups": data["branch"]}}
    wanted = model.fit(**clustered if "clusters" in name else {"cov_type": "HC3"})
    row = QUESTIONS["penalty_reward"](fit).iloc[0]
    np.testing.assert_allclose(row[["penalty", "reward"]].to_numpy(float), wanted.params[1:], rtol=SAME)
    limits = row[["penalty_ci_lower", "reward_ci_lower"]].to_numpy(float)
    np.testing.assert_allclose(limits, np.asarray(wanted.conf_int())[1:, 0], rtol=SAME)


@pytest.mark.parametrize("name", ["weights", "clusters"])
def test_a_method_is_tested_by_the_difference_that_compare_has(name: str) -> None:
    fit = fitted(name)
    assert isinstance(fit, sx.Results)
    line = "\n".join(["method =~ " + " + ".join(f"1*{item}" for item in ITEMS), "method ~~ 0*quality + 0*ease"])
    options = {"cluster": "branch"} if name == "clusters" else {"sampling_weights": "weight"}
    wanted = sx.compare(sx.fit(f"{TEXT}\n{line}", answers(), **options), fit).iloc[-1]
    row = sx.method_bias(fit).query("check == 'latent_method' and path == ''").iloc[0]
    assert row["pvalue"] == pytest.approx(wanted["pvalue"], rel=1e-3)
    assert f"scaled χ² {wanted['chisq_diff']:.2f}" in row["verdict"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sampling_weights": "weight"}, "no sampling weights"),
        ({"cluster": "branch"}, "no clusters"),
        ({"ordered": True}, "no ordered variables"),
    ],
)
def test_what_structural_after_measurement_has_no_place_for_is_named(options: dict[str, object], said: str) -> None:
    with pytest.raises(sx.errors.OptionError, match=said):
        sx.fit(TEXT, answers(), method="sam", **options)


FITTINGS: dict[str, tuple[sx.Fitting, str]] = {
    "plain": (sx.Fitting(), SILENT),
    "weights": (sx.Fitting(sampling_weights="weight"), "weights do not go with drawing rows"),
    "clusters": (sx.Fitting(cluster="branch"), SILENT),
    "gls": (sx.Fitting(estimator="GLS"), "fitted by likelihood"),
    "ordered": (sx.Fitting(ordered=["s1", "s2", "s3"]), "ordered items have no rows"),
}


@pytest.mark.parametrize("name", FITTINGS)
def test_a_multiverse_has_numbers_and_its_null_too_or_a_reason(name: str) -> None:
    fitting, said = FITTINGS[name]
    found = sx.multiverse(answers(), TEXT, "joy", "stay", fitting=fitting, at_most=3, null=19)
    assert found.specifications["est"].notna().all()
    assert said in found.null["note"].iloc[0]
    assert found.null["pvalue"].isna().all() == bool(said)


@pytest.mark.parametrize("name", ["weights", "clusters", "ordered", "gls"])
def test_four_approaches_have_numbers_beside_every_option(name: str) -> None:
    pytest.importorskip("seminr")
    pytest.importorskip("statsmodels.api")
    text = "quality =~ q1 + q2 + q3; stay =~ s1 + s2 + s3; stay ~ quality"
    data = answers().head(150).replace({4: 3, 5: 3, 6: 8, 7: 8}) if name == "ordered" else answers()
    found = sx.concordance(data, text, fitting=FITTINGS[name][0])
    assert found.paths[["std_all", "ci_lower"]].notna().all(axis=None), found.paths.to_string()


@pytest.mark.parametrize("question", [sx.multiverse, sx.concordance])
def test_questions_that_fit_models_themselves_refuse_two_levels_and_results(question: Callable[..., object]) -> None:
    with pytest.raises(sx.errors.OptionError, match=ONE_LEVEL):
        question(answers(), LEVELS, fitting=sx.Fitting(cluster="branch"))
    with pytest.raises(sx.errors.DataError, match="found Results"):
        question(fitted("plain"), TEXT)


@pytest.mark.parametrize("made", [answers, lambda: sx.Survey.from_frame(answers())], ids=["frame", "survey"])
def test_answers_without_a_fit_or_an_instrument_are_taken_column_by_column(made: Callable[[], pd.DataFrame]) -> None:
    data = made()
    assert sx.penalty_reward(data, "s1", ["q1"], scale=SCALE)["penalty"].notna().all()
    assert sx.necessity(data, "s1", ["q1"], permutations=0)["d"].notna().all()
    assert sx.bottlenecks(data, "s1", ["q1"])["note"].notna().all()
    assert sx.kano(answers()[["q1", "e1"]].replace({9: 5, 8: 5, 7: 4, 6: 3}), {"a": ("q1", "e1")})["kind"].ne("").all()
