"""Values survive being pickled, copied and compared; nobody's writing reaches into them or into the next fit."""

import copy
import pickle
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, is_dataclass
from types import FrameType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

import sexresearch as sx
from sexresearch.frozen import same
from sexresearch.sem.view import draws, view

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.FitWarning")
CHAIN = "joy =~ a + b + v*c; d ~ w*joy; q := v*w; v > 0.01"


def answers() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    joy = rng.normal(size=160)
    data = pd.DataFrame({name: joy + rng.normal(size=160) for name in "abcdx"})
    return data.assign(g=["u", "v"] * 80, cl=np.arange(160) // 8, wt=rng.uniform(0.5, 2, 160))


def gaps() -> pd.DataFrame:
    return answers().mask(np.random.default_rng(2).random((160, 8)) < 0.05)[list("abcdx")]


def largest(results: sx.Results) -> float:
    return float(results.parameters["est"].max())


FITS = {
    "ML": lambda: sx.fit(CHAIN, answers()),
    "covariate": lambda: sx.fit("joy =~ a + b + c; joy ~ x", answers()),
    "MLR": lambda: sx.fit("joy =~ a + b + c + d", answers(), cluster="cl", sampling_weights="wt"),
    "FIML": lambda: sx.fit("joy =~ a + b + c + d", gaps(), missing="fiml"),
    "groups": lambda: sx.fit("joy =~ a + b + c + d", answers(), group="g", group_equal=["loadings"]),
    "ordered": lambda: sx.fit(
        "joy =~ a + b + c; c ~ x", (answers()[list("abcx")] > 0).assign(x=answers()["x"]), ordered=True
    ),
    "GLS": lambda: sx.fit("joy =~ a + b + c + d", answers(), estimator="GLS"),
    "semopy": lambda: sx.fit("joy =~ a + b + c + d", answers(), engine="semopy"),
    "moments": lambda: sx.fit("joy =~ a + b + c + d", moments=sx.Moments(answers()[list("abcd")].cov(), 160)),
    "GLS with means": lambda: sx.fit("joy =~ a + b + c; a ~ x", answers(), estimator="GLS", meanstructure=True),
    "two levels": lambda: sx.fit("level: 1\njoy =~ a + b + c\nlevel: 2\ntown =~ a + b + c", answers(), cluster="cl"),
    "two levels with gaps": lambda: sx.fit(
        "level: 1\njoy =~ a + b + c\nlevel: 2\na ~~ b", gaps().assign(cl=answers()["cl"]), cluster="cl", missing="fiml"
    ),
    "exploratory": lambda: sx.fit('efa("e")*f1 + efa("e")*f2 =~ a + b + c + d + x', answers()),
    "first the measurement": lambda: sx.fit("joy =~ a + b + c; d ~ joy", answers(), method="sam"),
    "auxiliary": lambda: sx.fit("joy =~ a + b + c", gaps(), missing="fiml", auxiliary=["x"]),
    "bootstrapped": lambda: sx.fit("joy =~ a + b + c + d", answers(), se="bootstrap"),
    "growth": lambda: sx.growth("i =~ 1*a + 1*b + 1*c + 1*d; s =~ 0*a + 1*b + 2*c + 3*d", answers()),
    "read in pieces": lambda: sx.fit("joy =~ a + b + c + d", ds.dataset(pa.Table.from_pandas(answers())), cluster="cl"),
    "not converged": lambda: sx.fit("joy =~ a + b; fun =~ c + d", answers()[list("abcd")].sample(20, random_state=3)),
}
OTHERS = {
    "Bootstrap": lambda: sx.bootstrap(FITS["ML"](), replicates=20, statistic=largest),
    "many at once": lambda: sx.bootstrap(FITS["GLS"](), replicates=30),
    "Pooled": lambda: sx.pool([sx.fit("joy =~ a + b + c + d", data) for data in sx.impute(gaps(), m=2)]),
    "Power": lambda: sx.power("y ~ 0.3*x", [40], replicates=10),
    "Moments": lambda: sx.Moments(answers()[list("abcd")].cov(), 160, answers()[list("abcd")].mean()),
    "Model": lambda: sx.Model(CHAIN),
    "Survey": lambda: sx.Survey.from_frame(gaps()),
    "Instrument": lambda: sx.datasets.load("service_excellence_demo").instrument,
    "Design": lambda: sx.Design(missing=0.1, skewness={"a": 1.0}),
    "Joined": lambda: sx.join_sources(answers()[["a", "g"]], answers(), by="g", aggregate=["x"]),
    "Table": lambda: sx.table(answers()),
}
MAKERS = FITS | OTHERS


@pytest.fixture(scope="module")
def made():
    return {name: make() for name, make in MAKERS.items()}


def called(function: Callable[[], object]) -> set[str]:
    """The modules of the package whose functions are called."""
    found = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            found.add(str(frame.f_globals.get("__name__")))

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return {name for name in found if name.startswith("sexresearch.")}


@pytest.mark.parametrize("name", [*FITS, "Pooled"])
def test_showing_a_value_computes_nothing(name):
    value = MAKERS[name]()
    fits = value.results if name == "Pooled" else [value]
    known = [set(vars(fit)) for fit in fits]
    used = called(lambda: repr(value))
    assert [set(vars(fit)) for fit in fits] == known
    rooms = ("ordinal.polychoric", "resampling", "estimation.minimize", "inference.vcov", "inference.fit_measures")
    assert not [module for module in used if module.removeprefix("sexresearch.sem.").startswith(rooms)]


def written_on(value: object) -> None:
    """Write into every frame and array that can be reached from outside."""
    if isinstance(value, pd.DataFrame | pd.Series):
        for place in range(len(value.columns) if isinstance(value, pd.DataFrame) else 1):
            array = (value.iloc[:, place] if isinstance(value, pd.DataFrame) else value).to_numpy()
            if array.dtype == float and array.flags.writeable:  # pandas 3 shows read-only arrays
                array[...] = 99.0
        value.iloc[:0] = value.iloc[:0]
    elif isinstance(value, np.ndarray):
        if value.size and value.dtype == float:
            with pytest.raises(ValueError, match="read-only"):
                value[...] = 99.0
    elif isinstance(value, dict):
        for part in value.values():
            written_on(part)
        value.clear()
    elif isinstance(value, tuple | list):
        for part in value:
            written_on(part)


def properties(value: object) -> dict[str, object]:
    cls = type(value)
    names = [name for name in dir(cls) if isinstance(getattr(cls, name), property) and not name.startswith("_")]
    found = {}
    for name in [*names, *(field.name for field in fields(value) if field.name[0] != "_")]:
        try:
            found[name] = getattr(value, name)
        except sx.errors.SexresearchError:
            continue
    return found


@pytest.mark.parametrize("name", MAKERS)
def test_a_round_trip_changes_nothing(name, made):
    value = made[name]
    for again in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value), copy.copy(value), MAKERS[name]()):
        assert again is not value
        assert (again == value) is True
        assert hash(again) == hash(value)
        assert repr(again) == repr(value)
        assert same(properties(again), properties(value))


