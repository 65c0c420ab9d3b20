"""Labels of groups that differ only in case or kinds of blanks: likely one group written in several ways."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sexresearch.survey.instrument import Instrument
from sexresearch.survey.spelling import folded
from sexresearch.survey.wording import listed

FEW = 0.5  # columns with more distinct texts per row than this hold ids or comments, no groups
ALWAYS = 20  # so many distinct texts are looked at in small files too


def alike_labels(answers: pd.DataFrame, instrument: Instrument | None = None) -> Iterator[tuple[str, str]]:
    """Columns of texts with the labels that look alike and how often each is there; ids are left out.

    >>> list(alike_labels(pd.DataFrame({"brand": ["Premium", "premium", "luxury"]})))
    [('brand', "'Premium' (1), 'premium' (1)")]
    """
    ids = {field.name for field in instrument.fields if field.role == "id"} if instrument else set()
    for name, kind in answers.dtypes.items():
        if not (kind.kind == "O" or isinstance(kind, pd.StringDtype)) or name in ids:
            continue
        codes, distinct = pd.factorize(answers[name])
        texts = [place for place, text in enumerate(distinct) if isinstance(text, str)]
        if len(texts) > max(ALWAYS, FEW * len(codes)):
            continue
        often = np.bincount(codes[codes >= 0], minlength=len(distinct))
        times = {distinct[place]: often[place] for place in texts}
        groups: dict[str, list[str]] = {}
        for text in times:
            groups.setdefault(folded(text), []).append(text)
        alike = [f"'{text}' ({times[text]})" for group in groups.values() if len(group) > 1 for text in group]
        if alike:
            yield str(name), listed(alike)
