"""Bad input gets an error that names it, of the stage where it went wrong; improper results are said aloud."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample

from sexresearch import errors, sem

MODEL = "f =~ q1 + q2 + q3 + j1"
LABELLED = "f =~ q1 + a*q2 + b*q3 + j1"
DATA = chain_sample()
ITEMS = ["q1", "q2", "q3", "j1"]
MOMENTS = sem.Moments(DATA[ITEMS].cov(), nobs=400)


def frame(values: list[list[float]]) -> pd.DataFrame:
    return pd.DataFrame(values, index=list("ab"), columns=list("ab"))


def grouped(rows: int) -> pd.DataFrame:
    return DATA.assign(brand=np.where(np.arange(400) < rows, "small", "large"))


REFUSED: dict[str, tuple[type[Exception], str, Callable[[], object]]] = {
    "constant": (errors.DataError, "'q1' is constant", lambda: sem.fit(MODEL, DATA.assign(q1=3.0))),
    "text": (errors.DataError, "'q1' holds text .* such as 'yes'", lambda: sem.fit(MODEL, DATA.assign(q1="yes"))),
    "categories": (
        errors.DataError,
        "'q1' holds categories",
        lambda: sem.fit(MODEL, DATA.assign(q1=pd.cut(DATA.q1, 3).cat.as_unordered())),
    ),
    "no answers": (errors.DataError, "'q1' has no answers", lambda: sem.fit(MODEL, DATA.assign(q1=np.nan))),
    "infinite": (
        errors.DataError,
        "'q1' has infinite",
        lambda: sem.fit(MODEL, DATA.assign(q1=DATA.q1.where(DATA.q1 < 1, np.inf))),
    ),
    "several at once": (
        errors.DataError,
        "'q1' is constant.*'q3' has infinite",
        lambda: sem.fit(MODEL, DATA.assign(q1=1.0, q3=np.inf)),
    ),
    "absent": (
        errors.DataError,
        r"'Q3' \(did you mean 'q3'\?\), 'zz'",
        lambda: sem.fit("f =~ q1 + q2 + Q3 + zz", DATA),
    ),
    "no rows": (errors.DataError, "the data are empty", lambda: sem.fit(MODEL, DATA.iloc[:0])),
    "one row": (errors.DataError, "a single row", lambda: sem.fit(MODEL, DATA.iloc[:1])),
    "few rows": (errors.DataError, "4 complete rows for 4 variables", lambda: sem.fit(MODEL, DATA.iloc[:4])),
    "doubled column": (
        errors.DataError,
        r"more than one column named \['q1'\]",
        lambda: sem.fit(MODEL, pd.concat([DATA, DATA[["q1"]]], axis=1)),
    ),
    "dependent": (
        errors.DataError,
        "linear dependency runs through",
        lambda: sem.fit("f =~ q1 + q2 + j1 + s", DATA.assign(s=DATA.q1 + DATA.q2)),
    ),
    "latent is a column": (errors.DataError, r"\['q1'\]; rename", lambda: sem.fit("q1 =~ q2 + q3 + j1", DATA)),
    "not a frame": (errors.DataError, "found list", lambda: sem.fit(MODEL, [1, 2])),
    "no data": (errors.OptionError, "not neither", lambda: sem.fit(MODEL)),
    "both": (errors.OptionError, "not both", lambda: sem.fit(MODEL, DATA, moments=MOMENTS)),
    "empty model": (errors.ModelSyntaxError, "holds no formula", lambda: sem.fit("  # nothing", DATA)),
    "no text": (errors.ModelSyntaxError, "found NoneType", lambda: sem.fit(None, DATA)),
    "fixed to no number": (
        errors.ModelSyntaxError,
        "found NaN, a value that no parameter can have; expected a number, or NA",
        lambda: sem.fit("f =~ NaN*q1 + q2 + q3 + j1", DATA),
    ),
    "fixed to infinity": (errors.ModelSyntaxError, "found inf, a value", lambda: sem.fit("f =~ q1 + -inf*q2", DATA)),
    "start without bounds": (errors.ModelSyntaxError, "found Inf", lambda: sem.fit("f =~ q1 + start(Inf)*q2", DATA)),
    "negative df": (errors.ModelError, r"df = -1", lambda: sem.fit("f =~ q1 + q2", DATA)),
    "unidentified": (errors.ModelError, "not identified.*f ~~ f", lambda: sem.fit("f =~ NA*q1 + q2 + q3 + j1", DATA)),
    "unidentified path": (
        errors.ModelError,
        "not identified.*f ~ g",
        lambda: sem.fit("f =~ q1+q2+q3+j1 \n g =~ j2+j3+l1 \n f ~ g \n g ~ f", DATA),
    ),
    "loop": (errors.ModelError, "loop that has no solution", lambda: sem.fit("q1 ~ 1*q2 \n q2 ~ 1*q1", DATA)),
    "estimator": (
        errors.OptionError,
        r"'MLRR' is not known \(did you mean 'MLR'\?\)",
        lambda: sem.fit(MODEL, DATA, estimator="MLRR"),
    ),
    "missing rule": (errors.OptionError, "did you mean 'fiml'", lambda: sem.fit(MODEL, DATA, missing="fim")),
    "engine": (errors.OptionError, "allowed: native, semopy", lambda: sem.fit(MODEL, DATA, engine="mplus")),
    "asymmetric": (
        errors.DataError,
        r"cov\['a', 'b'\] = 0.5 but",
        lambda: sem.Moments(frame([[1, 0.5], [0.4, 1]]), 100),
    ),
    "indefinite": (
        errors.DataError,
        "not positive definite.*'a', 'b'",
        lambda: sem.Moments(frame([[1, 2.0], [2, 1]]), 100),
    ),
    "variable not in moments": (
        errors.DataError,
        r"not in the moments: \['l1'\]",
        lambda: sem.fit("f =~ q1+q2+q3+l1", moments=MOMENTS),
    ),
    "fiml from moments": (
        errors.OptionError,
        "missing='fiml'.*moments are not enough",
        lambda: sem.fit(MODEL, moments=MOMENTS, missing="fiml"),
    ),
    "MLR from moments": (
        errors.OptionError,
        "estimator='MLR'",
        lambda: sem.fit(MODEL, moments=MOMENTS, estimator="MLR"),
    ),
    "means not given": (
        errors.DataError,
        "the moments give none",
        lambda: sem.fit(MODEL, moments=MOMENTS, meanstructure=True),
    ),
    "fiml with least squares": (
        errors.OptionError,
        "goes with estimator 'ML' or 'MLR'",
        lambda: sem.fit(MODEL, DATA, estimator="GLS", missing="fiml"),
    ),
    "WLS in a small sample": (
        errors.DataError,
        "'WLS' inverts",
        lambda: sem.fit(CHAIN, DATA.iloc[:40], estimator="WLS"),
    ),
    "no such group": (errors.DataError, "'Brand' .did you mean 'brand'", lambda: sem.fit(MODEL, DATA, group="Brand")),
    "one group": (
        errors.DataError,
        "'brand' holds a single group",
        lambda: sem.fit(MODEL, DATA.assign(brand="x"), group="brand"),
    ),
    "small group": (
        errors.DataError,
        "group 'small': 3 complete rows",
        lambda: sem.fit(MODEL, grouped(3), group="brand"),
    ),
    "constant in a group": (
        errors.DataError,
        r"group 'small': .* no variance in \['q1'\]",
        lambda: sem.fit(MODEL, grouped(200).assign(q1=DATA.q1.where(np.arange(400) >= 200, 2.0)), group="brand"),
    ),
    "group is an identifier": (
        errors.DataError,
        "is it an identifier",
        lambda: sem.fit(MODEL, DATA.assign(i=range(400)), group="i"),
    ),
    "negative weights": (
        errors.DataError,
        "'weight' must be numbers of at least 0 in every row; found negative in 400 rows",
        lambda: sem.fit(MODEL, DATA.assign(weight=-1.0), sampling_weights="weight"),
    ),
    "missing weights": (
        errors.DataError,
        "found missing in 6 rows",
        lambda: sem.fit(MODEL, DATA.assign(weight=DATA.weight.mask(DATA.index < 6)), sampling_weights="weight"),
    ),
    "infinite weights": (
        errors.DataError,
        "found infinite in 400 rows",
        lambda: sem.fit(MODEL, DATA.assign(weight=np.inf), sampling_weights="weight"),
    ),
    "one cluster": (
        errors.DataError,
        "'branch' holds a single cluster",
        lambda: sem.fit(MODEL, DATA.assign(branch="all"), cluster="branch"),
    ),
    "model is a list": (
        errors.ModelSyntaxError,
        "must be text in lavaan's syntax; found list",
        lambda: sem.fit(["f =~ q1 + q2 + q3"], DATA),
    ),
    "option that is not a yes or no": (
        errors.OptionError,
        "std_lv is True or False; found 'yes'",
        lambda: sem.fit(MODEL, DATA, std_lv="yes"),
    ),
    "zero weights": (
        errors.DataError,
        "'weight' are all zero",
        lambda: sem.fit(MODEL, DATA.assign(weight=0.0), sampling_weights="weight"),
    ),
    "weights of text": (
        errors.DataError,
        "'weight' must be numbers",
        lambda: sem.fit(MODEL, DATA.assign(weight="a"), sampling_weights="weight"),
    ),
    "no such cluster": (errors.DataError, "'shop'", lambda: sem.fit(MODEL, DATA, cluster="shop")),
    "group_equal": (
        errors.OptionError,
        r"does not know \['loading'\] \(did you mean 'loadings'\?\); allowed: loadings",
        lambda: sem.fit(MODEL, DATA, group="brand", group_equal=["loading"]),
    ),
    "group_equal without group": (
        errors.OptionError,
        "need group=",
        lambda: sem.fit(MODEL, DATA, group_equal=["loadings"]),
    ),
    "group_partial": (
        errors.OptionError,
        "'f=~zz', which is not in the model",
        lambda: sem.fit(MODEL, DATA, group="brand", group_equal=["loadings"], group_partial=["f=~zz"]),
    ),
    "values per group": (
        errors.ModelError,
        "gives 3 values",
        lambda: sem.fit("f =~ q1 + c(a,b,c)*q2 + q3 + j1", DATA, group="brand"),
    ),
    "contradiction": (
        errors.ModelError,
        "cannot all hold together: a == b.1; a == b.2",
        lambda: sem.fit(LABELLED + "\n a == b+1 \n a == b+2", DATA),
    ),
    "numbers that differ": (errors.ModelError, "does not hold", lambda: sem.fit(MODEL + "\n 1 == 2", DATA)),
    "circle": (
        errors.ModelError,
        r"in a circle: \['c', 'd'\]",
        lambda: sem.fit(LABELLED + "\n c := d+a \n d := c", DATA),
    ),
    "unknown label": (errors.ModelError, "labelled 'zz'.*'a', 'b'", lambda: sem.fit(LABELLED + "\n zz == 0", DATA)),
    "label defined again": (errors.ModelError, "'a' is both a label", lambda: sem.fit(LABELLED + "\n a := 2*b", DATA)),
    "never complete": (
        errors.DataError,
        "use missing='fiml'",
        lambda: sem.fit(
            MODEL, DATA.assign(q1=DATA.q1.where(DATA.index % 2 == 0), q2=DATA.q2.where(DATA.index % 2 == 1))
        ),
    ),
    "never together": (
        errors.DataError,
        "'q2', 'q1'",
        lambda: sem.fit(
            MODEL,
            DATA.assign(q1=DATA.q1.where(DATA.index % 2 == 0), q2=DATA.q2.where(DATA.index % 2 == 1)),
            missing="fiml",
        ),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    kind, words, call = REFUSED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with pytest.raises(kind, match=f"(?s){words}"):
            call()
    assert issubclass(kind, errors.SexresearchError)


SYNTAX = {
    "f =~ q1 +": "line 1, column 10: found the end of the line; expected",
    "f q1": "line 1, column 1: no operator after 'f'",
    "f =~ q1 ++ q2": "line 1, column 10: found '\\+'",
    "f = q1": "line 1, column 3: found '='; did you mean '=~'",
    "y ~ x z": "line 1, column 7: found 'z'; expected '\\+'",
    "f =~ q1\n\ng =~ 2*": "line 3, column 8: found the end of the line",
    "f =~ q1\n a := sin(b)": "line 2, column 7: unknown function 'sin'; expected one of exp, log",
    "y ~ x:z:w": "line 1, column 8: found a product of more than two variables",
    "f =~ q1 $ 3": "cannot read '\\$'",
    "y ~ 5": "a fixed value is written as 0.5\\*x",
    "y ~ y": "'y' would explain itself",
    "f =~ a*x + b*x": "a second label value",
    "level: 1\n f =~ q1": "line 2: the text has a block for level 1 and none for level 2",
}


@pytest.mark.parametrize("text", SYNTAX)
def test_syntax_errors_point_at_the_place(text: str) -> None:
    with pytest.raises(errors.ModelSyntaxError, match=SYNTAX[text]):
        sem.Model(text)


def problems_of(call: Callable[[], sem.Results]) -> str:
    with pytest.warns(sem.FitWarning):
        return "; ".join(call().problems)


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("2 of 400 rows have missing answers", lambda: sem.fit(MODEL, DATA.assign(q1=DATA.q1.mask(DATA.index < 2)))),
        (
            "5 rows have no answer to any variable of the model",
            lambda: sem.fit(MODEL, DATA.assign(**{c: DATA[c].mask(DATA.index < 5) for c in ITEMS}), missing="fiml"),
        ),
        (
            "3 rows lack an exogenous variable .age.",
            lambda: sem.fit(MODEL + "\n f ~ age", DATA.assign(age=DATA.age.mask(DATA.index < 3)), missing="fiml"),
        ),
        (
            "negative variance .Heywood case.: l3",
            lambda: sem.fit(
                "f =~ q1+j1+l3", DATA.assign(j1=DATA.q1 * 0.3 + DATA.j1, l3=DATA.q1 * 0.9 + 0.05 * DATA.l3)
            ),
        ),
        (
            "lies on the bound l3 ~~ l3 > 0",
            lambda: sem.fit("f =~ q1+j1+l3+q2", DATA.assign(l3=DATA.q1 * 0.9 + 0.05 * DATA.l3), bounds="pos_var"),
        ),
        (
            "latent variables is not positive definite",
            lambda: sem.fit(
                "f =~ q1+q2+q3 \n g =~ q1+j2+j3 \n h =~ q2+j3+l1 \n f ~~ 1.4*g \n f ~~ 1*f \n g ~~ 1*g", DATA
            ),
        ),
        ("c is not a number: cannot compute log", lambda: sem.fit(LABELLED + "\n c := log(0 - a)", DATA)),
        ("saturated .df = 0.", lambda: sem.fit("f =~ q1+q2+q3", DATA)),
        ("400 of 400 clusters hold a single row", lambda: sem.fit(MODEL, DATA.assign(row=range(400)), cluster="row")),
        (
            "parameters but only 5 clusters",
            lambda: sem.fit(MODEL, DATA.assign(shop=np.arange(400) % 5), cluster="shop"),
        ),
    ],
)
def test_said_aloud(words: str, call: Callable[[], sem.Results]) -> None:
    import re

    assert re.search(words, problems_of(call))


def test_measures_that_do_not_apply_are_missing_with_their_reason() -> None:
    with pytest.warns(sem.FitWarning, match="saturated"):
        results = sem.fit("f =~ q1 + q2 + q3", DATA)
    assert np.isnan(results.fit_measures["pvalue"])
    assert "no degrees of freedom" in results.reasons["pvalue"]
