"""Model text as people type it: read as lavaan reads it, or refused in words that name what was meant."""

from __future__ import annotations

import random
import time
import warnings
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from sem_samples import chain_sample

from sexresearch import errors, sem
from sexresearch.sem.language.names import written
from sexresearch.sem.language.syntax import parse
from sexresearch.sem.language.table import Defaults

ITEMS = "f =~ q1 + q2 + q3 + j1"
DATA = chain_sample()
ODD = DATA.rename(columns={"q1": "q 1", "q2": "2nd", "q3": "good-bad", "j1": "joy (1-7)"})
SECONDS = 4.0  # of the processor, on a busy machine; a tenth of it on a quiet one


def fitted(text: str, data: pd.DataFrame = DATA, **options: object) -> sem.Results:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(text, data, **options)  # type: ignore[arg-type]


def chisq(text: str, data: pd.DataFrame = DATA, **options: object) -> float:
    return float(fitted(text, data, **options).fit_measures["chisq"])


@pytest.mark.parametrize(
    "text",
    [
        "f =\u02dc q1 + q2 + q3 + j1",
        "f = ~ q1 + q2 + q3 + j1",
        "\ufefff =~ q1 + q2\u200b + q\u200b3 + j1",
        "f\u00a0=~\u2009q1 + q2 + q3 + j1",
        "f =~ q1 + \u201ca\u201d\u2217q2 + q3 + j1",
        "f =~ q1 + \u201ea\u201c\u00d7q2 + q3 + \u2018b\u2019*j1",
        "f =~ q1 + q2 + q3 + j1\r\nf ~~ f\rq1 ~~ q1",
        "f =~ q1 + q2 + q3 + j1\u2028q1 ~~ q1",
        "f =~ q1 + a*q2 + q3 + j1; a \u2265 \u22125; a <= 9",
        "f =~ `q1` + q2 + q3 + `j1` # it's a `comment`",
        "f =~ as.numeric(NA)*q1 + q2 + q3 + j1; f ~~ 1*f",
        "f =~ q1 + q2 + q3 + j1\n f ~~ f + start(0.5)*f",
    ],
)
def test_typographic_signs_and_near_misses_are_read(text: str) -> None:
    assert chisq(text) == pytest.approx(chisq(ITEMS), abs=1e-6)


def test_signs_within_back_ticks_are_part_of_the_name() -> None:
    assert parse("f =~ `a\u2212b` + `c\u00a0d` + `e``f`").formulas[0].rhs == "a\u2212b"
    assert parse("f =~ `e``f`").formulas[0].rhs == "e`f"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("f <- q1 + q2", "found '<-'; did you mean '=~'"),
        ("q1 -> f", "found '->'; did you mean '=~'"),
        ("f \u2190 q1", "cannot read '\u2190'; did you mean '=~'"),
        ("f ~= q1", "found '~='; did you mean '=~'"),
        ("f BY q1 q2", "BY of other programs is written '=~'"),
        ("f <~ q1 + q2", "'<~'; composites are not estimated: compute the sum"),
        ('f =~ efa("e")*q1 + q2', r"efa\(\); it stands before factors"),
        ('f =~ q1 + rv("s")*q2', r"rv\(\); random slopes"),
        ('f =~ q1 + prior("n")*q2', r"prior\(\); priors"),
        ("q1 ~ I(q2^2)", r"I\(\); compute it as a column"),
        ("q1 ~ factor(brand)", "get_dummies"),
        ("q1 ~ log(q2)", "make it a column of the data"),
        ("q1 ~ q2:q3:j1", "product of more than two"),
        ("f =~ q1 + q2\nj1 ~ f:q3", "product with the latent variable 'f'"),
        ("level: 1\nf =~ q1", "none for level 2"),
        ("level: 3\nf =~ q1", "expected 'level: 1' or 'level: within'"),
        ("a*f =~ q1", "modifiers stand on the right"),
        ("f =~ a?q1", "a number, as in 0.5.x"),
        ("f =~ (-8)^.5*q1", r"cannot compute \(-8\)\^\(0.5\)"),
        ("f =~ 1/0*q1", r"cannot compute \(1\)/\(0\)"),
        ("f =~ start(1)*q1 + start(2)*q1", "a second start value"),
        ("f =~ equal(2)*q1", r"equal\(\) holds the number 2"),
        ("group: \u00b2\nf =~ q1", "cannot read '\u00b2'"),
        ("group: 1.5\nf =~ q1", "found 'group : 1.5'"),
        ("f =~ `q1", "a back-tick that is not closed"),
        ("f =~ q1 + q2\nf =~ NA*q1", "line 2.*'f =~ q1' was said in line 1 already"),
        ("q1 ~~ q2\nq2 ~~ q1", "said in line 1 already, as 'q1 ~~ q2'"),
        ("q1 ~ 1\nq1 ~ 0*1", "said in line 1 already"),
        ("v := " + "(" * 300 + "a" + ")" * 300, "more than 60 brackets"),
        ("v := " + "-" * 300 + "a", "more than 60 brackets"),
        ("f =~ " + "c(" * 300 + "a" + ")" * 300 + "*q1", "more than 60 brackets"),
    ],
)
def test_what_is_not_read_is_named_with_what_to_do(text: str, words: str) -> None:
    with pytest.raises(errors.ModelSyntaxError, match=f"(?s){words}"):
        sem.Model(text)


