"""What is asked of a fit later, or of several fits: the same from a source that was added up as from memory."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from sem_samples import branch_answers

import sexresearch as sx
from sexresearch.errors import OptionError
from sexresearch.sem.data import observed, pieces, sources

pytestmark = pytest.mark.filterwarnings("ignore")

SAME = 1e-8  # relative: sums over pieces in another order
ROUGH = 1e-6  # relative: a search that ends when it changes by less than this decides in either
MODEL = "joy =~ a + b + c\nstay =~ d + e + f\nstay ~ joy"
N = 900
OPTIONS = [
    {},
    {"cluster": "branch"},
    {"estimator": "MLM"},
    {"sampling_weights": "w", "cluster": "branch"},
    {"missing": "fiml", "estimator": "MLR"},
    {"sampling_weights": "w"},
    {"group": "brand", "cluster": "branch"},
    {"ordered": True, "cluster": "branch"},
    {"ordered": True, "group": "brand"},
]
QUESTIONS = {
    "reliability": sx.reliability,
    "validity": sx.validity,
    "htmt": sx.htmt,
    "effects": lambda fitted: sx.effects(fitted, "joy", "stay"),
    "importance": lambda fitted: sx.importance(fitted, "stay", scale=(1, 5)),
    "importance from the lowest to the highest answer": lambda fitted: sx.importance(fitted, "stay"),
    "what if": lambda fitted: sx.what_if(fitted, {"joy": 0.5}, scale=(1, 5)),
    "modification indices": lambda fitted: fitted.modification_indices(sort=False),  # some are equal
    "residuals": lambda fitted: fitted.residual_table("normalized"),
    "standardized": lambda fitted: fitted.parameters,
}
APART = MODEL.replace("stay ~ joy", "stay ~~ 0*joy")
READERS = ("DuckDB relation", "DuckDB file", "polars", "Arrow", "Dask", "Ibis")


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return branch_answers(N).astype(dict.fromkeys("abcdef", "int8"))


@pytest.fixture
def path(answers, tmp_path, monkeypatch) -> str:
    answers.sample(frac=1, random_state=2).to_parquet(tmp_path / "answers.parquet", row_group_size=100)
    monkeypatch.setattr(pieces, "AT_ONCE", 2000)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 150)
    monkeypatch.setattr(observed, "read_columns", _refused)
    return str(tmp_path)


def _refused(*arguments):
    raise AssertionError("rows were read into memory")


def assert_same(one: pd.DataFrame, other: pd.DataFrame, within: float = SAME) -> None:
    assert one.shape == other.shape
    numbers = [frame.select_dtypes("number").to_numpy(dtype=float) for frame in (one, other)]
    assert np.allclose(*numbers, rtol=within, atol=within, equal_nan=True)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_later_questions_are_answered_as_from_memory(answers, path, options):
    shuffled = answers.sample(frac=1, random_state=2)
    whole, parts = (sx.fit(MODEL, data, **options) for data in (shuffled, path))
    for question in QUESTIONS.values():
        assert_same(question(whole), question(parts))
    compared = [sx.compare(*(sx.fit(model, data, **options) for model in (MODEL, APART))) for data in (shuffled, path)]
    assert_same(*compared)
    assert compared[0]["note"].equals(compared[1]["note"])
    rows = answers[:50]  # others may be looked at, those of the source not
    assert_same(whole.factor_scores(data=rows), parts.factor_scores(data=rows))
    with pytest.raises(OptionError, match="those of a source were added up"):
        parts.factor_scores()
    if "ordered" not in options:
        assert_same(whole.predict(data=rows), parts.predict(data=rows))


WITH_GAPS = [
    {},
    {"group": "brand"},
    {"missing": "fiml", "estimator": "MLR"},
    {"missing": "fiml", "estimator": "MLR", "cluster": "branch"},
    {"missing": "fiml", "sampling_weights": "w"},
    {"ordered": True},
    {"ordered": True, "missing": "pairwise"},
    {"ordered": True, "missing": "pairwise", "sampling_weights": "w", "group": "brand"},
]


def with_gaps(answers: pd.DataFrame, options: dict) -> pd.DataFrame:
    """The answers with some of b and d left out."""
    rng, gaps = np.random.default_rng(4), answers.astype(dict.fromkeys("abcdef", float))
    gaps[["b", "d"]] = gaps[["b", "d"]].mask(rng.random((N, 2)) < 0.1)
    if "ordered" not in options:
        gaps.loc[gaps["a"] == gaps["a"].max(), "b"] = np.nan  # so that the ends of complete rows are others
    return gaps


@pytest.mark.parametrize("options", WITH_GAPS, ids=str)
def test_later_questions_to_answers_with_gaps_too(answers, options, tmp_path, monkeypatch):
    gaps = with_gaps(answers, options)
    gaps.to_parquet(tmp_path / "answers.parquet", row_group_size=100)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 150)
    monkeypatch.setattr(observed, "read_columns", _refused)
    whole, parts = (sx.fit(MODEL, data, **options) for data in (gaps, str(tmp_path)))
    for question in QUESTIONS.values():
        assert_same(question(whole), question(parts))


def table_of(reader: str, frame: pd.DataFrame, folder) -> object:
    """The frame as a reader has it."""
    duckdb, polars, dd, ibis = map(pytest.importorskip, ("duckdb", "polars", "dask.dataframe", "ibis"))
    arrow, file = pa.Table.from_pandas(frame, preserve_index=False), f"{folder}/base.duckdb"
    if reader in ("DuckDB file", "Ibis"):
        with duckdb.connect(file) as base:
            base.execute("create table answers as select * from arrow")
    made = {
        "DuckDB relation": lambda: duckdb.connect().from_arrow(arrow),
        "DuckDB file": lambda: f"duckdb://{file}#answers",
        "polars": lambda: polars.from_arrow(arrow).lazy(),
        "Arrow": lambda: ds.dataset(arrow),
        "Dask": lambda: dd.from_pandas(frame, npartitions=5),
        "Ibis": lambda: ibis.duckdb.connect(file, read_only=True).table("answers"),
    }
    return made[reader]()


def stays(options: dict) -> bool:
    """Whether a warehouse refuses it."""
    scored = {"estimator", "cluster", "sampling_weights"} & set(options)  # errors robust to what was answered
    return "ordered" in options or (options.get("missing") == "fiml" and bool(scored))


GRID = [(options, False) for options in OPTIONS] + [(options, True) for options in WITH_GAPS]


@pytest.fixture(scope="module")
def from_memory(answers):
    """What memory answers, made once for all readers: the rows, and the tables of every question."""
    made = {}

    def ask(options: dict, gaps: bool) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
        key = (str(options), gaps)
        if key not in made:
            frame = answers.sort_values("brand", ignore_index=True)  # groups in the order of their labels, as in SQL
            frame = with_gaps(frame, options) if gaps else frame
            fitted = sx.fit(MODEL, frame, **options)
            made[key] = frame, [question(fitted) for question in QUESTIONS.values()]
        return made[key]

    return ask


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("options", "gaps"), GRID, ids=str)
def test_every_reader_answers_every_question(from_memory, reader, options, gaps, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 150)
    monkeypatch.setattr(observed, "read_columns", _refused)
    monkeypatch.setattr(sources.IbisSource, "pieces", _refused)
    frame, expected = from_memory(options, gaps)
    table = table_of(reader, frame, tmp_path)
    if reader == "Ibis" and stays(options):
        with pytest.raises(OptionError, match=r"stay in the warehouse.*to_parquet"):
            sx.fit(MODEL, table, **options)
        return
    fitted = sx.fit(MODEL, table, **options)
    for question, whole in zip(QUESTIONS.values(), expected, strict=True):
        assert_same(whole, question(fitted))


SEVERAL_FITS = (
    lambda data, fitting: sx.invariance(MODEL, data, group="brand", fitting=fitting),
    lambda data, fitting: sx.path_differences(MODEL, data, group="brand", fitting=fitting),
    lambda data, fitting: sx.method_bias(sx.fit(MODEL, data, cluster=fitting.cluster)),
    lambda data, fitting: sx.effects(sx.fit(MODEL, data, cluster="branch"), "joy", "stay", bootstrap=20, seed=3),
)


def test_every_reader_answers_questions_of_several_fits(answers, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 150)
    monkeypatch.setattr(observed, "read_columns", _refused)
    monkeypatch.setattr(sources.IbisSource, "pieces", _refused)
    frame, clustered = answers.sort_values(["brand", "branch"], ignore_index=True), sx.Fitting(cluster="branch")
    expected = [ask(frame, clustered) for ask in SEVERAL_FITS]
    for reader in READERS:
        (tmp_path / reader).mkdir()
        table = table_of(reader, frame, tmp_path / reader)
        for ask, whole in zip(SEVERAL_FITS, expected, strict=True):
            assert_same(whole, ask(table, clustered), ROUGH)


DRAWING = {
    "partial least squares": lambda fitted: sx.effects(sx.pls(fitted), "joy", "stay", bootstrap=30, seed=3),
    "reliability": lambda fitted: sx.reliability(fitted, bootstrap=30, seed=3),
    "htmt": lambda fitted: sx.htmt(fitted, bootstrap=30, seed=3),
    "effects": lambda fitted: sx.effects(fitted, "joy", "stay", bootstrap=30, seed=3),
    "importance": lambda fitted: sx.importance(fitted, "stay", scale=(1, 5), bootstrap=30, seed=3),
    "what if": lambda fitted: sx.what_if(fitted, {"joy": 0.5}, scale=(1, 5), bootstrap=30, seed=3),
}
CLUSTERED = [{}, {"group": "brand"}, {"sampling_weights": "w"}, {"group": "side"}]  # in one group, or in several


@pytest.mark.parametrize("options", CLUSTERED, ids=str)
def test_every_question_draws_the_clusters_that_bootstrap_draws(answers, options, path, monkeypatch):
    shuffled = answers.sample(frac=1, random_state=2).assign(side=lambda rows: np.arange(len(rows)) % 2)
    shuffled.to_parquet(f"{path}/answers.parquet", row_group_size=100)
    whole, parts = (sx.fit(MODEL, data, cluster="branch", **options) for data in (shuffled, path))
    assert parts.vcov is not None
    monkeypatch.setattr(pieces.Reader, "pieces", _refused)  # sums of clusters are all that is drawn
    for question in DRAWING.values():
        table = question(parts)
        assert_same(question(whole), table, ROUGH)
        assert table.filter(like="ci_").notna().any(axis=None)
    if not options:
        own = sx.bootstrap(parts, 30, seed=3).intervals().query("lhs == 'stay' and op == '~'").iloc[0]
        direct = sx.effects(parts, "joy", "stay", bootstrap=30, seed=3).query("effect == 'direct'").iloc[0]
        assert direct[["se", "ci_lower", "ci_upper"]].equals(own[["se", "ci_lower", "ci_upper"]])


DRAWING_ORDERED = {
    "reliability": lambda fitted: sx.reliability(fitted, bootstrap=6, seed=3),
    "htmt": lambda fitted: sx.htmt(fitted, bootstrap=6, seed=3),
    "effects": lambda fitted: sx.effects(fitted, "joy", "stay", bootstrap=6, seed=3),
}


@pytest.mark.parametrize("options", CLUSTERED, ids=str)
def test_every_question_draws_clusters_of_ordered_items_by_their_tables(answers, options, path, monkeypatch):
    shuffled = answers.sample(frac=1, random_state=2).assign(side=lambda rows: np.arange(len(rows)) % 2)
    shuffled.to_parquet(f"{path}/answers.parquet", row_group_size=100)
    whole, parts = (sx.fit(MODEL, data, cluster="branch", ordered=True, **options) for data in (shuffled, path))
    if "sampling_weights" not in options:  # alpha, which is not drawn, reads weighted rows once more
        monkeypatch.setattr(pieces.Reader, "pieces", _refused)
    for question in DRAWING_ORDERED.values():
        table = question(parts)
        assert_same(question(whole), table)
        assert table.filter(like="ci_").notna().any(axis=None)
    for question in ("importance", "what if"):  # which ordered items have no points for
        assert DRAWING[question](whole).equals(DRAWING[question](parts))


@pytest.mark.parametrize("ordered", [False, True])
def test_differences_of_groups_draw_clusters_too(answers, ordered, path):
    shuffled, clustered = answers.sample(frac=1, random_state=2), sx.Fitting(cluster="branch", ordered=ordered)
    for question in (sx.latent_means, sx.path_differences):
        tables = [
            question(MODEL, data, group="brand", fitting=clustered, bootstrap=6 if ordered else 30)
            for data in (shuffled, path)
        ]
        assert_same(*tables, ROUGH)


UNDRAWN = [
    ({"cluster": "branch", "missing": "fiml"}, True),
    ({"ordered": True}, True),
    ({"sampling_weights": "w"}, True),
    ({}, False),  # the normal distribution of the model stands in, and is said to
]


@pytest.mark.parametrize(("options", "refused"), UNDRAWN, ids=str)
def test_where_nothing_can_be_drawn_no_limits_pretend_to(answers, path, options, refused):
    parts = sx.fit(MODEL, path, **options)
    table = sx.effects(parts, "joy", "stay", bootstrap=10)
    assert table["ci_lower"].isna().all() == refused
    assert table["note"].str.contains("rows of a source were added up").all()
    assert table["note"].str.contains("come from the normal distribution").all() != refused
    assert sx.htmt(parts, bootstrap=10)["note"].str.startswith("limits not computable: the rows of a source").all()


STEPS = [
    ({"cluster": "branch"}, 1),
    ({"ordered": True, "cluster": "branch"}, 1),
    ({"ordered": True}, 3),  # and once more for each brand
    ({"estimator": "MLR"}, 3),
    ({"missing": "fiml"}, 1),
]


@pytest.mark.parametrize(("options", "readings"), STEPS, ids=str)
def test_invariance_is_that_of_memory_in_one_reading(answers, options, readings, path, monkeypatch):
    shuffled, calls, real = answers.sample(frac=1, random_state=2), [], pieces.Reader.pieces
    monkeypatch.setattr(pieces.Reader, "pieces", lambda reader: calls.append(1) or real(reader))
    tables = [sx.invariance(MODEL, data, group="brand", fitting=sx.Fitting(**options)) for data in (shuffled, path)]
    assert_same(*tables, ROUGH)
    assert len(calls) == readings


def test_who_is_compared_is_told_by_the_sums(answers, path, tmp_path):
    questions = (
        lambda data: sx.invariance("joy =~ a + b + c", data, group="brand", partial=True),
        lambda data: sx.latent_means(MODEL, data, group="brand"),
        lambda data: sx.path_differences(MODEL, data, group="brand"),
    )
    shuffled = answers.sample(frac=1, random_state=2)
    for question in questions:
        assert_same(question(shuffled), question(path), ROUGH)
    few = answers.assign(brand=answers["brand"].where(answers.index > 3, "rare"))
    few.to_parquet(tmp_path / "few.parquet")
    tables = [sx.invariance(MODEL, data, group="brand") for data in (few, tmp_path / "few.parquet")]
    assert tables[0].equals(tables[1])
    assert "'rare' holds 4 respondents" in tables[1]["note"].iloc[0]


LEVELS = "level: 1\njoy =~ a + b + c\njoy ~ d\nlevel: 2\njoy =~ a + b + c\na ~~ 0.01*a"


def test_two_levels_are_answered_as_from_memory(answers, path):
    whole, parts = (sx.fit(LEVELS, data, cluster="branch") for data in (answers, path))
    for question in (
        sx.reliability,
        lambda fitted: sx.effects(fitted, "d", "joy"),
        lambda fitted: sx.importance(fitted, "joy", scale=(1, 5)),
        lambda fitted: sx.importance(fitted, "joy"),
    ):
        assert_same(question(whole), question(parts), ROUGH)


def test_a_method_is_compared_with_none_as_from_memory(answers, path):
    tables = [sx.method_bias(sx.fit(MODEL, data)) for data in (answers, path)]
    assert_same(*tables, ROUGH)
    assert tables[0]["note"].tolist() == tables[1]["note"].tolist()


AGAIN = [({}, 0), ({"estimator": "MLR"}, 3), ({"cluster": "branch"}, 1), ({"sampling_weights": "w"}, 3)]
AGAIN += [({"sampling_weights": "w", "cluster": "branch"}, 1)]
AGAIN += [({"missing": "fiml", "cluster": "branch"}, 4)]
THREE = "joy =~ a + b + c\nstay =~ d + e + f\nbuy =~ g + h + i\nstay ~ joy\nbuy ~ stay"


@pytest.mark.parametrize(("options", "most"), AGAIN, ids=str)
def test_models_with_a_method_or_a_confounder_read_the_source_once(options, most, tmp_path, monkeypatch):
    rng = np.random.default_rng(5)
    branch = rng.integers(0, 40, N)
    joy, shock, other = rng.normal(size=(3, N)) + rng.normal(size=(3, 40))[:, branch] / 3
    stay = 0.6 * joy + shock
    buy, method = 0.5 * stay + other, 0.6 * rng.normal(size=N)
    parts = {name: [joy, stay, buy][place // 3] + method + rng.normal(size=N) for place, name in enumerate("abcdefghi")}
    frame = pd.DataFrame({**parts, "branch": branch, "w": np.random.default_rng(6).gamma(4, size=N)})
    frame.loc[rng.random(N) < 0.1, "b"] = np.nan
    frame.to_parquet(tmp_path / "answers.parquet", row_group_size=100)
    whole, summed = (sx.fit(THREE, data, **options) for data in (frame, str(tmp_path)))
    assert_same(whole.fit_measures.to_frame(), summed.fit_measures.to_frame(), ROUGH)
    calls, real = [], pieces.Reader.pieces
    monkeypatch.setattr(pieces.Reader, "pieces", lambda reader: calls.append(1) or real(reader))
    monkeypatch.setattr(observed, "read_columns", _refused)
    tables = [sx.method_bias(fitted) for fitted in (whole, summed)]
    assert_same(*tables, ROUGH)
    assert tables[0]["note"].tolist() == tables[1]["note"].tolist()
    assert tables[0].query("check == 'latent_method'")["pvalue"].notna().any()
    assert len(calls) <= most
    del calls[:]
    arrows = [sx.direction(fitted, "joy", "stay").checks for fitted in (whole, summed)]
    unheld = "limits and test take respondents as independent and normal, as their answers are not held"
    full = "missing" in options
    for row in [2, 3] if full else [1, 2, 3]:
        assert_same(arrows[0].iloc[[row]], arrows[1].iloc[[row]], ROUGH)
        words = [checks.iloc[[row]].select_dtypes(exclude="number") for checks in arrows]
        assert words[0].equals(words[1])
    assert (unheld in arrows[1].loc[1, "note"]) == full
