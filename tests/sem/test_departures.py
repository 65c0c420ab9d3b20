"""The evidence behind every known departure from lavaan, computed; and the page that is written from their list."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from departures import PAGE, departures, page
from drawing import draw
from explaining import with_correlations
from reference_cases import FOLDER, fitted, keyed, read_data
from scipy.optimize import minimize_scalar
from scipy.special import chndtr, ndtr
from scipy.stats import norm

from sexresearch import sem
from sexresearch.errors import ModelError
from sexresearch.sem.after.modification import modification_indices
from sexresearch.sem.after.nesting import relation
from sexresearch.sem.implied.implied_moments import normal_weight
from sexresearch.sem.implied.structure import vech_index
from sexresearch.sem.inference.chisquare import standard_test
from sexresearch.sem.inference.robust_indices import complete_data_misfit

EXACT = 1e-8  # the same arithmetic by another way
SOLVED = 1e-5  # two minimisations of the same discrepancy, relative
MODE = 1e-4  # absolute: two searches for a mode
DATA = read_data("grid")
FACTORS = "f1 =~ {0}1 + {0}2 + {0}3\nf2 =~ {0}4 + {0}5 + {0}6"
PLAIN, GAPS, ORDERED = (FACTORS.format(letter) for letter in "xgq")
MIMIC = PLAIN + "\nf1 + f2 ~ age + online"
PATHS = "x2 ~ age + online\nx4 ~ x2 + 0*age\nx5 ~ x4 + x2"


def fit(text: str, data: pd.DataFrame = DATA, **options: object) -> sem.Results:
    """A fit whose warnings are not the subject."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(text, data, **options)  # type: ignore[arg-type]


def column(results: sem.Results, name: str, site: object = "") -> pd.Series:
    """A column of the parameters, those of one group where there are several."""
    rows = results.parameters
    rows = rows[rows["group"] == site] if site else rows
    return keyed(rows.assign(group=""))[name]


def alone(text: str, site: str, **options: object) -> sem.Results:
    """The fit of one site by itself."""
    return fit(text, DATA[DATA["site"] == site], **options)


def stacked(mean: pd.Series, cov: pd.DataFrame) -> np.ndarray:
    """Means above the lower triangle of the covariances."""
    i, j = vech_index(len(cov))
    return np.concatenate([mean.to_numpy(), cov.to_numpy()[i, j]])


def gfi_fiml() -> None:
    results = fit(GAPS, missing="fiml")
    implied, gap = results.implied, results.residuals
    s, r = stacked(implied["mean"] + gap["mean"], implied["cov"] + gap["cov"]), stacked(gap["mean"], gap["cov"])
    W = normal_weight(implied["cov"].to_numpy(), has_means=True)
    assert results.fit_measures["gfi"] == pytest.approx(1 - (r @ W @ r) / (s @ W @ s), abs=EXACT)


def sam_written_intercept() -> None:
    values = pd.read_csv(FOLDER / "sam.csv", keep_default_na=False)
    text = "quality =~ qua1 + qua2 + qua3; joy =~ del1 + del2 + del3; loyal =~ loy1 + loy2 + loy3; joy ~ quality"
    text += "; loyal ~ joy + quality"
    rows = sem.fit(f"{text}; qua1 ~ 1", read_data("chain"), method="sam").parameters
    for name, same in (("means", True), ("written", False)):
        both = values[values["model"] == name].merge(rows, on=["lhs", "op", "rhs"], suffixes=("_lavaan", ""))
        assert np.allclose(both["est"], both["est_lavaan"], rtol=SOLVED)
        assert np.allclose(both["se"], both["se_lavaan"], rtol=MODE) == same


def robust_fiml_random() -> None:
    for information in ("observed", "expected"):
        found = fit(MIMIC, missing="fiml", fixed_x=False, information=information).fit_measures
        assert found["cfi_robust"] == pytest.approx(found["cfi"], abs=EXACT)
        assert round(found["cfi"], 6) == 0.982354  # lavaan's cfi as well; its cfi.robust is .982374


def robust_fiml_expected() -> None:
    """U = W - W D E^-1 D' W takes out the parameters, tr(U W^-1) = df, only where E is D' W D."""
    kinds = {kind: fit(GAPS, missing="fiml", information=kind).fitted for kind in ("expected", "observed")}
    fits = kinds["expected"]
    W, D = fits.saturated[0].information, fits.jacobians()[0]
    own, mixed = (np.trace(np.linalg.solve(E, D.T @ W @ D)) for E in (D.T @ W @ D, kinds["observed"].information))
    assert len(W) - own == pytest.approx(8, abs=EXACT)
    assert abs(len(W) - mixed - 8) > 0.01


