"""Simulate the respondent-level data of the reference suite: synthetic, seeded, written to data/*.csv.

Every file has its own random stream, so adding one leaves the others untouched.
Run: python tests/reference/make_data.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20261123
FOLDER = Path(__file__).parent / "data"
CHAIN = ("exp", "qua", "val", "sat", "del", "loy")  # expectation, quality, value, satisfaction, delight, loyalty
REGIONS = {"north": 180, "south": 150, "west": 130}


def indicators(
    rng: np.random.Generator, factors: np.ndarray, loadings: np.ndarray, noise: np.ndarray | float, means: np.ndarray
) -> np.ndarray:
    """Items (n, p) = means + factors (n, m) @ loadings' (m, p) + independent normal noise."""
    items = means + factors @ loadings.T
    return items + rng.normal(size=items.shape) * noise


def block_loadings(*blocks: tuple[float, ...]) -> np.ndarray:
    """Loadings (p, m) of a simple-structure model, one block of items per latent."""
    table = np.zeros((sum(map(len, blocks)), len(blocks)))
    row = 0
    for column, block in enumerate(blocks):
        table[row : row + len(block), column] = block
        row += len(block)
    return table


def chain(rng: np.random.Generator, n: int = 400) -> pd.DataFrame:
    """Eighteen continuous items of a chain of six latents, three items each."""
    e = rng.normal(size=(n, 6))
    expectation = e[:, 0]
    quality = 0.6 * expectation + 0.7 * e[:, 1]
    value = 0.2 * expectation + 0.6 * quality + 0.6 * e[:, 2]
    satisfaction = 0.1 * expectation + 0.5 * quality + 0.4 * value + 0.5 * e[:, 3]
    delight = 0.4 * quality + 0.3 * satisfaction + 0.7 * e[:, 4]
    loyalty = 0.4 * satisfaction + 0.4 * delight + 0.6 * e[:, 5]
    factors = np.column_stack([expectation, quality, value, satisfaction, delight, loyalty])
    items = indicators(rng, factors, block_loadings(*[(1.0, 0.9, 0.8)] * 6), 0.6, np.linspace(4, 6, 18))
    return pd.DataFrame(items, columns=[f"{name}{k}" for name in CHAIN for k in (1, 2, 3)])


def paths(rng: np.random.Generator, n: int = 350) -> pd.DataFrame:
    """Observed variables only: a continuous predictor, a 0/1 dummy, two mediators, two outcomes."""
    spend = rng.normal(3, 1.2, n)
    member = (rng.normal(size=n) + 0.4 * (spend - 3) > 0.2).astype(float)
    trust = 1 + 0.4 * spend + 0.5 * member + rng.normal(0, 0.8, n)
    joy = 0.5 + 0.3 * spend + 0.4 * trust + rng.normal(0, 0.9, n)
    stay = 2 + 0.5 * trust + 0.3 * joy - 0.2 * member + rng.normal(0, 1.0, n)
    tell = 1 + 0.2 * trust + 0.5 * joy + 0.3 * stay + rng.normal(0, 0.7, n)
    columns = [spend, member, trust, joy, stay, tell]
    return pd.DataFrame(np.column_stack(columns), columns=["spend", "member", "trust", "joy", "stay", "tell"])


def groups(rng: np.random.Generator) -> pd.DataFrame:
    """Nine items of three latents, three regions, two channels; in the south x6 loads less, x3 and x9 are shifted."""
    rows = []
    for region, n in REGIONS.items():
        age = rng.normal(0, 1, n)
        female = (rng.random(n) < 0.5).astype(float)
        f = rng.normal(size=(n, 3)) @ np.linalg.cholesky([[1, 0.5, 0.4], [0.5, 1, 0.5], [0.4, 0.5, 1]]).T
        f = f * (1.2 if region == "south" else 1.0) + {"north": 0.0, "south": 0.4, "west": -0.2}[region]
        f[:, 2] += 0.3 * age - 0.2 * female
        loadings = block_loadings((1, 0.9, 0.8), (1, 1.1, 0.5 if region == "south" else 0.9), (1, 0.7, 0.9))
        means = np.full(9, 5.0) + np.isin(np.arange(9), (2, 8)) * (0.6 if region == "south" else 0.0)
        frame = pd.DataFrame(indicators(rng, f, loadings, 0.7, means), columns=[f"x{k}" for k in range(1, 10)])
        channel = np.where(rng.random(n) < 0.45, "shop", "online")
        rows.append(frame.assign(age=age, female=female, region=region, channel=channel))
    return shuffle(rng, pd.concat(rows))


