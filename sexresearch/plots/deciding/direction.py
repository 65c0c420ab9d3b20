"""Is the arrow causal: what was estimated with its intervals, every check with its outcome, and the verdict."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.deprecation import renamed
from sexresearch.errors import OptionError
from sexresearch.plots._path.diagram_words import number, wrap
from sexresearch.plots.rows import NAME_LIMIT, checked, footnote, in_rows, interval, point, scaled
from sexresearch.plots.style import GREY, PALETTE, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEEDED = ("check", "outcome", "detail", "note")
WIDTH, REASON = 3.0, 52  # inches of the plot area; letters of a line of a reason
AXIS = "effect, in the units of the data"
Line = tuple[str, Mapping[str, object], str]  # name, estimate (empty where there is none), outcome in words


class VerdictShown(Protocol):
    """The verdict of `direction`."""

    @property
    def sentence(self) -> str:
        """The verdict in words."""


class DirectionShown(Protocol):
    """What `direction` returns."""

    @property
    def checks(self) -> pd.DataFrame:
        """The checks."""

    @property
    def paths(self) -> pd.DataFrame:
        """The estimates."""

    @property
    def verdict(self) -> VerdictShown:
        """The verdict."""


@renamed("found", "result", until="0.3")
@in_words
def direction(
    result: DirectionShown, *, labels: Mapping[str, str] | None = None, title: str = "", note: str = ""
) -> Figure:
    """Every check with its outcome, lagged effects or paths with their intervals, and the verdict below.

    Parameters
    ----------
    result : Direction
        What `direction` returns.
    labels : dict of str by str, optional
        Names in the figure by names in the model, or by "cause" and "effect"; names that do not occur are ignored.
    title : str
        Above the figure; empty for none.
    note : str
        Ends the footnote, the place for "Synthetic data.".

    Returns
    -------
    matplotlib.figure.Figure
        Checks that these data do not allow stand in grey with the reason.

    Raises
    ------
    OptionError
        `result` is not what `direction` returns.

    Notes
    -----
    Nothing is computed here: `direction` makes the checks and names their sources.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.chain import direction as directed
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> joy = rng.normal(size=200)
    >>> results = fit("stay ~ joy", pd.DataFrame({"joy": joy, "stay": joy + rng.normal(size=200)}))
    >>> figure = direction(directed(results, "joy", "stay"))
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "name"][0]
    'model: joy → stay'
    """
    if not all(hasattr(result, name) for name in ("checks", "paths", "verdict")):
        raise OptionError(f"the figure takes what direction() returns; found {type(result).__name__}")
    checked(result.checks, NEEDED, "direction")
    lines = _lines(result, labels or {})
    columns = {"estimate": [_numbers(path) for _, path, _ in lines], "outcome": [outcome for _, _, outcome in lines]}
    made = in_rows([name for name, _, _ in lines], WIDTH, columns, title, _foot(result, note), AXIS)
    known = [(y, path) for y, (_, path, _) in zip(made.places, lines, strict=True) if path]
    scaled(made.made, [float(str(path[end])) for _, path in known for end in ("est", "ci_lower", "ci_upper")])
    if not known:
        made.made.area.set_xticks([])
    for y, path in known:
        low, high, est = (float(str(path[end])) for end in ("ci_lower", "ci_upper", "est"))
        colour = PALETTE["blue"] if low > 0 or high < 0 else GREY
        interval(made.made, y, low, high, colour)
        point(made.made, y, est, "o", colour, colour if low > 0 or high < 0 else PAPER, f"est:{path['path']}")
    return made.made.figure


def _lines(result: DirectionShown, labels: Mapping[str, str]) -> list[Line]:
    """The path of the model, then every check: its estimates one by one, or the check alone."""
    paths = [{str(k): v for k, v in row.items()} for row in result.paths.to_dict("records")]
    lines: list[Line] = [(_named(p, labels), p, "") for p in paths if p["check"] == "model"]
    for row in result.checks.to_dict("records"):
        own = [path for path in paths if path["check"] == row["check"]]
        outcome = _outcome_words({str(k): str(v) for k, v in row.items()})
        if own:
            lines += [(_named(path, labels), path, outcome if k == 0 else "") for k, path in enumerate(own)]
        else:
            lines.append((str(row["check"]), {}, outcome))
    return lines


def _named(path: Mapping[str, object], labels: Mapping[str, str]) -> str:
    """The check, and under it the path in the figure's own names."""
    parts = str(path["path"]).replace(",", " ,").split(" ")
    named = " ".join(labels.get(part, part) for part in parts).replace(" ,", ",")
    return wrap(f"{path['check']}: {named}", NAME_LIMIT)


def _outcome_words(row: Mapping[str, str]) -> str:
    """The outcome of a check in words, with the reason where there is none."""
    if row["outcome"] == "not_computable":
        return textwrap.fill(f"not possible: {row['note']}", REASON)
    detail = row["detail"] if row["check"] in ("confounder", "independences") else row["note"]
    return textwrap.fill(f"{row['outcome']}{f': {detail}' if detail else ''}", REASON)


def _numbers(path: Mapping[str, object]) -> str:
    if not path:
        return ""
    est, low, high = (number(float(str(path[end])), False) for end in ("est", "ci_lower", "ci_upper"))
    return f"{est} [{low}, {high}]"


def _foot(result: DirectionShown, note: str) -> str:
    return footnote([result.verdict.sentence, "Lines: intervals; hollow: the interval holds 0."], note)