def robust_fiml_weights() -> None:
    options = {"missing": "fiml", "sampling_weights": "weight", "group": "site", "group_equal": ["loadings"]}
    results = fit(PATHS, **options)
    misfit = complete_data_misfit(results.fitted).chisq
    assert misfit == pytest.approx(results.fit_measures["chisq"], rel=EXACT)  # no answer is missing
    assert round(misfit, 4) == 60.0215  # lavaan's chisq as well; the misfit behind its robust indices is 59.9102


def saturated_limits() -> None:
    results = fit("x2 ~ x1 + x4", estimator="MLR")
    assert results.fit_measures["df"] == 0
    found, missing = results.fit_measures, results.fit_measures.index[results.fit_measures.isna()]
    assert set(missing) <= set(results.reasons)
    assert found["chisq"] == pytest.approx(0, abs=EXACT)  # tr(U Gamma) / df and chisq / df are 0 / 0
    for name in found.index[found.index.str.contains("_robust|rmsea_scaled|rmsea_ci.*_scaled|cn_0")]:
        best = 1.0 if name.startswith(("cfi", "tli", "nnfi", "rni")) else 0.0
        assert name in missing or found[name] == pytest.approx(best, abs=EXACT), name


def rfi() -> None:
    found = fitted("covariances_only").fit_measures
    formula = 1 - (found["chisq"] / found["df"]) / (found["baseline_chisq"] / found["baseline_df"])
    assert found["rfi"] == pytest.approx(formula, abs=EXACT)
    assert formula < 0


def rmsea_limits() -> None:
    """A scaled RMSEA is that of the unscaled statistic with tr(U Gamma) for its df; so are its limits."""
    results = fit("x2 ~ x4\nx6 ~ x2\nq5 ~ x4 + x2", ordered=["q5"], estimator="ULSM", group="site")
    found, N = results.fit_measures, results.nobs - 2  # least squares count one less in every group
    df = found["df"] * found["chisq_scaling_factor"]
    limits = found[["rmsea_ci_lower_scaled", "rmsea_ci_upper_scaled"]].to_numpy()
    assert df < 1 < found["df"]
    assert 0 < limits[0] < found["rmsea_scaled"] < limits[1]
    assert chndtr(found["chisq"], df, limits**2 * N * df / 2) == pytest.approx([0.95, 0.05], abs=MODE)


def robust_least_squares() -> None:
    found = fit(PLAIN, estimator="WLSM").fit_measures
    T, c, df = found["chisq"], found["chisq_scaling_factor"], found["df"]
    T_b, c_b, df_b = (found[f"baseline_{name}"] for name in ("chisq", "chisq_scaling_factor", "df"))
    assert c_b == pytest.approx(1, abs=EXACT)
    assert found["cfi_robust"] == pytest.approx(1 - (T - c * df) / (T_b - c_b * df_b), abs=EXACT)


def observed_gls() -> None:
    kinds = [fit(PLAIN, estimator="GLS", information=i, meanstructure=True) for i in ("expected", "observed")]
    one, other = (column(results, "se")["x1", "~1", "", ""] for results in kinds)
    assert one == pytest.approx(other, rel=EXACT)
    assert round(one, 6) == 0.065861  # lavaan: .065861 and .065918


def first_order_rank() -> None:
    x = DATA["online"].to_numpy(float)
    centred = x - x.mean()
    mean_score, variance_score = centred, centred**2 - centred.var()
    assert variance_score == pytest.approx((1 - 2 * x.mean()) * mean_score, abs=EXACT)


def weights_gamma() -> None:
    """In a model without degrees of freedom the two sandwiches are one."""
    options = {"sampling_weights": "weight", "information": "expected", "fixed_x": False, "meanstructure": True}
    one, other = (fit("x2 ~ x1 + x4", se=se, **options) for se in ("robust_sem", "robust_huber_white"))
    assert column(one, "se").to_numpy() == pytest.approx(column(other, "se").to_numpy(), rel=SOLVED)
    assert round(column(one, "se")["x2", "~", "x1", ""], 4) == 0.0284  # lavaan: .0315 and .0284


def cluster_test() -> None:
    kinds = ("satorra_bentler", "yuan_bentler", "yuan_bentler_mplus")
    options = {"cluster": "branch", "sampling_weights": "weight", "information": "expected"}
    one, two, three = (fit(PLAIN, test=kind, **options).fit_measures["chisq_scaled"] for kind in kinds)
    assert one == pytest.approx(two, rel=0.05)  # both divide by tr(U Gamma), here with J / (J - 1) and without
    assert abs(three - two) > 0.01


