"""A cause and its effect over waves: who moves first, once lasting differences between respondents are set aside.

Random-intercept cross-lagged panel (Hamaker, Kuiper & Grasman 2015, doi 10.1037/a0038889): each wave is a respondent's
own level plus a deviation, and deviations lead to later ones. Lags are equal over waves. Where there are no lasting
differences (a variance at or below 0, or no convergence), the plain cross-lagged panel stands in its place. Several
items of a wave measure one construct, with loadings equal over waves and the errors of an item correlated over waves.
A lagged effect is tested by the chi-square that the model loses without it, one degree of freedom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from sexresearch.chain.deciding.answered import answers_in
from sexresearch.chain.deciding.chance_words import chance_of
from sexresearch.errors import DataError, OptionError, SexresearchError
from sexresearch.sem import Fitting, Model, Results
from sexresearch.sem.view import chisq_pvalue, quiet_fit

Waves = Sequence[Sequence[str]]
Lag = tuple[float, float, float, float]
FORWARD, REVERSE = "forward", "reverse"  # labels of the lagged effects in the model
LOST_CFI, LOST_P = 0.010, 0.01  # equal loadings fail where CFI drops by more and p is below (Cheung & Rensvold 2002)
FEWEST = 50  # respondents


@dataclass(frozen=True)
class LaggedEffects:
    """forward, reverse: est, se, standardized, p of the lagged effects; n respondents; note; why there are none."""

    forward: Lag = (np.nan, np.nan, np.nan, np.nan)
    reverse: Lag = (np.nan, np.nan, np.nan, np.nan)
    n: int = 0
    note: str = ""
    why: str = ""


def waves_of(value: object, what: str) -> list[list[str]]:
    """The columns of each wave; a bare name is a wave of one column."""
    listed = [[part] if isinstance(part, str) else list(part) for part in value] if isinstance(value, Sequence) else []
    sizes = {len(part) for part in listed}
    if not listed or len(sizes) > 1 or 0 in sizes or not all(isinstance(n, str) for part in listed for n in part):
        raise OptionError(f"{what} takes the columns of each wave, as many in every wave; found {value!r}")
    return listed


def lagged(data: object, cause: Waves, effect: Waves) -> LaggedEffects:
    """The lagged effects of both directions, or why these data have none."""
    if len(cause) != len(effect):
        raise OptionError(f"cause has {len(cause)} waves and effect {len(effect)}; both need the same")
    named = [name for wave in (*cause, *effect) for name in wave]
    if len(set(named)) < len(named):
        twice = sorted({name for name in named if named.count(name) > 1})
        raise OptionError(f"a column stands for one variable in one wave; named twice: {', '.join(twice)}")
    if len(cause) < 2:
        return LaggedEffects(why="one wave: nothing comes before anything")
    answers = pd.DataFrame(answers_in(data, named), columns=_columns(cause, "x") + _columns(effect, "y"))
    answers = answers.dropna(how="all")
    n = len(answers)
    if n < FEWEST:
        return LaggedEffects(n=n, why=f"{n} respondents; at least {FEWEST} are needed")
    own = dict(zip(named, answers, strict=True))
    empty = [name for name in named if answers[own[name]].isna().all()]
    flat = [name for name in named if not answers[own[name]].std() > 0]
    if empty:
        return LaggedEffects(n=n, why=f"nobody answered {', '.join(empty)}")
    if flat:
        return LaggedEffects(n=n, why=f"all answers to {', '.join(flat)} are the same")
    missing = "fiml" if answers.isna().to_numpy().any() else "listwise"
    try:
        return _fitted(answers, (len(cause), len(cause[0]), len(effect[0])), missing)
    except DataError as error:
        return LaggedEffects(n=n, why=str(error))


def _columns(waves: Waves, letter: str) -> list[str]:
    return [f"{letter}{t}_{i}" for t, wave in enumerate(waves, 1) for i in range(1, len(wave) + 1)]


def _fitted(answers: pd.DataFrame, shape: tuple[int, int, int], missing: str) -> LaggedEffects:
    waves, n = shape[0], len(answers)
    unequal = _unequal(answers, shape, missing)
    if unequal:
        return LaggedEffects(n=n, why=unequal)
    kinds = {True: "lasting differences set aside", False: "no lasting differences found"}
    if waves == 2:
        kinds = {False: "two waves: lasting differences between respondents cannot be told from effects"}
    for lasting, note in kinds.items():
        text = panel_text(*shape, lasting=lasting)
        results = _fit(text, answers, missing)
        if results is not None and _usable(results) and not (lasting and _without_spread(results)):
            without = {name: _fit(text.replace(f"{name}*", "0*"), answers, missing) for name in (FORWARD, REVERSE)}
            return _read(results, without, n, note)
    return LaggedEffects(n=n, why="the panel model did not converge")


def _without_spread(results: Results) -> bool:
    """Whether a random intercept has no variance."""
    rows = results.parameters
    own = rows[(rows["op"] == "~~") & (rows["lhs"] == rows["rhs"]) & rows["lhs"].isin(["rx", "ry"])]
    return bool((own["est"] <= 0).any())


def _usable(results: Results | None) -> bool:
    return results is not None and results.converged and bool(np.isfinite(results.vcov.to_numpy()).all())


def _fit(text: str, answers: pd.DataFrame, missing: str) -> Results | None:
    try:
        return quiet_fit(Model(text), answers, Fitting(missing=missing))
    except SexresearchError:
        return None


def panel_text(waves: int, x_items: int, y_items: int, lasting: bool) -> str:
    """The model of the panel, columns named x1_1 (wave 1, item 1) and so on; `lasting` adds random intercepts.

    >>> panel_text(2, 1, 1, lasting=False).splitlines()[-1]
    'wx2 ~~ wy2'
    """
    lines: list[str] = []
    for letter, items in (("x", x_items), ("y", y_items)):
        bases = [f"{letter}{t}_1" if items == 1 else f"f{letter}{t}" for t in range(1, waves + 1)]
        if items > 1:
            lines += _measured(letter, waves, items, equal=True)
        for t, base in enumerate(bases, 1):
            lines += [f"w{letter}{t} =~ 1*{base}", f"{base} ~~ 0*{base}"]
        if lasting:
            lines.append(f"r{letter} =~ {' + '.join(f'1*{base}' for base in bases)}")
    if lasting:
        lines += ["rx ~~ ry", *(f"r{a} ~~ 0*w{b}1" for a in "xy" for b in "xy")]
    for t in range(2, waves + 1):
        lines.append(f"wx{t} ~ stay_x*wx{t - 1} + {REVERSE}*wy{t - 1}")
        lines.append(f"wy{t} ~ stay_y*wy{t - 1} + {FORWARD}*wx{t - 1}")
        lines.append(f"wx{t} ~~ wy{t}")
    return "\n".join(lines)


def _measured(letter: str, waves: int, items: int, equal: bool) -> list[str]:
    """Constructs of several items in every wave, an item's errors correlated over waves."""
    mark = [f"load_{letter}{i}*" if equal and i > 1 else "" for i in range(items + 1)]
    lines = [
        f"f{letter}{t} =~ {' + '.join(f'{mark[i]}{letter}{t}_{i}' for i in range(1, items + 1))}"
        for t in range(1, waves + 1)
    ]
    pairs = [(i, s, t) for i in range(1, items + 1) for s, t in combinations(range(1, waves + 1), 2)]
    return lines + [f"{letter}{s}_{i} ~~ {letter}{t}_{i}" for i, s, t in pairs]


