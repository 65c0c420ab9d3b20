"""Which answers are there: coverage of every item and pair, and the patterns of gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sexresearch.sem.after.group_rows import GroupRows, answer_patterns, group_rows
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.implied.structure import vech_index


def coverage(fitted: Fitted, data: object) -> pd.DataFrame:
    """Rows that answered each item (``item`` = ``other``) and each pair: item other group n share.

    Rows without any answer to the model's items are left out, of n and of the share's denominator.

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> data.loc[:49, "a"] = np.nan
    >>> results = fit("joy =~ a + b + c + d", data, missing="fiml")
    >>> results.coverage()["n"].tolist()
    [150, 150, 150, 150, 200, 200, 200, 200, 200, 200]
    """
    frames = []
    for sample, rows in zip(fitted.samples, _answered(fitted, data), strict=True):
        seen = (~np.isnan(rows.answers)).astype(float)
        i, j = vech_index(len(sample.names))
        n = (seen.T @ seen)[i, j].round().astype(int)
        pairs = {"item": [sample.names[k] for k in j], "other": [sample.names[k] for k in i]}
        frames.append(_frame(fitted, sample, pairs, n, len(seen)))
    return pd.concat(frames, ignore_index=True)


def patterns(fitted: Fitted, data: object) -> pd.DataFrame:
    """Patterns of gaps, the most frequent first: missing group n share, with the unanswered items in `missing`.

    Complete rows have an empty `missing`; rows without any answer to the model's items are left out.

    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> data.loc[:49, "a"] = np.nan
    >>> fit("joy =~ a + b + c + d", data, missing="fiml").patterns()["missing"].tolist()
    ['', 'a']
    """
    frames = []
    for sample, rows in zip(fitted.samples, _answered(fitted, data), strict=True):
        by_pattern = sorted(answer_patterns(rows.answers), key=lambda pattern: -len(pattern[0]))
        gaps = [", ".join(np.delete(sample.names, answered)) for _, answered in by_pattern]
        n = np.array([len(members) for members, _ in by_pattern], dtype=int)
        frames.append(_frame(fitted, sample, {"missing": gaps}, n, len(rows.answers)))
    return pd.concat(frames, ignore_index=True)


def _answered(fitted: Fitted, data: object) -> list[GroupRows]:
    answered = []
    for rows in group_rows(fitted, data):
        some = ~np.isnan(rows.answers).all(axis=1)
        answered.append(GroupRows(rows.positions[some], rows.answers[some]))
    return answered


def _frame(fitted: Fitted, sample: Sample, start: dict[str, list[str]], n: np.ndarray, total: int) -> pd.DataFrame:
    label = sample.label if fitted.table.n_groups > 1 else pd.NA
    group = pd.Series([label] * len(n), dtype=object)
    return pd.DataFrame({**start, "group": group, "n": n, "share": n / max(total, 1)})