def ordered_residuals() -> None:
    both, own = fit(ORDERED, group="site", ordered=True), alone(ORDERED, "small", ordered=True)
    for kind in ("normalized", "standardized"):
        table = both.residual_table(kind)  # type: ignore[arg-type]
        mine = table[table["group"] == "small"].set_index(["lhs", "op", "rhs"])["residual"]
        theirs = own.residual_table(kind).set_index(["lhs", "op", "rhs"])["residual"]  # type: ignore[arg-type]
        pairs = [key for key in theirs.index if key[1] == "~~"]
        assert mine[pairs].to_numpy() == pytest.approx(theirs[pairs].to_numpy(), rel=0.01, nan_ok=True)


def later_group_scores() -> None:
    both, own = fit(ORDERED, group="site", ordered=True), alone(ORDERED, "small", ordered=True)
    rows = DATA.index[DATA["site"] == "small"]
    assert both.factor_scores().loc[rows].to_numpy() == pytest.approx(own.factor_scores().to_numpy(), abs=MODE)


def theta_scores() -> None:
    kinds = (fit(ORDERED, ordered=True, parameterization=kind, std_lv=True) for kind in ("delta", "theta"))
    delta, theta = (results.factor_scores().to_numpy() for results in kinds)
    assert delta == pytest.approx(theta, abs=MODE)


def own_path_scores() -> None:
    _outcome_scores()
    results = fit("f =~ q1 + x2 + q3 + x4\nf ~ age\nx2 ~ age", ordered=["q1", "q3"])
    place = results.factor_scores().head(3)["f"]
    rows = column(results, "est")
    searched = [_searched_mode(rows, DATA.loc[k], path) for k in place.index for path in (True, False)]
    assert place.to_numpy() == pytest.approx(searched[::2], abs=MODE)
    assert searched[1::2] == pytest.approx(WITHOUT_PATH, abs=2e-3)  # where lavaan's search stops


WITHOUT_PATH = [-0.23619, 1.19315, -0.40681]  # lavPredict of lavaan 0.6-14


def _searched_mode(rows: pd.Series, answer: pd.Series, path: bool) -> float:
    """The mode of one row's density written from the table of parameters: f ~ age, x2 ~ age where `path`."""

    def minus_log(f: float) -> float:
        found = 0.5 * (f - rows["f", "~", "age", ""] * answer["age"]) ** 2 / rows["f", "~~", "f", ""]
        for name in ("q1", "x2", "q3", "x4"):
            expected = rows["f", "=~", name, ""] * f + rows[name, "~1", "", ""]
            expected += rows["x2", "~", "age", ""] * answer["age"] if path and name == "x2" else 0.0
            sd = np.sqrt(rows[name, "~~", name, ""])
            if name[0] == "x":
                found += 0.5 * ((answer[name] - expected) / sd) ** 2
                continue
            cuts = sorted(value for key, value in rows.items() if key[:2] == (name, "|"))
            ends = [-np.inf, *cuts, np.inf][int(answer[name]) - 1 : int(answer[name]) + 1]
            lower, upper = ndtr((np.array(ends) - expected) / sd)
            found -= np.log(upper - lower)
        return float(found)

    return float(minimize_scalar(minus_log, bracket=(-1.0, 1.0)).x)


def improper_scores() -> None:
    drawn = draw(2002, 29)
    results = fit(drawn.model, drawn.data, **drawn.options)
    rows = column(results, "est")
    own = np.diag([rows[name, "~~", name, ""] for name in results.latents])
    assert np.linalg.det(own) < 0  # the determinant of the factors' covariance matrix too: an eigenvalue is negative
    with pytest.raises(ModelError, match="not positive definite"):
        results.factor_scores()


def pinned_errors() -> None:
    pinned, written = fit("x2 ~ a*x1\nx4 ~ x2\na == 0.4"), fit("x2 ~ 0.4*x1\nx4 ~ x2")
    one, other = (column(results, "se") for results in (pinned, written))
    assert one.to_numpy() == pytest.approx(other.to_numpy(), rel=SOLVED)
    assert one["x2", "~", "x1", ""] == 0
    bound = column(fit("x2 ~ a*x1\nx4 ~ x2\na < 0.4"), "se")  # binds
    assert bound.to_numpy() == pytest.approx(other.to_numpy(), rel=SOLVED)


