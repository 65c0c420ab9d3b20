"""Ordered items of a source: tables of pairs are added up, Gamma is made by reading once more; memory's numbers."""

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sem_samples import branch_answers_with_gaps

from sexresearch.errors import DataError
from sexresearch.sem import fit
from sexresearch.sem.data import counted_pairs, observed, pair_counter, pieces, sources

pytestmark = pytest.mark.filterwarnings("ignore")

SAME = 1e-8  # relative: sums over pieces in another order
MODEL = "joy =~ a + b + c\nstay =~ d + e + f\nstay ~ joy"
N = 900
BYTES = 8000  # of answers at once, so that there are several pieces


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    frame, rng = branch_answers_with_gaps(N)
    frame.loc[rng.random(N) < 0.01, "brand"] = None
    return frame


def written(frame: pd.DataFrame, folder, seed: int = 1) -> str:
    """The rows in files cut at random places."""
    rng, schema = np.random.default_rng(seed), pa.Schema.from_pandas(frame, preserve_index=False)
    cuts = np.sort(rng.choice(np.arange(1, len(frame)), 5, replace=False))
    for number, rows in enumerate(np.split(np.arange(len(frame)), cuts)):
        table = pa.Table.from_pandas(frame.iloc[rows], preserve_index=False, schema=schema)
        pq.write_table(table, folder / f"{number}.parquet", row_group_size=int(rng.integers(20, 200)))
    return str(folder)


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
    {"missing": "pairwise"},
    {"cluster": "branch"},
    {"group": "brand", "cluster": "branch", "missing": "pairwise", "group_equal": ["loadings", "thresholds"]},
    {"sampling_weights": "w"},
    {"sampling_weights": "w", "cluster": "branch", "group": "brand"},
    {"estimator": "ULSMV"},
    {"estimator": "DWLS", "missing": "pairwise", "sampling_weights": "w"},
    {"estimator": "WLS"},
    {"parameterization": "theta"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_pieces_give_what_memory_gives(answers, options, tmp_path, monkeypatch):
    monkeypatch.setattr(observed, "read_columns", _refused)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 150)
    monkeypatch.setattr(pieces, "AT_ONCE", BYTES)
    asked = {"ordered": True, **options}
    assert_same(fit(MODEL, answers, **asked), fit(MODEL, written(answers, tmp_path), **asked))


@pytest.mark.parametrize("seed", range(3))
def test_neither_order_nor_partition_matters(answers, seed, tmp_path, monkeypatch):
    monkeypatch.setattr(observed, "read_columns", _refused)
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", int(np.random.default_rng(seed).integers(1, 300)))
    monkeypatch.setattr(pieces, "AT_ONCE", BYTES)
    mixed = answers.sample(frac=1, random_state=seed).reset_index(drop=True)
    folder = written(mixed, tmp_path, seed)
    for options in ({"cluster": "branch", "missing": "pairwise"}, {"group": "brand", "sampling_weights": "w"}):
        asked = {"ordered": True, **options}
        assert_same(fit(MODEL, mixed, **asked), fit(MODEL, folder, **asked))


def _refused(*arguments):
    raise AssertionError("rows were read into memory")


def test_a_category_that_only_one_part_has_counts_in_its_place(answers, tmp_path):
    frame = answers.sort_values("a", ascending=False).reset_index(drop=True)
    assert_same(fit(MODEL, frame, ordered=True), fit(MODEL, written(frame, tmp_path), ordered=True))


def test_ordered_types_are_read_and_must_agree(answers, tmp_path):
    words = pd.CategoricalDtype(["never", "at times", "often", "mostly", "always"], ordered=True)
    frame = answers.assign(a=pd.Categorical.from_codes(answers["a"].fillna(0).astype(int) - 1, dtype=words))
    ordered = ["b", "c", "d", "e", "f"]
    assert_same(fit(MODEL, frame, ordered=ordered), fit(MODEL, written(frame, tmp_path), ordered=ordered))
    other = pd.CategoricalDtype(["rarely", *words.categories], ordered=True)
    codes = frame["a"].cat.codes + (frame["a"].cat.codes >= 0)
    pq.write_table(
        pa.Table.from_pandas(frame.assign(a=pd.Categorical.from_codes(codes, dtype=other)), preserve_index=False),
        tmp_path / "9.parquet",
    )
    with pytest.raises(DataError, match=r"'a' has the categories .*'rarely'.* in rows 901 to"):
        fit(MODEL, tmp_path, ordered=ordered)


def test_what_cannot_be_ordered_is_named(answers, tmp_path):
    for wrong, words in (
        ({"a": np.arange(N) * 1.0}, "'a' has more than 20 different answers"),
        ({"a": 3.0}, "'a' has 1 category"),
        ({"a": None}, "'a' has no answers"),
        ({"a": "often"}, r"'a' holds text such as 'often', whose order only you know"),
    ):
        written(answers.assign(**wrong), tmp_path)
        with pytest.raises(DataError, match=words):
            fit(MODEL, tmp_path, ordered=True)
    written(answers[(answers["brand"] != "so") | (answers["a"] > 1)], tmp_path)
    with pytest.raises(DataError, match=r"group 'so': empty categories: 'a' \(no answers in 1\)"):
        fit(MODEL, tmp_path, ordered=True, group="brand")


def test_fits_are_equal_and_stored(answers, tmp_path):
    path = written(answers, tmp_path)
    one, other = (fit(MODEL, path, ordered=True, cluster="branch") for _ in range(2))
    assert one == other == pickle.loads(pickle.dumps(one))
    assert pickle.loads(pickle.dumps(fit(MODEL, path, ordered=True))).vcov is not None


