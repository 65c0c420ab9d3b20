"""KPIs of tables that are read in pieces: the numbers of a survey in memory, from one reading."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from sexresearch.errors import DataError, OptionError
from sexresearch.sem.data import observed, sources
from sexresearch.survey import Construct, Field, Instrument, Item, ResponseScale, Survey, kpis

SAME = 1e-8  # relative: sums over pieces in another order
N = 1500
SEVEN, TEN = ResponseScale("seven", 1, 7), ResponseScale("ten", 0, 10)
CONSTRUCTS = (
    Construct(
        "satisfaction", "Satisfaction", tuple(Item(f"s{k}", f"s {k}", SEVEN) for k in (1, 2)), node="satisfaction"
    ),
    Construct("delight", "Delight", tuple(Item(f"d{k}", f"d {k}", SEVEN) for k in (1, 2, 3)), node="delight"),
    Construct("loyalty", "Loyalty", (Item("nps", "Would you recommend us?", TEN),), node="loyalty"),
)
FIELDS = (Field("w", "Weight", role="weight"), Field("branch", "Branch", role="cluster"))
PLAIN = {"recommend": "nps", "satisfaction": ["s1", "s2"], "delight": ["d1", "d2"], "amounts": "money", "churn": "left"}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({name: rng.integers(1, 8, N).astype(float) for name in ("s1", "s2", "d1", "d2", "d3")})
    frame = frame.assign(nps=rng.integers(0, 11, N).astype(float), money=rng.gamma(2, 1e4, N), w=rng.gamma(4, size=N))
    frame = frame.mask(rng.random(frame.shape) < 0.05)
    branch, left = rng.integers(1_000_000, 1_000_040, N), np.where(rng.random(N) < 0.1, "yes", "no")
    frame = frame.assign(branch=branch.astype(float), left=left, wave=rng.integers(1, 12, N), unused="text")
    frame.loc[rng.random(N) < 0.02, "branch"] = np.nan
    frame.loc[frame["wave"] == 3, "s1"] = np.nan
    return frame


def every_source(frame: pd.DataFrame, folder):
    duckdb, polars, dd = (pytest.importorskip(name) for name in ("duckdb", "polars", "dask.dataframe"))
    for number, rows in enumerate(np.array_split(np.arange(len(frame)), 5)):
        frame.iloc[rows].to_parquet(folder / f"{number}.parquet", row_group_size=100)
    yield str(folder)
    yield ds.dataset(pa.Table.from_pandas(frame))
    yield polars.scan_parquet(f"{folder}/*.parquet")
    yield duckdb.from_df(frame)
    yield dd.from_pandas(frame, npartitions=4)


def assert_same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, rtol=SAME, atol=0)


@pytest.mark.parametrize("by", [None, "branch", ["wave", "left"]], ids=str)
def test_every_source_gives_what_a_survey_gives(answers, by, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 500)
    monkeypatch.setattr(observed, "read_columns", _refused)
    expected = kpis(Survey.from_frame(answers), by=by, **PLAIN)
    assert expected["est"].notna().sum() > 4
    for source in every_source(answers, tmp_path):
        assert_same(expected, kpis(source, by=by, **PLAIN))


@pytest.mark.parametrize("fields", [FIELDS[:1], FIELDS[1:], FIELDS], ids=["weights", "clusters", "both"])
@pytest.mark.parametrize("by", [None, "wave"], ids=str)
def test_scales_weights_and_clusters_are_those_of_the_instrument(answers, fields, by, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 500)
    instrument = Instrument(CONSTRUCTS, fields)
    expected = kpis(Survey.from_frame(answers, instrument), by=by, amounts="money", churn="left")
    assert {"top-2-box", "delight rate", "NPS"} <= set(expected[expected["est"].notna()]["kpi"])
    for source in every_source(answers, tmp_path):
        assert_same(expected, kpis(source, by=by, amounts="money", churn="left", instrument=instrument))


def _refused(*arguments):
    raise AssertionError("rows were read into memory")


@pytest.mark.parametrize("seed", range(3))
def test_neither_order_nor_partition_matters(answers, seed, tmp_path, monkeypatch):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", int(rng.integers(200, 700)))
    mixed = answers.sample(frac=1, random_state=seed).reset_index(drop=True)
    mixed.to_parquet(tmp_path / "one.parquet", row_group_size=int(rng.integers(200, 700)))
    assert_same(kpis(Survey.from_frame(mixed), by="branch", **PLAIN), kpis(tmp_path, by="branch", **PLAIN))


def test_only_the_columns_in_use_are_read(answers, tmp_path, monkeypatch):
    answers.to_parquet(tmp_path / "one.parquet")
    seen, real = [], sources.ArrowSource.pieces
    monkeypatch.setattr(
        sources.ArrowSource, "pieces", lambda self, names: seen.append(list(names)) or real(self, names)
    )
    kpis(tmp_path, by="wave", recommend="nps", amounts="money")
    assert [sorted(names) for names in seen] == [["money", "nps", "wave"]]


def test_thousands_of_branches_are_segments(tmp_path):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"nps": rng.integers(0, 11, 20_000), "branch": rng.integers(0, 2000, 20_000)})
    frame.to_parquet(tmp_path / "one.parquet")
    table = kpis(tmp_path, by="branch", recommend="nps").query("kpi == 'NPS'").set_index("segment")
    own = frame.loc[frame["branch"] == 77, "nps"]
    assert len(table) == 2001
    assert table.loc["77", "est"] == pytest.approx(100 * ((own >= 9).mean() - (own <= 6).mean()), rel=SAME)


def test_a_figure_that_a_piece_rules_out_is_missing_with_its_reason(answers, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 400)
    wide = answers.assign(nps=answers["nps"].where(answers.index != 700, 12.0), left=answers["left"])
    wide.loc[900, "left"] = "perhaps"
    wide.to_parquet(tmp_path / "one.parquet")
    assert_same(kpis(Survey.from_frame(wide), **PLAIN), kpis(tmp_path, **PLAIN))
    found = kpis(tmp_path, **PLAIN).set_index("kpi")["note"]
    assert found["NPS"] == "answered on 0 to 12; the NPS takes 0 to 10"
    assert "found 'perhaps'" in found["churn"]


def test_what_cannot_be_read_is_said(answers, tmp_path):
    ibis = pytest.importorskip("ibis")
    answers.to_parquet(tmp_path / "one.parquet")
    with pytest.raises(DataError, match="no column 'brand'"):
        kpis(tmp_path, by="brand")
    with pytest.raises(DataError, match="no column 'npz'"):
        kpis(tmp_path, recommend="npz")
    with pytest.raises(DataError, match=r"the column 'unused' of .* holds no numbers"):
        kpis(tmp_path, amounts="unused")
    with pytest.raises(DataError, match="neither a file nor a folder"):
        kpis("absent.parquet")
    with pytest.raises(OptionError, match=r"stay in the warehouse.*to_parquet"):
        kpis(ibis.memtable(answers[["nps"]]), recommend="nps")
    with pytest.raises(OptionError, match="leave instrument= out"):
        kpis(Survey.from_frame(answers), instrument=Instrument(CONSTRUCTS))
