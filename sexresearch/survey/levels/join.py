"""`join_sources`: customers, employees and records of the same branches in one two-level data set."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import DataError, OptionError
from sexresearch.survey.levels.aggregation import COLUMNS, VariableJudgement, judged, row_of
from sexresearch.survey.levels.attaching import attached, employee_means
from sexresearch.survey.levels.components import Codes
from sexresearch.survey.levels.joined_people import Joined, agreement_frame
from sexresearch.survey.levels.keys import (
    Keys,
    keys_of,
    labels_of,
    refuse_none_in_common,
    refuse_twice,
    refuse_unlike,
    said_of_rows,
)
from sexresearch.survey.levels.people import People, Variable, people_of, refuse_off_scale, variables_of
from sexresearch.survey.survey import Survey
from sexresearch.survey.wording import listed

MATCHED = ["source", "n", "clusters", "in_common", "only_here", "lacking"]
Source = tuple[People, Keys]


@in_words
def join_sources(
    customers: Survey | pd.DataFrame,
    employees: Survey | pd.DataFrame | None = None,
    records: Survey | pd.DataFrame | None = None,
    *,
    by: str,
    aggregate: bool | Sequence[str] = False,
    scales: Mapping[str, tuple[float, float]] | None = None,
) -> Joined:
    """Customers, employees and records joined by branch (team, shop, …) to data for a model at two levels.

    Parameters
    ----------
    customers : Survey or DataFrame
        One row per customer: level 1.
    employees : Survey or DataFrame, optional
        One row per employee. They are other people than the customers, so that they reach the customers' rows as
        means of their branch alone, and only where `aggregate` says so.
    records : Survey or DataFrame, optional
        One row per branch: level 2.
    by : str
        Column that tells the branches; it has the same name, type and spelling in every source.
    aggregate : bool or sequence of str
        Items and constructs of the employees whose means by branch come into the data, under their own names; True
        for all of them.
    scales : dict of (lowest, highest) by name, optional
        Ends of the answer scale, for r_wg and a_wg where no instrument says them: by column, or for a whole source as
        in ``{"employees": (1, 7)}``. Answers are taken for whole numbers.

    Returns
    -------
    Joined
        `data` for ``fit(model, joined, cluster=by)``, `matched`, `aggregation`, `agreement`, `problems`.

    Raises
    ------
    DataError
        No common column or branch; branches of different type or spelled in two ways; several records of one branch; a
        single customer in every branch; columns of one name with different contents.
    OptionError
        `aggregate` or `scales` names what employees were not asked.

    Notes
    -----
    ICC(1) = (MSB - MSW) / (MSB + (k - 1) MSW) and ICC(2) = (MSB - MSW) / MSB from the analysis of variance by branch,
    k the average size (N - sum n² / N) / (branches - 1): James (1982), doi:10.1037/0021-9010.67.2.219; Bliese (2000),
    who takes the plain mean of sizes. Design effect 1 + (k - 1) ICC(1): Kish (1965). error_variance is MSW over the
    harmonic mean of sizes: what to fix as the residual variance of a mean that is a single indicator, so that paths are
    not attenuated (Lüdtke et al. 2008, doi:10.1037/a0012869). r_wg and r_wg(j) against answers by chance, uniform or
    with a slight skew: James, Demaree & Wolf (1984), doi:10.1037/0021-9010.69.1.85; LeBreton & Senter (2008),
    doi:10.1177/1094428106296642, whose cut-offs they are. a_wg: Brown & Hauenstein (2005),
    doi:10.1177/1094428105275376. Average deviation: Burke & Dunlap (2002), doi:10.1177/1094428102005002002. Of a
    construct ICCs are those of everybody's mean over its items. Agreement is for constructs that belong to the branch;
    a model at two levels splits the answers of customers itself and needs no mean of them.

    Examples
    --------
    >>> customers = pd.DataFrame({"branch": ["A", "A", "B", "B"], "sat": [3, 4, 6, 7]})
    >>> records = pd.DataFrame({"branch": ["A", "B"], "growth": [1.5, 4.0]})
    >>> joined = join_sources(customers, records=records, by="branch")
    >>> joined.data["growth"].tolist()
    [1.5, 1.5, 4.0, 4.0]
    >>> float(joined.aggregation["icc1"].round(3).item())
    0.895
    """
    people = _sources({"customers": customers, "employees": employees, "records": records}, by)
    first, others = people[0], people[1:]
    refuse_unlike([(source.name, keys) for source, keys in people], by)
    for source, keys in others:
        refuse_none_in_common((first[0].name, first[1]), (source.name, keys), by)
        if source.name == "records":
            refuse_twice("records", keys, by)
    _refuse_single(first, by)
    given = _scales(scales or {}, people)
    labels = labels_of(first[1])
    looked = {source.name: variables_of(source, by, given) for source, _ in people if source.name != "records"}
    for source, _ in people:
        refuse_off_scale(source, looked.get(source.name, []))
    judgements = [_judged(source, keys, looked[source.name]) for source, keys in people if source.name != "records"]
    data = _data(people, by, aggregate, looked)
    rows = [row_of(one) for part, _ in judgements for one in part]
    notes = [text for source, keys in people for text in said_of_rows(source.name, keys, by)]
    notes += [text for source, keys in others for text in _said_of_labels(source.name, labels, labels_of(keys), by)]
    if len(people) > 1 and any(source.name == "employees" for source, _ in others) and not aggregate:
        notes.append("employees are judged and not joined: name what to aggregate in aggregate=")
    return Joined(
        by,
        data,
        pd.DataFrame([_matched(source, keys, labels) for source, keys in people], columns=MATCHED),
        pd.DataFrame(rows, columns=COLUMNS),
        agreement_frame([_by_cluster(one, names) for part, names in judgements for one in part]),
        tuple(notes),
        tuple((one.source, one.variable.name, one.verdicts) for part, _ in judgements for one in part),
    )


def _sources(given: Mapping[str, object], by: str) -> list[Source]:
    if not isinstance(by, str):
        raise OptionError(f"by takes the name of one column; found {by!r}")
    people = [people_of(source, name, by) for name, source in given.items() if source is not None]
    if given["customers"] is None:
        raise DataError("customers are missing: the data have one row for each of them")
    return [(source, keys_of(source, by)) for source in people]


def _refuse_single(customers: Source, by: str) -> None:
    """DataError where customers have no second level."""
    counts = customers[1].dropna().value_counts()
    if len(counts) < 2:
        raise DataError(f"all customers are of one {by}: {counts.index[0]!r}; two levels need several")
    if counts.max() == 1:
        wrong = f"each of the {len(counts)} values of '{by}' has a single row of customers"
        raise DataError(f"{wrong}, so that nothing can differ within: two levels need several rows in each")


def _scales(scales: Mapping[str, tuple[float, float]], people: Sequence[Source]) -> Mapping[str, tuple[float, float]]:
    names = {source.name for source, _ in people}
    known = names | {str(name) for source, _ in people for name in source.frame.columns}
    for name, limits in scales.items():
        if name not in known:
            raise OptionError(f"scales: {name!r} is neither a source ({', '.join(sorted(names))}) nor a column")
        if len(limits) != 2 or not limits[0] < limits[1] or any(limit % 1 for limit in limits):
            raise OptionError(f"scales: {name!r} needs two whole numbers, the lowest answer first; found {limits!r}")
    return scales


def _judged(source: People, keys: Keys, looked: Sequence[Variable]) -> tuple[list[VariableJudgement], list[Hashable]]:
    known = keys.notna().to_numpy()
    rows = People(source.name, source.frame[known], source.instrument)
    codes, labels = pd.factorize(keys[known])
    number: Codes = np.asarray(codes, dtype=np.int64)
    return [judged(rows, part, number, len(labels)) for part in looked], list(labels)


def _by_cluster(one: VariableJudgement, labels: list[Hashable]) -> tuple[str, str, list[object], dict[str, np.ndarray]]:
    agreement = one.agreement
    values = {
        "n": agreement.n.astype(int),
        "mean": agreement.mean,
        "r_wg": agreement.uniform,
        "r_wg_skewed": agreement.skewed,
    }
    return (
        one.source,
        one.variable.name,
        list(labels),
        values | {"a_wg": agreement.own, "deviation": agreement.deviation},
    )


def _data(
    people: Sequence[Source], by: str, aggregate: bool | Sequence[str], looked: Mapping[str, Sequence[Variable]]
) -> pd.DataFrame:
    """The customers' rows with what is known of their branch."""
    (customers, keys), others = people[0], people[1:]
    data = customers.frame[keys.notna()].copy()
    data[by] = keys[keys.notna()]
    by_name = {source.name: (source, own) for source, own in others}
    wanted = bool(aggregate) if isinstance(aggregate, bool) else True
    if wanted and "employees" not in by_name:
        raise OptionError("aggregate names means of employees, but there are no employees")
    if wanted:
        data = attached(data, employee_means(*by_name["employees"], looked["employees"], aggregate), by, "employees")
    if "records" in by_name:
        records, own = by_name["records"]
        table = records.frame[own.notna()].drop(columns=by).set_axis(pd.Index(own.dropna()), axis=0)
        data = attached(data, table, by, "records")
    return data


def _matched(source: People, keys: Keys, customers: list[Hashable]) -> list[object]:
    own = labels_of(keys)
    here, there = [label for label in own if label not in set(customers)], set(own)
    lacking = [label for label in customers if label not in there]
    return [source.name, len(keys), len(own), len(own) - len(here), listed(here), listed(lacking)]


def _said_of_labels(name: str, customers: list[Hashable], own: list[Hashable], by: str) -> list[str]:
    """What there is to know of branches that only one source has."""
    here, lacking = [x for x in own if x not in set(customers)], [x for x in customers if x not in set(own)]
    notes = []
    if here:
        notes.append(f"{_counted(len(here), by)} only in {name}, without customers, left out: {listed(here)}")
    if lacking:
        notes.append(f"{_counted(len(lacking), by)} without {name}, whose columns are missing there: {listed(lacking)}")
    return notes


def _counted(number: int, by: str) -> str:
    """A number of clusters, whose plural nobody knows: "1 branch", "2 values of 'branch'"."""
    return f"1 {by}" if number == 1 else f"{number} values of '{by}'"