@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
def test_clusters_are_told_by_their_tables_in_one_reading(answers, missing, tmp_path, monkeypatch):
    frame = answers if missing == "pairwise" else answers.dropna().astype(dict.fromkeys("abcdef", "int8"))
    asked = {"ordered": True, "cluster": "branch", "group": "brand", "missing": missing}
    whole, path = fit(MODEL, frame, **asked), written(frame, tmp_path)
    real, calls = pieces.Reader.pieces, []
    monkeypatch.setattr(pieces.Reader, "pieces", lambda reader: calls.append(1) or real(reader))
    assert_same(whole, fit(MODEL, path, **asked))
    assert len(calls) == 1
    monkeypatch.setattr(pair_counter, "LARGEST", 2000)  # too many clusters for tables of each
    monkeypatch.setattr(pieces, "AT_ONCE", 500)
    assert_same(whole, fit(MODEL, path, **asked))
    assert len(calls) == 4  # once more, and for each group again


def test_a_category_that_comes_late_finds_its_place():
    rng = np.random.default_rng(2)
    codes, keys = rng.integers(1, 3, (300, 3)), rng.integers(0, 4, 300)
    codes[200:, 1] = rng.integers(1, 6, 100)
    for base in (0, 1):
        one, other = pair_counter.PairCounter(3, base, many=True), pair_counter.PairCounter(3, base)
        for rows in np.split(np.arange(300), (50, 210)):
            one.add(keys[rows], codes[rows])
        other.add(keys, codes, np.ones(300))
        orders = [[1, 2], [5, 4, 3, 2, 1], [2, 1]]
        asked = ([0, 2], [0, 1, 2], orders, np.array([0, 1]), np.array([1, 2]))
        pairs = [found.counts.tables(*asked).pairs for found in (one, other)]
        assert np.allclose(*pairs, atol=SAME)
        assert pairs[0][0, 1, 0] == ((codes[:, 0] == 2) & (codes[:, 1] == 5) & (keys % 2 == 0)).sum()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_counts_of_parts_add_up_in_any_order(seed, weighted):
    rng = np.random.default_rng(seed)
    n, p = 400, int(rng.integers(1, 6))
    base = 0 if weighted else seed % 2
    codes, keys = rng.integers(base, 5, (n, p)).astype(np.uint8), rng.integers(0, 7, n)
    weights = rng.gamma(4, size=n) if weighted else None
    cuts, order = np.sort(rng.integers(0, n, 3)), rng.permutation(n)
    parts = [
        counted(codes[rows], keys[rows], base, None if weights is None else weights[rows])
        for rows in np.split(order, cuts)
    ]
    first, *others = (parts[k] for k in rng.permutation(len(parts)))
    together, whole = sum((part.narrow for part in others), start=first.narrow), counted(codes, keys, base, weights)
    place = [whole.slots[key] for key in together.keys.tolist()]
    assert (together.items, together.categories) == (whole.items, whole.categories)
    assert np.allclose(together.totals, whole.totals[place], rtol=SAME, atol=0)
    assert np.allclose(together.sums, whole.sums[place], rtol=SAME, atol=0)
    hot = (codes[:, :, None] == np.arange(base + 1, 5)).reshape(n, -1).astype(float)
    sums = (hot.T * (1.0 if weights is None else weights)) @ hot
    assert np.allclose(whole.sums.sum(axis=0)[whole.places], sums, rtol=SAME, atol=0)


@pytest.mark.parametrize("weighted", [False, True])
def test_units_weighed_are_rows_repeated(weighted):
    rng = np.random.default_rng(4)
    codes, keys = rng.integers(0, 4, (900, 3)).astype(np.uint8), rng.integers(0, 3, 900)
    weights, often = rng.gamma(4, size=900) if weighted else np.ones(900), rng.integers(0, 4, (5, 3))
    own = counted(codes, keys, 0, weights if weighted else None)
    assert own.narrow.sums.dtype == (float if weighted else np.uint16)
    totals, sums = own.narrow.weighed([0, 1, 2], often)
    for row, total, got in zip(often, totals, sums, strict=True):
        repeated = np.repeat(np.arange(900), row[keys])
        again = counted(codes[repeated], np.zeros(len(repeated), dtype=int), 0, weights[repeated])
        assert np.allclose([total, *got], [again.totals[0], *again.sums[0]], rtol=SAME, atol=0)


def test_counts_beyond_single_precision_are_weighed_exactly():
    many = np.array([[2**24 + 1]], dtype=np.uint32)
    own = counted_pairs.PairCounts(1, 0, 1, np.array([0]), many[0].astype(float), many)
    assert own.narrow.weighed([0], np.array([[3]]))[1].tolist() == [[3.0 * (2**24 + 1)]]


def counted(codes, keys, base, weights) -> counted_pairs.PairCounts:
    counter = pair_counter.PairCounter(codes.shape[1], base, many=weights is None)
    counter.add(keys, codes, weights)
    return counter.counts


def test_answers_that_are_no_whole_numbers_are_categories_too(answers, tmp_path):
    frame = answers.assign(a=answers["a"] / 4, b=answers["b"] * 1000)
    assert_same(fit(MODEL, frame, ordered=True), fit(MODEL, written(frame, tmp_path), ordered=True))


def test_a_table_with_other_answers_at_the_second_reading_is_refused(answers, tmp_path, monkeypatch):
    path, real, calls = written(answers, tmp_path), pieces.Reader.rows, []

    def changing(self):
        calls.append(1)
        for rows in real(self):
            frame = sources.as_frame(rows)
            yield frame if len(calls) < 3 else frame.assign(a=frame["a"].replace(1.0, 2.0))

    monkeypatch.setattr(pieces.Reader, "rows", changing)
    with pytest.raises(DataError, match="changed between two readings"):
        assert fit(MODEL, path, ordered=True).vcov is None
