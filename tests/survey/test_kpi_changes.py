"""Changes of figures from wave to wave: limits as published, by statsmodels and closed forms; page one says them."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import norm, t

import sexresearch as sx
from sexresearch.survey import Field
from sexresearch.survey.kpi.changes import difference_limits, kpi_changes
from sexresearch.survey.kpi.estimates import wilson

EXACT = 1e-9
PRINTED = 5e-5  # Newcombe (1998) prints four decimals
N = 400  # of a wave; kpis puts (n - 1)/n into the variance of clusters, which statsmodels does not
CLUSTERS = 40
ELEVEN, SEVEN = sx.ResponseScale("likely", 0, 10), sx.ResponseScale("agree", 1, 7)
ITEMS = {"nps": ("How likely would you recommend us?", ELEVEN), "stay": ("I will stay.", SEVEN)}
JOY = {f"sat{k}": (f"I am satisfied with it, {k}.", SEVEN) for k in (1, 2, 3)}


def instrument(fields=()):
    made = [
        sx.Construct(name, label, tuple(sx.Item(key, *about) for key, about in items.items()), node=name)
        for name, label, items in (("satisfaction", "Satisfaction", JOY), ("loyalty", "Loyalty", ITEMS))
    ]
    return sx.Instrument(tuple(made), fields)


def wave(seed, shift=0.0, gates=None, fields=(), base=None):
    """Answers that hang together, `shift` higher; `gates` have effects of their own, `base` is who answers again."""
    rng = np.random.default_rng(seed)
    gate = rng.integers(0, CLUSTERS, N)
    eta = rng.normal(size=N) if base is None else 0.8 * base + 0.6 * rng.normal(size=N)
    eta = eta + (0.0 if gates is None else gates[gate])
    frame = {"nps": np.clip(np.round(7.5 + 1.8 * eta + shift + rng.normal(size=N)), 0, 10)}
    for name in ("stay", *JOY):
        frame[name] = np.clip(np.round(4 + eta + 0.7 * rng.normal(size=N)), 1, 7)
    answers = pd.DataFrame(frame).assign(gate=[f"g{k}" for k in gate], w=rng.uniform(0.5, 2.0, N), who=np.arange(N))
    return sx.Survey.from_frame(answers, instrument(fields)), eta


def nps_change(survey):
    frame = kpi_changes(survey, "wave")
    row = frame[frame["kpi"] == "NPS"].iloc[0]
    return float(row["kpi_change"]), float(row["kpi_change_ci_lower"]), float(row["kpi_change_ci_upper"])


def classes(survey):
    y = survey.answers["nps"].to_numpy()
    return np.where(y >= 9, 1.0, np.where(y <= 6, -1.0, 0.0))


def test_of_two_shares_the_limits_are_those_that_newcombe_printed():
    z = norm.ppf(0.975)
    one, other = ((k / n, *wilson(k / n, n, z)) for k, n in ((56, 70), (48, 80)))
    assert difference_limits(one, other) == pytest.approx((0.0524, 0.3339), abs=PRINTED)


def test_waves_drawn_apart_have_the_error_of_two_samples():
    joined = sx.join_waves({"2025": wave(1)[0], "2026": wave(2, 0.4)[0]})
    y = classes(joined).reshape(2, N)
    error = math.sqrt(sum(np.var(own) / N for own in y))
    change = 100 * (y[1].mean() - y[0].mean())
    half = 100 * norm.ppf(0.975) * error
    assert nps_change(joined) == pytest.approx((change, change - half, change + half), abs=EXACT)


@pytest.mark.parametrize("weighted", [False, True])
def test_clusters_in_both_waves_are_allowed_for_as_by_statsmodels(weighted):
    fields = (Field("gate", role="cluster"), *([Field("w", role="weight")] if weighted else []))
    gates = np.random.default_rng(7).normal(scale=0.8, size=CLUSTERS)
    joined = sx.join_waves({name: wave(k, gates=gates, fields=fields)[0] for k, name in ((3, "2025"), (4, "2026"))})
    answers, y = joined.answers, classes(joined)
    design = np.column_stack([np.ones(2 * N), (answers["wave"] == "2026").to_numpy(float)])
    weights = answers["w"].to_numpy() if weighted else np.ones(2 * N)
    groups = pd.factorize(answers["gate"])[0]
    fit = sm.WLS(y, design, weights).fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    error = fit.bse[1] * math.sqrt(CLUSTERS / (CLUSTERS - 1))
    change, lower, upper = nps_change(joined)
    assert change == pytest.approx(100 * fit.params[1], abs=EXACT)
    half = 100 * t.ppf(0.975, CLUSTERS - 1) * error
    assert (upper - lower) / 2 == pytest.approx(half, rel=1.0 / N)
    apart = sx.join_waves({"2025": joined_as(joined, "2025", "a"), "2026": joined_as(joined, "2026", "b")})
    assert np.diff(nps_change(apart)[1:])[0] > upper - lower  # other gates in each wave: less is known


def joined_as(joined, name, prefix):
    """One wave again, its clusters called otherwise."""
    own = joined.answers[joined.answers["wave"] == name].drop(columns="wave")
    kept = tuple(field for field in joined.instrument.fields if field.name != "wave")
    return sx.Survey.from_frame(own.assign(gate=prefix + own["gate"]), instrument(kept))


def test_respondents_of_both_waves_have_the_error_of_pairs():
    fields = (Field("who", role="id"),)
    first, eta = wave(5, fields=fields)
    joined = sx.join_waves({"2025": first, "2026": wave(6, fields=fields, base=eta)[0]})
    y = classes(joined).reshape(2, N)
    half = 100 * norm.ppf(0.975) * math.sqrt(np.var(y[1] - y[0]) / N)
    change, lower, upper = nps_change(joined)
    assert (upper - change, change - lower) == pytest.approx((half, half), rel=1e-6)


@pytest.mark.parametrize(
    ("shift", "said"), [(1.2, "the net promoter score rose by"), (-1.2, "score fell by"), (0.0, "within what chance")]
)
def test_page_one_says_what_changed_and_whether_it_is_more_than_chance(shift, said):
    joined = sx.join_waves({"2026": wave(8)[0], "2025": wave(9, shift)[0]})  # in the order given, not that of names
    found = sx.answer(joined, group="")
    sentence = next(one for one in found.page_one if "net promoter score" in one.text.lower())
    assert said in sentence.text
    row = found.tables["changes"].query("kpi == 'Net promoter score'").iloc[0]
    assert (row["against"], row["group"]) == ("2026", "2025")
    assert sentence.verdicts[0].outcome == ("holds" if shift else "doubtful")
    shown = np.sort(np.abs(row[["kpi_change_ci_lower", "kpi_change_ci_upper"]].astype(float)))
    for value in (abs(row["kpi_change"]), *shown):
        assert f"{value:.1f}" in sentence.text
    for value in row[["est", "est_against"]]:
        assert f"{value:.0f}" in sentence.text


def test_a_change_without_limits_says_why():
    first, then = wave(8)[0], wave(9)[0]
    alike = sx.Survey.from_frame(then.answers.assign(nps=10), then.instrument)
    found = sx.answer(sx.join_waves({"2025": first, "2026": alike}), group="")
    sentence = next(one for one in found.page_one if "net promoter score" in one.text.lower())
    assert "how sure that change is cannot be told: no interval: all answers are of one class" in sentence.text
    assert sentence.verdicts[0].outcome == "not_computable"


def test_the_table_of_changes_in_a_section_stands_on_a_page_upright():
    from sexresearch.document.layout import is_wide

    joined = sx.join_waves({"2025": wave(8)[0], "2026": wave(9, -1.2)[0]})
    tables = sx.answer(joined, group="").document().tables
    shown = next(table for table in tables if table.caption.startswith("What changed from wave to wave"))
    assert not is_wide(shown)
    assert shown.headers == ("Figure", "Question", "Change")
