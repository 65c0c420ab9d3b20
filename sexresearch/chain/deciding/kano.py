"""`kano`: what customers take for granted, ask for and are delighted by, from pairs of questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import erfc, sqrt

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sexresearch.arguments import in_words
from sexresearch.chain.deciding.answered import answers_in
from sexresearch.chain.joining import joined
from sexresearch.errors import DataError, OptionError
from sexresearch.sem.view import Array
from sexresearch.survey.survey import Survey
from sexresearch.verdict import Verdict, against, prose

CLASSES = ("attractive", "one_dimensional", "must_be", "indifferent", "reverse", "questionable")
SHARES = tuple(f"share_{name}" for name in CLASSES)
ANSWERS = (1, 2, 3, 4, 5)
TABLE = (  # class by the answer to the functional (row) and the dysfunctional question (column), both from 1 to 5
    (5, 0, 0, 0, 1),
    (4, 3, 3, 3, 2),
    (4, 3, 3, 3, 2),
    (4, 3, 3, 3, 2),
    (4, 4, 4, 4, 5),
)
FEWEST = 30  # respondents


@in_words
def kano(survey: Survey | pd.DataFrame, pairs: Mapping[str, Sequence[str]], level: float = 0.95) -> pd.DataFrame:
    """What customers make of every attribute, by how they would feel with it and without it.

    Parameters
    ----------
    survey : Survey or DataFrame
        Answers from 1 (I like it) by 2 (it must be so), 3 (I do not mind), 4 (I can live with it) to 5 (I dislike it).
    pairs : dict of pairs of str by str
        Columns by attribute: how one feels if it is there, and if it is not.
    level : float
        Confidence from which the class is told apart from the runner-up, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per attribute: attribute, n, share_attractive, share_one_dimensional, share_must_be, share_indifferent,
        share_reverse, share_questionable, kind (the most frequent class), runner_up, z and pvalue (of the two being
        equally frequent), better and worse, outcome ("holds" where the class is told apart from the runner-up, else
        "doubtful", or "not_computable"), verdict, note. Missing below 30 respondents, with the reason in note.

    Raises
    ------
    DataError
        A column is not there, or holds other answers.
    OptionError
        What is given for an attribute is no pair of columns.

    Notes
    -----
    Classes by the evaluation table of Kano et al. 1984 as in Berger et al. 1993, who also define better =
    (A + O) / (A + O + M + I), how much satisfaction gains with the attribute, and worse = -(O + M) / (A + O + M + I),
    how much it loses without. With a and b the counts of the two most frequent of n, z = (a - b) /
    sqrt((a + b) (2 n - a - b) / (2 n)) (Fong 1996).

    Examples
    --------
    >>> data = pd.DataFrame({"with": [1] * 30 + [2] * 10, "without": [4] * 30 + [5] * 10})
    >>> kano(data, {"gift": ("with", "without")})[["kind", "better", "worse"]].to_numpy().tolist()
    [['attractive', 0.75, -0.25]]
    """
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1; found {level!r}")
    if not isinstance(pairs, Mapping) or not pairs:
        raise OptionError(
            f"pairs takes two columns by attribute, such as {{'gift': ('with', 'without')}}; found {pairs!r}"
        )
    return pd.DataFrame([_row(survey, name, pair, level) for name, pair in pairs.items()])


def _row(survey: Survey | pd.DataFrame, name: str, pair: Sequence[str], level: float) -> dict[str, object]:
    if isinstance(pair, str) or len(pair) != 2 or pair[0] == pair[1]:
        raise OptionError(f"pairs: {name!r} takes two columns, with and without the attribute; found {pair!r}")
    answers = answers_in(survey, list(pair))
    for column, own in zip(pair, answers.T, strict=True):
        strange = sorted(set(own[np.isfinite(own)]) - set(ANSWERS))
        if strange:
            raise DataError(
                f"{column}: answers must be 1, 2, 3, 4 or 5; found {', '.join(f'{x:g}' for x in strange[:3])}"
            )
    there = np.isfinite(answers).all(axis=1)
    with_it, without = answers[there].astype(int).T - 1
    counts = np.bincount(np.array(TABLE)[with_it, without], minlength=len(CLASSES))
    lost = len(answers) - len(with_it)
    gone = f"{lost} of {len(answers)} respondents left out, as one of the two answers is missing" if lost else ""
    row: dict[str, object] = {"attribute": name, "n": len(with_it), **_numbers(counts)}
    judged = _told_apart(row, level)
    row["outcome"], row["verdict"] = judged.outcome, _sentence(row, judged)
    few = f"{len(with_it)} respondents answered both questions; at least {FEWEST} must" if len(with_it) < FEWEST else ""
    return {**row, "note": joined(few, gone)}


def _numbers(counts: Array) -> dict[str, object]:
    """Shares, class, test and coefficients; missing below `FEWEST`."""
    n = int(counts.sum())
    if n < FEWEST:
        blank: dict[str, object] = dict.fromkeys(SHARES, np.nan) | {"kind": "", "runner_up": ""}
        return blank | dict.fromkeys(("z", "pvalue", "better", "worse"), np.nan)
    first, second = np.argsort(-counts, kind="stable")[:2]
    z, p = fong(int(counts[first]), int(counts[second]), n)
    able = counts[:4].sum()
    better, worse = ((counts[0] + counts[1]) / able, -(counts[1] + counts[2]) / able) if able else (np.nan, np.nan)
    return {
        **dict(zip(SHARES, (counts / n).tolist(), strict=True)),
        "kind": CLASSES[first], "runner_up": CLASSES[second], "z": z, "pvalue": p,
        "better": float(better), "worse": float(worse),
    }  # fmt: skip


def fong(a: int, b: int, n: int) -> tuple[float, float]:
    """z and two-sided p of two classes of n answers being equally frequent, from their counts.

    >>> tuple(round(value, 4) for value in fong(40, 25, 100))
    (2.2646, 0.0235)
    """
    spread = (a + b) * (2 * n - a - b) / (2 * n)
    z = (a - b) / sqrt(spread) if spread > 0 else float("nan")
    return z, erfc(abs(z) / sqrt(2.0))


def _told_apart(row: Mapping[str, object], level: float) -> Verdict:
    """Whether the most frequent class is told apart from the runner-up."""
    criterion, line = f"z against {_worded(row, 'runner_up')}", float(ndtri(0.5 + level / 2))
    return against(criterion, float(str(row["z"])), line, "Fong 1996", because="the two have one answer")


def _worded(row: Mapping[str, object], key: str) -> str:
    return str(row[key]).replace("_", " ").replace("must be", "must-be")


def _sentence(row: Mapping[str, object], judged: Verdict) -> str:
    if not row["kind"]:
        return ""
    kind, other = _worded(row, "kind"), _worded(row, "runner_up")
    known = {name: float(str(row[name])) for name in ("better", "worse")}
    beside = [Verdict("holds", name, value) for name, value in known.items() if value == value]
    text = prose([judged], {"holds": kind, "doubtful": f"{kind}, but not told apart from {other}"}, beside)
    return f"{text[:1].upper()}{text[1:]}."
