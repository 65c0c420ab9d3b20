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