def shuffle(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows in random order, so that groups and clusters are not sorted blocks."""
    return frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)


def missing(rng: np.random.Generator, n: int = 360) -> pd.DataFrame:
    """Nine items of three latents with about 10 % missing at random (driven by x1, x4 and the observed `age`)."""
    age, female = rng.normal(size=n), (rng.random(n) < 0.5).astype(float)
    f = rng.normal(size=(n, 3))
    f[:, 1] += 0.5 * f[:, 0] + 0.3 * age
    f[:, 2] += 0.4 * f[:, 0] + 0.4 * f[:, 1] + 0.2 * female
    items = indicators(rng, f, block_loadings((1, 0.9, 0.8), (1, 1.1, 0.9), (1, 0.7, 0.9)), 0.8, np.full(9, 4.0))
    helper = indicators(rng, f[:, [2]], np.array([[0.7], [0.5]]), 0.8, np.zeros(2))
    score = 0.8 * age + 0.5 * (items[:, 0] - 4)
    hole = rng.random((n, 9)) < (0.2 / (1 + np.exp(-score)))[:, None]
    hole[:, [0, 3]] = rng.random((n, 2)) < 0.05
    hole[:3] = True  # three people answered nothing at all
    frame = pd.DataFrame(np.where(hole, np.nan, items), columns=[f"x{k}" for k in range(1, 10)])
    brand = np.where(rng.random(n) < 0.5, "luxury", "premium")
    return frame.assign(age=age, female=female, help1=helper[:, 0], help2=helper[:, 1], brand=brand)


def skewed(rng: np.random.Generator, n: int = 600) -> pd.DataFrame:
    """Nine skewed, heavy-tailed items of three latents, in two halves."""
    f = rng.chisquare(3, size=(n, 3)) / np.sqrt(6)
    f[:, 1] += 0.5 * f[:, 0]
    f[:, 2] += 0.3 * f[:, 0] + 0.3 * f[:, 1]
    loadings = block_loadings((1, 0.9, 0.8), (1, 1.1, 0.9), (1, 0.7, 0.9))
    items = 2 + f @ loadings.T + 0.7 * (rng.chisquare(2, size=(n, 9)) / 2 - 1)
    half = np.where(rng.random(n) < 0.5, "first", "second")
    return pd.DataFrame(items, columns=[f"x{k}" for k in range(1, 10)]).assign(half=half)


def clustered(rng: np.random.Generator, branches: int = 45) -> pd.DataFrame:
    """Seven items of two latents for customers within branches, with sampling weights; y7 has missing answers."""
    rows = []
    for branch in range(branches):
        n = int(rng.integers(5, 16))
        between = rng.normal(0, 0.5, 2)
        f = rng.normal(size=(n, 2)) + between
        f[:, 1] += 0.5 * f[:, 0]
        items = indicators(rng, f, block_loadings((1, 0.8, 0.9), (1, 0.9, 0.7, 0.8)), 0.7, np.linspace(3, 4, 7))
        items = items + rng.normal(0, 0.3, 7)
        frame = pd.DataFrame(items, columns=[f"y{k}" for k in range(1, 8)])
        weight = rng.gamma(4, 0.25, n) * (1.5 if branch % 3 == 0 else 0.8)
        rows.append(frame.assign(branch=f"b{branch + 1:02d}", weight=weight, country="AT" if branch % 2 else "DE"))
    data = shuffle(rng, pd.concat(rows))
    return data.assign(y7=data["y7"].mask(rng.random(len(data)) < 0.12))


def growth(rng: np.random.Generator, n: int = 280) -> pd.DataFrame:
    """Five waves t1-t5 of one score, two predictors, a covariate per wave, and the waves again with dropout d1-d5."""
    coach, size = (rng.random(n) < 0.5).astype(float), rng.normal(size=n)
    level = 5 + 0.4 * size + rng.normal(0, 0.9, n)
    slope = 0.3 + 0.25 * coach + 0.1 * size + rng.normal(0, 0.3, n)
    wave = np.arange(5)
    cover = rng.normal(size=(n, 5))
    score = level[:, None] + slope[:, None] * wave + 0.3 * cover + rng.normal(0, 0.6, (n, 5))
    leaves = 1 + np.argmax(rng.random((n, 5)) < 0.08 + 0.04 * (score < 5), axis=1)
    gone = (wave[None, :] >= leaves[:, None]) & (leaves[:, None] > 1)
    columns = {f"t{k}": score[:, k - 1] for k in range(1, 6)} | {f"c{k}": cover[:, k - 1] for k in range(1, 6)}
    dropout = {f"d{k}": np.where(gone[:, k - 1], np.nan, score[:, k - 1]) for k in range(1, 6)}
    return pd.DataFrame(columns | dropout).assign(coach=coach, size=size, team=np.where(coach > 0, "coached", "alone"))


def heywood(rng: np.random.Generator, n: int = 80) -> pd.DataFrame:
    """Six items of two latents, redrawn until the communality of x1, s12 s13 / s23, exceeds its variance s11."""
    while True:
        f = rng.normal(size=(n, 2))
        f[:, 1] += 0.4 * f[:, 0]
        items = indicators(rng, f, block_loadings((1, 0.5, 0.4), (1, 0.8, 0.7)), 0.7, np.full(6, 4.0))
        s = np.cov(items, rowvar=False)
        if s[0, 1] * s[0, 2] / s[1, 2] > 1.2 * s[0, 0] > 0:
            return pd.DataFrame(items, columns=[f"x{k}" for k in range(1, 7)])


def cut(response: np.ndarray, thresholds: tuple[float, ...]) -> np.ndarray:
    """Category 1, 2, … of every response."""
    return 1 + np.searchsorted(thresholds, response)


FIVE, SEVEN = (-1.4, -0.7, 0.1, 0.9), (-1.6, -1.1, -0.5, 0.0, 0.6, 1.2)
SKEWED, LATE = (-1.8, -1.2, -0.6, 0.2), (0.3, 1.1, 1.7)
LIKERT_LOADINGS = (0.85, 0.75, 0.65)


def likert(rng: np.random.Generator, n: int = 600) -> pd.DataFrame:
    """Three latents with ordered items q1-q9, binary items b1-b3 of the third, continuous c1-c3, two covariates.

    q1-q3 have five categories, q4-q6 five skewed ones (q6 four), q7-q9 seven; m1-m6 are q1-q6 with answers missing at
    random. In the segment "new" the latents vary more and their means are higher; q2 answers higher there.
    """
    age, female = rng.normal(size=n), (rng.random(n) < 0.5).astype(float)
    new = rng.random(n) < 0.45
    f = rng.normal(size=(n, 3)) @ np.linalg.cholesky([[1, 0.5, 0.4], [0.5, 1, 0.5], [0.4, 0.5, 1]]).T
    f = f * np.where(new, 1.2, 1.0)[:, None] + 0.3 * new[:, None] + 0.3 * age[:, None] - 0.2 * female[:, None]
    loadings = block_loadings(LIKERT_LOADINGS, LIKERT_LOADINGS, LIKERT_LOADINGS)
    unique = np.sqrt(1 - (loadings**2).sum(axis=1))
    y = f @ loadings.T + rng.normal(size=(n, 9)) * unique
    y[:, 1] += 0.25 * new
    kinds = (FIVE, FIVE, FIVE, SKEWED, SKEWED, LATE, SEVEN, SEVEN, SEVEN)
    items = {f"q{k + 1}": cut(y[:, k], kinds[k]) for k in range(9)}
    binary = 0.7 * f[:, [2]] + rng.normal(size=(n, 3)) * 0.7
    items |= {f"b{k + 1}": cut(binary[:, k], (at,)) for k, at in enumerate((-0.4, 0.5, 1.6))}
    continuous = 3 + f[:, [1]] * np.array([0.9, 0.8, 0.7]) + rng.normal(size=(n, 3)) * 0.7
    items |= {f"c{k + 1}": continuous[:, k] for k in range(3)}
    for k in range(6):
        hole = rng.random(n) < 0.25 / (1 + np.exp(-age)) if k % 3 else rng.random(n) < 0.05
        items[f"m{k + 1}"] = np.where(hole, np.nan, items[f"q{k + 1}"])
    items["c3"] = np.where(rng.random(n) < 0.1, np.nan, items["c3"])
    return pd.DataFrame(items).assign(age=age, female=female, segment=np.where(new, "new", "loyal"))


REGION_SIZES = {"north": 250, "south": 190, "west": 140}


def grid(rng: np.random.Generator) -> pd.DataFrame:
    """Six items of two latents, continuous x1-x6 and cut into categories q1-q6, with every kind of column beside them.

    Sites and regions are of unequal size, branches lie within sites; x1 loads on both latents, x5 and x6 share more
    than theirs, tails are heavy. g1-g6 and o1-o6 are x1-x6 and q1-q6 with answers missing at random, three rows empty;
    years is age with gaps.
    """
    n = sum(REGION_SIZES.values())
    region = np.repeat(list(REGION_SIZES), list(REGION_SIZES.values()))
    branch = rng.integers(0, 48, n)
    large = branch < 32  # the branches of the larger site
    age, online = rng.normal(size=n), (rng.random(n) < 0.4).astype(float)
    between = rng.normal(0, 0.35, (48, 2))[branch]
    f = rng.normal(size=(n, 2)) * np.sqrt(rng.chisquare(8, size=(n, 1)) / 8)
    f[:, 0] += 0.4 * age - 0.3 * online + np.where(large, 0.3, 0.0)
    f[:, 1] += 0.5 * f[:, 0] + 0.2 * age
    f += between + np.select([region == "south", region == "west"], [0.3, -0.2])[:, None]
    table = block_loadings((1, 0.8, 0.9), (1, 0.9, 0.7))
    table[0, 1] = 0.2
    noise = 0.8 * rng.normal(size=(n, 6)) / np.sqrt(rng.chisquare(10, size=(n, 1)) / 10)
    noise[:, 5] += 0.3 * noise[:, 4]
    y = f @ table.T + noise
    cuts = ((-0.9, 0.0, 1.0), (-0.6, 0.5), (-1.1, -0.3, 0.4, 1.2), (0.2,), (-0.8, 0.1, 0.9), (-0.2, 0.8))
    columns = {f"x{k + 1}": y[:, k] + 3 for k in range(6)} | {f"q{k + 1}": cut(y[:, k], cuts[k]) for k in range(6)}
    hole = rng.random((n, 6)) < (0.22 / (1 + np.exp(-age)))[:, None]
    hole[:, [0, 3]] = rng.random((n, 2)) < 0.04
    hole[[40, 300, 500]] = True
    columns |= {f"g{k + 1}": np.where(hole[:, k], np.nan, columns[f"x{k + 1}"]) for k in range(6)}
    columns |= {f"o{k + 1}": np.where(hole[:, k], np.nan, columns[f"q{k + 1}"]) for k in range(6)}
    years = np.where(rng.random(n) < 0.04, np.nan, age)
    beside = {"age": age, "years": years, "online": online, "site": np.where(large, "large", "small"), "region": region}
    beside |= {"branch": [f"b{k + 1:02d}" for k in branch], "weight": rng.gamma(4, 0.25, n) * np.where(large, 0.8, 1.3)}
    return shuffle(rng, pd.DataFrame(columns | beside))


DUMMIES = ("member", "female", "coach", "online")
IN_ORDER = (chain, paths, groups, missing, skewed, clustered, growth, heywood, likert, grid)
MAKERS = {maker.__name__: maker for maker in IN_ORDER}


def make(name: str) -> pd.DataFrame:
    """One data set, by name, from its own random stream.

    >>> make("paths").shape
    (350, 6)
    """
    stream = np.random.Generator(np.random.PCG64([SEED, list(MAKERS).index(name)]))
    data = MAKERS[name](stream).round(4)
    return data.astype({column: int for column in DUMMIES if column in data})


def main() -> None:
    """Write every data set."""
    for name in MAKERS:
        make(name).to_csv(FOLDER / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
