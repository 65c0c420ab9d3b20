"""A column whose name only looks like the one in the model is found; several such columns are told apart in words."""

from __future__ import annotations

import pandas as pd
import pytest
from sem_samples import chain_sample

from sexresearch import errors, sem

DATA = chain_sample(200)
OTHERS = " =~ {} + q2 + q3 + j1"
ALIKE = {
    "accent in two code points": ("cafe\u0301", "caf\u00e9"),
    "accent in one code point": ("caf\u00e9", "cafe\u0301"),
    "zero-width space": ("q\u200b9", "q9"),
    "byte-order mark": ("\ufeffq9", "q9"),
    "no-break space at its end": ("q9\u00a0", "q9"),
    "blank at its end": ("q9 ", "q9"),
}


def fitted(item: str, data: pd.DataFrame, **options: object) -> sem.Results:
    return sem.fit(f"f{OTHERS.format(item)}", data, **options)


@pytest.mark.parametrize(("column", "name"), ALIKE.values(), ids=ALIKE)
def test_a_column_that_looks_like_the_name_is_meant(column, name):
    plain, alike = fitted("q1", DATA), fitted(name, DATA.rename(columns={"q1": column}))
    assert alike.fit_measures["chisq"] == pytest.approx(plain.fit_measures["chisq"], rel=1e-9)
    scores = alike.factor_scores(data=DATA.rename(columns={"q1": column}))
    assert scores["f"].to_numpy() == pytest.approx(plain.factor_scores()["f"].to_numpy(), abs=1e-9)


def test_groups_weights_and_ordered_items_are_found_alike():
    data = DATA.rename(columns={"brand": "brand\u00a0", "weight": "\u200bweight"})
    results = fitted("q1", data, group="brand", sampling_weights="weight")
    assert len(results.groups) == 2
    marked = DATA.assign(**{"o\u200b1": (DATA["q1"] > 1).astype(int)})
    assert fitted("o1", marked, ordered=["o1"]).converged


def test_an_exact_name_is_taken_before_one_that_looks_like_it():
    data = DATA.assign(**{"q1\u00a0": DATA["l1"]})
    assert fitted("q1", data).fit_measures["chisq"] == pytest.approx(fitted("q1", DATA).fit_measures["chisq"])


def test_two_columns_that_look_alike_are_told_apart_in_words():
    data = DATA.rename(columns={"q1": "x\u200b9", "l1": "x9\u00a0"})
    with pytest.raises(
        errors.DataError, match=r"several columns look like 'x9'.*ZERO WIDTH SPACE, U\+200B.*NO-BREAK SPACE"
    ):
        fitted("x9", data)


def test_a_column_may_have_any_name():
    plain = fitted("q1", DATA)
    for name in ("answers", "columns", "values", "copy"):
        named = fitted(name, DATA.rename(columns={"q1": name}))
        assert named.fit_measures["chisq"] == pytest.approx(plain.fit_measures["chisq"], rel=1e-9)
        assert fitted("q1", DATA.assign(**{name: 1.0})).converged
