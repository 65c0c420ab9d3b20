"""Sums made in SQL where the data live: the numbers of memory, and no answer leaves the warehouse."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sexresearch.chain import importance
from sexresearch.errors import DataError, OptionError
from sexresearch.sem import bootstrap, fit, fit_many
from sexresearch.sem.data import in_sql, sources
from sexresearch.survey import Survey, kpis

ibis = pytest.importorskip("ibis")
duckdb = pytest.importorskip("duckdb")
pytestmark = pytest.mark.filterwarnings("ignore")

SAME = 1e-8  # relative: sums in another order
MODEL = "joy =~ a + b + c\nstay =~ d + e + f\nstay ~ joy"
WITH_X = MODEL + " + x"


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    branch = np.sort(rng.integers(0, 30, 600))  # brands and branches appear in the order of their labels
    joy, shock, x = rng.normal(size=(3, 600))
    joy = joy + rng.normal(size=30)[branch] / 2
    stay = 0.6 * joy + 0.2 * x + shock
    frame = pd.DataFrame({name: (joy if name in "abc" else stay) + rng.normal(size=600) for name in "abcdef"})
    frame = frame.assign(x=x, branch=branch, brand=np.where(branch < 12, "no", "so"), w=rng.gamma(4, size=600))
    frame["a"] += 30
    frame["seven"] = np.clip(np.round(frame["c"] + 4), 1, 7).astype(int)
    for name in "bd":
        frame.loc[rng.random(600) < 0.08, name] = np.nan
    frame.loc[rng.random(600) < 0.01, "brand"] = None
    return frame


@pytest.fixture(scope="module")
def table(answers, tmp_path_factory):
    file = tmp_path_factory.mktemp("base") / "answers.duckdb"
    with duckdb.connect(str(file)) as base:
        base.register("frame", answers)
        base.execute("create table answers as select * from frame")
    return ibis.duckdb.connect(str(file), read_only=True).table("answers")


@pytest.fixture
def only_sums(monkeypatch):
    """No answer may leave: rows of results are those of groups, clusters and patterns."""
    monkeypatch.setattr(sources.IbisSource, "pieces", _refused)
    real = in_sql.answered

    def few(query):
        found = real(query)
        assert all(len(column) < 120 for column in found.values())
        return found

    monkeypatch.setattr(in_sql, "answered", few)


def _refused(*arguments):
    raise AssertionError("answers left the warehouse")


def assert_same(whole, parts) -> None:
    for one, other in (
        (whole.parameters.select_dtypes("number"), parts.parameters.select_dtypes("number")),
        (whole.fit_measures, parts.fit_measures),
        (whole.vcov, parts.vcov),
    ):
        assert np.allclose(one, other, rtol=SAME, atol=SAME, equal_nan=True)
    assert (whole.nobs, whole.problems) == (parts.nobs, parts.problems)


OPTIONS = [
    {},
    {"estimator": "MLR", "cluster": "branch"},
    {"cluster": "branch", "group": "brand", "group_equal": ["loadings"]},
    {"sampling_weights": "w", "group": "brand"},
    {"sampling_weights": "w", "cluster": "branch"},
    {"missing": "fiml", "group": "brand"},
    {"estimator": "MLM"},
    {"estimator": "WLS"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_sums_of_a_warehouse_give_what_memory_gives(answers, table, only_sums, options):
    model = MODEL if options.get("estimator") in ("MLM", "WLS") else WITH_X
    assert_same(fit(model, answers, **options), fit(model, table, **options))


def test_products_whole_numbers_and_clusters_are_summed_too(answers, table, only_sums):
    model = "stay =~ d + e + f\nstay ~ x + seven + x:seven"
    assert_same(fit(model, answers), fit(model, table))
    assert bootstrap(fit(MODEL, table, cluster="branch"), 10).failed == 0
    many = [fit_many(MODEL, data, by="branch").set_index(["branch", "effect"])["pooled"] for data in (answers, table)]
    pd.testing.assert_series_equal(*many, rtol=1e-6)


def test_more_columns_than_a_query_takes_are_asked_for_in_parts(answers, table, monkeypatch):
    monkeypatch.setattr(in_sql, "COLUMNS_AT_ONCE", 7)
    assert_same(fit(MODEL, answers, cluster="branch"), fit(MODEL, table, cluster="branch"))


def test_what_needs_answers_is_refused_with_its_reason(table, only_sums):
    for options in (
        {"ordered": ["d"]},
        {"missing": "pairwise"},
        {"se": "bootstrap"},
        {"missing": "fiml", "estimator": "MLR"},
    ):
        with pytest.raises(OptionError, match=r"stay in the warehouse.*to_parquet"):
            fit(MODEL + "\nstay ~ seven", table, **options)
    level = "\n".join(f"level: {k}\njoy =~ a + b + c" for k in (1, 2))
    with pytest.raises(OptionError, match="stay in the warehouse"):
        fit(level, table, cluster="branch")


def test_what_is_wrong_is_named(answers, table, only_sums):
    with pytest.raises(DataError, match="columns not in the data: 'zeal'"):
        fit(MODEL + "\nstay ~ zeal", table)
    with pytest.raises(DataError, match="'brand' holds string in the warehouse"):
        fit(MODEL + "\nstay ~ brand", table)
    with pytest.raises(DataError, match="negative in 1 rows"):
        fit(MODEL, table.mutate(w=(table.w > table.w.min()).ifelse(table.w, -1.0)), sampling_weights="w")
    with pytest.raises(DataError, match="'x' is constant"):
        fit(WITH_X, table.mutate(x=ibis.literal(2.0)))
    with pytest.raises(DataError, match="0 rows"):
        fit(MODEL, table.filter(table.a < 0))


def test_a_table_that_changes_between_queries_is_refused(table, monkeypatch):
    monkeypatch.setattr(in_sql, "COLUMNS_AT_ONCE", 7)
    real, calls = in_sql.answered, []

    def shrinking(query):
        calls.append(1)
        found = real(query)
        if len(calls) > 4 and "rows" in found:
            found["rows"] = [count - 1 for count in found["rows"]]
        return found

    monkeypatch.setattr(in_sql, "answered", shrinking)
    with pytest.raises(DataError, match="changed between two queries"):
        fit(MODEL, table)


def test_a_warehouse_that_is_gone_is_said(answers, table, monkeypatch):
    lost = table.mutate(a=table.a.cast("string").cast("int64"))  # what no number can be made of
    with pytest.raises(DataError, match="the warehouse did not answer"):
        fit(MODEL, lost.mutate(a=(lost.a.cast("string") + "x").cast("int64")))


@pytest.fixture(scope="module")
def postgres():
    """The address of a PostgreSQL server in a temporary folder, on loopback."""
    place = shutil.which("postgres") or next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))), None)
    if place is None:
        pytest.skip("PostgreSQL is not installed: sums in its SQL are not tried")
    binaries = Path(os.path.realpath(place)).parent
    account = {"user": "nobody"} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="pg") as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        if account:
            shutil.chown(folder, **account)
        data, quiet = f"{folder}/data", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        create = [binaries / "initdb", "-D", data, "-U", "tracker", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(create, check=True, timeout=120, **quiet, **account)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        control = [binaries / "pg_ctl", "-D", data, "-w"]
        subprocess.run([*control, "-o", options, "start"], check=True, timeout=120, **quiet, **account)
        try:
            yield f"postgres://tracker@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=False, timeout=60, **quiet, **account)


def test_postgresql_makes_the_sums_of_memory(answers, postgres, only_sums):
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(postgres) as base:
        columns = ", ".join(f"{name} {'text' if name == 'brand' else 'float8'}" for name in answers.columns)
        base.execute(f"create table answers ({columns})")
        with base.cursor().copy("copy answers from stdin") as rows:
            for row in answers.itertuples(index=False):
                rows.write_row([None if value is None or value != value else value for value in row])
    table = ibis.connect(postgres).table("answers")
    for options in OPTIONS[1:6]:
        one, other = (fit(WITH_X, data, **options) for data in (answers, table))
        assert_same(one, other)
        frames = [importance(results, "stay").select_dtypes("number") for results in (one, other)]
        assert np.allclose(*frames, rtol=SAME, atol=SAME, equal_nan=True)
    figures = {"by": "brand", "satisfaction": "seven", "recommend": "seven", "amounts": ["x", "d"]}
    whole = Survey.from_frame(answers.sort_values("brand"))  # segments come in the order of their labels
    pd.testing.assert_frame_equal(kpis(whole, **figures), kpis(table, **figures), rtol=SAME)