def _unequal(answers: pd.DataFrame, shape: tuple[int, int, int], missing: str) -> str:
    """Why waves cannot be compared: loadings that differ between them; empty where they can."""
    waves, *counts = shape
    for letter, what, items in zip("xy", ("cause", "effect"), counts, strict=True):
        if items < 2:
            continue
        own = answers[[name for name in answers if name[0] == letter]]
        equal, free = (
            _fit("\n".join(_measured(letter, waves, items, e)), own.dropna(how="all"), missing) for e in (True, False)
        )
        if equal is None or free is None or not (equal.converged and free.converged):
            return f"the items of the {what} could not be measured over waves"
        a, b = equal.fit_measures, free.fit_measures
        p = float(chisq_pvalue(a["chisq"] - b["chisq"], int(a["df"] - b["df"])))
        if p < LOST_P and b["cfi"] - a["cfi"] > LOST_CFI:
            return (
                f"the items of the {what} do not measure the same in all waves (equal loadings: {chance_of(p)}, CFI "
                f"down by {b['cfi'] - a['cfi']:.3f}; Cheung & Rensvold 2002)"
            )
    return ""


def _read(results: Results, without: Mapping[str, Results | None], n: int, note: str) -> LaggedEffects:
    rows = results.parameters

    def lag(label: str) -> Lag:
        own = rows[rows["label"] == label]
        est, se = float(own["est"].iloc[0]), float(own["se"].iloc[0])
        other = without[label]
        worse = (est / se) ** 2 if other is None or not other.converged else _gap(other, results)
        return est, se, float(own["std_all"].mean()), float(chisq_pvalue(max(worse, 0.0), 1))

    return LaggedEffects(lag(FORWARD), lag(REVERSE), n, note)


def _gap(without: Results, results: Results) -> float:
    return float(without.fit_measures["chisq"] - results.fit_measures["chisq"])