def residuals_without_room() -> None:
    """r = s - sigma moves with s by I - D (D'WD)^-1 D'W (Hausman 1978), W at the implied moments of each group."""
    drawn = draw(2001, 36)
    results = fit(drawn.model, drawn.data, **drawn.options)
    fits = results.fitted
    implied = [results.implied[label]["cov"].to_numpy() for label in ("small", "large")]
    weights = [n * normal_weight(cov, has_means=True) for n, cov in zip(fits.shares, implied, strict=True)]
    jacobians = fits.jacobians()
    information = sum(D.T @ W @ D for D, W in zip(jacobians, weights, strict=True))
    D, W = jacobians[0], weights[0]
    room = np.eye(len(D)) - D @ np.linalg.solve(information, D.T @ W)
    variance = np.diag(room @ np.linalg.solve(W, room.T)) / np.diag(np.linalg.inv(W))
    table = results.residual_table("standardized")
    table = table[table["group"] == "small"].reset_index(drop=True)
    mute = (table["lhs"] == table["rhs"]) & table["residual"].isna()
    assert set(table.loc[mute, "lhs"]) == {"y1", "y2", "y3", "y4"}  # lavaan: -1.5e12 of y1
    assert abs(variance[mute]).max() < EXACT
    assert variance[(table["lhs"] == table["rhs"]) & ~mute].min() > MODE


def polyserial_search() -> None:
    drawn = draw(2002, 5)
    results = fit(drawn.model, drawn.data, **drawn.options)
    table = results.residual_table("raw")
    table = table[table["group"] == "large"].set_index(["lhs", "op", "rhs"])["observed"]
    data = drawn.data[drawn.data["site"] == "large"]
    z = (data["y6"] - data["y6"].mean()) / data["y6"].std(ddof=0)
    cuts = np.array([-np.inf, table["y5", "|", "t1"], table["y5", "|", "t2"], np.inf])
    code = data["y5"].astype(int).to_numpy()

    def log_likelihood(r: float) -> float:
        upper, lower = (ndtr((cuts[code - back] - r * z) / np.sqrt(1 - r * r)) for back in (0, 1))
        return float(np.log(upper - lower).sum())

    ours = table["y5", "~~", "y6"] / np.sqrt(table["y6", "~~", "y6"])
    assert round(log_likelihood(ours), 2) == -245.48
    assert round(log_likelihood(0.6695), 2) == -246.36  # lavaan's
    assert max(log_likelihood(ours + step) for step in (-1e-3, 1e-3)) < log_likelihood(ours)

    def without_unlikely(r: float) -> float:
        upper, lower = (ndtr((cuts[code - back] - r * z) / np.sqrt(1 - r * r)) for back in (0, 1))
        density = norm.pdf(z) / data["y6"].std(ddof=0) * (upper - lower)
        return float(np.log(density[density >= UNLIKELY]).sum())

    best = minimize_scalar(lambda r: -without_unlikely(r), bounds=(0.6, 0.75), method="bounded", options=SHARP)
    assert best.x == pytest.approx(MISSED, abs=SOLVED)
    with with_correlations({ours: MISSED}):
        again = fit(drawn.model, drawn.data, **drawn.options)
    assert again.fit_measures["chisq"] == pytest.approx(MISSED_CHISQ, rel=SOLVED)


UNLIKELY = 2.0**-26  # the root of the spacing of numbers at 1
SHARP = {"xatol": 1e-10}
MISSED = 0.6692549345152512  # the correlation of y5 and y6 in lavaan's sample moments
MISSED_CHISQ = 16.396505  # lavaan's; ours is 14.87 or so at the likelier correlation


def semtools_pooled() -> None:
    one = fit(PLAIN, estimator="MLM")
    both = sem.pool([one, one]).fit_measures
    for name in ("tli_robust", "nnfi_robust", "rmsea_ci_upper_robust", "rmsea_ci_upper_scaled", "crmr"):
        assert both[name] == pytest.approx(one.fit_measures[name], rel=SOLVED), name


def _outcome_scores() -> None:
    results = fit("f =~ x1 + x2 + x3\nx4 ~ f\nx5 ~ f", meanstructure=True)
    rows = column(results, "est")
    names = ["x1", "x2", "x3", "x4", "x5"]
    loads = np.array([rows["f", "=~", n, ""] if n < "x4" else rows[n, "~", "f", ""] for n in names])
    cov, mean = results.implied["cov"].loc[names, names], results.implied["mean"][names]
    weights = np.linalg.solve(cov.to_numpy(), loads * rows["f", "~~", "f", ""])
    expected = (DATA[names] - mean).to_numpy() @ weights
    assert results.factor_scores()["f"].to_numpy() == pytest.approx(expected, abs=EXACT)