def test_values_that_differ_are_not_equal(made):
    different = list(made.values())
    for number, one in enumerate(different):
        assert all((one == other) is False for other in different[number + 1 :])
        assert (one == 1) is False
    assert len(set(different)) == len(different)
    assert sx.fit(CHAIN, answers().assign(a=answers()["a"] * 1.001)) != made["ML"]


@pytest.mark.parametrize("name", [*FITS, "Bootstrap", "Pooled", "Power", "Moments", "Survey"])
def test_writing_on_what_is_handed_out_changes_nothing(name):
    value = MAKERS[name]()
    before = pickle.dumps(value)
    for found in properties(value).values():
        written_on(found)
    assert pickle.loads(before) == value
    assert MAKERS[name]() == value
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(value)[0].name, None)


def arrays(value: object, path: str, seen: set[int]) -> list[tuple[str, np.ndarray]]:
    if id(value) in seen:
        return []
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        return [(path, value)]
    parts = value if isinstance(value, tuple | list) else ()
    found = [pair for number, part in enumerate(parts) for pair in arrays(part, f"{path}[{number}]", seen)]
    if is_dataclass(value):
        names = {field.name for field in fields(value)}
        public = {key: part for key, part in vars(value).items() if key in names or not key.startswith("_")}
        found += [pair for key, part in public.items() for pair in arrays(part, f"{path}.{key}", seen)]
    return found


@pytest.mark.parametrize("name", FITS)
def test_every_array_behind_a_fit_is_read_only(name, made):
    results = made[name]
    assert results.summary()
    inside = [results, results.fitted.points, results.model.table(), results.fitted.inner]
    for number, part in enumerate(inside):
        for path, array in arrays(part, str(number), set()):
            assert not array.flags.writeable, path


@pytest.mark.parametrize("name", OTHERS)
def test_every_array_behind_another_value_is_read_only(name, made):
    assert not [path for path, array in arrays(made[name], name, set()) if array.flags.writeable]


@pytest.mark.parametrize("kind", ["delta", "monte_carlo", "percentile"])
def test_what_a_view_shows_of_a_fit_and_its_draws_is_read_only(kind, made):
    shown = view(made["ML"], "a test")
    sampled = draws(shown, kind, 0 if kind != "percentile" else 50, 1, 0.95)
    found = arrays((shown, sampled), "view", set())
    assert len(found) > 5
    assert not [path for path, array in found if array.flags.writeable]


def test_what_the_user_gave_stays_the_users():
    data, cov = answers(), answers()[list("abcd")].cov()
    results, moments = sx.fit(CHAIN, data), sx.Moments(cov, 160)
    survey = sx.Survey.from_frame(data[["a", "b"]])
    scores, kept, first = results.factor_scores(), moments.cov, survey.answers
    data.iloc[:, 0] = 7.0  # nothing of it was made read-only, and nothing changes with it
    cov.iloc[0, 0] = 7.0
    pd.testing.assert_frame_equal(results.factor_scores(), scores)
    pd.testing.assert_frame_equal(moments.cov, kept)
    pd.testing.assert_frame_equal(survey.answers, first)
    array = np.array(answers()[list("abcd")])
    sx.fit("joy =~ a + b + c + d", pd.DataFrame(array, columns=list("abcd"), copy=False))
    assert array.flags.writeable