@pytest.mark.parametrize("plain", ["f =~ q 1 + j2 + l1 + l2", "f =~ 2nd + j2 + l1", "f =~ j2 + good-bad + l1"])
def test_columns_that_need_back_ticks_are_named(plain: str) -> None:
    name = next(name for name in ODD.columns if name in plain and written(name) != name)
    with pytest.raises(errors.SexresearchError, match=f"names need back-ticks here: write '{name}' as `{name}`"):
        sem.fit(plain, ODD)


def test_names_the_language_cannot_hold_are_read_in_back_ticks() -> None:
    text = "f =~ `q 1` + a*`2nd` + `good-bad` + `joy (1-7)`; `q 1` ~~ `2nd`"
    results = fitted(text, ODD)
    assert results.fit_measures["chisq"] == pytest.approx(chisq("f =~ q1 + q2 + q3 + j1; q1 ~~ q2"), abs=1e-6)
    assert results.observed == ("q 1", "2nd", "good-bad", "joy (1-7)")
    assert fitted(sem.Model(text).syntax, ODD).parameters["rhs"].tolist() == results.parameters["rhs"].tolist()
    script = results.to_lavaan()
    assert 'names(answers)[names(answers) == "q 1"] <- "q_1"' in script
    assert "f =~ q_1 + a*v_2nd + good_bad + joy__1_7_; q_1 ~~ v_2nd" in script


def test_umlauts_dots_and_other_scripts_need_no_back_ticks() -> None:
    for name in ("größe", ".x", "m²", "u\u0308ber", "नमस्ते", "x.1", "質"):
        assert parse(f"f =~ {name} + y").formulas[0].rhs == name


def test_equal_names_a_parameter_of_the_model() -> None:
    assert fitted('f =~ q1 + q2 + equal("f =~ q2")*q3 + j1').fit_measures["df"] == 3
    for unknown, words in (("f=~q9", "did you mean 'f=~q"), ("zz", "there are f=~q1")):
        with pytest.raises(errors.ModelError, match=f"is to be equal to '{unknown}', which is no parameter.*{words}"):
            sem.fit(f'f =~ q1 + q2 + equal("{unknown}")*q3 + j1', DATA)
    with pytest.raises(errors.ModelError, match="'age~~age', which is not estimated"):
        sem.fit('f =~ q1 + q2 + q3; f ~ age; q1 ~~ equal("age~~age")*q1', DATA)


@pytest.mark.parametrize(
    "text",
    [
        'f =~ q1 + a*q2 + equal("f=~q2")*q3 + j1',
        'f =~ q1 + a*q2 + equal("a")*q3 + j1',
        'f =~ q1 + equal("f=~q3")*q2 + equal("f=~q2")*q3 + j1',
        "f =~ q1 + q2 + q3 + j1; .p2. == .p3.",
    ],
)
def test_ways_to_hold_two_loadings_equal(text: str) -> None:
    assert chisq(text) == pytest.approx(chisq("f =~ q1 + k*q2 + k*q3 + j1"), abs=1e-6)


def problems(text: str, data: pd.DataFrame = DATA, **options: object) -> str:
    return "; ".join(fitted(text, data, **options).problems)


def test_what_is_said_twice_or_passed_over_stands_in_the_problems() -> None:
    assert "'q1 ~~ q2' was said in line 2, which counts" in problems(f"{ITEMS}\nq1 ~~ q2\nq1 ~~ 0.2*q2")
    assert "'f =~ q2' is said twice and counts once" in problems("f =~ q1 + q2 + q3 + j1 + q2")
    assert "q2 is fixed to 2: its starting value" in problems("f =~ q1 + 2*q2 + start(3)*q2 + q3 + j1")
    assert "q2 is fixed to 2: its bounds" in problems("f =~ q1 + 2*q2 + lower(3)*q2 + q3 + j1")
    assert "fixed to 3 but equal to a parameter fixed to 2" in problems("f =~ q1 + a*q2 + 2*q2 + a*q3 + 3*q3 + j1")
    held = problems(f"{ITEMS}\nl1 ~ f", int_ov_free=False, meanstructure=True)
    assert "the intercepts of l1 are fixed to 0: write 'l1 ~ 1'" in held