def score_test_df() -> None:
    equal = {"group": "site", "group_equal": ["loadings", "intercepts"]}
    held, free = fit(PLAIN, **equal), fit(PLAIN, group="site")
    gained = held.fit_measures["df"] - free.fit_measures["df"]
    tests = held.score_tests()
    assert tests["df"].iloc[0] == gained == 8
    assert len(tests) - 1 == 10  # the constraints, which is lavaan's df


def test_beside() -> None:
    own, asked = fit(PLAIN, estimator="MLM"), fit(PLAIN, estimator="MLM", test="scaled_shifted")
    other = fit(PLAIN, estimator="MLMV")
    assert asked.fit_measures["chisq_scaled"] == pytest.approx(other.fit_measures["chisq_scaled"], rel=EXACT)
    assert abs(asked.fit_measures["chisq_scaled"] - own.fit_measures["chisq_scaled"]) > 0.01


def empty_rows() -> None:
    answered = DATA[DATA[[f"g{k}" for k in range(1, 7)]].notna().any(axis=1)]
    assert len(answered) < len(DATA)
    weighted = {"missing": "fiml", "sampling_weights": "weight"}
    for options, name in ((weighted, "chisq"), ({"missing": "pairwise", "estimator": "MLM"}, "chisq_scaled")):
        found = [fit(GAPS, d, **options).fit_measures[name] for d in (DATA, answered)]
        assert found[0] == pytest.approx(found[1], rel=EXACT)
    assert round(fit(GAPS, **weighted).fit_measures["chisq"], 1) == 29.5  # lavaan: 18.1 with the rows, 29.5 without


def theta_scale_indices() -> None:
    """A scale d and a residual variance v of one item enter as v / d^2 alone, and what either is fixed at says nothing.

    So a refit gains nothing, and an index of either is 0 over 0.
    """
    text, options = "f =~ q1 + q2 + q3 + q4", {"ordered": True, "parameterization": "theta", "std_lv": True}
    held, other = fit(text, **options), fit(text + "\nq2 ~~ 4*q2", **options)
    assert other.fit_measures["chisq"] == pytest.approx(held.fit_measures["chisq"], rel=SOLVED)
    one, two = (column(results, "est") for results in (held, other))
    implied = [
        rows["f", "=~", "q2", ""] / np.sqrt(rows["f", "=~", "q2", ""] ** 2 + rows["q2", "~~", "q2", ""])
        for rows in (one, two)
    ]
    assert implied[0] == pytest.approx(implied[1], rel=SOLVED)
    assert two["q2", "|", "t1", ""] == pytest.approx(2 * one["q2", "|", "t1", ""], rel=SOLVED)
    assert "~*~" not in set(held.modification_indices()["op"])


def negative_variance_correlations() -> None:
    results = fitted("growth_curve")
    rows = results.parameters
    variances = rows[(rows["op"] == "~~") & (rows["lhs"] == rows["rhs"]) & (rows["est"] < 0)]
    assert len(variances)
    beside = rows[(rows["op"] == "~~") & (rows["lhs"] != rows["rhs"]) & rows["lhs"].isin(variances["lhs"])]
    assert rows.loc[beside.index, "std_all"].isna().all()


def variance_on_its_bound() -> None:
    row = column(fitted("bounds_active"), "est")["x1", "~~", "x1", ""]
    assert row == pytest.approx(0, abs=EXACT)


def absolute_value() -> None:
    results = fit("f =~ x1 + x2 + x3\nx4 ~ b*f\nd := abs(b)\nm := -b")
    errors_of = column(results, "se")
    assert errors_of["d", ":=", "", ""] == pytest.approx(errors_of["m", ":=", "", ""], rel=EXACT)


def labels_beside_na() -> None:
    plain = fit("f =~ x1 + c(k, k, NA)*x2 + x3", group="region")
    quoted = fit('f =~ x1 + c("k", "k", NA)*x2 + x3', group="region")
    assert column(plain, "est").to_numpy() == pytest.approx(column(quoted, "est").to_numpy(), rel=EXACT)


def ordered_clusters() -> None:
    """Copies of a respondent tell nothing new: as one cluster they count once, as rows three times."""
    copies = pd.concat([DATA.assign(row=range(len(DATA)))] * 3, ignore_index=True)
    alone, together, apart = (fit(ORDERED, d, ordered=True, **c) for d, c in _copied(copies))
    root = np.sqrt((len(DATA) - 1) / (3 * len(DATA) - 1))  # least squares counts n - 1
    single = column(alone, "se")[column(alone, "se") > 0]
    assert column(together, "se")[single.index].to_numpy() == pytest.approx(np.sqrt(3) * root * single, rel=EXACT)
    assert column(apart, "se")[single.index].to_numpy() == pytest.approx(root * single, rel=EXACT)


