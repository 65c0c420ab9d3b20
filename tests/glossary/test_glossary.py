"""The formatter of tables: what becomes a column, and what is printed."""

import pandas as pd

import sexresearch as sx


def test_an_index_with_a_name_is_a_column_however_pandas_stores_it():
    frame = pd.DataFrame({"chisq": [128.652, 158.548]}, index=pd.RangeIndex(1297, -1097, -1197, name="n"))
    assert str(sx.table(frame)).split() == ["n", "χ²", "1297", "128.652", "100", "158.548"]
    assert str(sx.table(frame.reset_index())) == str(sx.table(frame))


def test_a_counting_index_is_no_column():
    frame = pd.DataFrame({"chisq": [128.652, 158.548]}, index=pd.RangeIndex(1, 3))
    assert str(sx.table(frame)).split() == ["χ²", "128.652", "158.548"]


def test_shares_in_a_column_named_like_a_count_are_no_counts():
    loadings = pd.DataFrame(
        {"numbers": [0.8397, 0.7268], "clusters": [0.25, None]}, index=pd.Index(["a", "b"], name="item")
    )
    assert sx.table(loadings).rows == (("a", "0.840", "0.250"), ("b", "0.727", ""))
    assert sx.table(loadings, decimals=2).rows[0] == ("a", "0.84", "0.25")
    counts = pd.DataFrame({"numbers": [333.0, 0.0], "n_effective": [431.6, 212.2]})
    assert sx.table(counts).rows == (("333", "432"), ("0", "212"))
