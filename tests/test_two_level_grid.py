"""Designs of two levels times options times questions: numbers, or a reason in words, in every cell."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import SexresearchError

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
CLUSTERS, EACH = 60, 6
TRUTH = """
level: 1
 m ~ 0.3*x
 y ~ 0.4*m
 i1 ~ 0.7*y
 i2 ~ 0.7*y
level: 2
 x ~~ 0.5*x
 w ~ 0.5*z
 m ~ 0.3*x + 0.5*w
 y ~ 0.5*m
 m ~~ 0.3*m
 y ~~ 0.3*y
 i1 ~ 0.7*y
 i2 ~ 0.7*y
 i1 ~~ 0.2*i1
 i2 ~~ 0.2*i2
"""
DESIGNS = {  # the model, a target, what is changed, and the same with one path less
    "1-1-1": ("level: 1\nm ~ x\ny ~ m + x\nlevel: 2\nm ~ a*x\ny ~ b*m + x\nab := a*b", "y", "m", "y ~ m + x"),
    "2-1-1": ("level: 1\ny ~ m\nlevel: 2\nm ~ a*z\ny ~ b*m + z\nab := a*b", "y", "m", "y ~ m"),
    "2-2-1": ("level: 1\ny ~ x\nlevel: 2\nw ~ a*z\ny ~ b*w + z\nab := a*b", "y", "w", "y ~ x"),
    "factors": (
        "level: 1\nf =~ i1 + i2 + y\nf ~ x\nlevel: 2\nfb =~ i1 + i2 + y\nfb ~ a*z\nab := a^2", "fb", "z", "f ~ x",
    ),
    "intercepts": ("level: 1\ny ~~ m\nlevel: 2\ny ~~ a*m\nab := a^2", "y", "m", "y ~~ m"),
}  # fmt: skip
OPTIONS = {
    "plain": {},
    "groups": {"group": "region"},
    "fiml": {"missing": "fiml"},
    "weights": {"sampling_weights": "weight"},
    "both weights": {"sampling_weights": "weight", "cluster_weights": "above"},
    "MLR": {"estimator": "MLR"},
    "MLR, fiml": {"estimator": "MLR", "missing": "fiml"},
    "random x": {"fixed_x": False},
    "std_lv": {"std_lv": True},
}
DRAWN = sx.Design(clusters=30)


def less(text: str, line: str) -> str:
    """The model with the first term on the right side of a line of level 1 fixed to 0."""
    left, op, right = line.split(maxsplit=2)
    return text.replace(line, f"{left} {op} 0*{right}", 1)


QUESTIONS: dict[str, Callable[[sx.Results, str], object]] = {
    "effects": lambda results, name: sx.effects(results),
    "effects, monte_carlo": lambda results, name: sx.effects(results, interval="monte_carlo"),
    "importance": lambda results, name: sx.importance(results, target=DESIGNS[name][1]),
    "what_if": lambda results, name: sx.what_if(results, changes={DESIGNS[name][2]: 1.0}),
    "reliability": lambda results, name: sx.reliability(results),
    "bootstrap": lambda results, name: sx.bootstrap(results, replicates=3, seed=1).intervals(),
    "factor scores": lambda results, name: results.factor_scores(),
    "simulate": lambda results, name: sx.simulate(results, n=200, seed=1, design=DRAWN),
    "power": lambda results, name: sx.power(results, n=240, replicates=2, seed=1, design=DRAWN).table,
    "r_squared": lambda results, name: results.r_squared.dropna() if results.problems else results.r_squared,
    "residuals": lambda results, name: results.residuals,
    "residual_table": lambda results, name: results.residual_table(),
    "modification_indices": lambda results, name: results.modification_indices(),
    "score_tests": lambda results, name: results.score_tests(),
    "monte_carlo": lambda results, name: sx.monte_carlo(results, draws=100),
    "profile_likelihood": lambda results, name: sx.profile_likelihood(results),
    "level_fit": lambda results, name: sx.level_fit(results),
    "fit_measures": lambda results, name: results.fit_measures.drop(list(results.reasons)),
    "write_up": lambda results, name: str(sx.write_up(results)),
    "summary": lambda results, name: repr(results.summary()),
}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    frame = sx.simulate(TRUTH, CLUSTERS * EACH, seed=6, design=sx.Design(clusters=CLUSTERS))
    branch, rng = frame["cluster"].to_numpy(), np.random.default_rng(2)
    more = {
        "weight": rng.uniform(0.5, 2.0, len(frame)),
        "above": rng.uniform(0.5, 2.0, CLUSTERS)[branch - branch.min()],
    }
    return frame.assign(region=np.where(branch % 2, "north", "south"), **more)


def answered(found: object) -> bool:
    """Whether every row and every column of it has a number, or a reason in its note; or its text is not empty."""
    if isinstance(found, str):
        return bool(found.strip())
    if isinstance(found, dict):
        return all(answered(part) for part in found.values())
    frame = getattr(found, "frame", found)
    assert isinstance(frame, pd.DataFrame | pd.Series), type(found)
    frame = frame.to_frame() if isinstance(frame, pd.Series) else frame
    known = np.isfinite(frame.select_dtypes("number").to_numpy(dtype=float))
    why = frame["note"].astype(bool).to_numpy() if "note" in frame else np.zeros(len(frame), dtype=bool)
    return known.size > 0 and bool((known.any(axis=1) | why).all() and (known | why[:, None]).any(axis=0).all())


def refused(design: str, options: str) -> set[str]:
    """What has no answer by design, and says so."""
    alike = {"residual_table", "modification_indices", "score_tests"}
    paths = {"effects", "effects, monte_carlo"} if design == "intercepts" else set()
    robust = {"profile_likelihood"} if "weights" in options or "MLR" in options else set()
    return alike | paths | robust | ({"reliability"} if design != "factors" else set())


def without_columns(design: str) -> set[str]:
    """What has nothing to show: no factors, no score; no regression, no R-squared."""
    return ({"factor scores"} if design != "factors" else set()) | ({"r_squared"} if design == "intercepts" else set())


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("design", DESIGNS)
def test_every_question_has_numbers_or_a_reason(data, design, options):
    rows = data.copy()
    if "fiml" in options:
        rows.loc[::7, "y"] = np.nan
    text, _, _, line = DESIGNS[design]
    results = sx.fit(text, rows, cluster="cluster", **OPTIONS[options])
    smaller = sx.fit(less(text, line), rows, cluster="cluster", **OPTIONS[options])
    assert results.converged
    assert smaller.converged
    said, empty = {}, set()
    for question, ask in (QUESTIONS | {"compare": lambda found, _: sx.compare(found, smaller)}).items():
        try:
            if not answered(ask(results, design)):
                empty.add(question)
        except SexresearchError as error:
            said[question] = str(error)
    assert set(said) == refused(design, options), said
    assert empty == without_columns(design)