def _copied(copies: pd.DataFrame) -> list[tuple[pd.DataFrame, dict[str, object]]]:
    return [(DATA, {}), (copies, {"cluster": "row"}), (copies, {})]


def ordered_weighted_covariates() -> None:
    text, items = ORDERED + "\nf1 + f2 ~ age + online", [f"q{k}" for k in range(1, 7)]
    plain = fit(text, ordered=items)
    one = fit(text, DATA.assign(one=1.0), ordered=items, sampling_weights="one")
    for name in ("est", "std_all"):
        assert column(one, name).to_numpy() == pytest.approx(column(plain, name).to_numpy(), rel=EXACT)
    weighed = column(fit(text, ordered=items, sampling_weights="weight"), "est")
    assert weighed["age", "~~", "age", ""] * 579 / 580 == pytest.approx(0.959969093, rel=EXACT * 10)


def ordered_mediators() -> None:
    text, data = "u1 ~ x1 + x2\nu2 ~ u1 + x1 + x3\nu3 ~ u2 + x2", read_data("mediators")
    both = [fit(text, data, ordered=["u1", "u2", "u3"], parameterization=kind) for kind in ("delta", "theta")]
    for name in ("chisq", "chisq_scaled"):
        assert both[0].fit_measures[name] == pytest.approx(both[1].fit_measures[name], rel=SOLVED)
    paths = [rows.loc[rows["op"] == "~", "std_all"].to_numpy() for rows in (r.parameters for r in both)]
    assert paths[0] == pytest.approx(paths[1], abs=SOLVED)


def indices_above_one() -> None:
    drawn = draw(2008, 5)
    results = fit(drawn.model, drawn.data, **drawn.options)
    solution, rows = results.fitted.constrained.solution, results.parameters
    above = rows[(rows["lhs"] == "f1") & (rows["rhs"] == "f2") & (rows["group"] == "west")]["est"].item()
    assert above > 1  # beside variances of 1
    theta = solution.theta.copy()
    theta[np.argmin(abs(theta - above))] = 1 / 1.1
    moved = replace(results.fitted, constrained=replace(results.fitted.constrained, solution=solution.moved(theta)))
    for fitted_there, score in ((results.fitted, 18.413), (moved, 7.022482 / 0.407647)):
        own = modification_indices(fitted_there).set_index(["lhs", "rhs", "group"]).loc[("y3", "y6", "west")]
        assert own["mi"] / own["epc"] == pytest.approx(-score, rel=MODE)
    beside_a_negative_variance()


def beside_a_negative_variance() -> None:
    """lavaan's index of s =~ x4 is 48.30911416 and its expected change -.6004096762."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        results = sem.growth("i =~ 1*x1 + 1*x2 + 1*x3 + 1*x4\ns =~ 0*x1 + 1*x2 + 2*x3 + 3*x4\ni ~~ s", DATA)
    solution, rows = results.fitted.constrained.solution, results.parameters.set_index(["lhs", "op", "rhs"])["est"]
    assert rows["s", "~~", "s"] < 0
    theta = solution.theta.copy()
    for name, other, value in (("i", "i", 1.0), ("s", "s", 1.0), ("i", "s", 0.0)):
        theta[np.argmin(abs(solution.theta - rows[name, "~~", other]))] = value
    moved = replace(results.fitted, constrained=replace(results.fitted.constrained, solution=solution.moved(theta)))
    own = modification_indices(moved).set_index(["lhs", "op", "rhs"]).loc[("s", "=~", "x4")]
    assert own["mi"] / own["epc"] == pytest.approx(48.30911416 / -0.6004096762, rel=MODE)


BLOCK = 'efa("b")*f1 + efa("b")*f2 =~ ' + " + ".join(f"x{k}" for k in range(1, 7))


def rotation_borders() -> None:
    """Where items are as they come, or factors uncorrelated, errors are lavaan's (test_reference_rotations.py)."""
    raw, unit = (fit(BLOCK, rotation=sem.Rotation(standardized=flag)).parameters for flag in (False, True))
    loads = raw["op"] == "=~"
    assert (raw["se"] - unit["se"])[loads].abs().max() > 100 * SOLVED
    np.testing.assert_allclose(raw["se"][raw["lhs"] == raw["rhs"]], unit["se"][unit["lhs"] == unit["rhs"]], rtol=SOLVED)