def test_a_fixed_variance_of_an_ordered_item_is_said_to_be_ignored() -> None:
    data = DATA[["q1", "q2", "q3", "j1"]].apply(lambda column: pd.cut(column, 4, labels=False))
    delta = problems(f"{ITEMS}\nq2 ~~ 2*q2", data, ordered=True)
    assert "q2 ~~ q2 = 2 is ignored: with parameterization='delta'" in delta
    theta = problems(f"{ITEMS}\nq2 ~*~ 2*q2", data, ordered=True, parameterization="theta")
    assert "q2 ~*~ q2 = 2 is ignored: with parameterization='theta'" in theta


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("f =~ q1 + a*q2 + q3 + j1", "a single label ('a') holds a parameter equal across all 2 groups"),
        ("f =~ q1 + a*q2 + q3 + j1; double := 2*a", "a single label ('a')"),
        ('f =~ q1 + q2 + equal("f=~q2")*q3 + j1', "a single label ('f=~q2')"),
        ("f =~ q1 + c(a, b)*q2 + q3 + j1", ""),
        ("f =~ q1 + c(a, a)*q2 + q3 + j1", ""),
        ("f =~ q1 + 1*q2 + q3 + j1", ""),
    ],
)
def test_one_label_for_all_groups_is_said(text: str, said: str) -> None:
    found = problems(text, group="brand")
    assert said in found if said else "single label" not in found


BLOCKS = "group: {}\nf =~ q1 + 2*q2 + q3 + j1\ngroup: {}\nf =~ q1 + q2 + q3 + j1"


def test_blocks_speak_of_groups_by_label_else_by_number() -> None:
    first, second = DATA["brand"].unique()
    by_vector = chisq("f =~ q1 + c(2, NA)*q2 + q3 + j1", group="brand")
    assert chisq(BLOCKS.format(first, second), group="brand") == pytest.approx(by_vector, abs=1e-6)
    assert chisq(BLOCKS.format(1, 2), group="brand") == pytest.approx(by_vector, abs=1e-6)
    turned = chisq(BLOCKS.format(second, first), group="brand")
    assert turned == pytest.approx(chisq("f =~ q1 + c(NA, 2)*q2 + q3 + j1", group="brand"), abs=1e-6)
    assert turned == pytest.approx(chisq(BLOCKS.format(f'"{second}"', f"`{first}`"), group="brand"), abs=1e-6)
    numbered = DATA.assign(brand=np.where(DATA["brand"] == first, 2.0, 1.0))
    assert chisq(BLOCKS.format(2, 1), numbered, group="brand") == pytest.approx(by_vector, abs=1e-6)
    said = problems(BLOCKS.format(1, 2), numbered, group="brand")
    assert "block 'group: 1' is the group labelled '1', not group number 1" in said


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (BLOCKS.format("east", "west"), {"group": "brand"}, "block for group 'east', 'west', but the groups are '"),
        (BLOCKS.format(1, 3), {"group": "brand"}, "block for group '1', '3'.*or 1 to 2 in this order"),
        ("group: 1\nf =~ q1 + q2 + q3\ngroup: 2\nq1 ~ f", {"group": "brand"}, "f is measured by '=~' in one group and"),
        (BLOCKS.format(1, 2), {}, "a single group: name the column of the groups in group="),
        ("group: 1\nf =~ q1 + q2 + q3 + j1", {"group": "brand"}, "blocks but none for group"),
        ("group: 1\nf =~ q1 + c(a, b)*q2 + q3\ngroup: 2\nf =~ q1 + q2 + q3", {"group": "brand"}, "within a block"),
    ],
)
def test_blocks_that_fit_no_group_are_refused(text: str, options: dict, words: str) -> None:
    with pytest.raises(errors.ModelError, match=f"(?s){words}"):
        sem.fit(text, DATA, **options)


def test_definitions_that_are_no_number_are_missing_with_their_reason() -> None:
    results = fitted("f =~ q1 + a*q2 + q3 + j1; v := a*(-1)^.5; w := log(0 - a); u := w + 1; z := 1/0; b := 2*a")
    values = results.parameters.query("op == ':='").set_index("lhs")["est"]
    assert values.dtype == float
    assert values.drop("b").isna().all()
    assert values["b"] > 0
    reasons = {text.split(" is not a number: ")[0]: text for text in results.problems}
    assert set(reasons) >= {"v", "w", "u", "z"}
    assert "cannot compute (-1)^(0.5)" in reasons["v"]
    assert "it uses w" in reasons["u"]
    with pytest.raises(errors.ModelError, match="the constraint 'u == 0' cannot be computed"):
        sem.fit("f =~ q1 + a*q2 + q3 + j1; w := log(0 - a); u := w + 1; u == 0", DATA)


