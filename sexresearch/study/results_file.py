"""``results.csv``: every headline number with its source notebook, as text that is stable from run to run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from sexresearch.study.headline import Headline
from sexresearch.writing import write_whole

COLUMNS = ["notebook", "headline", "number", "note"]


def results_frame(declared: Iterable[tuple[str, Headline]]) -> pd.DataFrame:
    """Pairs of notebook name and headline number as a frame: notebook, headline, number (text), note.

    >>> results_frame([("02_acsi", Headline("rmsea", 0.0844))]).loc[0, "number"]
    '0.0844'
    """
    rows = [(notebook, item.name, item.text, item.note) for notebook, item in declared]
    return pd.DataFrame(rows, columns=COLUMNS, dtype=str)


def read_results(path: Path) -> pd.DataFrame:
    """The stored headline numbers as text; an empty frame where there is no file yet."""
    if not path.exists():
        return results_frame([])
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def write_results(frame: pd.DataFrame, path: Path) -> None:
    """Write the headline numbers, one line each, with Unix line ends on every system."""
    write_whole(path, frame.to_csv(index=False, lineterminator="\n"))


def changed_results(published: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """The headline numbers of `now` that are new or differ from `published`, and those that are gone.

    Columns: notebook, headline, published, number; a number that exists on one side only has an empty other side.
    """
    keys = ["notebook", "headline"]
    before = published[[*keys, "number"]].rename(columns={"number": "published"})
    both = before.merge(now[[*keys, "number"]], on=keys, how="outer").fillna("")
    return both[both["published"] != both["number"]].reset_index(drop=True)


def compared_results(now: pd.DataFrame, changed: pd.DataFrame) -> pd.DataFrame:
    """Every headline number beside the published one, as numbers; missing on the side that has none.

    >>> now = results_frame([("02_acsi", Headline("rmsea", 0.0844))])
    >>> compared_results(now, changed_results(now, now)).loc[0, ["number", "published"]].tolist()
    [0.0844, 0.0844]
    """
    keys = ["notebook", "headline"]
    both = now.merge(changed[[*keys, "published"]], on=keys, how="outer")
    both["published"] = both["published"].fillna(both["number"])
    shown = [*keys, "number", "published", "note"]
    return both[shown].assign(**{name: pd.to_numeric(both[name], errors="coerce") for name in ("number", "published")})