def rotated_groups() -> None:
    """One turn for all groups keeps equal loadings equal, and the fit."""
    options = {"group": "site", "group_equal": ["loadings"]}
    found, plain = fit(BLOCK, **options), fit(BLOCK, rotation="none", **options)
    loads = found.parameters[found.parameters["op"] == "=~"].groupby(["lhs", "rhs"])["est"]
    assert loads.nunique().max() == 1
    assert found.fit_measures["chisq"] == pytest.approx(plain.fit_measures["chisq"], rel=SOLVED)


def rotated_order() -> None:
    """Factors of all groups are most like those of the first, in place and sign."""
    rows = fit(BLOCK, group="site").parameters
    loads = rows[rows["op"] == "=~"].pivot_table(index="group", columns=["lhs", "rhs"], values="est", sort=False)
    first, *others = (np.reshape(row, (2, 6)) for row in loads.to_numpy())
    for other in others:
        assert (np.abs(other @ first.T).argmax(axis=0) == [0, 1]).all()
        assert (np.diag(other @ first.T) > 0).all()


TWO_BLOCKS = (
    'efa("a")*a1 + efa("a")*a2 =~ exp1 + exp2 + exp3 + qua1 + qua2 + qua3\n'
    'efa("b")*b1 + efa("b")*b2 =~ sat1 + sat2 + sat3 + del1 + del2 + del3'
)


def rotated_blocks() -> None:
    """Factors of different blocks correlate whatever the rotation, and the fit stays."""
    data = read_data("chain")
    plain, turned = (sem.fit(TWO_BLOCKS, data, rotation=way) for way in ("none", "varimax"))
    assert turned.fit_measures["df"] == plain.fit_measures["df"] == 40
    assert turned.fit_measures["chisq"] == pytest.approx(plain.fit_measures["chisq"], rel=SOLVED)
    rows = turned.parameters.set_index(["lhs", "op", "rhs"])["est"]
    assert rows["a1", "~~", "a2"] == rows["b1", "~~", "b2"] == 0
    assert abs(rows["a2", "~~", "b1"]) > 0.5


def promax_start() -> None:
    """Loadings of the first item by R's varimax(eps = 1e-14) and promax, from the unrotated ones."""
    rotation = sem.Rotation(method="promax", standardized=False)
    rows = sem.fit(TWO_BLOCKS, read_data("chain"), rotation=rotation).parameters
    first = rows[(rows["op"] == "=~") & (rows["rhs"] == "exp1")]["est"]
    np.testing.assert_allclose(first, [0.99776, 0.00121], atol=1e-4)


LEVELS = "level: 1\nfw =~ y1 + y2 + y3\nfw ~ x\nlevel: 2\nfb =~ y1 + y2 + y3\nfb ~ w"


def branches() -> pd.DataFrame:
    """Respondents of uneven branches, as lavaan's values at two levels have them."""
    return pd.read_csv(FOLDER / "levels" / "uneven.csv")


def level_one_covariates() -> None:
    """Where the zero of a covariate lies changes no robust standard error, and no test."""
    data = branches()
    here, there = (fit(LEVELS, data.assign(x=data["x"] + shift), cluster="branch", estimator="MLR") for shift in (0, 5))
    rows = here.parameters["op"] != "~1"
    errors = [results.parameters.loc[rows, "se"].to_numpy() for results in (here, there)]
    assert errors[1] == pytest.approx(errors[0], rel=SOLVED)
    assert there.fit_measures["chisq_scaled"] == pytest.approx(here.fit_measures["chisq_scaled"], rel=SOLVED)


def two_level_saturated() -> None:
    """The saturated model, written out and fitted as any other, with gaps."""
    data = branches().drop(columns=["x", "w"])
    gaps = np.random.default_rng(1).random((len(data), 3)) < 0.1
    data[["y1", "y2", "y3"]] = data[["y1", "y2", "y3"]].mask(gaps)
    every = "y1 ~~ y1 + y2 + y3\ny2 ~~ y2 + y3\ny3 ~~ y3"
    model = "level: 1\nfw =~ y1 + y2 + y3\nlevel: 2\nfb =~ y1 + 1*y2 + 1*y3"
    options = {"cluster": "branch", "missing": "fiml"}
    measures = fit(model, data, **options).fit_measures
    whole = fit(f"level: 1\n{every}\nlevel: 2\n{every}", data, **options)
    assert measures["unrestricted_logl"] == pytest.approx(whole.fit_measures["logl"], rel=EXACT)


