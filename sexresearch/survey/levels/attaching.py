"""What is known of clusters, brought to the rows of their people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sexresearch.errors import DataError, OptionError
from sexresearch.survey.levels.keys import Keys
from sexresearch.survey.levels.people import People, Variable, answers_to, person_means
from sexresearch.survey.wording import listed


def employee_means(
    people: People, keys: Keys, looked: Sequence[Variable], aggregate: bool | Sequence[str]
) -> pd.DataFrame:
    """Means by cluster of the items and constructs that are asked for, clusters as rows."""
    known = {part.name: part for part in looked}
    usable = {name: part for name, part in known.items() if not part.several_scales}
    several = [aggregate] if isinstance(aggregate, str) else aggregate
    names = list(usable) if isinstance(several, bool) else list(dict.fromkeys(several))
    absent = [name for name in names if name not in known]
    if absent:
        wrong = f"{absent[0]!r} of employees holds no answers in numbers"
        if absent[0] not in people.frame.columns:
            wrong = f"employees have no item or construct {absent[0]!r}"
        raise OptionError(f"aggregate: {wrong}; they have {', '.join(known)}")
    mixed = [name for name in names if name not in usable]
    if mixed:
        raise OptionError(f"aggregate: the items of {mixed[0]!r} are on different scales and have no common mean")
    values = {name: person_means(answers_to(people, known[name].items)) for name in names}
    return pd.DataFrame(values, index=people.frame.index).groupby(keys, sort=False).mean()


def attached(data: pd.DataFrame, table: pd.DataFrame, by: str, source: str) -> pd.DataFrame:
    """The rows with the columns of their cluster; a column that both have stays where it says the same.

    DataError names a column that says something else.
    """
    place = pd.Series(np.arange(len(table)), index=table.index).reindex(data[by])
    known = place.notna().to_numpy()
    rows = place.fillna(0).astype(int).to_numpy()
    brought = {name: table[name].iloc[rows].set_axis(data.index).where(known) for name in table.columns}
    shared = [name for name in brought if name in data.columns]
    for name in shared:
        _refuse_other(data[name], brought.pop(name), data[by], by, source)
    return pd.concat([data, pd.DataFrame(brought, index=data.index)], axis=1)


def _refuse_other(own: pd.Series, brought: pd.Series, labels: pd.Series, by: str, source: str) -> None:
    both = own.notna() & brought.notna()
    ours, theirs = (column[both].astype(object).tolist() for column in (own, brought))
    differ = [place for place, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1]]
    if differ:
        where = list(dict.fromkeys(labels[both].iloc[differ]))
        labelled = f"{ours[differ[0]]!r} and {theirs[differ[0]]!r}"
        wrong = f"'{own.name}' is in customers and in {source} and does not say the same for {by} {listed(where)}"
        raise DataError(f"{wrong} ({labelled}): rename one of them")
