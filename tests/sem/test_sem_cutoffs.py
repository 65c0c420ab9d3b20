"""Dynamic cut-offs: measures as `fit` has them, populations with what was left out, a published example."""

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample

from sexresearch.errors import ModelError, OptionError
from sexresearch.sem import Moments, dynamic_cutoffs, fit
from sexresearch.sem.planning.misspecification import ERROR_CORRELATION, coefficient_h, cross_loading, levels
from sexresearch.sem.planning.plan import plan_of
from sexresearch.sem.planning.power_samples import MomentSampler
from sexresearch.sem.resampling.many_fits import batch, fit_batch
from sexresearch.sem.resampling.many_measures import many_measures
from sexresearch.sem.resampling.row_values import exogenous_rows

MEASURE = 1e-5  # samples stop 1e-4 standard errors from their minimum, where the measures are flat
QUANTILES = 0.003  # Monte-Carlo error of a 5 % quantile of 500 samples, twice: theirs and ours
ABILITY = """
    visual  =~ .772*x1 + .424*x2 + .581*x3
    textual =~ .852*x4 + .855*x5 + .838*x6
    speed   =~ .570*x7 + .723*x8 + .665*x9
    visual ~~ .459*textual + .471*speed
    textual ~~ .283*speed
"""
ONE = "f =~ .7*a + .8*b + .6*c + .5*d + .7*e + .6*g"
FACTORS = "f =~ 0.7*x1 + 0.8*x2 + 0.6*x3\n g =~ 0.9*y1 + 0.5*y2 + 0.7*y3\n g ~ 0.4*f"
WAYS = {
    "factors": FACTORS,
    "means": FACTORS + "\n x1 ~ 2*1",
    "exogenous": FACTORS + "\n f ~ 0.2*age + 0.1*member",
    "groups": "f =~ 0.7*x1 + 0.8*x2 + 0.6*x3 + 0.7*x4\n x1 ~ c(0, 1)*1",
}


@pytest.mark.parametrize("way", WAYS)
def test_measures_of_many_samples_are_those_of_fit(way):
    plan = plan_of(WAYS[way])
    sizes = tuple(plan.population.sizes(240))
    source, engine = MomentSampler(plan.fitted, sizes, 3), batch(plan.fitted)
    means = plan.fitted.structures[0].has_means
    moments = source.moments(range(3), [form.order for form in engine.forms], means)
    fixed = exogenous_rows(plan.fitted, [form.order for form in engine.forms], [own.moment for own in moments])
    found = many_measures(engine, plan.fitted, fit_batch(engine, moments), fixed, moments)
    for number in range(3):
        told = {}
        for (mean, cov), sample, n in zip(source.sample_moments([number]), plan.fitted.samples, sizes, strict=True):
            names = list(sample.names)
            frame = pd.DataFrame(cov[0] * n / (n - 1), index=names, columns=names)
            told[sample.label] = Moments(frame, n, pd.Series(mean[0], index=names))
        again = fit(plan.model, moments=told if len(told) > 1 else told[None], meanstructure=means).fit_measures
        for name in ("chisq", "rmsea", "cfi", "srmr"):
            assert found[name][number] == pytest.approx(again[name], abs=MEASURE * max(1.0, again[name])), name


def test_the_example_of_the_method_s_authors():
    """Cut-offs .040, .044 and .984, one cross-loading omitted: vignette of their R package, first edition."""
    found = dynamic_cutoffs(ABILITY, n=301, standardized=True)
    first = found[found["level"] == 1].set_index("measure")["cutoff"]
    assert first["srmr"] == pytest.approx(0.040, abs=QUANTILES)
    assert first["rmsea"] == pytest.approx(0.044, abs=QUANTILES)
    assert first["cfi"] == pytest.approx(0.984, abs=QUANTILES)
    assert found["level"].unique().tolist() == [0, 1, 2]
    assert found["misspecification"].iloc[3] == "x2 also loads 0.42 on textual"


def test_a_cross_loading_is_as_large_as_the_item_s_own():
    zero, one, two = levels(plan_of(ABILITY, standardized=True).fitted)
    names = list(plan_of(ABILITY, standardized=True).fitted.samples[0].names)
    x2, x4 = names.index("x2"), names.index("x4")
    assert zero.cov[x2, x4] == pytest.approx(0.424 * 0.459 * 0.852, abs=1e-5)
    assert one.cov[x2, x4] == pytest.approx((0.424 * 0.459 + 0.424) * 0.852, abs=1e-5)
    for level in (zero, one, two):
        assert np.diag(level.cov) == pytest.approx(1.0, abs=1e-5)
        assert np.linalg.eigvalsh(level.cov)[0] > 0


