"""Tables of moments: made from answers, and read back from CSV in full precision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sexresearch.sem import Moments

HEAD = ("nobs", "mean", "sd")


def moments_table(answers: pd.DataFrame, variables: Sequence[str], group: str = "") -> pd.DataFrame:
    """n, mean, sd and covariances (n - 1 denominator) of `variables`, one row each.

    Rows of `answers` with a missing answer on any of them are left out. With `group`, one block of rows per
    group in the order of first appearance, named in a first column ``group``.

    >>> moments_table(pd.DataFrame({"a": [1, 2, 3], "b": [1, 1, None]}), ["a"]).to_dict("records")
    [{'variable': 'a', 'nobs': 3, 'mean': 2.0, 'sd': 1.0, 'a': 1.0}]
    """
    if group:
        blocks = answers.groupby(group, sort=False, observed=True)
        tables = {str(label): moments_table(block, variables) for label, block in blocks}
        return pd.concat(tables, names=["group"]).reset_index("group").reset_index(drop=True)
    complete = answers[list(variables)].dropna().astype(float)
    cov = complete.cov()
    head = pd.DataFrame({"nobs": len(complete), "mean": complete.mean(), "sd": complete.std()})
    return pd.concat([head, cov], axis=1).rename_axis("variable").reset_index()


def read_moments(file: Path) -> Moments | dict[str, Moments]:
    """The moments in a table of `moments_table` saved as CSV; a dictionary by group label where it has groups.

    >>> from sexresearch.datasets import bundled
    >>> read_moments(bundled.path("data/raw/mobi_moments.csv")).nobs
    250
    """
    table = pd.read_csv(file, dtype=str)  # numbers are turned from text by numpy, which keeps every digit
    if "group" not in table:
        return _moments(table)
    blocks = table.groupby("group", sort=False)
    return {str(label): _moments(block.drop(columns="group")) for label, block in blocks}


def _moments(table: pd.DataFrame) -> Moments:
    rows = table.set_index("variable").rename_axis(None)
    cov, mean = rows.drop(columns=list(HEAD)).astype(float), rows["mean"].astype(float)
    return Moments(cov, nobs=int(rows["nobs"].iloc[0]), mean=mean)
