"""Options of a fit: lavaan's own spellings, what they imply, and which do not go together."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sem_samples import chain_sample

from sexresearch import errors, sem
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.estimation.settled import settled

MODEL = "f =~ q1 + q2 + q3 + j1"
DATA = chain_sample()
ORDERED = DATA[["q1", "q2", "q3", "j1"]].apply(lambda column: pd.cut(column, 4, labels=False))


def decided(**options: object) -> Options:
    return settled(Options(**options), has_rows=True, means_wanted=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spelling", "ours"),
    [
        ({"estimator": "mlr"}, {"estimator": "MLR"}),
        ({"estimator": "Wlsmv"}, {"estimator": "WLSMV"}),
        ({"estimator": "default"}, {}),
        ({"missing": "ml"}, {"missing": "fiml"}),
        ({"missing": "ML"}, {"missing": "fiml"}),
        ({"missing": "direct"}, {"missing": "fiml"}),
        ({"missing": "Listwise"}, {}),
        ({"se": "robust.sem"}, {"se": "robust_sem"}),
        ({"se": "robust"}, {"se": "robust_sem"}),
        ({"se": "robust", "missing": "fiml"}, {"se": "robust_huber_white", "missing": "fiml"}),
        ({"se": "robust", "cluster": "branch"}, {"se": "robust_cluster", "cluster": "branch"}),
        ({"se": "robust", "estimator": "DWLS"}, {"se": "robust_sem", "estimator": "DWLS"}),
        ({"se": "robust.mlr"}, {"se": "robust_huber_white"}),
        ({"se": "sandwich"}, {"se": "robust_huber_white"}),
        ({"se": "observed"}, {"information": "observed"}),
        ({"se": "first.order"}, {"information": "first_order"}),
        ({"test": "Satorra-Bentler"}, {"test": "satorra_bentler"}),
        ({"test": "satorra.bentler"}, {"test": "satorra_bentler"}),
        ({"test": "SB"}, {"test": "satorra_bentler"}),
        ({"test": "yuan.bentler.mplus"}, {"test": "yuan_bentler_mplus"}),
        ({"test": "Satterthwaite"}, {"test": "mean_var_adjusted"}),
        ({"test": "scaled.shifted"}, {"test": "scaled_shifted"}),
        ({"test": "chisq"}, {"test": "standard"}),
        ({"information": "Observed"}, {"information": "observed"}),
        ({"bounds": "pos.var"}, {"bounds": "pos_var"}),
        ({"bounds": "none"}, {}),
        ({"meanstructure": "default"}, {}),
        ({"group": "brand", "group_equal": ("none",)}, {"group": "brand"}),
        (
            {"group": "brand", "group_equal": ("lv.variances", "Residual.Covariances")},
            {"group": "brand", "group_equal": ("lv_variances", "residual_covariances")},
        ),
    ],
)
def test_lavaans_spellings_mean_what_they_mean_in_lavaan(spelling: dict, ours: dict) -> None:
    assert decided(**spelling) == decided(**ours)


def test_mlf_is_ml_with_errors_from_first_order_information() -> None:
    found = decided(estimator="mlf")
    assert (found.se, found.test, found.information, found.likelihood) == ("standard", "standard", "first_order", True)
    assert decided(estimator="MLF", missing="ml").missing == "fiml"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimator": "WLSVM"}, "did you mean 'WLSM'.*allowed: ML, MLM"),
        ({"missing": "fim"}, "did you mean 'fiml'"),
        ({"missing": "two.stage"}, "missing='fiml' uses every answer.*allowed: listwise"),
        ({"test": "bollen.stine"}, r"bootstrap\(results, kind='bollen-stine'\)"),
        ({"se": "robust.huber"}, "did you mean 'robust_huber_white'"),
        ({"estimator": 3}, "estimator 3 is not known"),
        ({"se": ["standard"]}, r"se \['standard'\] is not known"),
        ({"meanstructure": "yes"}, "meanstructure is True, False or None; found 'yes'"),
        ({"se": "observed", "information": "expected"}, "does not go with information='expected'"),
        ({"estimator": "MLF", "se": "robust"}, "first-order information .* does not go with se='robust_sem'"),
        ({"estimator": "MLR", "information": "first.order"}, "does not go with se='robust_huber_white'"),
        ({"information": "first.order", "test": "sb"}, "does not go with test='satorra_bentler'"),
        ({"estimator": "GLS", "information": "first.order"}, "does not go with estimator='GLS'"),
        ({"estimator": "DWLS", "information": "observed"}, "expected information only"),
        ({"estimator": "DWLS", "se": "sandwich"}, "se='robust_huber_white' does not go with estimator 'DWLS'"),
        ({"estimator": "GLS", "test": "sb"}, "test='satorra_bentler' does not go with estimator 'GLS'"),
        ({"estimator": "ULS", "test": "yb"}, "test='yuan_bentler' does not go with estimator 'ULS'"),
        ({"missing": "ml", "se": "robust.sem"}, "se='robust_sem' does not go with estimator 'ML', missing='fiml'"),
        ({"missing": "ml", "test": "sb"}, "test='satorra_bentler' does not go with .* missing='fiml'"),
        ({"cluster": "branch", "se": "standard"}, "does not go with .* cluster='branch'; there are: robust_cluster"),
        ({"se": "robust.cluster"}, "it needs cluster="),
        ({"estimator": "MLF", "cluster": "branch"}, "cluster and sampling_weights go with estimator 'ML' or 'MLR'"),
    ],
)
def test_what_is_unknown_or_contradicts_itself_is_refused_in_words(options: dict, words: str) -> None:
    with pytest.raises(errors.OptionError, match=f"(?s){words}"):
        sem.fit(MODEL, DATA, **options)


def test_first_order_information_needs_answers() -> None:
    moments = sem.Moments(DATA[["q1", "q2", "q3", "j1"]].cov(), nobs=400)
    with pytest.raises(errors.OptionError, match="information='first_order' needs the respondents' answers"):
        sem.fit(MODEL, moments=moments, information="first.order")


@pytest.mark.parametrize(
    ("options", "used"),
    [({"ordered": True}, "WLSMV"), ({"cluster": "branch"}, "MLR"), ({"sampling_weights": "weight"}, "MLR")],
)
def test_what_takes_the_place_of_ml_is_said_where_ml_was_asked_for(options: dict, used: str) -> None:
    data = ORDERED if "ordered" in options else DATA
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        named = sem.fit(MODEL, data, estimator="ml", **options)
        silent = sem.fit(MODEL, data, **options)
    assert named.fitted.options.estimator == silent.fitted.options.estimator == used
    assert any(f"estimator 'ML' was asked for and {used!r} used" in text for text in named.problems)
    assert not any("was asked for" in text for text in silent.problems)
    assert used in repr(silent)
    assert used in str(silent.provenance)
    np.testing.assert_array_equal(named.parameters["est"], silent.parameters["est"])


@pytest.mark.parametrize(
    ("text", "options", "why"),
    [
        (MODEL + "\nq1 + q2 + q3 + j1 ~ 0*1\nf ~ 1", {}, "intercepts it names"),
        (MODEL, {"group": "brand", "group_equal": ["loadings", "intercepts"]}, "intercepts it names"),
        (MODEL, {"cluster": "branch"}, "clusters"),
        (MODEL, {"ordered": True}, "ordered variables"),
    ],
)
def test_means_spoken_of_are_modelled_though_meanstructure_is_false(text: str, options: dict, why: str) -> None:
    data = ORDERED if "ordered" in options else DATA
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        denied, left = (sem.fit(text, data, **options, **other) for other in ({"meanstructure": False}, {}))
    pd.testing.assert_series_equal(denied.fit_measures, left.fit_measures)
    assert any(f"meanstructure=False was asked for, but {why} bring means into the model" in p for p in denied.problems)
    assert not any("meanstructure" in p for p in left.problems)


def test_moments_whose_scores_say_the_same_have_no_first_order_error() -> None:
    """Mean and variance of a 0/1 variable: (x - m)^2 is linear in x; what else is estimated keeps its error."""
    results = sem.fit("f =~ q1 + q2 + q3\nf ~ member + age", DATA, estimator="MLF", fixed_x=False, meanstructure=True)
    rows = results.parameters
    lost = rows[rows["se"].isna()]
    assert set(zip(lost["lhs"], lost["op"], strict=True)) >= {("member", "~1"), ("member", "~~")}
    assert rows.loc[rows["op"].isin(["=~", "~"]), "se"].notna().all()
    assert rows["se"].max() < 1
