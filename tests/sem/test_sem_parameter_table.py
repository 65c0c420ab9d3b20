"""The parameter table before any fit: rows, numbers, fixed values and bounds are those of lavaan's lavaanify."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import ModelError, OptionError

FOLDER = Path(__file__).parents[1] / "reference" / "tables"
CASES = pd.read_csv(FOLDER / "cases.csv", keep_default_na=False).set_index("case")
VALUES = pd.read_csv(FOLDER / "values.csv", keep_default_na=False).replace("", np.nan)
NAMES = ["lhs", "op", "rhs"]


def options(case):
    row = CASES.loc[case]
    found = dict(pair.split("=") for pair in row["options"].split("; ") if pair)
    found = {name.replace(".", "_"): {"TRUE": True, "FALSE": False}.get(value, value) for name, value in found.items()}
    listed = {name: row[name].split("; ") if row[name] else [] for name in ("equal", "partial")}
    given = {"group_equal": listed["equal"], "group_partial": listed["partial"]}
    return {"groups": int(row["groups"])} | given | {"meanstructure": False} | found


def keyed(table):
    """By formula and group; covariances without direction."""
    sides = [sorted(pair) if op == "~~" else pair for *pair, op in table[["lhs", "rhs", "op"]].fillna("").to_numpy()]
    groups = [1 if pd.isna(label) else max(int(label), 1) for label in table["group"]]
    return table.set_axis(pd.MultiIndex.from_tuples(
        [(a, op, b.replace(" ", ""), g) for (a, b), op, g in zip(sides, table["op"], groups, strict=True)]
    ))  # fmt: skip


def follows(table, case):
    """Rows of ordered items that follow from the rest: lavaan shows 1 there, which is no value of theirs."""
    derived = "~*~" if "theta" in CASES.loc[case, "options"] else "~~"
    return table["lhs"].eq(table["rhs"]) & table["op"].eq(derived) & table["lhs"].str.startswith("x")


@pytest.mark.parametrize("case", CASES.index)
def test_tables_are_those_of_lavaan(case, assert_in_glossary):
    ours = keyed(sx.Model(CASES.loc[case, "model"]).parameter_table(**options(case)))
    theirs = keyed(VALUES[VALUES["case"] == case].astype(dict.fromkeys(("ustart", "lower", "upper"), float)))
    assert_in_glossary(ours)
    assert set(ours.index) == set(theirs.index)
    theirs = theirs.loc[ours.index]
    for name in ("user", "exo"):
        assert ours[name].tolist() == theirs[name].astype(int).tolist(), name
    assert (ours["free"] > 0).tolist() == (theirs["free"].astype(int) > 0).tolist()
    assert ours["label"].tolist() == theirs["label"].fillna("").tolist()
    free = (ours["free"] > 0).to_numpy()
    partition = [pd.factorize(numbers[free])[0].tolist() for numbers in (ours["free"], theirs["shared"])]
    assert partition[0] == partition[1]
    plain = ~follows(ours, case).to_numpy() if case.startswith("ordered") else np.full(len(ours), True)
    np.testing.assert_array_equal(ours["ustart"][plain], theirs["ustart"][plain])
    bounded = free & theirs["lower"].notna().to_numpy()
    np.testing.assert_array_equal(ours.loc[bounded, ["lower", "upper"]], theirs.loc[bounded, ["lower", "upper"]])


def test_a_fit_has_the_parameters_of_the_table():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), columns=list("abcd"))
    data["brand"] = ["low", "high"] * 150
    model = sx.Model("joy =~ a + b + c + d")
    results = sx.fit(model, data, group="brand", group_equal=["loadings"])
    table = model.parameter_table(["low", "high"], group_equal=["loadings"])
    assert table[[*NAMES, "group"]].to_numpy().tolist() == results.parameters[[*NAMES, "group"]].to_numpy().tolist()
    assert table["free"].max() == len(results.vcov)


def test_categories_make_thresholds():
    table = sx.Model("f =~ x1 + x2 + x3").parameter_table(ordered={"x1": 4, "x2": 2})
    assert table.query("op == '|'")["rhs"].tolist() == ["t1", "t2", "t3", "t1"]
    assert table.query("lhs == 'x3' and op == '~1'")["free"].item() > 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"groups": 0}, "1 or more"),
        ({"groups": "brand"}, "list of their labels"),
        ({"groups": ["a", "a"]}, "every label once"),
        ({"ordered": {"z": 3}}, r"ordered names \['z'\]"),
        ({"ordered": {"x1": 1}}, "2 or more"),
        ({"group_equal": ["everything"]}, "group_equal does not know"),
        ({"parameterization": "beta"}, "'delta' or 'theta'"),
        ({"ordered": ["x1"]}, "takes a dict"),
        ({"int_lv_free": True, "meanstructure": False}, "needs the means"),
    ],
)
def test_what_cannot_be_is_refused_in_words(options, words):
    with pytest.raises(OptionError, match=words):
        sx.Model("f =~ x1 + x2 + x3").parameter_table(**options)


def test_values_for_other_groups_than_there_are_contradict_the_text():
    with pytest.raises(ModelError, match="3 values"):
        sx.Model("f =~ x1 + c(1, 2, 3)*x2 + x3").parameter_table(2)
