"""KPIs of tables that are read in pieces: the numbers of a survey in memory, from one reading."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from sexresearch.errors import DataError, OptionError
from sexresearch.sem.data import asked_table, in_sql, observed, sources
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
    yield warehouse(frame, folder)


def warehouse(frame: pd.DataFrame, folder):
    """The frame as a table of Ibis, in DuckDB."""
    ibis, duckdb = (pytest.importorskip(name) for name in ("ibis", "duckdb"))
    with duckdb.connect(f"{folder}/base.duckdb") as base:
        base.register("frame", frame)
        base.execute("create or replace table answers as select * from frame")
    return ibis.duckdb.connect(f"{folder}/base.duckdb", read_only=True).table("answers")


@pytest.fixture(autouse=True)
def _no_answer_leaves_a_warehouse(monkeypatch):
    monkeypatch.setattr(sources.IbisSource, "pieces", _refused)


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
    answers.to_parquet(tmp_path / "one.parquet")
    with pytest.raises(DataError, match="no column 'brand'"):
        kpis(tmp_path, by="brand")
    with pytest.raises(DataError, match="no column 'npz'"):
        kpis(tmp_path, recommend="npz")
    with pytest.raises(DataError, match=r"the column 'unused' of .* holds no numbers"):
        kpis(tmp_path, amounts="unused")
    with pytest.raises(DataError, match="neither a file nor a folder"):
        kpis("absent.parquet")
    with pytest.raises(OptionError, match="leave instrument= out"):
        kpis(Survey.from_frame(answers), instrument=Instrument(CONSTRUCTS))


def test_a_warehouse_hands_out_sums_of_units_and_different_answers(answers, tmp_path, monkeypatch):
    largest, real = [], in_sql.answered

    def counted(query):
        found = real(query)
        largest.append(max(len(column) for column in found.values()))
        return found

    for module in (in_sql, asked_table):
        monkeypatch.setattr(module, "answered", counted)
    kpis(warehouse(answers, tmp_path), by="wave", instrument=Instrument(CONSTRUCTS, FIELDS), amounts="money")
    assert max(largest) <= 12 * 41  # waves times branches, gaps among them


def test_answers_off_the_scale_and_codes_of_no_answer_in_a_warehouse(answers, tmp_path):
    hundred = ResponseScale("hundred", 0, 1e6, missing=(-99,), whole=False)
    spent = Construct("spent", "Spent", (Item("money", "Spent", hundred, reverse=True),), node="success")
    coded = answers.assign(money=answers["money"].where(answers["money"].notna(), -99.0))
    instrument = Instrument((*CONSTRUCTS, spent), FIELDS)
    pair = kpis(Survey.from_frame(coded, instrument)), kpis(warehouse(coded, tmp_path), instrument=instrument)
    assert_same(*pair)
    far = coded.assign(money=coded["money"].where(coded.index != 5, -7.0))
    with pytest.raises(DataError, match=r"item 'money': answers from -7 to .* are not within 0 to 1e\+06"):
        kpis(warehouse(far, tmp_path), instrument=instrument)
    with pytest.raises(
        DataError, match=r"(?s)the list of different answers of the Ibis table .*item 's1': .* not within 1 to 7: 9"
    ):
        kpis(warehouse(answers.assign(s1=answers["s1"].replace(7.0, 9.0)), tmp_path), instrument=instrument)
    wide, off = "answered on .* the NPS takes 0 to 10", kpis(warehouse(answers, tmp_path), recommend="money")
    assert off.set_index("kpi")["note"].str.match(wide)["NPS"]


def test_what_a_warehouse_cannot_say_is_refused_by_name(answers, tmp_path):
    table = warehouse(answers.assign(text=[f"t{k}" for k in range(N)], share=answers["money"] % 10), tmp_path)
    with pytest.raises(OptionError, match=r"'text' holds 1500 different texts"):
        kpis(table, amounts="text")
    with pytest.raises(OptionError, match=r"'share' holds more than 200 different answers.*to_parquet"):
        kpis(table, recommend="share")
    with pytest.raises(DataError, match="0 rows"):
        kpis(table.filter(table.wave > 100), recommend="nps", by="wave")
    with pytest.raises(DataError, match=r"'left' of .* holds no numbers"):
        kpis(table, amounts="left")


def test_a_table_that_changes_between_queries_is_refused(answers, tmp_path, monkeypatch):
    real = asked_table.AskedTable.sizes
    monkeypatch.setattr(asked_table.AskedTable, "sizes", lambda self, names: (N - 1, real(self, names)[1]))
    with pytest.raises(DataError, match="changed between two queries: 1499 rows at first, 1500 now"):
        kpis(warehouse(answers, tmp_path), recommend="nps")


def test_items_are_found_in_the_columns_that_hold_them(answers, tmp_path):
    other = Construct("loyalty", "Loyalty", (Item("promote", "Would you recommend us?", TEN, column="nps"),))
    instrument = Instrument((other,), FIELDS)
    expected = kpis(Survey.from_frame(answers[["nps", "w", "branch"]], instrument))
    assert expected["n"].max() > N / 2
    for source in every_source(answers[["nps", "w", "branch"]], tmp_path):
        assert_same(expected, kpis(source, instrument=instrument))