def test_errors_of_one_factor_correlate_in_rising_numbers():
    zero, *wrong = levels(plan_of(ONE, standardized=True).fitted)
    changed = [int((np.abs(level.cov - zero.cov) > 1e-8).sum() / 2) for level in wrong]
    assert changed == [1, 2, 3]
    added = wrong[0].cov[0, 1] - zero.cov[0, 1]
    assert added == pytest.approx(ERROR_CORRELATION * np.sqrt((1 - 0.7**2) * (1 - 0.8**2)), abs=1e-5)


def test_cross_loadings_leave_variance_over():
    for loading in (0.3, 0.7, 0.95, -0.8):
        for r in (-0.6, 0.0, 0.8):
            size = cross_loading(loading, r)
            assert loading**2 + size**2 + 2 * loading * size * r <= 0.9500001 or size == 0.0
    assert coefficient_h(np.array([0.5])) == pytest.approx(0.25)


def test_cut_offs_grow_with_the_level_and_stand_beside_the_fit():
    results = fit(CHAIN, chain_sample())
    found = dynamic_cutoffs(results, replicates=300)
    assert list(found.columns) == [
        "level", "misspecification", "measure", "cutoff", "accepted", "rejected", "value", "note",
    ]  # fmt: skip
    assert found["value"].iloc[:3].tolist() == pytest.approx(results.fit_measures[["srmr", "rmsea", "cfi"]].tolist())
    wide = found.pivot_table(index="level", columns="measure", values="cutoff").loc[1:].dropna()
    assert wide["rmsea"].is_monotonic_increasing
    assert wide["cfi"].is_monotonic_decreasing
    known = found[(found["level"] > 0) & found["cutoff"].notna()]
    assert (known["accepted"] >= known["rejected"]).all()
    pd.testing.assert_frame_equal(found, dynamic_cutoffs(results, replicates=300, workers=2))


def test_robust_fits_and_fits_with_gaps_have_cut_offs_too():
    sample = chain_sample()
    sample.loc[::9, "q1"] = np.nan
    found = dynamic_cutoffs(fit(CHAIN, sample, missing="fiml"), replicates=50)
    assert found["cutoff"].notna().any()


def test_where_distributions_overlap_there_is_no_cut_off():
    weak = "f =~ 0.6*x1 + 0.5*x2 + 0.6*x3 + 0.5*x4"
    found = dynamic_cutoffs(weak, n=120, replicates=100, standardized=True)
    row = found[(found["level"] == 1) & (found["measure"] == "rmsea")].iloc[0]
    assert np.isnan(row["cutoff"])
    assert "overlap" in row["note"]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: dynamic_cutoffs(ONE), OptionError, "n=400"),
        (lambda: dynamic_cutoffs(fit(CHAIN, chain_sample()), n=3), OptionError, "brings its own"),
        (lambda: dynamic_cutoffs(fit(CHAIN, chain_sample(), group="brand")), OptionError, "one group"),
        (lambda: dynamic_cutoffs("f =~ .7*a + .8*b + .6*c", n=100), ModelError, "saturated"),
        (lambda: dynamic_cutoffs("m ~ .3*x\n y ~ .3*m", n=100), ModelError, "nothing can be left out"),
    ],
)
def test_wrong_calls_are_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()


def read_off(options: dict[str, object]) -> tuple[pd.DataFrame, pd.Series]:
    data = chain_sample().apply(
        lambda column: np.exp(column / 2) if column.name[0] in "qjl" and column.name[1:].isdigit() else column
    )
    data.loc[:20, "q1"] = np.nan
    results = fit(CHAIN, data if "missing" in options else data.dropna(), **options)
    return dynamic_cutoffs(results, replicates=5).query("level == 0").set_index("measure"), results.fit_measures


@pytest.mark.parametrize("options", [{"estimator": "MLR"}, {"missing": "fiml"}, {"estimator": "MLM"}])
def test_robust_values_stand_beside_cut_offs_of_normal_answers(options):
    found, measures = read_off(options)
    assert found.loc["cfi", "value"] == measures["cfi_robust"]
    assert found.loc["rmsea", "value"] == measures["rmsea_robust"]
    assert found.loc[["cfi", "rmsea"], "note"].str.contains("value: robust ").all()
    assert "complete normal answers by ML" in found.loc["srmr", "note"]


def test_scaled_values_are_said_not_to_compare():
    found, measures = read_off({"estimator": "MLMVS"})
    assert found.loc["rmsea", "value"] == measures["rmsea_scaled"]
    assert found.loc[["cfi", "rmsea"], "note"].str.contains("no comparison").all()


def test_values_of_normal_theory_need_no_word():
    found, measures = read_off({})
    assert found.loc["rmsea", "value"] == measures["rmsea"]
    assert (found["note"] == "").all()