def two_level_fmin() -> None:
    """Chi-square is 2 n times the minimum, at two levels as at one."""
    results = fit(LEVELS, branches(), cluster="branch")
    assert 2 * results.nobs * results.fit_measures["fmin"] == pytest.approx(results.fit_measures["chisq"])


def implied_means() -> None:
    """Thresholds, means and covariances are in one unit: that of the responses of the sample."""
    options = {"ordered": [f"q{k}" for k in range(1, 7)], "group": "site", "group_equal": ["loadings", "thresholds"]}
    both = [fit(ORDERED, parameterization=kind, **options) for kind in ("delta", "theta")]
    for site in both[0].groups:
        delta, theta = (results.implied[site] for results in both)
        assert theta["mean"].to_numpy() == pytest.approx(delta["mean"].to_numpy(), abs=SOLVED)
        rows = both[0].parameters
        rows = rows[rows["group"] == site]
        scale = rows[rows["op"] == "~*~"].set_index("lhs")["est"]
        cut = rows[(rows["op"] == "|") & (rows["rhs"] == "t1")].set_index("lhs")["est"]
        loads = rows[rows["op"] == "=~"].set_index("rhs")
        means = rows[rows["op"] == "~1"].set_index("lhs")["est"]
        response = loads["est"] * means[loads["lhs"]].to_numpy()
        for item in scale.index:
            assert delta["mean"][item] == pytest.approx(scale[item] * response[item], abs=EXACT)
            assert delta["th"][f"{item}|t1"] == pytest.approx(scale[item] * (cut[item] - response[item]), abs=EXACT)


def differences_2010() -> None:
    """Where the larger model implies what the smaller one does, their chi-squares are equal."""
    larger = fit(PLAIN, group="site", estimator="MLR")
    smaller = fit(PLAIN, group="site", group_equal=["loadings", "intercepts"], estimator="MLR")
    there = relation(larger.fitted, smaller.fitted).reproduced
    assert there is not None
    moved = replace(larger.fitted, constrained=there)
    assert standard_test(moved).chisq == pytest.approx(smaller.fit_measures["chisq"], rel=SOLVED)
    assert smaller.fit_measures["chisq"] == pytest.approx(51.53076, rel=SOLVED)


def bartlett_of_factors() -> None:
    """Nothing in the answers tells one score of a factor of factors from another."""
    results = fit(PLAIN + "\ng =~ 1*f1 + 1*f2")
    scores, rows = results.factor_scores("bartlett"), results.parameters
    assert scores["g"].isna().all()
    assert scores[["f1", "f2"]].notna().all(axis=None)
    items = list(results.observed)
    loadings = rows[rows["op"] == "=~"].pivot_table(index="rhs", columns="lhs", values="est", fill_value=0.0)
    variances = rows[(rows["op"] == "~~") & (rows["lhs"] == rows["rhs"])].set_index("lhs")["est"]
    L = loadings.loc[items, ["f1", "f2", "g"]].to_numpy()
    solved = L.T @ (L / variances[items].to_numpy()[:, None])
    assert (solved[2] == 0).all()


EVIDENCE: dict[str, Callable[[], None]] = {
    evidence.__name__: evidence
    for evidence in (
        *(gfi_fiml, robust_fiml_random, robust_fiml_expected, robust_fiml_weights, saturated_limits, rfi, rmsea_limits),
        *(robust_least_squares, observed_gls, first_order_rank, weights_gamma, cluster_test, ordered_residuals),
        *(
            residuals_without_room,
            later_group_scores,
            theta_scores,
            own_path_scores,
            improper_scores,
            pinned_errors,
            polyserial_search,
            indices_above_one,
        ),
        *(semtools_pooled, score_test_df, empty_rows, theta_scale_indices),
        *(negative_variance_correlations, variance_on_its_bound, absolute_value, labels_beside_na),
        *(ordered_clusters, ordered_weighted_covariates, ordered_mediators, sam_written_intercept),
        *(rotation_borders, rotated_groups, rotated_order, rotated_blocks, promax_start),
        *(level_one_covariates, two_level_saturated, two_level_fmin),
        *(implied_means, differences_2010, bartlett_of_factors),
    )
} | {"test_beside_estimator": test_beside, "weights_gamma_errors": weights_gamma}


@pytest.mark.parametrize("name", [entry.id for entry in departures()])
def test_evidence(name: str) -> None:
    EVIDENCE[name]()


def test_the_page_is_written_from_the_list() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python tests/departures.py"


def test_every_entry_is_told_once() -> None:
    entries = departures()
    assert len({entry.id for entry in entries}) == len({entry.title for entry in entries}) == len(entries)
    assert set(EVIDENCE) == {entry.id for entry in entries}