def test_numbers_behind_numbered_names() -> None:
    results = fitted("f =~ q1 + q2 + q3 + j1; ratio := .p2./.p3.; unit := .p1.")
    est = results.parameters["est"]
    assert est.iloc[-2:].tolist() == pytest.approx([est[1] / est[2], 1.0])
    with pytest.raises(errors.ModelError, match=r"'\.p99\.' is no parameter; the table of parameters has 9 rows"):
        sem.fit(f"{ITEMS}; .p99. == 1", DATA)


def test_products_are_computed_from_the_answers() -> None:
    by_hand = DATA.assign(both=DATA["q1"] * DATA["age"])
    named = fitted("l1 ~ q1 + age + q1:age")
    assert named.parameters["est"][2] == pytest.approx(fitted("l1 ~ q1 + age + both", by_hand).parameters["est"][2])
    gaps = DATA.assign(age=DATA["age"].mask(DATA.index < 20))
    assert fitted("l1 ~ q1 + q1:age", gaps).nobs == 380
    with pytest.raises(errors.OptionError, match=r"products of variables \(q1:age\) need the respondents' answers"):
        sem.fit("l1 ~ q1 + q1:age", moments=sem.Moments(DATA[["l1", "q1", "age"]].cov(), nobs=400))
    with pytest.raises(errors.DataError, match=r"not in the data: \['zz'\], factors of \['q1:zz'\]"):
        sem.fit("l1 ~ q1:zz", DATA)
    with pytest.raises(errors.DataError, match="'q1:brand' needs numbers in 'brand'"):
        sem.fit("l1 ~ q1:brand", DATA)


def test_growth_is_fit_with_free_latent_means() -> None:
    line = "level =~ 1*q1 + 1*q2 + 1*q3; slope =~ 0*q1 + 1*q2 + 2*q3"
    written_out = fitted(f"{line}; level + slope ~ 1; q1 + q2 + q3 ~ 0*1")
    results = sem.growth(line, DATA)
    assert results.fit_measures["chisq"] == pytest.approx(written_out.fit_measures["chisq"], abs=1e-6)
    assert "fit <- growth(" in results.to_lavaan()
    with pytest.raises(errors.OptionError, match="int_lv_free=True needs the means"):
        sem.fit(line, DATA, int_lv_free=True, meanstructure=False)


LONG = {
    "ten thousand lines": "\n".join(f"f{i} =~ x{i} + y{i}" for i in range(10_000)),
    "300 by 300": " + ".join(f"y{i}" for i in range(300)) + " ~ " + " + ".join(f"x{i}" for i in range(300)),
    "ten thousand terms": "y ~ a*x\nv := " + " + ".join(["a"] * 10_000),
    "many blank lines": "y ~ x" + "\n" * 100_000 + "z ~ x",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_time_is_linear_in_the_text(text: str) -> None:
    before = time.process_time()
    parse(text)
    assert time.process_time() - before < SECONDS


PIECES = [
    *("f", "x1", "x2", "`x 1`", "1x", "a", "NA", "c(", "start(", "equal(", "label(", "lower(", "as.numeric(", "efa("),
    *("I(", "log(", "group", "level", "t1", ".p2.", "\u00b2", "\u00e9", "0", "1", "0.5", "1e400", "-1"),
    *("=~", "~", "~~", "~*~", ":=", "==", "<", ">", "<~", "|", "= ~", "<-", "->", "=", ">=", "\u2190", "\u02dc"),
    *("\u2212", "\u201c", "\u200b", "(", ")", "*", "+", "-", "/", "^", ",", ":", "?", '"a"', '"f=~x2"', "`", '"'),
    *("'", "#", "%", "\\", "\n", ";", " ", "\t", "\r", "\x00", "\u2028", "BY", "x1:x2", "f:x1"),
]


def test_any_text_is_read_or_refused_in_words() -> None:
    draw = random.Random(20)
    start = ["", "f =~ x1 + a*x2 + x3\n", 'f =~ x1 + equal("f=~x1")*x2\nv := a^', "group: 1\nf =~ c(a, 1)*x1\nx2 ~ "]
    read = 0
    for _ in range(3000):
        text = draw.choice(start) + "".join(draw.choice(PIECES) for _ in range(draw.randint(0, 9)))
        with suppress(errors.SexresearchError):
            sem.Model(text).table(Defaults(n_groups=draw.choice([1, 2]), meanstructure=True))
            read += 1
    assert read > 50


def test_a_label_that_is_a_variable_of_the_model_is_noticed():
    """It may have been meant as a product; a label that is none of the variables is nothing to notice."""
    said = problems("j1 ~ q1 + q1*q2\nq3 ~ j1")
    assert "in q1*q2 the variable q1 is read as a label of the path" in said
    assert "q1:q2" in said
    assert problems("j1 ~ a*q1 + b*q2\nq3 ~ j1") == ""
