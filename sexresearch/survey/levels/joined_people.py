"""What comes out of a join: a two-level data set, what was matched, and whether means of clusters are justified."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.escaping import visible
from sexresearch.frozen import by_value
from sexresearch.verdict import Verdict


@by_value
@dataclass(frozen=True, eq=False, repr=False)
class Joined:
    """Customers with what is known of their cluster: data for a model at two levels; made by `join_sources`.

    by : column of the clusters. data : one row per customer: the customers' own columns, the records of their cluster,
    and means of its employees where they were asked for. matched : one row per source: which clusters it has that
    customers have too, which only it has, and which it lacks. aggregation : one row per item and construct of
    customers and employees: ICC(1), ICC(2), F, r_wg, a_wg, verdict. agreement : the same cluster by cluster.
    problems : what there is to know, in words.

    `fit(model, joined, cluster=joined.by)` takes it as it is.
    """

    by: str
    data: pd.DataFrame
    matched: pd.DataFrame
    aggregation: pd.DataFrame
    agreement: pd.DataFrame
    problems: tuple[str, ...]
    _verdicts: tuple[tuple[str, str, tuple[Verdict, ...]], ...]

    @property
    def answers(self) -> pd.DataFrame:
        """The same as `data`, under the name that a survey has it."""
        return self.data

    @property
    def n(self) -> int:
        """Number of rows (customers)."""
        return len(self.__dict__["data"])

    @property
    def clusters(self) -> int:
        """Number of clusters that have customers."""
        return int(self.__dict__["data"][self.by].nunique())

    @property
    def caption(self) -> str:
        """Rows and clusters in words, for captions."""
        sources = ", ".join(self.__dict__["matched"]["source"])
        return f"{sources} joined by {self.by}, n = {self.n} in {self.clusters} clusters"

    @in_words
    def verdicts(self, variable: str, source: str | None = None) -> tuple[Verdict, ...]:
        """The verdicts on means of clusters of one item or construct, with cut-offs and their sources.

        Parameters
        ----------
        variable : str
            An item or construct of `aggregation`.
        source : str, optional
            "customers" or "employees", where both have one of that name.

        Returns
        -------
        tuple of Verdict
            On F, ICC(1), ICC(2), r_wg, a_wg and the average deviation.

        Raises
        ------
        OptionError
            There is no such variable, or it is in two sources.
        """
        own = [part for origin, name, part in self._verdicts if name == variable and source in (None, origin)]
        if len(own) == 1:
            return own[0]
        known = ", ".join(dict.fromkeys(name for _, name, _ in self._verdicts))
        wrong = "is in both sources: say source='customers' or 'employees'" if own else f"is not judged; known: {known}"
        raise OptionError(f"{variable!r} {wrong}")

    def __repr__(self) -> str:
        outcomes = self.__dict__["aggregation"]["outcome"].value_counts()
        means = [f"  means of clusters: {_outcomes(outcomes)}"] if len(outcomes) else []
        return visible("\n".join([f"Joined {self.caption}", *means, *(f"  {text}" for text in self.problems)]))


def _outcomes(counts: pd.Series) -> str:
    words = {
        "holds": "justified",
        "doubtful": "with care",
        "fails": "not justified",
        "not_computable": "not computable",
    }
    return ", ".join(f"{word} for {int(counts[name])}" for name, word in words.items() if name in counts.index)


def agreement_frame(parts: list[tuple[str, str, list[object], dict[str, np.ndarray]]]) -> pd.DataFrame:
    """Of every variable and cluster: source, variable, cluster, n, mean, r_wg, r_wg_skewed, a_wg, deviation."""
    frames = [
        pd.DataFrame({"source": source, "variable": variable, "cluster": labels} | values)
        for source, variable, labels, values in parts
    ]
    columns = ["source", "variable", "cluster", "n", "mean", "r_wg", "r_wg_skewed", "a_wg", "deviation"]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
