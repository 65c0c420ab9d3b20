"""The verb `fit` on tables: Parquet, DuckDB, queries, and branch by branch."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from sexresearch import fit_verb
from sexresearch.cli import app
from sexresearch.errors import DataError
from sexresearch.sem import table_named

duckdb = pytest.importorskip("duckdb")


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(app, [str(part) for part in arguments], env={"COLUMNS": "160"})


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.txt"
    path.write_text("joy =~ a + b + c\n")
    return path


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(400, 1)) + rng.normal(size=(400, 3)), columns=list("abc"))
    frame["branch"] = np.arange(400) % 8
    made = tmp_path / "answers"
    made.mkdir()
    frame[:150].to_parquet(made / "1.parquet")
    frame[150:].to_parquet(made / "2.parquet")
    with duckdb.connect(str(tmp_path / "base.duckdb")) as base:
        base.register("frame", frame)
        base.execute("create table answers as select * from frame")
    return made


def test_parquet_tables_and_queries_are_fitted(run, model, folder):
    base = folder.parent / "base.duckdb"
    whole = run("fit", model, folder, "--cluster", "branch", "--csv")
    assert whole.exit_code == 0, whole.output
    assert run("fit", model, base, "--table", "answers", "--cluster", "branch").exit_code == 0
    assert "n = 400" in run("fit", model, base, "--table", "answers").output
    for source in (base, folder):
        asked = run("fit", model, source, "--sql", "select * from answers where branch < 4")
        assert "n = 200" in asked.output


def test_branches_are_fitted_one_by_one(run, model, folder):
    found = run("fit", model, folder, "--by", "branch", "--csv")
    assert found.exit_code == 0, found.output
    assert found.output.count("\n") == 1 + 8 * 2  # two free loadings
    assert run("fit", model, "mobi_moments", "--by", "branch").exit_code == 2
    assert run("fit", model, folder, "--by", "branch", "--group", "branch").exit_code == 2  # neither unsaid


def test_what_cannot_be_reached_is_said_without_passwords(run, model, folder):
    with pytest.raises(DataError) as told:
        table_named("postgres://me:secret@127.0.0.1:1/clients", table="answers")
    assert "secret" not in str(told.value)
    assert "127.0.0.1:1" in str(told.value)
    for wrong in (("--table", "absent"), ("--sql", "select nothing from nowhere"), ("--table", "a", "--sql", "b")):
        failed = run("fit", model, folder.parent / "base.duckdb", *wrong)
        assert failed.exit_code == 1
        assert "Traceback" not in failed.output


def test_a_dask_scheduler_shares_out_the_branches(run, model, folder):
    distributed = pytest.importorskip("distributed")
    alone = run("fit", model, folder, "--by", "branch", "--csv")
    options = {"n_workers": 1, "processes": False, "protocol": "tcp", "dashboard_address": None, "host": "127.0.0.1"}
    with distributed.LocalCluster(**options) as cluster:
        shared = run("fit", model, folder, "--by", "branch", "--dask", cluster.scheduler_address, "--csv")
    assert shared.exit_code == 0, shared.output
    assert shared.output == alone.output
    assert run("fit", model, folder, "--dask", "tcp://127.0.0.1:1").exit_code == 2


def test_a_scheduler_that_does_not_answer_is_said(run, model, folder, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(fit_verb, "PATIENCE", 0.5)
    failed = run("fit", model, folder, "--by", "branch", "--dask", "tcp://127.0.0.1:1")
    assert failed.exit_code == 1
    assert "no Dask scheduler answers at 'tcp://127.0.0.1:1'" in failed.output.replace("\n", " ")
